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

/** The host inside the real window. */
export const tauriHost: Host = {
  enter: () => invoke('enter'),
  trust: () => invoke('trust'),
  goods: () => invoke('goods'),
  viewer: () => invoke('viewer'),
  buy: (request, onView) => invoke('buy', { request, channel: viewsTo(onView) }),
  takeUp: (requestId, onView) => invoke('take_up', { requestId, channel: viewsTo(onView) }),
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
  onRoomChanged: (listener) => listenTo('room_changed', () => listener()),
  onConnection: (listener) => listenTo<boolean>('connection', listener),
  copy: (text) => navigator.clipboard.writeText(text),
};
