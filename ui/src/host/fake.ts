import type { BuyRequest, CommandError, Entrance, Goods, PurchaseView, Room, Stage, Viewer } from './contract';
import type { Host } from './host';

type OnView = (view: PurchaseView) => void;

/** One call the window made. */
export interface Call {
  name: string;
  args: unknown[];
}

export const fakeRoom: Room = {
  room_id: 'teahouse',
  title: '开窑夜 · 新到茶器',
  host: '山隅窑 · 阿禾',
  shop: '山隅窑',
  state: 'live',
  cover: null,
  notice: null,
  pay_types: ['alipay', 'wechat'],
};

export const fakeGoods: Goods = {
  goods_id: 'g1',
  lot: 1,
  title: '雨过天青盖碗',
  note: '180 ml',
  kind: 'merchandise',
  fins: null,
  price_fen: 16_800,
  price_version: 1,
  stock_left: 24,
  held: 0,
  limit_per_viewer: null,
  on_sale: true,
  pinned: false,
  picture: null,
  description: null,
};

/** A host that answers from memory, for tests and the state gallery. Everything on it may be changed before or during use. */
export class FakeHost implements Host {
  entrance: Entrance | CommandError | 'never' = { entrance: 'open', room: fakeRoom, practice: false, shop_key: '3f9a' };
  trusted: Entrance = { entrance: 'open', room: fakeRoom, practice: false, shop_key: '3f9a' };
  stock: Goods[] | CommandError | 'never' = [fakeGoods];
  person: Viewer = { viewer_id: 'v1', fins_balance: 1280 };
  /** What a new order comes to at once; an error means that it was never sent. */
  onBuy: Stage | CommandError = { stage: 'ordering' };
  orderId: string | null = '20260822-7F3K';
  left: PurchaseView[] | CommandError = [];
  phone: string | null = null;
  /** Called for each cancelled purchase; the default closes it, as a shop does when nothing was paid. */
  onCancel: (requestId: string) => void = (requestId) => this.emit(requestId, { stage: 'closed', by: 'viewer' });
  readonly calls: Call[] = [];
  readonly #watched = new Map<string, { view: PurchaseView; onView: OnView }>();
  readonly #room = new Set<() => void>();
  readonly #connection = new Set<(online: boolean) => void>();

  #note(name: string, ...args: unknown[]): void {
    this.calls.push({ name, args });
  }

  called(name: string): Call[] {
    return this.calls.filter((call) => call.name === name);
  }

  #answer<T>(value: T | CommandError | 'never'): Promise<T> {
    if (value === 'never') return new Promise(() => {});
    if (typeof value === 'object' && value !== null && 'code' in value && 'message' in value) return Promise.reject(value);
    return Promise.resolve(value as T);
  }

  enter(): Promise<Entrance> {
    this.#note('enter');
    return this.#answer<Entrance>(this.entrance);
  }

  trust(): Promise<Entrance> {
    this.#note('trust');
    return this.#answer<Entrance>(this.trusted);
  }

  goods(): Promise<Goods[]> {
    this.#note('goods');
    return this.#answer<Goods[]>(this.stock);
  }

  viewer(): Promise<Viewer> {
    return Promise.resolve({ ...this.person });
  }

  buy(request: BuyRequest, onView: OnView): Promise<string> {
    this.#note('buy', request);
    if ('code' in this.onBuy) return Promise.reject(this.onBuy);
    const requestId = `r${this.called('buy').length}`;
    const goods = Array.isArray(this.stock) ? this.stock.find((one) => one.goods_id === request.goods_id) : undefined;
    if (goods === undefined) return Promise.reject({ code: 'not_found', message: 'no such goods' } satisfies CommandError);
    const { goods_id, lot, title, kind, fins, picture } = goods;
    const bought = { goods_id, lot, title, kind, fins, picture };
    const { quantity, amount_fen, pay_type } = request;
    const view: PurchaseView = { request_id: requestId, order_id: null, bought, quantity, amount_fen, pay_type, stage: { stage: 'ordering' } };
    this.#watched.set(requestId, { view, onView });
    onView(view);
    if (this.onBuy.stage !== 'ordering') this.emit(requestId, this.onBuy);
    return Promise.resolve(requestId);
  }

  /** Moves a purchase on and tells whoever watches it. */
  emit(requestId: string, stage: Stage): void {
    const watched = this.#watched.get(requestId);
    if (watched === undefined) throw new Error(`nobody watches ${requestId}`);
    const placed = stage.stage !== 'ordering' && stage.stage !== 'no_answer' && (stage.stage !== 'refused' || stage.refusal.code === 'channel_unavailable');
    watched.view = { ...watched.view, order_id: placed ? this.orderId : null, stage };
    watched.onView(watched.view);
  }

  pending(): Promise<PurchaseView[]> {
    return this.#answer<PurchaseView[]>(this.left);
  }

  watch(requestId: string, onView: OnView): Promise<void> {
    const view = (Array.isArray(this.left) ? this.left : []).find((one) => one.request_id === requestId);
    if (view === undefined) return Promise.reject({ code: 'not_found', message: requestId } satisfies CommandError);
    this.#watched.set(requestId, { view, onView });
    onView(view);
    return Promise.resolve();
  }

  retry(requestId: string): Promise<void> {
    this.#note('retry', requestId);
    this.emit(requestId, { stage: 'ordering' });
    return Promise.resolve();
  }

  askNow(requestId: string): Promise<void> {
    this.#note('askNow', requestId);
    this.emit(requestId, { stage: 'checking', why: 'asked', since_s: 0, online: true });
    return Promise.resolve();
  }

  cancel(requestId: string): Promise<void> {
    this.#note('cancel', requestId);
    this.onCancel(requestId);
    return Promise.resolve();
  }

  dismiss(requestId: string): Promise<void> {
    this.#note('dismiss', requestId);
    return Promise.resolve();
  }

  phoneUrl(requestId: string): Promise<string | null> {
    this.#note('phoneUrl', requestId);
    return Promise.resolve(this.phone);
  }

  pictureUrl(picture: string): string {
    return `picture/${picture}`;
  }

  onRoomChanged(listener: () => void): () => void {
    this.#room.add(listener);
    return () => this.#room.delete(listener);
  }

  onConnection(listener: (online: boolean) => void): () => void {
    this.#connection.add(listener);
    return () => this.#connection.delete(listener);
  }

  roomChanged(): void {
    this.#room.forEach((listener) => listener());
  }

  connection(online: boolean): void {
    this.#connection.forEach((listener) => listener(online));
  }

  copy(text: string): Promise<void> {
    this.#note('copy', text);
    return Promise.resolve();
  }
}
