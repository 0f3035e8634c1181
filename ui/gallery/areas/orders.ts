import type { CommandError, OrderPaper, OrderSummary, Stage } from '../../src/host/contract';
import { blank, type FakeHost, fakeAddress, fakePaper, fakeReceipt } from '../../src/host/fake';
import type { State, Step } from '../states';

const NOW = new Date();
/** A moment of a day counted back from today, Unix seconds. */
const at = (day: number, hour: number, minute: number): number => new Date(NOW.getFullYear(), NOW.getMonth(), NOW.getDate() - day, hour, minute, 2).getTime() / 1000;

/** An order of the sample shelf, delivered unless said otherwise. */
function order(id: string, goods: number, amount_fen: number, created_at: number, more: Partial<OrderSummary> = {}): OrderSummary {
  return {
    order_id: `01J8RZ3V6NQ2WXAM9B4C5E${id}`,
    goods_id: `goods-${goods}`,
    kind: 'merchandise',
    title: `#${goods}`,
    quantity: 1,
    amount_fen,
    fins: null,
    pay_type: 'alipay',
    state: 'delivered',
    closed_by: null,
    created_at,
    paid_at: created_at + 66,
    expires_in_s: 0,
    refunds: [],
    ...more,
  };
}

const unpaid = { state: 'awaiting_payment', paid_at: null, expires_in_s: 500, pay_type: 'wechat' } as const;
const DUE = order('9C2M', 3, 8800, at(0, 9, 25), unpaid);
const LATE = order('7F3K', 2, 22800, at(0, 9, 14), { state: 'refunding', closed_by: 'time', refunds: [{ reason: 'late', amount_fen: 22800, pay_type: 'alipay', done: false }] });
const PAID = order('5B8T', 4, 19800, at(0, 8, 41));
const HISTORY: OrderSummary[] = [
  DUE,
  LATE,
  PAID,
  order('3H6W', 7, 7980, at(0, 8, 22), { quantity: 2, pay_type: 'wechat' }),
  order('8K4P', 10, 2800, at(0, 7, 50), { kind: 'fins', fins: 60, state: 'closing', paid_at: null, closed_by: 'time' }),
  order('1K9P', 5, 10990, at(1, 22, 10), { refunds: [{ reason: 'streamer', amount_fen: 10990, pay_type: 'alipay', done: true }] }),
  order('8D4R', 1, 16800, at(1, 21, 37), { state: 'closed', closed_by: 'time', paid_at: null, pay_type: 'wechat' }),
  order('6N1V', 8, 26000, at(3, 20, 2), { refunds: [{ reason: 'twice', amount_fen: 26000, pay_type: 'wechat', done: true }] }),
  order('2T5X', 6, 13800, at(3, 19, 48), { refunds: [{ reason: 'streamer', amount_fen: 5000, pay_type: 'alipay', done: true }] }),
  order('4W7Z', 9, 4200, at(4, 21, 30), { state: 'closed', closed_by: 'viewer', paid_at: null }),
];

/** The names are the shelf's own, in the language of the picture. */
function named(host: FakeHost, all: readonly OrderSummary[]): OrderSummary[] {
  const stock = Array.isArray(host.stock) ? host.stock : [];
  return all.map((one) => ({ ...one, title: stock.find((goods) => goods.goods_id === one.goods_id)?.title ?? one.title }));
}

const opened: Step[] = [{ wait: '[data-goods]' }, { click: '[data-section="orders"]' }, { wait: '[data-orders]' }];
const row = (id: string): string => `[data-order$="${id}"] [data-choose]`;
const chosen = (id: string): Step[] => [...opened, { wait: row(id) }, { click: row(id) }, { wait: `[data-detail$="${id}"]` }, { wait: '[data-copy*="A1"]' }];

function listed(all: readonly OrderSummary[] = HISTORY, steps: Step[] = [...opened, { wait: '[data-detail]' }], more?: (host: FakeHost) => void): State {
  return {
    host: (host) => {
      host.history = named(host, all);
      more?.(host);
    },
    steps,
  };
}

