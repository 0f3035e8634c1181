import type { PurchaseView, Refusal } from '../host/contract';
import type { IconName } from '../shared/icons';
import { count, yuan } from '../shared/money';
import type { RefusalFacts } from '../text/purchase';
import type { Said, Words } from '../text/zh';
import type { Purchase } from './purchase.svelte';
import type { ScreenKey } from './screen';

/** What a button of a result does. */
export type Act = 'back' | 'again' | 'other' | 'retry' | 'ask' | 'done' | 'buy-left' | 'buy-new-price' | 'open-order' | 'show-code' | 'receipt' | 'order';

/** What the column does about a result; the rest is between the screen and the host. */
export type LeavingAct = Exclude<Act, 'retry' | 'ask' | 'show-code'>;

export interface Action {
  act: Act;
  label: string;
  /** Buying again is persimmon, everything else ink. */
  buys?: boolean;
  /** Not yet: the shop asked for patience. */
  disabled?: boolean;
}

/** One screen that tells how a purchase stands. At most two buttons; the first is the likely next step. */
export interface Result extends Said {
  tone: 'ok' | 'info' | 'warn' | 'bad' | 'mute';
  icon: IconName;
  /** Shows the amount in large digits. */
  amount?: boolean;
  /** Small lines under the item. */
  notes?: string[];
  /** The way of a refund: what is done, and what comes next. */
  steps?: { done: string[]; next: string; when: string | null };
  /** The receipt instead of the item. */
  receipt?: boolean;
  actions: Action[];
  /** Less likely steps, as quiet words above the buttons. */
  quiet?: Action[];
}

/** What the words of a result need besides the purchase. */
export interface Surroundings {
  words: Words;
  practice: boolean;
  /** The other channel's name, when an order could be placed with it. */
  other: string | null;
  /** The order that a refusal speaks of can be opened here. */
  openable: boolean;
  /** How long the channel has been asked, as m:ss. */
  checking: string;
  online: boolean;
}

/** Screens that are not drawn as a result: the code and the way to it. */
export type CodeScreen = 'making' | 'in_line' | 'makefail' | 'wait' | 'soon' | 'scanned' | 'waitoffline';

export function isCodeScreen(screen: ScreenKey): screen is CodeScreen {
  return ['making', 'in_line', 'makefail', 'wait', 'soon', 'scanned', 'waitoffline'].includes(screen);
}

function facts(view: PurchaseView, refusal: Refusal, around: Surroundings): RefusalFacts {
  return {
    was: yuan(view.amount_fen),
    now: refusal.price_fen === undefined ? '' : yuan(refusal.price_fen * view.quantity),
    left: refusal.stock_left ?? 0,
    limit: refusal.limit ?? view.quantity,
    bought: refusal.bought ?? 0,
    channel: around.words.channel[view.pay_type],
    other: around.other,
    openable: around.openable,
  };
}

