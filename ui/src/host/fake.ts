import type {
  About,
  Address,
  AddressDraft,
  BuyRequest,
  CommandError,
  Entrance,
  Goods,
  KnownRoom,
  OrderPaper,
  OrderSummary,
  OrdersPage,
  PayType,
  Preferences,
  PurchaseView,
  ReceiptView,
  Room,
  Shelf,
  Stage,
  Viewer,
} from './contract';
import { FakeRehearsal } from './fakeRehearsal';
import { FakeStudio } from './fakeStudio';
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
  stream: null,
  starts_at: null,
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
  deal: null,
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

export const fakeAddress: Address = {
  address_id: 'a1',
  address: { name: '林夏', phone: '138 0000 0000', region: '浙江省 杭州市 西湖区', detail: '文三路 1 号 3 幢 502' },
  is_default: true,
};

export const fakeOrder: OrderSummary = {
  order_id: '20260822-7F3K',
  goods_id: 'g1',
  kind: 'merchandise',
  title: '粗陶侧把壶',
  quantity: 1,
  amount_fen: 22_800,
  fins: null,
  pay_type: 'alipay',
  state: 'delivered',
  closed_by: null,
  created_at: 1_787_404_530,
  paid_at: 1_787_404_568,
  expires_in_s: 0,
  refunds: [],
};

/** The paper of an order of the list, with nothing beside it. */
export function fakePaper(order: OrderSummary): OrderPaper {
  return {
    order,
    attempts: [{ pay_id: `${order.order_id}A1`, pay_type: order.pay_type, state: order.paid_at === null ? 'closed' : 'paid' }],
    details: { note: null, address: order.kind === 'merchandise' ? fakeAddress.address : null, refund_request: null, shipment: null },
  };
}

/** A host that answers from memory, for tests and the state gallery. Everything on it may be changed before or during use. */
export class FakeHost implements Host {
  entrance: Entrance | CommandError | 'never' = { entrance: 'open', room: fakeRoom, practice: false, shop_key: '3f9a', link: 'liveshop://room/teahouse?shop=https%3A%2F%2Fshop.example&key=k' };
  trusted: Entrance = { entrance: 'open', room: fakeRoom, practice: false, shop_key: '3f9a', link: 'liveshop://room/teahouse?shop=https%3A%2F%2Fshop.example&key=k' };
  stock: Goods[] | CommandError | 'never' = [fakeGoods];
  /** The shop's clock. */
  nowS = 1_787_404_500;
  known: KnownRoom[] | CommandError = [];
  book: Address[] | CommandError | 'never' = [fakeAddress];
  /** What saving or removing an address comes to. */
  onSaveAddress: 'saved' | CommandError = 'saved';
  history: OrderSummary[] | CommandError | 'never' = [];
  /** Orders on one page. */
  pageSize = 50;
  /** What belongs to an order beside the list's view, by its id. */
  papers: Record<string, OrderPaper | CommandError | 'never'> = {};
  onAskRefund: 'asked' | CommandError = 'asked';
  told: Preferences | null = null;
  info: About = { version: '0.1.0', practice: true, data_folder: '/home/ahe/.local/share/app.liveshop.desktop' };
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
  readonly #links = new Set<(link: string) => void>();
  readonly #shows = new Set<(requestId: string) => void>();
  readonly #guides = new Set<() => void>();
  readonly #connection = new Set<(online: boolean) => void>();

  readonly studio = new FakeStudio(this);
  readonly rehearsal = new FakeRehearsal(this);

  note(name: string, ...args: unknown[]): void {
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
    this.note('enter');
    return this.#answer<Entrance>(this.entrance);
  }

  trust(): Promise<Entrance> {
    this.note('trust');
    return this.#answer<Entrance>(this.trusted);
  }

  openRoom(link: string): Promise<Entrance> {
    this.note('openRoom', link);
    return this.#answer<Entrance>(this.entrance);
  }

  openPractice(): Promise<Entrance> {
    this.note('openPractice');
    return this.#answer<Entrance>(this.entrance);
  }

  rooms(): Promise<KnownRoom[]> {
    return this.#answer<KnownRoom[]>(this.known);
  }

  forgetRoom(link: string): Promise<void> {
    this.note('forgetRoom', link);
    if (Array.isArray(this.known)) this.known = this.known.filter((room) => room.link !== link);
    return Promise.resolve();
  }

  async shelf(): Promise<Shelf> {
    this.note('shelf');
    const goods = await this.#answer<Goods[]>(this.stock);
    const room = typeof this.entrance === 'object' && 'room' in this.entrance ? this.entrance.room : fakeRoom;
    return { room, goods, now_s: this.nowS };
  }

  async orders(next: string | null): Promise<OrdersPage> {
    this.note('orders', next);
    const all = await this.#answer<OrderSummary[]>(this.history);
    const from = next === null ? 0 : Number(next);
    const orders = all.slice(from, from + this.pageSize);
    const after = from + orders.length;
    return { orders, next: after < all.length ? String(after) : null };
  }

  order(orderId: string): Promise<OrderPaper> {
    this.note('order', orderId);
    const paper = this.papers[orderId];
    if (paper !== undefined) return this.#answer<OrderPaper>(paper);
    const order = Array.isArray(this.history) ? this.history.find((one) => one.order_id === orderId) : undefined;
    return order === undefined ? Promise.reject({ code: 'not_found', message: orderId } satisfies CommandError) : Promise.resolve(fakePaper(order));
  }

