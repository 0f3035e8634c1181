//! Coming and going: links from outside, rooms entered before, and purchases of a room that was left.

use crate::shop::Shop;
use crate::support::{Display, Home, Window};
use crate::{ONE, app, order, shots, trust};
use std::process::Command;

/// Keys, as WebDriver names them.
const F1: &str = "\u{E031}";
const ESCAPE: &str = "\u{E00C}";

/// Opens a link as the system does: the app is started once more with it.
async fn open_outside(display: &Display, home: &Home, link: &str) {
    let mut second = Command::new(app());
    second.arg(link);
    display.settle(&mut second, home);
    let ended = tokio::task::spawn_blocking(move || second.status()).await.unwrap().unwrap();
    assert!(ended.success(), "{ended}");
}

#[tokio::test]
async fn a_link_from_outside_asks_before_it_trusts_and_is_remembered() {
    let _one = ONE.lock().await;
    let (display, home) = (Display::start(), Home::new(&shots("link")));
    let shop = Shop::open(300, None).await;
    let mut window = Window::open(&app(), &display, &home, None).await;
    window.find("[data-goods]").await;
    open_outside(&display, &home, &shop.link()).await;
    window.find("[data-entrance=\"ask_trust\"]").await;
    window.shot("asked").await;
    // Not now: the viewer is where they were.
    window.click("button[data-act=\"back\"]").await;
    window.find(".band").await;
    open_outside(&display, &home, &shop.link()).await;
    trust(&window).await;
    window.find("[data-goods=\"g1\"]").await;
    window.shot("entered").await;
    // A link with another key for a known shop stops, and leads back to where the viewer was.
    let (other, _) = api::ShopSigner::generate().unwrap();
    let posing = shop.link_with(other.key());
    open_outside(&display, &home, &posing).await;
    window.find("[data-entrance=\"key_changed\"]").await;
    window.shot("another-key").await;
    window.close().await;
    let window = Window::open(&app(), &display, &home, None).await;
    window.find("[data-goods=\"g1\"]").await;
    window.close().await;
    shop.stop().await;
}

#[tokio::test]
async fn a_purchase_goes_on_in_the_room_it_was_made_in() {
    let _one = ONE.lock().await;
    let (display, home) = (Display::start(), Home::new(&shots("left")));
    let shop = Shop::open(300, None).await;
    let mut window = Window::open(&app(), &display, &home, Some(&shop.link())).await;
    trust(&window).await;
    order(&window, "g2", "alipay").await;
    window.find("img[data-qr]").await;
    let code = Window::read_code(&window.shot("code").await);
    // The guide opens over the code by the key for help, and leaves it as it was.
    window.press(F1).await;
    window.find("dialog article h3").await;
    window.shot("guide").await;
    window.press(ESCAPE).await;
    window.find("body:not(:has(dialog)) img[data-qr]").await;
    window.click("button[data-act=\"change-room\"]").await;
    window.find("[data-settings=\"rooms\"]").await;
    window.shot("rooms").await;
    window.click("button[data-act=\"practice\"]").await;
    window.find(".band").await;
    window.find("[data-goods]").await;
    window.shot("practice").await;
    shop.phone("pay", &code).await;
    window.click("button[data-act=\"change-room\"]").await;
    window.click("[data-room] button[data-act=\"open-room\"]").await;
    window.screen("success").await;
    window.shot("success").await;
    assert_eq!(shop.orders().await, 1);
    window.close().await;
    shop.stop().await;
}
