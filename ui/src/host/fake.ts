import type { BuyRequest, CommandError, Entrance, Goods, PayType, PurchaseView, ReceiptView, Room, Stage, Viewer } from './contract';
import type { Host } from './host';

type OnView = (view: PurchaseView) => void;

/** What most views say of switching and of being put away: nothing. */
export const blank = { switched_from: null, not_switched_to: null, seen: false } as const;

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

export const fakeReceipt: ReceiptView = {
  order_id: '20260822-7F3K',
  title: '粗陶侧把壶',
  quantity: 1,
  amount_fen: 22_800,
  fins: null,
  created_at: 1_787_404_530,
  delivered_at: 1_787_404_568,
  state: 'delivered',
  payments: [{ pay_type: 'alipay', channel_no: '2026082222001400000012345678', amount_fen: 22_800, paid_at: 1_787_404_568 }],
  refunds: [],
  shop_key: '3f9ab2c47d81e650',
  signed_at: 1_787_404_600,
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
  /** The order that stands in the way of another, as `takeUp` finds it. */
  standing: Stage | CommandError = { stage: 'ordering' };
  /** What becomes of a purchase that is to be paid another way, after its old code is gone. */
  onSwitch: Stage | CommandError | 'never' = { stage: 'ordering' };
  paper: ReceiptView | CommandError | 'never' = fakeReceipt;
  savedTo: string | CommandError = '/home/ahe/Downloads/liveshop-receipt-20260822-7F3K.json';
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
    const view: PurchaseView = { ...blank, request_id: requestId, order_id: null, bought, quantity, amount_fen, pay_type, stage: { stage: 'ordering' } };
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

  /** Changes what else a purchase's view says, and tells whoever watches it. */
  change(requestId: string, more: Partial<PurchaseView>): void {
    const watched = this.#watched.get(requestId);
    if (watched === undefined) throw new Error(`nobody watches ${requestId}`);
    watched.view = { ...watched.view, ...more };
    watched.onView(watched.view);
  }

  takeUp(requestId: string, onView: OnView): Promise<string> {
    this.#note('takeUp', requestId);
    const refused = this.#watched.get(requestId)?.view;
    if (refused === undefined || refused.stage.stage !== 'refused') return Promise.reject({ code: 'not_ready', message: requestId } satisfies CommandError);
    if ('code' in this.standing) return Promise.reject(this.standing);
    const view: PurchaseView = { ...refused, request_id: `${requestId}-standing`, order_id: refused.stage.refusal.order_id ?? null, stage: this.standing };
    this.#watched.set(view.request_id, { view, onView });
    onView(view);
    return Promise.resolve(view.request_id);
  }

  switch(requestId: string, payType: PayType): Promise<void> {
    this.#note('switch', requestId, payType);
    if (this.onSwitch === 'never') return new Promise(() => {});
    if ('code' in this.onSwitch) return Promise.reject(this.onSwitch);
    const before = this.#watched.get(requestId)?.view.pay_type ?? null;
    this.change(requestId, { pay_type: payType, switched_from: before, not_switched_to: null, stage: { stage: 'ordering' } });
    if (this.onSwitch.stage !== 'ordering') this.emit(requestId, this.onSwitch);
    return Promise.resolve();
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

  receipt(orderId: string): Promise<ReceiptView> {
    this.#note('receipt', orderId);
    return this.#answer<ReceiptView>(this.paper);
  }

  saveReceipt(orderId: string): Promise<string> {
    this.#note('saveReceipt', orderId);
    return this.#answer<string>(this.savedTo);
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
