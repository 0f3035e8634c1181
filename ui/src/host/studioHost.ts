import type {
  Crop,
  DealDraft,
  GoodsEdit,
  Hosting,
  ImportReport,
  NewItem,
  OrderFilter,
  PictureKept,
  RefundDraft,
  RoomDraft,
  ShipmentDraft,
  ShowFigures,
  Studio,
  StudioOrders,
  StudioPaper,
} from './contract';

/**
 * What the streamer of the open room does. Each edit resolves with the whole desk as it is then. An edit of what
 * somebody else changed meanwhile is rejected with `stale`.
 */
export interface StudioHost {
  /** Whether this window runs the room. */
  hosting(): Promise<Hosting>;
  /** Takes the streamer's token of the open room and keeps it; rejected when the shop does not take it. */
  host(token: string): Promise<Hosting>;
  /** Forgets the token of the open room. */
  stopHosting(): Promise<Hosting>;
  open(): Promise<Studio>;
  addItem(item: NewItem): Promise<Studio>;
  editItem(goodsId: string, edit: GoodsEdit): Promise<Studio>;
  removeItem(goodsId: string, revision: number): Promise<Studio>;
  orderGoods(goodsIds: string[]): Promise<Studio>;
  pin(goodsId: string | null): Promise<Studio>;
  makeDeal(goodsId: string, deal: DealDraft): Promise<Studio>;
  endDeal(goodsId: string): Promise<Studio>;
  editRoom(draft: RoomDraft): Promise<Studio>;
  /** Keeps a picture, or a square of it. */
  addPicture(picture: Uint8Array, crop: Crop | null): Promise<PictureKept>;
  importGoods(csv: string, dryRun: boolean): Promise<ImportReport>;
  /** Writes the goods to a CSV file; resolves with where it lies. */
  exportGoods(): Promise<string>;
  /** The room's orders, newest first: the first page, or the one `next` names. */
  orders(filter: OrderFilter, words: string, next: string | null): Promise<StudioOrders>;
  order(orderId: string): Promise<StudioPaper>;
  refund(orderId: string, draft: RefundDraft): Promise<StudioPaper>;
  declineRefund(orderId: string, reason: string): Promise<StudioPaper>;
  ship(orderId: string, draft: ShipmentDraft): Promise<StudioPaper>;
  /** The show in numbers, from the time it went live or from another one. */
  figures(since: number | null): Promise<ShowFigures>;
  /** Writes the orders to a CSV file, or what is to be sent with where to; resolves with where it lies. */
  exportOrders(toShip: boolean): Promise<string>;
  /** Goods or orders changed: ask again. Returns a function that stops listening. */
  onChanged(listener: (what: 'goods' | 'orders') => void): () => void;
}
