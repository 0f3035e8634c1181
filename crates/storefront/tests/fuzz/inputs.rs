//! Inputs: genuine messages, and what chance makes of them.

use crate::dice::Dice;
use crate::lived::Lived;
use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, Method, Request};
use order::PayType;
use serde_json::{Map, Value, json};

/// Where an input goes in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Door {
    Alipay,
    Wechat,
    Assist,
}

impl Door {
    pub(crate) fn path(self) -> &'static str {
        match self {
            Door::Alipay => "/notices/alipay",
            Door::Wechat => "/notices/wechat",
            Door::Assist => "/v1/assist_payOrderByThird",
        }
    }

    fn of(pay_type: PayType) -> Door {
        match pay_type {
            PayType::Alipay => Door::Alipay,
            PayType::Wechat => Door::Wechat,
        }
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Input {
    pub(crate) door: Door,
    pub(crate) method: Method,
    pub(crate) headers: Vec<(String, Vec<u8>)>,
    pub(crate) body: Vec<u8>,
}

impl Input {
    pub(crate) fn request(&self) -> Request<Body> {
        let mut request = Request::new(Body::from(self.body.clone()));
        *request.method_mut() = self.method.clone();
        *request.uri_mut() = self.door.path().parse().unwrap();
        for (name, value) in &self.headers {
            let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
            request.headers_mut().append(name, HeaderValue::from_bytes(value).unwrap());
        }
        request
    }

    /// The value of a header that is there once.
    pub(crate) fn header(&self, name: &str) -> Option<&[u8]> {
        let mut values = self.headers.iter().filter(|(key, _)| key.eq_ignore_ascii_case(name));
        match (values.next(), values.next()) {
            (Some((_, value)), None) => Some(value),
            _ => None,
        }
    }
}

/// Texts that break what is careless with texts.
const TEXTS: &[&str] = &[
    "",
    " ",
    "0",
    "-1",
    "00",
    "1e308",
    "0.001",
    "999999999999999999999999999",
    "9223372036854775808",
    "-0",
    "NaN",
    "228.00",
    "0.01",
    "228.000",
    "１２.００",
    "💰",
    "\u{0}",
    "\u{202e}",
    "é\u{301}",
    "%00",
    "%zz",
    "&&==",
    "null",
    "true",
    "[]",
    "{}",
    "\"",
    "\\",
    "../../x",
    "'; DROP TABLE orders; --",
    "TRADE_SUCCESS",
    "TRADE_CLOSED",
    "TRANSACTION.SUCCESS",
    "REFUND.SUCCESS",
    "RSA",
    "RSA2",
    "none",
    "WECHATPAY/SIGNTEST/MDEyMzQ1",
    "====",
    "AAAA",
    "AEAD_AES_256_GCM",
    "success",
    "alipay",
    "wechat",
    "g1",
    "g7",
];
const METHODS: &[Method] =
    &[Method::GET, Method::HEAD, Method::PUT, Method::DELETE, Method::OPTIONS, Method::PATCH, Method::TRACE];
const CONTENT_TYPES: &[&str] = &[
    "application/json",
    "application/x-www-form-urlencoded; charset=GBK",
    "text/xml",
    "multipart/form-data; boundary=x",
    "application/octet-stream",
    "",
    "*/*",
    "application/json; charset=utf-16",
];
const NOTICE_HEADERS: &[&str] =
    &["wechatpay-timestamp", "wechatpay-nonce", "wechatpay-signature", "wechatpay-serial", "content-type"];

/// The input of this number.
pub(crate) fn make(dice: &mut Dice, lived: &Lived) -> Input {
    let mut input = match dice.below(3) {
        0 => assist(dice, lived),
        _ => notice(dice, lived),
    };
    // What HTTP itself cannot carry never reaches a shop.
    input.headers.retain(|(_, value)| HeaderValue::from_bytes(value).is_ok());
    input
}

fn text(dice: &mut Dice) -> String {
    match dice.below(8) {
        0 => dice.pick(TEXTS).repeat(1 + dice.below(3_000)),
        1 => String::from_utf8_lossy(&dice.bytes(40)).into_owned(),
        2 => dice.next().to_string(),
        _ => (*dice.pick(TEXTS)).to_owned(),
    }
}

fn notice(dice: &mut Dice, lived: &Lived) -> Input {
    let genuine = dice.pick(&lived.notices);
    let headers = genuine.headers.iter().map(|(name, value)| (name.clone(), value.clone().into_bytes())).collect();
    let door = Door::of(genuine.pay_type);
    let mut input = Input { door, method: Method::POST, headers, body: genuine.body.clone() };
    // One in twelve comes again just as it came.
    if dice.one_in(12) {
        return input;
    }
    for _ in 0..=dice.below(3) {
        match dice.below(9) {
            0 | 1 if door == Door::Alipay => form(dice, &mut input.body),
            0 | 1 => json_body(dice, &mut input.body),
            2 | 3 => header(dice, &mut input.headers, NOTICE_HEADERS, lived.now),
            4 => input.door = *dice.pick(&[Door::Alipay, Door::Wechat, door, door]),
            5 if dice.one_in(4) => input.method = dice.pick(METHODS).clone(),
            _ => bytes(dice, &mut input.body),
        }
    }
    input
}

/// Bytes changed without knowing what they mean.
fn bytes(dice: &mut Dice, body: &mut Vec<u8>) {
    let at = dice.below(body.len());
    match dice.below(7) {
        0 => body.truncate(at),
        1 => drop(body.drain(..at)),
        2 => {
            let most = if dice.one_in(40) { 200_000 } else { 600 };
            *body = dice.bytes(most);
        }
        3 => {
            let inserted = dice.bytes(9);
            body.splice(at..at, inserted);
        }
        4 => body.extend_from_within(at..),
        _ => {
            for _ in 0..=dice.below(4) {
                let at = dice.below(body.len());
                if let Some(byte) = body.get_mut(at) {
                    *byte ^= 1 << dice.below(8);
                }
            }
        }
    }
}

/// A form's fields: dropped, doubled, moved, added, changed.
fn form(dice: &mut Dice, body: &mut Vec<u8>) {
    let whole = String::from_utf8_lossy(body).into_owned();
    let mut fields: Vec<String> = whole.split('&').map(str::to_owned).collect();
    let (at, other) = (dice.below(fields.len()), dice.below(fields.len()));
    match dice.below(7) {
        0 => drop(fields.remove(at)),
        1 => fields.push(fields[at].clone()),
        2 => fields.swap(at, other),
        3 => fields.push(format!("{}={}", encoded(&text(dice)), encoded(&text(dice)))),
        4 => {
            // The same text, written in another way.
            let (name, value) = fields[at].split_once('=').unwrap_or((&fields[at], ""));
            fields[at] = format!("{name}={}", value.replace('+', "%20").replace("%3A", ":").replace('-', "%2d"));
        }
        5 => {
            let names = ["total_amount", "app_id", "seller_id", "out_trade_no", "trade_status", "sign", "sign_type"];
            let name = *dice.pick(&names);
            let value = encoded(&text(dice));
            for field in &mut fields {
                if field.split('=').next() == Some(name) {
                    *field = format!("{name}={value}");
                }
            }
        }
        _ => {
            let name = fields[at].split('=').next().unwrap_or_default().to_owned();
            fields[at] = format!("{name}={}", encoded(&text(dice)));
        }
    }
    *body = fields.join("&").into_bytes();
}

fn encoded(text: &str) -> String {
    text.bytes()
        .map(|byte| if byte.is_ascii_alphanumeric() { char::from(byte).into() } else { format!("%{byte:02X}") })
        .collect()
}

/// A JSON object's members, at any depth: dropped, replaced, added; or the text around them.
fn json_body(dice: &mut Dice, body: &mut Vec<u8>) {
    let Ok(mut whole) = serde_json::from_slice::<Value>(body) else { return bytes(dice, body) };
    let mut text_of = None;
    {
        let mut place = &mut whole;
        while let Value::Object(members) = place {
            let names: Vec<String> = members.keys().cloned().collect();
            if names.is_empty() {
                break;
            }
            let name = dice.pick(&names).clone();
            let goes_on = members[&name].is_object() && dice.one_in(2);
            if !goes_on {
                match dice.below(4) {
                    0 => drop(members.remove(&name)),
                    1 => drop(members.insert(text(dice), value(dice))),
                    2 => text_of = Some((name, value(dice))),
                    _ => drop(members.insert(name, value(dice))),
                }
                break;
            }
            place = members.get_mut(&name).unwrap();
        }
    }
    let mut written = whole.to_string();
    if let Some((name, twice)) = text_of {
        written.insert_str(1, &format!("{}:{twice},", Value::String(name)));
    }
    if dice.one_in(30) {
        written = "[".repeat(1 + dice.below(40_000)) + &written;
    }
    *body = written.into_bytes();
}

fn value(dice: &mut Dice) -> Value {
    match dice.below(10) {
        0 => Value::Null,
        1 => json!(dice.next()),
        2 => json!(-1),
        3 => json!(1.5),
        4 => json!([text(dice)]),
        5 => json!({text(dice): {"a": [[[]]]}}),
        6 => json!(i64::MIN),
        7 => json!(4_294_967_297_u64),
        8 => json!(true),
        _ => json!(text(dice)),
    }
}

/// A header: missing, doubled, too long, wrong, old or from the future.
fn header(dice: &mut Dice, headers: &mut Vec<(String, Vec<u8>)>, names: &[&str], now: i64) {
    let name = (*dice.pick(names)).to_owned();
    let changed = match dice.below(9) {
        0 => {
            headers.retain(|(key, _)| *key != name);
            return;
        }
        1 => return headers.extend(headers.clone().into_iter().find(|(key, _)| *key == name)),
        2 => "9".repeat(1 + dice.below(20_000)).into_bytes(),
        3 => dice.bytes(64),
        4 => (now + dice.pick(&[-86_400, -3_600, -301, 301, 3_600, 86_400])).to_string().into_bytes(),
        5 => dice.pick(CONTENT_TYPES).as_bytes().to_vec(),
        6 => format!("PUB_KEY_ID_0{}", dice.next()).into_bytes(),
        7 => "A".repeat(344).into_bytes(),
        _ => text(dice).into_bytes(),
    };
    match headers.iter_mut().find(|(key, _)| *key == name) {
        Some((_, value)) => *value = changed,
        None => headers.push((name, changed)),
    }
}

fn assist(dice: &mut Dice, lived: &Lived) -> Input {
    let known = dice.pick(&lived.answered);
    // Mostly somebody who has ordered nothing; else the one whose request it is, which must not make another order.
    let own = dice.one_in(3);
    let token = if own { &known.token } else { &lived.stranger };
    let mut headers = vec![
        ("authorization".to_owned(), format!("Bearer {token}").into_bytes()),
        ("content-type".to_owned(), b"application/json".to_vec()),
    ];
    let mut params: Map<String, Value> = serde_json::from_str(&known.body).unwrap();
    let mut method = Method::POST;
    if own {
        // The same once more, or the same request id with other params.
        if dice.one_in(2) {
            params.insert(
                (*dice.pick(&["quantity", "goods_id", "pay_type", "price_version", "note", "x"])).into(),
                value(dice),
            );
        }
    } else {
        params.insert("request_id".into(), json!(order::id::base32(u128::from(dice.next()))));
        for _ in 0..=dice.below(2) {
            wish(dice, &mut params, &known.order_id.to_string());
        }
    }
    let mut body = Value::Object(params).to_string().into_bytes();
    for _ in 0..dice.below(3) {
        match dice.below(6) {
            0 => json_body(dice, &mut body),
            1 => bytes(dice, &mut body),
            2 if !own => header(dice, &mut headers, &["authorization", "content-type", "x-forwarded-for"], lived.now),
            3 if dice.one_in(4) => method = dice.pick(METHODS).clone(),
            _ => {}
        }
    }
    Input { door: Door::Assist, method, headers, body }
}

/// A wish that reads well and must not be granted.
fn wish(dice: &mut Dice, params: &mut Map<String, Value>, order_id: &str) {
    match dice.below(9) {
        0 => drop(params.insert("order_id".into(), json!(order_id))),
        1 => drop(params.insert("order_id".into(), json!(order::id::base32(u128::from(dice.next()))))),
        2 => {
            drop(
                params.insert("quantity".into(), json!(dice.pick(&[-1_i64, 0, 1, 2, 999, 1_000, i64::MAX, i64::MIN]))),
            );
        }
        3 => drop(params.insert("goods_id".into(), json!(format!("g{}", dice.below(9))))),
        4 => drop(params.insert("price_version".into(), json!(dice.pick(&[-1_i64, 0, 2, i64::MAX])))),
        5 => drop(params.insert("pay_type".into(), json!(dice.pick(&["alipay", "wechat", "cash", "ALIPAY", ""])))),
        6 => drop(params.insert("note".into(), json!(text(dice)))),
        7 => drop(params.insert((*dice.pick(&["amount_fen", "price_fen", "title", "partner_id"])).into(), json!(1))),
        _ => {}
    }
}
