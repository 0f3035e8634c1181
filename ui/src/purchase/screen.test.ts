import { describe, expect, test } from 'vitest';
import type { AnswerFault, ErrorCode, PurchaseView, RefundReason, Stage } from '../host/contract';
import { blank } from '../host/fake';
import { isOver, moneyOf, type Money, otherChannel, screenOf, type ScreenKey } from './screen';

const FRESH = { left_s: 272, checking_s: 0 };
const qr = { svg: '<svg/>', modules: 37, payment_string: '' };

function view(stage: Stage, pay_type: PurchaseView['pay_type'] = 'alipay'): PurchaseView {
  const bought = { goods_id: 'g1', lot: 1, title: 't', kind: 'merchandise' as const, fins: null, picture: null };
  return { request_id: 'r1', order_id: 'o1', bought, quantity: 1, amount_fen: 100, pay_type, ...blank, stage };
}

function waiting(scanned = false, online = true): Stage {
  return { stage: 'awaiting_payment', qr, expires_in_s: 272, scanned, online };
}

function refused(code: ErrorCode, retry_after_s?: number): Stage {
  return { stage: 'refused', refusal: { code, message: '', ...(retry_after_s === undefined ? {} : { retry_after_s }) } };
}

const codes: ErrorCode[] = ['price_changed', 'sold_out', 'not_on_sale', 'limit_reached', 'channel_unavailable', 'request_conflict', 'too_many_requests', 'unauthorised', 'not_found', 'shop_paused', 'address_unknown', 'stale', 'refund_exceeds', 'picture_unusable', 'invalid_params', 'internal'];
const faults: AnswerFault[] = ['wrong_kind', 'malformed', 'bad_signature', 'stale', 'other_order', 'other_goods', 'other_quantity', 'other_amount', 'other_type', 'foreign_code', 'unreadable_code'];
const reasons: RefundReason[] = ['late', 'twice', 'returned', 'streamer', 'mismatch', 'console'];

/** Facts, the screen they give, the money line, and whether the story is over. */
const table: [string, Stage, ScreenKey, Money, boolean][] = [
  ['ordering', { stage: 'ordering' }, 'making', 'none', false],
  ['in line', { stage: 'in_line', position: 12, expires_in_s: 272, online: true }, 'in_line', 'none', false],
  ['in line, then offline', { stage: 'in_line', position: 12, expires_in_s: 272, online: false }, 'in_line', 'none', false],
  ['no answer', { stage: 'no_answer' }, 'no_answer', 'none', false],
  ['no code from the channel yet', refused('channel_unavailable', 3), 'makefail', 'none', false],
  ...codes.map((code): [string, Stage, ScreenKey, Money, boolean] => [`refused ${code}`, refused(code), `refused_${code}` as ScreenKey, 'none_final', true]),
  ...faults.map((fault): [string, Stage, ScreenKey, Money, boolean] => [`unusable ${fault}`, { stage: 'unusable', fault }, `unusable_${fault}`, 'none_final', true]),
  ['waiting', waiting(), 'wait', 'none', false],
  ['scanned', waiting(true), 'scanned', 'none', false],
  ['waiting offline', waiting(false, false), 'waitoffline', 'offline', false],
  ['scanned, then offline', waiting(true, false), 'waitoffline', 'offline', false],
  ['asked', { stage: 'checking', why: 'asked', since_s: 0, online: true }, 'confirming', 'check', false],
  ['time up', { stage: 'checking', why: 'time_up', since_s: 0, online: true }, 'closing', 'check', false],
  ['cancelling', { stage: 'checking', why: 'cancelled', since_s: 0, online: true }, 'cancelling', 'check', false],
  ['switched to a channel that refused', { stage: 'checking', why: 'refused', since_s: 0, online: true }, 'switch_refused', 'check', false],
  ...reasons.flatMap((reason): [string, Stage, ScreenKey, Money, boolean][] => {
    const back = { reason, amount_fen: 100, pay_type: 'alipay' as const };
    const extra = reason === 'twice' || reason === 'mismatch' ? 'extra_' : '';
    return [
      [`delivered, ${reason} on its way back`, { stage: 'delivered', paid_at: 0, fins: null, refunds: [{ ...back, done: false }] }, 'success', `${extra}refunding`, true],
      [`delivered, ${reason} back`, { stage: 'delivered', paid_at: 0, fins: null, refunds: [{ ...back, done: true }] }, 'success', `${extra}refunded`, true],
    ];
  }),
  ['delivered', { stage: 'delivered', paid_at: 0, fins: null, refunds: [] }, 'success', 'paid', true],
  ['closed by time', { stage: 'closed', by: 'time' }, 'expired', 'none_final', true],
  ['closed by viewer', { stage: 'closed', by: 'viewer' }, 'cancelled', 'none_final', true],
  ['closed by channel', { stage: 'closed', by: 'channel' }, 'failed', 'none_final', true],
  ['closed by shop', { stage: 'closed', by: 'shop' }, 'closed_shop', 'none_final', true],
  ...reasons.flatMap((reason): [string, Stage, ScreenKey, Money, boolean][] => [
    [`refunding ${reason}`, { stage: 'refunding', reason, paid_fen: 100 }, 'refunding', reason === 'twice' ? 'extra_refunding' : 'refunding', true],
    [`refunded ${reason}`, { stage: 'refunded', reason, paid_fen: 100 }, 'refunded', 'refunded', true],
  ]),
];

test.each(table)('%s', (_name, stage, screen, money, over) => {
  const facts = view(stage);
  expect(screenOf(facts, FRESH)).toBe(screen);
  expect(moneyOf(screen, facts)).toBe(money);
  expect(isOver(facts)).toBe(over);
});

describe('the clock', () => {
  test('under a minute the viewer is told to hurry', () => {
    expect(screenOf(view(waiting()), { left_s: 60, checking_s: 0 })).toBe('wait');
    expect(screenOf(view(waiting()), { left_s: 59, checking_s: 0 })).toBe('soon');
    expect(screenOf(view(waiting()), { left_s: 1, checking_s: 0 })).toBe('soon');
  });

  test('at zero the channel is asked before anything is called expired', () => {
    const screen = screenOf(view(waiting()), { left_s: 0, checking_s: 0 });
    expect(screen).toBe('closing');
    expect(moneyOf(screen, view(waiting()))).toBe('check');
  });

  test('after a minute of asking the screen admits that it does not know', () => {
    const asked = view({ stage: 'checking', why: 'time_up', since_s: 0, online: true });
    expect(screenOf(asked, { left_s: 0, checking_s: 59 })).toBe('closing');
    expect(screenOf(asked, { left_s: 0, checking_s: 60 })).toBe('unknown');
  });
});

test('WeChat Pay never shows a scan', () => {
  expect(screenOf(view(waiting(true), 'wechat'), FRESH)).toBe('wait');
});

test('the other channel is offered only when the shop takes it', () => {
  expect(otherChannel('alipay', ['alipay', 'wechat'])).toBe('wechat');
  expect(otherChannel('alipay', ['alipay'])).toBeNull();
});
