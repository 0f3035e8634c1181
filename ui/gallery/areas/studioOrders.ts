import type { CommandError, StudioOrder, StudioPaper, StudioRefund } from '../../src/host/contract';
import type { FakeHost } from '../../src/host/fake';
import { fakeSale, fakeSalePaper } from '../../src/host/fakeStudioOrders';
import type { State, Step } from '../states';

const NOW = new Date();
/** Minutes before nine in the evening of today, Unix seconds. */
const ago = (minutes: number): number => new Date(NOW.getFullYear(), NOW.getMonth(), NOW.getDate(), 21, 0, 2).getTime() / 1000 - minutes * 60;

const away: CommandError = { code: 'no_answer', message: '' };

/** An order of the sample shelf, delivered unless said otherwise. */
function sale(id: string, goods: number, amount_fen: number, minutes: number, more: Partial<StudioOrder> = {}): StudioOrder {
  const created_at = ago(minutes);
  return { ...fakeSale, order_id: `01J8RZ3V6NQ2WXAM9B4C5E${id}`, buyer: `K${id.slice(1)}`, goods_id: `goods-${goods}`, lot: goods, title: `#${goods}`, amount_fen, created_at, paid_at: created_at + 38, ...more };
}

const refund = (more: Partial<StudioRefund>): StudioRefund => ({ refund_id: '01J8RZ3V6NQ2WXAM9B4C5E5B8TA1S1', pay_id: '01J8RZ3V6NQ2WXAM9B4C5E5B8TA1', amount_fen: 19_800, reason: 'streamer', state: 'processing', tries: 0, ...more });
const sent = { carrier: '顺丰速运', number: 'SF1400 2233 4455', shipped_at: ago(4) };
const wish = { reason: '壶嘴有一道裂，想退掉。 The spout has a crack.', asked_at: ago(12), declined: null };

const TO_SHIP = sale('5B8T', 4, 19_800, 9);
const UNPAID = sale('9C2M', 3, 8_800, 1, { state: 'awaiting_payment', paid_at: null, pay_type: 'wechat' });
const CLOSED = sale('8D4R', 1, 16_800, 70, { state: 'closed', closed_by: 'time', paid_at: null });
const LATE = sale('7F3K', 2, 22_800, 22, { state: 'refunding', closed_by: 'time', paid_at: ago(22) + 343, refunds: [refund({ reason: 'late', amount_fen: 22_800 })] });
const SALES: StudioOrder[] = [
  UNPAID,
  sale('2A6J', 8, 5_900, 3, { state: 'closing', paid_at: null }),
  TO_SHIP,
  sale('3H6W', 7, 7_980, 14, { quantity: 2, pay_type: 'wechat', shipment: sent, deal: true }),
  sale('6W1S', 2, 22_800, 18, { refund_request: wish }),
  LATE,
  sale('8K4P', 10, 2_800, 31, { kind: 'fins', pay_type: 'wechat' }),
  sale('1K9P', 5, 10_990, 44, { refunds: [refund({ amount_fen: 10_990, state: 'done' })] }),
  sale('2T5X', 6, 42_800, 52, { refunds: [refund({ amount_fen: 5_000, state: 'done' })], shipment: sent }),
  sale('4Q7B', 2, 22_800, 58, { refunds: [refund({ amount_fen: 22_800, state: 'abnormal', tries: 6 })] }),
  sale('5D5D', 9, 12_600, 63, { state: 'closing', paid_at: null, quarantined: true }),
  CLOSED,
  ...Array.from({ length: 12 }, (_, n) => sale(`${n + 10}ZZ`, (n % 6) + 1, [16_800, 22_800, 8_800, 19_800, 10_990, 42_800][n % 6] ?? 0, 74 + n * 5, { shipment: sent })),
];

/** The names are the shelf's own, in the language of the picture. */
function named(host: FakeHost, all: readonly StudioOrder[]): StudioOrder[] {
  const stock = Array.isArray(host.stock) ? host.stock : [];
  return all.map((one) => ({ ...one, title: stock.find((goods) => goods.goods_id === one.goods_id)?.title ?? one.title }));
}

/** Does something as soon as the page has come so far. */
function once(reached: () => boolean, run: () => void): void {
  const watch = setInterval(() => {
    if (!reached()) return;
    clearInterval(watch);
    run();
  }, 50);
}

const opened: Step[] = [{ wait: '[data-goods]' }, { click: '[data-section="studio"]' }, { click: '[data-studio="orders"]' }, { wait: '.feed [data-orders]' }];
const ready: Step[] = [...opened, { wait: '[data-orders="ready"]' }, { wait: '[data-timeline]' }, { wait: '[data-figures="ready"]' }];

