import type { BuyRequest, Goods, OrderSummary, PayType, PurchaseView, ReceiptView } from '../host/contract';
import { commandError, type Host } from '../host/host';
import type { Clock } from '../shared/clock.svelte';
import { NOTHING_SENT, orderingView, Purchase, resumedView, type Sent } from './purchase.svelte';

/** What is bought and how: everything an order needs but the channel's own answer. */
export interface Choice extends Sent {
  bought: PurchaseView['bought'];
  quantity: number;
  price_fen: number;
  price_version: number;
  pay_type: PayType;
}

/** Stages that end by themselves. */
const GOES_ON: ReadonlySet<PurchaseView['stage']['stage']> = new Set(['ordering', 'in_line', 'checking'] as const);

/** Called when a purchase that nobody is looking at has come to its end. */
type OnOver = (purchase: Purchase) => void;

/** All purchases of this window that are not finished and seen. Newest first. */
export class Desk {
  purchases = $state.raw<Purchase[]>([]);
  /** Those whose result was seen, in case a payment comes to light. */
  #putAway: Purchase[] = [];
  /** Purchases of rooms that were left: what becomes of them changes nothing here. */
  #left = new WeakSet<Purchase>();
  #rooms = 0;
  readonly #host: Host;
  readonly #clock: Clock;
  #onOver: OnOver = () => {};

  constructor(host: Host, clock: Clock) {
    this.#host = host;
    this.#clock = clock;
  }

  onOver(listener: OnOver): void {
    this.#onOver = listener;
  }

