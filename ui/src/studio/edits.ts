import type { CommandCode, DealDraft, GoodsDraft, NewItem, RoomDraft, Studio, StudioGoods } from '../host/contract';
import { timer } from '../shared/clock.svelte';
import { yuan } from '../shared/money';
import type { Words } from '../text/zh';
import { draftOfItem } from './form';
import type { Step } from './history.svelte';
import type { Note, StudioState } from './studio.svelte';

/** What an edit is called when it is taken back. */
export type Kind = keyof Words['studio']['editDone'];

/** What came of an edit: the row as it is now, or why it was refused. */
export type Outcome = { row: StudioGoods | null } | { code: CommandCode };

const rowIn = (desk: Studio, goodsId: string): StudioGoods | null => desk.goods.find(({ item }) => item.goods_id === goodsId) ?? null;
const orderIn = (desk: Studio): string => desk.goods.map(({ item }) => item.goods_id).join(' ');
const called =
  (kind: Kind): Note =>
  (words) =>
    words.studio.editDone[kind];

/** Makes the streamer's edits, tells what came of them, and remembers how to take them back. */
export class Edits {
  readonly #studio: StudioState;
  /** Revisions that edits of this window led to, by item and the revision before. */
  readonly #own = new Map<string, number>();

  constructor(studio: StudioState) {
    this.#studio = studio;
  }

  /** Whether nothing but edits of this window lies between two revisions of an item. */
  onlyMine(goodsId: string, from: number, to: number): boolean {
    let at: number | undefined = from;
    while (at !== undefined && at !== to) at = this.#own.get(`${goodsId} ${at}`);
    return at === to;
  }

