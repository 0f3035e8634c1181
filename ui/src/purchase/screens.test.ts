import { fireEvent, render, waitFor } from '@testing-library/svelte';
import { beforeEach, expect, test } from 'vitest';
import App from '../App.svelte';
import type { AnswerFault, ClosedBy, ErrorCode, Refusal, RefundReason, Stage } from '../host/contract';
import { FakeHost } from '../host/fake';
import { en } from '../text/en';
import { zh } from '../text/zh';
import type { Money, ScreenKey } from './screen';

const qr = { svg: '<svg xmlns="http://www.w3.org/2000/svg"/>', modules: 37, payment_string: 'NOT PAYABLE' };
const waiting = (more: Partial<Extract<Stage, { stage: 'awaiting_payment' }>> = {}): Stage => ({ stage: 'awaiting_payment', qr, expires_in_s: 300, scanned: false, online: true, ...more });
const refused = (code: ErrorCode, more: Partial<Refusal> = {}): Stage => ({
  stage: 'refused',
  refusal: { code, message: '', price_fen: 17_000, price_version: 2, stock_left: 0, limit: 1, bought: 1, ...more },
});

// Written as tables over the contract's own types: a new code or reason does not compile until it is here.
const faults: Record<AnswerFault, null> = { wrong_kind: null, malformed: null, bad_signature: null, stale: null, other_order: null, other_goods: null, other_quantity: null, other_amount: null, other_type: null, foreign_code: null, unreadable_code: null };
const codes: Record<ErrorCode, null> = { price_changed: null, sold_out: null, not_on_sale: null, limit_reached: null, channel_unavailable: null, request_conflict: null, too_many_requests: null, unauthorised: null, not_found: null, shop_paused: null, address_unknown: null, stale: null, refund_exceeds: null, picture_unusable: null, invalid_params: null, internal: null };
const closings: Record<ClosedBy, ScreenKey> = { time: 'expired', viewer: 'cancelled', channel: 'failed', shop: 'closed_shop' };
const reasons: Record<RefundReason, Money> = { late: 'refunding', twice: 'extra_refunding', returned: 'refunding', streamer: 'refunding', mismatch: 'refunding', console: 'refunding' };

type Case = [stage: Stage, screen: ScreenKey, money: Money, zh: string, en: string];
const keys = <K extends string>(table: Record<K, unknown>) => Object.keys(table) as K[];
const facts = (language: 'zh' | 'en') => ({ was: '¥168.00', now: '¥170.00', left: 0, limit: 1, bought: 1, channel: language === 'zh' ? '支付宝' : 'Alipay', other: null, openable: false });
const said = { due: '¥168.00', paid: '¥168.00' };

