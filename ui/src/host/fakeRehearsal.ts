import type { CommandError, Crowd, CrowdPlan, Entrance, Happening, LanPhone, Language, Panel, Rehearsal, Switch, Trouble } from './contract';
import type { FakeShop } from './fakeStudio';
import type { RehearsalHost } from './rehearsalHost';

const switchedOff = (trouble: Trouble): Switch => ({ trouble, on: false, struck: 0, off_in_s: null });

const TROUBLES: Trouble[] = ['notices_lost', 'notices_late', 'notices_doubled', 'queries_unanswered', 'no_code', 'channels_down', 'viewer_offline', 'paid_after_closing', 'paid_twice', 'refunds_refused'];

/** Rehearsing in memory. Everything on it may be changed before or during use. */
export class FakeRehearsal implements RehearsalHost {
  /** The rehearsal the program knows of. */
  kept: Rehearsal | null = null;
  switches: Switch[] = TROUBLES.map(switchedOff);
  happenings: Happening[] = [];
  onPanel: 'shown' | 'never' | CommandError = 'shown';
  onSwitch: 'moved' | 'never' | CommandError = 'moved';
  /** What beginning comes to; views come by `emit`. */
  onRehearse: 'begun' | CommandError = 'begun';
  onStop: 'stopped' | CommandError = 'stopped';
  reportAt: string | 'never' | CommandError = '/home/ahe/Downloads/liveshop-rehearsal-2026-08-22.html';
  onCrowd: 'begun' | CommandError = 'begun';
  /** What a crowd comes to at once; more comes by `emitCrowd`. */
  crowdIs: Crowd | null = null;
  onStopCrowd: 'stopped' | CommandError = 'stopped';
  /** The phone while it is on. */
  phoneOn: LanPhone | 'never' | CommandError = { on: true, url: 'http://192.168.1.23:7461/phone', qr: null };
  phoneOff: LanPhone | CommandError = { on: false, url: null, qr: null };
  readonly #shop: FakeShop;
  readonly #happened = new Set<() => void>();
  #onView: (view: Rehearsal) => void = () => {};
  #onCrowd: (view: Crowd) => void = () => {};

  constructor(shop: FakeShop) {
    this.#shop = shop;
  }

  #answer<T>(value: T | CommandError | 'never'): Promise<T> {
    if (value === 'never') return new Promise(() => {});
    if (typeof value === 'object' && value !== null && 'code' in value && 'message' in value) return Promise.reject(value);
    return Promise.resolve(value as T);
  }

  async panel(): Promise<Panel> {
    this.#shop.note('panel');
    await this.#answer(this.onPanel);
    return { switches: this.switches, happenings: this.happenings };
  }

  async setTrouble(trouble: Trouble, on: boolean): Promise<Panel> {
    this.#shop.note('setTrouble', trouble, on);
    await this.#answer(this.onSwitch);
    const off_in_s = !on ? null : trouble === 'channels_down' ? 60 : trouble === 'viewer_offline' ? 20 : null;
    this.switches = this.switches.map((one) => (one.trouble === trouble ? { ...one, on, off_in_s } : one));
    return { switches: this.switches, happenings: this.happenings };
  }

  async clearTroubles(): Promise<Panel> {
    this.#shop.note('clearTroubles');
    await this.#answer(this.onSwitch);
    this.switches = this.switches.map((one) => ({ ...one, on: false, off_in_s: null }));
    return { switches: this.switches, happenings: this.happenings };
  }

  onHappening(listener: () => void): () => void {
    this.#happened.add(listener);
    return () => this.#happened.delete(listener);
  }

  /** As if something had happened between the shop and the channels, or a switch had moved by itself. */
  happen(): void {
    this.#happened.forEach((listener) => listener());
  }

  async rehearse(onView: (view: Rehearsal) => void): Promise<void> {
    this.#shop.note('rehearse');
    await this.#answer(this.onRehearse);
    this.#onView = onView;
    if (this.kept?.state === 'running' || this.kept?.state === 'preparing') onView(this.kept);
  }

  /** The rehearsal goes on. */
  emit(view: Rehearsal): void {
    this.kept = view;
    this.#onView(view);
  }

  async stop(): Promise<void> {
    this.#shop.note('stopRehearsal');
    await this.#answer(this.onStop);
  }

  last(): Promise<Rehearsal | null> {
    this.#shop.note('lastRehearsal');
    return Promise.resolve(this.kept);
  }

  saveReport(language: Language): Promise<string> {
    this.#shop.note('saveReport', language);
    return this.#answer<string>(this.reportAt);
  }

  async crowd(plan: CrowdPlan, onView: (view: Crowd) => void): Promise<void> {
    this.#shop.note('crowd', plan);
    await this.#answer(this.onCrowd);
    this.#onCrowd = onView;
    if (this.crowdIs !== null) onView(this.crowdIs);
  }

  /** The crowd goes on. */
  emitCrowd(view: Crowd): void {
    this.#onCrowd(view);
  }

  async stopCrowd(): Promise<void> {
    this.#shop.note('stopCrowd');
    await this.#answer(this.onStopCrowd);
  }

  lanPhone(on: boolean): Promise<LanPhone> {
    this.#shop.note('lanPhone', on);
    return this.#answer<LanPhone>(on ? this.phoneOn : this.phoneOff);
  }

  resetPractice(): Promise<Entrance> {
    this.#shop.note('resetPractice');
    const { entrance } = this.#shop;
    return typeof entrance === 'object' && 'entrance' in entrance ? Promise.resolve(entrance) : Promise.reject(entrance);
  }
}
