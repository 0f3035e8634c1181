import { AddressBook } from '../addresses/book.svelte';
import type { CommandError, Entrance, Goods, KnownRoom, PayType, Room, Viewer } from '../host/contract';
import { commandError, type Host } from '../host/host';
import { dealOf, offered, type Price, priceOf } from './goods';
import { type PriceNews, PriceNotes } from './priceNotes.svelte';
import { ShopClock } from './shopClock.svelte';

type Door = () => Promise<Entrance>;

/** How far the viewer has come into the room. */
export type Entry =
  | { at: 'opening' }
  | { at: 'failed'; error: CommandError }
  | { at: 'ask_trust' | 'declined'; asked: Extract<Entrance, { entrance: 'ask_trust' }> }
  | { at: 'key_changed'; shown: Extract<Entrance, { entrance: 'key_changed' }> }
  | { at: 'open' };

export type Shelf = 'loading' | 'failed' | 'ready';

/** The room the viewer is in: what is shown, what is for sale, and whether that is still true. */
export class RoomState {
  entry = $state.raw<Entry>({ at: 'opening' });
  /** Rises with every room that is opened: what belongs to the room before is then to be put away. */
  entered = $state(0);
  /** The room that is open, also while the viewer is asked about another. */
  room = $state.raw<Room | null>(null);
  /** The open room's link, to be passed on; a practice room has none. */
  link = $state<string | null>(null);
  /** Where this shop may send things. */
  book = $state.raw<AddressBook>()!;
  practice = $state(false);
  goods = $state.raw<Goods[]>([]);
  shelf = $state<Shelf>('loading');
  viewer = $state.raw<Viewer | null>(null);
  online = $state(true);
  /** Local time of day when the connection was lost: prices and stock are from then. */
  staleSince = $state<string | null>(null);
  /** Goods whose prices changed a moment ago. */
  readonly notes = new PriceNotes();
  /** Goods that are on screen: only their news is read out. */
  inView: ReadonlySet<string> = new Set();
  readonly #clock = new ShopClock();
  readonly #host: Host;
  /** What was tried last, to be tried again. */
  #door: Door;
  /** Counts the tries: only the latest may say where the viewer is. */
  #tries = 0;

  constructor(host: Host) {
    this.#host = host;
    this.#door = () => host.enter();
    this.book = new AddressBook(host, '');
  }