function hosted(host: FakeHost, all: readonly StudioOrder[]): void {
  host.studio.who = { streamer: '阿禾', rehearsal: false };
  host.nowS = ago(0);
  host.studio.liveSince = ago(100);
  host.studio.money.papers = named(host, all).map((order) => fakeSalePaper(order));
}

function listed(steps: Step[] = ready, more?: (host: FakeHost) => void, all: readonly StudioOrder[] = SALES): State {
  return {
    host: (host) => {
      hosted(host, all);
      more?.(host);
    },
    steps,
  };
}

/** One order's page, before the others; it may say more than the list. */
function page(order: StudioOrder, steps: Step[] = [], more: Partial<StudioPaper> = {}, and?: (host: FakeHost) => void): State {
  const others = SALES.filter(({ order_id }) => order_id !== order.order_id);
  return listed([...ready, ...steps], (host) => {
    const [mine] = named(host, [order]);
    if (mine) host.studio.money.papers = [fakeSalePaper(mine, more), ...(Array.isArray(host.studio.money.papers) ? host.studio.money.papers : [])];
    and?.(host);
  }, others);
}

const refunding: Step[] = [{ click: '[data-act="refund"]' }, { wait: '[data-form="refund"]' }];
const declining: Step[] = [{ click: '[data-act="decline"]' }, { wait: '[data-form="decline"]' }];
const shipping: Step[] = [{ click: '[data-act="ship"]' }, { wait: '[data-form="ship"]' }];
const WISHED = sale('6W1S', 2, 22_800, 18, { refund_request: wish });
const LONG = 'Extraordinarily long handmade wood-fired teapot with a side handle 三十个字长的商品名称用来看看会不会放得下还是会被切掉';

