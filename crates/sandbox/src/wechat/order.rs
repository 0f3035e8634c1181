//! Native order, query, close (WeChat Pay API v3, Native payment).

use std::time::Duration;

use serde_json::{Value, json};
use sqlx::SqliteConnection;

use super::answer::{Answer, Problem};
use super::fields::{Body, Query};
use crate::books::codes::{self, Code};
use crate::books::{BooksError, trades};
use crate::clock::{read_rfc3339, rfc3339};
use crate::faults::Fault;
use crate::trade::{Channel, State, Trade};
use crate::{Sandbox, phone, random};

/// "The code_url is valid for two hours."
const CODE_LIFE: Duration = Duration::from_secs(2 * 3600);
/// The default and the cap of `time_expire`, and the age at which an unpaid order is closed.
const WEEK: Duration = Duration::from_secs(7 * 86_400);
/// An earlier `time_expire` is moved here.
const SHORTEST: Duration = Duration::from_secs(60);

const KNOWN: &[&str] = &[
    "/appid",
    "/mchid",
    "/description",
    "/out_trade_no",
    "/time_expire",
    "/attach",
    "/notify_url",
    "/goods_tag",
    "/support_fapiao",
    "/amount/total",
    "/amount/currency",
    "/detail/cost_price",
    "/detail/invoice_id",
    "/detail/goods_detail/merchant_goods_id",
    "/detail/goods_detail/wechatpay_goods_id",
    "/detail/goods_detail/goods_name",
    "/detail/goods_detail/quantity",
    "/detail/goods_detail/unit_price",
    "/scene_info/payer_client_ip",
    "/scene_info/device_id",
    "/scene_info/store_info/id",
    "/scene_info/store_info/name",
    "/scene_info/store_info/area_code",
    "/scene_info/store_info/address",
    "/settle_info/profit_sharing",
    "/limit_pay",
    "/payer/identity",
];

/// Letters, digits and `_-|*`, 6 to 32 of them.
fn check_number(number: &str) -> Result<(), Answer> {
    let known = |byte: u8| byte.is_ascii_alphanumeric() || b"_-|*".contains(&byte);
    if (6..=32).contains(&number.len()) && number.bytes().all(known) {
        Ok(())
    } else {
        Err(Answer::param(json!(number), "商户订单号只能是6～32个字符的数字、大小写字母_-|*"))
    }
}

/// `POST /v3/pay/transactions/native`
pub(super) async fn native(sandbox: &Sandbox, books: &mut SqliteConnection, body: &[u8]) -> Result<Answer, Problem> {
    let body = Body::read(body, KNOWN)?;
    let wanted = wanted(sandbox, &body)?;
    let number = wanted.out_trade_no.clone();
    let now = sandbox.clock.now_ms();
    let mut trade = match load(sandbox, books, &number).await? {
        None => wanted,
        Some(old) => match old.state {
            State::Paid => return Err(paid().into()),
            State::Closed => return Err(Answer::error(400, "ORDER_CLOSED", "订单已关闭").into()),
            State::Void => return Err(re_entered().into()),
            State::Ordered | State::Scanned if old.order != wanted.order => {
                return Err(Answer::error(403, "OUT_TRADE_NO_USED", "商户订单号重复，请核实参数是否与首次请求时一致")
                    .coded(268_498_688)
                    .into());
            }
            State::Ordered | State::Scanned if now >= old.expires_ms => {
                return Err(Answer::error(400, "INVALID_REQUEST", "该订单已过期").coded(268_447_914).into());
            }
            State::Ordered | State::Scanned => old,
        },
    };
    // A fresh code makes the older one worthless: never two codes of one order that can be paid.
    codes::supersede(books, Channel::Wechat, &number).await?;
    let code = Code {
        text: random::wechat_code(),
        channel: Channel::Wechat,
        out_trade_no: number,
        expires_ms: sandbox.clock.after_ms(CODE_LIFE).min(trade.expires_ms),
        superseded: false,
    };
    trades::save(books, &mut trade).await?;
    codes::add(books, &code).await?;
    Ok(Answer::ok(json!({"code_url": code.text})))
}

