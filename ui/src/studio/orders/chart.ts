import type { FigureStep } from '../../host/contract';

/** A bar of the chart over time: where it stands and how tall it is, in hundredths of the drawing. */
export interface Bar {
  step: FigureStep;
  x: number;
  width: number;
  orders: number;
  paid: number;
}

/** Widest bar, in hundredths: a show that has just begun is no block. */
const WIDEST = 4;

/** Bars of equal width, each in the middle of its step, the tallest over the whole height. */
export function barsOf(steps: readonly FigureStep[]): Bar[] {
  const most = Math.max(1, ...steps.map(({ orders }) => orders));
  const slot = 100 / Math.max(1, steps.length);
  const width = Math.min(slot * 0.76, WIDEST);
  return steps.map((step, n) => ({ step, x: (n + 0.5) * slot - width / 2, width, orders: (step.orders / most) * 100, paid: (step.paid / most) * 100 }));
}

/** How long a bar is beside the longest, percent; what there is at all is seen. */
export function lengthOf(part: number, most: number): number {
  return part <= 0 || most <= 0 ? 0 : Math.max(2, Math.round((part / most) * 100));
}

/** Paid of ordered, whole percent; nothing while nobody ordered. */
export function percentOf(paid: number, orders: number): number | null {
  return orders <= 0 ? null : Math.round((paid / orders) * 100);
}
