import type { AnswerFault, CheckingWhy, CommandCode, CommandError, ErrorCode, PayType, PurchaseView, ReceiptView, Refusal, RefundReason, Stage } from '../src/host/contract';
import type { PlayerEvent } from '../src/live/player';
import { blank, type FakeHost, fakeReceipt } from '../src/host/fake';
import { rehearsalStates } from './areas/rehearsal';
import { guideStates } from './areas/guide';
import { settingsStates } from './areas/settings';
import { updatesStates } from './areas/updates';
import { showStates } from './areas/show';
import { ordersStates } from './areas/orders';
import { studioOrdersStates } from './areas/studioOrders';
import { studioStates } from './areas/studio';
import { codes } from './codes';

/** What the runner does once the page stands. */
export type Step =
  | { click: string }
  | { press: string }
  | { wait: string }
  | { type: string }
  /** A choice in a list: its selector and the value. */
  | { select: [string, string] }
  /** A CSV file, or a picture, for a field. */
  | { file: string }
  | { picture: string };

/** One picture of the gallery. */
export interface State {
  /** Prepares the host before the window opens. */
  host?: (host: FakeHost) => void;
  /** After the window has opened, e.g. to lose the connection. */
  then?: (host: FakeHost) => void;
  steps?: Step[];
  /** Nothing that waits a second or longer happens, so that what passes quickly can be drawn. */
  freeze?: boolean;
  practice?: boolean;
  /** What the player of the show tells. */
  player?: PlayerEvent[];
}

const opened: Step = { wait: '[data-goods]' };

/** Buys the explained item with a channel and waits for a screen. */
function bought(screen: string, payType: PayType = 'alipay', goods = 'goods-2'): Step[] {
  return [
    opened,
    { click: `[data-goods="${goods}"] button[data-buy]` },
    { click: `button[data-pay-type="${payType}"]` },
    { wait: `[data-screen="${screen}"]` },
  ];
}

function stage(screen: string, to: Stage | CommandError, payType: PayType = 'alipay', goods?: string): State {
  return { host: (host) => (host.onBuy = to), steps: bought(screen, payType, goods) };
}

function waiting(payType: PayType, more: Partial<Extract<Stage, { stage: 'awaiting_payment' }>> = {}): Stage {
  return { stage: 'awaiting_payment', qr: codes[payType], expires_in_s: 272, scanned: false, online: true, ...more };
}

function refused(code: ErrorCode, more: Partial<Refusal> = {}): Stage {
  return { stage: 'refused', refusal: { code, message: code, ...more } };
}

const checking = (why: CheckingWhy, since_s: number, online = true): Stage => ({ stage: 'checking', why, since_s, online });
const PAID_AT = Date.UTC(2026, 7, 22, 13, 16, 8) / 1000;

const LEFT_ORDER = '20260822-9C2M';
const left = (request_id: string, pay_type: PayType, to: Stage): PurchaseView => ({
  request_id,
  order_id: LEFT_ORDER,
  bought: { goods_id: 'goods-3', lot: 3, title: 'Moon-white cups, pair · 月白茶杯', kind: 'merchandise', fins: null, picture: 'goods-3.png' },
  quantity: 1,
  amount_fen: 8800,
  pay_type,
  ...blank,
  stage: to,
});

