//! Purchases in the real window: the built page in WebKit, the commands, a storefront and the sandbox's channels.
//! Each test leaves pictures under `target/e2e/`.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]

#[path = "../shop/mod.rs"]
mod shop;
#[path = "../support/mod.rs"]
mod support;

mod evening;
mod money;
mod rooms;
mod studio;
mod updates;

use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use support::Window;
use tokio::sync::Mutex;

/// One window at a time: two would share two cores with two browsers.
static ONE: LazyLock<Mutex<()>> = LazyLock::new(Mutex::default);

fn app() -> PathBuf {
    env!("CARGO_BIN_EXE_liveshop").into()
}

fn shots(test: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/e2e").join(test)
}

/// Presses Buy on an item of the shelf, says where it is sent if the shop does not know yet, and chooses how to pay.
async fn order(window: &Window, goods: &str, pay_type: &str) {
    window.click(&format!("[data-goods=\"{goods}\"] button[data-buy]")).await;
    window.screen("choose").await;
    // Fins are sent nowhere; else the address book has been read once it is one of these.
    window.find("[data-screen=\"choose\"]:is(:has([data-address-form]), :has(button[data-pay-type]:enabled))").await;
    if window.sees("[data-address-form]").await {
        write_address(window).await;
    }
    window.click(&pay_with(pay_type)).await;
}

/// The button of a channel, once it can be pressed.
fn pay_with(pay_type: &str) -> String {
    format!("button[data-pay-type=\"{pay_type}\"]:enabled")
}

/// What is written on the parcel, field by field.
const PARCEL: [(&str, &str); 4] = [
    ("input[name=\"name\"]", "Lin Xia"),
    ("input[name=\"phone\"]", "138 0000 0000"),
    ("input[name=\"region\"]", "Zhejiang, Hangzhou"),
    ("textarea[name=\"detail\"]", "1 Wensan Road"),
];

async fn write_address(window: &Window) {
    for (field, text) in PARCEL {
        window.find(&format!("[data-address-form] {field}")).await.send_keys(text).await.unwrap();
    }
    window.click("[data-address-form] button[data-act=\"save-address\"]").await;
}

/// The first item on the shelf that can be bought.
async fn first_goods(window: &Window) -> String {
    let row = window.find("[data-goods]:has(button[data-buy])").await;
    row.attr("data-goods").await.unwrap().unwrap()
}

/// Presses a button of the pretend phone, inside the window.
async fn press_on_phone(window: &Window, button: &str) {
    window.click("button[data-act=\"phone\"]").await;
    let frame = window.find("iframe").await;
    frame.enter_frame().await.unwrap();
    window.click(button).await;
    window.client.enter_parent_frame().await.unwrap();
}

/// Trusts the shop of a link and waits for its goods.
async fn trust(window: &Window) {
    window.click("button[data-act=\"trust\"]").await;
    window.find("[data-goods]").await;
}
