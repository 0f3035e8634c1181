import type { LanPhone } from '../../host/contract';
import type { Host } from '../../host/host';

/** The pretend phone on a real one. */
export class RealPhone {
  phone = $state.raw<LanPhone>({ on: false, url: null, qr: null });
  busy = $state(false);
  /** What was asked for and did not happen. */
  failed = $state<'on' | 'off' | null>(null);
  readonly #host: Host;

  constructor(host: Host) {
    this.#host = host;
  }

  /** Switches it off if it is on. */
  async close(): Promise<void> {
    if (this.phone.on) await this.set(false);
  }

  async set(on: boolean): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    this.failed = null;
    try {
      this.phone = await this.#host.rehearsal.lanPhone(on);
    } catch {
      this.failed = on ? 'on' : 'off';
    }
    this.busy = false;
  }
}
