import type { CaseReport, CaseState, CommandError, Rehearsal } from '../../host/contract';
import { commandError, type Host } from '../../host/host';
import type { Announcer } from '../../shared/announcer.svelte';
import { locale } from '../../text/text.svelte';

/** Where the report of the last rehearsal is. */
export type Saved = { at: 'nowhere' | 'busy' | 'failed' } | { at: 'file'; path: string };

/** A case that is over, one way or the other. */
function judged({ state }: CaseReport): boolean {
  return state === 'passed' || state === 'failed';
}

function goesOn(view: Rehearsal | null): boolean {
  return view?.state === 'preparing' || view?.state === 'running';
}

/** The rehearsal that runs, or ran last. */
export class ScriptState {
  view = $state.raw<Rehearsal | null>(null);
  /** It was asked for, and nothing of it is here yet. */
  starting = $state(false);
  /** It was asked to stop, and goes on yet. */
  stopping = $state(false);
  /** Why it did not begin. */
  refused = $state.raw<CommandError | null>(null);
  /** It was asked to stop, which failed. */
  notStopped = $state(false);
  saved = $state.raw<Saved>({ at: 'nowhere' });
  readonly #host: Host;
  readonly #announcer: Announcer;
  /** Counts the beginnings: views of the one before mean nothing any more. */
  #run = 0;

  constructor(host: Host, announcer: Announcer) {
    this.#host = host;
    this.#announcer = announcer;
  }

  get running(): boolean {
    return this.starting || goesOn(this.view);
  }

  get cases(): CaseReport[] {
    return this.view?.cases ?? [];
  }

  /** Cases that are over. */
  get judged(): number {
    return this.cases.filter(judged).length;
  }

  get passed(): number {
    return this.cases.filter(({ state }) => state === 'passed').length;
  }

  get failed(): number {
    return this.cases.filter(({ state }) => state === 'failed').length;
  }

  /** The case that is being lived; between two of them the next one. Nothing before the first. */
  get current(): CaseReport | null {
    if (this.view?.state !== 'running') return null;
    const at = (wanted: CaseState) => this.cases.find(({ state }) => state === wanted);
    return at('running') ?? at('waiting') ?? this.cases.at(-1) ?? null;
  }

  /** Takes up the rehearsal that the program knows of. */
  async attach(): Promise<void> {
    if (this.running) return;
    const mine = ++this.#run;
    try {
      const last = await this.#host.rehearsal.last();
      if (mine !== this.#run || last === null) return;
      this.view = last;
      if (goesOn(last)) await this.#host.rehearsal.rehearse((view) => this.#take(mine, view));
    } catch {
      // Nothing is known of an earlier rehearsal: the page offers a new one.
    }
  }

  /** Begins the script. */
  async start(): Promise<void> {
    if (this.running) return;
    const mine = ++this.#run;
    this.starting = true;
    this.stopping = this.notStopped = false;
    this.refused = null;
    this.saved = { at: 'nowhere' };
    this.view = null;
    try {
      await this.#host.rehearsal.rehearse((view) => this.#take(mine, view));
    } catch (reason) {
      if (mine !== this.#run) return;
      this.starting = this.stopping = false;
      this.refused = commandError(reason);
      this.#announcer.interrupt(locale.words.rehearsal.notStarted);
    }
  }

  async stop(): Promise<void> {
    if (this.stopping || !this.running) return;
    const mine = this.#run;
    this.stopping = true;
    this.notStopped = false;
    try {
      await this.#host.rehearsal.stop();
    } catch {
      if (mine !== this.#run || !this.running) return;
      this.stopping = false;
      this.notStopped = true;
    }
  }

  /** Writes the report in the page's language. */
  async save(): Promise<void> {
    if (this.saved.at === 'busy') return;
    const mine = this.#run;
    this.saved = { at: 'busy' };
    const { words } = locale;
    try {
      const path = await this.#host.rehearsal.saveReport(locale.language);
      if (mine !== this.#run) return;
      this.saved = { at: 'file', path };
      this.#announcer.say(`${words.rehearsal.saved} ${path}`);
    } catch {
      if (mine !== this.#run) return;
      this.saved = { at: 'failed' };
      this.#announcer.interrupt(words.rehearsal.notSaved);
    }
  }

  #take(run: number, view: Rehearsal): void {
    if (run !== this.#run) return;
    const went = this.running;
    this.view = view;
    this.starting = false;
    if (goesOn(view)) return;
    this.stopping = this.notStopped = false;
    if (went) this.#tell();
  }

  /** The end of it, wherever the streamer is in the window. */
  #tell(): void {
    const { words } = locale;
    const { view } = this;
    if (view?.state === 'done') {
      if (this.failed > 0) this.#announcer.interrupt(words.rehearsal.someFailed(this.failed));
      else this.#announcer.say(words.rehearsal.allPassed(this.passed));
    } else if (view?.state === 'failed') this.#announcer.interrupt(words.rehearsal.broken);
    else this.#announcer.say(words.rehearsal.stopped({ now: this.judged, whole: this.cases.length }));
  }
}
