import type { OrderDetails, OrderSummary } from '../host/contract';
import { yuan } from '../shared/money';
import type { Words } from '../text/zh';

/** One step of an order's way: what happened, and when, where that is known. */
export interface Step {
  text: string;
  at: number | null;
  /** What is still to come, and how long it takes. */
  next?: string;
}

/** The money that came: what was due, or for money that all goes back, that. */
function paidFen(order: OrderSummary): number {
  const all = order.refunds.reduce((sum, { amount_fen }) => sum + amount_fen, 0);
  return order.state === 'delivered' || all === 0 ? order.amount_fen : all;
}

/** The way of an order so far. Only what is known is told: nothing is guessed between two facts. */
export function stepsOf(order: OrderSummary, details: OrderDetails | null, words: Words): Step[] {
  // What was closed and paid all the same is delivered, or the money goes back.
  const ended = order.state === 'closed' || (order.closed_by !== null && ['refund_due', 'refunding', 'refunded'].includes(order.state));
  const closed: Step[] = ended ? [{ text: order.closed_by === null ? words.orders.closedStepUnknown : words.orders.closedStep[order.closed_by], at: null }] : [];
  const paid: Step[] = order.paid_at === null ? [] : [{ text: words.stepPaid(yuan(paidFen(order))), at: order.paid_at }];
  const delivered: Step[] = order.state === 'delivered' ? [{ text: order.fins === null ? words.orders.step.delivered : words.orders.step.credited, at: null }] : [];
  const request = details?.refund_request;
  const asked: Step[] = request ? [{ text: words.orders.step.asked, at: request.asked_at }] : [];
  const back = order.refunds.map(({ amount_fen, pay_type, done }): Step => {
    const amount = yuan(amount_fen);
    if (done) return { text: words.orders.step.refundDone(amount), at: null };
    return { text: words.orders.step.refundBack({ paid: amount, channel: words.channel[pay_type] }), at: null, next: words.stepBackWhen };
  });
  const started = order.refunds.filter((one) => !one.done).map(({ amount_fen }): Step => ({ text: words.orders.step.refundStarted(yuan(amount_fen)), at: null }));
  const finished = back.filter((step) => step.next === undefined);
  const coming = back.filter((step) => step.next !== undefined);
  return [{ text: words.orders.step.made, at: order.created_at }, ...closed, ...paid, ...delivered, ...asked, ...finished, ...started, ...coming];
}
