import type { Goods } from '../host/contract';
import type { Announcer } from '../shared/announcer.svelte';
import { spokenAmount } from '../shared/money';
import { locale } from '../text/text.svelte';
import type { RoomState } from './room.svelte';

/** The host may pick up several things in a row: only what is settled is read out. */
const SETTLE_MS = 2000;

/** Reads changes in the room out: what is explained, new prices, the connection. Call it while a component is set up. */
export function readOut(room: RoomState, announcer: Announcer): void {
  let explained: string | null = null;
  $effect(() => {
    const now = room.pinned;
    if (now === null || now.goods_id === explained) return;
    const first = explained === null;
    explained = now.goods_id;
    if (first) return;
    const settled = setTimeout(() => announcer.say(explaining(now)), SETTLE_MS);
    return () => clearTimeout(settled);
  });

  $effect(() => {
    const changed = room.goods.filter((one) => room.repriced.has(one.goods_id));
    const { words } = locale;
    if (changed.length > 0) {
      announcer.say(changed.map((one) => words.sayPrice({ name: one.title, price: words.yuan(spokenAmount(one.price_fen)) })).join(' '));
    }
  });

  let wasOnline = true;
  $effect(() => {
    const { words } = locale;
    if (room.online === wasOnline) return;
    wasOnline = room.online;
    announcer.say(room.online ? words.sayBack : words.stale(room.staleSince ?? ''));
  });
}

function explaining(goods: Goods): string {
  const { words } = locale;
  return words.sayExplaining({ lot: goods.lot, name: goods.title, price: words.yuan(spokenAmount(goods.price_fen)) });
}
