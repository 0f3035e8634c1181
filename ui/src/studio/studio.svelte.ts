import type { CommandCode, Goods, Hosting, ShowFigures, Studio, StudioGoods } from '../host/contract';
import { commandError, type Host } from '../host/host';
import type { RoomState } from '../live/room.svelte';
import { ShopClock } from '../live/shopClock.svelte';
import type { Words } from '../text/zh';
import { stockOf } from './form';
import { History, type Step } from './history.svelte';
import { Workbench } from './workbench.svelte';

/** The pages of the studio, in the order of its sidebar. */
export const PAGES = ['goods', 'deals', 'orders', 'rehearsal', 'show'] as const;

export type Page = (typeof PAGES)[number];

/** What was done, in the language of the moment. */
export type Note = (words: Words) => string;

/** What the foot of a page says of the last edit. */
export type Told =
  | { what: 'saved'; seen_s: number | null; note: Note | null }
  | { what: 'undone'; note: Note }
  | { what: 'not_undone'; why: 'changed' | CommandCode }
  | { what: 'failed'; code: CommandCode }
  | { what: 'file'; path: string }
  | { what: 'no_file'; code: CommandCode };

/** What an edit came to: the desk as it is now, or why not. */
export type Edited = { desk: Studio } | { code: CommandCode };

/** The desk of the streamer of the open room. */
export class StudioState {
  /** Whether this window runs the room; nothing while that is unknown. */
  hosting = $state.raw<Hosting | null>(null);
  desk = $state.raw<Studio | null>(null);
  at = $state<'loading' | 'failed' | 'ready'>('loading');
  /** The last refreshing failed: what is shown is older than it might be. */
  stale = $state(false);
  /** Local time of day of what is shown. */
  asOf = $state('');
  figures = $state.raw<ShowFigures | null>(null);
  page = $state<Page>('goods');
  /** What the streamer is at: kept while they are elsewhere in the window. */
  bench = $state.raw<Workbench>()!;
  told = $state.raw<Told | null>(null);
  /** Edits under way. */
  busy = $state(0);
  readonly #clock = new ShopClock();
  readonly #history = new History();
  readonly #host: Host;
  readonly #room: RoomState;
  /** Counts the rooms: what the shop before answers means nothing any more. */
  #shop = 0;
  /** What the desk is asked is asked one after another, so that no answer is older than what is on screen. */
  #tail: Promise<unknown> = Promise.resolve();
  /** An asking for the desk that has not begun: whoever wants another can have that one. */
  #waiting: Promise<void> | null = null;
  #figuresWait = false;
  /** An edit that viewers have not been seen to see yet. */
  #watched: { goodsId: string; sent_ms: number } | null = null;

  constructor(host: Host, room: RoomState) {
    this.#host = host;
    this.#room = room;
    this.bench = new Workbench(host.studio, this);
  }

