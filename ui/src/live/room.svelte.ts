import type { CommandError, Entrance, Goods, PayType, Room, Viewer } from '../host/contract';
import { commandError, type Host } from '../host/host';

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
  room = $state.raw<Room | null>(null);
  practice = $state(false);
  goods = $state.raw<Goods[]>([]);
  shelf = $state<Shelf>('loading');
  viewer = $state.raw<Viewer | null>(null);
  online = $state(true);
  /** Local time of day when the connection was lost: prices and stock are from then. */
  staleSince = $state<string | null>(null);
  /** Goods whose price changed a moment ago. */
  repriced = $state.raw<ReadonlySet<string>>(new Set());
  readonly #host: Host;

  constructor(host: Host) {
    this.#host = host;
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
    ];
    return () => stops.forEach((stop) => stop());
  }

  enter(): Promise<void> {
    return this.#enterBy(() => this.#host.enter());
  }

  trust(): Promise<void> {
    return this.#enterBy(() => this.#host.trust());
  }

  /** The viewer did not want to trust the shop now. */
  decline(): void {
    if (this.entry.at === 'ask_trust') this.entry = { at: 'declined', asked: this.entry.asked };
  }

  askAgain(): void {
    if (this.entry.at === 'declined') this.entry = { at: 'ask_trust', asked: this.entry.asked };
  }

  async #enterBy(door: () => Promise<Entrance>): Promise<void> {
    this.entry = { at: 'opening' };
    try {
      const entrance = await door();
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
          this.entry = { at: 'open' };
          await this.load();
      }
    } catch (reason) {
      this.entry = { at: 'failed', error: commandError(reason) };
    }
  }

  /** Asks for goods and balance again. What is on screen stays until the answer is here. */
  async load(): Promise<void> {
    if (this.shelf === 'failed') this.shelf = 'loading';
    void this.loadViewer();
    try {
      const { room, goods } = await this.#host.shelf();
      this.room = room;
      this.#noteNewPrices(goods);
      this.goods = goods;
      this.shelf = 'ready';
    } catch {
      // Goods that are already on screen are better than an error page; the connection state says they are old.
      if (this.shelf !== 'ready') this.shelf = 'failed';
    }
  }

  async loadViewer(): Promise<void> {
    // An unknown balance is simply not shown.
    this.viewer = await this.#host.viewer().catch(() => this.viewer);
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

  #noteNewPrices(next: Goods[]): void {
    const changed = next.filter((one) => {
      const before = this.byId(one.goods_id);
      return before !== null && before.price_fen !== one.price_fen;
    });
    if (changed.length === 0) return;
    this.repriced = new Set([...this.repriced, ...changed.map((one) => one.goods_id)]);
    setTimeout(() => {
      const fresh = new Set(changed.map((one) => one.goods_id));
      this.repriced = new Set([...this.repriced].filter((id) => !fresh.has(id)));
    }, 4000);
  }
}
