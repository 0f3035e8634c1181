import type { Deal, Goods } from '../host/contract';

/** What a row says about an item: the first that applies. */
export type Availability = 'off_sale' | 'sold_out' | 'held' | 'low' | 'plain';

/** At this many pieces or fewer the number is shown. */
export const LOW_STOCK = 5;

export function availability(goods: Goods): Availability {
  if (!goods.on_sale) return 'off_sale';
  if (goods.stock_left === 0) return goods.held > 0 ? 'held' : 'sold_out';
  return goods.stock_left <= LOW_STOCK ? 'low' : 'plain';
}

export function buyable(goods: Goods): boolean {
  return goods.on_sale && goods.stock_left > 0;
}

/** A deal that is still to come, or runs; `now` is the shop's clock in Unix seconds. */
export type DealNow = { at: 'planned' | 'running'; deal: Deal };

export function dealOf({ deal }: Goods, now: number): DealNow | null {
  if (deal === null || deal.pieces_left === 0 || now >= deal.ends_at) return null;
  return { at: now < deal.starts_at ? 'planned' : 'running', deal };
}

/** What one piece costs at a moment. */
export interface Price {
  price_fen: number;
  price_version: number;
  /** The item's own price, while a deal's lower one counts. */
  was_fen: number | null;
}

export function priceOf(goods: Goods, now: number): Price {
  const dealt = dealOf(goods, now);
  if (dealt?.at !== 'running') return { price_fen: goods.price_fen, price_version: goods.price_version, was_fen: null };
  const { price_fen, price_version } = dealt.deal;
  return { price_fen, price_version, was_fen: goods.price_fen };
}

/** The item with the price that counts at a moment. */
export function offered(goods: Goods, now: number): Goods {
  const { price_fen, price_version } = priceOf(goods, now);
  return { ...goods, price_fen, price_version };
}

/** Pieces one viewer may put into one order. */
export function maxQuantity(goods: Goods, now: number): number {
  const dealt = dealOf(goods, now);
  const left = dealt?.at === 'running' ? Math.min(goods.stock_left, dealt.deal.pieces_left) : goods.stock_left;
  return Math.max(1, Math.min(goods.limit_per_viewer ?? left, left));
}

export type Filter = 'all' | 'deals' | 'in_stock';

/** Which goods the column lists: by filter, then by name or lot number, in the order of the shelf. */
export function listed(goods: readonly Goods[], filter: Filter, query: string, now: number): Goods[] {
  const wanted = query.trim().toLowerCase();
  const kept: Record<Filter, (one: Goods) => boolean> = {
    all: () => true,
    deals: (one) => dealOf(one, now) !== null,
    in_stock: buyable,
  };
  return goods.filter(kept[filter]).filter((one) => wanted === '' || String(one.lot) === wanted || one.title.toLowerCase().includes(wanted));
}
