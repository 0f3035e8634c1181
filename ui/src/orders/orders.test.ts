import { describe, expect, test } from 'vitest';
import type { OrderSummary, RefundReason } from '../host/contract';
import { FakeHost, fakeOrder } from '../host/fake';
import { Clock } from '../shared/clock.svelte';
import { en } from '../text/en';
import { zh } from '../text/zh';
import { byDay, dateOf, dayName, whenOf } from './days';
import { OrdersState } from './orders.svelte';
import { belongs, mayAskRefund, moneyOfOrder, saidOf, standingOf } from './standing';
import { stepsOf } from './steps';

const order = (more: Partial<OrderSummary>): OrderSummary => ({ ...fakeOrder, ...more });
const back = (reason: RefundReason, done: boolean, amount_fen = 22_800) => [{ reason, amount_fen, pay_type: 'alipay' as const, done }];

describe('where an order stands', () => {
  test('at the end of its time nobody knows whether money came', () => {
    const open = order({ state: 'awaiting_payment', paid_at: null });
    expect(standingOf(open, 1)).toBe('due');
    expect(moneyOfOrder(open, 'due').money).toBe('none');
    expect(standingOf(open, 0)).toBe('checking');
    expect(moneyOfOrder(open, 'checking').money).toBe('check');
  });

  test('nothing was charged is said of closed orders only', () => {
    const states = ['reserved', 'awaiting_payment', 'closing', 'closed', 'delivered', 'refund_due', 'refunding', 'refunded'] as const;
    const free = states.filter((state) => moneyOfOrder(order({ state }), standingOf(order({ state }), 0)).money === 'none_final');
    expect(free).toEqual(['closed']);
  });

  test('a refund by the host changes it, an extra payment that goes back does not', () => {
    expect(standingOf(order({ refunds: back('streamer', false) }), 0)).toBe('refunding');
    expect(standingOf(order({ refunds: back('streamer', true) }), 0)).toBe('refunded');
    expect(standingOf(order({ refunds: back('console', true, 5_000) }), 0)).toBe('partly');
    const twice = order({ refunds: back('twice', false) });
    expect(standingOf(twice, 0)).toBe('paid');
    expect(moneyOfOrder(twice, 'paid')).toEqual({ money: 'extra_refunding', amount_fen: 22_800 });
    expect(belongs(twice, 'paid', 'paid') && belongs(twice, 'paid', 'refunds')).toBe(true);
  });

  test('a refund can be asked for while some of the money is still with the host', () => {
    expect(mayAskRefund(order({}))).toBe(true);
    expect(mayAskRefund(order({ refunds: back('streamer', true, 5_000) }))).toBe(true);
    expect(mayAskRefund(order({ refunds: back('twice', true) }))).toBe(true);
    expect(mayAskRefund(order({ refunds: back('streamer', false) }))).toBe(false);
    expect(mayAskRefund(order({ state: 'closed' }))).toBe(false);
  });

  test('is told in the words of its result', () => {
    const late = order({ state: 'refunding', refunds: back('late', false) });
    expect(saidOf(late, 'refunding', zh).title).toBe('付款晚了一步，钱正在退回');
    expect(saidOf(order({ state: 'closed', closed_by: 'time' }), 'closed', en).title).toBe('This code has expired');
    expect(saidOf(order({ refunds: back('streamer', true, 5_000) }), 'partly', zh).title).toBe('已退 ¥50.00，共付 ¥228.00');
  });
});

test('an order tells its way in what is known, and what comes next', () => {
  const late = order({ state: 'refunding', closed_by: 'time', refunds: back('late', false) });
  expect(stepsOf(late, null, zh).map(({ text }) => text)).toEqual(['下单', '订单到时间，已关闭', '收到付款 ¥228.00', '已发起退款 ¥228.00', '¥228.00 退回支付宝']);
  const asked = { note: null, address: null, refund_request: { reason: '裂了', asked_at: 5, declined: null }, shipment: null };
  expect(stepsOf(order({}), asked, zh).at(-1)).toEqual({ text: '你申请了退款', at: 5 });
  expect(stepsOf(order({ state: 'awaiting_payment', paid_at: null }), null, zh)).toHaveLength(1);
});

test('days are the viewer’s own, named when they are near', () => {
  const now = new Date(2026, 7, 22, 21, 30);
  const at = (day: number, hour: number) => new Date(2026, 7, day, hour, 5).getTime() / 1000;
  expect([22, 21, 20].map((day) => dayName(dateOf(at(day, 0)), now, en))).toEqual(['Today', 'Yesterday', '2026-08-20']);
  expect([whenOf(at(22, 9), now, zh), whenOf(at(21, 9), now, zh)]).toEqual(['09:05', '昨天 09:05']);
  expect(byDay([at(22, 9), at(22, 8), at(20, 7)], (one) => one).map(({ all }) => all.length)).toEqual([2, 1]);
});

describe('the list', () => {
  const many = Array.from({ length: 5 }, (_, n) => order({ order_id: `N${n}`, title: n === 3 ? '茶盘' : '壶' }));

  function made() {
    const host = new FakeHost();
    host.history = many;
    host.pageSize = 2;
    return { host, state: new OrdersState(host, new Clock()) };
  }

  test('comes page by page and is refreshed as far as it was read', async () => {
    const { host, state } = made();
    await state.refresh();
    expect(state.entries).toHaveLength(2);
    await state.loadMore();
    expect(state.entries.map(({ order }) => order.order_id)).toEqual(['N0', 'N1', 'N2', 'N3']);
    host.history = [order({ order_id: 'NEW' }), ...many];
    await state.refresh();
    expect(state.entries.map(({ order }) => order.order_id)).toEqual(['NEW', 'N0', 'N1', 'N2']);
    expect(state.next).toBe('4');
  });

  test('stays when it cannot be refreshed, and says that it is old', async () => {
    const { host, state } = made();
    await state.refresh();
    host.history = { code: 'no_answer', message: '' };
    await state.refresh();
    expect(state.list).toBe('ready');
    expect(state.stale).toBe(true);
    expect(state.entries).toHaveLength(2);
    await state.loadMore();
    expect(state.more).toBe('failed');
  });

  test('is found by name and number', async () => {
    const { host, state } = made();
    host.pageSize = 50;
    await state.refresh();
    state.query = ' 茶盘';
    expect(state.found.map(({ order }) => order.order_id)).toEqual(['N3']);
    state.query = 'n4';
    expect(state.found.map(({ order }) => order.order_id)).toEqual(['N4']);
  });

  test('of another shop knows nothing of the one before', async () => {
    const { state } = made();
    const asked = state.refresh();
    state.leave();
    await asked;
    expect(state.entries).toEqual([]);
    expect(state.list).toBe('loading');
  });

  test('fetches only the last of many papers asked for quickly', async () => {
    const { host, state } = made();
    await Promise.all(['N0', 'N1', 'N2'].map((id) => state.read(id)));
    await expect.poll(() => state.papers.has('N2')).toBe(true);
    expect(host.called('order').map(({ args }) => args[0])).toEqual(['N0', 'N2']);
  });
});
