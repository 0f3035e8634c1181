import type { DealDraft } from '../../host/contract';
import { stamp } from '../../shared/clock.svelte';
import { countOf, priceOf } from '../form';

/** Longest deal, minutes: thirty days. */
const MINUTES_MAX = 43_200;
const START_MAX_S = 30 * 86_400;

export type DealField = 'price' | 'minutes' | 'pieces' | 'start';

/** A deal to be made, as it stands in the fields. */
export class DealForm {
  price = $state('');
  minutes = $state('5');
  pieces = $state('');
  /** Whether it begins later, and then when: a local time, with its date or without. */
  timed = $state(false);
  start = $state('');
  wrong = $state.raw<DealField[]>([]);

  clear(): void {
    this.price = '';
    this.minutes = '5';
    this.pieces = '';
    this.start = '';
    this.timed = false;
    this.wrong = [];
  }

  /** Whether a field can stand for an item with this price and stock; `now` is the shop's clock. */
  stands(field: DealField, price_fen: number, stock: number, now: number): boolean {
    switch (field) {
      case 'price': {
        const price = priceOf(this.price);
        return price !== null && price < price_fen;
      }
      case 'minutes':
        return countOf(this.minutes, 1, MINUTES_MAX) !== null;
      case 'pieces':
        return countOf(this.pieces, 1, stock) !== null;
      case 'start':
        return !this.timed || this.#startsIn(now) !== null;
    }
  }

  /** Marks what cannot stand. */
  check(price_fen: number, stock: number, now: number): boolean {
    const fields: DealField[] = ['price', 'minutes', 'pieces', 'start'];
    this.wrong = fields.filter((field) => !this.stands(field, price_fen, stock, now));
    return this.wrong.length === 0;
  }

  /** What goes to the shop; every field must stand. */
  draft(revision: number, now: number): DealDraft {
    return {
      revision,
      price_fen: priceOf(this.price) ?? 0,
      starts_in_s: this.timed ? (this.#startsIn(now) ?? 0) : 0,
      lasts_s: (countOf(this.minutes, 1, MINUTES_MAX) ?? 0) * 60,
      pieces: countOf(this.pieces, 1) ?? 0,
    };
  }

  #startsIn(now: number): number | null {
    const at = momentOf(this.start, now);
    if (at === null) return null;
    const left = at - now;
    return left > 0 && left <= START_MAX_S ? left : null;
  }
}

const DAY_S = 86_400;

/** Unix seconds of `2026-08-22 21:30`, or of `21:30`, the next there is, in the streamer's zone; nothing when it is neither. */
export function momentOf(text: string, now: number): number | null {
  const match = /^(?:(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})\s+)?(\d{1,2}):(\d{2})$/.exec(text.normalize('NFKC').trim());
  if (match === null) return null;
  const [year, month, day, hour, minute] = match.slice(1).map(Number) as [number, number, number, number, number];
  if (hour > 23 || minute > 59) return null;
  const today = new Date(now * 1000);
  const dated = match[1] !== undefined;
  const at = dated ? new Date(year, month - 1, day, hour, minute) : new Date(today.getFullYear(), today.getMonth(), today.getDate(), hour, minute);
  // The 31st of a short month is none.
  if (dated && (at.getMonth() !== month - 1 || at.getDate() !== day)) return null;
  const unix_s = Math.floor(at.getTime() / 1000);
  return dated || unix_s > now ? unix_s : unix_s + DAY_S;
}

/** `2026-08-22 21:30`, in the streamer's zone. */
export function momentText(unix_s: number): string {
  return stamp(unix_s).slice(0, 16);
}
