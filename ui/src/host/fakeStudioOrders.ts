import type { CommandError, FigureStep, GoodsFigures, OrderFilter, RefundDraft, ShipmentDraft, ShowFigures, StudioAttempt, StudioOrder, StudioOrders, StudioPaper, StudioRefund, TimelineEvent, TimelineLine } from './contract';
import type { FakeShop } from './fakeStudio';

export const fakeSale: StudioOrder = {
  order_id: '01J8RZ3V6NQ2WXAM9B4C5E7F3K',
  buyer: 'K7Q2',
  goods_id: 'g2',
  lot: 2,
  title: '粗陶侧把壶',
  kind: 'merchandise',
  quantity: 1,
  amount_fen: 22_800,
  deal: false,
  pay_type: 'alipay',
  state: 'delivered',
  closed_by: null,
  created_at: 1_787_404_530,
  paid_at: 1_787_404_568,
  refunds: [],
  refund_request: null,
  shipment: null,
  quarantined: false,
};

/** A line of the journal that stands `after_s` seconds after the order was made. */
function line(order: StudioOrder, seq: number, what: TimelineEvent, after_s: number, more: Partial<TimelineLine> = {}): TimelineLine {
  const hash = `${seq}`.padStart(4, '0').repeat(16);
  return { seq, at: order.created_at + after_s, what, pay_type: null, amount_fen: null, channel_no: null, evidence: '', hash, ...more };
}

/** What happened to an order, as far as its state tells. */
function timelineOf(order: StudioOrder, paid_fen: number | null, channel_no: string | null): TimelineLine[] {
  const { pay_type } = order;
  const at = (what: TimelineEvent, after_s: number, more: Partial<TimelineLine> = {}) => ({ what, after_s, more });
  const all = [at('placed', 0, { amount_fen: order.amount_fen }), at('prepay_sent', 0, { pay_type, evidence: 'prepay' }), at('prepay_ready', 1, { pay_type })];
  if (order.closed_by !== null) all.push(at('end_asked', 300), at('close_sent', 300, { pay_type }));
  if (order.state === 'closed') all.push(at('close_proved', 301, { pay_type, evidence: '{"trade_status":"TRADE_CLOSED"}' }));
  if (order.quarantined) all.push(at('differs', 40, { pay_type, amount_fen: order.amount_fen + 1, channel_no, evidence: '{"total_amount":"228.01"}' }));
  if (paid_fen !== null) all.push(at('paid', (order.paid_at ?? order.created_at) - order.created_at, { pay_type, amount_fen: paid_fen, channel_no, evidence: `{"trade_no":"${channel_no}","trade_status":"TRADE_SUCCESS"}` }));
  for (const { reason, state, amount_fen } of order.refunds) {
    if (reason === 'streamer') all.push(at('taken_back', 400, { amount_fen }));
    all.push(at('refund_sent', 401, { pay_type, amount_fen, evidence: 'refund' }));
    if (state === 'abnormal') all.push(at('refund_stuck', 402, { pay_type, amount_fen, evidence: 'refund: Err(Refused { refusal: NotEnoughBalance, code: "ACQ.SELLER_BALANCE_NOT_ENOUGH", message: "卖家余额不足" })' }));
    if (state === 'processing') all.push(at('refund_accepted', 402, { pay_type, amount_fen, evidence: 'refund: Ok(Processing)' }));
    if (state === 'done') all.push(at('refund_done', 403, { pay_type, amount_fen, evidence: 'refund: Ok(Done)' }));
  }
  return all.map(({ what, after_s, more }, n) => line(order, 4100 + n, what, after_s, more));
}

/** The page of an order, with what follows from it. */
export function fakeSalePaper(order: StudioOrder, more: Partial<StudioPaper> = {}): StudioPaper {
  const paid = order.paid_at !== null;
  const back_fen = order.refunds.reduce((sum, { state, amount_fen }) => sum + (state === 'closed' ? 0 : amount_fen), 0);
  const left_fen = paid ? Math.max(0, order.amount_fen - back_fen) : 0;
  const channel_no = paid || order.quarantined ? `20260822220014${order.order_id.slice(-4)}12345678` : null;
  const open: StudioAttempt['state'] = order.state === 'closed' ? 'closed' : order.state === 'closing' ? 'close_sent' : 'qr_ready';
  const attempt: StudioAttempt = {
    pay_id: `${order.order_id}A1`,
    pay_type: order.pay_type,
    state: paid ? 'paid' : order.quarantined ? 'mismatch' : open,
    channel_no,
    paid_fen: paid ? order.amount_fen : null,
    paid_at: order.paid_at,
    refundable_fen: left_fen,
  };
  const address = order.kind === 'merchandise' && order.state === 'delivered' ? { name: '林夏', phone: '138 0000 0000', region: '浙江省 杭州市 西湖区', detail: '文三路 1 号 3 幢 502' } : null;
  const refundable_fen = order.state === 'delivered' ? left_fen : 0;
  return { order, attempts: [attempt], note: null, address, refundable_fen, timeline: timelineOf(order, attempt.paid_fen, channel_no), ...more };
}

