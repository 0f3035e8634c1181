import type { Goods, PayType } from './host/contract';
import type { Host } from './host/host';
import { buyable, maxQuantity } from './live/goods';
import type { RoomState } from './live/room.svelte';
import type { Desk } from './purchase/desk.svelte';
import type { Purchase } from './purchase/purchase.svelte';
import { otherChannel } from './purchase/screen';
import type { LeavingAct } from './purchase/result';

/** What lies on top in the right-hand column. The goods list is always underneath. */
export type Layer =
  | { at: 'shelf' }
  | { at: 'details'; goodsId: string }
  | { at: 'choose'; goodsId: string; from: 'shelf' | 'details' }
  | { at: 'purchase'; purchase: Purchase }
  | { at: 'receipt'; purchase: Purchase };

/** What the column asks of the window around it. */
export interface Outside {
  /** Shows an order in the history. */
  onOrder: (orderId: string) => void;
  /** Says that a purchase has come to its end which the column does not show now. */
  onResult: (purchase: Purchase) => void;
}

/** The one stack of the column: goods, details, checkout, result. Back goes one step up. */
export class ColumnState {
  layer = $state.raw<Layer>({ at: 'shelf' });
  quantity = $state(1);
  note = $state('');
  /** The address chosen for merchandise. */
  addressId = $state<string | null>(null);
  /** The pretend phone while it is open: the address of its page, and which code it holds. */
  phone = $state.raw<{ url: string; purchase: Purchase; payType: PayType } | null>(null);
  /** What was unfinished at the last exit could not be read. */
  restoreFailed = $state(false);
  readonly #host: Host;
  readonly #room: RoomState;
  readonly #desk: Desk;
  readonly #outside: Outside;

