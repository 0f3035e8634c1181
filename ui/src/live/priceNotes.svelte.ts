import type { Goods } from '../host/contract';
import { priceOf, type Price } from './goods';

/** How long a note about a price stays. */
const NOTE_MS = 4000;

/** A price changed, or an item's own price counts again after a deal. */
export type PriceNews = 'repriced' | 'deal_over';

type Ids = ReadonlySet<string>;

/** Which goods' prices changed a moment ago, and how. */
export class PriceNotes {
  repriced = $state.raw<Ids>(new Set());
  /** Those whose own price counts again. */
  dealOver = $state.raw<Ids>(new Set());
  #known = new Map<string, Price>();

  /** Compares these goods' prices with those of the last look. */
  look(goods: readonly Goods[], now: number): void {
    const repriced: string[] = [];
    const over: string[] = [];
    for (const one of goods) {
      const before = this.#known.get(one.goods_id);
      const price = priceOf(one, now);
      this.#known.set(one.goods_id, price);
      if (before === undefined) continue;
      if (before.was_fen !== null && price.was_fen === null) over.push(one.goods_id);
      else if (before.price_fen !== price.price_fen) repriced.push(one.goods_id);
    }
    this.#note('repriced', repriced);
    this.#note('dealOver', over);
  }

  /** Another room: nothing is known of its prices. */
  forget(): void {
    this.#known.clear();
    this.repriced = new Set();
    this.dealOver = new Set();
  }

  #note(which: 'repriced' | 'dealOver', ids: string[]): void {
    if (ids.length === 0) return;
    this[which] = new Set([...this[which], ...ids]);
    const past = new Set(ids);
    setTimeout(() => (this[which] = new Set([...this[which]].filter((id) => !past.has(id)))), NOTE_MS);
  }
}