const cases: Case[] = [
  [{ stage: 'ordering' }, 'making', 'none', zh.making, en.making],
  [{ stage: 'in_line', position: 1_204, expires_in_s: 200, online: true }, 'in_line', 'none', zh.inLine('1,204'), en.inLine('1,204')],
  [{ stage: 'in_line', position: 1, expires_in_s: 200, online: false }, 'in_line', 'none', zh.inLineOffline, en.inLineOffline],
  [refused('channel_unavailable', { retry_after_s: 5 }), 'makefail', 'none', zh.makeFail, en.makeFail],
  [{ stage: 'no_answer' }, 'no_answer', 'none', zh.noAnswer, en.noAnswer],
  [waiting(), 'wait', 'none', zh.wait, en.wait],
  [waiting({ expires_in_s: 30 }), 'soon', 'none', zh.soon, en.soon],
  [waiting({ scanned: true }), 'scanned', 'none', zh.scanned, en.scanned],
  [waiting({ online: false }), 'waitoffline', 'offline', zh.offlineWait, en.offlineWait],
  [{ stage: 'checking', why: 'asked', since_s: 0, online: true }, 'confirming', 'check', zh.confirming('支付宝'), en.confirming('Alipay')],
  [{ stage: 'checking', why: 'time_up', since_s: 0, online: true }, 'closing', 'check', zh.closing, en.closing],
  [{ stage: 'checking', why: 'cancelled', since_s: 0, online: false }, 'cancelling', 'check', zh.cancelling, en.cancelling],
  [{ stage: 'checking', why: 'refused', since_s: 0, online: true }, 'switch_refused', 'check', zh.switchRefused('支付宝'), en.switchRefused('Alipay')],
  [{ stage: 'checking', why: 'time_up', since_s: 60, online: true }, 'unknown', 'check', zh.unknown, en.unknown],
  [{ stage: 'delivered', paid_at: 1, fins: null, refunds: [] }, 'success', 'paid', zh.paid, en.paid],
  ...keys(reasons).flatMap((reason): Case[] =>
    [false, true].map((done): Case => {
      const money: Money = `${reason === 'twice' || reason === 'mismatch' ? 'extra_' : ''}${done ? 'refunded' : 'refunding'}`;
      const back = { paid: '¥168.00', done };
      return [
        { stage: 'delivered', paid_at: 1, fins: null, refunds: [{ reason, amount_fen: 16_800, pay_type: 'wechat', done }] },
        'success',
        money,
        zh.alsoBack[reason]({ ...back, channel: '微信支付' }),
        en.alsoBack[reason]({ ...back, channel: 'WeChat Pay' }),
      ];
    }),
  ),
  ...keys(codes).map((code): Case => [refused(code), `refused_${code}`, 'none_final', zh.refusal[code](facts('zh')).title, en.refusal[code](facts('en')).title]),
  ...keys(faults).map((fault): Case => [{ stage: 'unusable', fault }, `unusable_${fault}`, 'none_final', zh.fault[fault].title, en.fault[fault].title]),
  ...keys(closings).map((by): Case => [{ stage: 'closed', by }, closings[by], 'none_final', zh.closed[by].title, en.closed[by].title]),
  ...keys(reasons).flatMap((reason): Case[] => [
    [{ stage: 'refunding', reason, paid_fen: 16_800 }, 'refunding', reasons[reason], zh.refunding[reason](said).title, en.refunding[reason](said).title],
    [{ stage: 'refunded', reason, paid_fen: 16_800 }, 'refunded', 'refunded', zh.refundedBody[reason], en.refundedBody[reason]],
  ]),
];

beforeEach(() => localStorage.clear());

async function buy(stage: Stage, language: 'zh' | 'en'): Promise<HTMLElement> {
  localStorage.setItem('language', language);
  const host = new FakeHost();
  host.onBuy = stage;
  const { container } = render(App, { host });
  const click = async (selector: string) => {
    const button = await waitFor(() => {
      const found = container.querySelector(selector);
      if (found === null) throw new Error(`no ${selector}`);
      return found;
    });
    await fireEvent.click(button);
  };
  await click('[data-goods="g1"] button[data-buy]');
  await click('button[data-pay-type="alipay"]');
  return await waitFor(() => {
    const pane = container.querySelector<HTMLElement>('[data-screen]');
    if (pane === null || pane.dataset['screen'] === 'choose') throw new Error('no purchase on screen');
    return pane;
  });
}

test.each(cases)('%o is %s, money %s', async (stage, screen, money, chinese, english) => {
  for (const [language, words] of [['zh', chinese], ['en', english]] as const) {
    const pane = await buy(stage, language);
    expect(pane.dataset['screen']).toBe(screen);
    expect(pane.querySelectorAll('[data-money]')).toHaveLength(1);
    expect(pane.querySelector('[data-money]')).toHaveAttribute('data-money', money);
    expect(pane).toHaveTextContent(words);
    // A code stands only where it may be paid.
    const payable = ['wait', 'soon', 'waitoffline'].includes(screen);
    expect(pane.querySelectorAll('[data-qr]')).toHaveLength(payable ? 1 : 0);
    // At most one solid button, and always a way on.
    expect(pane.querySelectorAll('.btn.ink, .btn.buy').length).toBeLessThanOrEqual(1);
    document.body.replaceChildren();
  }
});
