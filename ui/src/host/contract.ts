// Generated from the Rust types; `cargo xtask bindings` writes it anew.
export type PayType = "alipay" | "wechat";
export type GoodsKind = "merchandise" | "fins";
export type ClosedBy = "time" | "viewer" | "channel" | "shop";
export type OrderState = "reserved" | "awaiting_payment" | "closing" | "closed" | "delivered" | "refund_due" | "refunding" | "refunded";
export type AttemptState = "new" | "sent" | "qr_ready" | "scanned" | "close_sent" | "closed" | "rejected" | "paid" | "mismatch";
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
export type Deal = { 
/**
 * Price of one piece while it runs, fen.
 */
price_fen: number, 
/**
 * The version of that price: what `params` carry to buy at it.
 */
price_version: number, 
/**
 * When it begins, Unix seconds of the shop's clock.
 */
starts_at: number, 
/**
 * When it ends, Unix seconds of the shop's clock.
 */
ends_at: number, 
/**
 * Pieces it was made for.
 */
pieces: number, 
/**
 * Pieces of it that can be bought now.
 */
pieces_left: number, };
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
 * Price of one piece outside a deal, fen.
 */
price_fen: number, 
/**
 * Rises whenever the price changes. No price of the item, a deal's neither, ever has the same version.
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
export type Shelf = { 
/**
 * The room.
 */
room: Room, 
/**
 * Its goods, in lot order.
 */
goods: Array<Goods>, 
/**
 * The shop's clock when this was sent, Unix seconds: deals and starts are counted from it.
 */
now_s: number, };
export type KnownRoom = { 
/**
 * Its link.
 */
link: string, 
/**
 * What its show was called.
 */
title: string, 
/**
 * Who hosts it.
 */
host: string, 
/**
 * The shop's address.
 */
shop_url: string, 
/**
 * Fingerprint of the shop's key that is trusted.
 */
shop_key: string, 
/**
 * When it was last entered, Unix seconds of this computer's clock.
 */
entered_at: number, };
export type Language = "zh" | "en";
export type Preferences = { 
/**
 * The language of notifications and of the tray.
 */
language: Language, 
/**
 * Whether results are notified while the window is not in front.
 */
notifications: boolean, };
export type About = { 
/**
 * Its version.
 */
version: string, 
/**
 * Whether it has the practice room inside.
 */
practice: boolean, 
/**
 * Where it keeps what belongs to the viewer.
 */
data_folder: string, };
export type PostalAddress = { 
/**
 * Who receives it, 1 to 40 characters.
 */
name: string, 
/**
 * Their telephone, 5 to 20 of digits, spaces, `+`, `-`, `(` and `)`, at least 5 of them digits.
 */
phone: string, 
/**
 * Province, city and district, 1 to 60 characters.
 */
region: string, 
/**
 * Street, house and door, 1 to 120 characters.
 */
detail: string, };
export type AddressDraft = { 
/**
 * What is written on a parcel.
 */
address: PostalAddress, 
/**
 * Whether it is offered first.
 */
is_default: boolean, };
export type Address = { 
/**
 * Its id.
 */
address_id: string, 
/**
 * What is written on a parcel.
 */
address: PostalAddress, 
/**
 * Whether it is offered first. One of a viewer's addresses always is.
 */
is_default: boolean, };
export type RefundRequest = { 
/**
 * Why, in the viewer's words.
 */
reason: string, 
/**
 * When it was asked, Unix seconds of the shop's clock.
 */
asked_at: number, };
export type OrderDetails = { 
/**
 * What the viewer wrote to the streamer.
 */
note: string | null, 
/**
 * Where it is sent, as it was when the order was made.
 */
address: PostalAddress | null, 
/**
 * The viewer's wish for a refund, once there is one.
 */
refund_request: RefundRequest | null, };
export type OrderSummary = { 
/**
 * The order.
 */
order_id: string, 
/**
 * The goods.
 */
goods_id: string, 
/**
 * What delivery means.
 */
kind: GoodsKind, 
/**
 * The goods' name when the order was made.
 */
title: string, 
/**
 * Pieces.
 */
quantity: number, 
/**
 * What is due, fen.
 */
amount_fen: number, 
/**
 * Shark fins that delivery credits.
 */
fins: number | null, 
/**
 * The payment type: what was paid with, once something was, else what was chosen last.
 */
pay_type: PayType, 
/**
 * Where it stands.
 */
state: OrderState, 
/**
 * Who or what ended it.
 */
closed_by: ClosedBy | null, 
/**
 * When it was made, Unix seconds.
 */
created_at: number, 
/**
 * When the channel booked the payment, Unix seconds.
 */
paid_at: number | null, 
/**
 * Seconds left to pay when this was sent, 0 once it cannot be paid.
 */
expires_in_s: number, 
/**
 * What goes or went back.
 */
refunds: Array<MoneyBack>, };
export type OrdersPage = { 
/**
 * The orders.
 */
orders: Array<OrderSummary>, 
/**
 * What to ask for the page after this one; nothing when this is the last.
 */
next: string | null, };
export type AttemptLine = { 
/**
 * The channel's merchant order number.
 */
pay_id: string, 
/**
 * The channel.
 */
pay_type: PayType, 
/**
 * Where it stands.
 */
state: AttemptState, };
export type OrderPaper = { 
/**
 * As the list has it.
 */
order: OrderSummary, 
/**
 * Its attempts, oldest first.
 */
attempts: Array<AttemptLine>, 
/**
 * Note, address and wish for a refund.
 */
details: OrderDetails, };
