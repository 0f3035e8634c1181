// Generated from the Rust types; `cargo xtask bindings` writes it anew.
export type PayType = "alipay" | "wechat";
export type GoodsKind = "merchandise" | "fins";
export type ClosedBy = "time" | "viewer" | "channel" | "shop";
export type OrderState = "reserved" | "awaiting_payment" | "closing" | "closed" | "delivered" | "refund_due" | "refunding" | "refunded";
export type AttemptState = "new" | "sent" | "qr_ready" | "scanned" | "close_sent" | "closed" | "rejected" | "paid" | "mismatch";
export type RefundReason = "late" | "twice" | "returned" | "streamer" | "mismatch" | "console";
export type RefundState = "new" | "sent" | "processing" | "done" | "abnormal" | "closed";
export type ErrorCode = "price_changed" | "sold_out" | "not_on_sale" | "limit_reached" | "channel_unavailable" | "request_conflict" | "too_many_requests" | "unauthorised" | "not_found" | "shop_paused" | "address_unknown" | "stale" | "refund_exceeds" | "picture_unusable" | "invalid_params" | "internal";
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
 * What can still go back, fen.
 */
refundable_fen?: number, 
/**
 * When to try again, seconds.
 */
retry_after_s?: number, 
/**
 * The order's place among those that wait for their turn at the channel, 1 being next.
 */
