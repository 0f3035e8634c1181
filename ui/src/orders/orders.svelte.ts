import type { OrderPaper, OrderSummary } from '../host/contract';
import { commandError, type Host } from '../host/host';
import { type Clock, secondsLeft } from '../shared/clock.svelte';
import { belongs, type Filter, type Standing, standingOf } from './standing';

/** One order as the shop stated it, and when that arrived: its countdown starts there. */
export interface Entry {
  order: OrderSummary;
  /** `performance.now()` at the arrival. */
  arrived_ms: number;
}

/** The viewer's orders at the open shop, as far as they were asked for, and what the viewer looks at among them. */
export class OrdersState {
  /** Newest first, without a gap. */
  entries = $state.raw<Entry[]>([]);
  list = $state<'loading' | 'failed' | 'ready'>('loading');
  /** Names the page after the last one here; nothing when there is none. */
  next = $state<string | null>(null);
  /** How asking for the next page stands. */
  more = $state<'idle' | 'loading' | 'failed'>('idle');
  /** The last refreshing failed: what is shown is older than it might be. */
  stale = $state(false);
  /** Local time of day of what is shown. */
  asOf = $state('');
  filter = $state<Filter>('all');
  query = $state('');
  /** The order the viewer chose. */
  chosen = $state<string | null>(null);
  /** How far the list is scrolled, kept while the viewer is elsewhere. */
  scrollTop = 0;
  /** What belongs to orders beside the list, by order. */
  papers = $state.raw<ReadonlyMap<string, OrderPaper>>(new Map());
  /** The order whose paper did not come, and whether there is none. */
  paperTrouble = $state.raw<{ orderId: string; gone: boolean } | null>(null);
  readonly #host: Host;
  readonly #clock: Clock;
  /** Counts the rooms: an answer of the shop before means nothing any more. */
  #shop = 0;
  #refreshing = false;
  #refreshAgain = false;
  #reading: string | null = null;
  #wanted: string | null = null;

  constructor(host: Host, clock: Clock) {
    this.#host = host;
    this.#clock = clock;
  }

  /** Another room was opened: its shop has its own orders. */
  leave(): void {
    this.#shop += 1;
    this.entries = [];
    this.list = 'loading';
    this.next = null;
    this.more = 'idle';
    this.stale = false;
    this.filter = 'all';
    this.query = '';
    this.chosen = null;
    this.scrollTop = 0;
    this.papers = new Map();
    this.paperTrouble = null;
    this.#refreshing = this.#refreshAgain = false;
    this.#reading = this.#wanted = null;
  }

  /** Shows this order, whatever the list was narrowed to. */
  show(orderId: string): void {
    this.filter = 'all';
    this.query = '';
    this.chosen = orderId;
  }

  /** Asks again for everything that is on screen, and replaces it at once. */
  async refresh(): Promise<void> {
    if (this.#refreshing) {
      this.#refreshAgain = true;
      return;
    }
    const shop = this.#shop;
    this.#refreshing = true;
    if (this.list === 'failed') this.list = 'loading';
    try {
      const fresh: Entry[] = [];
      let next: string | null = null;
      do {
        const page = await this.#host.orders(next);
        if (shop !== this.#shop) return;
        fresh.push(...page.orders.map(arrived));
        next = page.next;
      } while (next !== null && fresh.length < this.entries.length);
      this.entries = fresh;
      this.next = next;
      this.more = 'idle';
      this.list = 'ready';
      this.stale = false;
      this.asOf = new Date().toTimeString().slice(0, 5);
    } catch {
      if (shop !== this.#shop) return;
      if (this.list === 'ready') this.stale = true;
      else this.list = 'failed';
    }
    this.#refreshing = false;
    // The paper on screen may have changed with its order.
    if (this.chosen !== null && this.papers.has(this.chosen)) void this.read(this.chosen);
    if (!this.#refreshAgain) return;
    this.#refreshAgain = false;
    await this.refresh();
  }

  /** Asks for the page after the last one. */
  async loadMore(): Promise<void> {
    const { next } = this;
    if (next === null || this.more === 'loading' || this.#refreshing) return;
    const shop = this.#shop;
    this.more = 'loading';
    try {
      const page = await this.#host.orders(next);
      // A refresh in between has asked for the list anew.
      if (shop !== this.#shop || this.next !== next) return;
      const known = new Set(this.entries.map(({ order }) => order.order_id));
      this.entries = [...this.entries, ...page.orders.filter((order) => !known.has(order.order_id)).map(arrived)];
      this.next = page.next;
      this.more = 'idle';
    } catch {
      if (shop === this.#shop) this.more = 'failed';
    }
  }

  /** Asks for what belongs to an order beside the list; of many asked for quickly only the last is fetched. */
  async read(orderId: string): Promise<void> {
    this.#wanted = orderId;
    if (this.#reading !== null) return;
    const shop = this.#shop;
    while (this.#wanted !== null && shop === this.#shop) {
      const reading: string = (this.#reading = this.#wanted);
      this.#wanted = null;
      if (this.paperTrouble?.orderId === reading) this.paperTrouble = null;
      try {
        const paper = await this.#host.order(reading);
        if (shop === this.#shop) this.keep(paper);
      } catch (reason) {
        if (shop === this.#shop) this.paperTrouble = { orderId: reading, gone: commandError(reason).code === 'not_found' };
      }
    }
    if (shop === this.#shop) this.#reading = null;
  }

  /** Asks the host of the show to give the money back. */
  async askRefund(orderId: string, reason: string): Promise<void> {
    const shop = this.#shop;
    const paper = await this.#host.askRefund(orderId, reason);
    if (shop === this.#shop) this.keep(paper);
  }

  /** A paper states its order anew. */
  keep(paper: OrderPaper): void {
    const { order } = paper;
    this.papers = new Map(this.papers).set(order.order_id, paper);
    this.entries = this.entries.map((one) => (one.order.order_id === order.order_id ? arrived(order) : one));
    if (this.paperTrouble?.orderId === order.order_id) this.paperTrouble = null;
  }

  left_s(entry: Entry): number {
    return secondsLeft(entry.order.expires_in_s * 1000, Math.max(0, this.#clock.now_ms - entry.arrived_ms));
  }

  standing(entry: Entry): Standing {
    return standingOf(entry.order, this.left_s(entry));
  }

  /** How many of the orders here belong to a group. */
  count(filter: Filter): number {
    return this.entries.filter((entry) => belongs(entry.order, this.standing(entry), filter)).length;
  }

  /** What the filter and the search leave. */
  get found(): Entry[] {
    const sought = this.query.trim().toLowerCase();
    return this.entries.filter((entry) => {
      const { order } = entry;
      const named = sought === '' || order.title.toLowerCase().includes(sought) || order.order_id.toLowerCase().includes(sought);
      return named && belongs(order, this.standing(entry), this.filter);
    });
  }

  /** Whether something here counts down. */
  get counting(): boolean {
    return this.entries.some(({ order }) => (order.state === 'reserved' || order.state === 'awaiting_payment') && order.expires_in_s > 0);
  }

  /** Whether something here is about to change without the viewer. */
  get unsettled(): boolean {
    return this.entries.some((entry) => ['checking', 'refunding'].includes(this.standing(entry)));
  }
}

function arrived(order: OrderSummary): Entry {
  return { order, arrived_ms: performance.now() };
}
