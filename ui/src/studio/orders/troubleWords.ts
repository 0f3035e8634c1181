import type { CommandCode } from '../../host/contract';
import type { Words } from '../../text/zh';

/** What is said when an order could not be changed. */
export function troubleWords(code: CommandCode, words: Words): string {
  switch (code) {
    case 'too_many_requests':
      return words.studioOrders.trouble.busy;
    case 'unauthorised':
      return words.studioOrders.trouble.token;
    case 'not_found':
    case 'request_conflict':
    case 'stale':
      return words.studioOrders.trouble.gone;
    case 'no_answer':
    case 'unusable_answer':
    case 'internal':
      return words.studioOrders.trouble.away;
    case 'price_changed':
    case 'sold_out':
    case 'not_on_sale':
    case 'limit_reached':
    case 'channel_unavailable':
    case 'shop_paused':
    case 'address_unknown':
    case 'refund_exceeds':
    case 'picture_unusable':
    case 'invalid_params':
    case 'storage':
    case 'bad_link':
    case 'practice_failed':
    case 'not_ready':
      return words.studioOrders.trouble.other;
  }
}
