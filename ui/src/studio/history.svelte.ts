import type { Studio } from '../host/contract';
import type { StudioHost } from '../host/studioHost';
import type { Note } from './studio.svelte';

/** An edit that can be taken back. */
export interface Step {
  /** The item it was made to; nothing for one to the shelf or the room. */
  goodsId: string | null;
  /** What was done, in words. */
  note: Note;
  /** Names what it was made to, so that earlier steps to the same are found. */
  to: string;
  /** What it was made to at that moment: a revision, or the order of the shelf. */
  before: string;
  /** The same after the edit. As long as that holds, nobody else was there. */
  after: string;
  /** The same now; nothing when it is gone. */
  revisionIn: (desk: Studio) => string | null;
  inverse: (host: StudioHost, after: string) => Promise<Studio>;
}

/** Edits that are kept to be taken back. */
const KEPT = 50;

/** The streamer's last edits, the latest first to be taken back. */
export class History {
  #steps = $state.raw<Step[]>([]);

  get last(): Step | null {
    return this.#steps.at(-1) ?? null;
  }

  add(step: Step): void {
    this.#steps = [...this.#steps, step].slice(-KEPT);
  }

  /** The last one cannot be taken back. */
  drop(): void {
    this.#steps = this.#steps.slice(0, -1);
  }

  /** The last one was taken back, which is an edit as well: the step before it to the same now finds this revision. */
  undone(now: string | null): void {
    const undone = this.last;
    this.drop();
    if (undone === null || now === null) return;
    this.moved(undone.to, undone.before, now);
  }

  /** What the last step to this left behind is something else now, and nobody else was there. */
  moved(to: string, before: string, now: string): void {
    const at = this.#steps.findLastIndex((step) => step.to === to);
    this.#steps = this.#steps.map((step, n) => (n === at && step.after === before ? { ...step, after: now } : step));
  }

  clear(): void {
    this.#steps = [];
  }
}
