import { stamp, timer } from '../shared/clock.svelte';
import type { Words } from '../text/zh';
import type { DealNow } from './goods';

/** Further away than this, a time of day says more than a countdown. */
const SOON_S = 3600;

/** When a deal begins or ends: a countdown, or a time of day. */
export function dealTime(words: Words, { at, deal }: DealNow, now: number): string {
  if (at === 'running') return words.show.endsIn(timer(deal.ends_at - now));
  const left = deal.starts_at - now;
  return left < SOON_S ? words.show.startsIn(timer(left)) : words.show.startsAt(timeOfDay(deal.starts_at, now));
}

/** When the show begins, from the shop's clock. */
export function showStart(words: Words, starts_at: number | null, now: number): string {
  if (starts_at === null || now === 0 || starts_at <= now) return words.soonWords;
  const left = starts_at - now;
  return left < SOON_S ? words.show.soonIn(timer(left)) : words.show.soonAt(timeOfDay(starts_at, now));
}

/** `21:30` on the same day, else with its date, in the viewer's zone. */
function timeOfDay(unix_s: number, now: number): string {
  const at = stamp(unix_s);
  return at.slice(0, 10) === stamp(now).slice(0, 10) ? at.slice(11, 16) : at.slice(0, 16);
}
