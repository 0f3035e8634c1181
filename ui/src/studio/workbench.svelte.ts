import type { StudioGoods } from '../host/contract';
import type { StudioHost } from '../host/studioHost';
import { EditorState } from './editor/editor.svelte';
import { Edits } from './edits';
import { type Form, formOf } from './form';
import { Cells } from './goods/cells.svelte';
import { SalesState } from './orders/sales.svelte';
import { ShowState } from './show/show.svelte';
import type { StudioState } from './studio.svelte';

/** What the streamer is at: kept while they are elsewhere in the window, so that nothing typed is lost. */
export class Workbench {
  readonly edits: Edits;
  readonly editor: EditorState;
  readonly cells: Cells;
  readonly show: ShowState;
  readonly sales: SalesState;
  /** What the goods are searched for. */
  query = $state('');
  /** The row that the keys speak of. */
  selected = $state<string | null>(null);

  constructor(host: StudioHost, studio: StudioState) {
    this.edits = new Edits(studio);
    this.editor = new EditorState(studio, this.edits);
    this.cells = new Cells(
      this.edits,
      (met) => this.editor.meet(met),
      (code) => studio.failed(code),
    );
    this.show = new ShowState(studio, this.edits);
    this.sales = new SalesState(host);
  }

  /** The fields of an item with something else in some of them. */
  formWith(row: StudioGoods, change: Partial<Form>): Form {
    return { ...formOf(row), ...change };
  }
}
