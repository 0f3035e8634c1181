import type { CommandCode, GoodsDraft, StudioGoods } from '../../host/contract';
import { dealOf } from '../../live/goods';
import type { Edits, Outcome } from '../edits';
import { countOf, draftOf, draftOfItem, faultOf, type Field, FIELDS, type Form, formOf, priceOf, priceText, sameField, stockOf, wrongFields } from '../form';
import type { Met } from '../goods/cells.svelte';
import type { StudioState } from '../studio.svelte';
import { DealForm } from './dealForm.svelte';

/** A field in which what was typed and what somebody else saved differ. */
export interface Difference {
  field: Field;
  choice: 'mine' | 'theirs';
}

/** An edit that met somebody else's. */
export interface Conflict {
  mine: Form;
  theirs: StudioGoods;
  differences: Difference[];
}

/** One item in the editor: what is typed, against what it stands, and what became of it. */
export class EditorState {
  /** The item on screen; `new` for one that is to be made. */
  open = $state.raw<{ goodsId: string | null } | null>(null);
  /** What the fields were filled from. */
  base = $state.raw<StudioGoods | null>(null);
  form = $state<Form>(formOf(null));
  /** Fields found wrong on leaving them or on saving; never while typing. */
  wrong = $state.raw<Field[]>([]);
  saving = $state(false);
  trouble = $state.raw<CommandCode | null>(null);
  /** The item was saved, and only its deal was not made. */
  dealRefused = $state(false);
  conflict = $state.raw<Conflict | null>(null);
  /** The item was deleted by somebody else. */
  gone = $state(false);
  /** What is to happen once the unsaved changes are dealt with. */
  leaving = $state.raw<(() => void) | null>(null);
  /** A deal is to be made with the next saving. */
  dealing = $state(false);
  /** A picture is on its way: saving waits for it. */
  sending = $state(false);
  readonly deal = new DealForm();
  /** The stock that was on screen when another was typed. */
  #stockSeen = 0;
  readonly #studio: StudioState;
  readonly #edits: Edits;

  constructor(studio: StudioState, edits: Edits) {
    this.#studio = studio;
    this.#edits = edits;
  }

