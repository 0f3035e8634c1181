import { stamp } from '../shared/clock.svelte';
import type { Words } from '../text/zh';

/** The day of a moment in the viewer's zone, `2026-08-22`. */
export function dateOf(unix_s: number): string {
  return stamp(unix_s).slice(0, 10);
}

/** `21:25`. */
export function minuteOf(unix_s: number): string {
  return stamp(unix_s).slice(11, 16);
}

/** "Today", "Yesterday" or the date. */
export function dayName(date: string, now: Date, words: Words): string {
  if (date === dateOf(now.getTime() / 1000)) return words.orders.today;
  const yesterday = new Date(now.getFullYear(), now.getMonth(), now.getDate() - 1);
  return date === dateOf(yesterday.getTime() / 1000) ? words.orders.yesterday : date;
}

/** "21:25" today, "Yesterday 21:25" or "2026-08-20 21:25" before. */
export function whenOf(unix_s: number, now: Date, words: Words): string {
  const day = dayName(dateOf(unix_s), now, words);
  return day === words.orders.today ? minuteOf(unix_s) : `${day} ${minuteOf(unix_s)}`;
}

/** What follows each other on one day, in groups; the order stays. */
export function byDay<T>(all: readonly T[], at_s: (one: T) => number): { date: string; all: T[] }[] {
  const days: { date: string; all: T[] }[] = [];
  for (const one of all) {
    const date = dateOf(at_s(one));
    const last = days.at(-1);
    if (last?.date === date) last.all.push(one);
    else days.push({ date, all: [one] });
  }
  return days;
}
