//! One purchase through the window's own buttons, on a virtual display, with a picture of each step.
//! `cargo xtask run` starts it where there is no display.

#![allow(
    clippy::print_stdout,
    clippy::panic,
    clippy::unwrap_used,
    reason = "it reports to a person and stops at the first surprise"
)]

#[cfg(target_os = "linux")]
#[path = "../tests/support/mod.rs"]
mod support;

#[cfg(target_os = "linux")]
use fantoccini::Locator;
#[cfg(target_os = "linux")]
use std::path::{Path, PathBuf};
#[cfg(target_os = "linux")]
use support::{Display, Home, Window};

#[cfg(not(target_os = "linux"))]
fn main() {
    println!("The virtual display is Linux's; here the window opens by: cargo xtask run");
}

#[cfg(target_os = "linux")]
#[tokio::main]
async fn main() {
    let path = |name: &str| PathBuf::from(std::env::var_os(name).unwrap_or_else(|| panic!("{name} is not set")));
    let (app, shots) = (path("LIVESHOP_APP"), path("LIVESHOP_SHOTS"));
    let display = Display::start();
    let home = Home::new(&shots);
    let mut window = Window::open(&app, &display, &home, None).await;
    buy(&mut window).await;
    window.close().await;
    println!("\nThe pictures are in {}", shots.display());
}

#[cfg(target_os = "linux")]
async fn buy(window: &mut Window) {
    window.find("[data-goods] button[data-buy]").await;
    step("the practice room's goods", window.shot("room").await.as_path());
    window.click("[data-goods] button[data-buy]").await;
    window.screen("choose").await;
    step("how would you like to pay?", &window.shot("choose").await);
    window.click("button[data-pay-type=\"alipay\"]:enabled").await;
    window.find("img[data-qr]").await;
    let picture = window.shot("code").await;
    step("the payment code", &picture);
    println!("    it reads: {}", Window::read_code(&picture));
    window.click("button[data-act=\"phone\"]").await;
    let frame = window.find("iframe").await;
    frame.enter_frame().await.unwrap();
    window.find("#pay").await;
    window.client.enter_parent_frame().await.unwrap();
    step("the pretend phone has scanned it", &window.shot("phone").await);
    let frame = window.client.find(Locator::Css("iframe")).await.unwrap();
    frame.enter_frame().await.unwrap();
    window.click("#pay").await;
    window.client.enter_parent_frame().await.unwrap();
    window.screen("success").await;
    step("paid and delivered", &window.shot("success").await);
    window.click("button[data-act=\"order\"]").await;
    window.find("[data-detail] [data-address]").await;
    step("looking back at the order", &window.shot("order").await);
}

#[cfg(target_os = "linux")]
fn step(what: &str, picture: &Path) {
    println!("  {what}: {}", picture.display());
}
