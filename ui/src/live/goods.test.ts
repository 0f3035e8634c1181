import { expect, test } from 'vitest';
import { fakeGoods } from '../host/fake';
import { availability, listed, maxQuantity } from './goods';

test('a row says the first thing that applies', () => {
  expect(availability({ ...fakeGoods, on_sale: false, stock_left: 0 })).toBe('off_sale');
  expect(availability({ ...fakeGoods, stock_left: 0, held: 2 })).toBe('held');
  expect(availability({ ...fakeGoods, stock_left: 0 })).toBe('sold_out');
  expect(availability({ ...fakeGoods, stock_left: 5 })).toBe('low');
  expect(availability({ ...fakeGoods, stock_left: 6 })).toBe('plain');
});

test('an order holds at most the limit and at most the stock', () => {
  expect(maxQuantity({ ...fakeGoods, limit_per_viewer: 2, stock_left: 9 })).toBe(2);
  expect(maxQuantity({ ...fakeGoods, limit_per_viewer: 9, stock_left: 3 })).toBe(3);
  expect(maxQuantity({ ...fakeGoods, limit_per_viewer: null, stock_left: 7 })).toBe(7);
  expect(maxQuantity({ ...fakeGoods, limit_per_viewer: null, stock_left: 0 })).toBe(1);
});

test('goods are found by name or by exact number, in lot order', () => {
  const pot = { ...fakeGoods, goods_id: 'g12', lot: 12, title: 'Clay Pot' };
  const cup = { ...fakeGoods, goods_id: 'g2', lot: 2, title: 'Cup', stock_left: 0 };
  const goods = [pot, cup, fakeGoods];
  const lots = (filter: 'all' | 'in_stock', query: string) => listed(goods, filter, query).map((one) => one.lot);
  expect(lots('all', '')).toEqual([1, 2, 12]);
  expect(lots('all', '2')).toEqual([2]);
  expect(lots('all', ' pot ')).toEqual([12]);
  expect(lots('in_stock', '')).toEqual([1, 12]);
});
