//! Refunds (WeChat Pay API v3, "refund application" and "query one refund").

use std::time::Duration;

use serde_json::{Value, json};
use sqlx::SqliteConnection;

use super::answer::{Answer, Problem};
use super::fields::Body;
use super::notice;
use crate::books::{BooksError, refunds, trades};
use crate::clock::rfc3339;
use crate::faults::Fault;
use crate::trade::{Channel, Refund, RefundState, State, Trade};
use crate::{Sandbox, random};

/// Real refunds to a balance take some minutes; the pretend ones do not keep a rehearsal waiting.
const TIME_TO_ARRIVE: Duration = Duration::from_secs(1);
/// "Within one year of the payment."
const REFUND_PERIOD: Duration = Duration::from_secs(365 * 86_400);
/// "An order can be refunded in at most 50 parts."
const MOST_PARTS: usize = 50;

const KNOWN: &[&str] = &[
    "/transaction_id",
    "/out_trade_no",
    "/out_refund_no",
    "/reason",
    "/notify_url",
    "/funds_account",
    "/amount/refund",
    "/amount/total",
    "/amount/currency",
    "/amount/from/account",
    "/amount/from/amount",
    "/goods_detail/merchant_goods_id",
    "/goods_detail/wechatpay_goods_id",
    "/goods_detail/goods_name",
    "/goods_detail/unit_price",
    "/goods_detail/refund_amount",
    "/goods_detail/refund_quantity",
];

/// `POST /v3/refund/domestic/refunds`: 200 means accepted, not done.
pub(super) async fn refund(sandbox: &Sandbox, books: &mut SqliteConnection, body: &[u8]) -> Result<Answer, Problem> {
    let body = Body::read(body, KNOWN)?;
    let number = body.needed_text("/out_refund_no", "商户退款单号", 64)?;
    if !number.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-|*@".contains(&byte)) {
        return Err(Answer::param(json!(number), "商户退款单号只能是数字、大小写字母_-|*@").into());
    }
    let reason = body.text("/reason", "退款原因", 80)?;
    let notify_url = body.notify_url(false)?;
    let amount_fen = body.needed_fen("/amount/refund", "退款金额")?;
    let total_fen = body.needed_fen("/amount/total", "原订单金额")?;
    body.currency(true)?;
    let trade = find(books, &body).await?;
    let Some(mut trade) = trade.filter(|trade| trade.state == State::Paid) else {
        return Err(Answer::error(404, "RESOURCE_NOT_EXISTS", "订单不存在").into());
    };
    if let Some(before) = refunds::by_number(books, Channel::Wechat, &number).await? {
        if before.request != body.fields {
            let message = "订单金额或退款金额与之前请求不一致，请核实后再试";
            return Err(Answer::error(400, "INVALID_REQUEST", message).coded(268_498_688).into());
        }
        return Ok(Answer::ok(described(&trade, &before, 0)));
    }
    check(sandbox, books, &trade, amount_fen, total_fen).await?;
    let now = sandbox.clock.now_ms();
    let mut made = Refund {
        id: 0,
        channel: Channel::Wechat,
        trade_id: trade.id,
        out_trade_no: trade.out_trade_no.clone(),
        number,
        refund_id: random::wechat_refund_id(now),
        amount_fen,
        reason,
        notify_url,
        request: body.fields.clone(),
        state: RefundState::Processing,
        created_ms: now,
        due_ms: sandbox.clock.after_ms(TIME_TO_ARRIVE),
        done_ms: None,
        fails: sandbox.faults.fire(Channel::Wechat, Fault::RefundAbnormal, "refund").is_some(),
    };
    trade.refunded_fen += amount_fen;
    trades::save(books, &mut trade).await?;
    refunds::save(books, &mut made).await?;
    Ok(Answer::ok(described(&trade, &made, 0)))
}

async fn find(books: &mut SqliteConnection, body: &Body) -> Result<Option<Trade>, Problem> {
    let id = body.text("/transaction_id", "微信支付订单号", 32)?;
    let number = body.text("/out_trade_no", "商户订单号", 32)?;
    match (id, number) {
        (Some(id), _) => Ok(trades::by_trade_no(books, Channel::Wechat, &id).await?),
        (None, Some(number)) => Ok(trades::by_number(books, Channel::Wechat, &number).await?),
        (None, None) => Err(Answer::error(400, "PARAM_ERROR", "商户订单号和微信订单号不能同时为空").into()),
    }
}

