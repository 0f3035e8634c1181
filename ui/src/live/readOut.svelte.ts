import { untrack } from 'svelte';
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
    const settled = setTimeout(() => announcer.say(explaining(room, now)), SETTLE_MS);
    return () => clearTimeout(settled);
  });

  $effect(() => {
    const { repriced, dealOver } = room.notes;
    if (repriced.size === 0 && dealOver.size === 0) return;
    untrack(() => {
      const { words } = locale;
      const news = room.goods.flatMap((one) => {
        if (!room.inView.has(one.goods_id)) return [];
        const facts = { name: one.title, price: spoken(room, one) };
        if (dealOver.has(one.goods_id)) return [words.show.sayDealOver(facts)];
        return repriced.has(one.goods_id) ? [words.sayPrice(facts)] : [];
      });
      if (news.length > 0) announcer.say(news.join(' '));
    });
  });

  let wasOnline = true;
  $effect(() => {
    const { words } = locale;
    if (room.online === wasOnline) return;
    wasOnline = room.online;
    announcer.say(room.online ? words.sayBack : words.stale(room.staleSince ?? ''));
  });
}

function spoken(room: RoomState, goods: Goods): string {
  return locale.words.yuan(spokenAmount(room.priceOf(goods).price_fen));
}

function explaining(room: RoomState, goods: Goods): string {
  return locale.words.sayExplaining({ lot: goods.lot, name: goods.title, price: spoken(room, goods) });
}
