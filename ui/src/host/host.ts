import type {
  About,
  Address,
  AddressDraft,
  BuyRequest,
  CommandError,
  Entrance,
  KnownRoom,
  OrderPaper,
  OrdersPage,
  PayType,
  Preferences,
  PurchaseView,
  ReceiptView,
  Shelf,
  UpdateView,
  Viewer,
} from './contract';
import type { RehearsalHost } from './rehearsalHost';
import type { StudioHost } from './studioHost';

/**
 * The window's only door to the outside. Everything behind it (network, disk, keys, the wait for a
 * payment) lives in Rust; the window draws what comes through here.
 *
 * A rejected promise carries a `CommandError`.
 */
export interface Host {
  /** Opens the room of the link the program was started with, else the room entered last, else the practice room. */
  enter(): Promise<Entrance>;
  /** Leaves the open room for the room of a link, pasted or known. What was bought goes on. */
  openRoom(link: string): Promise<Entrance>;
  /** Leaves the open room for the practice room. */
  openPractice(): Promise<Entrance>;
  /** The viewer accepted the shop key that `enter` asked about. */
  trust(): Promise<Entrance>;
  /** The rooms entered before, the latest first. */
  rooms(): Promise<KnownRoom[]>;
  /** Takes a room off that list. Its shop's key stays pinned. */
  forgetRoom(link: string): Promise<void>;
  shelf(): Promise<Shelf>;
  viewer(): Promise<Viewer>;
  /** Places an order. Resolves with the request id; views keep coming until the purchase is over. */
  buy(request: BuyRequest, onView: (view: PurchaseView) => void): Promise<string>;
  /** Leaves a purchase refused because another order is open, and shows that order. Resolves with its request id. */
  takeUp(requestId: string, onView: (view: PurchaseView) => void): Promise<string>;
  /** Shows an open order of this viewer that this window knows nothing of. Resolves with its request id. */
  resumeOrder(orderId: string, onView: (view: PurchaseView) => void): Promise<string>;
  /** The viewer's orders at this shop, newest first: the first page, or the one `next` names. */
  orders(next: string | null): Promise<OrdersPage>;
  order(orderId: string): Promise<OrderPaper>;
  /** Asks the streamer to give a delivered order's money back. */
  askRefund(orderId: string, reason: string): Promise<OrderPaper>;
  addresses(): Promise<Address[]>;
  /** Adds an address, or changes the one of that id. Resolves with the whole book. */
  saveAddress(addressId: string | null, draft: AddressDraft): Promise<Address[]>;
  removeAddress(addressId: string): Promise<Address[]>;
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
  /** The same picture, small. */
  thumbUrl(picture: string): string;
  /** Where the page loads a show's playlist from: the program fetches it. */
  streamUrl(stream: string): string;
  /** What the program must know of the viewer's choices; told at the start and at each change. */
  preferences(preferences: Preferences): Promise<void>;
  about(): Promise<About>;
  /** Tells how this copy gets newer versions and what is known of them: now, and at each change. */
  updates(onView: (view: UpdateView) => void): Promise<void>;
  /** Looks for a newer version now. What comes of it is told as views. */
  lookForUpdate(): Promise<void>;
  /** Puts the version that was found in this one's place and starts it. How far that is, is told as views. */
  installUpdate(): Promise<void>;
  /** Goods or room changed: ask again. Returns a function that stops listening. */
  onRoomChanged(listener: () => void): () => void;
  /** The connection to the shop came or went. Returns a function that stops listening. */
  onConnection(listener: (online: boolean) => void): () => void;
  /** The system passed on a room's link while the window was open. Returns a function that stops listening. */
  onLink(listener: (link: string) => void): () => void;
  /** The system wants a purchase shown: its notification was pressed. Returns a function that stops listening. */
  onShow(listener: (requestId: string) => void): () => void;
  /** The guide was chosen in the system's menu. Returns a function that stops listening. */
  onGuide(listener: () => void): () => void;
  copy(text: string): Promise<void>;
  /** What the room's streamer does. */
  readonly studio: StudioHost;
  /** Practice room only: rehearsing. */
  readonly rehearsal: RehearsalHost;
}

/** What a rejected host promise carried; anything unexpected counts as the program's own fault. */
export function commandError(reason: unknown): CommandError {
  if (typeof reason === 'object' && reason !== null && 'code' in reason && 'message' in reason) {
    return reason as CommandError;
  }
  return { code: 'internal', message: String(reason) };
}
