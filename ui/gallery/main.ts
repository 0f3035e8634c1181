import { mount, unmount } from 'svelte';
import App from '../src/App.svelte';
import { FakeHost } from '../src/host/fake';
import { PLAYER } from '../src/live/player';
import type { Language } from '../src/text/text.svelte';
import '../src/styles/tokens.css';
import '../src/styles/base.css';
import { codes } from './codes';
import { drawnPlayer } from './player';
import { sampleGoods, samplePicture } from './sample';
import { type State, states, type Step } from './states';

declare global {
  interface Window {
    /** What the gallery's runner drives. */
    gallery: {
      names: string[];
      /** Opens a new window in one state, in place of the one before; returns what is left to do there. */
      open: (name: string, language: Language) => Step[];
    };
  }
}

const soon = window.setTimeout.bind(window);
let app: Record<string, unknown> | null = null;
let host = new FakeHost();

/** A host with the sample room, as this state wants it. */
function hostOf(state: State, language: Language): FakeHost {
  const en = language === 'en';
  const made = new FakeHost();
  made.entrance = {
    entrance: 'open',
    practice: state.practice ?? false,
    shop_key: '3f9ab2c47d81e650',
    link: 'liveshop://room/kiln-opening-night?shop=https%3A%2F%2Fshop.shanyu-kiln.example&key=Zm9v',
    room: {
      room_id: 'kiln-opening-night',
      title: en ? 'Kiln-opening night: new teaware' : '开窑夜 · 新到茶器',
      host: en ? 'Ahe · Shanyu Kiln' : '阿禾 · 山隅窑',
      shop: en ? 'Shanyu Kiln' : '山隅窑',
      state: 'live',
      cover: 'cover.jpg',
      notice: en ? 'Orders paid before 23:00 tonight leave together tomorrow morning.' : '今晚 23:00 前付款的订单，明早一起发货。',
      stream: null,
      starts_at: null,
      pay_types: ['alipay', 'wechat'],
    },
  };
  made.stock = sampleGoods(language);
  // The practice room is hosted by whoever opens it.
  if (state.practice) made.studio.who = { streamer: en ? 'Ahe' : '阿禾', rehearsal: true };
  made.pictureUrl = samplePicture;
  made.phone = new URL('./phone.html?code=practice', location.href).href;
  state.host?.(made);
  return made;
}

function open(name: string, language: Language): Step[] {
  const state = states[name];
  const target = document.getElementById('app');
  if (state === undefined || target === null) throw new Error(`no state ${name}`);
  if (app !== null) void unmount(app);
  localStorage.clear();
  localStorage.setItem('language', language);
  localStorage.setItem('theme', 'light');
  localStorage.setItem('pay-type', 'alipay');
  const frozen = (what: TimerHandler, ms = 0) => (ms < 1000 ? soon(what, ms) : 0);
  window.setTimeout = (state.freeze ? frozen : soon) as typeof window.setTimeout;
  const mine = hostOf(state, language);
  host = mine;
  const context = new Map([[PLAYER, drawnPlayer(state.player ?? [])]]);
  app = mount(App, { target, props: { host: mine }, context });
  soon(() => state.then?.(mine), 50);
  return state.steps ?? [];
}

window.gallery = { names: Object.keys(states), open };

addEventListener('keydown', (event) => {
  // Keys of the gallery alone: what happens outside the window.
  if (event.key === 'F7') host.change('r1', { not_switched_to: 'wechat' });
  if (event.key === 'F8') host.emit('r1', { stage: 'awaiting_payment', qr: codes.alipay, expires_in_s: 200, scanned: false, online: true });
  if (event.key === 'F9') host.connection(false);
  if (event.key === 'F10') host.studio.elsewhere('goods-3', { title: `${host.studio.desk().goods[2]?.item.title ?? ''} II`, price_fen: 9_900 });
  if (event.key === 'F11' && Array.isArray(host.stock)) {
    host.stock = host.stock.filter((one) => one.goods_id !== 'goods-3');
    host.studio.changed('goods');
  }
});

// By hand: gallery.html?state=wait_alipay&lang=en
const asked = new URLSearchParams(location.search);
if (asked.has('state')) open(asked.get('state') ?? 'room', asked.get('lang') === 'en' ? 'en' : 'zh');
