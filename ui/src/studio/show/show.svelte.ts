import type { CommandCode, RoomState, Studio } from '../../host/contract';
import { momentOf, momentText } from '../editor/dealForm.svelte';
import type { Edits } from '../edits';
import { lengthOf, TITLE_MAX } from '../form';
import type { StudioState } from '../studio.svelte';

const NOTICE_MAX = 200;

/** What is written about the room, as it stands in the fields. */
export interface RoomForm {
  title: string;
  notice: string;
  stream: string;
  starts_at: string;
  cover: string | null;
}

export type RoomField = keyof RoomForm;

export const ROOM_FIELDS = ['title', 'notice', 'stream', 'starts_at', 'cover'] as const satisfies readonly RoomField[];

/** The fields with words of their own for what is wrong. */
export type WrongField = Exclude<RoomField, 'cover'>;

export interface RoomConflict {
  theirs: Studio;
  mine: RoomForm;
  differences: { field: RoomField; choice: 'mine' | 'theirs' }[];
}

export function roomForm({ room }: Studio): RoomForm {
  const { title, notice, stream, starts_at, cover } = room;
  return { title, notice: notice ?? '', stream: stream ?? '', starts_at: starts_at === null ? '' : momentText(starts_at), cover };
}

function same(field: RoomField, a: RoomForm, b: RoomForm): boolean {
  const [one, other] = [a[field], b[field]];
  return typeof one === 'string' && typeof other === 'string' ? one.trim() === other.trim() : one === other;
}

/** Whether a field can stand, by the shop's own rules. */
export function roomFits(field: RoomField, form: RoomForm, now: number): boolean {
  switch (field) {
    case 'title':
      return lengthOf(form.title) >= 1 && lengthOf(form.title) <= TITLE_MAX;
    case 'notice':
      return lengthOf(form.notice) <= NOTICE_MAX;
    case 'stream':
      return form.stream.trim() === '' || streamFits(form.stream.trim());
    case 'starts_at':
      return form.starts_at.trim() === '' || momentOf(form.starts_at, now) !== null;
    case 'cover':
      return true;
  }
}

function streamFits(text: string): boolean {
  try {
    const url = new URL(text);
    return url.protocol === 'https:' || (url.protocol === 'http:' && ['127.0.0.1', 'localhost', '[::1]'].includes(url.hostname));
  } catch {
    return false;
  }
}

/** The room's settings: what is typed, against what it stands. */
export class ShowState {
  base = $state.raw<Studio | null>(null);
  form = $state<RoomForm>({ title: '', notice: '', stream: '', starts_at: '', cover: null });
  wrong = $state.raw<RoomField[]>([]);
  saving = $state(false);
  /** A picture is on its way: saving waits for it. */
  sending = $state(false);
  trouble = $state.raw<CommandCode | null>(null);
  conflict = $state.raw<RoomConflict | null>(null);
  /** What the streamer is asked: whether the show is to go live, or over. */
  asking = $state<RoomState | null>(null);
  readonly #studio: StudioState;
  readonly #edits: Edits;

  constructor(studio: StudioState, edits: Edits) {
    this.#studio = studio;
    this.#edits = edits;
  }

  get changed(): RoomField[] {
    const { base, form } = this;
    if (base === null) return [];
    const before = roomForm(base);
    return ROOM_FIELDS.filter((field) => !same(field, form, before));
  }

  /** The desk has moved on: what is not being edited follows it. */
  follow(): void {
    const { desk } = this.#studio;
    if (desk === null || this.conflict !== null || this.saving) return;
    if (this.base !== null && this.changed.length > 0 && desk.room_revision !== this.base.room_revision) return;
    const changed = this.changed;
    this.form = Object.assign(roomForm(desk), Object.fromEntries(changed.map((field) => [field, this.form[field]])));
    this.base = desk;
  }

  typed(field: RoomField): void {
    if (this.wrong.includes(field) && roomFits(field, this.form, this.#studio.now)) this.wrong = this.wrong.filter((one) => one !== field);
  }

  left(field: RoomField): void {
    this.wrong = this.wrong.filter((one) => one !== field);
    if (!roomFits(field, this.form, this.#studio.now)) this.wrong = [...this.wrong, field];
    else if (field === 'starts_at' && this.form.starts_at.trim() !== '') this.form.starts_at = momentText(momentOf(this.form.starts_at, this.#studio.now) ?? 0);
  }

  /** Saves what is typed, or moves the show to another state with what is typed. */
  async save(to: RoomState | null = null): Promise<boolean> {
    const { base } = this;
    if (base === null || this.saving || this.sending || this.conflict !== null) return false;
    this.asking = null;
    this.trouble = null;
    this.wrong = ROOM_FIELDS.filter((field) => !roomFits(field, this.form, this.#studio.now));
    if (this.wrong.length > 0) return false;
    this.saving = true;
    const { title, notice, stream, starts_at, cover } = this.form;
    const draft = {
      revision: base.room_revision,
      title: title.trim(),
      notice: textOrNull(notice),
      state: to ?? base.room.state,
      stream: textOrNull(stream),
      // A minute in a field stands for the second that was there.
      starts_at: starts_at === roomForm(base).starts_at ? base.room.starts_at : momentOf(starts_at, this.#studio.now),
      cover,
    };
    const code = await this.#edits.room(draft, base);
    this.saving = false;
    if (code === null) {
      const { desk } = this.#studio;
      if (desk !== null) {
        this.base = desk;
        this.form = roomForm(desk);
      }
      return true;
    }
    if (code === 'stale') await this.#compare();
    else this.trouble = code;
    return false;
  }

  async #compare(): Promise<void> {
    await this.#studio.load();
    const { base, form } = this;
    const theirs = this.#studio.desk;
    if (base === null || theirs === null) return;
    const [before, now] = [roomForm(base), roomForm(theirs)];
    const differing = ROOM_FIELDS.filter((field) => !same(field, form, now));
    const differences = differing.map((field) => ({ field, choice: same(field, form, before) ? ('theirs' as const) : ('mine' as const) }));
    if (differences.length === 0) this.#take(theirs, []);
    else this.conflict = { theirs, mine: { ...form }, differences };
  }

  choose(field: RoomField, choice: 'mine' | 'theirs'): void {
    if (this.conflict === null) return;
    const differences = this.conflict.differences.map((one) => (one.field === field ? { ...one, choice } : one));
    this.conflict = { ...this.conflict, differences };
  }

  takeTheirs(): void {
    if (this.conflict !== null) this.#take(this.conflict.theirs, []);
  }

  async settle(): Promise<void> {
    if (this.conflict === null) return;
    const kept = this.conflict.differences.filter(({ choice }) => choice === 'mine').map(({ field }) => field);
    this.#take(this.conflict.theirs, kept);
    if (kept.length > 0) await this.save();
  }

  #take(theirs: Studio, kept: RoomField[]): void {
    const { form } = this;
    this.conflict = null;
    this.base = theirs;
    this.form = Object.assign(roomForm(theirs), Object.fromEntries(kept.map((field) => [field, form[field]])));
  }
}

function textOrNull(text: string): string | null {
  return text.trim() === '' ? null : text.trim();
}