  show(row: StudioGoods): void {
    if (this.open?.goodsId === row.item.goods_id && !this.gone) return;
    this.leave(() => this.#fill(row));
  }

  showNew(): void {
    if (this.open?.goodsId === null && !this.dirty) return;
    this.leave(() => this.#fill(null));
  }

  close(): void {
    this.leave(() => (this.open = null));
  }

  /** Goes on, unless something unsaved would be lost: then the streamer is asked. */
  leave(then: () => void): void {
    if (this.dirty) this.leaving = then;
    else {
      this.leaving = null;
      then();
    }
  }

  /** Shows an edit made in the table that met somebody else's. */
  meet({ base, form, taken }: Met): void {
    this.leave(() => {
      taken();
      this.#fill(base);
      this.form = { ...form };
      void this.#compareAnew();
    });
  }

  discard(): void {
    const then = this.leaving;
    this.leaving = null;
    // What is discarded must not be asked about again.
    this.form = formOf(this.base);
    this.dealing = false;
    this.conflict = null;
    then?.();
  }

  async saveAndLeave(): Promise<void> {
    const then = this.leaving;
    this.leaving = null;
    if (await this.save()) then?.();
  }

  #fill(row: StudioGoods | null): void {
    this.open = { goodsId: row?.item.goods_id ?? null };
    this.base = row;
    this.form = formOf(row);
    this.#stockSeen = row === null ? 0 : stockOf(row.item);
    this.wrong = [];
    this.trouble = null;
    this.conflict = null;
    this.gone = false;
    this.leaving = null;
    this.dealing = false;
    this.sending = false;
    this.deal.clear();
  }

  get changed(): Field[] {
    const before = formOf(this.base);
    return FIELDS.filter((field) => !sameField(field, this.form, before));
  }

  get dirty(): boolean {
    return this.open !== null && (this.changed.length > 0 || this.dealing || this.conflict !== null);
  }

  /** The desk has moved on: what is not being edited follows it. */
  follow(): void {
    if (this.open?.goodsId == null || this.base === null || this.conflict !== null) return;
    const row = this.#studio.byId(this.open.goodsId);
    if (row === null) {
      if (this.#studio.desk === null) return;
      if (this.dirty) this.gone = true;
      else this.open = null;
      return;
    }
    const mine = this.#edits.onlyMine(row.item.goods_id, this.base.revision, row.revision);
    // Somebody else's edit is met on saving, where both are shown.
    if (!mine && this.dirty) return;
    const changed = this.changed;
    const fresh = formOf(row);
    this.form = Object.assign({ ...fresh }, Object.fromEntries(changed.map((field) => [field, this.form[field]])));
    if (!changed.includes('stock')) this.#stockSeen = stockOf(row.item);
    this.base = row;
  }

  /** Whether the stock is what the streamer typed. */
  get restocked(): boolean {
    return this.base === null || this.gone || this.changed.includes('stock');
  }

  /** Pieces that can be ordered once this is saved. */
  get orderable(): number {
    if (!this.restocked) return this.base?.item.stock_left ?? 0;
    return Math.max(0, (countOf(this.form.stock, 0) ?? 0) - this.held);
  }

  get held(): number {
    return this.base?.item.held ?? 0;
  }

  /** What has become right is not called wrong any longer. */
  typed(field: Field): void {
    if (this.wrong.includes(field) && faultOf(field, this.form, this.base?.item ?? null) === null) this.wrong = this.wrong.filter((one) => one !== field);
  }

  left(field: Field): void {
    this.wrong = this.wrong.filter((one) => one !== field);
    // A field that was only passed on the way to another is no mistake yet.
    if (this.form[field] === '' && !this.changed.includes(field)) return;
    if (faultOf(field, this.form, this.base?.item ?? null) !== null) this.wrong = [...this.wrong, field];
    else if (field === 'price') this.form.price = priceText(priceOf(this.form.price) ?? 0);
  }

  /** The deal that is planned or runs, which another cannot join. */
  get dealt(): boolean {
    return this.base !== null && dealOf(this.base.item, this.#studio.now) !== null;
  }

  /** Saves what is typed; false when it did not come to that. */
  async save(): Promise<boolean> {
    if (this.saving || this.sending || this.conflict !== null) return false;
    // Stock that nobody touches may be more than could be written here.
    this.wrong = wrongFields(this.form, this.base?.item ?? null).filter((field) => field !== 'stock' || this.restocked);
    const dealFits = !this.dealing || this.deal.check(priceOf(this.form.price) ?? 0, this.orderable, this.#studio.now);
    this.trouble = null;
    this.dealRefused = false;
    if (this.wrong.length > 0 || !dealFits) return false;
    this.saving = true;
    const outcome = await this.#send();
    this.saving = false;
    if ('code' in outcome) {
      this.#refused(outcome.code);
      return false;
    }
    return true;
  }

  /** The item first, then its deal: what was saved stays saved when the deal is refused. */
  async #send(): Promise<Outcome> {
    const dealing = this.dealing;
    const { base } = this;
    let outcome: Outcome;
    if (base === null || this.gone) {
      outcome = await this.#edits.add({ draft: draftOf(this.form), stock: countOf(this.form.stock, 0) ?? 0 });
    } else if (this.changed.length > 0) {
      const addStock = this.changed.includes('stock') ? (countOf(this.form.stock, 0) ?? 0) - this.#stockSeen : 0;
      outcome = await this.#edits.item(base, this.#changes(base), addStock, 'item');
    } else {
      outcome = { row: base };
    }
    if ('code' in outcome || outcome.row === null) return outcome;
    const { row } = outcome;
    this.open = { goodsId: row.item.goods_id };
    this.base = row;
    this.gone = false;
    this.form = formOf(row);
    this.#stockSeen = stockOf(row.item);
    if (!dealing) return outcome;
    const code = await this.#edits.makeDeal(row, this.deal.draft(row.revision, this.#studio.now));
    if (code !== null) {
      this.dealRefused = true;
      return { code };
    }
    this.dealing = false;
    this.deal.clear();
    this.follow();
    return outcome;
  }

  #changes(base: StudioGoods): Partial<GoodsDraft> {
    const whole = draftOf(this.form);
    const before = draftOfItem(base.item);
    return Object.fromEntries(Object.entries(whole).filter(([name, value]) => value !== before[name as keyof GoodsDraft]));
  }

  #refused(code: CommandCode): void {
    const row = this.open?.goodsId == null ? null : this.#studio.byId(this.open.goodsId);
    if (code === 'stale' && row !== null && this.changed.length > 0) void this.#compareAnew();
    else if (code === 'not_found' && this.base !== null) this.gone = true;
    else this.trouble = code;
  }

  async #compareAnew(): Promise<void> {
    await this.#studio.load();
    this.#compare();
  }

  /** Lays what was typed beside what stands now. A field that only one of the two changed is chosen already. */
  #compare(): void {
    const theirs = this.open?.goodsId == null ? null : this.#studio.byId(this.open.goodsId);
    const { base } = this;
    if (theirs === null || base === null) {
      this.gone = base !== null;
      return;
    }
    const [before, now] = [formOf(base), formOf(theirs)];
    const differing = FIELDS.filter((field) => !sameField(field, this.form, now));
    const differences = differing.map((field): Difference => ({ field, choice: sameField(field, this.form, before) ? 'theirs' : 'mine' }));
    if (differences.length === 0) this.#fill(theirs);
    else this.conflict = { mine: { ...this.form }, theirs, differences };
  }

  choose(field: Field, choice: Difference['choice']): void {
    if (this.conflict === null) return;
    const differences = this.conflict.differences.map((one) => (one.field === field ? { ...one, choice } : one));
    this.conflict = { ...this.conflict, differences };
  }

  /** Everything as the other device has it. */
  takeTheirs(): void {
    if (this.conflict !== null) this.#fill(this.conflict.theirs);
  }

  /** Saves what was chosen field by field. */
  async settle(): Promise<void> {
    if (this.conflict === null) return;
    const { mine, theirs, differences } = this.conflict;
    const kept = differences.filter(({ choice }) => choice === 'mine').map(({ field }) => field);
    this.conflict = null;
    this.base = theirs;
    this.#stockSeen = stockOf(theirs.item);
    this.form = Object.assign(formOf(theirs), Object.fromEntries(kept.map((field) => [field, mine[field]])));
    if (kept.length > 0) await this.save();
  }
}
