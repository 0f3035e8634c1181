import type { CommandCode, GoodsDraft, StudioGoods } from '../../host/contract';
import type { Edits } from '../edits';
import { countOf, type Fault, faultOf, type Form, formOf, priceOf, sameField, stockOf } from '../form';

/** The columns that are edited in their cells, from left to right. */
export const CELLS = ['title', 'price', 'stock'] as const;

export type CellField = (typeof CELLS)[number];

/** What is typed into a cell and not saved yet. */
export interface CellDraft {
  text: string;
  /** The row as it was when typing began: what it is judged and sent against. */
  base: StudioGoods;
  saving: boolean;
  trouble: Fault | CommandCode | null;
}

/** An edit that met somebody else's: what was typed, and what it was typed over. */
export interface Met {
  base: StudioGoods;
  form: Form;
  /** It stands somewhere else now, and need not be kept here. */
  taken: () => void;
}

/** The cells that are being edited, and those whose edits have not been saved. */
export class Cells {
  /** The cell with the cursor. */
  at = $state.raw<{ goodsId: string; field: CellField } | null>(null);
  #drafts = $state.raw<ReadonlyMap<string, CellDraft>>(new Map());
  readonly #edits: Edits;
  readonly #onMet: (met: Met) => void;
  readonly #onFailed: (code: CommandCode) => void;

  constructor(edits: Edits, onMet: (met: Met) => void, onFailed: (code: CommandCode) => void) {
    this.#edits = edits;
    this.#onMet = onMet;
    this.#onFailed = onFailed;
  }

  draft(goodsId: string, field: CellField): CellDraft | null {
    return this.#drafts.get(`${field} ${goodsId}`) ?? null;
  }

  isAt(goodsId: string, field: CellField): boolean {
    return this.at?.goodsId === goodsId && this.at.field === field;
  }

  begin(row: StudioGoods, field: CellField): void {
    const { goods_id } = row.item;
    const draft = this.draft(goods_id, field);
    if (draft?.saving) return;
    if (draft === null) this.#put(goods_id, field, { text: formOf(row)[field], base: row, saving: false, trouble: null });
    this.at = { goodsId: goods_id, field };
  }

  type(text: string): void {
    if (this.at === null) return;
    const { goodsId, field } = this.at;
    const draft = this.draft(goodsId, field);
    if (draft === null) return;
    // What has become right is not called wrong any longer; nothing is called wrong while it is typed.
    this.#put(goodsId, field, { ...draft, text, trouble: null });
  }

  /** Puts back what was there. */
  restore(): void {
    if (this.at === null) return;
    const { goodsId, field } = this.at;
    this.at = null;
    this.#drop(goodsId, field);
  }

  /** Ends the editing of the cell with the cursor and saves it; false when what was typed cannot stand. */
  leave(): boolean {
    if (this.at === null) return true;
    const { goodsId, field } = this.at;
    const draft = this.draft(goodsId, field);
    if (draft === null) {
      this.at = null;
      return true;
    }
    const before = formOf(draft.base);
    const form = { ...before, [field]: draft.text };
    if (sameField(field, form, before)) {
      this.restore();
      return true;
    }
    const fault = faultOf(field, form, draft.base.item);
    if (fault !== null) {
      this.#put(goodsId, field, { ...draft, trouble: fault });
      return false;
    }
    this.at = null;
    void this.#save(field, draft, form);
    return true;
  }

  async #save(field: CellField, draft: CellDraft, form: Form): Promise<void> {
    const { base } = draft;
    const { goods_id } = base.item;
    this.#put(goods_id, field, { ...draft, saving: true, trouble: null });
    const [changes, addStock] = changeOf(field, form, base);
    const outcome = await this.#edits.item(base, changes, addStock, field);
    if (!('code' in outcome)) {
      this.#drop(goods_id, field);
      return;
    }
    this.#put(goods_id, field, { ...draft, saving: false, trouble: outcome.code });
    if (outcome.code === 'stale') this.#onMet({ base, form, taken: () => this.#drop(goods_id, field) });
    else this.#onFailed(outcome.code);
  }

  #put(goodsId: string, field: CellField, draft: CellDraft): void {
    this.#drafts = new Map(this.#drafts).set(`${field} ${goodsId}`, draft);
  }

  #drop(goodsId: string, field: CellField): void {
    const drafts = new Map(this.#drafts);
    drafts.delete(`${field} ${goodsId}`);
    this.#drafts = drafts;
  }
}

/** What a cell changes, and by how many pieces: what is sold meanwhile is not put back. */
function changeOf(field: CellField, form: Form, base: StudioGoods): [Partial<GoodsDraft>, number] {
  switch (field) {
    case 'title':
      return [{ title: form.title.trim() }, 0];
    case 'price':
      return [{ price_fen: priceOf(form.price) ?? base.item.price_fen }, 0];
    case 'stock':
      return [{}, (countOf(form.stock, 0) ?? 0) - stockOf(base.item)];
  }
}
