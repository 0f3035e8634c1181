import type { CaseReport, OrderState, PayType, Step } from '../../host/contract';
import { yuan } from '../../shared/money';
import { locale } from '../../text/text.svelte';

/** An amount and a channel as the words take them; what is not known is empty. */
export function facts(amount_fen: number | null, pay_type: PayType | null): { amount: string; channel: string } {
  return { amount: amount_fen === null ? '' : yuan(amount_fen), channel: pay_type === null ? '' : locale.words.channel[pay_type] };
}

/** A step in words. */
export function stepWords(step: Step): string {
  const { words } = locale;
  if (step.deed === 'told') return step.state === null ? words.rehearsal.nothingSeen : words.rehearsal.seen(words.rehearsal.told[step.state]);
  return words.rehearsal.deed[step.deed](facts(step.amount_fen, step.pay_type));
}

/** What viewers were told last. */
export function lastTold(report: CaseReport): OrderState | null {
  return report.steps.findLast(({ deed, state }) => deed === 'told' && state !== null)?.state ?? null;
}