  /** Listens to the shop; returns a function that stops it. */
  listen(): () => void {
    const stop = this.#host.studio.onChanged((what) => {
      if (this.hosting?.streamer == null) return;
      void (what === 'goods' ? this.load() : this.loadFigures());
    });
    return () => {
      stop();
      this.#clock.stop();
    };
  }

  /** Another room was opened: asks who runs it. */
  async enter(): Promise<void> {
    const shop = this.#forget();
    const hosting = await this.#host.studio.hosting().catch((): Hosting => ({ streamer: null, rehearsal: false }));
    if (shop === this.#shop) this.#become(hosting);
  }

  /** Runs the room with this token from now on; what went wrong comes back. */
  async host(token: string): Promise<CommandCode | null> {
    return this.#change(() => this.#host.studio.host(token));
  }

  /** Leaves the studio of this room. */
  async stopHosting(): Promise<CommandCode | null> {
    return this.#change(() => this.#host.studio.stopHosting());
  }

  async #change(hosting: () => Promise<Hosting>): Promise<CommandCode | null> {
    const shop = this.#shop;
    try {
      const now = await hosting();
      if (shop === this.#shop) {
        this.#forget();
        this.#become(now);
      }
      return null;
    } catch (reason) {
      return commandError(reason).code;
    }
  }

  #become(hosting: Hosting): void {
    this.hosting = hosting;
    if (hosting.streamer === null) return;
    void this.load();
    void this.loadFigures();
  }

  #forget(): number {
    this.hosting = null;
    this.desk = null;
    this.figures = null;
    this.at = 'loading';
    this.stale = false;
    this.page = 'goods';
    this.told = null;
    this.#watched = null;
    this.#history.clear();
    this.bench = new Workbench(this.#host.studio, this);
    this.#clock.stop();
    return ++this.#shop;
  }

  /** Asks for the desk anew. What is on screen stays until the answer is here. */
  load(): Promise<void> {
    const shop = this.#shop;
    if (this.at === 'failed') this.at = 'loading';
    this.#waiting ??= this.#inTurn(async () => {
      this.#waiting = null;
      if (shop !== this.#shop) return;
      try {
        const desk = await this.#host.studio.open();
        if (shop === this.#shop) this.#show(desk);
      } catch {
        if (shop !== this.#shop) return;
        if (this.desk === null) this.at = 'failed';
        else this.stale = true;
      }
    });
    return this.#waiting;
  }

  /** The shop can be heard again: what was missed is asked for. */
  back(): void {
    if (this.hosting?.streamer == null) return;
    void this.load();
    void this.loadFigures();
  }

  /** Asks for the figures of the show; without an answer the old ones stay. */
  async loadFigures(): Promise<void> {
    if (this.#figuresWait) return;
    this.#figuresWait = true;
    const shop = this.#shop;
    const figures = await this.#host.studio.figures(null).catch(() => this.figures);
    this.#figuresWait = false;
    if (shop === this.#shop) this.figures = figures;
  }

  #show(desk: Studio): void {
    this.desk = desk;
    this.at = 'ready';
    this.stale = false;
    this.asOf = new Date().toTimeString().slice(0, 8);
    this.#clock.set(desk.now_s);
    this.#clock.run(() => true);
  }

  async #inTurn<T>(ask: () => Promise<T>): Promise<T> {
    const mine = this.#tail.then(ask);
    this.#tail = mine.catch(() => {});
    return mine;
  }

  /** Makes one edit; nothing is told of it yet. */
  async edit(ask: (host: Host['studio']) => Promise<Studio>): Promise<Edited> {
    const shop = this.#shop;
    this.busy += 1;
    try {
      return await this.#inTurn(async () => {
        if (shop !== this.#shop) return { code: 'not_ready' as const };
        const desk = await ask(this.#host.studio);
        if (shop === this.#shop) this.#show(desk);
        return { desk };
      });
    } catch (reason) {
      return { code: commandError(reason).code };
    } finally {
      this.busy -= 1;
    }
  }

  /** Says that an edit stands, and watches until viewers see it. */
  saved(goodsId: string | null, sent_ms: number, note: Note | null, step: Step | null): void {
    if (step !== null) this.#history.add(step);
    this.told = { what: 'saved', seen_s: null, note };
    this.#watched = goodsId === null ? null : { goodsId, sent_ms };
    this.look();
  }

  failed(code: CommandCode): void {
    this.told = { what: 'failed', code };
  }

  /** Writes the goods to a file, and tells where it lies. */
  async exportGoods(): Promise<void> {
    try {
      this.told = { what: 'file', path: await this.#host.studio.exportGoods() };
    } catch (reason) {
      this.told = { what: 'no_file', code: commandError(reason).code };
    }
  }

  /** Whether this window's own viewer side shows the last edit: then it is known how long that takes. */
  look(): void {
    const watched = this.#watched;
    if (watched === null || this.told?.what !== 'saved') return;
    const mine = this.byId(watched.goodsId)?.item;
    const theirs = this.#room.byId(watched.goodsId);
    if (mine === undefined || theirs === null || !sameToViewers(mine, theirs)) return;
    this.#watched = null;
    const tenths = Math.max(1, Math.ceil((performance.now() - watched.sent_ms) / 100));
    this.told = { ...this.told, seen_s: tenths / 10 };
  }

  /** An edit of mine that is not taken back moved an item on: earlier steps to it can still be. */
  moved(goodsId: string, before: number, after: number): void {
    this.#history.moved(goodsId, String(before), String(after));
  }

  get undoable(): boolean {
    return this.#history.last !== null;
  }

  /** Takes the last edit back, unless somebody else has changed the same meanwhile. */
  async undo(): Promise<void> {
    const step = this.#history.last;
    if (step === null || this.desk === null || this.busy > 0) return;
    const now = step.revisionIn(this.desk);
    if (now !== step.after) {
      this.#history.drop();
      this.told = { what: 'not_undone', why: 'changed' };
      return;
    }
    const sent_ms = performance.now();
    const edited = await this.edit((host) => step.inverse(host, step.after));
    if ('code' in edited) {
      // What did not arrive may be tried again; what was refused would be refused again.
      if (edited.code !== 'no_answer') this.#history.drop();
      if (edited.code === 'stale') void this.load();
      this.told = { what: 'not_undone', why: edited.code === 'stale' ? 'changed' : edited.code };
      return;
    }
    this.#history.undone(step.revisionIn(edited.desk));
    this.told = { what: 'undone', note: step.note };
    this.#watched = step.goodsId === null ? null : { goodsId: step.goodsId, sent_ms };
  }

  byId(goodsId: string): StudioGoods | null {
    return this.desk?.goods.find(({ item }) => item.goods_id === goodsId) ?? null;
  }

  pictureUrl(picture: string | null): string | null {
    return this.#room.pictureUrl(picture);
  }

  /** The same picture, small. */
  thumbUrl(picture: string | null): string | null {
    return picture === null ? null : this.#host.thumbUrl(picture);
  }

  /** The shop's clock, Unix seconds. */
  get now(): number {
    return this.#clock.now;
  }

  get live(): boolean {
    return this.desk?.room.state === 'live';
  }

  get pinned(): StudioGoods | null {
    return this.desk?.goods.find(({ item }) => item.pinned) ?? null;
  }
}

/** Whether viewers see this item as it is on the desk; what others buy meanwhile does not count. */
function sameToViewers(mine: Goods, theirs: Goods): boolean {
  const kept = ({ title, note, description, price_fen, on_sale, picture, pinned, deal, price_version, limit_per_viewer }: Goods) =>
    JSON.stringify([title, note, description, price_fen, on_sale, picture, pinned, deal?.price_version ?? null, price_version, limit_per_viewer]);
  return kept(mine) === kept(theirs) && stockOf(mine) === stockOf(theirs);
}