  /** Changes what is written about an item. Fields that are not named stay as they are. */
  async item(seen: StudioGoods, changes: Partial<GoodsDraft>, addStock: number, kind: Kind): Promise<Outcome> {
    const { goods_id } = seen.item;
    const sent_ms = performance.now();
    let before = seen;
    const edited = await this.#studio.edit((host) => {
      // What this window did meanwhile is no reason to be refused.
      const now = this.#studio.byId(goods_id);
      if (now !== null && this.onlyMine(goods_id, seen.revision, now.revision)) before = now;
      return host.editItem(goods_id, { revision: before.revision, draft: { ...draftOfItem(before.item), ...changes }, add_stock: addStock });
    });
    if ('code' in edited) return this.#refused(edited.code);
    const row = rowIn(edited.desk, goods_id);
    const step = row === null ? null : this.#stepOf(before, row, addStock, kind);
    if (row !== null) this.#own.set(`${goods_id} ${before.revision}`, row.revision);
    this.#studio.saved(goods_id, sent_ms, noteOf(before, changes, this.#studio.live), step);
    return { row };
  }

  #stepOf(before: StudioGoods, row: StudioGoods, addStock: number, kind: Kind): Step {
    const { goods_id } = before.item;
    const draft = draftOfItem(before.item);
    return {
      goodsId: goods_id,
      note: called(kind),
      to: goods_id,
      before: String(before.revision),
      after: String(row.revision),
      revisionIn: (desk) => revisionText(rowIn(desk, goods_id)),
      inverse: (host, after) => host.editItem(goods_id, { revision: Number(after), draft, add_stock: -addStock }),
    };
  }

  async add(item: NewItem): Promise<Outcome> {
    const before = new Set(this.#studio.desk?.goods.map(({ item: { goods_id } }) => goods_id));
    const sent_ms = performance.now();
    const edited = await this.#studio.edit((host) => host.addItem(item));
    if ('code' in edited) return this.#refused(edited.code);
    // Another studio may have added one at the same time: ours has the title that was sent.
    const made = edited.desk.goods.filter((row) => !before.has(row.item.goods_id));
    const row = made.find((one) => one.item.title === item.draft.title) ?? made.at(-1) ?? null;
    if (row === null) return { row };
    const { goods_id, lot } = row.item;
    this.#studio.saved(goods_id, sent_ms, (words) => words.studio.added(lot), {
      goodsId: null,
      note: called('add'),
      to: goods_id,
      before: '',
      after: String(row.revision),
      revisionIn: (desk) => revisionText(rowIn(desk, goods_id)),
      inverse: (host, after) => host.removeItem(goods_id, Number(after)),
    });
    return { row };
  }

  async remove({ item: { goods_id, lot }, revision }: StudioGoods): Promise<CommandCode | null> {
    const sent_ms = performance.now();
    return this.#plain(null, sent_ms, (words) => words.studio.deleted(lot), (host) => host.removeItem(goods_id, revision));
  }

  async order(goodsIds: string[]): Promise<CommandCode | null> {
    const { desk } = this.#studio;
    if (desk === null) return null;
    const before = orderIn(desk);
    const sent_ms = performance.now();
    const edited = await this.#studio.edit((host) => host.orderGoods(goodsIds));
    if ('code' in edited) return this.#told(edited.code);
    const note: Note | null = this.#studio.live ? (words) => words.studio.moveLive : null;
    this.#studio.saved(null, sent_ms, note, {
      goodsId: null,
      note: called('order'),
      to: 'order',
      before,
      after: orderIn(edited.desk),
      revisionIn: orderIn,
      inverse: (host) => host.orderGoods(before.split(' ')),
    });
    return null;
  }

  /** Explains an item from now on, or none. */
  async pin(row: StudioGoods | null): Promise<CommandCode | null> {
    const sent_ms = performance.now();
    const note: Note = row === null ? (words) => words.studio.unpinned : (words) => words.studio.pinned(row.item.lot);
    return this.#plain(row?.item.goods_id ?? null, sent_ms, note, (host) => host.pin(row?.item.goods_id ?? null));
  }

  async makeDeal({ item: { goods_id, lot } }: StudioGoods, draft: DealDraft): Promise<CommandCode | null> {
    const sent_ms = performance.now();
    const note: Note = (words) => (draft.starts_in_s > 0 ? words.studio.dealPlanned(lot) : words.studio.dealMade({ lot, left: timer(draft.lasts_s) }));
    return this.#plain(goods_id, sent_ms, note, (host) => host.makeDeal(goods_id, draft));
  }

  async endDeal({ item: { goods_id, lot } }: StudioGoods): Promise<CommandCode | null> {
    const sent_ms = performance.now();
    return this.#plain(goods_id, sent_ms, (words) => words.studio.dealEnded(lot), (host) => host.endDeal(goods_id));
  }

  /** Changes the room. Going live and over is not taken back. */
  async room(draft: RoomDraft, seen: Studio): Promise<CommandCode | null> {
    const sent_ms = performance.now();
    const edited = await this.#studio.edit((host) => host.editRoom(draft));
    if ('code' in edited) return this.#refused(edited.code).code;
    const { title, notice, state, stream, starts_at, cover } = seen.room;
    const step: Step = {
      goodsId: null,
      note: called('room'),
      to: 'room',
      before: String(seen.room_revision),
      after: String(edited.desk.room_revision),
      revisionIn: (desk) => String(desk.room_revision),
      inverse: (host, after) => host.editRoom({ revision: Number(after), title, notice, state, stream, starts_at, cover }),
    };
    this.#studio.saved(null, sent_ms, null, draft.state === state ? step : null);
    return null;
  }

  /** An edit that is not taken back by itself. */
  async #plain(goodsId: string | null, sent_ms: number, note: Note, ask: Parameters<StudioState['edit']>[0]): Promise<CommandCode | null> {
    const before = goodsId === null ? null : this.#studio.byId(goodsId);
    const edited = await this.#studio.edit(ask);
    if ('code' in edited) return this.#told(edited.code);
    const row = goodsId === null ? null : rowIn(edited.desk, goodsId);
    if (before !== null && row !== null && before.revision !== row.revision) {
      this.#own.set(`${row.item.goods_id} ${before.revision}`, row.revision);
      this.#studio.moved(row.item.goods_id, before.revision, row.revision);
    }
    this.#studio.saved(goodsId, sent_ms, note, null);
    return null;
  }

  #refused(code: CommandCode): { code: CommandCode } {
    // Somebody else was there: the desk is read anew, to show what they did.
    if (code === 'stale' || code === 'not_found' || code === 'sold_out') void this.#studio.load();
    return { code };
  }

  #told(code: CommandCode): CommandCode {
    this.#refused(code);
    this.#studio.failed(code);
    return code;
  }
}

function revisionText(row: StudioGoods | null): string | null {
  return row === null ? null : String(row.revision);
}

/** What the streamer should know of an edit beside that it stands. */
function noteOf(before: StudioGoods, changes: Partial<GoodsDraft>, live: boolean): Note | null {
  const { price_fen, on_sale } = changes;
  if (on_sale === false && before.item.on_sale) return (words) => words.studio.offShelf(before.open_orders);
  if (live && price_fen !== undefined && price_fen !== before.item.price_fen) return (words) => words.studio.livePrice(yuan(price_fen));
  return null;
}
