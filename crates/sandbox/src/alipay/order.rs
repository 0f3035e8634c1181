//! precreate, query, cancel, close (Alipay open platform, face-to-face payment).

use std::time::Duration;

use serde_json::{Map, Value, json};
use sqlx::SqliteConnection;

use super::answer::{Problem, Refusal};
use super::fields::Ask;
use super::money::yuan;
use super::{notice, refund, status};
use crate::books::codes::{self, Code};
use crate::books::{BooksError, trades};
use crate::clock::china_text;
use crate::faults::Fault;
use crate::trade::{Cancelled, Channel, State, Trade};
use crate::{Sandbox, phone, random};

/// "The code is valid for two hours at most."
const CODE_LIFE: Duration = Duration::from_secs(2 * 3600);
/// The default of `timeout_express` for this product.
const PAY_TIME: Duration = Duration::from_secs(3 * 3600);
/// "A trade of more than 24 hours ago cannot be cancelled."
const CANCEL_WINDOW: Duration = Duration::from_secs(24 * 3600);

pub(crate) type Fields = Map<String, Value>;

fn fields(value: Value) -> Fields {
    match value {
        Value::Object(fields) => fields,
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => Map::new(),
    }
}

/// The trade the merchant means; `trade_no` wins over `out_trade_no`. A trade that ran out is closed on the way.
pub(super) async fn find(
    sandbox: &Sandbox,
    books: &mut SqliteConnection,
    ask: &Ask,
) -> Result<(Option<String>, Option<Trade>), Problem> {
    let number = ask.out_trade_no()?;
    let trade = match (ask.text("trade_no", 64)?, &number) {
        (Some(trade_no), _) => trades::by_trade_no(books, Channel::Alipay, &trade_no).await?,
        (None, Some(number)) => trades::by_number(books, Channel::Alipay, number).await?,
        (None, None) => return Err(Refusal::invalid("out_trade_no", "与trade_no不能同时为空").into()),
    };
    let trade = match trade {
        Some(trade) if trade.state == State::Scanned && trade.expires_ms <= sandbox.clock.now_ms() => {
            Some(super::close_unpaid(sandbox, books, trade).await?)
        }
        other => other,
    };
    Ok((number, trade))
}

/// Whether Alipay would say that this trade exists: from the scan on.
pub(super) fn exists(trade: &Trade) -> bool {
    trade.trade_no.is_some()
}

/// `alipay.trade.precreate`
pub(super) async fn precreate(sandbox: &Sandbox, books: &mut SqliteConnection, ask: &Ask) -> Result<Fields, Problem> {
    let now = sandbox.clock.now_ms();
    let number = ask.out_trade_no()?.ok_or_else(|| Refusal::invalid("out_trade_no", "不能为空"))?;
    let old = trades::by_number(books, Channel::Alipay, &number).await?;
    match old.as_ref().map(|old| old.state) {
        Some(State::Paid) => return Err(Refusal::business("ACQ.TRADE_HAS_SUCCESS", "交易已被支付").into()),
        Some(State::Closed) => return Err(Refusal::business("ACQ.TRADE_HAS_CLOSE", "交易已经关闭").into()),
        Some(State::Ordered | State::Scanned | State::Void) | None => {}
    }
    let wanted = wanted(sandbox, ask, &number)?;
    let mut trade = match old {
        None => wanted,
        Some(old) if old.state == State::Void => old,
        Some(old) if !same(&old, &wanted) => {
            return Err(Refusal::business("ACQ.CONTEXT_INCONSISTENT", "交易信息被篡改").into());
        }
        Some(old) if old.state == State::Scanned => old,
        Some(old) => Trade { id: old.id, ordered_ms: old.ordered_ms, ..wanted },
    };
    let code = match codes::live(books, Channel::Alipay, &number, now).await? {
        Some(code) => code,
        None => {
            codes::supersede(books, Channel::Alipay, &number).await?;
            let qr_timeout = ask.timeout_ms("qr_code_timeout_express", &sandbox.clock)?.unwrap_or(i64::MAX);
            let code = Code {
                text: random::alipay_code(),
                channel: Channel::Alipay,
                out_trade_no: number.clone(),
                expires_ms: sandbox.clock.after_ms(CODE_LIFE).min(qr_timeout).min(trade.expires_ms),
                // A number that was cancelled or closed before the scan still gets codes, and none can be paid.
                superseded: trade.state == State::Void,
            };
            trades::save(books, &mut trade).await?;
            codes::add(books, &code).await?;
            code
        }
    };
    Ok(fields(json!({"out_trade_no": number, "qr_code": code.text})))
}

