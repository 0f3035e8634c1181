// Generated from the Rust types; `cargo xtask bindings` writes it anew.
export type PayType = "alipay" | "wechat";
export type GoodsKind = "merchandise" | "fins";
export type ClosedBy = "time" | "viewer" | "channel" | "shop";
export type OrderState = "reserved" | "awaiting_payment" | "closing" | "closed" | "delivered" | "refund_due" | "refunding" | "refunded";
export type AttemptState = "new" | "sent" | "rejected" | "qr_ready" | "scanned" | "close_sent" | "closed" | "paid" | "mismatch";
export type RefundReason = "late" | "twice" | "returned" | "streamer" | "mismatch" | "console";
export type ErrorCode = "price_changed" | "sold_out" | "not_on_sale" | "limit_reached" | "channel_unavailable" | "request_conflict" | "too_many_requests" | "unauthorised" | "not_found" | "shop_paused" | "address_unknown" | "invalid_params" | "internal";
export type RoomState = "soon" | "live" | "over";
export type Room = { 
/**
 * Its id.
 */
room_id: string, 
/**
 * What the show is called.
 */
title: string, 
/**
 * Who hosts it.
 */
host: string, 
/**
 * The shop, as the payment apps name the payee.
 */
shop: string, 
/**
 * Whether the show is on.
 */
state: RoomState, 
/**
 * Id of the cover picture.
 */
cover: string | null, 
/**
 * A line from the streamer to everybody.
 */
notice: string | null, 
/**
 * Address of the show's HLS playlist: https, or http on the shop's own machine.
 */
stream: string | null, 
/**
 * When the show is to begin, Unix seconds of the shop's clock.
 */
starts_at: number | null, 
/**
 * The payment types the shop has set up.
 */
pay_types: Array<PayType>, };
export type Deal = { price_fen: number, price_version: number, starts_at: number, ends_at: number, pieces: number, pieces_left: number, };
export type Goods = { 
/**
 * The target identifier.
 */
goods_id: string, 
/**
 * The number the host says aloud.
 */
lot: number, 
/**
 * Its name.
 */
title: string, 
/**
 * One line: size, origin.
 */
note: string | null, 
/**
 * More about it.
 */
description: string | null, 
/**
 * What delivery means.
 */
kind: GoodsKind, 
/**
 * Shark fins credited for each piece, for goods of kind `fins`.
 */
fins: number | null, 
/**
 * Price of one piece, fen.
 */
price_fen: number, 
/**
 * Rises whenever the price changes.
 */
price_version: number, 
/**
 * The deal that is planned or runs.
 */
deal: Deal | null, 
/**
 * Pieces that can be bought now.
 */
stock_left: number, 
/**
 * Pieces in unpaid orders, which may come back.
 */
held: number, 
/**
 * How many one viewer may have.
 */
limit_per_viewer: number | null, 
/**
 * Whether it can be ordered.
 */
on_sale: boolean, 
/**
 * Whether the host is explaining it.
 */
pinned: boolean, 
/**
 * Id of its picture.
 */
picture: string | null, };
export type Viewer = { 
/**
 * The viewer.
 */
viewer_id: string, 
/**
 * Shark fins the viewer owns.
 */
fins_balance: number, };
export type Refusal = { 
/**
 * The code that decides the words.
 */
code: ErrorCode, 
/**
 * The storefront's own words, for logs and support.
 */
message: string, 
/**
 * The price now, for one piece, in fen.
 */
price_fen?: number, 
/**
 * The version of that price.
 */
price_version?: number, 
/**
 * Pieces left.
 */
stock_left?: number, 
/**
 * How many one viewer may have.
 */
limit?: number, 
/**
 * How many this viewer has or has on order.
 */
bought?: number, 
/**
 * When to try again, seconds.
 */
retry_after_s?: number, 
/**
 * The order the refusal speaks of.
 */
order_id?: string, };
export type AnswerFault = "malformed" | "wrong_kind" | "bad_signature" | "stale" | "other_order" | "other_goods" | "other_quantity" | "other_amount" | "other_type" | "foreign_code" | "unreadable_code";
export type Entrance = { "entrance": "open", 
/**
 * The room.
 */
room: Room, 
/**
 * Whether it is the practice room: no real money moves.
 */
practice: boolean, 
/**
 * Fingerprint of the key the shop signs with.
 */
shop_key: string, 
/**
 * The room's link, to be passed on; a practice room has none.
 */
link: string | null, } | { "entrance": "ask_trust", 
/**
 * The room the link names.
 */
room_id: string, 
/**
 * The shop's address.
 */
shop_url: string, 
/**
 * Fingerprint of its key.
 */
shop_key: string, } | { "entrance": "key_changed", 
/**
 * The room the link names.
 */
room_id: string, 
/**
 * The shop's address.
 */
shop_url: string, 
/**
 * Fingerprint of the key that was trusted.
 */
known_key: string, 
/**
 * Fingerprint of the key in the link.
 */
shop_key: string, };
export type LocalCode = "no_answer" | "unusable_answer" | "storage" | "bad_link" | "practice_failed" | "not_ready";
export type CommandCode = LocalCode | ErrorCode;
export type CommandError = { 
/**
 * The code.
 */
code: CommandCode, 
/**
 * For logs and support.
 */
message: string, };
export type BuyRequest = { 
/**
 * The goods.
 */
goods_id: string, 
/**
 * Pieces.
 */
quantity: number, 
/**
 * The payment type.
 */
pay_type: PayType, 
/**
 * The version of the price the viewer saw.
 */
price_version: number, 
/**
 * The amount the viewer saw, fen.
 */
amount_fen: number, 
/**
 * For the streamer.
 */
note: string | null, 
/**
 * Where merchandise is sent: an address of the viewer's book.
 */
address_id: string | null, };
export type Bought = { 
/**
 * The goods.
 */
goods_id: string, 
/**
 * Their number on the shelf.
 */
lot: number, 
/**
 * Their name.
 */
title: string, 
/**
 * What delivery means.
 */
kind: GoodsKind, 
/**
 * Shark fins a piece.
 */
fins: number | null, 
/**
 * Id of their picture.
 */
picture: string | null, };
export type Qr = { 
/**
 * The whole drawing, black on white, quiet zone included, one unit a module.
 */
svg: string, 
/**
 * Its side in modules, quiet zone included.
 */
modules: number, 
/**
 * What it reads as.
 */
payment_string: string, };
export type CheckingWhy = "asked" | "time_up" | "cancelled" | "refused";
export type MoneyBack = { 
/**
 * Why.
 */
reason: RefundReason, 
/**
 * How much, fen.
 */
amount_fen: number, 
/**
 * The channel it was paid with and goes back by.
 */
pay_type: PayType, 
/**
 * It has arrived.
 */
done: boolean, };
export type ReceiptPaid = { 
/**
 * The channel.
 */
pay_type: PayType, 
/**
 * The channel's number of the payment, as the wallet shows it.
 */
channel_no: string, 
/**
 * How much, fen.
 */
amount_fen: number, 
/**
 * When the channel booked it, Unix seconds.
 */
paid_at: number, };
export type ReceiptView = { 
/**
 * The order.
 */
order_id: string, 
/**
 * The goods' name when the order was made.
 */
title: string, 
/**
 * Pieces.
 */
quantity: number, 
/**
 * What was due, fen.
 */
amount_fen: number, 
/**
 * Shark fins that delivery credits.
 */
fins: number | null, 
/**
 * When the order was made, Unix seconds.
 */
created_at: number, 
/**
 * When the goods were delivered, Unix seconds.
 */
delivered_at: number | null, 
/**
 * How it stands, or ended.
 */
state: OrderState, 
/**
 * What was paid.
 */
payments: Array<ReceiptPaid>, 
/**
 * What goes or went back.
 */
refunds: Array<MoneyBack>, 
/**
 * Fingerprint of the key it is signed with.
 */
shop_key: string, 
/**
 * When it was signed, Unix seconds of the shop's clock.
 */
signed_at: number, };
export type Stage = { "stage": "ordering" } | { "stage": "no_answer" } | { "stage": "refused", 
/**
 * Why, and what the reaction needs.
 */
refusal: Refusal, } | { "stage": "unusable", 
/**
 * The check that failed.
 */
fault: AnswerFault, } | { "stage": "awaiting_payment", 
/**
 * The code.
 */
qr: Qr, 
/**
 * Seconds left to pay when this was sent.
 */
expires_in_s: number, 
/**
 * The wallet has opened it (only Alipay tells).
 */
scanned: boolean, 
/**
 * The shop can be heard.
 */
online: boolean, } | { "stage": "checking", 
/**
 * Why.
 */
why: CheckingWhy, 
/**
 * How long already, seconds.
 */
since_s: number, 
/**
 * The shop can be heard.
 */
online: boolean, } | { "stage": "delivered", 
/**
 * When the channel booked the payment, Unix seconds.
 */
paid_at: number, 
/**
 * Shark fins credited.
 */
fins: number | null, 
/**
 * What goes back all the same: a second payment, or what the shop returns.
 */
refunds: Array<MoneyBack>, } | { "stage": "closed", 
/**
 * Who or what ended it.
 */
by: ClosedBy, } | { "stage": "refunding", 
/**
 * Why.
 */
reason: RefundReason, 
/**
 * How much, fen.
 */
paid_fen: number, } | { "stage": "refunded", 
/**
 * Why.
 */
reason: RefundReason, 
/**
 * How much, fen.
 */
paid_fen: number, };
export type PurchaseView = { 
/**
 * The app's own id of it.
 */
request_id: string, 
/**
 * The order, once it is known.
 */
order_id: string | null, 
/**
 * The goods.
 */
bought: Bought, 
/**
 * Pieces.
 */
quantity: number, 
/**
 * What is due, fen.
 */
amount_fen: number, 
/**
 * The payment type: what was paid with, once something was.
 */
pay_type: PayType, 
/**
 * The payment type before, when the viewer changed it: that code is not shown any more.
 */
switched_from: PayType | null, 
/**
 * The payment type the shop did not change to; the code before it stands.
 */
not_switched_to: PayType | null, 
/**
 * The viewer has put the result away; it is watched in case a payment comes to light.
 */
seen: boolean, 
/**
 * Where it stands.
 */
stage: Stage, };
export type Shelf = { room: Room, goods: Array<Goods>, now_s: number, };
export type KnownRoom = { link: string, title: string, host: string, shop_url: string, shop_key: string, entered_at: number, };
export type Language = "zh" | "en";
export type Preferences = { language: Language, notifications: boolean, };
export type About = { version: string, practice: boolean, data_folder: string, };
export type PostalAddress = { name: string, phone: string, region: string, detail: string, };
export type AddressDraft = { address: PostalAddress, is_default: boolean, };
export type Address = { address_id: string, address: PostalAddress, is_default: boolean, };
export type RefundRequest = { reason: string, asked_at: number, };
export type OrderDetails = { note: string | null, address: PostalAddress | null, refund_request: RefundRequest | null, };
export type OrderSummary = { order_id: string, goods_id: string, kind: GoodsKind, title: string, quantity: number, amount_fen: number, fins: number | null, pay_type: PayType, state: OrderState, closed_by: ClosedBy | null, created_at: number, paid_at: number | null, expires_in_s: number, refunds: Array<MoneyBack>, };
export type OrdersPage = { orders: Array<OrderSummary>, next: string | null, };
export type AttemptLine = { pay_id: string, pay_type: PayType, state: AttemptState, };
export type OrderPaper = { order: OrderSummary, attempts: Array<AttemptLine>, details: OrderDetails, };
