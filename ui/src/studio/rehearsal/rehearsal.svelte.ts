import type { Host } from '../../host/host';
import type { Announcer } from '../../shared/announcer.svelte';
import { CrowdState } from './crowd.svelte';
import { PanelState } from './panel.svelte';
import { RealPhone } from './realPhone.svelte';
import { ScriptState } from './script.svelte';

/** The parts of the page, in their order. */
export const TABS = ['script', 'troubles', 'crowd', 'phone'] as const;

export type Tab = (typeof TABS)[number];

/** Rehearsing in the practice room. It lives as long as the window, so that it goes on while the streamer is elsewhere. */
export class RehearsalState {
  tab = $state<Tab>('script');
  readonly script: ScriptState;
  readonly panel: PanelState;
  readonly crowd: CrowdState;
  readonly phone: RealPhone;
  /** The room before was the practice room. */
  #practising = false;

  constructor(host: Host, announcer: Announcer) {
    this.script = new ScriptState(host, announcer);
    this.panel = new PanelState(host, announcer);
    this.crowd = new CrowdState(host, announcer);
    this.phone = new RealPhone(host);
  }

  /** A room was opened: in the practice room, what goes on there is taken up. */
  enterRoom(practice: boolean): void {
    const again = this.#practising && practice;
    this.#practising = practice;
    this.panel.leave();
    if (!practice) return;
    // Entered from itself it was put back as it was at first: whoever was in it is gone.
    if (again) this.crowd.forget();
    // Off until somebody switches it on, here too.
    void this.phone.close();
    this.panel.enter();
    void this.script.attach();
  }
}
