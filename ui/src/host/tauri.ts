import { Channel, convertFileSrc, invoke } from '@tauri-apps/api/core';
import { listen } from '@tauri-apps/api/event';
import type { Host } from './host';
import type { RehearsalHost } from './rehearsalHost';
import type { StudioHost } from './studioHost';

/** A channel on which views arrive, in order. */
function channelTo<T>(onView: (view: T) => void): Channel<T> {
  const channel = new Channel<T>();
  channel.onmessage = onView;
  return channel;
}

/** Listens to an event of the program; safe to stop before listening has begun. */
function listenTo<T>(event: string, listener: (payload: T) => void): () => void {
  const stop = listen<T>(event, ({ payload }) => listener(payload));
  return () => void stop.then((unlisten) => unlisten());
}

/**
 * `https://host/path` as `stream://localhost/https/host/path`: the program fetches it, the page has no way to the
 * network. What a playlist names relative to itself keeps pointing to the same host.
 */
function throughProgram(stream: string): string {
  const { protocol, host, pathname, search } = new URL(stream);
  return `${convertFileSrc('', 'stream')}${protocol.slice(0, -1)}/${host}${pathname}${search}`;
}

const studio: StudioHost = {
  hosting: () => invoke('hosting'),
  host: (token) => invoke('host_room', { token }),
  stopHosting: () => invoke('stop_hosting'),
  open: () => invoke('studio'),
  addItem: (item) => invoke('add_item', { item }),
  editItem: (goodsId, edit) => invoke('edit_item', { goodsId, edit }),
  removeItem: (goodsId, revision) => invoke('remove_item', { goodsId, revision }),
  orderGoods: (goodsIds) => invoke('order_goods', { goodsIds }),
  pin: (goodsId) => invoke('pin', { goodsId }),
  makeDeal: (goodsId, deal) => invoke('make_deal', { goodsId, deal }),
  endDeal: (goodsId) => invoke('end_deal', { goodsId }),
  editRoom: (draft) => invoke('edit_room', { draft }),
  addPicture: (picture, crop) => invoke('add_picture', picture, { headers: crop === null ? {} : { crop: `${crop.x},${crop.y},${crop.side}` } }),
  importGoods: (csv, dryRun) => invoke('import_goods', { csv, dryRun }),
  exportGoods: () => invoke('export_goods'),
  orders: (filter, words, next) => invoke('studio_orders', { filter, words, next }),
  order: (orderId) => invoke('studio_order', { orderId }),
  refund: (orderId, draft) => invoke('refund_order', { orderId, draft }),
  declineRefund: (orderId, reason) => invoke('decline_refund', { orderId, reason }),
  ship: (orderId, draft) => invoke('ship', { orderId, draft }),
  figures: (since) => invoke('show_figures', { since }),
  exportOrders: (toShip) => invoke('export_orders', { toShip }),
  onChanged: (listener) => listenTo<'goods' | 'orders'>('studio_changed', listener),
};

const rehearsal: RehearsalHost = {
  panel: () => invoke('panel'),
  setTrouble: (trouble, on) => invoke('set_trouble', { trouble, on }),
  clearTroubles: () => invoke('clear_troubles'),
  onHappening: (listener) => listenTo('happening', () => listener()),
  rehearse: (onView) => invoke('rehearse', { channel: channelTo(onView) }),
  stop: () => invoke('stop_rehearsal'),
  last: () => invoke('last_rehearsal'),
  saveReport: (language) => invoke('save_report', { language }),
  crowd: (plan, onView) => invoke('crowd', { plan, channel: channelTo(onView) }),
  stopCrowd: () => invoke('stop_crowd'),
  lanPhone: (on) => invoke('lan_phone', { on }),
  resetPractice: () => invoke('reset_practice'),
};

/** The host inside the real window. */
export const tauriHost: Host = {
  enter: () => invoke('enter'),
  trust: () => invoke('trust'),
  openRoom: (link) => invoke('open_room', { link }),
  openPractice: () => invoke('open_practice'),
  rooms: () => invoke('rooms'),
  forgetRoom: (link) => invoke('forget_room', { link }),
  shelf: () => invoke('shelf'),
  viewer: () => invoke('viewer'),
  buy: (request, onView) => invoke('buy', { request, channel: channelTo(onView) }),
  takeUp: (requestId, onView) => invoke('take_up', { requestId, channel: channelTo(onView) }),
  resumeOrder: (orderId, onView) => invoke('resume_order', { orderId, channel: channelTo(onView) }),
  orders: (next) => invoke('orders', { next }),
  order: (orderId) => invoke('order', { orderId }),
  askRefund: (orderId, reason) => invoke('ask_refund', { orderId, reason }),
  addresses: () => invoke('addresses'),
  saveAddress: (addressId, draft) => invoke('save_address', { addressId, draft }),
  removeAddress: (addressId) => invoke('remove_address', { addressId }),
  pending: () => invoke('pending'),
  watch: (requestId, onView) => invoke('watch', { requestId, channel: channelTo(onView) }),
  retry: (requestId) => invoke('retry', { requestId }),
  askNow: (requestId) => invoke('ask_now', { requestId }),
  switch: (requestId, payType) => invoke('switch', { requestId, payType }),
  cancel: (requestId) => invoke('cancel', { requestId }),
  dismiss: (requestId) => invoke('dismiss', { requestId }),
  receipt: (orderId) => invoke('receipt', { orderId }),
  saveReceipt: (orderId) => invoke('save_receipt', { orderId }),
  phoneUrl: (requestId) => invoke('phone_url', { requestId }),
  pictureUrl: (picture) => convertFileSrc(picture, 'picture'),
  thumbUrl: (picture) => `${convertFileSrc(picture, 'picture')}/small`,
  streamUrl: (stream) => throughProgram(stream),
  preferences: (preferences) => invoke('preferences', { preferences }),
  about: () => invoke('about'),
  updates: (onView) => invoke('updates', { channel: channelTo(onView) }),
  lookForUpdate: () => invoke('look_for_update'),
  installUpdate: () => invoke('install_update'),
  onRoomChanged: (listener) => listenTo('room_changed', () => listener()),
  onConnection: (listener) => listenTo<boolean>('connection', listener),
  onLink: (listener) => listenTo<string>('link', listener),
  onShow: (listener) => listenTo<string>('show', listener),
  onGuide: (listener) => listenTo('guide', () => listener()),
  copy: (text) => navigator.clipboard.writeText(text),
  studio,
  rehearsal,
};
