import { expect, test } from 'vitest';
import { amountParts, count, spokenAmount, yuan } from './money';

test('amounts keep every fen and group thousands', () => {
  expect(yuan(0)).toBe('¥0.00');
  expect(yuan(5)).toBe('¥0.05');
  expect(yuan(123450)).toBe('¥1,234.50');
  expect(yuan(9_999_999)).toBe('¥99,999.99');
});

test('short amounts drop only .00', () => {
  expect(yuan(22800, true)).toBe('¥228');
  expect(yuan(10990, true)).toBe('¥109.90');
  expect(amountParts(10005, true)).toEqual({ yuan: '100', fen: '05' });
});

test('amounts are read out without sign and commas', () => {
  expect(spokenAmount(123400)).toBe('1234');
  expect(spokenAmount(10990)).toBe('109.90');
});

test('counts group thousands', () => {
  expect(count(999)).toBe('999');
  expect(count(1280)).toBe('1,280');
});
