import type { OrderFilter, ShowFigures, StudioOrder, StudioPaper } from '../../host/contract';
import { commandError } from '../../host/host';
import type { StudioHost } from '../../host/studioHost';
import { OrderWork } from './work.svelte';

/** From when on the figures count: the show that is or was on, today, or ever. */
export const SINCE = ['show', 'today', 'all'] as const;
export type Since = (typeof SINCE)[number];

/** So many of the newest orders are asked for again when something changed; older ones when they are looked at. */
const FRESH = 200;
/** Letters typed within this time make one question. */
const TYPING_MS = 250;

/** The orders of one hosted room, as far as they were asked for, and what the streamer does with them. */
export class SalesState {
  /** Newest first, without a gap. */
  orders = $state.raw<StudioOrder[]>([]);
  list = $state<'loading' | 'failed' | 'ready'>('loading');
  /** Names the page after the last order here; nothing when there is none. */
  next = $state<string | null>(null);
  /** How asking for the next page stands. */
  more = $state<'idle' | 'loading' | 'failed'>('idle');
  /** The last refreshing failed: what is shown is older than it might be. */
  stale = $state(false);
  /** Local time of day of what is shown. */
  asOf = $state('');
  filter = $state<OrderFilter>('all');
  /** What stands in the search field, and what of it was looked for. */
  typed = $state('');
  sought = $state('');
  /** The order whose page is shown. */
  chosen = $state<string | null>(null);
  /** How far the list is scrolled, kept while the streamer is elsewhere. */
  scrollTop = 0;
  papers = $state.raw<ReadonlyMap<string, StudioPaper>>(new Map());
  /** The order whose page did not come, and whether there is none. */
  paperTrouble = $state.raw<{ orderId: string; gone: boolean } | null>(null);
  figures = $state.raw<ShowFigures | null>(null);
  /** The figures on screen are not the last ones that were asked for. */
  figuresFailed = $state(false);
  since = $state<Since>('show');
  /** Whether the charts are unfolded; nothing while nobody chose: then the window's height decides. */
  charts = $state<boolean | null>(null);
  exporting = $state<'idle' | 'busy' | 'failed'>('idle');
  /** Where the last export lies. */
  exported = $state<string | null>(null);
  /** Who carried the last parcel: most go the same way. */
  carrier = '';
  readonly #host: StudioHost;
  readonly #works = new Map<string, OrderWork>();
  /** Counts the questions: an answer to the one before means nothing any more. */
  #question = 0;
  #typing: ReturnType<typeof setTimeout> | undefined;
  #refreshing = false;
  #refreshAgain = false;
  #counting = false;
  #countAgain = false;
  #reading: string | null = null;
  #wanted: string | null = null;

  constructor(host: StudioHost) {
    this.#host = host;
  }

