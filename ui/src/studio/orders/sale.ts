import type { StudioOrder, StudioPaper, StudioRefund } from '../../host/contract';
import type { IconName } from '../../shared/icons';
import { yuan } from '../../shared/money';
import type { Said, Words } from '../../text/zh';

/** Where an order stands, in the terms of its streamer. */
export type Standing = 'unpaid' | 'checking' | 'closed' | 'to_ship' | 'shipped' | 'credited' | 'refunding' | 'refunded' | 'partly' | 'stuck' | 'differs';

/** The money of an order: where it is, and the amounts that line speaks of. */
export interface SaleMoney {
  is: 'none' | 'check' | 'none_final' | 'received' | 'going' | 'back' | 'kept' | 'stuck' | 'differs';
  part_fen: number;
  whole_fen: number;
}

/** Why a refund does not get through. */
export type Held = 'balance' | 'period' | 'other';

/** What goes back, or went: the number in whose place another was made does not count. */
function counted(refunds: StudioRefund[]): StudioRefund[] {
  return refunds.filter(({ state }) => state !== 'closed');
}

/** What goes back for the goods of a delivered order; anything else that goes back was paid beyond it. */
function forGoods({ state, refunds }: StudioOrder): StudioRefund[] {
  const all = counted(refunds);
  return state === 'delivered' ? all.filter(({ reason }) => reason === 'streamer' || reason === 'console') : all;
}

function sum(refunds: StudioRefund[]): number {
  return refunds.reduce((all, { amount_fen }) => all + amount_fen, 0);
}

/** What was collected: what was due, or for money that all goes back, that. */
function collected(order: StudioOrder): number {
  return order.state === 'delivered' ? order.amount_fen : sum(counted(order.refunds)) || order.amount_fen;
}

function standingOfDelivered(order: StudioOrder): Standing {
  const back = forGoods(order);
  if (back.some(({ state }) => state !== 'done')) return 'refunding';
  if (sum(back) >= order.amount_fen) return 'refunded';
  if (order.kind === 'merchandise' && order.shipment === null) return 'to_ship';
  if (back.length > 0) return 'partly';
  return order.kind === 'fins' ? 'credited' : 'shipped';
}

/** From the facts alone. What needs a person comes before everything else. */
export function standingOf(order: StudioOrder): Standing {
  if (order.quarantined) return 'differs';
  if (order.refunds.some(({ state }) => state === 'abnormal')) return 'stuck';
  switch (order.state) {
    case 'reserved':
    case 'awaiting_payment':
      return 'unpaid';
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

/** Whether the viewer wants the money back, waits for an answer, and some of it can still go back. */
export function wishOpen(order: StudioOrder): boolean {
  return order.state === 'delivered' && order.refund_request !== null && order.refund_request.declined === null && forGoods(order).length === 0;
}

/** Whether something of it is to be sent, or was. */
export function mayShip(order: StudioOrder): boolean {
  if (order.kind !== 'merchandise' || order.state !== 'delivered') return false;
  return order.shipment !== null || sum(forGoods(order)) < order.amount_fen;
}

/** The money line. */
export function moneyOf(order: StudioOrder): SaleMoney {
  const whole_fen = collected(order);
  const back = forGoods(order);
  const money = (is: SaleMoney['is'], part_fen = 0): SaleMoney => ({ is, part_fen, whole_fen });
  switch (standingOf(order)) {
    case 'unpaid':
      return money('none');
    case 'checking':
      return money('check');
    case 'closed':
      return money('none_final');
    case 'differs':
      return money('differs');
    case 'stuck':
      return money('stuck', sum(order.refunds.filter(({ state }) => state === 'abnormal')));
    case 'refunding':
      return money('going', sum(back.filter(({ state }) => state !== 'done')) || whole_fen);
    case 'refunded':
      return money('back', sum(back) || whole_fen);
    case 'partly':
    case 'to_ship':
    case 'shipped':
    case 'credited':
      return back.length > 0 ? money('kept', sum(back)) : money('received');
  }
}

type Tone = 'ok' | 'info' | 'warn' | 'bad' | 'mute';

/** The mark of an order in the list. */
export function markOf(order: StudioOrder, words: Words): { tone: Tone; icon: IconName; label: string } {
  const standing = standingOf(order);
  switch (standing) {
    case 'differs':
    case 'stuck':
      return { tone: 'bad', icon: 'bang', label: words.studioOrders.mark[standing] };
    case 'unpaid':
    case 'checking':
      return { tone: standing === 'unpaid' ? 'mute' : 'info', icon: 'clock', label: words.studioOrders.mark[standing] };
    case 'to_ship':
    case 'shipped':
    case 'credited':
      if (wishOpen(order)) return { tone: 'warn', icon: 'bang', label: words.studioOrders.mark.wish };
      return standing === 'to_ship' ? { tone: 'warn', icon: 'parcel', label: words.studioOrders.mark.to_ship } : { tone: 'ok', icon: 'check', label: words.studioOrders.mark[standing] };
    case 'refunding':
      return { tone: 'info', icon: 'undo', label: words.studioOrders.mark.refunding };
    case 'refunded':
    case 'partly':
      return { tone: 'mute', icon: 'undo', label: words.studioOrders.mark[standing] };
    case 'closed':
      return { tone: 'mute', icon: 'none', label: order.closed_by === null ? words.studioOrders.closedMarkUnknown : words.studioOrders.closedMark[order.closed_by] };
  }
}

/** Why the last refund got stuck: the channel's answer stands in the line of the journal that says so. */
export function heldOf(paper: StudioPaper | null): Held {
  const said = paper?.timeline.findLast(({ what }) => what === 'refund_stuck')?.evidence ?? '';
  if (said.includes('NotEnoughBalance')) return 'balance';
  return said.includes('RefundPeriodOver') ? 'period' : 'other';
}

/** What happened and what happens next. */
export function saidOf(order: StudioOrder, paper: StudioPaper | null, words: Words): Said {
  if (wishOpen(order)) return words.studioOrders.said.wish;
  const standing = standingOf(order);
  switch (standing) {
    case 'stuck': {
      const refund = order.refunds.find(({ state }) => state === 'abnormal');
      const attempt = paper?.attempts.find(({ pay_id }) => pay_id === refund?.pay_id);
      return { title: words.studioOrders.stuck, body: words.studioOrders.held[heldOf(paper)](words.channel[attempt?.pay_type ?? order.pay_type]) };
    }
    case 'refunding': {
      const last = forGoods(order).at(-1);
      return order.state === 'delivered' || last === undefined ? words.studioOrders.said.refunding : { title: words.studioOrders.said.refunding.title, body: words.studioOrders.goingBack[last.reason] };
    }
    case 'closed':
      return { title: words.studioOrders.closed.title, body: words.studioOrders.closed[order.closed_by ?? 'unknown'] };
    case 'unpaid':
    case 'checking':
    case 'to_ship':
    case 'shipped':
    case 'credited':
    case 'refunded':
    case 'partly':
    case 'differs':
      return words.studioOrders.said[standing];
  }
}

/** The amounts of the money line, in words. */
export function moneyWords({ is, part_fen, whole_fen }: SaleMoney, words: Words): string {
  return words.studioOrders.moneyIs[is]({ part: yuan(part_fen), whole: yuan(whole_fen) });
}
