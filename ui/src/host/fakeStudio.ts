import type {
  CommandError,
  Crop,
  Deal,
  DealDraft,
  Entrance,
  Goods,
  GoodsDraft,
  GoodsEdit,
  Hosting,
  ImportReport,
  NewItem,
  OrderFilter,
  PictureKept,
  RefundDraft,
  Room,
  RoomDraft,
  ShipmentDraft,
  ShowFigures,
  Studio,
  StudioGoods,
  StudioOrders,
  StudioPaper,
} from './contract';
import { FakeStudioOrders } from './fakeStudioOrders';
import type { StudioHost } from './studioHost';

/** What the studio changes of the shop that viewers see. */
export interface FakeShop {
  entrance: Entrance | CommandError | 'never';
  stock: Goods[] | CommandError | 'never';
  nowS: number;
  note(name: string, ...args: unknown[]): void;
  roomChanged(): void;
}

const stale: CommandError = { code: 'stale', message: 'somebody else was there' };

/** The studio of a shop in memory: it counts revisions, refuses what is stale, and viewers see what it does. */
export class FakeStudio implements StudioHost {
  /** Who runs the room; nobody in a viewer's window. */
  who: Hosting = { streamer: null, rehearsal: false };
  /** What the shop says to a token. */
  onHost: 'taken' | CommandError = 'taken';
  /** What opening the desk comes to. */
  onOpen: 'opened' | CommandError | 'never' = 'opened';
  /** What the next edits come to. */
  onEdit: 'done' | CommandError | 'never' = 'done';
  onPicture: PictureKept | CommandError | 'never' = { picture: 'kept.jpg' };
  report: ImportReport | CommandError | 'never' = { taken: false, rows: [] };
  savedTo: string | CommandError = '/home/ahe/Downloads/liveshop-goods-teahouse.csv';
  roomRevision = 1;
  liveSince: number | null;
  /** What is known of an item beside what viewers see, by its id. */
  readonly beside = new Map<string, Partial<Omit<StudioGoods, 'item'>>>();
  readonly money: FakeStudioOrders;
  readonly #shop: FakeShop;
  readonly #changed = new Set<(what: 'goods' | 'orders') => void>();
  #made = 0;

  constructor(shop: FakeShop) {
    this.#shop = shop;
    this.money = new FakeStudioOrders(shop);
    this.liveSince = shop.nowS - 6136;
  }

  get #goods(): Goods[] {
    return Array.isArray(this.#shop.stock) ? this.#shop.stock : [];
  }

