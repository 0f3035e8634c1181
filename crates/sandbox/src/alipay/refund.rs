//! refund and refund query (Alipay open platform, `alipay.trade.refund`, `alipay.trade.fastpay.refund.query`).

use serde_json::{Value, json};
use sqlx::SqliteConnection;

use super::answer::{Problem, Refusal};
use super::fields::Ask;
use super::money::yuan;
use super::order::{Fields, exists, find};
use super::{notice, status};
use crate::books::{refunds, trades};
use crate::clock::china_text;
use crate::faults::Fault;
use crate::trade::{Channel, Refund, RefundState, State, Trade};
use crate::{Sandbox, phone};

/// `alipay.trade.refund`: done at once. The same number and amount again moves no money.
pub(super) async fn refund(sandbox: &Sandbox, books: &mut SqliteConnection, ask: &Ask) -> Result<Fields, Problem> {
    let amount_fen = ask.amount_fen("refund_amount")?;
    ask.text("refund_reason", 256)?;
    let given = ask.text("out_request_no", 64)?;
    let (_, trade) = find(sandbox, books, ask).await?;
    let Some(mut trade) = trade.filter(exists) else {
        return Err(Refusal::business("ACQ.TRADE_NOT_EXIST", "交易不存在").into());
    };
    // Without a number of its own the order's number plays the part, so only one refund is possible.
    let number = given.unwrap_or_else(|| trade.out_trade_no.clone());
    if let Some(before) = refunds::of_trade(books, trade.id, &number).await? {
        if before.amount_fen != amount_fen {
            return Err(Refusal::business("ACQ.DISCORDANT_REPEAT_REQUEST", "不一致的请求").into());
        }
        return Ok(answer(&trade, &before, false, ask));
    }
    check_refundable(sandbox, &trade, amount_fen)?;
    check_balance(sandbox, "refund")?;
    let made = pay_back(sandbox, books, &mut trade, amount_fen, &number, &ask.biz).await?;
    Ok(answer(&trade, &made, true, ask))
}

fn check_refundable(sandbox: &Sandbox, trade: &Trade, amount_fen: i64) -> Result<(), Refusal> {
    match trade.state {
        State::Paid => {}
        State::Closed | State::Void => return Err(Refusal::business("ACQ.TRADE_HAS_CLOSE", "交易已经关闭")),
        State::Ordered | State::Scanned => return Err(Refusal::business("ACQ.TRADE_STATUS_ERROR", "交易状态不合法")),
    }
    if status(sandbox, trade) == "TRADE_FINISHED" {
        return Err(Refusal::business("ACQ.TRADE_HAS_FINISHED", "交易已完结"));
    }
    if trade.refunded_fen + amount_fen > trade.paid_fen {
        return Err(Refusal::business("ACQ.REFUND_AMT_NOT_EQUAL_TOTAL", "退款金额超限"));
    }
    Ok(())
}

/// The merchant's balance always reaches, unless a fault says otherwise.
pub(super) fn check_balance(sandbox: &Sandbox, call: &str) -> Result<(), Refusal> {
    match sandbox.faults.fire(Channel::Alipay, Fault::BalanceNotEnough, call) {
        Some(_) => Err(Refusal::business("ACQ.SELLER_BALANCE_NOT_ENOUGH", "卖家余额不足")),
        None => Ok(()),
    }
}

/// Moves the money back, writes it down and tells the merchant.
pub(super) async fn pay_back(
    sandbox: &Sandbox,
    books: &mut SqliteConnection,
    trade: &mut Trade,
    amount_fen: i64,
    number: &str,
    request: &Fields,
) -> Result<Refund, Problem> {
    let now = sandbox.clock.now_ms();
    let mut refund = Refund {
        id: 0,
        channel: Channel::Alipay,
        trade_id: trade.id,
        out_trade_no: trade.out_trade_no.clone(),
        number: number.to_owned(),
        refund_id: String::new(),
        amount_fen,
        reason: request.get("refund_reason").and_then(Value::as_str).map(str::to_owned),
        notify_url: trade.notify_url.clone(),
        request: request.clone(),
        state: RefundState::Success,
        created_ms: now,
        due_ms: now,
        done_ms: Some(now),
        fails: false,
    };
    trade.refunded_fen += amount_fen;
    trades::save(books, trade).await?;
    refunds::save(books, &mut refund).await?;
    notice::post_status(sandbox, books, trade, Some(&refund)).await?;
    Ok(refund)
}

fn answer(trade: &Trade, refund: &Refund, moved: bool, ask: &Ask) -> Fields {
    let mut answer = Fields::new();
    let mut put = |name: &str, value: Value| answer.insert(name.to_owned(), value);
    put("buyer_logon_id", json!(phone::buyer::logon_id(trade.buyer.as_deref())));
    put("buyer_user_id", json!(phone::buyer::user_id(trade.buyer.as_deref())));
    put("fund_change", json!(if moved { "Y" } else { "N" }));
    put("gmt_refund_pay", json!(china_text(refund.created_ms)));
    put("out_trade_no", json!(trade.out_trade_no));
    // All refunds of this trade together, not this one.
    put("refund_fee", json!(yuan(trade.refunded_fen)));
    put("send_back_fee", json!(if moved { yuan(refund.amount_fen) } else { "0.00".to_owned() }));
    put("trade_no", json!(trade.trade_no));
    if ask.wants("refund_detail_item_list") {
        put("refund_detail_item_list", json!([{"amount": yuan(refund.amount_fen), "fund_channel": "ALIPAYACCOUNT"}]));
    }
    answer
}

/// `alipay.trade.fastpay.refund.query`: only `refund_status` says that a refund was made.
pub(super) async fn query(sandbox: &Sandbox, books: &mut SqliteConnection, ask: &Ask) -> Result<Fields, Problem> {
    let number = ask.needed_text("out_request_no", 64)?;
    let (_, trade) = find(sandbox, books, ask).await?;
    let Some(trade) = trade.filter(exists) else {
        return Err(Refusal::business("ACQ.TRADE_NOT_EXIST", "交易不存在").into());
    };
    let Some(refund) = refunds::of_trade(books, trade.id, &number).await? else { return Ok(Fields::new()) };
    let extra = i64::from(sandbox.faults.fire(Channel::Alipay, Fault::AnswerAmountAltered, "refund_query").is_some());
    let mut answer = Fields::new();
    let mut put = |name: &str, value: Value| answer.insert(name.to_owned(), value);
    put("out_request_no", json!(refund.number));
    put("out_trade_no", json!(trade.out_trade_no));
    put("refund_amount", json!(yuan(refund.amount_fen + extra)));
    put("refund_status", json!("REFUND_SUCCESS"));
    put("total_amount", json!(yuan(trade.amount_fen)));
    put("trade_no", json!(trade.trade_no));
    if let Some(reason) = &refund.reason {
        put("refund_reason", json!(reason));
    }
    if ask.wants("gmt_refund_pay") {
        put("gmt_refund_pay", json!(china_text(refund.created_ms)));
    }
    if ask.wants("refund_detail_item_list") {
        put("refund_detail_item_list", json!([{"amount": yuan(refund.amount_fen), "fund_channel": "ALIPAYACCOUNT"}]));
    }
    Ok(answer)
}
