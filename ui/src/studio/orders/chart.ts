import type { FigureStep } from '../../host/contract';

/** A bar of the chart over time: where it stands and how tall it is, in hundredths of the drawing. */
export interface Bar {
  step: FigureStep;
  x: number;
  width: number;
  orders: number;
  paid: number;
}

/** Bars of equal width, the tallest over the whole height. */
export function barsOf(steps: readonly FigureStep[]): Bar[] {
  const most = Math.max(1, ...steps.map(({ orders }) => orders));
  const slot = 100 / Math.max(1, steps.length);
  return steps.map((step, n) => ({ step, x: n * slot + slot * 0.12, width: slot * 0.76, orders: (step.orders / most) * 100, paid: (step.paid / most) * 100 }));
}

/** How long a bar is beside the longest, percent; what there is at all is seen. */
export function lengthOf(part: number, most: number): number {
  return part <= 0 || most <= 0 ? 0 : Math.max(2, Math.round((part / most) * 100));
}

/** Paid of ordered, whole percent; nothing while nobody ordered. */
export function percentOf(paid: number, orders: number): number | null {
  return orders <= 0 ? null : Math.round((paid / orders) * 100);
}
