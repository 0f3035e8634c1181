import type { BuyRequest, CommandError, Goods, OrderSummary, PurchaseView, Stage } from '../host/contract';
import { secondsLeft, type Clock } from '../shared/clock.svelte';
import { isOver, screenOf, type ScreenKey } from './screen';

/** What a viewer adds to an order of merchandise. */
export interface Sent {
  note: string | null;
  address_id: string | null;
}

/** For an order that was made elsewhere or before: what went with it stays with it. */
export const NOTHING_SENT: Sent = { note: null, address_id: null };

/** One purchase as the window knows it: its latest view, and when that view arrived. */
export class Purchase {
  view = $state.raw<PurchaseView>()!;
  /** `performance.now()` at the arrival of the view: all counting starts here. */
  #arrived_ms = $state(0);
  /** The order never left this computer. */
  notSent = $state.raw<CommandError | null>(null);
  /** The viewer asked about a payment and none was found yet. */
  askedNothing = $state(false);
  /** What went with the order, for ordering again. */
  readonly sent: Sent;
  readonly #clock: Clock;

  constructor(view: PurchaseView, sent: Sent, clock: Clock) {
    this.#clock = clock;
    this.sent = sent;
    this.receive(view);
  }

  receive(view: PurchaseView): void {
    const before = this.view?.stage;
    const wasAsked = before?.stage === 'checking' && before.why === 'asked';
    if (view.stage.stage === 'awaiting_payment') this.askedNothing ||= wasAsked;
    else if (view.stage.stage !== 'checking') this.askedNothing = false;
    this.#arrived_ms = performance.now();
    this.view = view;
  }

  get #elapsed_ms(): number {
    return Math.max(0, this.#clock.now_ms - this.#arrived_ms);
  }

  /** Seconds until the time to pay is up, by the monotonic clock; 0 while it is not counted on screen. */
  get left_s(): number {
    const stage = this.view.stage;
    if (stage.stage !== 'awaiting_payment' && stage.stage !== 'in_line') return 0;
    return secondsLeft(stage.expires_in_s * 1000, this.#elapsed_ms);
  }

  /** Seconds since the channel is being asked. */
  get checking_s(): number {
    const stage = this.view.stage;
    return stage.stage === 'checking' ? stage.since_s + Math.floor(this.#elapsed_ms / 1000) : 0;
  }

  get screen(): ScreenKey {
    if (this.notSent) return 'not_sent';
    return screenOf(this.view, { left_s: this.left_s, checking_s: this.checking_s });
  }

  get over(): boolean {
    return this.notSent !== null || isOver(this.view);
  }

  /** Seconds until the shop takes orders again, after it asked for patience. */
  get wait_s(): number {
    const stage = this.view.stage;
    if (stage.stage !== 'refused' || stage.refusal.retry_after_s === undefined) return 0;
    return secondsLeft(stage.refusal.retry_after_s * 1000, this.#elapsed_ms);
  }
}

/** What stands on screen between the click and the first answer. */
export function orderingView(request: BuyRequest, bought: PurchaseView['bought']): PurchaseView {
  const stage: Stage = { stage: 'ordering' };
  return {
    request_id: '',
    order_id: null,
    bought,
    quantity: request.quantity,
    amount_fen: request.amount_fen,
    pay_type: request.pay_type,
    switched_from: null,
    not_switched_to: null,
    seen: false,
    stage,
  };
}

/** What stands for an order of the history until its first view comes. */
export function resumedView(order: OrderSummary, goods: Goods | null): PurchaseView {
  const { goods_id, title, kind, quantity, amount_fen, pay_type } = order;
  const fins = order.fins === null ? null : order.fins / quantity;
  const bought = { goods_id, lot: goods?.lot ?? 0, title, kind, fins, picture: goods?.picture ?? null };
  const request: BuyRequest = { goods_id, quantity, pay_type, price_version: 0, amount_fen, note: null, address_id: null };
  return { ...orderingView(request, bought), order_id: order.order_id };
}