queue_position?: number, 
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
export type Stage = { "stage": "ordering" } | { "stage": "in_line", 
/**
 * Its place, 1 being next.
 */
position: number, 
/**
 * Seconds left to pay when this was sent.
 */
expires_in_s: number, 
/**
 * The shop can be heard.
 */
online: boolean, } | { "stage": "no_answer" } | { "stage": "refused", 
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
 * Its goods, in the order of the shelf.
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
export type UpdateWay = "itself" | "deb" | "rpm" | "by_hand";
export type UpdateFailure = "no_answer" | "unusable_feed" | "forged" | "storage";
export type UpdateState = { "state": "not_asked" } | { "state": "looking" } | { "state": "newest" } | { "state": "found", 
/**
 * Its number.
 */
version: string, 
/**
 * What whoever made it says of it.
 */
notes: string | null, } | { "state": "loading", 
/**
 * Its number.
 */
version: string, 
/**
 * How much of it is here, where its size is known.
 */
percent: number | null, } | { "state": "restarting", 
/**
 * Its number.
 */
version: string, } | { "state": "failed", 
/**
 * Why.
 */
failure: UpdateFailure, 
/**
 * The one that was not put in place; without it, looking failed.
 */
version: string | null, };
export type UpdateView = { 
/**
 * How they come.
 */
way: UpdateWay, 
/**
 * What is known of them.
 */
state: UpdateState, };
export type Hosting = { 
/**
 * The streamer whose token is known here and taken by the shop.
 */
streamer: string | null, 
/**
 * Whether the room can be rehearsed here: it is the practice room.
 */
rehearsal: boolean, };
export type LanPhone = { 
/**
 * Whether phones in the same network may open it.
 */
on: boolean, 
/**
 * What a phone opens, while it is on.
 */
url: string | null, 
/**
 * The same as a code.
 */
qr: Qr | null, };
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
export type Declined = { 
/**
 * Why, in the streamer's words.
 */
reason: string, 
/**
 * When, Unix seconds of the shop's clock.
 */
at: number, };
export type RefundRequest = { 
/**
 * Why, in the viewer's words.
 */
reason: string, 
/**
 * When it was asked, Unix seconds of the shop's clock.
 */
asked_at: number, 
/**
 * The streamer's no, once it was said.
 */
declined: Declined | null, };
export type Shipment = { 
/**
 * Who carries it.
 */
carrier: string, 
/**
 * The carrier's number.
 */
number: string, 
/**
 * When it was marked, Unix seconds of the shop's clock.
 */
shipped_at: number, };
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
refund_request: RefundRequest | null, 
/**
 * How it was sent, once it was.
 */
shipment: Shipment | null, };
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
export type Studio = { 
/**
 * The streamer's name.
 */
streamer: string, 
/**
 * The room.
 */
room: Room, 
/**
 * The room's revision.
 */
room_revision: number, 
/**
 * Since when the show has been live, or when the last one began, Unix seconds of the shop's clock.
 */
live_since: number | null, 
/**
 * The goods in the order of the shelf, those that are off sale too.
 */
goods: Array<StudioGoods>, 
/**
 * The shop's clock, Unix seconds.
 */
now_s: number, };
export type StudioGoods = { 
/**
 * What viewers see. `stock_left` and `held` together wait for buyers.
 */
item: Goods, 
/**
 * Rises with each edit; sales do not change it.
 */
revision: number, 
/**
 * Pieces sold.
 */
sold: number, 
/**
 * Open orders that hold pieces of it.
 */
open_orders: number, 
/**
 * The deal it had last, over or not.
 */
last_deal: Deal | null, };
export type GoodsDraft = { 
/**
 * Its name, 1 to 60 characters.
 */
title: string, 
/**
 * One line: size, origin; 60 characters at most.
 */
note: string | null, 
/**
 * More about it, 2,000 characters at most.
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
 * Price of one piece outside a deal, fen, 1 to 9,999,999.
 */
price_fen: number, 
/**
 * How many one viewer may have.
 */
limit_per_viewer: number | null, 
/**
 * Whether it can be ordered.
 */
on_sale: boolean, 
/**
 * Id of its picture.
 */
picture: string | null, };
export type NewItem = { 
/**
 * What is written about it.
 */
draft: GoodsDraft, 
/**
 * Pieces, 0 to 99,999.
 */
stock: number, };
export type GoodsEdit = { 
/**
 * The revision the streamer saw.
 */
revision: number, 
/**
 * What is to stand from now on, all of it.
 */
draft: GoodsDraft, 
/**
 * Pieces more, or fewer, than there were: what is sold meanwhile is not put back. Fewer than can be ordered is
 * refused with `sold_out`.
 */
add_stock: number, };
export type DealDraft = { 
/**
 * The revision of the item the streamer saw.
 */
revision: number, 
/**
 * Price of one piece, fen, below the item's own.
 */
price_fen: number, 
/**
 * Seconds until it begins; 0 is at once.
 */
starts_in_s: number, 
/**
 * Seconds from its begin to its end, 10 s to thirty days.
 */
lasts_s: number, 
/**
 * For how many pieces, at most what can be ordered.
 */
pieces: number, };
export type RoomDraft = { 
/**
 * The revision of the room the streamer saw.
 */
revision: number, 
/**
 * What the show is called, 1 to 60 characters.
 */
title: string, 
/**
 * A line to everybody, 200 characters at most.
 */
notice: string | null, 
/**
 * Whether the show is on.
 */
state: RoomState, 
/**
 * Address of the show's HLS playlist: https, or http on the shop's own machine.
 */
stream: string | null, 
/**
 * When the show is to begin, Unix seconds of the shop's clock.
 */
starts_at: number | null, 
/**
 * Id of the cover picture.
 */
cover: string | null, };
export type Crop = { 
/**
 * From the left.
 */
x: number, 
/**
 * From the top.
 */
y: number, 
/**
 * Its side.
 */
side: number, };
export type PictureKept = { 
/**
 * Its id.
 */
picture: string, };
export type ImportReport = { 
/**
 * Whether it was taken: never in a dry run, and never when a row is wrong.
 */
taken: boolean, 
/**
 * Each row.
 */
rows: Array<ImportRow>, };
export type ImportRow = { 
/**
 * The line of the file, counted from 1, the header being the first.
 */
line: number, 
/**
 * The title it has.
 */
title: string, 
/**
 * What it does.
 */
outcome: ImportOutcome, 
/**
 * What is wrong with it.
 */
problems: Array<ImportProblem>, };
export type ImportOutcome = "added" | "changed" | "same" | "wrong";
export type ImportProblem = { 
/**
 * The column.
 */
column: string, 
/**
 * What stands there.
 */
value: string, 
/**
 * What is wrong with it.
 */
code: ImportCode, };
export type ImportCode = "columns" | "missing" | "too_long" | "not_readable" | "out_of_range" | "unknown" | "deal_incomplete" | "deal_price" | "deal_pieces" | "twice";
export type OrderFilter = "all" | "unpaid" | "paid" | "to_ship" | "wishes" | "refunds" | "stuck" | "closed";
export type StudioOrders = { 
/**
 * The orders.
 */
orders: Array<StudioOrder>, 
/**
 * What to ask for the page after this one; nothing when this is the last.
 */
next: string | null, };
export type StudioOrder = { 
/**
 * The order.
 */
order_id: string, 
/**
 * Tells viewers apart; no id of theirs.
 */
buyer: string, 
/**
 * The goods.
 */
goods_id: string, 
/**
 * Their number on the shelf today.
 */
lot: number, 
/**
 * Their name when the order was made.
 */
title: string, 
/**
 * What delivery means.
 */
kind: GoodsKind, 
/**
 * Pieces.
 */
quantity: number, 
/**
 * What is due, fen.
 */
amount_fen: number, 
/**
 * Whether it was ordered at a deal's price.
 */
deal: boolean, 
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
 * What goes or went back, oldest first.
 */
refunds: Array<StudioRefund>, 
/**
 * The viewer's wish for a refund.
 */
refund_request: RefundRequest | null, 
/**
 * How it was sent.
 */
shipment: Shipment | null, 
/**
 * A payment that differs waits for a person.
 */
quarantined: boolean, };
export type StudioRefund = { 
/**
 * Its number at the channel.
 */
refund_id: string, 
/**
 * The attempt whose money goes back.
 */
pay_id: string, 
/**
 * How much, fen.
 */
amount_fen: number, 
/**
 * Why.
 */
reason: RefundReason, 
/**
 * Where it stands.
 */
state: RefundState, 
/**
 * Calls in a row that ended without a final result: more than a few, and somebody should look.
 */
tries: number, };
export type StudioAttempt = { 
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
state: AttemptState, 
/**
 * The channel's number of the payment.
 */
channel_no: string | null, 
/**
 * What was paid, fen.
 */
paid_fen: number | null, 
/**
 * When the channel booked it, Unix seconds.
 */
paid_at: number | null, 
/**
 * What of it can still go back, fen.
 */
refundable_fen: number, };
export type StudioPaper = { 
/**
 * As the list has it.
 */
order: StudioOrder, 
/**
 * Its trades, oldest first.
 */
attempts: Array<StudioAttempt>, 
/**
 * What the viewer wrote.
 */
note: string | null, 
/**
 * Where it is sent, as it was when the order was made; only while something is to be sent or was.
 */
address: PostalAddress | null, 
/**
 * What of it can still go back, fen; 0 where nothing can.
 */
refundable_fen: number, 
/**
 * What happened, oldest first: the order's lines of the journal.
 */
timeline: Array<TimelineLine>, };
export type TimelineLine = { 
/**
 * Its number in the journal.
 */
seq: number, 
/**
 * When, Unix seconds.
 */
at: number, 
/**
 * What happened.
 */
what: TimelineEvent, 
/**
 * At which channel.
 */
pay_type: PayType | null, 
/**
 * How much, fen.
 */
amount_fen: number | null, 
/**
 * The channel's number of the payment that is the evidence.
 */
channel_no: string | null, 
/**
 * What the channel said, as it was kept.
 */
evidence: string, 
/**
 * Hash of the line, which the next line's is made of.
 */
hash: string, };
export type TimelineEvent = "placed" | "attempted" | "prepay_sent" | "prepay_ready" | "prepay_refused" | "scanned" | "end_asked" | "close_sent" | "close_proved" | "paid" | "returned" | "differs" | "refund_sent" | "refund_accepted" | "refund_stuck" | "refund_done" | "refund_closed" | "taken_back" | "returned_by_hand";
export type RefundDraft = { 
/**
 * Minted by the app: the same one gives the same refund, as often as it is sent.
 */
request_id: string, 
/**
 * How much, fen: at most what can still go back, else `refund_exceeds`.
 */
amount_fen: number, 
/**
 * Why, for the streamer's own books, 200 characters at most.
 */
reason: string, };
export type ShipmentDraft = { 
/**
 * Who carries it, 1 to 40 characters.
 */
carrier: string, 
/**
 * The carrier's number, 1 to 60 characters.
 */
number: string, };
export type ShowFigures = { 
/**
 * Orders made from here on are counted, Unix seconds of the shop's clock.
 */
since: number, 
/**
 * The shop's clock, Unix seconds.
 */
now_s: number, 
/**
 * Viewers who ordered.
 */
buyers: number, 
/**
 * Orders made.
 */
orders: number, 
/**
 * Those that may still be paid.
 */
open: number, 
/**
 * Those that were paid and delivered.
 */
paid: number, 
/**
 * Those that ended unpaid.
 */
closed: number, 
/**
 * Pieces of paid orders.
 */
pieces: number, 
/**
 * What was paid for them, fen.
 */
paid_fen: number, 
/**
 * Refunds made or under way.
 */
refunds: number, 
/**
 * What they come to, fen.
 */
refunded_fen: number, 
/**
 * Length of a step, seconds.
 */
step_s: number, 
/**
 * Orders and payments over time, oldest first, 60 steps at most; a step with nothing in it is there too.
 */
steps: Array<FigureStep>, 
/**
 * By item, the best first.
 */
goods: Array<GoodsFigures>, };
export type FigureStep = { 
/**
 * When it begins, Unix seconds.
 */
at: number, 
/**
 * Orders made in it.
 */
orders: number, 
/**
 * Of these, those that were paid.
 */
paid: number, 
/**
 * What was paid for them, fen.
 */
paid_fen: number, };
export type GoodsFigures = { 
/**
 * The item.
 */
goods_id: string, 
/**
 * Its number on the shelf today.
 */
lot: number, 
/**
 * Its name today.
 */
title: string, 
/**
 * Orders made.
 */
orders: number, 
/**
 * Those that were paid and delivered.
 */
paid: number, 
/**
 * Pieces of them.
 */
pieces: number, 
/**
 * What was paid for them, fen.
 */
paid_fen: number, 
/**
 * What of it goes or went back, fen.
 */
refunded_fen: number, };
export type Trouble = "notices_lost" | "notices_late" | "notices_doubled" | "queries_unanswered" | "no_code" | "channels_down" | "viewer_offline" | "paid_after_closing" | "paid_twice" | "refunds_refused";
export type Switch = { 
/**
 * What it does.
 */
trouble: Trouble, 
/**
 * Whether it is on.
 */
on: boolean, 
/**
 * How often it has struck since the practice room was opened.
 */
struck: number, 
/**
 * When it switches itself off, seconds from now.
 */
off_in_s: number | null, };
export type Happening = { 
/**
 * Rises with each one.
 */
seq: number, 
/**
 * When, milliseconds since 1970.
 */
at_ms: number, 
/**
 * What.
 */
what: HappeningKind, 
/**
 * At which channel.
 */
pay_type: PayType, 
/**
 * How much, fen.
 */
amount_fen: number | null, 
/**
 * What went wrong with it on purpose.
 */
trouble: Trouble | null, };
export type HappeningKind = "code_asked" | "scanned" | "paid" | "notice" | "query" | "close" | "refund";
export type Panel = { 
/**
 * Every switch.
 */
switches: Array<Switch>, 
/**
 * The last hundred happenings, newest first.
 */
happenings: Array<Happening>, };
export type Case = "paid" | "expired" | "notice_lost" | "paid_late" | "paid_twice" | "sold_out" | "refund_stuck" | "viewer_offline" | "queries_unanswered" | "channel_down";
export type CaseState = "waiting" | "running" | "passed" | "failed" | "stopped";
export type Who = "viewer" | "phone" | "shop" | "trouble";
export type Deed = "ordered" | "code_shown" | "switched" | "cancelled" | "paid" | "paid_again" | "last_piece_bought" | "taken_back" | "trouble_began" | "trouble_ended" | "told";
export type Step = { 
/**
 * Milliseconds since the case began.
 */
after_ms: number, 
/**
 * Who.
 */
who: Who, 
/**
 * What.
 */
deed: Deed, 
/**
 * What the viewer was told.
 */
state: OrderState | null, 
/**
 * With which channel.
 */
pay_type: PayType | null, 
/**
 * How much, fen; of what the viewer was told, what of the money is back.
 */
amount_fen: number | null, };
export type Outcome = { 
/**
 * What the channels' books say was paid, fen.
 */
money_in_fen: number, 
/**
 * What they say went back, fen.
 */
money_back_fen: number, 
/**
 * Pieces delivered.
 */
goods_out: number, };
export type CaseFault = { "fault": "outcome" } | { "fault": "end_state", 
/**
 * What it must have been.
 */
wanted: OrderState, } | { "fault": "no_end" } | { "fault": "stock" } | { "fault": "broken", 
/**
 * In words for support.
 */
message: string, };
export type CaseReport = { 
/**
 * The case.
 */
case: Case, 
/**
 * How it stands.
 */
state: CaseState, 
/**
 * The item it buys.
 */
title: string, 
/**
 * What happened, oldest first.
 */
steps: Array<Step>, 
/**
 * What must be.
 */
wanted: Outcome, 
/**
 * What was, by the channels' books and the shop's.
 */
found: Outcome, 
/**
 * What was not as it must be.
 */
faults: Array<CaseFault>, 
/**
 * How long it took, milliseconds.
 */
took_ms: number, };
export type RehearsalState = "preparing" | "running" | "done" | "stopped" | "failed";
export type Rehearsal = { 
/**
 * How it stands.
 */
state: RehearsalState, 
/**
 * Whose goods it sells.
 */
room: string, 
/**
 * When it began, Unix seconds.
 */
began_at: number, 
/**
 * Every case, in the order they are lived.
 */
cases: Array<CaseReport>, 
/**
 * Why it could not go on.
 */
message: string | null, };
export type CrowdPlan = { 
/**
 * Viewers, 1 to 500.
 */
viewers: number, 
/**
 * Of a hundred, how many pay.
 */
pay: number, 
/**
 * How many walk away from the code.
 */
leave: number, 
/**
 * How many cancel and pay all the same, too late.
 */
late: number, 
/**
 * Over how many seconds they come, 1 to 300.
 */
over_s: number, };
export type Crowd = { 
/**
 * Whether it is still at it.
 */
running: boolean, 
/**
 * Viewers that came.
 */
came: number, 
/**
 * Orders made.
 */
ordered: number, 
/**
 * Viewers who were told that nothing is left, or that they have enough.
 */
turned_away: number, 
/**
 * Viewers who were told to try again, and did.
 */
slowed_down: number, 
/**
 * Viewers whom something else failed.
 */
failed: number, 
/**
 * Orders paid at the phone.
 */
paid: number, 
/**
 * Orders delivered.
 */
delivered: number, 
/**
 * Orders whose money went back.
 */
refunded: number, 
/**
 * Orders that ended unpaid.
 */
closed: number, 
/**
 * What was paid, fen.
 */
paid_fen: number, 
/**
 * What went back, fen.
 */
refunded_fen: number, 
/**
 * Milliseconds since it began.
 */
took_ms: number, 
/**
 * Once it is over: whether the channels' books and the shop's agree on its money and goods.
 */
agrees: boolean | null, };