  async askRefund(orderId: string, reason: string): Promise<OrderPaper> {
    this.note('askRefund', orderId, reason);
    if (this.onAskRefund !== 'asked') return Promise.reject(this.onAskRefund);
    const paper = await this.order(orderId);
    const asked = { ...paper, details: { ...paper.details, refund_request: { reason, asked_at: this.nowS, declined: null } } };
    this.papers[orderId] = asked;
    return asked;
  }

  resumeOrder(orderId: string, onView: OnView): Promise<string> {
    this.note('resumeOrder', orderId);
    if ('code' in this.standing) return Promise.reject(this.standing);
    const order = (Array.isArray(this.history) ? this.history : []).find((one) => one.order_id === orderId);
    if (order === undefined) return Promise.reject({ code: 'not_found', message: orderId } satisfies CommandError);
    const { goods_id, title, kind, fins, quantity, amount_fen, pay_type } = order;
    const bought = { goods_id, lot: 1, title, kind, fins, picture: null };
    const view: PurchaseView = { ...blank, request_id: `${orderId}-resumed`, order_id: orderId, bought, quantity, amount_fen, pay_type, stage: this.standing };
    this.#watched.set(view.request_id, { view, onView });
    onView(view);
    return Promise.resolve(view.request_id);
  }

  addresses(): Promise<Address[]> {
    this.note('addresses');
    return this.#answer<Address[]>(this.book);
  }

  saveAddress(addressId: string | null, draft: AddressDraft): Promise<Address[]> {
    this.note('saveAddress', addressId, draft);
    if (this.onSaveAddress !== 'saved') return Promise.reject(this.onSaveAddress);
    const book = Array.isArray(this.book) ? this.book : [];
    const saved = { address_id: addressId ?? `a${book.length + 1}`, ...draft, is_default: draft.is_default || book.length === 0 };
    const others = book.map((one) => (saved.is_default ? { ...one, is_default: false } : one));
    this.book = addressId === null ? [...others, saved] : others.map((one) => (one.address_id === addressId ? saved : one));
    return Promise.resolve(this.book);
  }

  removeAddress(addressId: string): Promise<Address[]> {
    this.note('removeAddress', addressId);
    if (this.onSaveAddress !== 'saved') return Promise.reject(this.onSaveAddress);
    this.book = (Array.isArray(this.book) ? this.book : []).filter((one) => one.address_id !== addressId);
    return Promise.resolve(this.book);
  }

  streamUrl(stream: string): string {
    return stream;
  }

  preferences(preferences: Preferences): Promise<void> {
    this.told = preferences;
    return Promise.resolve();
  }

  about(): Promise<About> {
    return Promise.resolve(this.info);
  }

  onLink(listener: (link: string) => void): () => void {
    this.#links.add(listener);
    return () => this.#links.delete(listener);
  }

  onShow(listener: (requestId: string) => void): () => void {
    this.#shows.add(listener);
    return () => this.#shows.delete(listener);
  }

  onGuide(listener: () => void): () => void {
    this.#guides.add(listener);
    return () => this.#guides.delete(listener);
  }

  /** As if the guide had been chosen in the system's menu. */
  guide(): void {
    this.#guides.forEach((listener) => listener());
  }

  /** As if the system had passed on a link. */
  link(link: string): void {
    this.#links.forEach((listener) => listener(link));
  }

  /** As if the notification of a purchase had been pressed. */
  show(requestId: string): void {
    this.#shows.forEach((listener) => listener(requestId));
  }

  viewer(): Promise<Viewer> {
    return Promise.resolve({ ...this.person });
  }

  buy(request: BuyRequest, onView: OnView): Promise<string> {
    this.note('buy', request);
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
    this.note('takeUp', requestId);
    const refused = this.#watched.get(requestId)?.view;
    if (refused === undefined || refused.stage.stage !== 'refused') return Promise.reject({ code: 'not_ready', message: requestId } satisfies CommandError);
    if ('code' in this.standing) return Promise.reject(this.standing);
    const view: PurchaseView = { ...refused, request_id: `${requestId}-standing`, order_id: refused.stage.refusal.order_id ?? null, stage: this.standing };
    this.#watched.set(view.request_id, { view, onView });
    onView(view);
    return Promise.resolve(view.request_id);
  }

  switch(requestId: string, payType: PayType): Promise<void> {
    this.note('switch', requestId, payType);
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
    this.note('retry', requestId);
    this.emit(requestId, { stage: 'ordering' });
    return Promise.resolve();
  }

  askNow(requestId: string): Promise<void> {
    this.note('askNow', requestId);
    this.emit(requestId, { stage: 'checking', why: 'asked', since_s: 0, online: true });
    return Promise.resolve();
  }

  cancel(requestId: string): Promise<void> {
    this.note('cancel', requestId);
    this.onCancel(requestId);
    return Promise.resolve();
  }

  dismiss(requestId: string): Promise<void> {
    this.note('dismiss', requestId);
    return Promise.resolve();
  }

  receipt(orderId: string): Promise<ReceiptView> {
    this.note('receipt', orderId);
    return this.#answer<ReceiptView>(this.paper);
  }

  saveReceipt(orderId: string): Promise<string> {
    this.note('saveReceipt', orderId);
    return this.#answer<string>(this.savedTo);
  }

  phoneUrl(requestId: string): Promise<string | null> {
    this.note('phoneUrl', requestId);
    return Promise.resolve(this.phone);
  }

  pictureUrl(picture: string): string {
    return `picture/${picture}`;
  }

  thumbUrl(picture: string): string {
    return this.pictureUrl(picture);
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
    this.note('copy', text);
    return Promise.resolve();
  }
}
