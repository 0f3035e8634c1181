import { expect, test } from 'vitest';
import type { Happening } from '../../host/contract';
import { delays } from './happenings';

function happening(seq: number, at_ms: number, what: Happening['what'], more: Partial<Happening> = {}): Happening {
  return { seq, at_ms, what, pay_type: 'alipay', amount_fen: 16_800, trouble: null, ...more };
}

test('what follows a payment is timed from it', () => {
  const later = delays([happening(4, 9_000, 'query'), happening(3, 1_300, 'notice'), happening(2, 1_000, 'paid'), happening(1, 0, 'query')]);
  expect([...later]).toEqual([
    [3, 300],
    [4, 8_000],
  ]);
});

test('a payment of another channel or another amount times nothing', () => {
  const later = delays([happening(4, 3_000, 'notice', { amount_fen: 22_800 }), happening(3, 2_000, 'query', { pay_type: 'wechat' }), happening(2, 1_000, 'paid')]);
  expect([...later]).toEqual([]);
});

test('of two payments the later one counts, and a query that names no amount belongs to it', () => {
  const later = delays([happening(4, 5_000, 'query', { amount_fen: null }), happening(3, 4_000, 'paid', { amount_fen: 22_800 }), happening(2, 1_000, 'paid')]);
  expect(later.get(4)).toBe(1_000);
});

test('what comes long after has nothing to do with the payment', () => {
  expect(delays([happening(2, 700_000, 'query'), happening(1, 0, 'paid')]).size).toBe(0);
});
