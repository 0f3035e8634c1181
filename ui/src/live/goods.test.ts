import { expect, test } from 'vitest';
import { fakeGoods } from '../host/fake';
import { availability, dealOf, type Filter, listed, maxQuantity, priceOf } from './goods';

test('a row says the first thing that applies', () => {
  expect(availability({ ...fakeGoods, on_sale: false, stock_left: 0 })).toBe('off_sale');
  expect(availability({ ...fakeGoods, stock_left: 0, held: 2 })).toBe('held');
  expect(availability({ ...fakeGoods, stock_left: 0 })).toBe('sold_out');
  expect(availability({ ...fakeGoods, stock_left: 5 })).toBe('low');
  expect(availability({ ...fakeGoods, stock_left: 6 })).toBe('plain');
});

test('an order holds at most the limit and at most the stock', () => {
  expect(maxQuantity({ ...fakeGoods, limit_per_viewer: 2, stock_left: 9 }, 0)).toBe(2);
  expect(maxQuantity({ ...fakeGoods, limit_per_viewer: 9, stock_left: 3 }, 0)).toBe(3);
  expect(maxQuantity({ ...fakeGoods, limit_per_viewer: null, stock_left: 7 }, 0)).toBe(7);
  expect(maxQuantity({ ...fakeGoods, limit_per_viewer: null, stock_left: 0 }, 0)).toBe(1);
});

test('goods are found by name or by exact number, in the order of the shelf', () => {
  const pot = { ...fakeGoods, goods_id: 'g12', lot: 12, title: 'Clay Pot' };
  const cup = { ...fakeGoods, goods_id: 'g2', lot: 2, title: 'Cup', stock_left: 0 };
  const goods = [pot, cup, fakeGoods];
  const lots = (filter: Filter, query: string) => listed(goods, filter, query, 0).map((one) => one.lot);
  expect(lots('all', '')).toEqual([12, 2, 1]);
  expect(lots('all', '2')).toEqual([2]);
  expect(lots('all', ' pot ')).toEqual([12]);
  expect(lots('in_stock', '')).toEqual([12, 1]);
});

const deal = { price_fen: 9_900, price_version: 7, starts_at: 100, ends_at: 200, pieces: 10, pieces_left: 3 };
const dealt = { ...fakeGoods, deal };

test('a deal counts from its first second until its last, while pieces are left', () => {
  const at = (now: number) => [dealOf(dealt, now)?.at, priceOf(dealt, now).price_fen];
  expect([at(99), at(100), at(199), at(200)]).toEqual([
    ['planned', 16_800],
    ['running', 9_900],
    ['running', 9_900],
    [undefined, 16_800],
  ]);
  expect(priceOf(dealt, 150)).toEqual({ price_fen: 9_900, price_version: 7, was_fen: 16_800 });
  expect(priceOf({ ...dealt, deal: { ...deal, pieces_left: 0 } }, 150)).toEqual({ price_fen: 16_800, price_version: 1, was_fen: null });
});

test('an order holds at most the pieces of the deal', () => {
  expect(maxQuantity(dealt, 150)).toBe(3);
  expect(maxQuantity(dealt, 50)).toBe(24);
});

test('deals are listed while they are planned or run', () => {
  const lots = (now: number) => listed([fakeGoods, { ...dealt, goods_id: 'g5', lot: 5 }], 'deals', '', now).map((one) => one.lot);
  expect([lots(50), lots(150), lots(200)]).toEqual([[5], [5], []]);
});
