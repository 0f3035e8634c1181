import type { Crowd, CrowdPlan } from '../../host/contract';
import type { Host } from '../../host/host';
import type { Announcer } from '../../shared/announcer.svelte';
import { locale } from '../../text/text.svelte';
import { type Share, wholeNumber, withShare } from './crowdPlan';

export const MOST_VIEWERS = 500;
export const LONGEST_S = 300;

/** The crowd that is in the practice room, or was there last. */
export class CrowdState {
  /** As it stands in the fields, until it is sent in. */
  viewers = $state('40');
  over = $state('20');
  /** The three shares; the counts are those of the fields. */
  shares = $state.raw<CrowdPlan>({ viewers: 40, pay: 70, leave: 20, late: 10, over_s: 20 });
  view = $state.raw<Crowd | null>(null);
  /** How many were sent in. */
  sent = $state(0);
  starting = $state(false);
  stopping = $state(false);
  /** It did not begin. */
  refused = $state(false);
  notStopped = $state(false);
  readonly #host: Host;
  readonly #announcer: Announcer;
  /** Counts the crowds: views of the one before mean nothing any more. */
  #run = 0;

  constructor(host: Host, announcer: Announcer) {
    this.#host = host;
    this.#announcer = announcer;
  }

  get running(): boolean {
    return this.starting || this.view?.running === true;
  }

  /** The plan of the fields, when they make one. */
  get plan(): CrowdPlan | null {
    const viewers = wholeNumber(this.viewers, MOST_VIEWERS);
    const over_s = wholeNumber(this.over, LONGEST_S);
    return viewers === null || over_s === null ? null : { ...this.shares, viewers, over_s };
  }

  /** Orders that have no result yet. */
  get open(): number {
    const { view } = this;
    return view === null ? 0 : Math.max(0, view.ordered - view.delivered - view.refunded - view.closed);
  }

  /** Steps a field up or down, within what it may hold. */
  step(field: 'viewers' | 'over', by: number): void {
    const most = field === 'viewers' ? MOST_VIEWERS : LONGEST_S;
    const now = wholeNumber(this[field], most);
    if (now !== null) this[field] = String(Math.min(most, Math.max(1, now + by)));
  }

  share(share: Share, value: number): void {
    this.shares = withShare(this.shares, share, value);
  }

  async start(plan: CrowdPlan): Promise<void> {
    if (this.running) return;
    const mine = ++this.#run;
    this.sent = plan.viewers;
    this.view = null;
    this.starting = true;
    this.stopping = this.notStopped = this.refused = false;
    try {
      await this.#host.rehearsal.crowd(plan, (view) => this.#take(mine, view));
    } catch {
      if (mine !== this.#run) return;
      this.starting = this.stopping = false;
      this.refused = true;
      this.#breakOff();
      this.#announcer.interrupt(locale.words.rehearsal.crowdNotStarted);
    }
  }

  /** The room it was in is not there any more. */
  forget(): void {
    this.#run += 1;
    this.view = null;
    this.starting = this.stopping = this.notStopped = this.refused = false;
  }

  async stop(): Promise<void> {
    if (this.stopping || !this.running) return;
    const mine = this.#run;
    this.stopping = true;
    this.notStopped = false;
    try {
      await this.#host.rehearsal.stopCrowd();
    } catch {
      if (mine !== this.#run || !this.running) return;
      this.stopping = false;
      this.notStopped = true;
    }
  }

  /** What came before it broke off stays to be read. */
  #breakOff(): void {
    if (this.view !== null) this.view = { ...this.view, running: false };
  }

  #take(run: number, view: Crowd): void {
    if (run !== this.#run) return;
    this.view = view;
    this.starting = false;
    if (view.running) return;
    this.stopping = this.notStopped = false;
    const { words } = locale;
    if (view.agrees === true) this.#announcer.say(words.rehearsal.agrees);
    else if (this.open > 0) this.#announcer.say(words.rehearsal.stillOpen(this.open));
    else if (view.agrees === false) this.#announcer.interrupt(words.rehearsal.disagrees);
  }
}