function refused(purchase: Purchase, refusal: Refusal, around: Surroundings): Result {
  const { words } = around;
  const { code } = refusal;
  const said = words.refusal[code](facts(purchase.view, refusal, around));
  const back: Action = { act: 'back', label: words.backToGoods };
  const again: Action = { act: 'again', label: words.tryAgain };
  const notes = [words.support(code)];
  switch (code) {
    case 'price_changed': {
      const now = refusal.price_fen;
      const buy: Action[] =
        now === undefined || refusal.price_version === undefined
          ? []
          : [{ act: 'buy-new-price', label: words.buyAt(yuan(now * purchase.view.quantity)), buys: true }];
      return { ...said, tone: 'warn', icon: 'bang', actions: [...buy, { act: 'back', label: words.notNow }] };
    }
    case 'sold_out': {
      const left = refusal.stock_left ?? 0;
      const some: Action[] = left > 0 ? [{ act: 'buy-left', label: words.buyLeft(left), buys: true }] : [];
      return { ...said, tone: 'mute', icon: 'parcel', actions: [...some, { act: 'back', label: words.seeOthers }] };
    }
    case 'not_on_sale':
    case 'not_found':
    case 'limit_reached':
      return { ...said, tone: 'mute', icon: 'parcel', actions: [{ act: 'back', label: words.seeOthers }] };
    case 'too_many_requests': {
      const wait = purchase.wait_s;
      const later = wait > 0 ? { ...again, label: words.tryIn(wait), disabled: true } : again;
      return { ...said, tone: 'warn', icon: 'clock', actions: [later, back] };
    }
    case 'request_conflict': {
      const open: Action[] = around.openable
        ? [{ act: 'open-order', label: words.openOrder }]
        : refusal.order_id === undefined
          ? []
          : [{ act: 'show-code', label: words.showCode }];
      return { ...said, tone: 'warn', icon: 'clock', actions: [...open, back] };
    }
    // Nothing is left that could be sent again: see `screenOf`.
    case 'channel_unavailable': {
      const anew: Action = { act: 'again', label: words.orderAgain };
      return { ...said, tone: 'bad', icon: 'cross', actions: around.other === null ? [anew, back] : [{ act: 'other', label: words.useOther(around.other) }, anew] };
    }
    case 'address_unknown':
      return { ...said, tone: 'warn', icon: 'parcel', actions: [again, back] };
    case 'shop_paused':
      return { ...said, tone: 'mute', icon: 'clock', actions: [back, again] };
    case 'unauthorised':
      return { ...said, tone: 'bad', icon: 'cross', notes, actions: [again, back] };
    // Whether the shop made the order is not known: the same request finds it, a new one might meet it.
    case 'internal':
      return { ...said, tone: 'bad', icon: 'cross', notes, actions: [{ act: 'retry', label: words.tryAgain }, back] };
    case 'invalid_params':
    case 'stale':
    case 'refund_exceeds':
    case 'picture_unusable':
      return { ...said, tone: 'bad', icon: 'cross', notes, actions: [back] };
  }
}

function unusable(fault: Extract<PurchaseView['stage'], { stage: 'unusable' }>['fault'], { words }: Surroundings): Result {
  const said = words.fault[fault];
  const notes = [words.faultMoney, words.support(fault)];
  const back: Action = { act: 'back', label: words.backToGoods };
  // The shop has made an order: the same request asks for its answer anew.
  const again: Action = { act: 'retry', label: words.tryAgain };
  switch (fault) {
    case 'wrong_kind':
    case 'malformed':
    case 'stale':
    case 'unreadable_code':
      return { ...said, tone: 'warn', icon: 'bang', notes, actions: [again, back] };
    // These look like tampering: the way on is out.
    case 'bad_signature':
    case 'other_order':
    case 'other_goods':
    case 'other_quantity':
    case 'other_amount':
    case 'other_type':
    case 'foreign_code':
      return { ...said, tone: 'bad', icon: 'shield', notes, actions: [back] };
  }
}

function checking(purchase: Purchase, screen: ScreenKey, around: Surroundings): Result {
  const { words } = around;
  const channel = words.channel[purchase.view.pay_type];
  const back: Action = { act: 'back', label: words.backToShow };
  const notes = around.online ? [] : [words.checkOffline];
  switch (screen) {
    case 'confirming': {
      const asked = words.confirmingFor(around.checking);
      return { title: words.confirming(channel), body: words.confirmingBody, tone: 'info', icon: 'spinner', notes: [asked, ...notes], actions: [back] };
    }
    case 'cancelling': {
      return { title: words.cancelling, body: words.cancellingBody(channel), tone: 'info', icon: 'clock', notes, actions: [back] };
    }
    case 'switch_refused': {
      const from = words.channel[purchase.view.switched_from ?? purchase.view.pay_type];
      return { title: words.switchRefused(channel), body: words.switchRefusedBody(from), tone: 'info', icon: 'clock', notes, actions: [back] };
    }
    case 'unknown': {
      const ask: Action = { act: 'ask', label: words.askAgain };
      const known = purchase.view.order_id !== null;
      const actions: Action[] = [back, known ? { act: 'order', label: words.orders.viewOrder } : ask];
      return { title: words.unknown, body: words.unknownBody, tone: 'info', icon: 'clock', notes: [words.unknownNote, ...notes], actions, quiet: known ? [ask] : [] };
    }
    default:
      return { title: words.closing, body: words.closingBody(channel), tone: 'info', icon: 'clock', notes, actions: [back] };
  }
}

