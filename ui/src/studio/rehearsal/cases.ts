import type { Case } from '../../host/contract';

// Written as a table over the contract's own type: a new case does not compile until it is here.
const all: Record<Case, null> = {
  paid: null,
  expired: null,
  notice_lost: null,
  paid_late: null,
  paid_twice: null,
  sold_out: null,
  refund_stuck: null,
  viewer_offline: null,
  queries_unanswered: null,
  channel_down: null,
};

/** Every case, in the order they are lived. */
export const CASES = Object.keys(all) as Case[];