/** One order's detail; its paper may say more than the list. */
function detail(one: OrderSummary, more: Partial<OrderPaper['details']> = {}): State {
  return listed([one, ...HISTORY.filter((other) => other.order_id !== one.order_id)], chosen(one.order_id.slice(-4)), (host) => {
    const [order] = named(host, [one]);
    if (order === undefined) return;
    const paper = fakePaper(order);
    host.papers[one.order_id] = { ...paper, details: { ...paper.details, ...more } };
  });
}

const failed: CommandError = { code: 'no_answer', message: '' };
const refund = (reason: 'late' | 'mismatch' | 'returned' | 'streamer' | 'twice', done: boolean, amount_fen = 19800) => [{ reason, amount_fen, pay_type: 'alipay' as const, done }];
const asking: Step[] = [...chosen('5B8T'), { click: '[data-act="refund"]' }, { wait: 'textarea' }];
const closedNow: Stage = { stage: 'delivered', paid_at: at(0, 9, 30), fins: null, refunds: [] };
const LONG = 'Extraordinarily long handmade wood-fired teapot with a side handle 三十个字长的商品名称用来看看会不会放得下还是会被切掉';

/** The order history, its states and those of one order. */
export const ordersStates: Record<string, State> = {
  orders: listed(HISTORY, chosen('7F3K')),
  orders_practice: { ...listed(HISTORY, chosen('5B8T')), practice: true },
  orders_loading: { host: (host) => (host.history = 'never'), steps: [...opened, { wait: '.skeleton' }] },
  orders_empty: { steps: [...opened, { wait: '[data-notice="empty"]' }] },
  orders_failed: { host: (host) => (host.history = failed), steps: [...opened, { wait: '[data-notice="failed"]' }] },
  orders_offline: { host: (host) => (host.history = failed), then: (host) => host.connection(false), steps: [...opened, { wait: '[data-notice="failed"]' }] },
  orders_filter: listed(HISTORY, [...opened, { click: '[data-filter="refunds"]' }, { wait: '[data-detail]' }]),
  orders_filter_empty: listed([PAID], [...opened, { click: '[data-filter="closed"]' }, { wait: '[data-notice="none"]' }]),
  orders_search: listed(HISTORY, [...opened, { press: '/' }, { type: '7f3k' }, { wait: '[data-detail]' }]),
  orders_search_none: listed(HISTORY, [...opened, { press: '/' }, { type: 'zzz' }, { wait: '[data-notice="no-match"]' }]),
  orders_stale: {
    host: (host) => {
      const all = named(host, HISTORY);
      host.history = all;
      host.orders = () => (host.called('orders').length > 0 ? Promise.reject(failed) : (host.calls.push({ name: 'orders', args: [] }), Promise.resolve({ orders: all, next: null })));
    },
    steps: [...opened, { wait: '[data-detail]' }, { press: 'Control+1' }, { click: '[data-section="orders"]' }, { wait: '.middle .banner' }],
  },
  orders_stale_offline: listed(HISTORY, [...opened, { wait: '[data-detail]' }, { press: 'F9' }, { wait: '.middle .banner' }]),
  orders_more_failed: listed(HISTORY, [...opened, { wait: '[data-more="failed"]' }], (host) => {
    const orders = host.orders.bind(host);
    host.pageSize = 6;
    host.orders = (next) => (next === null ? orders(next) : Promise.reject(failed));
  }),
  orders_more_loading: listed(HISTORY, [...opened, { wait: '[data-more="loading"]' }], (host) => {
    const orders = host.orders.bind(host);
    host.pageSize = 6;
    host.orders = (next) => (next === null ? orders(next) : new Promise(() => {}));
  }),
  orders_long_names: listed([{ ...DUE, amount_fen: 9_999_999, quantity: 12 }, { ...LATE, amount_fen: 9_999_999, refunds: refund('late', false, 9_999_999) }, PAID], chosen('7F3K'), (host) => {
    host.history = Array.isArray(host.history) ? host.history.map((one) => ({ ...one, title: LONG })) : [];
  }),
  orders_unfinished: listed(HISTORY, [...opened, { wait: '[data-needs]' }], (host) => {
    const bought = { goods_id: 'goods-1', lot: 1, title: Array.isArray(host.stock) ? (host.stock[0]?.title ?? '') : '', kind: 'merchandise' as const, fins: null, picture: 'goods-1.png' };
    host.left = [{ ...blank, request_id: 'p1', order_id: null, bought, quantity: 1, amount_fen: 16800, pay_type: 'alipay', stage: { stage: 'no_answer' } }];
  }),
  orders_result: {
    // Bought in the room, then paid while the viewer looks at the orders.
    host: (host) => {
      host.onBuy = closedNow;
      host.orderId = PAID.order_id;
      host.history = named(host, HISTORY);
    },
    steps: [{ wait: '[data-goods]' }, { click: '[data-goods="goods-2"] button[data-buy]' }, { click: 'button[data-pay-type="alipay"]' }, { wait: '[data-screen="success"]' }, { click: '[data-section="orders"]' }, { wait: '[data-detail]' }],
  },

  order_due: detail(DUE, { address: fakeAddress.address }),
  order_pay_failed: { ...detail(DUE), steps: [...chosen('9C2M'), { click: '[data-detail] [data-act="pay"]' }, { wait: '.foot' }], host: (host) => { host.history = named(host, HISTORY); host.standing = failed; } },
  order_checking: detail(order('8K4P', 10, 2800, at(0, 7, 50), { kind: 'fins', fins: 60, state: 'closing', paid_at: null, closed_by: 'time' })),
  order_cancelling: detail({ ...DUE, state: 'closing', expires_in_s: 0, closed_by: 'viewer' }),
  order_paid: detail(PAID, { note: 'A4 · 深色' }),
  order_fins: detail(order('8K4P', 10, 2800, at(0, 7, 50), { kind: 'fins', fins: 60 })),
  order_twice: detail({ ...PAID, refunds: refund('twice', false) }),
  order_refunding: detail({ ...PAID, refunds: refund('streamer', false) }),
  order_refunded: detail({ ...PAID, refunds: refund('streamer', true) }),
  order_partly: detail({ ...PAID, refunds: refund('streamer', true, 5000) }),
  order_mismatch: detail({ ...PAID, state: 'refunded', refunds: refund('mismatch', true, 19801) }),
  order_expired: detail({ ...PAID, state: 'closed', closed_by: 'time', paid_at: null }),
  order_cancelled: detail({ ...PAID, state: 'closed', closed_by: 'viewer', paid_at: null }),
  order_closed_shop: detail({ ...PAID, state: 'closed', closed_by: 'shop', paid_at: null }),
  order_reading: listed(HISTORY, [...opened, { click: row('5B8T') }, { wait: '[data-detail$="5B8T"]' }], (host) => (host.papers[PAID.order_id] = 'never')),
  order_rest_failed: listed(HISTORY, [...opened, { click: row('5B8T') }, { wait: '[data-rest-failed]' }], (host) => (host.papers[PAID.order_id] = failed)),
  order_copied: { ...listed(HISTORY, [...chosen('5B8T'), { press: 'c' }]), freeze: true },
  order_receipt: listed(HISTORY, [...chosen('5B8T'), { click: '[data-act="receipt"]' }, { wait: '[data-act="save-receipt"]' }], (host) => (host.paper = { ...fakeReceipt, order_id: PAID.order_id, shop_key: '3f9ab2c47d81e650ff02a9136bc8d47e' })),
  order_ask: listed(HISTORY, asking),
  order_ask_empty: listed(HISTORY, [...asking, { click: '[data-act="refund-send"]' }, { wait: 'form [aria-invalid="true"]' }]),
  order_ask_failed: listed(HISTORY, [...asking, { type: 'x' }, { click: '[data-act="refund-send"]' }, { wait: 'form .trouble' }], (host) => (host.onAskRefund = failed)),
  order_asked: detail(PAID, { refund_request: { reason: '壶嘴有一道裂。 The spout has a crack.', asked_at: at(0, 9, 2), declined: null } }),
  order_declined: detail(PAID, { refund_request: { reason: '壶嘴有一道裂。 The spout has a crack.', asked_at: at(0, 9, 2), declined: { reason: '照片里看不到裂痕，请补一张近照。 No crack shows in the photo.', at: at(0, 9, 20) } } }),
  order_shipped: detail(PAID, { shipment: { carrier: '顺丰速运 SF', number: 'SF1400 2233 4455', shipped_at: at(0, 9, 30) } }),
};
