import { expect, test } from 'vitest';
import { codeSize, svgAddress, wholeSize } from './qr';

test.each([
  [800, 296],
  [791, 259],
  [743, 222],
  [631, 185],
])('a window of %i px shows a usual code at %i px', (height, side) => {
  expect(codeSize(height, 37, 1)).toBe(side);
});

test('every module is a whole number of device pixels, for any code on any screen', () => {
  for (const modules of [29, 33, 37, 41, 49, 57]) {
    for (const ratio of [1, 1.25, 1.5, 1.75, 2, 3]) {
      const perModule = (codeSize(800, modules, ratio) * ratio) / modules;
      expect(Math.abs(perModule - Math.round(perModule))).toBeLessThan(1e-9);
    }
  }
});

test('a code never grows beyond its limit', () => {
  expect(wholeSize(400, 37, 1)).toBe(370);
  expect(wholeSize(400, 37, 1.5)).toBeLessThanOrEqual(400);
});

test('a drawing is escaped for its address', () => {
  expect(svgAddress('<svg fill="#000"/>')).toBe('data:image/svg+xml;utf8,%3Csvg%20fill%3D%22%23000%22%2F%3E');
});
