import { expect, test } from 'vitest';
import { anchorOf, drawnRows, ROW_PX, stepTo } from './rowWindow';

test('of ten thousand rows only those near the view are drawn', () => {
  const drawn = drawnRows(10_000, 1, 500 * ROW_PX, 600, -1);
  expect(drawn.length).toBeLessThan(25);
  expect(drawn[0]).toBeLessThanOrEqual(496);
  expect(drawn.at(-1)).toBeGreaterThanOrEqual(507);
});

test('the view is covered wherever it stands, to the last row', () => {
  for (let scrolled = 0; scrolled <= 200 * ROW_PX; scrolled += 37) {
    const drawn = drawnRows(200, 1, scrolled, 600, -1);
    const first = Math.min(199, Math.floor(scrolled / ROW_PX));
    expect([drawn.includes(first), drawn.includes(Math.min(199, first + 7))]).toEqual([true, true]);
  }
});

test('the row with the focus is drawn however far away it is', () => {
  expect(drawnRows(1000, 1, 0, 600, 900).at(-1)).toBe(900);
  expect(drawnRows(1000, 1, 900 * ROW_PX, 600, 3)[0]).toBe(3);
});

test('two rows stand side by side on a wide screen', () => {
  const drawn = drawnRows(100, 2, 0, 176, -1);
  expect(drawn.length).toBe(20);
  expect([stepTo('ArrowDown', 3, 100, 2), stepTo('ArrowRight', 3, 100, 2), stepTo('ArrowRight', 3, 100, 1)]).toEqual([5, 4, null]);
});

test('keys lead no further than the ends', () => {
  expect([stepTo('ArrowUp', 0, 5, 1), stepTo('ArrowDown', 4, 5, 1), stepTo('Home', 3, 5, 1), stepTo('End', 0, 5, 1)]).toEqual([0, 4, 0, 4]);
});

test('the row under the pointer stays where it is while others come and go', () => {
  const before = ['a', 'b', 'c', 'd'];
  expect(anchorOf(before, ['new', 'a', 'b', 'c', 'd'], 1, 100, 'c')).toBe(100 + ROW_PX);
  expect(anchorOf(before, ['c', 'd'], 1, 2 * ROW_PX, 'd')).toBe(0);
  expect(anchorOf(before, ['a', 'b', 'd'], 1, 100, 'c')).toBe(100 - ROW_PX);
});

test('without a pointer the first row in view stays, and the top stays the top', () => {
  const before = ['a', 'b', 'c'];
  expect(anchorOf(before, ['x', 'a', 'b', 'c'], 1, ROW_PX + 5, null)).toBe(2 * ROW_PX + 5);
  expect(anchorOf(before, ['x', 'a', 'b', 'c'], 1, 0, null)).toBe(0);
});