const refusals: [ErrorCode, Partial<Refusal>][] = [
  ['price_changed', { price_fen: 29800, price_version: 2 }],
  ['sold_out', { stock_left: 0 }],
  ['not_on_sale', {}],
  ['limit_reached', { limit: 2, bought: 2 }],
  ['too_many_requests', { retry_after_s: 12 }],
  ['unauthorised', {}],
  ['invalid_params', {}],
  ['channel_unavailable', {}],
  ['request_conflict', { order_id: 'of another computer' }],
  ['not_found', {}],
  ['shop_paused', {}],
  ['address_unknown', {}],
  ['stale', {}],
  ['refund_exceeds', {}],
  ['picture_unusable', {}],
  ['internal', {}],
];
const faults: AnswerFault[] = ['wrong_kind', 'malformed', 'bad_signature', 'stale', 'other_order', 'other_goods', 'other_quantity', 'other_amount', 'other_type', 'foreign_code', 'unreadable_code'];
const reasons: RefundReason[] = ['late', 'twice', 'returned', 'streamer', 'mismatch', 'console'];
const entryErrors: [CommandCode, string][] = [
  ['no_answer', ''],
  ['unusable_answer', ''],
  ['storage', '/home/streamer/.local/share/com.example.liveshop/viewers/3f9ab2c47d81e650ff02a9136bc8d47e.json: No space left on device (os error 28)'],
  ['bad_link', ''],
  ['practice_failed', '127.0.0.1:7450: Address already in use (os error 98)'],
  ['not_ready', ''],
  ['unauthorised', ''],
  ['not_found', ''],
  ['internal', ''],
];

const OLD_KEY = '9c41e07fa2d85b3610c7e4f8b95a2d6e';
const KEY = '3f9ab2c47d81e650ff02a9136bc8d47e';
const shop = { room_id: 'kiln-opening-night', shop_url: 'https://shop.shanyu-kiln.example' };

/** Bought with Alipay, then to be paid with WeChat Pay. */
function switched(to: Stage, screen: string): State {
  return {
    host: (host) => {
      host.onBuy = waiting('alipay');
      host.onSwitch = to;
    },
    steps: [...bought('wait'), { click: '[data-act="other"]' }, { wait: `[data-screen="${screen}"]` }],
  };
}

const PAID: Stage = { stage: 'delivered', paid_at: PAID_AT, fins: null, refunds: [] };
const PAYMENT = { pay_type: 'alipay' as const, channel_no: '2026082222001400000012345678', amount_fen: 22800, paid_at: PAID_AT };

function paper(as: FakeHost['paper']): State {
  return {
    host: (host) => {
      host.onBuy = PAID;
      host.paper = as;
    },
  };
}

/** The receipt of a paid order. */
function receipt(more: Partial<ReceiptView>): State {
  const steps: Step[] = [...bought('success'), { click: '[data-act="receipt"]' }, { wait: '[data-act="save-receipt"]' }];
  return { ...paper({ ...fakeReceipt, shop_key: KEY, ...more }), steps };
}

