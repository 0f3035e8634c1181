//! The receipt: the viewer's own, signed, and checked without the shop to the last byte.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]

mod support;

use api::journal::line_hash;
use api::receipt::{self, ReceiptError, verify, verify_text};
use api::{CallError, Client, ErrorCode, ShopSigner};
use order::PayType;
use order::state::OrderState;
use serde_json::{Map, Value, json};
use support::{World, open_to_break, until, wish};

/// A receipt of fins that were paid for.
async fn bought(world: &World, client: &Client) -> (order::OrderId, String) {
    let goods = client.goods().await.unwrap();
    let (params, asked) = wish(&goods[1], 2, PayType::Alipay, 1);
    let ext = client.pay_order(&params, &asked).await.unwrap();
    world.phone("pay", &ext.code).await;
    until(client, &ext.order_id, &[OrderState::Delivered]).await;
    let text = client.receipt(&ext.order_id).await.unwrap();
    (ext.order_id, text)
}

fn object(text: &str) -> Map<String, Value> {
    serde_json::from_str(text).unwrap()
}

#[tokio::test]
async fn a_receipt_says_what_was_paid_and_delivered_and_holds_without_the_shop() {
    let world = World::new(300).await;
    let client = world.viewer().await;
    let (order_id, text) = bought(&world, &client).await;
    let key = world.shop.key.clone();
    let verified = verify_text(&text, Some(&key)).unwrap();
    assert!(verified.is_pinned && verified.key == key);
    let receipt = &verified.receipt;
    assert_eq!((&receipt.order_id, receipt.amount_fen, receipt.fins), (&order_id, 1_200, Some(120)));
    assert_eq!(receipt.outcome.state, OrderState::Delivered);
    assert!(receipt.outcome.delivered_at.is_some());
    assert_eq!(receipt.payments.len(), 1);
    assert!(!receipt.payments[0].channel_no.is_empty() && receipt.payments[0].amount_fen == 1_200);
    let names: Vec<_> = receipt.journal.iter().map(|line| line.name().unwrap()).collect();
    assert_eq!((names[0].as_str(), names.last().unwrap().as_str()), ("placed", "paid"));
    assert!(!verify_text(&text, None).unwrap().is_pinned);
    world.stop().await;
}

#[tokio::test]
async fn a_receipt_of_somebody_else_and_of_no_order_answer_alike() {
    let world = World::new(300).await;
    let (client, stranger) = (world.viewer().await, world.viewer().await);
    let (order_id, _) = bought(&world, &client).await;
    let refusal = async |order_id: &order::OrderId| match stranger.receipt(order_id).await {
        Err(CallError::Refused(refusal)) => refusal,
        other => panic!("{other:?}"),
    };
    let (theirs, none) = (refusal(&order_id).await, refusal(&order::OrderId::from_bits(7)).await);
    assert_eq!(theirs, none);
    assert_eq!(none.code, ErrorCode::NotFound);
    world.stop().await;
}

#[tokio::test]
async fn a_receipt_that_was_changed_anywhere_does_not_hold() {
    let world = World::new(300).await;
    let client = world.viewer().await;
    let (_, text) = bought(&world, &client).await;
    let key = world.shop.key.clone();
    // A byte anywhere in the text: it is no receipt any more, or not a signed one. Between fields there is no space.
    let bytes = text.as_bytes();
    for place in 0..bytes.len() {
        let mut forged = bytes.to_vec();
        forged[place] = if forged[place] == b'0' { b'1' } else { b'0' };
        let Ok(forged) = String::from_utf8(forged) else { continue };
        assert!(verify_text(&forged, Some(&key)).is_err(), "byte {place}");
    }
    let (other, _) = ShopSigner::generate().unwrap();
    let error = verify_text(&text, Some(other.key())).unwrap_err();
    assert!(matches!(error, ReceiptError::OtherKey { .. }), "{error}");
    assert!(matches!(verify(&object("{}"), None), Err(ReceiptError::Malformed(_))));
    world.stop().await;
}