/// The order as this request asks for it, with every rule checked.
fn wanted(sandbox: &Sandbox, ask: &Ask, number: &str) -> Result<Trade, Refusal> {
    let subject = ask.needed_text("subject", 256)?;
    if subject.contains(['/', '=', '&']) {
        return Err(Refusal::invalid("subject", "不可使用特殊字符，如 / = &"));
    }
    let amount_fen = ask.amount_fen("total_amount")?;
    for (field, max) in
        [("body", 128), ("store_id", 32), ("operator_id", 28), ("terminal_id", 32), ("passback_params", 512)]
    {
        ask.text(field, max)?;
    }
    if let Some(product) = ask.text("product_code", 64)?
        && product != "FACE_TO_FACE_PAYMENT"
    {
        return Err(Refusal::invalid("product_code", "应为FACE_TO_FACE_PAYMENT"));
    }
    if let Some(seller) = ask.text("seller_id", 28)?
        && seller != sandbox.keys.numbers.seller_id
    {
        return Err(Refusal::business("ACQ.SELLER_NOT_EXIST", "卖家不存在"));
    }
    if ask.notify_url.as_ref().is_some_and(|url| url.len() > 256 || !url.starts_with("http")) {
        return Err(Refusal::invalid("notify_url", "应为不超过256个字符的http(s)地址"));
    }
    let relative = ask.timeout_ms("timeout_express", &sandbox.clock)?;
    let expires_ms =
        ask.time_expire_ms(&sandbox.clock)?.or(relative).unwrap_or_else(|| sandbox.clock.after_ms(PAY_TIME));
    Ok(Trade {
        amount_fen,
        subject,
        order: ask.biz.clone(),
        notify_url: ask.notify_url.clone(),
        expires_ms,
        ..Trade::ordered(Channel::Alipay, number, sandbox.clock.now_ms())
    })
}

/// Whether a repeated precreate asks for the same thing. The address for notices may change.
fn same(old: &Trade, new: &Trade) -> bool {
    let rest = |trade: &Trade| {
        let mut order = trade.order.clone();
        order.remove("total_amount");
        order
    };
    old.amount_fen == new.amount_fen && rest(old) == rest(new)
}

fn not_exist(number: Option<&str>) -> Refusal {
    let mut refusal = Refusal::business("ACQ.TRADE_NOT_EXIST", "交易不存在");
    if let Some(number) = number {
        refusal.more = Box::new(fields(json!({
            "buyer_pay_amount": "0.00",
            "invoice_amount": "0.00",
            "out_trade_no": number,
            "point_amount": "0.00",
            "receipt_amount": "0.00",
        })));
    }
    refusal
}

/// `alipay.trade.query`
pub(super) async fn query(sandbox: &Sandbox, books: &mut SqliteConnection, ask: &Ask) -> Result<Fields, Problem> {
    let (number, trade) = find(sandbox, books, ask).await?;
    let Some(mut trade) = trade.filter(exists) else { return Err(not_exist(number.as_deref()).into()) };
    trade.look_behind(&sandbox.faults);
    let altered = sandbox.faults.fire(Channel::Alipay, Fault::AnswerAmountAltered, "query").is_some();
    let extra = i64::from(altered);
    let paid = yuan(if trade.paid_fen > 0 { trade.paid_fen + extra } else { 0 });
    let mut answer = fields(json!({
        "buyer_logon_id": phone::buyer::logon_id(trade.buyer.as_deref()),
        "buyer_pay_amount": paid,
        "buyer_user_id": phone::buyer::user_id(trade.buyer.as_deref()),
        "invoice_amount": paid,
        "out_trade_no": trade.out_trade_no,
        "point_amount": "0.00",
        "receipt_amount": paid,
        "total_amount": yuan(trade.amount_fen + extra),
        "trade_no": trade.trade_no,
        "trade_status": status(sandbox, &trade),
    }));
    if let Some(paid_ms) = trade.paid_ms {
        answer.insert("send_pay_date".to_owned(), json!(china_text(paid_ms)));
        answer.insert(
            "fund_bill_list".to_owned(),
            json!([{"amount": yuan(trade.paid_fen + extra), "fund_channel": "ALIPAYACCOUNT"}]),
        );
    }
    for field in ["store_id", "terminal_id", "passback_params"] {
        if let Some(text) = trade.ordered_text(field) {
            answer.insert(field.to_owned(), json!(text));
        }
    }
    Ok(answer)
}

