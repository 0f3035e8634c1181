import type { Happening } from '../../host/contract';

/** What comes later than this after a payment has nothing to do with it. */
const LONGEST_MS = 10 * 60_000;

/**
 * How long after the payment each happening was, in milliseconds; nothing for what no payment of the same channel and
 * amount came before. `newestFirst` is in the order of the panel.
 */
export function delays(newestFirst: readonly Happening[]): Map<number, number> {
  const found = new Map<number, number>();
  const paid: Happening[] = [];
  for (const one of newestFirst.toReversed()) {
    if (one.what === 'paid') paid.push(one);
    else if (one.what === 'notice' || one.what === 'query' || one.what === 'close' || one.what === 'refund') {
      const before = paid.findLast((each) => each.pay_type === one.pay_type && (one.amount_fen === null || each.amount_fen === null || each.amount_fen === one.amount_fen));
      if (before !== undefined && one.at_ms - before.at_ms <= LONGEST_MS) found.set(one.seq, Math.max(0, one.at_ms - before.at_ms));
    }
  }
  return found;
}
