import type { Address, Goods, OrderPaper, OrderSummary, ReceiptView, Room } from './contract';

/** What most views say of switching and of being put away: nothing. */
export const blank = { switched_from: null, not_switched_to: null, seen: false } as const;

export const fakeRoom: Room = {
  room_id: 'teahouse',
  title: '开窑夜 · 新到茶器',
  host: '山隅窑 · 阿禾',
  shop: '山隅窑',
  state: 'live',
  cover: null,
  notice: null,
  stream: null,
  starts_at: null,
  pay_types: ['alipay', 'wechat'],
};

export const fakeGoods: Goods = {
  goods_id: 'g1',
  lot: 1,
  title: '雨过天青盖碗',
  note: '180 ml',
  kind: 'merchandise',
  fins: null,
  price_fen: 16_800,
  price_version: 1,
  deal: null,
  stock_left: 24,
  held: 0,
  limit_per_viewer: null,
  on_sale: true,
  pinned: false,
  picture: null,
  description: null,
};

export const fakeReceipt: ReceiptView = {
  order_id: '20260822-7F3K',
  title: '粗陶侧把壶',
  quantity: 1,
  amount_fen: 22_800,
  fins: null,
  created_at: 1_787_404_530,
  delivered_at: 1_787_404_568,
  state: 'delivered',
  payments: [{ pay_type: 'alipay', channel_no: '2026082222001400000012345678', amount_fen: 22_800, paid_at: 1_787_404_568 }],
  refunds: [],
  shop_key: '3f9ab2c47d81e650',
  signed_at: 1_787_404_600,
};

export const fakeAddress: Address = {
  address_id: 'a1',
  address: { name: '林夏', phone: '138 0000 0000', region: '浙江省 杭州市 西湖区', detail: '文三路 1 号 3 幢 502' },
  is_default: true,
};

export const fakeOrder: OrderSummary = {
  order_id: '20260822-7F3K',
  goods_id: 'g1',
  kind: 'merchandise',
  title: '粗陶侧把壶',
  quantity: 1,
  amount_fen: 22_800,
  fins: null,
  pay_type: 'alipay',
  state: 'delivered',
  closed_by: null,
  created_at: 1_787_404_530,
  paid_at: 1_787_404_568,
  expires_in_s: 0,
  refunds: [],
};

/** The paper of an order of the list, with nothing beside it. */
export function fakePaper(order: OrderSummary): OrderPaper {
  return {
    order,
    attempts: [{ pay_id: `${order.order_id}A1`, pay_type: order.pay_type, state: order.paid_at === null ? 'closed' : 'paid' }],
    details: { note: null, address: order.kind === 'merchandise' ? fakeAddress.address : null, refund_request: null, shipment: null },
  };
}