function reject(code: CommandError['code'], message = ''): Promise<never> {
  return Promise.reject({ code, message } satisfies CommandError);
}

/** Orders and money of a studio in memory: it gives no more back than there is, and one request is one refund. */
export class FakeStudioOrders {
  /** Newest first. */
  papers: StudioPaper[] | CommandError | 'never' = [];
  pageSize = 50;
  /** What the page of one order comes to, by its id, where it is not what the list has. */
  pages: Record<string, CommandError | 'never'> = {};
  /** What becomes of the next refund, decline or parcel; `lost` does it, and the answer never arrives. */
  onDeed: 'done' | 'lost' | 'never' | CommandError = 'done';
  counted: ShowFigures | CommandError | 'never' | null = null;
  savedTo: string | CommandError | 'never' = '/home/ahe/Downloads/liveshop-orders-teahouse.csv';
  readonly #shop: FakeShop;
  readonly #requests = new Map<string, { orderId: string; draft: RefundDraft }>();

  constructor(shop: FakeShop) {
    this.#shop = shop;
  }

  get #known(): StudioPaper[] {
    return Array.isArray(this.papers) ? this.papers : [];
  }

  orders(filter: OrderFilter, words: string, next: string | null): Promise<StudioOrders> {
    this.#shop.note('studioOrders', filter, words, next);
    if (this.papers === 'never') return new Promise(() => {});
    if (!Array.isArray(this.papers)) return Promise.reject(this.papers);
    const all = this.papers.filter((one) => belongs(one.order, filter) && named(one, words.toLowerCase()));
    const from = next === null ? 0 : all.findIndex(({ order }) => order.order_id === next) + 1;
    const page = all.slice(from, from + this.pageSize);
    const last = page.at(-1);
    return Promise.resolve({ orders: page.map(({ order }) => order), next: last && from + page.length < all.length ? last.order.order_id : null });
  }

  order(orderId: string): Promise<StudioPaper> {
    this.#shop.note('studioOrder', orderId);
    const page = this.pages[orderId];
    if (page === 'never') return new Promise(() => {});
    if (page !== undefined) return Promise.reject(page);
    const paper = this.#known.find(({ order }) => order.order_id === orderId);
    return paper === undefined ? reject('not_found', orderId) : Promise.resolve(paper);
  }

  refund(orderId: string, draft: RefundDraft): Promise<StudioPaper> {
    this.#shop.note('refundOrder', orderId, draft);
    return this.#deed(orderId, (paper) => {
      const before = this.#requests.get(draft.request_id);
      if (before) return before.draft.amount_fen === draft.amount_fen && before.orderId === orderId ? paper : { code: 'request_conflict', message: '' };
      if (draft.amount_fen > paper.refundable_fen) return { code: 'refund_exceeds', message: '' };
      this.#requests.set(draft.request_id, { orderId, draft });
      const pay_id = paper.attempts[0]?.pay_id ?? '';
      const refund: StudioRefund = { refund_id: `${pay_id}S${paper.order.refunds.length + 1}`, pay_id, amount_fen: draft.amount_fen, reason: 'streamer', state: 'new', tries: 0 };
      return fakeSalePaper({ ...paper.order, refunds: [...paper.order.refunds, refund] }, { note: paper.note, address: paper.address });
    });
  }

  declineRefund(orderId: string, reason: string): Promise<StudioPaper> {
    this.#shop.note('declineRefund', orderId, reason);
    return this.#deed(orderId, (paper) => {
      const wish = paper.order.refund_request;
      if (wish === null) return { code: 'not_found', message: '' };
      return { ...paper, order: { ...paper.order, refund_request: { ...wish, declined: { reason, at: this.#shop.nowS } } } };
    });
  }

  ship(orderId: string, draft: ShipmentDraft): Promise<StudioPaper> {
    this.#shop.note('ship', orderId, draft);
    return this.#deed(orderId, (paper) => ({ ...paper, order: { ...paper.order, shipment: { ...draft, shipped_at: paper.order.shipment?.shipped_at ?? this.#shop.nowS } } }));
  }

  figures(since: number | null): Promise<ShowFigures> {
    this.#shop.note('figures', since);
    if (this.counted === 'never') return new Promise(() => {});
    if (this.counted !== null) return 'code' in this.counted ? Promise.reject(this.counted) : Promise.resolve(this.counted);
    const all = this.#known.map(({ order }) => order);
    // Asked for a time, a shop begins with the first order from then on.
    const made = since === null ? [] : all.map(({ created_at }) => created_at).filter((at) => at >= since);
    const begin = made.length > 0 ? Math.min(...made) : (since ?? this.#shop.nowS - 6136);
    return Promise.resolve(figuresOf(all, begin, this.#shop.nowS));
  }

  exportOrders(toShip: boolean): Promise<string> {
    this.#shop.note('exportOrders', toShip);
    if (this.savedTo === 'never') return new Promise(() => {});
    return typeof this.savedTo === 'string' ? Promise.resolve(this.savedTo) : Promise.reject(this.savedTo);
  }

  /** As if a viewer had ordered. */
  ordered(paper: StudioPaper): void {
    this.papers = [paper, ...this.#known];
  }

  #deed(orderId: string, change: (paper: StudioPaper) => StudioPaper | CommandError): Promise<StudioPaper> {
    if (this.onDeed === 'never') return new Promise(() => {});
    if (typeof this.onDeed === 'object') return Promise.reject(this.onDeed);
    const paper = this.#known.find(({ order }) => order.order_id === orderId);
    if (paper === undefined) return reject('not_found', orderId);
    const changed = change(paper);
    if ('code' in changed) return Promise.reject(changed);
    this.papers = this.#known.map((one) => (one === paper ? changed : one));
    return this.onDeed === 'lost' ? reject('no_answer') : Promise.resolve(changed);
  }
}

function backFen({ refunds }: StudioOrder): number {
  return refunds.reduce((sum, { state, amount_fen }) => sum + (state === 'closed' ? 0 : amount_fen), 0);
}

function belongs(order: StudioOrder, filter: OrderFilter): boolean {
  switch (filter) {
    case 'all':
      return true;
    case 'unpaid':
      return order.state === 'reserved' || order.state === 'awaiting_payment';
    case 'paid':
      return order.state === 'delivered';
    case 'to_ship':
      return order.state === 'delivered' && order.kind === 'merchandise' && order.shipment === null && backFen(order) < order.amount_fen;
    case 'wishes':
      return order.refund_request !== null && order.refund_request.declined === null && order.refunds.length === 0;
    case 'refunds':
      return order.refunds.length > 0;
    case 'stuck':
      return order.quarantined || order.refunds.some(({ state }) => state === 'abnormal');
    case 'closed':
      return order.state === 'closed';
  }
}

function named({ order, attempts }: StudioPaper, words: string): boolean {
  const all = [order.title, order.order_id, ...attempts.flatMap(({ pay_id, channel_no }) => [pay_id, channel_no ?? ''])];
  return all.some((one) => one.toLowerCase().includes(words));
}

/** The figures of these orders. */
export function figuresOf(all: StudioOrder[], since: number, now_s: number): ShowFigures {
  const orders = all.filter(({ created_at }) => created_at >= since);
  const isPaid = ({ state }: StudioOrder) => state === 'delivered';
  const fen = (some: StudioOrder[]) => some.filter(isPaid).reduce((sum, { amount_fen }) => sum + amount_fen, 0);
  const first = Math.max(since, Math.min(now_s, ...orders.map(({ created_at }) => created_at)));
  const step_s = Math.max(60, Math.ceil((now_s - first) / 60 / 60) * 60);
  const steps: FigureStep[] = Array.from({ length: Math.min(60, Math.floor((now_s - first) / step_s) + 1) }, (_, n) => {
    const at = first + n * step_s;
    const mine = orders.filter(({ created_at }) => created_at >= at && created_at < at + step_s);
    return { at, orders: mine.length, paid: mine.filter(isPaid).length, paid_fen: fen(mine) };
  });
  const goods = [...new Set(orders.map(({ goods_id }) => goods_id))].map((goods_id): GoodsFigures => {
    const mine = orders.filter((one) => one.goods_id === goods_id);
    const paid = mine.filter(isPaid);
    const pieces = paid.reduce((sum, { quantity }) => sum + quantity, 0);
    return { goods_id, lot: mine[0]?.lot ?? 0, title: mine[0]?.title ?? '', orders: mine.length, paid: paid.length, pieces, paid_fen: fen(mine), refunded_fen: mine.reduce((sum, one) => sum + backFen(one), 0) };
  });
  return {
    since,
    now_s,
    buyers: new Set(orders.map(({ buyer }) => buyer)).size,
    orders: orders.length,
    open: orders.filter((one) => belongs(one, 'unpaid')).length,
    paid: orders.filter(isPaid).length,
    closed: orders.filter((one) => belongs(one, 'closed')).length,
    pieces: goods.reduce((sum, one) => sum + one.pieces, 0),
    paid_fen: fen(orders),
    refunds: orders.reduce((sum, one) => sum + one.refunds.length, 0),
    refunded_fen: orders.reduce((sum, one) => sum + backFen(one), 0),
    step_s,
    steps,
    goods: goods.toSorted((one, other) => other.paid_fen - one.paid_fen),
  };
}
