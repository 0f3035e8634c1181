import type { CrowdPlan } from '../../host/contract';

/** The three ways a simulated viewer may behave. */
export const SHARES = ['pay', 'leave', 'late'] as const;

export type Share = (typeof SHARES)[number];

/** Sets one share of a hundred; the other two keep their proportion and make up the rest. */
export function withShare(plan: CrowdPlan, share: Share, value: number): CrowdPlan {
  const set = Math.min(100, Math.max(0, Math.round(value)));
  const rest = 100 - set;
  const [one, other] = SHARES.filter((each) => each !== share) as [Share, Share];
  const both = plan[one] + plan[other];
  const ofOne = both === 0 ? Math.ceil(rest / 2) : Math.round((rest * plan[one]) / both);
  return { ...plan, [share]: set, [one]: ofOne, [other]: rest - ofOne };
}

/** The whole number of a field, when it is one from 1 to `max`. */
export function wholeNumber(text: string, max: number): number | null {
  const plain = text.normalize('NFKC').trim();
  if (!/^\d{1,4}$/.test(plain)) return null;
  const value = Number(plain);
  return value >= 1 && value <= max ? value : null;
}
