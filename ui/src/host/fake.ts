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
  Shelf,
  Stage,
  UpdateView,
  Viewer,
} from './contract';
import { FakeRehearsal } from './fakeRehearsal';
import { blank, fakeAddress, fakeGoods, fakePaper, fakeReceipt, fakeRoom } from './fakeSamples';
import { FakeStudio } from './fakeStudio';
import { FakeUpdates } from './fakeUpdates';
import type { Host } from './host';

export * from './fakeSamples';

type OnView = (view: PurchaseView) => void;

/** One call the window made. */
export interface Call {
  name: string;
  args: unknown[];
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
  readonly newer = new FakeUpdates(this);

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

  updates(onView: (view: UpdateView) => void): Promise<void> {
    return this.newer.tellTo(onView);
  }

  lookForUpdate(): Promise<void> {
    return this.newer.look();
  }

  installUpdate(): Promise<void> {
    return this.newer.install();
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
