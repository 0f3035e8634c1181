import { Channel, convertFileSrc, invoke } from '@tauri-apps/api/core';
import { listen } from '@tauri-apps/api/event';
import type { PurchaseView } from './contract';
import type { Host } from './host';

/** A channel on which one purchase's views arrive, in order. */
function viewsTo(onView: (view: PurchaseView) => void): Channel<PurchaseView> {
  const channel = new Channel<PurchaseView>();
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
  buy: (request, onView) => invoke('buy', { request, channel: viewsTo(onView) }),
  takeUp: (requestId, onView) => invoke('take_up', { requestId, channel: viewsTo(onView) }),
  resumeOrder: (orderId, onView) => invoke('resume_order', { orderId, channel: viewsTo(onView) }),
  orders: (next) => invoke('orders', { next }),
  order: (orderId) => invoke('order', { orderId }),
  askRefund: (orderId, reason) => invoke('ask_refund', { orderId, reason }),
  addresses: () => invoke('addresses'),
  saveAddress: (addressId, draft) => invoke('save_address', { addressId, draft }),
  removeAddress: (addressId) => invoke('remove_address', { addressId }),
  pending: () => invoke('pending'),
  watch: (requestId, onView) => invoke('watch', { requestId, channel: viewsTo(onView) }),
  retry: (requestId) => invoke('retry', { requestId }),
  askNow: (requestId) => invoke('ask_now', { requestId }),
  switch: (requestId, payType) => invoke('switch', { requestId, payType }),
  cancel: (requestId) => invoke('cancel', { requestId }),
  dismiss: (requestId) => invoke('dismiss', { requestId }),
  receipt: (orderId) => invoke('receipt', { orderId }),
  saveReceipt: (orderId) => invoke('save_receipt', { orderId }),
  phoneUrl: (requestId) => invoke('phone_url', { requestId }),
  pictureUrl: (picture) => convertFileSrc(picture, 'picture'),
  streamUrl: (stream) => throughProgram(stream),
  preferences: (preferences) => invoke('preferences', { preferences }),
  about: () => invoke('about'),
  onRoomChanged: (listener) => listenTo('room_changed', () => listener()),
  onConnection: (listener) => listenTo<boolean>('connection', listener),
  onLink: (listener) => listenTo<string>('link', listener),
  onShow: (listener) => listenTo<string>('show', listener),
  copy: (text) => navigator.clipboard.writeText(text),
};