/// What a shop could sign that is not true.
#[tokio::test]
async fn a_receipt_must_follow_from_its_own_journal_lines_even_when_it_is_signed() {
    let world = World::new(300).await;
    let client = world.viewer().await;
    let (_, text) = bought(&world, &client).await;
    let (signer, _) = ShopSigner::generate().unwrap();
    let honest = verify_text(&text, None).unwrap().receipt;
    assert!(verify(&receipt::signed(honest.clone(), 1, &signer), Some(signer.key())).is_ok());
    let forge = |change: &dyn Fn(&mut receipt::Receipt)| {
        let mut forged = honest.clone();
        change(&mut forged);
        verify(&receipt::signed(forged, 1, &signer), Some(signer.key())).unwrap_err()
    };
    let contradicts = |field| ReceiptError::Contradicts { field };
    assert_eq!(forge(&|receipt| receipt.title = "Gold".into()), contradicts("title"));
    assert_eq!(forge(&|receipt| receipt.amount_fen = 1), contradicts("amount_fen"));
    assert_eq!(forge(&|receipt| receipt.outcome.state = OrderState::Closed), contradicts("outcome"));
    assert_eq!(forge(&|receipt| receipt.outcome.delivered_at = None), contradicts("outcome"));
    assert_eq!(forge(&|receipt| receipt.payments[0].channel_no = "1".into()), contradicts("payments"));
    assert_eq!(forge(&|receipt| receipt.payments.clear()), contradicts("payments"));
    let third = honest.journal[2].seq;
    let changed = forge(&|receipt| receipt.journal[2].evidence.push(' '));
    assert_eq!(changed, ReceiptError::LineChanged { seq: third });
    let moved = forge(&|receipt| receipt.journal.swap(1, 2));
    assert_eq!(moved, ReceiptError::LineMoved { seq: honest.journal[1].seq });
    let last = honest.journal.last().unwrap().clone();
    // Another payment than the channel's, its line hashed anew.
    let bought_cheaply = forge(&|receipt| {
        let line = receipt.journal.last_mut().unwrap();
        line.evidence = line.evidence.replace("\"amount\":1200", "\"amount\":1");
        line.hash =
            line_hash(&line.previous, line.seq, receipt.order_id.as_str(), &line.event, &line.evidence, line.at);
    });
    assert!(matches!(&bought_cheaply, ReceiptError::Impossible(error) if error.seq == last.seq), "{bought_cheaply}");
    // Delivered without the line that says so.
    let unpaid = forge(&|receipt| {
        receipt.journal.pop();
    });
    assert!(matches!(unpaid, ReceiptError::Contradicts { .. }), "{unpaid}");
    world.stop().await;
}

#[tokio::test]
async fn the_program_says_in_plain_words_what_a_receipt_proves_or_why_it_does_not() {
    let world = World::new(300).await;
    let client = world.viewer().await;
    let (order_id, text) = bought(&world, &client).await;
    let (file, config) = (world.folder.path().join("receipt.json"), world.folder.path().join("shop.toml"));
    std::fs::write(&file, &text).unwrap();
    let run = async |arguments: &[&str]| {
        let mut program = tokio::process::Command::new(env!("CARGO_BIN_EXE_storefront"));
        let output = program.args(["verify-receipt", file.to_str().unwrap()]).args(arguments);
        let output = output.env("RUST_LOG", "error").output().await.unwrap();
        let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
        (output.status.code(), said.into_owned())
    };
    let (code, said) = run(&[]).await;
    assert_eq!(code, Some(0), "{said}");
    for words in [
        order_id.as_str(),
        "2 x 60 shark fins",
        "12.00 yuan",
        "120 fins credited",
        "channel number",
        "the key is the one in the receipt",
    ] {
        assert!(said.contains(words), "{words:?} is not in {said}");
    }
    let (code, said) = run(&["--key", &world.shop.key.to_base64()]).await;
    assert!(code == Some(0) && said.contains("this shop signed it"), "{said}");
    let config = ["--config", config.to_str().unwrap()];
    let (code, said) = run(&config).await;
    assert!(code == Some(0) && said.contains("every line unchanged"), "{said}");
    let mut database = open_to_break(&world.database()).await;
    sqlx::query("UPDATE journal SET at = at + 1 WHERE seq = 2").execute(&mut database).await.unwrap();
    let (code, said) = run(&config).await;
    assert!(code == Some(1) && said.contains("line 2 of the receipt"), "{said}");
    let (other, _) = ShopSigner::generate().unwrap();
    let (code, said) = run(&["--key", &other.key().to_base64()]).await;
    assert!(code == Some(1) && said.contains("not with this shop's key"), "{said}");
    std::fs::write(&file, text.replace("60 shark fins", "90 shark fins")).unwrap();
    let (code, said) = run(&[]).await;
    assert!(code == Some(1) && said.contains("changed after it was signed"), "{said}");
    std::fs::write(&file, json!({}).to_string()).unwrap();
    let (code, said) = run(&[]).await;
    assert!(code == Some(1) && said.contains("this is not a receipt"), "{said}");
    world.stop().await;
}
