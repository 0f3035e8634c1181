//! One purchase through the window's own buttons, on a virtual display, with a picture of each step.
//! `cargo xtask run` starts it where there is no display, and the trial of an installer does with the installed app.
//! `LIVESHOP_APP` is the program, `LIVESHOP_SHOTS` the folder of the pictures; with `LIVESHOP_HOMES` the app's files stay
//! in a folder below that; `LIVESHOP_LINK` is a room's link that the system is to open.

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
use support::{Display, Home, WAIT, Window};

#[cfg(not(target_os = "linux"))]
fn main() {
    println!("The virtual display is Linux's; here the window opens by: cargo xtask run");
}

#[cfg(target_os = "linux")]
#[tokio::main]
async fn main() {
    let given = |name: &str| std::env::var_os(name).map(PathBuf::from);
    let path = |name: &str| given(name).unwrap_or_else(|| panic!("{name} is not set"));
    let (app, shots) = (path("LIVESHOP_APP"), path("LIVESHOP_SHOTS"));
    let display = Display::start();
    let home = given("LIVESHOP_HOMES").map_or_else(|| Home::new(&shots), |homes| Home::that_stays(&homes, &shots));
    let begun = api::clock::monotonic();
    let mut window = Window::open(&app, &display, &home, None).await;
    window.find("[data-goods] button[data-buy]").await;
    let took = api::clock::monotonic().duration_since(begun);
    println!("  from the start to goods that can be bought, with the program that presses the buttons: {took:.1?}");
    buy(&mut window).await;
    if let Ok(link) = std::env::var("LIVESHOP_LINK") {
        take_link(&mut window, &display, &home, &link).await;
    }
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

/// The system is given a link, and the app that runs takes it: it asks about a shop it does not know.
#[cfg(target_os = "linux")]
async fn take_link(window: &mut Window, display: &Display, home: &Home, link: &str) {
    let mut opener = tokio::process::Command::new("xdg-open");
    opener.kill_on_drop(true);
    display.settle(opener.arg(link).as_std_mut(), home);
    let opened = tokio::time::timeout(WAIT, opener.status()).await;
    let opened = opened.unwrap_or_else(|_| panic!("xdg-open does not end")).unwrap();
    assert!(opened.success(), "xdg-open: {opened}");
    window.find("[data-entrance=\"ask_trust\"]").await;
    step("a link that the system passed on", &window.shot("link").await);
}

#[cfg(target_os = "linux")]
fn step(what: &str, picture: &Path) {
    println!("  {what}: {}", picture.display());
}