function closed(by: 'time' | 'viewer' | 'channel' | 'shop', purchase: Purchase, around: Surroundings): Result {
  const { words, other } = around;
  const said = words.closed[by];
  const back: Action = { act: 'back', label: words.backToGoods };
  switch (by) {
    case 'time':
      return { ...said, tone: 'warn', icon: 'clock', notes: [words.expiredNote], actions: [{ act: 'again', label: words.orderAgain }, back] };
    case 'viewer':
      return { ...said, tone: 'mute', icon: 'minus', actions: [{ act: 'again', label: words.buyAgain }, back] };
    case 'channel': {
      const again: Action = { act: 'again', label: words.tryChannelAgain(words.channel[purchase.view.pay_type]) };
      return { ...said, tone: 'bad', icon: 'cross', actions: other === null ? [again, back] : [{ act: 'other', label: words.useOther(other) }, again] };
    }
    case 'shop':
      return { ...said, tone: 'mute', icon: 'minus', actions: [back] };
  }
}

function delivered({ fins, refunds }: Extract<PurchaseView['stage'], { stage: 'delivered' }>, { words, practice }: Surroundings): Result {
  const back = refunds.map(({ reason, amount_fen, pay_type, done }) => words.alsoBack[reason]({ paid: yuan(amount_fen), channel: words.channel[pay_type], done }));
  const body = fins === null ? words.paidBody : words.paidFins(count(fins));
  return {
    title: words.paid,
    body,
    tone: 'ok',
    icon: 'check',
    amount: true,
    receipt: true,
    notes: [...back, ...(practice ? [words.paidPractice] : [])],
    actions: [{ act: 'done', label: words.done }, { act: 'order', label: words.orders.viewOrder }],
    quiet: [{ act: 'receipt', label: words.receipt }],
  };
}

function refunding(view: PurchaseView, around: Surroundings): Result {
  const { words } = around;
  const stage = view.stage;
  const done: Action = { act: 'done', label: words.gotIt };
  if (stage.stage === 'refunded') {
    return { title: words.refunded(yuan(stage.paid_fen)), body: words.refundedBody[stage.reason], tone: 'ok', icon: 'undo', actions: [done, { act: 'receipt', label: words.receipt }] };
  }
  if (stage.stage !== 'refunding') throw new Error(`no refund in stage ${stage.stage}`);
  const paid = yuan(stage.paid_fen);
  const mayBuy = stage.reason === 'late' || stage.reason === 'returned';
  return {
    ...words.refunding[stage.reason]({ due: yuan(view.amount_fen), paid }),
    tone: 'info',
    icon: 'undo',
    steps: { done: [words.stepPaid(paid), words.stepRefund], next: words.stepBack(words.channel[view.pay_type]), when: words.stepBackWhen },
    actions: mayBuy ? [done, { act: 'again', label: words.buyAgain }] : [done, { act: 'receipt', label: words.receipt }],
  };
}

/** What to show for a purchase that has no code on screen. */
export function resultOf(purchase: Purchase, screen: Exclude<ScreenKey, CodeScreen>, around: Surroundings): Result {
  const { words } = around;
  const back: Action = { act: 'back', label: words.backToGoods };
  if (purchase.notSent !== null) {
    const { code } = purchase.notSent;
    const again: Action = { act: 'again', label: words.tryAgain };
    return { title: words.notSent, body: words.notSentBody[code], tone: 'bad', icon: 'cross', notes: [words.support(code)], actions: [again, back] };
  }
  const stage = purchase.view.stage;
  switch (stage.stage) {
    case 'no_answer':
      if (purchase.view.switched_from !== null) {
        return { title: words.switchNoAnswer, body: words.switchNoAnswerBody, tone: 'warn', icon: 'bang', actions: [{ act: 'retry', label: words.retry }, back] };
      }
      return { title: words.noAnswer, body: words.noAnswerBody, tone: 'warn', icon: 'bang', actions: [{ act: 'retry', label: words.retry }, back] };
    case 'refused':
      return refused(purchase, stage.refusal, around);
    case 'unusable':
      return unusable(stage.fault, around);
    // A code whose time is up counts as being checked, see `screenOf`.
    case 'awaiting_payment':
    case 'checking':
      return checking(purchase, screen, around);
    case 'delivered':
      return delivered(stage, around);
    case 'closed':
      return closed(stage.by, purchase, around);
    case 'refunding':
    case 'refunded':
      return refunding(purchase.view, around);
    case 'ordering':
    case 'in_line':
      throw new Error('an order on its way has no result');
  }
}
