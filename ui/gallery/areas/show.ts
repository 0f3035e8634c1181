import type { Deal, Goods, Room } from '../../src/host/contract';
import type { FakeHost } from '../../src/host/fake';
import type { PlayerEvent } from '../../src/live/player';
import { manyGoods } from '../sample';
import type { State, Step } from '../states';

const opened: Step = { wait: '[data-goods]' };

/** Changes what the room says of the show. */
function withRoom(host: FakeHost, more: Partial<Room>): void {
  if (typeof host.entrance === 'object' && 'entrance' in host.entrance && host.entrance.entrance === 'open') {
    host.entrance = { ...host.entrance, room: { ...host.entrance.room, ...more } };
  }
}

function withGoods(host: FakeHost, change: (one: Goods) => Goods): void {
  if (Array.isArray(host.stock)) host.stock = host.stock.map(change);
}

/** The room while a show is on, and what its player tells. */
function show(player: PlayerEvent[], steps: Step[] = []): State {
  return { host: (host) => withRoom(host, { stream: 'https://live.shanyu-kiln.example/show.m3u8' }), player, freeze: true, steps: [opened, ...steps] };
}

const playing: PlayerEvent[] = [{ is: 'playing' }];
const heights: PlayerEvent = { is: 'heights', heights: [1080, 720, 480] };

/** A deal of 60 pieces that began or begins some seconds from now. */
function deal(host: FakeHost, price_fen: number, starts_in: number, ends_in: number, pieces_left: number): Deal {
  return { price_fen, price_version: 2, starts_at: host.nowS + starts_in, ends_at: host.nowS + ends_in, pieces: 60, pieces_left };
}

/** Deals of every kind: the explained teapot's, and some in the rows. */
function deals(teapot: (host: FakeHost) => Deal): State {
  return {
    host: (host) =>
      withGoods(host, (one) => {
        switch (one.lot) {
          case 1:
            return { ...one, deal: deal(host, 12_800, 754, 2000, 60) };
          case 2:
            return { ...one, price_fen: 29_800, deal: teapot(host) };
          case 3:
            return { ...one, deal: deal(host, 6_600, 8000, 9000, 60) };
          case 5:
            return { ...one, price_fen: 13_600, deal: deal(host, 10_990, -100, 665, 37) };
          default:
            return one;
        }
      }),
    freeze: true,
    steps: [opened],
  };
}

const running = deals((host) => deal(host, 22_800, -300, 272, 18));
const openTeapot: Step[] = [{ click: '[data-goods="goods-2"] button[data-open]' }, { wait: '[data-goods-buy]' }];

export const showStates: Record<string, State> = {
  show_joining: show([]),
  show_playing: show(playing),
  show_sound: show([...playing, heights], [{ click: '[data-act="sound"]' }]),
  show_paused: show([...playing, { is: 'paused' }], [{ click: '[data-act="sound"]' }, { click: '[data-act="sound"]' }]),
  show_behind: show([...playing, heights, { is: 'behind', seconds: 32 }], [{ click: '[data-act="sound"]' }]),
  show_buffering: { ...show([...playing, { is: 'waiting' }], [{ wait: '[data-status]' }]) },
  show_lost: show([...playing, { is: 'dropped' }]),
  show_failed: show([{ is: 'broken' }]),
  show_no_codec: show([{ is: 'no_codec' }]),
  show_practice: { ...show(playing), practice: true },
  show_mini: show(playing, [{ press: 'Control+2' }, { wait: '.stage.mini' }]),
  show_soon: { host: (host) => withRoom(host, { state: 'soon', starts_at: host.nowS + 872 }), freeze: true, steps: [opened] },
  show_soon_later: { host: (host) => withRoom(host, { state: 'soon', starts_at: host.nowS + 90_000, notice: null }), freeze: true, steps: [opened] },
  show_over: { host: (host) => withRoom(host, { state: 'over' }), steps: [opened] },

  deal_planned: deals((host) => deal(host, 22_800, 95, 600, 60)),
  deal_running: running,
  deal_over: {
    ...running,
    then: (host) => {
      withGoods(host, (one) => (one.lot === 2 || one.lot === 5 ? { ...one, deal: null } : one));
      host.roomChanged();
    },
    steps: [opened, { wait: '.hero [data-news]' }],
  },
  deals_chip: { ...running, steps: [opened, { click: '[data-filter="deals"]' }] },
  deal_details: { ...running, steps: [opened, ...openTeapot] },
  deal_details_planned: { ...running, steps: [opened, { click: '[data-goods="goods-1"] button[data-open]' }, { wait: '[data-goods-buy]' }] },
  deal_choose: { ...running, steps: [opened, { click: '[data-goods="goods-2"] button[data-buy]' }, { wait: '[data-screen="choose"]' }] },
  many_goods: { host: (host) => (host.stock = manyGoods(host.stock, 10_000)), steps: [opened] },
  many_goods_end: {
    host: (host) => (host.stock = manyGoods(host.stock, 10_000)),
    steps: [opened, ...Array<Step>(3).fill({ press: 'F6' }), ...Array<Step>(7).fill({ press: 'Tab' }), { press: 'End' }, { wait: '[aria-posinset="9999"]' }],
  },
};