/** The streamer's orders, money and figures. */
export const studioOrdersStates: Record<string, State> = {
  sales: page(TO_SHIP, [], { note: '请用泡泡纸多包一层。 A4 · 深色' }),
  sales_practice: { ...page(TO_SHIP), practice: true },
  sales_loading: listed([...opened, { wait: '.skeleton' }], (host) => {
    host.studio.money.papers = 'never';
    host.studio.money.counted = 'never';
  }),
  sales_empty: listed([...opened, { wait: '[data-notice="empty"]' }], undefined, []),
  sales_failed: listed([...opened, { wait: '[data-notice="failed"]' }], (host) => {
    host.studio.money.papers = away;
    host.studio.money.counted = away;
  }),
  sales_offline: listed([...ready, { press: 'F9' }, { wait: '.content > .banner' }]),
  sales_stale: {
    ...listed([...ready, { wait: '.feed .banner' }]),
    then: (host) =>
      once(() => document.querySelector('[data-timeline]') !== null, () => {
        host.studio.money.papers = away;
        host.studio.money.counted = away;
        host.studio.changed('orders');
      }),
  },
  sales_filter: listed([...ready, { click: '[data-filter="refunds"]' }, { wait: '[data-orders="ready"]' }, { wait: '[data-timeline]' }]),
  sales_filter_empty: listed([...ready, { click: '[data-filter="wishes"]' }, { wait: '[data-notice="none"]' }], undefined, [TO_SHIP]),
  sales_search_none: listed([...ready, { press: '/' }, { type: 'zzz' }, { press: 'Enter' }, { wait: '[data-notice="no-match"]' }]),
  sales_more_failed: listed([...ready, { press: 'End' }, { wait: '[data-more="failed"]' }], (host) => {
    const { money } = host.studio;
    const orders = money.orders.bind(money);
    money.pageSize = 12;
    money.orders = (filter, words, next) => (next === null ? orders(filter, words, next) : Promise.reject(away));
  }),
  sales_news: {
    ...listed([...ready, { click: '.feed [data-order] [data-choose]' }, { press: 'End' }, { wait: '[data-news]' }]),
    // Two viewers order once the streamer has scrolled down.
    then: (host) =>
      once(() => (document.querySelector('.feed .list')?.scrollTop ?? 0) > 100, () => {
        for (const id of ['NEW1', 'NEW2']) named(host, [sale(id, 5, 10_990, 0, { state: 'awaiting_payment', paid_at: null })]).forEach((order) => host.studio.money.ordered(fakeSalePaper(order)));
        host.studio.changed('orders');
      }),
  },
  sales_charts_folded: listed([...ready, { click: '[data-act="charts"]' }]),
  sales_ever: listed([...ready, { click: '[data-since="all"]' }, { wait: '[data-figures="ready"]' }]),
  sales_table: listed([...ready, { click: '[data-act="more-goods"]' }, { wait: '[data-figures-table]' }]),
  sales_exported: listed([...ready, { click: '[data-act="export-orders"]' }, { wait: '[data-exported]' }]),
  sales_export_failed: listed([...ready, { click: '[data-act="export-orders"]' }, { wait: '[data-export-failed]' }], (host) => (host.studio.money.savedTo = { code: 'storage', message: '' })),
  sales_long: listed(ready, (host) => {
    const { money } = host.studio;
    const all = Array.isArray(money.papers) ? money.papers : [];
    money.papers = all.map((one) => fakeSalePaper({ ...one.order, title: LONG, amount_fen: 9_999_999, quantity: 12, refunds: one.order.refunds.map((back) => ({ ...back, amount_fen: 9_999_999 })) }));
  }),

  sale_unpaid: page(UNPAID),
  sale_checking: page(sale('2A6J', 8, 5_900, 3, { state: 'closing', paid_at: null })),
  sale_closed: page(CLOSED),
  sale_fins: page(sale('8K4P', 10, 2_800, 31, { kind: 'fins', pay_type: 'wechat' })),
  sale_shipped: page(sale('3H6W', 7, 7_980, 14, { quantity: 2, pay_type: 'wechat', shipment: sent, deal: true })),
  sale_late: page(LATE),
  sale_refunded: page(sale('1K9P', 5, 10_990, 44, { refunds: [refund({ amount_fen: 10_990, state: 'done' })] })),
  sale_partly: page(sale('2T5X', 6, 42_800, 52, { refunds: [refund({ amount_fen: 5_000, state: 'done' })], shipment: sent })),
  sale_stuck: page(sale('4Q7B', 2, 22_800, 58, { refunds: [refund({ amount_fen: 22_800, state: 'abnormal', tries: 6, pay_id: '01J8RZ3V6NQ2WXAM9B4C5E4Q7BA1' })] })),
  sale_differs: page(sale('5D5D', 9, 12_600, 63, { state: 'closing', paid_at: null, quarantined: true })),
  sale_twice: page({ ...TO_SHIP, refunds: [refund({ reason: 'twice' })] }),
  sale_evidence: page(TO_SHIP, [{ click: '[data-event="paid"] summary' }, { wait: '[data-event="paid"] details[open]' }]),
  sale_reading: listed([...opened, { wait: '[data-detail]' }], (host) => (host.studio.money.pages[UNPAID.order_id] = 'never')),
  sale_failed: listed([...opened, { wait: '[data-paper-failed]' }], (host) => (host.studio.money.pages[UNPAID.order_id] = away)),
  sale_refund: page(TO_SHIP, refunding),
  sale_refund_wrong: page(TO_SHIP, [...refunding, { type: '300' }, { press: 'Enter' }, { wait: '[aria-invalid="true"]' }]),
  sale_refund_reason: page(TO_SHIP, [...refunding, { click: '[data-note]' }, { type: '少发一件' }]),
  sale_refund_sending: page(TO_SHIP, [...refunding, { press: 'Enter' }], {}, (host) => (host.studio.money.onDeed = 'never')),
  sale_refund_unanswered: page(TO_SHIP, [...refunding, { press: 'Enter' }, { wait: '[data-trouble]' }], {}, (host) => (host.studio.money.onDeed = away)),
  sale_refund_later: page(TO_SHIP, [...refunding, { press: 'Enter' }, { wait: '[data-trouble]' }, { press: 'Escape' }, { wait: '[data-unanswered]' }], {}, (host) => (host.studio.money.onDeed = away)),
  sale_refund_exceeds: page(TO_SHIP, [...refunding, { press: 'Enter' }, { wait: '[data-trouble]' }], {}, (host) => (host.studio.money.onDeed = { code: 'refund_exceeds', message: '' })),
  sale_refund_sent: page(TO_SHIP, [...refunding, { press: 'Enter' }, { wait: '[data-refund]' }]),
  sale_wish: page(WISHED),
  sale_decline: page(WISHED, declining),
  sale_decline_empty: page(WISHED, [...declining, { click: '[data-act="decline-go"]' }, { wait: '[aria-invalid="true"]' }]),
  sale_declined: page({ ...WISHED, refund_request: { ...wish, declined: { reason: '照片里看不到裂痕，请补一张近照。 No crack shows in the photo.', at: ago(3) } } }),
  sale_ship: page(TO_SHIP, shipping),
  sale_ship_wrong: page(TO_SHIP, [...shipping, { click: '[data-act="ship-go"]' }, { wait: '[aria-invalid="true"]' }]),
  sale_ship_failed: page(TO_SHIP, [...shipping, { type: '顺丰速运' }, { press: 'Tab' }, { type: 'SF1400' }, { press: 'Enter' }, { wait: '[data-trouble]' }], {}, (host) => (host.studio.money.onDeed = away)),
};
