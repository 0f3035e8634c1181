import type { Goods } from '../host/contract';

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

/** Pieces one viewer may put into one order. */
export function maxQuantity(goods: Goods): number {
  return Math.max(1, Math.min(goods.limit_per_viewer ?? goods.stock_left, goods.stock_left));
}

/** Which goods the column lists: by filter, then by name or lot number, in lot order. */
export function listed(goods: readonly Goods[], filter: 'all' | 'in_stock', query: string): Goods[] {
  const wanted = query.trim().toLowerCase();
  return goods
    .filter((one) => filter === 'all' || buyable(one))
    .filter((one) => wanted === '' || String(one.lot) === wanted || one.title.toLowerCase().includes(wanted))
    .sort((a, b) => a.lot - b.lot);
}
