//! The log of the program as a machine reads it.

use super::support::{World, until, viewer_of, wish};
use order::PayType;
use order::state::OrderState;
use serde_json::Value;
use std::process::Stdio;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::process::Command;

/// The values of a name in a line and the spans around it.
fn values<'v>(line: &'v Value, name: &str) -> Vec<&'v str> {
    let spans = line["spans"].as_array().into_iter().flatten();
    spans.chain([line]).filter_map(|part| part[name].as_str()).collect()
}

#[tokio::test]
async fn every_line_of_a_json_log_is_json_and_an_order_s_steps_carry_its_number() {
    let World { shop, sandbox, folder, phone } = World::new(300).await;
    shop.stop().await;
    let mut program = Command::new(env!("CARGO_BIN_EXE_storefront"));
    program.args(["--log", "json", "serve", "--config"]).arg(folder.path().join("shop.toml"));
    program.env("RUST_LOG", "storefront=debug,gateway=trace").env_remove("LIVESHOP_LOG");
    let mut program = program.stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true).spawn().unwrap();
    let mut log = program.stderr.take().unwrap();
    let mut ready = String::new();
    BufReader::new(program.stdout.take().unwrap()).read_line(&mut ready).await.unwrap();
    let ready: Value = serde_json::from_str(&ready).unwrap();
    let client = viewer_of(ready["listen"].as_str().unwrap(), ready["public_key"].as_str().unwrap()).await;
    let goods = client.goods().await.unwrap();
    let (params, asked) = wish(&goods[1], 2, PayType::Wechat, 1);
    let ext = client.pay_order(&params, &asked).await.unwrap();
    let paid = phone.post(format!("{}/phone/pay", sandbox.base_url)).json(&serde_json::json!({"code": ext.code}));
    assert!(paid.send().await.unwrap().status().is_success());
    until(&client, &ext.order_id, &[OrderState::Delivered]).await;
    program.kill().await.unwrap();
    let mut text = String::new();
    log.read_to_string(&mut text).await.unwrap();
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).expect(line)).collect();
    assert!(lines.iter().all(|line| line["level"].is_string() && line["timestamp"].is_string()), "{text}");
    let calls: Vec<&Value> = lines.iter().filter(|line| line["message"] == "the channel was called").collect();
    for operation in ["prepay", "query"] {
        assert!(calls.iter().any(|line| values(line, "operation") == [operation]), "{operation}\n{text}");
    }
    for call in calls {
        assert_eq!(values(call, "order.id"), [ext.order_id.as_str()], "{call}");
        assert_eq!(values(call, "pay.id"), [ext.pay_id.as_str()], "{call}");
    }
    let placed = lines.iter().find(|line| line["message"] == "order placed").unwrap();
    assert_eq!(placed["order.id"], ext.order_id.as_str());
    let credentials = std::fs::read_to_string(&sandbox.credentials).unwrap();
    let credentials: Value = serde_json::from_str(&credentials).unwrap();
    let secrets = [credentials["wechat"]["apiv3_key"].as_str().unwrap(), ext.code.as_str()];
    assert!(secrets.iter().all(|secret| !secret.is_empty() && !text.contains(secret)), "{text}");
    sandbox.stop().await;
}
