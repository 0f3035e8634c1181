import type { BuyRequest, PayType, PurchaseView } from '../host/contract';
import { commandError, type Host } from '../host/host';
import type { Clock } from '../shared/clock.svelte';
import { orderingView, Purchase } from './purchase.svelte';

/** What is bought and how: everything an order needs but the channel's own answer. */
export interface Choice {
  bought: PurchaseView['bought'];
  quantity: number;
  price_fen: number;
  price_version: number;
  pay_type: PayType;
  note: string | null;
}

/** Called when a purchase that nobody is looking at has come to its end. */
type OnOver = (purchase: Purchase) => void;

/** All purchases of this window that are not finished and seen. Newest first. */
export class Desk {
  purchases = $state.raw<Purchase[]>([]);
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
    const views = await this.#host.pending();
    this.purchases = views.map((view) => new Purchase(view, null, this.#clock));
    await Promise.all(
      this.purchases.map((purchase) =>
        // One that cannot be watched still shows how it stood.
        this.#host.watch(purchase.view.request_id, (view) => this.#receive(purchase, view)).catch(() => {}),
      ),
    );
  }

  buy(choice: Choice): Purchase {
    const request: BuyRequest = {
      goods_id: choice.bought.goods_id,
      quantity: choice.quantity,
      pay_type: choice.pay_type,
      price_version: choice.price_version,
      amount_fen: choice.price_fen * choice.quantity,
      note: choice.note,
    };
    const purchase = new Purchase(orderingView(request, choice.bought), choice.note, this.#clock);
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
    const wasOver = purchase.over;
    purchase.receive(view);
    if (!wasOver && purchase.over) this.#onOver(purchase);
  }

  /** Sends the same request again; what comes of it arrives as views. */
  retry(purchase: Purchase): Promise<void> {
    return this.#host.retry(purchase.view.request_id);
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
    // Without an answer there was never a request to forget.
    if (purchase.view.request_id !== '') this.#host.dismiss(purchase.view.request_id).catch(() => {});
  }
}

/** The channel the viewer used last on this computer. */
export function lastPayType(): PayType | null {
  const value = localStorage.getItem('pay-type');
  return value === 'alipay' || value === 'wechat' ? value : null;
}
