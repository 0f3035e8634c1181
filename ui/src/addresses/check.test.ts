import { expect, test } from 'vitest';
import { stands, wrongParts } from './check';

const whole = { name: '林夏', phone: '+86 138-0000-0000', region: '浙江省 杭州市', detail: '文三路 1 号' };

test('a usual address stands', () => {
  expect(wrongParts(whole)).toEqual([]);
  expect(wrongParts({ name: ' ', phone: '', region: '', detail: '\n' })).toEqual(['name', 'phone', 'region', 'detail']);
});

test.each(['', '1234', 'ask at the door', '１３８００００００００', '123456789012345678901', '++--()'])('%j is no telephone', (phone) => {
  expect(stands('phone', phone)).toBe(false);
});

test('lengths are counted as a person counts, without the space around', () => {
  expect(stands('name', ` ${'𠮷'.repeat(40)} `)).toBe(true);
  expect(stands('name', '𠮷'.repeat(41))).toBe(false);
  expect(stands('region', '区'.repeat(60))).toBe(true);
  expect(stands('region', '区'.repeat(61))).toBe(false);
  expect(stands('detail', '号'.repeat(120))).toBe(true);
  expect(stands('detail', '号'.repeat(121))).toBe(false);
  expect(stands('detail', '1 号\t502')).toBe(false);
});
