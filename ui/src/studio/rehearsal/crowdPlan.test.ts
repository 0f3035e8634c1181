import { expect, test } from 'vitest';
import { SHARES, wholeNumber, withShare } from './crowdPlan';

const plan = { viewers: 40, pay: 70, leave: 20, late: 10, over_s: 20 };

test('the other shares keep their proportion and all three stay a hundred', () => {
  expect(withShare(plan, 'pay', 40)).toMatchObject({ pay: 40, leave: 40, late: 20 });
  expect(withShare(plan, 'late', 100)).toMatchObject({ pay: 0, leave: 0, late: 100 });
  for (const share of SHARES) {
    for (let value = 0; value <= 100; value += 1) {
      const moved = withShare(plan, share, value);
      expect(moved[share]).toBe(value);
      expect(moved.pay + moved.leave + moved.late).toBe(100);
      expect(Math.min(moved.pay, moved.leave, moved.late)).toBeGreaterThanOrEqual(0);
    }
  }
});

test('shares that were nothing divide the rest evenly', () => {
  expect(withShare({ ...plan, pay: 100, leave: 0, late: 0 }, 'pay', 60)).toMatchObject({ pay: 60, leave: 20, late: 20 });
});

test('a share stays between nothing and all', () => {
  expect(withShare(plan, 'pay', 130).pay).toBe(100);
  expect(withShare(plan, 'pay', -5).pay).toBe(0);
});

test('only whole numbers within reach count, in any width of digits', () => {
  expect(wholeNumber(' 500 ', 500)).toBe(500);
  expect(wholeNumber('４０', 500)).toBe(40);
  for (const wrong of ['0', '501', '-3', '1.5', '1e2', '', 'x', '00001']) expect(wholeNumber(wrong, 500)).toBeNull();
});
