//! What must hold after an input, and after many.

use crate::inputs::{Door, Input};
use crate::lived::Lived;
use api::ErrorCode;
use axum::http::Method;
use order::PayType;
use serde_json::Value;
use sqlx::{AssertSqlSafe, Row};
use std::collections::BTreeMap;
use storefront::store::Store;

/// What may change when a genuine notice comes again: it is kept and asks. Both are counted instead.
const MAY_CHANGE: &[(&str, &[&str])] = &[("inbox", &["*"]), ("jobs", &["*"]), ("attempts", &["asks", "ask_fails"])];

/// Everything in the database that no input may change: table by table, row by row.
pub(crate) async fn dump(store: &Store) -> BTreeMap<String, Vec<String>> {
    let mut connection = store.read().await.unwrap();
    let [tables, quote] = if testbed::is_postgres() {
        [
            "SELECT CAST(table_name AS TEXT) FROM information_schema.tables WHERE table_schema = 'public'",
            "quote_nullable",
        ]
    } else {
        ["SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'", "quote"]
    };
    let tables: Vec<String> =
        sqlx::query(tables).fetch_all(&mut *connection).await.unwrap().iter().map(|row| row.get(0)).collect();
    let mut dump = BTreeMap::new();
    for table in tables {
        let free = MAY_CHANGE.iter().find(|(name, _)| *name == table).map_or(&[][..], |(_, columns)| columns);
        if free == ["*"] {
            continue;
        }
        let columns = if testbed::is_postgres() {
            format!("SELECT CAST(column_name AS TEXT) FROM information_schema.columns WHERE table_name = '{table}'")
        } else {
            format!("SELECT name FROM pragma_table_info('{table}')")
        };
        let columns = sqlx::query(AssertSqlSafe(columns)).fetch_all(&mut *connection).await.unwrap();
        let columns: Vec<String> = columns.iter().map(|row| row.get(0)).collect();
        let kept = columns.iter().filter(|column| !free.contains(&column.as_str()));
        let line = kept.map(|column| format!("{quote}({column})")).collect::<Vec<_>>().join(" || '|' || ");
        let rows = format!("SELECT {line} FROM {table} ORDER BY 1");
        let rows = sqlx::query(AssertSqlSafe(rows)).fetch_all(&mut *connection).await.unwrap();
        dump.insert(table, rows.iter().map(|row| row.get(0)).collect());
    }
    dump
}

/// How often was asked in all, notices kept, and jobs.
pub(crate) async fn heard(store: &Store) -> (i64, i64, i64) {
    let mut connection = store.read().await.unwrap();
    let query = "SELECT (SELECT CAST(SUM(asks) AS BIGINT) FROM attempts), (SELECT COUNT(*) FROM inbox), (SELECT COUNT(*) FROM jobs)";
    let row = sqlx::query(query).fetch_one(&mut *connection).await.unwrap();
    (row.get(0), row.get(1), row.get(2))
}

/// What is wrong with this answer to this input.
pub(crate) fn judge(lived: &Lived, input: &Input, status: u16, body: &[u8]) -> Result<(), String> {
    if input.method == Method::HEAD {
        return if status == 404 { Ok(()) } else { Err("HEAD is answered".into()) };
    }
    match input.door {
        Door::Assist => contract(lived, input, status, body),
        _ if input.method != Method::POST => refusal(status, body).map(|_| ()),
        Door::Alipay => match (status, body) {
            (200, b"success") if is_genuine_form(lived, input) => Ok(()),
            (200, _) => Err("a notice that is not Alipay's was taken".into()),
            (400, b"fail") if !is_replay(lived, input, PayType::Alipay) => Ok(()),
            (400, b"fail") => Err("a genuine notice was refused".into()),
            _ => Err("no answer in Alipay's form".into()),
        },
        Door::Wechat => {
            let answer: Value = serde_json::from_slice(body).map_err(|error| error.to_string())?;
            match (status, answer["code"].as_str()) {
                (200, Some("SUCCESS")) if is_replay(lived, input, PayType::Wechat) => Ok(()),
                (200, _) => Err("a notice that is not WeChat Pay's was taken".into()),
                (400, Some("FAIL")) if !is_replay(lived, input, PayType::Wechat) => Ok(()),
                (400, Some("FAIL")) => Err("a genuine notice was refused".into()),
                _ => Err("no answer in WeChat Pay's form".into()),
            }
        }
    }
}

