import type { MoneyBack, OrderSummary } from '../host/contract';
import { type Money, moneyOfPaid } from '../purchase/screen';
import type { IconName } from '../shared/icons';
import { count, yuan } from '../shared/money';
import type { Said, Words } from '../text/zh';

/** Where an order stands, in the terms of its viewer. */
export type Standing = 'due' | 'checking' | 'paid' | 'refunding' | 'refunded' | 'partly' | 'closed';

/** The groups of the list's filter. */
export const FILTERS = ['all', 'due', 'paid', 'refunds', 'closed'] as const;
export type Filter = (typeof FILTERS)[number];

/** What goes back for the goods of a delivered order; anything else that goes back was paid beyond it. */
function forGoods(order: OrderSummary): MoneyBack[] {
  return order.refunds.filter(({ reason }) => reason === 'streamer' || reason === 'console');
}

function sum(refunds: MoneyBack[]): number {
  return refunds.reduce((all, { amount_fen }) => all + amount_fen, 0);
}

function standingOfDelivered(order: OrderSummary): Standing {
  const back = forGoods(order);
  if (back.length === 0) return 'paid';
  if (back.some((one) => !one.done)) return 'refunding';
  return sum(back) < order.amount_fen ? 'partly' : 'refunded';
}

/** From the facts alone; at zero only the channel knows whether money came, so that is checking. */
export function standingOf(order: OrderSummary, left_s: number): Standing {
  switch (order.state) {
    case 'reserved':
    case 'awaiting_payment':
      return left_s > 0 ? 'due' : 'checking';
    case 'closing':
      return 'checking';
    case 'closed':
      return 'closed';
    case 'delivered':
      return standingOfDelivered(order);
    case 'refund_due':
    case 'refunding':
      return 'refunding';
    case 'refunded':
      return 'refunded';
  }
}

/** Whether an order belongs to a group. One whose payment is being checked is not paid yet as far as anybody knows. */
export function belongs(order: OrderSummary, standing: Standing, filter: Filter): boolean {
  switch (filter) {
    case 'all':
      return true;
    case 'due':
      return standing === 'due' || standing === 'checking';
    case 'paid':
      return standing === 'paid' || standing === 'partly';
    case 'refunds':
      return order.refunds.length > 0 || standing === 'refunding' || standing === 'refunded';
    case 'closed':
      return standing === 'closed';
  }
}

/** Whether the viewer may ask for the money back: delivered, and some of it still with the host. */
export function mayAskRefund(order: OrderSummary): boolean {
  return order.state === 'delivered' && sum(forGoods(order)) < order.amount_fen;
}

/** The money line, and the amount it speaks of. */
export function moneyOfOrder(order: OrderSummary, standing: Standing): { money: Money; amount_fen: number } {
  const back = order.state === 'delivered' ? forGoods(order) : order.refunds;
  switch (standing) {
    case 'due':
      return { money: 'none', amount_fen: order.amount_fen };
    case 'checking':
      return { money: 'check', amount_fen: order.amount_fen };
    case 'closed':
      return { money: 'none_final', amount_fen: order.amount_fen };
    case 'paid':
      return { money: moneyOfPaid(order.refunds), amount_fen: order.refunds.at(-1)?.amount_fen ?? order.amount_fen };
    case 'refunding':
      return { money: 'refunding', amount_fen: sum(back.filter((one) => !one.done)) || order.amount_fen };
    case 'refunded':
    case 'partly':
      return { money: 'refunded', amount_fen: sum(back) || order.amount_fen };
  }
}

/** The mark of an order in the list. */
export function markOf(order: OrderSummary, standing: Standing, words: Words): { tone: 'ok' | 'info' | 'warn' | 'mute'; icon: IconName; label: string } {
  switch (standing) {
    case 'due':
      return { tone: 'warn', icon: 'clock', label: words.orders.state.due };
    case 'checking':
      return { tone: 'info', icon: 'clock', label: words.orders.state.checking };
    case 'paid':
      return { tone: 'ok', icon: 'check', label: words.orders.state.paid };
    case 'refunding':
      return { tone: 'info', icon: 'undo', label: words.orders.state.refunding };
    case 'refunded':
      return { tone: 'mute', icon: 'undo', label: words.orders.state.refunded };
    case 'partly':
      return { tone: 'mute', icon: 'undo', label: words.orders.state.partly };
    case 'closed':
      return { tone: 'mute', icon: 'none', label: order.closed_by === null ? words.orders.filter.closed : words.orders.closedState[order.closed_by] };
  }
}

function saidOfRefund(order: OrderSummary, standing: 'refunding' | 'refunded', words: Words): Said {
  const { amount_fen } = moneyOfOrder(order, standing);
  const reason = (order.state === 'delivered' ? forGoods(order) : order.refunds).at(-1)?.reason;
  if (standing === 'refunded') return { title: words.refunded(yuan(amount_fen)), body: reason === undefined ? words.orders.refundedBody : words.refundedBody[reason] };
  return reason === undefined ? words.orders.refundDue : words.refunding[reason]({ due: yuan(order.amount_fen), paid: yuan(amount_fen) });
}

/** What happened and what happens next, in the words its result had when it was bought. */
export function saidOf(order: OrderSummary, standing: Standing, words: Words): Said {
  const channel = words.channel[order.pay_type];
  switch (standing) {
    case 'due':
      return { title: words.orders.dueTitle, body: words.orders.dueBody };
    case 'checking':
      if (order.state === 'closing' && order.closed_by === 'viewer') return { title: words.cancelling, body: words.cancellingBody(channel) };
      return { title: words.orders.checkingTitle, body: words.orders.checkingBody };
    case 'paid':
      return { title: words.paid, body: order.fins === null ? words.paidBody : words.paidFins(count(order.fins)) };
    case 'partly':
      return { title: words.orders.partly({ part: yuan(sum(forGoods(order))), whole: yuan(order.amount_fen) }), body: words.orders.partlyBody };
    case 'refunding':
    case 'refunded':
      return saidOfRefund(order, standing, words);
    case 'closed':
      return order.closed_by === null ? words.orders.closedUnknown : words.closed[order.closed_by];
  }
}

/** What goes back beside the goods' own money: a payment that came twice, for example. */
export function notesOf(order: OrderSummary, words: Words): string[] {
  if (order.state !== 'delivered') return [];
  const own = forGoods(order);
  return order.refunds
    .filter((one) => !own.includes(one))
    .map(({ reason, amount_fen, pay_type, done }) => words.alsoBack[reason]({ paid: yuan(amount_fen), channel: words.channel[pay_type], done }));
}
