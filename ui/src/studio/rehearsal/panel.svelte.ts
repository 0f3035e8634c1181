import type { Panel, Trouble } from '../../host/contract';
import type { Host } from '../../host/host';
import type { Announcer } from '../../shared/announcer.svelte';
import { locale } from '../../text/text.svelte';

/** The fault switches, and what happened between the shop and the pretend channels. */
export class PanelState {
  panel = $state.raw<Panel | null>(null);
  /** `performance.now()` when it arrived: what counts down starts there. */
  arrived_ms = $state(0);
  /** It was asked for and did not come. */
  failed = $state(false);
  /** The switch that is being moved. */
  moving = $state<Trouble | 'all' | null>(null);
  /** The switch that did not move. */
  stuck = $state<Trouble | 'all' | null>(null);
  readonly #host: Host;
  readonly #announcer: Announcer;
  #stop: (() => void) | null = null;
  /** Counts the rooms: an answer of the one before means nothing any more. */
  #room = 0;
  #asking = false;
  #again = false;

  constructor(host: Host, announcer: Announcer) {
    this.#host = host;
    this.#announcer = announcer;
  }

  /** How many switches are on. */
  get armed(): number {
    return this.panel?.switches.filter(({ on }) => on).length ?? 0;
  }

  /** The practice room is open. */
  enter(): void {
    this.#stop = this.#host.rehearsal.onHappening(() => void this.load());
    void this.load();
  }

  /** It is not, any more. */
  leave(): void {
    this.#room += 1;
    this.#stop?.();
    this.#stop = null;
    this.#asking = this.#again = false;
    this.panel = null;
    this.failed = false;
    this.moving = this.stuck = null;
  }

  /** Asks for the panel; of many times asked for quickly the last one counts. */
  async load(): Promise<void> {
    if (this.#asking) {
      this.#again = true;
      return;
    }
    const room = this.#room;
    this.#asking = true;
    this.#again = false;
    try {
      const panel = await this.#host.rehearsal.panel();
      if (room !== this.#room) return;
      // A switch on its way answers with the panel as it is then.
      if (this.moving === null) this.#show(panel);
    } catch {
      if (room !== this.#room) return;
      this.failed = this.panel === null;
    }
    this.#asking = false;
    if (this.#again) void this.load();
  }

  async set(trouble: Trouble, on: boolean): Promise<void> {
    await this.#move(trouble, () => this.#host.rehearsal.setTrouble(trouble, on));
  }

  async clear(): Promise<void> {
    if (await this.#move('all', () => this.#host.rehearsal.clearTroubles())) this.#announcer.say(locale.words.rehearsal.allOffSaid);
  }

  /** Moves switches; one at a time, so that each answer is the newest. */
  async #move(which: Trouble | 'all', move: () => Promise<Panel>): Promise<boolean> {
    if (this.moving !== null) return false;
    const room = this.#room;
    this.moving = which;
    this.stuck = null;
    try {
      const panel = await move();
      if (room !== this.#room) return false;
      this.moving = null;
      this.#show(panel);
      return true;
    } catch {
      if (room !== this.#room) return false;
      this.moving = null;
      this.stuck = which;
      this.#announcer.interrupt(locale.words.rehearsal.notSwitched);
      return false;
    }
  }

  #show(panel: Panel): void {
    this.panel = panel;
    this.arrived_ms = performance.now();
    this.failed = false;
  }
}