/// The contract's form, and no order but one that was made before.
fn contract(lived: &Lived, input: &Input, status: u16, body: &[u8]) -> Result<(), String> {
    let answer: Value = serde_json::from_slice(body).map_err(|error| error.to_string())?;
    if status != 200 {
        let code = refusal(status, body)?;
        let expected = [
            ErrorCode::InvalidParams,
            ErrorCode::Unauthorised,
            ErrorCode::NotFound,
            ErrorCode::NotOnSale,
            ErrorCode::PriceChanged,
            ErrorCode::SoldOut,
            ErrorCode::RequestConflict,
            // Only where the channel had refused for good before.
            ErrorCode::ChannelUnavailable,
        ];
        return if expected.contains(&code) { Ok(()) } else { Err(format!("{code:?} is no answer to this")) };
    }
    let request: Value = serde_json::from_slice(&input.body).map_err(|error| error.to_string())?;
    let token = input.header("authorization").map(<[u8]>::to_vec);
    let made = lived.answered.iter().any(|known| {
        let same: Value = serde_json::from_str(&known.body).unwrap();
        answer["data"]["order_id"] == known.order_id.as_str()
            && answer["data"]["ext"]["pay_id"] == known.pay_id.as_str()
            && request["request_id"] == same["request_id"]
            && token == Some(format!("Bearer {}", known.token).into_bytes())
    });
    if made && answer["error"] == 0 { Ok(()) } else { Err("an order was made".into()) }
}

fn refusal(status: u16, body: &[u8]) -> Result<ErrorCode, String> {
    let answer: Value = serde_json::from_slice(body).map_err(|error| error.to_string())?;
    let code: ErrorCode = serde_json::from_value(answer["error"].clone()).map_err(|error| error.to_string())?;
    let has_form = answer["msg"].as_str().is_some_and(|msg| !msg.is_empty()) && answer["data"].is_object();
    if has_form && code.status() == status { Ok(code) } else { Err("no refusal in the contract's form".into()) }
}

/// Whether this is a recorded notice of the channel in every byte that its signature covers.
fn is_replay(lived: &Lived, input: &Input, pay_type: PayType) -> bool {
    lived.notices.iter().filter(|notice| notice.pay_type == pay_type).any(|notice| {
        let header = |name: &str| notice.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_bytes());
        let signed = ["wechatpay-timestamp", "wechatpay-nonce", "wechatpay-signature", "wechatpay-serial"];
        let same = pay_type == PayType::Alipay || signed.iter().all(|name| input.header(name) == header(name));
        same && notice.body == input.body
    })
}

/// Whether this form says what a recorded notice of Alipay's says. How it is written, Alipay does not sign.
fn is_genuine_form(lived: &Lived, input: &Input) -> bool {
    let fields = |body: &[u8]| -> Vec<(String, String)> {
        let url = reqwest::Url::parse(&format!("http://x/?{}", String::from_utf8_lossy(body).replace('#', "%23")));
        let mut fields: Vec<(String, String)> = url.unwrap().query_pairs().into_owned().collect();
        fields.retain(|(name, value)| {
            !value.is_empty() && !["sign", "sign_type", "alipay_cert_sn"].contains(&name.as_str())
        });
        fields.sort();
        fields
    };
    let said = fields(&input.body);
    lived.notices.iter().any(|notice| notice.pay_type == PayType::Alipay && fields(&notice.body) == said)
}
