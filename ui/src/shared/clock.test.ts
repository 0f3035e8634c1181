import { expect, test } from 'vitest';
import { secondsLeft, timer } from './clock.svelte';

test('a deadline counts down in whole seconds and never below zero', () => {
  expect(secondsLeft(10_000, 0)).toBe(10);
  expect(secondsLeft(10_000, 1)).toBe(10);
  expect(secondsLeft(10_000, 9_999)).toBe(1);
  expect(secondsLeft(10_000, 10_000)).toBe(0);
  expect(secondsLeft(10_000, 99_000)).toBe(0);
});

test('timers show hours only when there are any', () => {
  expect(timer(0)).toBe('0:00');
  expect(timer(65)).toBe('1:05');
  expect(timer(872)).toBe('14:32');
  expect(timer(3600)).toBe('1:00:00');
});