  constructor(host: Host, room: RoomState, desk: Desk, outside: Outside) {
    this.#host = host;
    this.#room = room;
    this.#desk = desk;
    this.#outside = outside;
    desk.onOver((purchase) => this.#onOver(purchase));
  }

  /** Begins anew in a room that has just been opened. */
  enterRoom(): Promise<void> {
    this.#desk.leave();
    this.layer = { at: 'shelf' };
    this.phone = null;
    this.addressId = null;
    return this.start();
  }

  /** Shows what happened while the program was closed, before anything else. */
  async start(): Promise<void> {
    try {
      await this.#desk.restore();
      this.restoreFailed = false;
    } catch {
      this.restoreFailed = true;
      return;
    }
    const unseen = this.#desk.purchases.find((one) => one.over);
    if (unseen) this.show(unseen);
  }

  details(goods: Goods): void {
    this.#draft(1, '');
    this.layer = { at: 'details', goodsId: goods.goods_id };
  }

  choose(goods: Goods): void {
    const from = this.layer.at === 'details' ? 'details' : 'shelf';
    if (from === 'shelf') this.#draft(1, '');
    this.layer = { at: 'choose', goodsId: goods.goods_id, from };
  }

  pay(goods: Goods, payType: PayType): void {
    const note = this.note.trim();
    const sent = goods.kind === 'merchandise';
    const purchase = this.#desk.buy({
      bought: boughtOf(goods),
      quantity: this.quantity,
      ...this.#priceOf(goods),
      pay_type: payType,
      note: sent && note !== '' ? note : null,
      address_id: sent ? this.addressId : null,
    });
    this.show(purchase);
  }

  show(purchase: Purchase): void {
    this.layer = { at: 'purchase', purchase };
  }

  back(): void {
    const layer = this.layer;
    switch (layer.at) {
      case 'choose':
        this.layer = layer.from === 'details' ? { at: 'details', goodsId: layer.goodsId } : { at: 'shelf' };
        return;
      case 'purchase':
        // What is over was seen; anything else stays as the bar at the foot of the goods.
        if (layer.purchase.over) this.#desk.dismiss(layer.purchase);
        this.layer = { at: 'shelf' };
        return;
      case 'receipt':
        this.show(layer.purchase);
        return;
      case 'details':
      case 'shelf':
        this.layer = { at: 'shelf' };
    }
  }

  act(purchase: Purchase, act: LeavingAct): void {
    switch (act) {
      case 'back':
      case 'done':
        this.back();
        return;
      case 'again':
        this.#again(purchase, purchase.view.quantity);
        return;
      case 'buy-left': {
        const stage = purchase.view.stage;
        this.#again(purchase, stage.stage === 'refused' ? (stage.refusal.stock_left ?? 1) : 1);
        return;
      }
      case 'buy-new-price':
        this.#atNewPrice(purchase);
        return;
      case 'open-order':
        this.#openOrder(purchase);
        return;
      case 'receipt':
        this.layer = { at: 'receipt', purchase };
        return;
      case 'order':
        this.#toOrder(purchase);
        return;
      case 'other': {
        const other = otherChannel(purchase.view.pay_type, this.#room.payTypes);
        if (other !== null) this.#reorder(purchase, other);
      }
    }
  }

  /** Has an order that is open paid with the other channel: the same order, until the same moment. */
  async switch(purchase: Purchase): Promise<void> {
    const other = otherChannel(purchase.view.pay_type, this.#room.payTypes);
    if (other !== null) await this.#desk.switch(purchase, other);
  }

  /** Shows the open order that made the shop refuse this purchase. */
  async takeUp(purchase: Purchase): Promise<void> {
    const standing = await this.#desk.takeUp(purchase);
    if (standing !== null) this.show(standing);
  }

  /** Opens the pretend phone that holds this purchase's code. */
  async openPhone(purchase: Purchase): Promise<void> {
    const url = await this.#desk.phoneUrl(purchase);
    if (url === null) throw new Error('this room has no pretend phone');
    this.phone = { url, purchase, payType: purchase.view.pay_type };
  }

  /** Copies a text; false when the system did not allow it. */
  async copy(text: string): Promise<boolean> {
    return this.#host.copy(text).then(
      () => true,
      () => false,
    );
  }

  /** What one piece costs now, as an order names it. */
  #priceOf(goods: Goods): { price_fen: number; price_version: number } {
    const { price_fen, price_version } = this.#room.priceOf(goods);
    return { price_fen, price_version };
  }

  #draft(quantity: number, note: string): void {
    this.quantity = quantity;
    this.note = note;
  }

  /** Back to choosing how to pay, with the same item and note. */
  #again(purchase: Purchase, quantity: number): void {
    const goods = this.#room.byId(purchase.view.bought.goods_id);
    const { stage } = purchase.view;
    // The address is no longer in the book: what was read of it is out of date.
    if (stage.stage === 'refused' && stage.refusal.code === 'address_unknown') this.#room.book.forget();
    this.#desk.dismiss(purchase);
    if (goods === null || !buyable(goods)) {
      this.layer = { at: 'shelf' };
      return;
    }
    this.#draft(Math.min(quantity, maxQuantity(goods, this.#room.shopNow)), purchase.sent.note ?? '');
    this.layer = { at: 'choose', goodsId: goods.goods_id, from: 'shelf' };
  }

  /** Leaves a refused order for the one that stands in its way. */
  #openOrder(purchase: Purchase): void {
    const standing = this.#desk.inTheWayOf(purchase);
    this.#desk.dismiss(purchase);
    if (standing === null) this.layer = { at: 'shelf' };
    else this.show(standing);
  }

  /** The viewer has read the new price and agreed to it. */
  #atNewPrice(purchase: Purchase): void {
    const { view, sent } = purchase;
    if (view.stage.stage !== 'refused') return;
    const { price_fen, price_version } = view.stage.refusal;
    if (price_fen === undefined || price_version === undefined) return;
    if (lacksAddress(purchase)) {
      this.#again(purchase, view.quantity);
      return;
    }
    this.#desk.dismiss(purchase);
    const { bought, quantity, pay_type } = view;
    this.show(this.#desk.buy({ bought, quantity, price_fen, price_version, pay_type, ...sent }));
  }

  /** Orders the same anew with another channel, after an order that is over. */
  #reorder(purchase: Purchase, payType: PayType): void {
    const { view, sent } = purchase;
    const goods = this.#room.byId(view.bought.goods_id);
    if (goods === null || lacksAddress(purchase) || !buyable(goods) || this.#priceOf(goods).price_fen * view.quantity !== view.amount_fen) {
      // Something changed since: the viewer looks at it again before ordering.
      this.#again(purchase, view.quantity);
      return;
    }
    this.#desk.dismiss(purchase);
    const { bought, quantity } = view;
    this.show(this.#desk.buy({ bought, quantity, ...this.#priceOf(goods), pay_type: payType, ...sent }));
  }

  /** The result was seen elsewhere in the window. */
  seen(purchase: Purchase): void {
    this.#desk.dismiss(purchase);
    if ((this.layer.at === 'purchase' || this.layer.at === 'receipt') && this.layer.purchase === purchase) this.layer = { at: 'shelf' };
  }

  #toOrder(purchase: Purchase): void {
    const { order_id } = purchase.view;
    if (order_id === null) return;
    if (purchase.over) this.seen(purchase);
    this.#outside.onOrder(order_id);
  }

  #onOver(purchase: Purchase): void {
    const { stage } = purchase.view;
    if (stage.stage === 'delivered') void this.#room.loadViewer();
    // A result interrupts nobody who is reading or choosing something else: the bar tells them.
    if (this.layer.at === 'shelf' && !isTyping()) this.show(purchase);
    else if (this.layer.at !== 'purchase' || this.layer.purchase !== purchase) this.#outside.onResult(purchase);
  }
}

/** What went with an order of an earlier start is not known any more: where it is sent is asked again. */
function lacksAddress({ view, sent }: Purchase): boolean {
  return view.bought.kind === 'merchandise' && sent.address_id === null;
}

function boughtOf(goods: Goods): Purchase['view']['bought'] {
  const { goods_id, lot, title, kind, fins, picture } = goods;
  return { goods_id, lot, title, kind, fins, picture };
}

/** Whether a text field has the focus. */
export function isTyping(): boolean {
  const at = document.activeElement;
  if (at instanceof HTMLInputElement) return !['checkbox', 'radio', 'range', 'button', 'file'].includes(at.type);
  return at instanceof HTMLTextAreaElement || at instanceof HTMLSelectElement;
}