async fn check(
    sandbox: &Sandbox,
    books: &mut SqliteConnection,
    trade: &Trade,
    amount_fen: i64,
    total_fen: i64,
) -> Result<(), Problem> {
    let refuse = |message: &str| Err(Answer::error(400, "INVALID_REQUEST", message).into());
    if total_fen != trade.amount_fen {
        return refuse("订单总金额与原订单金额不一致");
    }
    if trade.refunded_fen + amount_fen > trade.paid_fen {
        return refuse("申请退款金额超过可退款余额");
    }
    let until = trade.paid_ms.unwrap_or_default().saturating_add(sandbox.clock.lasts_ms(REFUND_PERIOD));
    if sandbox.clock.now_ms() > until {
        return refuse("订单已超过可退款的最大期限");
    }
    if refunds::all_of_trade(books, trade.id).await?.len() >= MOST_PARTS {
        return refuse("超过最大部分退款次数（50次）");
    }
    if sandbox.faults.fire(Channel::Wechat, Fault::BalanceNotEnough, "refund").is_some() {
        return Err(Answer::error(403, "NOT_ENOUGH", "基本账户余额不足，请充值后重新发起").into());
    }
    Ok(())
}

/// `GET /v3/refund/domestic/refunds/{out_refund_no}`
pub(super) async fn query(sandbox: &Sandbox, books: &mut SqliteConnection, number: &str) -> Result<Answer, Problem> {
    let absent = || Answer::error(404, "RESOURCE_NOT_EXISTS", "退款单不存在");
    let refund = refunds::by_number(books, Channel::Wechat, number).await?.ok_or_else(absent)?;
    let trade = trades::by_id(books, refund.trade_id).await?.ok_or_else(absent)?;
    let altered = sandbox.faults.fire(Channel::Wechat, Fault::AnswerAmountAltered, "refund_query").is_some();
    Ok(Answer::ok(described(&trade, &refund, i64::from(altered))))
}

const ACCOUNT: &str = "支付用户零钱";

fn state_word(state: RefundState) -> &'static str {
    match state {
        RefundState::Processing => "PROCESSING",
        RefundState::Success => "SUCCESS",
        RefundState::Abnormal => "ABNORMAL",
    }
}

fn described(trade: &Trade, refund: &Refund, extra_fen: i64) -> Value {
    let amount = refund.amount_fen + extra_fen;
    let mut answer = json!({
        "amount": {
            "currency": "CNY",
            "discount_refund": 0,
            "from": [],
            "payer_refund": amount,
            "payer_total": trade.amount_fen,
            "refund": amount,
            "refund_fee": 0,
            "settlement_refund": amount,
            "settlement_total": trade.amount_fen,
            "total": trade.amount_fen,
        },
        "channel": "ORIGINAL",
        "create_time": rfc3339(refund.created_ms),
        "funds_account": "AVAILABLE",
        "out_refund_no": refund.number,
        "out_trade_no": refund.out_trade_no,
        "promotion_detail": [],
        "refund_id": refund.refund_id,
        "status": state_word(refund.state),
        "transaction_id": trade.trade_no,
        "user_received_account": ACCOUNT,
    });
    if let (RefundState::Success, Some(done_ms)) = (refund.state, refund.done_ms) {
        answer["success_time"] = json!(rfc3339(done_ms));
    }
    answer
}

/// Ends a refund in progress and tells the merchant, if an address was given with it.
pub(crate) async fn arrive(
    sandbox: &Sandbox,
    books: &mut SqliteConnection,
    mut refund: Refund,
) -> Result<(), BooksError> {
    let now = sandbox.clock.now_ms();
    refund.state = if refund.fails { RefundState::Abnormal } else { RefundState::Success };
    refund.done_ms = Some(now);
    refunds::save(books, &mut refund).await?;
    let Some(trade) = trades::by_id(books, refund.trade_id).await? else { return Ok(()) };
    notice::post_refund(sandbox, books, &trade, &refund).await
}

/// What a refund notice holds; its state is called `refund_status` here and `status` in the API.
pub(super) fn noticed(sandbox: &Sandbox, trade: &Trade, refund: &Refund, extra_fen: i64) -> Value {
    let amount = refund.amount_fen + extra_fen;
    let mut content = json!({
        "mchid": sandbox.keys.numbers.mchid,
        "out_trade_no": refund.out_trade_no,
        "transaction_id": trade.trade_no,
        "out_refund_no": refund.number,
        "refund_id": refund.refund_id,
        "refund_status": state_word(refund.state),
        "amount": {
            "total": trade.amount_fen,
            "refund": amount,
            "payer_total": trade.amount_fen,
            "payer_refund": amount,
        },
        "user_received_account": ACCOUNT,
    });
    if let (RefundState::Success, Some(done_ms)) = (refund.state, refund.done_ms) {
        content["success_time"] = json!(rfc3339(done_ms));
    }
    content
}
