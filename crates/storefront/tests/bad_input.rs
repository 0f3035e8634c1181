//! Bad input gets the contract's code and status, never a 500, and changes nothing.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]

mod support;

use order::PayType;
use reqwest::{Client, Method, Response, StatusCode};
use serde_json::{Value, json};
use support::{World, wish};

async fn send(world: &World, method: Method, path: &str, token: Option<&str>, body: Option<String>) -> (u16, Value) {
    let client = Client::builder().no_proxy().build().unwrap();
    let mut request = client.request(method, format!("{}{path}", world.base()));
    if let Some(token) = token {
        request = request.bearer_auth(token);
    }
    if let Some(body) = body {
        request = request.header("content-type", "application/json").body(body);
    }
    let response: Response = request.send().await.unwrap();
    (response.status().as_u16(), response.json().await.unwrap_or(Value::Null))
}

async fn token(world: &World) -> String {
    let (status, guest) = send(world, Method::POST, "/v1/viewers", None, None).await;
    assert_eq!(status, StatusCode::CREATED.as_u16());
    guest["token"].as_str().unwrap().to_owned()
}

fn params(change: impl FnOnce(&mut Value)) -> String {
    let mut params = json!({
        "request_id": "0000000000000000000000000A", "goods_id": "g1", "quantity": 1, "pay_type": "alipay",
        "price_version": 1,
    });
    change(&mut params);
    params.to_string()
}

#[tokio::test]
async fn bad_params_are_refused_by_their_code_and_change_nothing() {
    let world = World::new(300).await;
    let token = token(&world).await;
    let (_, before) = send(&world, Method::GET, "/v1/rooms/tea/goods", None, None).await;
    let invalid: Vec<String> = vec![
        String::new(),
        "not json".into(),
        "[]".into(),
        "null".into(),
        "{}".into(),
        params(|p| p["quantity"] = json!(0)),
        params(|p| p["quantity"] = json!(-1)),
        params(|p| p["quantity"] = json!(1_000)),
        params(|p| p["quantity"] = json!(4_294_967_296_u64)),
        params(|p| p["quantity"] = json!(1.5)),
        params(|p| p["quantity"] = json!("1")),
        params(|p| p["pay_type"] = json!("cash")),
        params(|p| p["pay_type"] = json!(7)),
        params(|p| p["goods_id"] = json!(["g1"])),
        params(|p| p["goods_id"] = json!("../g1")),
        params(|p| p["goods_id"] = json!("")),
        params(|p| p["request_id"] = json!("short")),
        params(|p| p["request_id"] = json!("x".repeat(41))),
        params(|p| p["price_version"] = json!("1")),
        params(|p| p["price_fen"] = json!(1)),
        params(|p| p["note"] = json!("长".repeat(201))),
        params(|p| p["note"] = json!("x".repeat(3 << 20))),
        params(|p| p["address_id"] = json!("")),
        params(|p| p["address_id"] = json!(1)),
        params(|p| p["address_id"] = json!("x".repeat(41))),
        params(|p| p["address"] = json!({"name": "a"})),
    ];
    for body in invalid {
        let shown: String = body.chars().take(120).collect();
        let (status, answer) = send(&world, Method::POST, "/v1/assist_payOrderByThird", Some(&token), Some(body)).await;
        assert_eq!((status, answer["error"].as_str()), (400, Some("invalid_params")), "{shown}: {answer}");
        assert!(answer["msg"].as_str().is_some_and(|msg| !msg.is_empty()), "{answer}");
    }
    let unknown = params(|p| p["goods_id"] = json!("no-such-goods"));
    let (status, answer) = send(&world, Method::POST, "/v1/assist_payOrderByThird", Some(&token), Some(unknown)).await;
    assert_eq!((status, answer["error"].as_str()), (404, Some("not_on_sale")));
    let (_, after) = send(&world, Method::GET, "/v1/rooms/tea/goods", None, None).await;
    assert_eq!(before, after);
    let (_, orders) = send(&world, Method::GET, "/v1/orders", Some(&token), None).await;
    assert_eq!(orders, json!([]));
    world.stop().await;
}