fn paid() -> Answer {
    Answer::error(400, "ORDERPAID", "该订单已支付").coded(268_449_538)
}

fn re_entered() -> Answer {
    Answer::error(400, "INVALID_REQUEST", "请求重入时，参数与首次请求时不一致").coded(268_498_688)
}

/// The order as this request asks for it, with every rule checked.
fn wanted(sandbox: &Sandbox, body: &Body) -> Result<Trade, Answer> {
    let numbers = &sandbox.keys.numbers;
    let appid = body.needed_text("/appid", "公众账号ID", 32)?;
    let mchid = body.needed_text("/mchid", "商户号", 32)?;
    if mchid != numbers.mchid {
        return Err(Answer::error(400, "PARAM_ERROR", "http header中的mchid与post payload中的mchid不匹配"));
    }
    if appid != numbers.wechat_appid {
        return Err(Answer::error(400, "APPID_MCHID_NOT_MATCH", "appid和mch_id不匹配，请检查后再试").coded(268_445_527));
    }
    let subject = body.needed_text("/description", "商品描述", 127)?;
    let number = body.needed_text("/out_trade_no", "商户订单号", 32)?;
    check_number(&number)?;
    body.text("/attach", "商户数据包", 128)?;
    body.text("/goods_tag", "订单优惠标记", 32)?;
    let amount_fen = body.needed_fen("/amount/total", "总金额")?;
    body.currency(false)?;
    let notify_url = body.notify_url(true)?;
    let latest = sandbox.clock.after_ms(WEEK);
    let expires_ms = match body.text("/time_expire", "支付结束时间", 64)? {
        None => latest,
        Some(text) => {
            let moment = read_rfc3339(&text).ok_or_else(|| {
                Answer::param(
                    json!(text),
                    "输入源“/body/time_expire”映射到字段“支付结束时间”规则校验失败，应为RFC3339格式",
                )
            })?;
            sandbox.clock.bring_near_ms(moment).clamp(sandbox.clock.after_ms(SHORTEST), latest)
        }
    };
    Ok(Trade {
        amount_fen,
        subject,
        order: body.fields.clone(),
        notify_url,
        expires_ms,
        ..Trade::ordered(Channel::Wechat, &number, sandbox.clock.now_ms())
    })
}

/// The order with this number; one that was never paid is closed after a week.
async fn load(sandbox: &Sandbox, books: &mut SqliteConnection, number: &str) -> Result<Option<Trade>, BooksError> {
    let Some(mut trade) = trades::by_number(books, Channel::Wechat, number).await? else { return Ok(None) };
    let last = trade.ordered_ms.saturating_add(sandbox.clock.lasts_ms(WEEK));
    if trade.is_open() && sandbox.clock.now_ms() >= last {
        trade.close(last);
        trades::save(books, &mut trade).await?;
        codes::supersede(books, Channel::Wechat, number).await?;
    }
    Ok(Some(trade))
}

fn check_mchid(sandbox: &Sandbox, query: &Query) -> Result<(), Answer> {
    match query.get("mchid") {
        Some(mchid) if mchid == sandbox.keys.numbers.mchid => Ok(()),
        Some(mchid) => Err(Answer::param(json!(mchid), "http header中的mchid与请求参数中的mchid不匹配")),
        None => Err(Answer::error(
            400,
            "PARAM_ERROR",
            "输入源“/query/mchid”映射到字段“商户号”必填性规则校验失败，此字段为必填项",
        )),
    }
}

fn unknown() -> Problem {
    Answer::error(404, "ORDER_NOT_EXIST", "订单不存在").coded(268_512_771).into()
}

/// `GET /v3/pay/transactions/out-trade-no/{out_trade_no}`
pub(super) async fn query_by_number(
    sandbox: &Sandbox,
    books: &mut SqliteConnection,
    number: &str,
    query: &Query,
) -> Result<Answer, Problem> {
    check_mchid(sandbox, query)?;
    match load(sandbox, books, number).await?.filter(|trade| trade.state != State::Void) {
        Some(mut trade) => {
            trade.look_behind(&sandbox.faults);
            Ok(Answer::ok(answered(sandbox, &trade)))
        }
        None => Err(unknown()),
    }
}