/// `alipay.trade.cancel`: for unknown outcomes; it always succeeds in making the number worthless.
pub(super) async fn cancel(sandbox: &Sandbox, books: &mut SqliteConnection, ask: &Ask) -> Result<Fields, Problem> {
    let now = sandbox.clock.now_ms();
    let (number, trade) = find(sandbox, books, ask).await?;
    let ignored = trade.as_ref().is_some_and(|trade| trade.close_is_ignored(&sandbox.faults, "cancel"));
    let mut trade = match (trade, number) {
        (Some(trade), _) if exists(&trade) => trade,
        (found, number) => {
            let number = found.as_ref().map(|trade| trade.out_trade_no.clone()).or(number).unwrap_or_default();
            if !ignored {
                burn(sandbox, books, found, &number).await?;
            }
            return Ok(fields(json!({"out_trade_no": number, "retry_flag": "N"})));
        }
    };
    if now > trade.ordered_ms.saturating_add(sandbox.clock.lasts_ms(CANCEL_WINDOW)) {
        return Err(Refusal::business("ACQ.TRADE_CANCEL_TIME_OUT", "超过撤销时间范围").into());
    }
    let action = match (trade.cancelled, trade.state) {
        (Some(before), _) => before,
        (None, _) if ignored => Cancelled::Close,
        (None, State::Paid) if trade.refunded_fen > 0 => {
            return Err(Refusal::business("ACQ.REASON_TRADE_REFUND_FEE_ERR", "退款金额无效").into());
        }
        (None, State::Paid) => {
            refund::check_balance(sandbox, "cancel")?;
            trade.cancelled = Some(Cancelled::Refund);
            let whole = trade.paid_fen;
            let number = trade.out_trade_no.clone();
            refund::pay_back(sandbox, books, &mut trade, whole, &number, &Fields::new()).await?;
            Cancelled::Refund
        }
        (None, State::Ordered | State::Scanned) => {
            trade.cancelled = Some(Cancelled::Close);
            close_now(sandbox, books, &mut trade).await?;
            Cancelled::Close
        }
        (None, State::Closed | State::Void) => Cancelled::Close,
    };
    Ok(fields(json!({
        "out_trade_no": trade.out_trade_no,
        "trade_no": trade.trade_no,
        "retry_flag": "N",
        "action": match action { Cancelled::Close => "close", Cancelled::Refund => "refund" },
    })))
}

/// `alipay.trade.close`: only a trade that awaits payment.
pub(super) async fn close(sandbox: &Sandbox, books: &mut SqliteConnection, ask: &Ask) -> Result<Fields, Problem> {
    let (number, trade) = find(sandbox, books, ask).await?;
    let ignored = trade.as_ref().is_some_and(|trade| trade.close_is_ignored(&sandbox.faults, "close"));
    let mut trade = match (trade, number) {
        (Some(trade), _) if exists(&trade) => trade,
        (found, number) => {
            // Closing before the scan is refused, yet no code of this number can be paid afterwards.
            let number = found.as_ref().map(|trade| trade.out_trade_no.clone()).or(number).filter(|_| !ignored);
            if let Some(number) = &number {
                burn(sandbox, books, found, number).await?;
            }
            return Err(not_exist(None).into());
        }
    };
    if trade.state != State::Scanned {
        return Err(Refusal::business("ACQ.TRADE_STATUS_ERROR", "交易状态不合法").into());
    }
    if !ignored {
        close_now(sandbox, books, &mut trade).await?;
    }
    Ok(fields(json!({"trade_no": trade.trade_no, "out_trade_no": trade.out_trade_no})))
}

/// Closes a trade that awaits payment, with its codes and its notice.
pub(super) async fn close_now(
    sandbox: &Sandbox,
    books: &mut SqliteConnection,
    trade: &mut Trade,
) -> Result<(), BooksError> {
    trade.close(sandbox.clock.now_ms());
    trades::save(books, trade).await?;
    codes::supersede(books, Channel::Alipay, &trade.out_trade_no).await?;
    notice::post_status(sandbox, books, trade, None).await?;
    Ok(())
}

/// Makes a number worthless that has no trade.
async fn burn(
    sandbox: &Sandbox,
    books: &mut SqliteConnection,
    found: Option<Trade>,
    number: &str,
) -> Result<(), Problem> {
    if number.is_empty() {
        return Ok(());
    }
    let now = sandbox.clock.now_ms();
    let mut trade = found.unwrap_or_else(|| Trade::ordered(Channel::Alipay, number, now));
    trade.state = State::Void;
    trade.closed_ms = trade.closed_ms.or(Some(now));
    trades::save(books, &mut trade).await?;
    codes::supersede(books, Channel::Alipay, number).await?;
    Ok(())
}