  /** Listens to the shop; returns a function that stops it. */
  listen(): () => void {
    const stops = [
      this.#host.onRoomChanged(() => void this.load()),
      this.#host.onConnection((online) => {
        this.online = online;
        this.staleSince = online ? null : (this.staleSince ?? new Date().toTimeString().slice(0, 8));
        if (online) void this.load();
      }),
      // A link opened outside the window has no field of its own to answer in.
      this.#host.onLink((link) => void this.#enterBy(() => this.#host.openRoom(link))),
    ];
    return () => {
      stops.forEach((stop) => stop());
      this.#clock.stop();
    };
  }

  enter(): Promise<void> {
    return this.#enterBy(() => this.#host.enter());
  }

  /** Tries again what failed. */
  retry(): Promise<void> {
    return this.#enterBy(this.#door);
  }

  trust(): Promise<void> {
    return this.#enterBy(() => this.#host.trust());
  }

  /** Opens the room of a link. What went wrong comes back, and the viewer stays where they are. */
  openLink(link: string): Promise<CommandError | null> {
    return this.#openBy(() => this.#host.openRoom(link));
  }

  openPractice(): Promise<CommandError | null> {
    return this.#openBy(() => this.#host.openPractice());
  }

  /** Puts the practice room back as it was at first, and enters it anew. */
  resetPractice(): Promise<CommandError | null> {
    return this.#openBy(() => this.#host.rehearsal.resetPractice());
  }

  /** The rooms entered before, the latest first. */
  rooms(): Promise<KnownRoom[]> {
    return this.#host.rooms();
  }

  forget(link: string): Promise<void> {
    return this.#host.forgetRoom(link);
  }

  /** Whether this program comes with the practice room. */
  async hasPractice(): Promise<boolean> {
    return (await this.#host.about()).practice;
  }

  /** The viewer did not want to trust the shop now: back to the room that is open, if there is one. */
  async decline(): Promise<void> {
    if (this.room !== null) await this.back();
    else if (this.entry.at === 'ask_trust') this.entry = { at: 'declined', asked: this.entry.asked };
  }

  askAgain(): void {
    if (this.entry.at === 'declined') this.entry = { at: 'ask_trust', asked: this.entry.asked };
  }

  /** Back to the room that was open all the while. */
  async back(): Promise<void> {
    const mine = ++this.#tries;
    try {
      const entrance = await this.#host.enter();
      if (mine !== this.#tries) return;
      if (entrance.entrance === 'open' && entrance.link === this.link && entrance.practice === this.practice) this.entry = { at: 'open' };
      else await this.#arrive(entrance);
    } catch (reason) {
      if (mine === this.#tries) this.entry = { at: 'failed', error: commandError(reason) };
    }
  }

  async #enterBy(door: Door): Promise<void> {
    this.#door = door;
    this.entry = { at: 'opening' };
    const error = await this.#openBy(door);
    if (error !== null) this.entry = { at: 'failed', error };
  }

  /** Tries a door; nothing changes unless it leads somewhere. */
  async #openBy(door: Door): Promise<CommandError | null> {
    const mine = ++this.#tries;
    try {
      const entrance = await door();
      // A room that has opened is where the program is, whatever was asked for since: the page never shows another.
      if (mine !== this.#tries && entrance.entrance !== 'open') return null;
      this.#door = door;
      await this.#arrive(entrance);
      return null;
    } catch (reason) {
      return mine === this.#tries ? commandError(reason) : null;
    }
  }

  async #arrive(entrance: Entrance): Promise<void> {
    switch (entrance.entrance) {
      case 'ask_trust':
        this.entry = { at: 'ask_trust', asked: entrance };
        return;
      case 'key_changed':
        this.entry = { at: 'key_changed', shown: entrance };
        return;
      case 'open':
        this.room = entrance.room;
        this.practice = entrance.practice;
        this.link = entrance.link;
        this.book = new AddressBook(this.#host, entrance.shop_key);
        this.goods = [];
        this.shelf = 'loading';
        this.viewer = null;
        this.online = true;
        this.staleSince = null;
        this.notes.forget();
        this.entered += 1;
        this.entry = { at: 'open' };
        await this.load();
    }
  }

  /** Asks for goods and balance again. What is on screen stays until the answer is here. */
  async load(): Promise<void> {
    if (this.shelf === 'failed') this.shelf = 'loading';
    void this.loadViewer();
    const { entered } = this;
    try {
      const { room, goods, now_s } = await this.#host.shelf();
      // Another room may have opened meanwhile.
      if (entered !== this.entered) return;
      this.room = room;
      this.#clock.set(now_s);
      this.notes.look(goods, now_s);
      this.goods = goods;
      this.#count();
      this.shelf = 'ready';
    } catch {
      // Goods that are already on screen are better than an error page; the connection state says they are old.
      if (entered === this.entered && this.shelf !== 'ready') this.shelf = 'failed';
    }
  }

  async loadViewer(): Promise<void> {
    // An unknown balance is simply not shown.
    const { entered } = this;
    const viewer = await this.#host.viewer().catch(() => this.viewer);
    if (entered === this.entered) this.viewer = viewer;
  }

  /** How this shop can be paid. */
  get payTypes(): PayType[] {
    return this.room?.pay_types ?? [];
  }

  get pinned(): Goods | null {
    return this.goods.find((one) => one.pinned && one.on_sale) ?? null;
  }

  byId(goodsId: string): Goods | null {
    return this.goods.find((one) => one.goods_id === goodsId) ?? null;
  }

  pictureUrl(picture: string | null): string | null {
    return picture === null ? null : this.#host.pictureUrl(picture);
  }

  /** The shop's clock, Unix seconds. */
  get shopNow(): number {
    return this.#clock.now;
  }

  priceOf(goods: Goods): Price {
    return priceOf(goods, this.shopNow);
  }

  /** What changed about its price a moment ago, if anything did. */
  newsOf(goods: Goods): PriceNews | null {
    if (this.notes.dealOver.has(goods.goods_id)) return 'deal_over';
    return this.notes.repriced.has(goods.goods_id) ? 'repriced' : null;
  }

  /** The item with the price that counts now. */
  offered(goods: Goods): Goods {
    return offered(goods, this.shopNow);
  }

  /** Where the page loads the running show from; none while there is no picture to show. */
  get showUrl(): string | null {
    if (this.room?.state !== 'live' || this.room.stream === null) return null;
    try {
      return this.#host.streamUrl(this.room.stream);
    } catch {
      // An address that is none leaves the cover in place: the goods do not depend on it.
      return null;
    }
  }

  /** Ticks while a deal is planned or runs, or the show has a start to count down to. */
  #count(): void {
    const dealt = this.goods.filter((one) => one.deal !== null);
    const { room } = this;
    const counting = () =>
      dealt.some((one) => dealOf(one, this.shopNow) !== null) || (room?.state === 'soon' && (room.starts_at ?? 0) > this.shopNow);
    if (!counting()) {
      this.#clock.stop();
      return;
    }
    this.#clock.run(() => {
      this.notes.look(dealt, this.shopNow);
      return counting();
    });
  }
}
