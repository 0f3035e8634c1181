import type { BuyRequest, CommandError, Entrance, Goods, PurchaseView, Viewer } from './contract';

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
  /** Purchases that were unfinished or unseen at the last exit, newest first. */
  pending(): Promise<PurchaseView[]>;
  /** Attaches to a pending purchase. */
  watch(requestId: string, onView: (view: PurchaseView) => void): Promise<void>;
  /** Sends the same request again. */
  retry(requestId: string): Promise<void>;
  /** Asks the payment channel at once: "paid, but nothing happened?" */
  askNow(requestId: string): Promise<void>;
  cancel(requestId: string): Promise<void>;
  /** The result was seen and may be forgotten. */
  dismiss(requestId: string): Promise<void>;
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