/** Every screen and state of the window, by name. */
export const states: Record<string, State> = {
  opening: { host: (host) => (host.entrance = 'never'), steps: [{ wait: '[data-entrance="opening"]' }] },
  ask_trust: { host: (host) => (host.entrance = { entrance: 'ask_trust', ...shop, shop_key: KEY }), steps: [{ wait: '[data-entrance="ask_trust"]' }] },
  declined: {
    host: (host) => (host.entrance = { entrance: 'ask_trust', ...shop, shop_key: KEY }),
    steps: [{ click: '[data-act="back"]' }, { wait: '[data-entrance="declined"]' }],
  },
  key_changed: {
    host: (host) => (host.entrance = { entrance: 'key_changed', ...shop, known_key: OLD_KEY, shop_key: KEY }),
    steps: [{ wait: '[data-entrance="key_changed"]' }],
  },
  ...Object.fromEntries(
    entryErrors.map(([code, message]): [string, State] => [
      `entry_${code}`,
      { host: (host) => (host.entrance = { code, message }), steps: [{ wait: '[data-entrance="failed"]' }] },
    ]),
  ),

  room: { steps: [opened] },
  room_practice: { practice: true, steps: [opened] },
  room_no_cover: {
    host: (host) => {
      if (typeof host.entrance === 'object' && 'entrance' in host.entrance && host.entrance.entrance === 'open') {
        host.entrance = { ...host.entrance, room: { ...host.entrance.room, cover: null, state: 'soon', notice: null } };
      }
    },
    steps: [opened],
  },
  room_loading: { host: (host) => (host.stock = 'never'), steps: [{ wait: '.skeleton' }] },
  room_empty: { host: (host) => (host.stock = []), steps: [{ wait: '.empty' }] },
  room_failed: { host: (host) => (host.stock = { code: 'no_answer', message: '' }), steps: [{ wait: '.empty' }] },
  room_offline: { then: (host) => host.connection(false), steps: [opened, { wait: '.banner' }] },
  room_nothing_explained: {
    host: (host) => {
      if (Array.isArray(host.stock)) host.stock = host.stock.map((one) => ({ ...one, pinned: false }));
    },
    steps: [opened],
  },
  room_held: {
    host: (host) => {
      if (Array.isArray(host.stock)) host.stock = host.stock.map((one) => (one.lot === 1 || one.lot === 2 ? { ...one, stock_left: 0, held: 2 } : one));
    },
    steps: [opened],
  },
  room_long_names: {
    host: (host) => {
      if (!Array.isArray(host.stock)) return;
      const long = 'Extraordinarily long handmade wood-fired teapot with a side handle 三十个字长的商品名称用来看看会不会放得下还是会被切掉';
      host.stock = host.stock.map((one) => (one.lot <= 3 ? { ...one, title: long, price_fen: 9_999_999 } : one));
    },
    steps: [opened],
  },
  search: { steps: [opened, { press: '/' }, { type: '3' }] },
  search_none: { steps: [opened, { press: '/' }, { type: 'zzz' }, { wait: '.none' }] },
  lot_digits: { freeze: true, steps: [opened, { press: '4' }, { wait: '.digits' }] },
  keys: { steps: [opened, { press: '?' }, { wait: 'dialog' }] },
  pending: { host: (host) => (host.left = [left('p1', 'wechat', waiting('wechat'))]), steps: [{ wait: '[data-pending]' }] },
  pending_two: {
    practice: true,
    host: (host) => (host.left = [left('p1', 'wechat', waiting('wechat')), left('p2', 'alipay', checking('time_up', 5))]),
    steps: [{ wait: '[data-pending]' }],
  },
  restore_failed: { host: (host) => (host.left = { code: 'storage', message: '' }), steps: [{ wait: '.restore' }] },
  unseen_result: {
    host: (host) => (host.left = [left('p1', 'alipay', { stage: 'delivered', paid_at: PAID_AT, fins: null, refunds: [] })]),
    steps: [{ wait: '[data-screen="success"]' }],
  },

  details: { steps: [opened, { click: '[data-goods="goods-2"] button[data-open]' }, { wait: '[data-goods-buy]' }] },
  details_fins: { practice: true, steps: [opened, { click: '[data-goods="goods-11"] button[data-open]' }, { wait: '[data-goods-buy]' }] },
  details_sold_out: { steps: [opened, { click: '[data-goods="goods-6"] button[data-open]' }, { wait: '.stopped' }] },
  details_low: { steps: [opened, { click: '[data-goods="goods-4"] button[data-open]' }, { wait: '[data-goods-buy]' }] },
  choose: { steps: [opened, { click: '[data-goods="goods-2"] button[data-buy]' }, { wait: '[data-screen="choose"]' }] },
  choose_note: { practice: true, steps: [opened, { click: '[data-goods="goods-2"] button[data-buy]' }, { click: '[data-note]' }, { wait: 'textarea' }] },
  choose_fins: { practice: true, steps: [opened, { click: '[data-goods="goods-10"] button[data-buy]' }, { wait: '[data-screen="choose"]' }] },
  choose_offline: {
    steps: [opened, { click: '[data-goods="goods-2"] button[data-buy]' }, { wait: '[data-screen="choose"]' }, { press: 'F9' }, { wait: '.pick:disabled' }],
  },

  making: stage('making', { stage: 'ordering' }),
  in_line: stage('in_line', { stage: 'in_line', position: 128, expires_in_s: 268, online: true }),
  in_line_practice: { ...stage('in_line', { stage: 'in_line', position: 2, expires_in_s: 251, online: true }, 'wechat'), practice: true },
  in_line_offline: stage('in_line', { stage: 'in_line', position: 12_480, expires_in_s: 190, online: false }),
  in_line_switched: switched({ stage: 'in_line', position: 41, expires_in_s: 230, online: true }, 'in_line'),
  pending_in_line: { host: (host) => (host.left = [left('p1', 'alipay', { stage: 'in_line', position: 41, expires_in_s: 230, online: true })]), steps: [{ wait: '[data-pending]' }] },
  makefail: stage('makefail', refused('channel_unavailable', { retry_after_s: 3 })),
  makefail_practice: { ...stage('makefail', refused('channel_unavailable', { retry_after_s: 3 })), practice: true },
  no_answer: stage('no_answer', { stage: 'no_answer' }),
  not_sent: stage('not_sent', { code: 'storage', message: 'disk full' }),
  ...Object.fromEntries(refusals.map(([code, more]): [string, State] => [`refused_${code}`, stage(`refused_${code}`, refused(code, more))])),
  refused_request_conflict_here: {
    host: (host) => {
      host.left = [left('p1', 'wechat', waiting('wechat'))];
      host.onBuy = refused('request_conflict', { order_id: LEFT_ORDER });
    },
    steps: bought('refused_request_conflict', 'alipay', 'goods-3'),
  },
  show_code_failed: {
    host: (host) => {
      host.onBuy = refused('request_conflict', { order_id: LEFT_ORDER });
      host.standing = { code: 'no_answer', message: '' };
    },
    steps: [...bought('refused_request_conflict'), { click: '[data-act="show-code"]' }, { wait: '.trouble' }],
  },
  refused_sold_out_some: stage('refused_sold_out', refused('sold_out', { stock_left: 1 })),
  ...Object.fromEntries(faults.map((fault): [string, State] => [`unusable_${fault}`, stage(`unusable_${fault}`, { stage: 'unusable', fault })])),

  wait_alipay: stage('wait', waiting('alipay')),
  wait_wechat: stage('wait', waiting('wechat'), 'wechat'),
  wait_practice: { ...stage('wait', waiting('alipay')), practice: true },
  wait_fins: { ...stage('wait', waiting('wechat'), 'wechat', 'goods-10'), practice: true },
  wait_asked_nothing: {
    host: (host) => (host.onBuy = checking('asked', 2)),
    steps: [...bought('confirming'), { press: 'F8' }, { wait: '[data-screen="wait"]' }],
  },
  phone: {
    ...stage('wait', waiting('alipay')),
    practice: true,
    steps: [...bought('wait'), { click: '[data-act="phone"]' }, { wait: 'iframe' }],
  },
  zoom: { ...stage('wait', waiting('alipay')), steps: [...bought('wait'), { press: 'z' }, { wait: 'dialog' }] },
  cancel_ask: { ...stage('wait', waiting('alipay')), steps: [...bought('wait'), { click: '[data-act="cancel"]' }, { wait: '[data-act="keep"]' }] },
  cancel_ask_practice: {
    ...stage('wait', waiting('wechat'), 'wechat'),
    practice: true,
    steps: [...bought('wait', 'wechat'), { click: '[data-act="cancel"]' }, { wait: '[data-act="keep"]' }],
  },
  switching: switched({ stage: 'ordering' }, 'making'),
  switched: switched(waiting('wechat'), 'wait'),
  switched_practice: { ...switched(waiting('wechat'), 'wait'), practice: true },
  switched_no_answer: switched({ stage: 'no_answer' }, 'no_answer'),
  switched_makefail: switched(refused('channel_unavailable', { retry_after_s: 3 }), 'makefail'),
  switch_refused: switched(checking('refused', 3), 'switch_refused'),
  not_switched: {
    ...stage('wait', waiting('alipay')),
    steps: [...bought('wait'), { press: 'F7' }],
  },
  not_switched_practice: {
    ...stage('wait', waiting('alipay')),
    practice: true,
    steps: [...bought('wait'), { press: 'F7' }],
  },
  soon: stage('soon', waiting('alipay', { expires_in_s: 48 })),
  soon_wechat: stage('soon', waiting('wechat', { expires_in_s: 48 }), 'wechat'),
  scanned: stage('scanned', waiting('alipay', { scanned: true })),
  scanned_practice: { ...stage('scanned', waiting('alipay', { scanned: true })), practice: true },
  waitoffline: stage('waitoffline', waiting('alipay', { online: false })),
  confirming: stage('confirming', checking('asked', 12)),
  confirming_offline: stage('confirming', checking('asked', 12, false)),
  closing: stage('closing', checking('time_up', 3)),
  cancelling: stage('cancelling', checking('cancelled', 1), 'wechat'),
  unknown: stage('unknown', checking('time_up', 75)),
  success: stage('success', { stage: 'delivered', paid_at: PAID_AT, fins: null, refunds: [] }),
  success_fins: { ...stage('success', { stage: 'delivered', paid_at: PAID_AT, fins: 300, refunds: [] }, 'wechat', 'goods-11'), practice: true },
  ...Object.fromEntries(
    reasons.flatMap((reason): [string, State][] =>
      [false, true].map((done): [string, State] => [
        `success_${reason}${done ? '_back' : ''}`,
        stage('success', { stage: 'delivered', paid_at: PAID_AT, fins: null, refunds: [{ reason, amount_fen: 22800, pay_type: 'wechat', done }] }),
      ]),
    ),
  ),
  receipt: receipt({}),
  receipt_fins: { ...receipt({ title: '300 个鲨鱼翅 · 300 shark fins', fins: 300, amount_fen: 2800, payments: [{ ...PAYMENT, pay_type: 'wechat', amount_fen: 2800, channel_no: '4200002812202608229876543210' }] }), practice: true },
  receipt_twice: receipt({
    payments: [PAYMENT, { ...PAYMENT, pay_type: 'wechat', channel_no: '4200002812202608229876543210' }],
    refunds: [{ reason: 'twice', amount_fen: 22800, pay_type: 'wechat', done: false }],
  }),
  receipt_refunded: receipt({ state: 'refunded', delivered_at: null, refunds: [{ reason: 'late', amount_fen: 22800, pay_type: 'alipay', done: true }] }),
  receipt_saved: { ...receipt({}), steps: [...receipt({}).steps ?? [], { click: '[data-act="save-receipt"]' }, { wait: '[data-saved]' }] },
  receipt_not_saved: {
    host: (host) => {
      host.onBuy = PAID;
      host.savedTo = { code: 'storage', message: '' };
    },
    steps: [...receipt({}).steps ?? [], { click: '[data-act="save-receipt"]' }, { wait: '.trouble' }],
  },
  receipt_loading: { ...paper('never'), steps: [...bought('success'), { click: '[data-act="receipt"]' }, { wait: '.loading' }] },
  receipt_away: { ...paper({ code: 'no_answer', message: '' }), steps: [...bought('success'), { click: '[data-act="receipt"]' }, { wait: '[data-receipt-failed]' }] },
  receipt_unusable: { ...paper({ code: 'unusable_answer', message: '' }), steps: [...bought('success'), { click: '[data-act="receipt"]' }, { wait: '[data-receipt-failed]' }] },
  expired: stage('expired', { stage: 'closed', by: 'time' }),
  cancelled: stage('cancelled', { stage: 'closed', by: 'viewer' }),
  failed: stage('failed', { stage: 'closed', by: 'channel' }),
  closed_shop: stage('closed_shop', { stage: 'closed', by: 'shop' }),
  ...Object.fromEntries(
    reasons.flatMap((reason): [string, State][] => [
      [`refunding_${reason}`, stage('refunding', { stage: 'refunding', reason, paid_fen: reason === 'mismatch' ? 22801 : 22800 })],
      [`refunded_${reason}`, stage('refunded', { stage: 'refunded', reason, paid_fen: 22800 })],
    ]),
  ),
  ...rehearsalStates,
  ...studioStates,
  ...settingsStates,
  ...updatesStates,
  ...guideStates,
  ...showStates,
  ...ordersStates,
  ...studioOrdersStates,
};
