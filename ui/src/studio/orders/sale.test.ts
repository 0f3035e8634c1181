import { expect, test } from 'vitest';
import type { OrderState, StudioOrder, StudioRefund } from '../../host/contract';
import { fakeSale, fakeSalePaper } from '../../host/fakeStudioOrders';
import { en } from '../../text/en';
import { zh } from '../../text/zh';
import { barsOf, lengthOf, percentOf } from './chart';
import { heldOf, markOf, mayShip, moneyOf, moneyWords, saidOf, standingOf, wishOpen } from './sale';

const sale = (more: Partial<StudioOrder>): StudioOrder => ({ ...fakeSale, ...more });
const back = (more: Partial<StudioRefund> = {}): StudioRefund => ({ refund_id: 'r', pay_id: 'p', amount_fen: 5_000, reason: 'streamer', state: 'done', tries: 0, ...more });

test('that no money came is said of closed orders only', () => {
  const states: OrderState[] = ['reserved', 'awaiting_payment', 'closing', 'closed', 'delivered', 'refund_due', 'refunding', 'refunded'];
  expect(states.filter((state) => moneyOf(sale({ state })).is === 'none_final')).toEqual(['closed']);
});

test('what needs a person comes before everything else', () => {
  expect(standingOf(sale({ quarantined: true, refunds: [back({ state: 'abnormal' })] }))).toBe('differs');
  expect(standingOf(sale({ refunds: [back(), back({ state: 'abnormal' })] }))).toBe('stuck');
  expect(markOf(sale({ refund_request: { reason: 'x', asked_at: 1, declined: null }, refunds: [back({ state: 'abnormal' })] }), zh).label).toBe('退款卡住');
});

test('a part that went back leaves the rest to be shipped, the whole leaves nothing', () => {
  const part = sale({ refunds: [back()] });
  expect([standingOf(part), mayShip(part)]).toEqual(['to_ship', true]);
  expect(moneyWords(moneyOf(part), zh)).toBe('收到 ¥228.00，已退 ¥50.00');
  const whole = sale({ refunds: [back(), back({ amount_fen: 17_800 })] });
  expect([standingOf(whole), mayShip(whole)]).toEqual(['refunded', false]);
  const sent = sale({ refunds: [back()], shipment: { carrier: 'c', number: 'n', shipped_at: 1 } });
  expect([standingOf(sent), mayShip(sent)]).toEqual(['partly', true]);
});

test('a second payment that goes back is not taken from the goods’ money', () => {
  const twice = sale({ refunds: [back({ reason: 'twice', amount_fen: 22_800, state: 'processing' })] });
  expect(standingOf(twice)).toBe('to_ship');
  expect(moneyWords(moneyOf(twice), en)).toBe('¥228.00 received');
});

test('a refund that was made again under another number counts once', () => {
  const again = sale({ refunds: [back({ state: 'closed' }), back({ refund_id: 'r2', state: 'processing' })] });
  expect(moneyWords(moneyOf(again), zh)).toBe('¥50.00 正在退回');
});

test('money that came too late is told by why it goes back', () => {
  const late = sale({ state: 'refunding', closed_by: 'time', refunds: [back({ reason: 'late', amount_fen: 22_800, state: 'processing' })] });
  expect(saidOf(late, null, zh).body).toContain('付款到的时候订单已经关闭');
  expect(moneyOf(late)).toEqual({ is: 'going', part_fen: 22_800, whole_fen: 22_800 });
});

test('why a refund is stuck is read from the line that says so', () => {
  const stuck = sale({ refunds: [back({ state: 'abnormal' })] });
  const paper = fakeSalePaper(stuck);
  expect(heldOf(paper)).toBe('balance');
  const said = (evidence: string) => heldOf({ ...paper, timeline: paper.timeline.map((line) => ({ ...line, evidence })) });
  expect(said('refund: Err(Refused { refusal: RefundPeriodOver, code: "x" })')).toBe('period');
  expect(said('refund: Ok(Abnormal)')).toBe('other');
  expect(heldOf(null)).toBe('other');
  expect(saidOf(stuck, paper, en).body).toBe('Alipay balance too low. The refund is queued and retries after you top up.');
});

test('a wish is open until it is answered by a no or by a refund', () => {
  const wish = { reason: 'x', asked_at: 1, declined: null };
  expect(wishOpen(sale({ refund_request: wish }))).toBe(true);
  expect(wishOpen(sale({ refund_request: { ...wish, declined: { reason: 'no', at: 2 } } }))).toBe(false);
  expect(wishOpen(sale({ refund_request: wish, refunds: [back()] }))).toBe(false);
});

test('bars are measured by the tallest and the longest, and nothing divides by nothing', () => {
  const steps = [
    { at: 1, orders: 4, paid: 2, paid_fen: 0 },
    { at: 2, orders: 1, paid: 0, paid_fen: 0 },
  ];
  expect(barsOf(steps).map(({ orders, paid }) => [orders, paid])).toEqual([[100, 50], [25, 0]]);
  expect(barsOf([])).toEqual([]);
  expect([lengthOf(50, 100), lengthOf(1, 1000), lengthOf(0, 0)]).toEqual([50, 2, 0]);
  expect([percentOf(2, 3), percentOf(0, 0)]).toEqual([67, null]);
});
