const TICK_MS = 1000;

/** The shop's clock, counted on from its last answer by this computer's monotonic one. */
export class ShopClock {
  /** Unix seconds. It moves with every answer, and each second while something counts. */
  now = $state(0);
  #answer = { now_s: 0, at_ms: 0 };
  #ticking: ReturnType<typeof setInterval> | undefined;

  set(now_s: number): void {
    this.#answer = { now_s, at_ms: performance.now() };
    this.now = now_s;
  }

  /** Ticks until `tick` says that there is nothing left to count. */
  run(tick: () => boolean): void {
    this.stop();
    this.#ticking = setInterval(() => {
      this.now = this.#answer.now_s + Math.floor((performance.now() - this.#answer.at_ms) / 1000);
      if (!tick()) this.stop();
    }, TICK_MS);
  }

  stop(): void {
    clearInterval(this.#ticking);
  }
}