  /** Listens to the shop; returns a function that stops it. */
  listen(): () => void {
    return this.#host.onChanged((what) => {
      if (what === 'orders') this.ask();
    });
  }

  /** Asks for list, page and figures again. */
  ask(): void {
    void this.count();
    void this.refresh();
  }

  /** Narrows the list to a kind of orders. */
  choose(filter: OrderFilter): void {
    if (this.filter === filter) return;
    this.filter = filter;
    this.#askAnew();
  }

  /** Looks for words in titles and numbers, as soon as nothing more is typed. */
  look(words: string): void {
    this.typed = words;
    clearTimeout(this.#typing);
    this.#typing = setTimeout(() => this.lookNow(words), TYPING_MS);
  }

  lookNow(words: string): void {
    this.typed = words;
    clearTimeout(this.#typing);
    if (this.sought === words.trim()) return;
    this.sought = words.trim();
    this.#askAnew();
  }

  /** Whether not all orders are asked for. */
  get narrowed(): boolean {
    return this.filter !== 'all' || this.sought !== '';
  }

  #askAnew(): void {
    this.#question += 1;
    this.orders = [];
    this.next = null;
    this.more = 'idle';
    this.list = 'loading';
    this.stale = false;
    this.scrollTop = 0;
    this.#refreshing = this.#refreshAgain = false;
    void this.refresh();
  }

  /** Asks again for the newest orders, and puts them in their places at once. */
  async refresh(): Promise<void> {
    if (this.#refreshing) {
      this.#refreshAgain = true;
      return;
    }
    const question = this.#question;
    this.#refreshing = true;
    if (this.list === 'failed') this.list = 'loading';
    try {
      const fresh: StudioOrder[] = [];
      let next: string | null = null;
      do {
        const page = await this.#host.orders(this.filter, this.sought, next);
        if (question !== this.#question) return;
        fresh.push(...page.orders);
        next = page.next;
      } while (next !== null && fresh.length < Math.min(this.orders.length, FRESH));
      this.#put(fresh, next);
      this.list = 'ready';
      this.stale = false;
      this.asOf = new Date().toTimeString().slice(0, 5);
    } catch {
      if (question !== this.#question) return;
      if (this.list === 'ready') this.stale = true;
      else this.list = 'failed';
    }
    this.#refreshing = false;
    if (this.chosen !== null && this.papers.has(this.chosen)) void this.read(this.chosen);
    if (!this.#refreshAgain) return;
    this.#refreshAgain = false;
    await this.refresh();
  }

  /** What is older than the fresh orders stays, as long as there is no gap between them. */
  #put(fresh: StudioOrder[], next: string | null): void {
    const oldest = fresh.at(-1)?.order_id;
    const at = this.orders.findIndex(({ order_id }) => order_id === oldest);
    const older = next === null || at < 0 ? [] : this.orders.slice(at + 1);
    this.orders = [...fresh, ...older];
    if (older.length > 0) return;
    this.next = next;
    this.more = 'idle';
  }

  /** Asks for the page after the last one. */
  async loadMore(): Promise<void> {
    const { next } = this;
    if (next === null || this.more === 'loading' || this.#refreshing) return;
    const question = this.#question;
    this.more = 'loading';
    try {
      const page = await this.#host.orders(this.filter, this.sought, next);
      if (question !== this.#question) return;
      // A refresh in between may have begun the list anew.
      if (this.next === next) {
        const known = new Set(this.orders.map(({ order_id }) => order_id));
        this.orders = [...this.orders, ...page.orders.filter(({ order_id }) => !known.has(order_id))];
        this.next = page.next;
      }
      this.more = 'idle';
    } catch {
      if (question === this.#question) this.more = 'failed';
    }
  }

  /** Asks for an order's page; of many asked for quickly only the last is fetched. */
  async read(orderId: string): Promise<void> {
    this.#wanted = orderId;
    if (this.#reading !== null) return;
    while (this.#wanted !== null) {
      const reading: string = (this.#reading = this.#wanted);
      this.#wanted = null;
      if (this.paperTrouble?.orderId === reading) this.paperTrouble = null;
      try {
        this.keep(await this.#host.order(reading));
      } catch (reason) {
        this.paperTrouble = { orderId: reading, gone: commandError(reason).code === 'not_found' };
      }
    }
    this.#reading = null;
  }

  /** A page states its order anew. */
  keep(paper: StudioPaper): void {
    const { order } = paper;
    this.papers = new Map(this.papers).set(order.order_id, paper);
    this.orders = this.orders.map((one) => (one.order_id === order.order_id ? order : one));
    if (this.paperTrouble?.orderId === order.order_id) this.paperTrouble = null;
  }

  /** What is being done with an order; what was typed waits there while another is looked at. */
  workOf(orderId: string): OrderWork {
    const known = this.#works.get(orderId);
    if (known) return known;
    const work = new OrderWork(this.#host, orderId, (paper) => this.keep(paper));
    this.#works.set(orderId, work);
    return work;
  }

  /** Counts from another time on. */
  countSince(since: Since): void {
    if (this.since === since) return;
    this.since = since;
    this.figures = null;
    void this.count();
  }

  /** Asks for the figures. */
  async count(): Promise<void> {
    if (this.#counting) {
      this.#countAgain = true;
      return;
    }
    this.#counting = true;
    const { since } = this;
    try {
      const figures = await this.#host.figures(beginOf(since));
      if (since === this.since) {
        this.figures = figures;
        this.figuresFailed = false;
      } else {
        this.#countAgain = true;
      }
    } catch {
      this.figuresFailed = true;
    }
    this.#counting = false;
    if (!this.#countAgain) return;
    this.#countAgain = false;
    await this.count();
  }

  /** Writes all orders to a file; of what is to be sent, where to as well. */
  async export(): Promise<void> {
    if (this.exporting === 'busy') return;
    this.exporting = 'busy';
    this.exported = null;
    try {
      this.exported = await this.#host.exportOrders(this.filter === 'to_ship');
      this.exporting = 'idle';
    } catch {
      this.exporting = 'failed';
    }
  }
}

/** Unix seconds; nothing means the show, whose begin the shop knows. */
function beginOf(since: Since): number | null {
  switch (since) {
    case 'show':
      return null;
    case 'today': {
      const now = new Date();
      return new Date(now.getFullYear(), now.getMonth(), now.getDate()).getTime() / 1000;
    }
    case 'all':
      return 0;
  }
}