#[tokio::test]
async fn bad_addresses_and_wishes_are_refused_by_their_code_and_change_nothing() {
    let world = World::new(300).await;
    let token = token(&world).await;
    let draft = |change: &dyn Fn(&mut Value)| {
        let address =
            json!({"name": "林夏", "phone": "13800000000", "region": "浙江省 杭州市", "detail": "文三路 1 号"});
        let mut draft = json!({"address": address, "is_default": true});
        change(&mut draft);
        draft.to_string()
    };
    let (status, book) = send(&world, Method::POST, "/v1/addresses", Some(&token), Some(draft(&|_| {}))).await;
    assert_eq!(status, 200, "{book}");
    let mine = format!("/v1/addresses/{}", book[0]["address_id"].as_str().unwrap());
    let part =
        |part: &'static str, value: Value| draft(&move |draft: &mut Value| draft["address"][part] = value.clone());
    let drafts = vec![
        String::new(),
        "not json".into(),
        "{\"address\":".into(),
        "[]".into(),
        "null".into(),
        "{}".into(),
        draft(&|draft| draft["is_default"] = json!("yes")),
        draft(&|draft| draft["is_default"] = Value::Null),
        draft(&|draft| draft["address"] = json!("文三路 1 号")),
        draft(&|draft| draft["address_id"] = json!("0000000000000000000000000A")),
        draft(&|draft| draft["viewer_id"] = json!("somebody")),
        part("door", json!("301")),
        part("name", json!("")),
        part("name", json!("  ")),
        part("name", json!("a\nb")),
        part("name", json!(7)),
        part("name", json!("名".repeat(41))),
        part("phone", json!("1234")),
        part("phone", json!("ask at the door")),
        part("phone", json!("1".repeat(21))),
        part("phone", json!(13_800_000_000_u64)),
        part("region", json!("")),
        part("region", json!("区".repeat(61))),
        part("detail", Value::Null),
        part("detail", json!("号".repeat(121))),
        part("detail", json!("x".repeat(3 << 20))),
    ];
    for body in drafts {
        for (method, path) in [(Method::POST, "/v1/addresses"), (Method::PUT, mine.as_str())] {
            let shown: String = body.chars().take(160).collect();
            let (status, answer) = send(&world, method, path, Some(&token), Some(body.clone())).await;
            assert_eq!((status, answer["error"].as_str()), (400, Some("invalid_params")), "{shown}: {answer}");
            assert!(answer["msg"].as_str().is_some_and(|msg| !msg.is_empty()), "{answer}");
        }
    }
    let wishes = [
        String::new(),
        "not json".into(),
        "[]".into(),
        "null".into(),
        "{}".into(),
        json!({"reason": null}).to_string(),
        json!({"reason": ["why"]}).to_string(),
        json!({"reason": ""}).to_string(),
        json!({"reason": "长".repeat(201)}).to_string(),
        json!({"reason": "x".repeat(3 << 20)}).to_string(),
        json!({"reason": "why", "amount_fen": 1}).to_string(),
    ];
    for body in wishes {
        let shown: String = body.chars().take(160).collect();
        let path = "/v1/orders/00000000000000000000000001/refund_request";
        let (status, answer) = send(&world, Method::POST, path, Some(&token), Some(body)).await;
        assert_eq!((status, answer["error"].as_str()), (400, Some("invalid_params")), "{shown}: {answer}");
    }
    for id in ["0000000000000000000000000A", "x", "..%2f..", "%00", "💰", &"x".repeat(41)] {
        for (method, body) in [(Method::PUT, Some(draft(&|_| {}))), (Method::DELETE, None)] {
            let path = format!("/v1/addresses/{id}");
            let (status, answer) = send(&world, method, &path, Some(&token), body).await;
            assert_eq!((status, answer["error"].as_str()), (404, Some("not_found")), "{id}: {answer}");
        }
    }
    assert_eq!(send(&world, Method::GET, "/v1/addresses", Some(&token), None).await, (200, book));
    world.stop().await;
}

#[tokio::test]
async fn without_a_valid_token_nothing_of_a_viewer_s_is_answered() {
    let world = World::new(300).await;
    for token in [None, Some(""), Some("wrong"), Some("\u{7f}"), Some("0")] {
        for (method, path) in [
            (Method::POST, "/v1/assist_payOrderByThird"),
            (Method::GET, "/v1/orders"),
            (Method::GET, "/v1/viewer"),
            (Method::GET, "/v1/orders/00000000000000000000000001"),
            (Method::POST, "/v1/orders/00000000000000000000000001/cancel"),
            (Method::GET, "/v1/orders/00000000000000000000000001/details"),
            (Method::POST, "/v1/orders/00000000000000000000000001/refund_request"),
            (Method::GET, "/v1/addresses"),
            (Method::POST, "/v1/addresses"),
            (Method::PUT, "/v1/addresses/00000000000000000000000001"),
            (Method::DELETE, "/v1/addresses/00000000000000000000000001"),
        ] {
            let token = token.filter(|token| token.bytes().all(|byte| byte.is_ascii_graphic()));
            let (status, answer) = send(&world, method, path, token, Some(params(|_| {}))).await;
            assert_eq!((status, answer["error"].as_str()), (401, Some("unauthorised")), "{path} {token:?}");
        }
    }
    world.stop().await;
}

