import { mount } from 'svelte';
import App from '../src/App.svelte';
import type { Entrance } from '../src/host/contract';
import { FakeHost } from '../src/host/fake';
import type { Language } from '../src/text/text.svelte';
import '../src/styles/tokens.css';
import '../src/styles/base.css';
import { codes } from './codes';
import { sampleGoods, samplePicture } from './sample';
import { states } from './states';

declare global {
  interface Window {
    /** What the gallery's runner reads. */
    gallery: { names: string[]; steps: unknown };
  }
}

const asked = new URLSearchParams(location.search);
const name = asked.get('state') ?? 'room';
const language: Language = asked.get('lang') === 'en' ? 'en' : 'zh';
const state = states[name];
if (state === undefined) throw new Error(`no state ${name}`);
window.gallery = { names: Object.keys(states), steps: state.steps ?? [] };

localStorage.clear();
localStorage.setItem('language', language);
localStorage.setItem('theme', asked.get('theme') === 'dark' ? 'dark' : 'light');
localStorage.setItem('pay-type', 'alipay');

if (state.freeze) {
  const soon = window.setTimeout.bind(window);
  window.setTimeout = ((what: TimerHandler, ms = 0) => (ms < 1000 ? soon(what, ms) : 0)) as typeof window.setTimeout;
}

const host = new FakeHost();
const en = language === 'en';
host.entrance = {
  entrance: 'open',
  practice: state.practice ?? false,
  shop_key: '3f9ab2c47d81e650',
  pay_types: ['alipay', 'wechat'],
  room: {
    room_id: 'kiln-opening-night',
    title: en ? 'Kiln-opening night: new teaware' : '开窑夜 · 新到茶器',
    host: en ? 'Ahe · Shanyu Kiln' : '阿禾 · 山隅窑',
    shop: en ? 'Shanyu Kiln' : '山隅窑',
    state: 'live',
    cover: 'cover.jpg',
    notice: en ? 'Orders paid before 23:00 tonight leave together tomorrow morning.' : '今晚 23:00 前付款的订单，明早一起发货。',
  },
} satisfies Entrance;
host.stock = sampleGoods(language);
host.pictureUrl = samplePicture;
host.phone = new URL('./phone.html', location.href).href;
state.host?.(host);

const target = document.getElementById('app');
if (target === null) throw new Error('gallery.html has no #app');
mount(App, { target, props: { host } });
addEventListener('keydown', (event) => {
  // Keys of the gallery alone: what happens outside the window.
  if (event.key === 'F8') host.emit('r1', { stage: 'awaiting_payment', qr: codes.alipay, expires_in_s: 200, scanned: false, online: true });
  if (event.key === 'F9') host.connection(false);
});
setTimeout(() => state.then?.(host), 50);