/// `GET /v3/pay/transactions/id/{transaction_id}`: paid orders only.
pub(super) async fn query_by_id(
    sandbox: &Sandbox,
    books: &mut SqliteConnection,
    id: &str,
    query: &Query,
) -> Result<Answer, Problem> {
    check_mchid(sandbox, query)?;
    match trades::by_trade_no(books, Channel::Wechat, id).await? {
        Some(trade) => Ok(Answer::ok(answered(sandbox, &trade))),
        None => Err(unknown()),
    }
}

fn answered(sandbox: &Sandbox, trade: &Trade) -> Value {
    let altered = sandbox.faults.fire(Channel::Wechat, Fault::AnswerAmountAltered, "query").is_some();
    transaction(sandbox, trade, i64::from(altered))
}

/// How WeChat Pay describes an order, in answers and inside notices; keys in alphabetical order as the real ones.
pub(super) fn transaction(sandbox: &Sandbox, trade: &Trade, extra_fen: i64) -> Value {
    let numbers = &sandbox.keys.numbers;
    let total = trade.amount_fen + extra_fen;
    let (state, description) = match trade.state {
        State::Ordered | State::Scanned => ("NOTPAY", "订单未支付"),
        State::Closed | State::Void => ("CLOSED", "订单已关闭"),
        State::Paid if trade.refunded_fen > 0 => ("REFUND", "订单发生过退款，退款详情请查询退款单"),
        State::Paid => ("SUCCESS", "支付成功"),
    };
    if trade.state != State::Paid {
        return json!({
            "amount": {"payer_currency": "CNY", "total": total},
            "appid": numbers.wechat_appid,
            "mchid": numbers.mchid,
            "out_trade_no": trade.out_trade_no,
            "promotion_detail": [],
            "scene_info": {"device_id": ""},
            "trade_state": state,
            "trade_state_desc": description,
        });
    }
    json!({
        "amount": {"currency": "CNY", "payer_currency": "CNY", "payer_total": total, "total": total},
        "appid": numbers.wechat_appid,
        "attach": trade.ordered_text("attach").unwrap_or_default(),
        "bank_type": "OTHERS",
        "mchid": numbers.mchid,
        "out_trade_no": trade.out_trade_no,
        "payer": {"openid": phone::buyer::openid(trade.buyer.as_deref())},
        "promotion_detail": [],
        "success_time": rfc3339(trade.paid_ms.unwrap_or_default()),
        "trade_state": state,
        "trade_state_desc": description,
        "trade_type": "NATIVE",
        "transaction_id": trade.trade_no,
    })
}

/// `POST /v3/pay/transactions/out-trade-no/{out_trade_no}/close`
pub(super) async fn close(
    sandbox: &Sandbox,
    books: &mut SqliteConnection,
    number: &str,
    body: &[u8],
) -> Result<Answer, Problem> {
    let body = Body::read(body, &["/mchid"])?;
    if body.needed_text("/mchid", "商户号", 32)? != sandbox.keys.numbers.mchid {
        return Err(Answer::error(400, "PARAM_ERROR", "http header中的mchid与post payload中的mchid不匹配").into());
    }
    check_number(number)?;
    let now = sandbox.clock.now_ms();
    let mut trade = match load(sandbox, books, number).await? {
        Some(trade) => trade,
        // Closing a number that was never ordered succeeds and uses the number up.
        None => Trade { state: State::Void, closed_ms: Some(now), ..Trade::ordered(Channel::Wechat, number, now) },
    };
    match trade.state {
        State::Paid => return Err(paid().into()),
        State::Ordered | State::Scanned if trade.close_is_ignored(&sandbox.faults, "close") => {
            return Ok(Answer::no_content());
        }
        State::Ordered | State::Scanned => trade.close(now),
        State::Closed | State::Void => {}
    }
    trades::save(books, &mut trade).await?;
    codes::supersede(books, Channel::Wechat, number).await?;
    Ok(Answer::no_content())
}