#[tokio::test]
async fn another_viewer_s_order_and_none_at_all_answer_alike() {
    let world = World::new(300).await;
    let owner = world.viewer().await;
    let goods = owner.goods().await.unwrap();
    let (wanted, asked) = wish(&goods[0], 1, PayType::Alipay, 1);
    let ext = owner.pay_order(&wanted, &asked).await.unwrap();
    let stranger = token(&world).await;
    let mut answers = Vec::new();
    for order in [ext.order_id.as_str(), "00000000000000000000000001", "x", "..%2f..", "💰"] {
        for (method, rest) in [
            (Method::GET, ""),
            (Method::GET, "/events"),
            (Method::POST, "/cancel"),
            (Method::POST, "/ask"),
            (Method::GET, "/details"),
            (Method::POST, "/refund_request"),
        ] {
            let path = format!("/v1/orders/{order}{rest}");
            let wish = json!({"reason": "mine"}).to_string();
            answers.push(send(&world, method, &path, Some(&stranger), Some(wish)).await);
        }
    }
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
    assert_eq!((answers[0].0, answers[0].1["error"].as_str()), (404, Some("not_found")));
    let view = owner.order(&ext.order_id).await.unwrap();
    assert_eq!(view.state, order::state::OrderState::AwaitingPayment);
    world.stop().await;
}

#[tokio::test]
async fn forged_notices_are_refused_and_move_nothing() {
    let world = World::new(300).await;
    let viewer = world.viewer().await;
    let goods = viewer.goods().await.unwrap();
    let (wanted, asked) = wish(&goods[0], 1, PayType::Alipay, 1);
    let ext = viewer.pay_order(&wanted, &asked).await.unwrap();
    let forged = format!(
        "app_id=1&out_trade_no={}&total_amount=228.00&trade_status=TRADE_SUCCESS&sign_type=RSA2&sign=AAAA",
        ext.pay_id
    );
    let http = Client::builder().no_proxy().build().unwrap();
    for (path, body) in [
        ("/notices/alipay", forged.as_str()),
        ("/notices/alipay", ""),
        ("/notices/alipay", "\u{0}%%%"),
        ("/notices/wechat", "{}"),
        ("/notices/wechat", "WECHATPAY/SIGNTEST/"),
    ] {
        let answer = http.post(format!("{}{path}", world.base())).body(body.to_owned()).send().await.unwrap();
        let status = answer.status();
        let text = answer.text().await.unwrap();
        assert!(!status.is_success() || text != "success", "{path} {body:?}: {status} {text}");
        assert_ne!(status, StatusCode::INTERNAL_SERVER_ERROR, "{path} {body:?}");
    }
    let view = viewer.order(&ext.order_id).await.unwrap();
    assert_eq!(view.state, order::state::OrderState::AwaitingPayment);
    world.stop().await;
}

#[tokio::test]
async fn strange_addresses_and_queries_answer_in_the_contract_s_form() {
    let world = World::new(300).await;
    let token = token(&world).await;
    for (method, path, status, code) in [
        (Method::GET, "/", 404, "not_found"),
        (Method::GET, "/v2/rooms/tea", 404, "not_found"),
        (Method::DELETE, "/v1/orders", 404, "not_found"),
        (Method::GET, "/v1/rooms/nowhere", 404, "not_found"),
        (Method::GET, "/v1/rooms/%00", 404, "not_found"),
        (Method::GET, "/v1/rooms/nowhere/goods", 404, "not_found"),
        (Method::GET, "/v1/pictures/none", 404, "not_found"),
        (Method::GET, "/v1/orders?before=yesterday", 400, "invalid_params"),
        (Method::GET, "/v1/time", 400, "invalid_params"),
        (Method::GET, "/v1/time?nonce=short", 400, "invalid_params"),
    ] {
        let (found, answer) = send(&world, method, path, Some(&token), None).await;
        assert_eq!((found, answer["error"].as_str()), (status, Some(code)), "{path}: {answer}");
    }
    world.stop().await;
}
