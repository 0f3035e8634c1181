// Generated from the Rust types by ts-rs. Do not edit by hand: a stale file fails a test.
export type PayType = "alipay" | "wechat";
export type GoodsKind = "fins" | "merchandise";
export type ErrorCode = "price_changed" | "sold_out" | "not_on_sale" | "limit_reached" | "channel_unavailable" | "request_conflict" | "too_many_requests" | "unauthorised" | "invalid_params" | "not_found" | "body_too_large" | "internal";
export type RoomState = "soon" | "live" | "over";
export type Room = { room_id: string, title: string, host: string, shop: string, state: RoomState, cover: string | null, notice: string | null, };
export type Goods = { goods_id: string, lot: number, title: string, note: string | null, kind: GoodsKind,
 fins: number | null, price_fen: number, price_version: number, stock_left: number, held: number,
 limit_per_viewer: number | null, on_sale: boolean, pinned: boolean, picture: string | null, description: string | null };
export type Viewer = { viewer_id: string, fins_balance: number };
export type Entrance =
 | { entrance: "open", room: Room, practice: boolean, shop_key: string, pay_types: PayType[] }
 | { entrance: "ask_trust", room_id: string, shop_url: string, shop_key: string }
 | { entrance: "key_changed", room_id: string, shop_url: string, known_key: string, shop_key: string };
export type CommandError = { code: "no_answer" | "unusable_answer" | "storage" | "bad_link" | "practice_failed" | "not_ready" | ErrorCode, message: string };
export type BuyRequest = { goods_id: string, quantity: number, pay_type: PayType, price_version: number, amount_fen: number, note: string | null };
export type Bought = { goods_id: string, lot: number, title: string, kind: GoodsKind, fins: number | null, picture: string | null };
export type Qr = { svg: string, modules: number, payment_string: string };
export type Refusal = { code: ErrorCode, message: string, price_fen: number | null, price_version: number | null, stock_left: number | null, limit: number | null, bought: number | null, retry_after_s: number | null };
export type AnswerFault = "wrong_kind" | "malformed" | "bad_signature" | "stale" | "other_order" | "other_goods" | "other_quantity" | "other_amount" | "other_type" | "foreign_code" | "unreadable_code";
export type ClosedBy = "time" | "viewer" | "channel" | "shop";
export type RefundReason = "late" | "twice" | "sold_out" | "mismatch" | "cancelled" | "streamer";
export type Stage =
 | { stage: "ordering" }
 | { stage: "no_answer" }
 | { stage: "refused", refusal: Refusal }
 | { stage: "unusable", fault: AnswerFault }
 | { stage: "awaiting_payment", qr: Qr, expires_in_s: number, scanned: boolean, online: boolean }
 | { stage: "checking", why: "asked" | "time_up" | "cancelled", since_s: number, online: boolean }
 | { stage: "delivered", paid_at: number, fins: number | null }
 | { stage: "closed", by: ClosedBy }
 | { stage: "refunding", reason: RefundReason, paid_fen: number }
 | { stage: "refunded", reason: RefundReason, paid_fen: number };
export type PurchaseView = { request_id: string, order_id: string | null, bought: Bought, quantity: number, amount_fen: number, pay_type: PayType, stage: Stage };
