import { locale } from '../../text/text.svelte';

/** Tenths of a second as they are written: `3.2`. */
export function tenths(ms: number): string {
  return (Math.round(ms / 100) / 10).toFixed(1);
}

/** How long something took: `3.2 s`, or minutes and seconds from a minute on. */
export function duration(ms: number): string {
  const { words } = locale;
  const whole = Math.round(ms / 1000);
  if (whole < 60) return words.rehearsal.seconds(tenths(ms));
  return words.rehearsal.minutes({ m: Math.floor(whole / 60), s: whole % 60 });
}

/** Local time of day of a moment in milliseconds: `21:16:08`. */
export function timeOfDay(at_ms: number): string {
  return new Date(at_ms).toTimeString().slice(0, 8);
}
