import type { CommandCode, Goods, StudioGoods } from '../host/contract';
import { stamp, timer } from '../shared/clock.svelte';
import { yuan } from '../shared/money';
import type { Words } from '../text/zh';
import type { Fault } from './form';

/** Why a field cannot stand; nothing when it is something else that is wrong. */
export function faultWords(words: Words, trouble: Fault | CommandCode, item: Goods | null): string | null {
  switch (trouble) {
    case 'held':
      return words.studio.faultHeld(item?.held ?? 0);
    case 'below_deal':
      return words.studio.faultBelowDeal(yuan(item?.deal?.price_fen ?? 0));
    case 'title':
    case 'fins':
    case 'price':
    case 'limit':
    case 'stock':
    case 'note':
    case 'description':
      return words.studio.fault[trouble];
    default:
      return null;
  }
}

/** Why the shop did not take an edit, and what to do. */
export function troubleWords(words: Words, trouble: Fault | CommandCode): string {
  return words.studio.notSaved(trouble in words.studio.why ? words.studio.why[trouble as CommandCode] : words.studio.why.internal);
}

/** What is asked before a deal is ended, or called off before it began. */
export function endWords(words: Words, running: boolean, { item, open_orders }: StudioGoods): { title: string; body: string; yes: string; no: string } {
  if (!running) return { title: words.studio.dealCancelAsk(item.lot), body: words.studio.dealCancelBody, yes: words.studio.dealCancel, no: words.studio.keep };
  return { title: words.studio.dealEndAsk(item.lot), body: words.studio.dealEndBody(open_orders), yes: words.studio.dealEndYes, no: words.studio.dealEndNo };
}

/** `01:42:16`: how long the show has been on. */
export function liveTime(seconds: number): string {
  const two = (n: number) => String(n).padStart(2, '0');
  return `${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
}

/** Further away than this, a time of day says more than a countdown. */
const SOON_S = 3600;

/** `21:30` on the same day, else with its date, in the streamer's zone. */
export function clockTime(unix_s: number, now: number): string {
  const at = stamp(unix_s);
  return at.slice(0, 10) === stamp(now).slice(0, 10) ? at.slice(11, 16) : at.slice(5, 16);
}

/** When something begins: a countdown, or a time of day. */
export function untilWords(words: Words, unix_s: number, now: number): string {
  const left = unix_s - now;
  return left < SOON_S ? words.studio.startsIn(timer(left)) : words.studio.startsAt(clockTime(unix_s, now));
}