  get #room(): Room {
    const { entrance } = this.#shop;
    if (typeof entrance === 'object' && 'entrance' in entrance && entrance.entrance === 'open') return entrance.room;
    throw new Error('no room is open');
  }

  set #room(room: Room) {
    const { entrance } = this.#shop;
    if (typeof entrance === 'object' && 'entrance' in entrance && entrance.entrance === 'open') this.#shop.entrance = { ...entrance, room };
  }

  /** The whole desk as it is now. */
  desk(): Studio {
    const goods = this.#goods.map((item): StudioGoods => ({ item, revision: 1, sold: 0, open_orders: 0, last_deal: item.deal, ...this.beside.get(item.goods_id) }));
    return { streamer: this.who.streamer ?? '', room: this.#room, room_revision: this.roomRevision, live_since: this.liveSince, goods, now_s: this.#shop.nowS };
  }

  /** As if another studio had changed an item. */
  elsewhere(goodsId: string, change: Partial<Goods>): void {
    this.#put(goodsId, change);
    this.changed('goods');
  }

  /** As if the shop had told of a change. */
  changed(what: 'goods' | 'orders'): void {
    this.#changed.forEach((listener) => listener(what));
  }

  hosting(): Promise<Hosting> {
    return Promise.resolve(this.who);
  }

  host(token: string): Promise<Hosting> {
    this.#shop.note('host', token);
    if (this.onHost !== 'taken') return Promise.reject(this.onHost);
    this.who = { ...this.who, streamer: '阿禾' };
    return Promise.resolve(this.who);
  }

  stopHosting(): Promise<Hosting> {
    this.#shop.note('stopHosting');
    this.who = { ...this.who, streamer: null };
    return Promise.resolve(this.who);
  }

  open(): Promise<Studio> {
    this.#shop.note('studio');
    if (this.onOpen === 'never') return new Promise(() => {});
    if (this.onOpen !== 'opened') return Promise.reject(this.onOpen);
    return Promise.resolve(this.desk());
  }

  addItem(item: NewItem): Promise<Studio> {
    return this.#edit('addItem', [item], () => {
      this.#made += 1;
      const { draft, stock } = item;
      const lot = Math.max(0, ...this.#goods.map((one) => one.lot)) + 1;
      const made: Goods = { ...draft, goods_id: `new-${this.#made}`, lot, price_version: 1, deal: null, stock_left: stock, held: 0, pinned: false };
      this.#shop.stock = [...this.#goods, made];
      return null;
    });
  }

  editItem(goodsId: string, edit: GoodsEdit): Promise<Studio> {
    return this.#edit('editItem', [goodsId, edit], () => {
      const row = this.#row(goodsId, edit.revision);
      if ('code' in row) return row;
      const stock_left = row.item.stock_left + edit.add_stock;
      if (stock_left < 0) return { code: 'sold_out', message: goodsId };
      this.#put(goodsId, { ...edit.draft, stock_left });
      return null;
    });
  }

  removeItem(goodsId: string, revision: number): Promise<Studio> {
    return this.#edit('removeItem', [goodsId, revision], () => {
      const row = this.#row(goodsId, revision);
      if ('code' in row) return row;
      this.#shop.stock = this.#goods.filter((one) => one.goods_id !== goodsId);
      return null;
    });
  }

  orderGoods(goodsIds: string[]): Promise<Studio> {
    return this.#edit('orderGoods', [goodsIds], () => {
      const known = new Map(this.#goods.map((one) => [one.goods_id, one]));
      const ordered = goodsIds.map((id) => known.get(id)).filter((one) => one !== undefined);
      if (new Set(goodsIds).size !== known.size || ordered.length !== known.size) return stale;
      const live = this.#room.state === 'live';
      this.#shop.stock = ordered.map((one, at) => (live ? one : { ...one, lot: at + 1 }));
      return null;
    });
  }

  pin(goodsId: string | null): Promise<Studio> {
    return this.#edit('pin', [goodsId], () => {
      this.#shop.stock = this.#goods.map((one) => ({ ...one, pinned: one.goods_id === goodsId }));
      return null;
    });
  }

  makeDeal(goodsId: string, draft: DealDraft): Promise<Studio> {
    return this.#edit('makeDeal', [goodsId, draft], () => {
      const row = this.#row(goodsId, draft.revision);
      if ('code' in row) return row;
      const starts_at = this.#shop.nowS + draft.starts_in_s;
      const { price_fen, pieces } = draft;
      const deal: Deal = { price_fen, price_version: row.item.price_version + 1, starts_at, ends_at: starts_at + draft.lasts_s, pieces, pieces_left: pieces };
      this.#put(goodsId, { deal }, deal);
      return null;
    });
  }

  endDeal(goodsId: string): Promise<Studio> {
    return this.#edit('endDeal', [goodsId], () => {
      const deal = this.#goods.find((one) => one.goods_id === goodsId)?.deal ?? null;
      this.#put(goodsId, { deal: null }, deal === null ? undefined : { ...deal, ends_at: this.#shop.nowS });
      return null;
    });
  }

  editRoom(draft: RoomDraft): Promise<Studio> {
    return this.#edit('editRoom', [draft], () => {
      if (draft.revision !== this.roomRevision) return stale;
      const { revision, ...room } = draft;
      this.roomRevision = revision + 1;
      if (room.state === 'live' && this.#room.state !== 'live') this.liveSince = this.#shop.nowS;
      this.#room = { ...this.#room, ...room };
      return null;
    });
  }

  addPicture(picture: Uint8Array, crop: Crop | null): Promise<PictureKept> {
    this.#shop.note('addPicture', picture.length, crop);
    if (this.onPicture === 'never') return new Promise(() => {});
    return 'code' in this.onPicture ? Promise.reject(this.onPicture) : Promise.resolve(this.onPicture);
  }

  importGoods(csv: string, dryRun: boolean): Promise<ImportReport> {
    this.#shop.note('importGoods', csv, dryRun);
    if (this.report === 'never') return new Promise(() => {});
    if ('code' in this.report) return Promise.reject(this.report);
    const wrong = this.report.rows.some((row) => row.outcome === 'wrong');
    return Promise.resolve({ ...this.report, taken: !dryRun && !wrong });
  }

  exportGoods(): Promise<string> {
    this.#shop.note('exportGoods');
    return typeof this.savedTo === 'string' ? Promise.resolve(this.savedTo) : Promise.reject(this.savedTo);
  }

  orders(filter: OrderFilter, words: string, next: string | null): Promise<StudioOrders> {
    return this.money.orders(filter, words, next);
  }

  order(orderId: string): Promise<StudioPaper> {
    return this.money.order(orderId);
  }

  refund(orderId: string, draft: RefundDraft): Promise<StudioPaper> {
    return this.money.refund(orderId, draft);
  }

  declineRefund(orderId: string, reason: string): Promise<StudioPaper> {
    return this.money.declineRefund(orderId, reason);
  }

  ship(orderId: string, draft: ShipmentDraft): Promise<StudioPaper> {
    return this.money.ship(orderId, draft);
  }

  figures(since: number | null): Promise<ShowFigures> {
    return this.money.figures(since);
  }

  exportOrders(toShip: boolean): Promise<string> {
    return this.money.exportOrders(toShip);
  }

  onChanged(listener: (what: 'goods' | 'orders') => void): () => void {
    this.#changed.add(listener);
    return () => this.#changed.delete(listener);
  }

  /** Does one edit; viewers see it. */
  #edit(name: string, args: unknown[], change: () => CommandError | null): Promise<Studio> {
    this.#shop.note(name, ...args);
    if (this.onEdit === 'never') return new Promise(() => {});
    const error = this.onEdit === 'done' ? change() : this.onEdit;
    if (error !== null) return Promise.reject(error);
    const desk = this.desk();
    this.#shop.roomChanged();
    this.changed('goods');
    return Promise.resolve(desk);
  }

  #row(goodsId: string, revision: number): StudioGoods | CommandError {
    const row = this.desk().goods.find((one) => one.item.goods_id === goodsId);
    if (row === undefined) return { code: 'not_found', message: goodsId };
    return row.revision === revision ? row : stale;
  }

  #put(goodsId: string, change: Partial<Goods> | GoodsDraft, lastDeal?: Deal): void {
    const row = this.desk().goods.find((one) => one.item.goods_id === goodsId);
    if (row === undefined) return;
    const repriced = 'price_fen' in change && change.price_fen !== row.item.price_fen;
    this.#shop.stock = this.#goods.map((one) => (one.goods_id === goodsId ? { ...one, ...change, price_version: one.price_version + (repriced ? 1 : 0) } : one));
    this.beside.set(goodsId, { ...this.beside.get(goodsId), revision: row.revision + 1, ...(lastDeal === undefined ? {} : { last_deal: lastDeal }) });
  }
}