  /** Takes up what was unfinished or unseen when the program last ended. */
  async restore(): Promise<void> {
    const rooms = this.#rooms;
    const views = await this.#host.pending();
    if (rooms !== this.#rooms) return;
    const all = views.map((view) => new Purchase(view, NOTHING_SENT, this.#clock));
    this.purchases = all.filter((one) => !one.view.seen);
    this.#putAway = all.filter((one) => one.view.seen);
    await Promise.all(
      all.map((purchase) =>
        // One that cannot be watched still shows how it stood.
        this.#host.watch(purchase.view.request_id, (view) => this.#receive(purchase, view)).catch(() => {}),
      ),
    );
  }

  /** Another room has opened: what was bought in the one before is watched by the program, not shown here. */
  leave(): void {
    for (const purchase of [...this.purchases, ...this.#putAway]) this.#left.add(purchase);
    this.purchases = [];
    this.#putAway = [];
    this.#rooms += 1;
  }

  buy(choice: Choice): Purchase {
    const request: BuyRequest = {
      goods_id: choice.bought.goods_id,
      quantity: choice.quantity,
      pay_type: choice.pay_type,
      price_version: choice.price_version,
      amount_fen: choice.price_fen * choice.quantity,
      note: choice.note,
      address_id: choice.address_id,
    };
    const purchase = new Purchase(orderingView(request, choice.bought), { note: choice.note, address_id: choice.address_id }, this.#clock);
    this.purchases = [purchase, ...this.purchases];
    localStorage.setItem('pay-type', choice.pay_type);
    this.#host
      .buy(request, (view) => this.#receive(purchase, view))
      .catch((reason: unknown) => {
        // Once a view has come the order is out, and only views say how it stands.
        if (purchase.view.request_id === '') purchase.notSent = commandError(reason);
      });
    return purchase;
  }

  #receive(purchase: Purchase, view: PurchaseView): void {
    const wakes = purchase.view.seen && !view.seen;
    const wasOver = purchase.over && !wakes;
    purchase.receive(view);
    if (this.#left.has(purchase)) return;
    if (wakes) {
      this.#putAway = this.#putAway.filter((one) => one !== purchase);
      this.purchases = [purchase, ...this.purchases.filter((one) => one !== purchase)];
    }
    if (!wasOver && purchase.over) this.#onOver(purchase);
  }

  /** Sends the same request again; what comes of it arrives as views. */
  retry(purchase: Purchase): Promise<void> {
    return this.#host.retry(purchase.view.request_id);
  }

  /** Has the same order paid another way. Its code is off the screen at once, whatever comes of it. */
  async switch(purchase: Purchase, payType: PayType): Promise<void> {
    const before = purchase.view;
    purchase.receive({ ...before, pay_type: payType, switched_from: before.pay_type, not_switched_to: null, stage: { stage: 'ordering' } });
    localStorage.setItem('pay-type', payType);
    try {
      await this.#host.switch(before.request_id, payType);
    } catch (reason) {
      purchase.receive(before);
      throw reason;
    }
  }

  /** Leaves a refused purchase for the open order in its way, which this window does not know yet. */
  async takeUp(refused: Purchase): Promise<Purchase | null> {
    const rooms = this.#rooms;
    const purchase = new Purchase({ ...refused.view, request_id: '', stage: { stage: 'ordering' } }, NOTHING_SENT, this.#clock);
    await this.#host.takeUp(refused.view.request_id, (view) => this.#receive(purchase, view));
    if (rooms !== this.#rooms) return this.#tooLate(purchase);
    this.purchases = [purchase, ...this.purchases.filter((one) => one !== refused)];
    return purchase;
  }

  /** Another room was opened meanwhile: it does not show what belongs to the one before. */
  #tooLate(purchase: Purchase): null {
    this.#left.add(purchase);
    return null;
  }

  /** Shows an open order: the purchase of this window that it belongs to, else the order as the shop has it. */
  async resume(order: OrderSummary, goods: Goods | null): Promise<Purchase | null> {
    const known = this.ofOrder(order.order_id);
    if (known !== null) return known;
    const purchase = new Purchase(resumedView(order, goods), NOTHING_SENT, this.#clock);
    const rooms = this.#rooms;
    await this.#host.resumeOrder(order.order_id, (view) => this.#receive(purchase, view));
    if (rooms !== this.#rooms) return this.#tooLate(purchase);
    this.purchases = [purchase, ...this.purchases];
    return purchase;
  }

  /** The purchase of an order, when it is among those of this window. */
  ofOrder(orderId: string): Purchase | null {
    return this.purchases.find((one) => one.view.order_id === orderId) ?? null;
  }

  /** The purchase of a request, also one that was put away. */
  byRequest(requestId: string): Purchase | null {
    return [...this.purchases, ...this.#putAway].find((one) => one.view.request_id === requestId) ?? null;
  }

  /** Those that go no further without the viewer; what is being asked or made does. */
  get needing(): Purchase[] {
    return this.purchases.filter((one) => one.over || !GOES_ON.has(one.view.stage.stage));
  }

  receipt(orderId: string): Promise<ReceiptView> {
    return this.#host.receipt(orderId);
  }

  saveReceipt(orderId: string): Promise<string> {
    return this.#host.saveReceipt(orderId);
  }

  askNow(purchase: Purchase): Promise<void> {
    return this.#host.askNow(purchase.view.request_id);
  }

  cancel(purchase: Purchase): Promise<void> {
    return this.#host.cancel(purchase.view.request_id);
  }

  /** The purchase whose open order made the shop refuse this one, when it is among those of this window. */
  inTheWayOf(purchase: Purchase): Purchase | null {
    const { stage } = purchase.view;
    if (stage.stage !== 'refused' || stage.refusal.code !== 'request_conflict') return null;
    const { order_id } = stage.refusal;
    if (order_id === undefined) return null;
    return this.purchases.find((one) => one !== purchase && one.view.order_id === order_id) ?? null;
  }

  phoneUrl(purchase: Purchase): Promise<string | null> {
    return this.#host.phoneUrl(purchase.view.request_id);
  }

  /** The viewer has seen the end of it. */
  dismiss(purchase: Purchase): void {
    this.purchases = this.purchases.filter((one) => one !== purchase);
    this.#putAway = [...this.#putAway, purchase];
    // Without an answer there was never a request to forget.
    if (purchase.view.request_id !== '') this.#host.dismiss(purchase.view.request_id).catch(() => {});
  }
}

/** The channel the viewer used last on this computer. */
export function lastPayType(): PayType | null {
  const value = localStorage.getItem('pay-type');
  return value === 'alipay' || value === 'wechat' ? value : null;
}
