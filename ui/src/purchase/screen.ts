import type { AnswerFault, ErrorCode, MoneyBack, PayType, PurchaseView, Refusal } from '../host/contract';

/** Every screen a purchase can show. */
export type ScreenKey =
  | 'making'
  | 'in_line'
  | 'makefail'
  | 'no_answer'
  | 'not_sent'
  | `refused_${ErrorCode}`
  | `unusable_${AnswerFault}`
  | 'wait'
  | 'soon'
  | 'scanned'
  | 'waitoffline'
  | 'confirming'
  | 'closing'
  | 'cancelling'
  | 'switch_refused'
  | 'unknown'
  | 'success'
  | 'expired'
  | 'cancelled'
  | 'failed'
  | 'closed_shop'
  | 'refunding'
  | 'refunded';

/** What the clock adds to a view: both counted from the moment the view arrived. */
export interface Elapsed {
  /** Seconds until the code expires. */
  left_s: number;
  /** Seconds since checking began. */
  checking_s: number;
}

/** Under this many seconds the viewer is told to hurry. */
export const SOON_S = 60;
/** After this many seconds of asking without an answer the screen says so. */
export const UNKNOWN_S = 60;

function never(value: never): never {
  throw new Error(`not a stage: ${JSON.stringify(value)}`);
}

/** The order stands and only its code is missing: the same request may be sent again. Any other refusal is the end. */
function stands(refusal: Refusal): boolean {
  return refusal.code === 'channel_unavailable' && refusal.retry_after_s !== undefined;
}

/**
 * The one place that decides what a purchase looks like: from the facts alone, never from what was
 * on screen before.
 */
export function screenOf(view: PurchaseView, { left_s, checking_s }: Elapsed): ScreenKey {
  const stage = view.stage;
  switch (stage.stage) {
    case 'ordering':
      return 'making';
    case 'in_line':
      return 'in_line';
    case 'no_answer':
      return 'no_answer';
    case 'refused':
      return stands(stage.refusal) ? 'makefail' : `refused_${stage.refusal.code}`;
    case 'unusable':
      return `unusable_${stage.fault}`;
    case 'awaiting_payment':
      // The code is dead at zero, but only the channel knows whether money came: that is checking.
      if (left_s <= 0) return 'closing';
      if (!stage.online) return 'waitoffline';
      // WeChat Pay never reports a scan; a scanned mark there would be a mistake of the shop.
      if (stage.scanned && view.pay_type === 'alipay') return 'scanned';
      return left_s < SOON_S ? 'soon' : 'wait';
    case 'checking':
      if (checking_s >= UNKNOWN_S) return 'unknown';
      switch (stage.why) {
        case 'asked':
          return 'confirming';
        case 'time_up':
          return 'closing';
        case 'cancelled':
          return 'cancelling';
        case 'refused':
          return 'switch_refused';
        default:
          return never(stage.why);
      }
    case 'delivered':
      return 'success';
    case 'closed':
      switch (stage.by) {
        case 'time':
          return 'expired';
        case 'viewer':
          return 'cancelled';
        case 'channel':
          return 'failed';
        case 'shop':
          return 'closed_shop';
        default:
          return never(stage.by);
      }
    case 'refunding':
      return 'refunding';
    case 'refunded':
      return 'refunded';
    default:
      return never(stage);
  }
}

/** Whether nothing more will happen: the viewer has seen the end of the story once this was shown. */
export function isOver(view: PurchaseView): boolean {
  switch (view.stage.stage) {
    case 'refused':
      return !stands(view.stage.refusal);
    case 'unusable':
    case 'delivered':
    case 'closed':
    case 'refunding':
    case 'refunded':
      return true;
    case 'ordering':
    case 'in_line':
    case 'no_answer':
    case 'awaiting_payment':
    case 'checking':
      return false;
    default:
      return never(view.stage);
  }
}

/** Where the money is: the line that no screen about a purchase may lack. */
export type Money = 'none' | 'none_final' | 'check' | 'offline' | 'paid' | 'refunding' | 'extra_refunding' | 'extra_refunded' | 'refunded';

/** The money of goods that were paid and delivered: of what goes back, the last is told. */
export function moneyOfPaid(refunds: readonly MoneyBack[]): Money {
  const back = refunds.at(-1);
  if (back === undefined) return 'paid';
  const extra = back.reason === 'twice' || back.reason === 'mismatch';
  if (back.done) return extra ? 'extra_refunded' : 'refunded';
  return extra ? 'extra_refunding' : 'refunding';
}

/** The money line of each screen. "Nothing was charged" stands only where no payment can come any more. */
export function moneyOf(screen: ScreenKey, view: PurchaseView): Money {
  switch (screen) {
    case 'making':
    case 'in_line':
    case 'makefail':
    case 'no_answer':
    case 'wait':
    case 'soon':
    case 'scanned':
      return 'none';
    case 'waitoffline':
      return 'offline';
    case 'confirming':
    case 'closing':
    case 'cancelling':
    case 'switch_refused':
    case 'unknown':
      return 'check';
    case 'success':
      return moneyOfPaid(view.stage.stage === 'delivered' ? view.stage.refunds : []);
    case 'refunding':
      return view.stage.stage === 'refunding' && view.stage.reason === 'twice' ? 'extra_refunding' : 'refunding';
    case 'refunded':
      return 'refunded';
    case 'not_sent':
    case 'expired':
    case 'cancelled':
    case 'failed':
    case 'closed_shop':
    case 'refused_price_changed':
    case 'refused_sold_out':
    case 'refused_not_on_sale':
    case 'refused_limit_reached':
    case 'refused_channel_unavailable':
    case 'refused_request_conflict':
    case 'refused_too_many_requests':
    case 'refused_unauthorised':
    case 'refused_shop_paused':
    case 'refused_address_unknown':
    case 'refused_stale':
    case 'refused_refund_exceeds':
    case 'refused_picture_unusable':
    case 'refused_invalid_params':
    case 'refused_not_found':
    case 'refused_internal':
    case 'unusable_wrong_kind':
    case 'unusable_malformed':
    case 'unusable_bad_signature':
    case 'unusable_stale':
    case 'unusable_other_order':
    case 'unusable_other_goods':
    case 'unusable_other_quantity':
    case 'unusable_other_amount':
    case 'unusable_other_type':
    case 'unusable_foreign_code':
    case 'unusable_unreadable_code':
      return 'none_final';
    default:
      return never(screen);
  }
}

/** The other channel, when the shop takes it. */
export function otherChannel(of: PayType, offered: readonly PayType[]): PayType | null {
  return offered.find((one) => one !== of) ?? null;
}
