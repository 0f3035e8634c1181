/** Seconds left at a deadline of the monotonic clock (milliseconds of `performance.now()`), never below 0. */
export function secondsLeft(deadline_ms: number, now_ms: number): number {
  return Math.max(0, Math.ceil((deadline_ms - now_ms) / 1000));
}

/** `4:05`, or `1:04:05` from an hour on. */
export function timer(seconds: number): string {
  const two = (n: number) => String(n).padStart(2, '0');
  const h = Math.floor(seconds / 3600);
  const m = Math.floor(seconds / 60) % 60;
  return h > 0 ? `${h}:${two(m)}:${two(seconds % 60)}` : `${m}:${two(seconds % 60)}`;
}

/** `2026-08-22 21:16:08` in the viewer's zone, from Unix seconds. */
export function stamp(unix_s: number): string {
  const d = new Date(unix_s * 1000);
  const two = (n: number) => String(n).padStart(2, '0');
  return `${d.getFullYear()}-${two(d.getMonth() + 1)}-${two(d.getDate())} ${two(d.getHours())}:${two(d.getMinutes())}:${two(d.getSeconds())}`;
}

/**
 * The monotonic clock as state: what reads `now_ms` redraws as it ticks. A hidden window is
 * throttled, so it also ticks at once when the window comes back.
 */
export class Clock {
  now_ms = $state(performance.now());

  /** Starts ticking; returns a function that stops it. */
  run(): () => void {
    const tick = () => (this.now_ms = performance.now());
    tick();
    const interval = setInterval(tick, 250);
    document.addEventListener('visibilitychange', tick);
    return () => {
      clearInterval(interval);
      document.removeEventListener('visibilitychange', tick);
    };
  }
}
