import type { BuyRequest, CommandError, Entrance, Goods, PayType, PurchaseView, ReceiptView, Viewer } from './contract';

/**
 * The window's only door to the outside. Everything behind it (network, disk, keys, the wait for a
 * payment) lives in Rust; the window draws what comes through here.
 *
 * A rejected promise carries a `CommandError`.
 */
export interface Host {
  /** Opens the practice room, or the room of the link the program was started with. */
  enter(): Promise<Entrance>;
  /** The viewer accepted the shop key that `enter` asked about. */
  trust(): Promise<Entrance>;
  goods(): Promise<Goods[]>;
  viewer(): Promise<Viewer>;
  /** Places an order. Resolves with the request id; views keep coming until the purchase is over. */
  buy(request: BuyRequest, onView: (view: PurchaseView) => void): Promise<string>;
  /** Leaves a purchase refused because another order is open, and shows that order. Resolves with its request id. */
  takeUp(requestId: string, onView: (view: PurchaseView) => void): Promise<string>;
  /** Purchases that were unfinished or unseen at the last exit, newest first. */
  pending(): Promise<PurchaseView[]>;
  /** Attaches to a pending purchase. */
  watch(requestId: string, onView: (view: PurchaseView) => void): Promise<void>;
  /** Sends the same request again. */
  retry(requestId: string): Promise<void>;
  /** Asks the payment channel at once: "paid, but nothing happened?" */
  askNow(requestId: string): Promise<void>;
  /** Has the same order paid another way; the code before is not shown any more. */
  switch(requestId: string, payType: PayType): Promise<void>;
  cancel(requestId: string): Promise<void>;
  /** The result was seen. Where money may still come it is watched on, else forgotten. */
  dismiss(requestId: string): Promise<void>;
  /** An order's receipt, its signature checked against the key the viewer trusts. */
  receipt(orderId: string): Promise<ReceiptView>;
  /** Writes the receipt shown last to a file; resolves with where it lies. */
  saveReceipt(orderId: string): Promise<string>;
  /** Practice room only: the address of the pretend phone that holds this purchase's code. */
  phoneUrl(requestId: string): Promise<string | null>;
  pictureUrl(picture: string): string;
  /** Goods or room changed: ask again. Returns a function that stops listening. */
  onRoomChanged(listener: () => void): () => void;
  /** The connection to the shop came or went. Returns a function that stops listening. */
  onConnection(listener: (online: boolean) => void): () => void;
  copy(text: string): Promise<void>;
}

/** What a rejected host promise carried; anything unexpected counts as the program's own fault. */
export function commandError(reason: unknown): CommandError {
  if (typeof reason === 'object' && reason !== null && 'code' in reason && 'message' in reason) {
    return reason as CommandError;
  }
  return { code: 'internal', message: String(reason) };
}
