//! A viewer's evening beside the payment itself: the show, the address, the keyboard alone, languages, looking back.

use crate::shop::Shop;
use crate::support::{Display, Home, WAIT, Window};
use crate::{ONE, PARCEL, app, order, pay_with, shots, trust, write_address};
use fantoccini::key::Key;
use serde_json::json;
use std::path::Path;
use std::time::Duration;

#[tokio::test]
async fn the_practice_room_s_show_plays() {
    let _one = ONE.lock().await;
    let (display, home) = (Display::start(), Home::new(&shots("show")));
    let mut window = Window::open(&app(), &display, &home, None).await;
    window.find("[data-show=\"playing\"] video").await;
    // Frames are drawn one after another, past the moment at which the clip begins again.
    let drawn = "const video = document.querySelector('video'); const done = arguments[arguments.length - 1]; \
        const look = () => video.getVideoPlaybackQuality().totalVideoFrames > 30 && video.currentTime > 25 \
            ? done(video.videoWidth > 0) : requestAnimationFrame(look); look()";
    let drawn = tokio::time::timeout(WAIT, window.client.execute_async(drawn, vec![])).await.unwrap().unwrap();
    assert_eq!(drawn, json!(true));
    window.shot("playing").await;
    // It goes on, small, while the viewer looks at something else, and is the same picture when they come back.
    window.ask("document.querySelector('video').dataset.same = 'yes'").await;
    window.click("[data-section=\"orders\"]").await;
    window.find(".stage.mini[data-show=\"playing\"] video[data-same]").await;
    window.shot("mini").await;
    window.click("[data-section=\"room\"]").await;
    window.find(".stage:not(.mini)[data-show=\"playing\"] video[data-same]").await;
    window.press("m").await;
    let muted = window.ask("return document.querySelector('video').muted").await;
    assert_eq!(muted, json!(false), "M gives the sound that a show without a click does not have");
    window.close().await;
}

#[tokio::test]
async fn goods_are_bought_with_an_address_and_asked_back_from_the_order() {
    let _one = ONE.lock().await;
    let (display, home) = (Display::start(), Home::new(&shots("address")));
    let shop = Shop::open(300, None).await;
    let mut window = Window::open(&app(), &display, &home, Some(&shop.link())).await;
    trust(&window).await;
    window.click("[data-goods=\"g1\"] button[data-buy]").await;
    window.find("[data-address-form]").await;
    window.shot("no-address").await;
    // What is not right is said under its field, and nothing is lost.
    window.click("[data-address-form] button[data-act=\"save-address\"]").await;
    window.find("[data-address-form] input[name=\"name\"][aria-invalid=\"true\"]").await;
    window.shot("faults").await;
    write_address(&window).await;
    window.find(&pay_with("alipay")).await;
    window.shot("address").await;
    window.click(&pay_with("alipay")).await;
    window.find("img[data-qr]").await;
    let code = Window::read_code(&window.shot("code").await);
    shop.phone("pay", &code).await;
    window.screen("success").await;
    assert_eq!(shop.delivered_to().await, [PARCEL.map(|(_, text)| text).join("|")]);

    window.click("button[data-act=\"order\"]").await;
    window.find("[data-detail] [data-address]").await;
    let shown = window.text("[data-detail] [data-address]").await;
    assert!(PARCEL.iter().all(|(_, text)| shown.contains(text)), "{shown}");
    window.shot("order").await;
    window.click("[data-detail] button[data-act=\"refund\"]").await;
    window.find("[data-refund-form] textarea").await.send_keys("It arrived broken.").await.unwrap();
    window.shot("ask-refund").await;
    window.click("[data-refund-form] button[data-act=\"refund-send\"]").await;
    window.find("[data-refund-asked]").await;
    window.shot("refund-asked").await;
    assert_eq!(shop.refund_wishes().await, ["It arrived broken."]);
    window.close().await;
    shop.stop().await;
}

/// Tabs until the focus is where it is wanted.
async fn tab_to(window: &Window, css: &str) {
    for _ in 0..40 {
        let script = format!("return document.activeElement?.matches({}) === true", json!(css));
        if window.ask(&script).await == json!(true) {
            return;
        }
        window.press(&String::from(char::from(Key::Tab))).await;
    }
    let at = window.ask("return document.activeElement?.outerHTML").await;
    panic!("the keyboard does not reach {css}; it stands at {at}");
}

#[tokio::test]
async fn the_keyboard_alone_buys_and_looks_back() {
    let _one = ONE.lock().await;
    let (display, home) = (Display::start(), Home::new(&shots("keyboard")));
    let shop = Shop::open(300, None).await;
    let mut window = Window::open(&app(), &display, &home, Some(&shop.link())).await;
    let enter = String::from(char::from(Key::Enter));
    window.find("button[data-act=\"trust\"]").await;
    tab_to(&window, "button[data-act=\"trust\"]").await;
    window.press(&enter).await;
    window.find("[data-goods]").await;
    window.press("1").await;
    window.press(&enter).await;
    window.find("[data-goods-buy]").await;
    tab_to(&window, "[data-goods-buy]").await;
    window.press(&enter).await;
    window.find("[data-address-form]").await;
    for (field, text) in PARCEL {
        tab_to(&window, &format!("[data-address-form] {field}")).await;
        window.press(text).await;
    }
    window.shot("address").await;
    tab_to(&window, "[data-act=\"save-address\"]").await;
    window.press(&enter).await;
    window.find(&pay_with("wechat")).await;
    tab_to(&window, "button[data-pay-type=\"wechat\"]").await;
    window.shot("focus").await;
    window.press(&enter).await;
    window.find("img[data-qr]").await;
    window.press("z").await;
    window.find("dialog img[data-qr]").await;
    let code = Window::read_code(&window.shot("enlarged").await);
    window.press(&String::from(char::from(Key::Escape))).await;
    shop.phone("pay", &code).await;
    window.screen("success").await;
    window.press(&enter).await;
    window.find("[data-goods=\"g1\"]").await;
    window.client.perform_actions(held(Key::Control, '2')).await.unwrap();
    window.find("[data-orders] [data-order]").await;
    window.find("[data-detail] [data-address]").await;
    window.shot("orders").await;
    window.close().await;
    shop.stop().await;
}

/// A key pressed while another is held.
fn held(modifier: Key, key: char) -> fantoccini::actions::KeyActions {
    use fantoccini::actions::{InputSource, KeyAction, KeyActions};
    KeyActions::new("keyboard".into())
        .then(KeyAction::Down { value: modifier.into() })
        .then(KeyAction::Down { value: key })
        .then(KeyAction::Up { value: key })
        .then(KeyAction::Up { value: modifier.into() })
}

#[tokio::test]
async fn language_and_appearance_are_changed_at_once_and_remembered() {
    let _one = ONE.lock().await;
    let (display, home) = (Display::start(), Home::new(&shots("looks")));
    let shop = Shop::open(300, None).await;
    let mut window = Window::open(&app(), &display, &home, Some(&shop.link())).await;
    trust(&window).await;
    window.click("[data-section=\"settings\"]").await;
    let looks = "return [document.documentElement.lang, document.documentElement.dataset.theme]";
    for (language, tag) in [("zh", "zh-CN"), ("en", "en")] {
        window.click("[data-group=\"general\"]").await;
        window.click(&format!("input[name][value=\"{language}\"]")).await;
        for theme in ["dark", "light"] {
            window.click("[data-group=\"look\"]").await;
            window.click(&format!("input[name][value=\"{theme}\"]")).await;
            assert_eq!(window.ask(looks).await, json!([tag, theme]));
            window.click("[data-section=\"room\"]").await;
            window.shot(&format!("room-{language}-{theme}")).await;
            window.click("[data-section=\"settings\"]").await;
            window.shot(&format!("settings-{language}-{theme}")).await;
        }
    }
    window.close().await;
    let window = Window::open(&app(), &display, &home, None).await;
    window.find("[data-goods]").await;
    assert_eq!(window.ask(looks).await, json!(["en", "light"]), "the same window again");
    window.close().await;
    shop.stop().await;
}

#[tokio::test]
async fn what_the_shop_changes_is_seen_at_once() {
    let _one = ONE.lock().await;
    let (display, home) = (Display::start(), Home::new(&shots("deal")));
    let shop = Shop::open(300, None).await;
    let mut window = Window::open(&app(), &display, &home, Some(&shop.link())).await;
    trust(&window).await;
    shop.deal("g1", 19_800, 2).await;
    window.find("[data-goods=\"g1\"] del, [data-goods=\"g1\"] s").await;
    window.shot("deal").await;
    order(&window, "g1", "alipay").await;
    window.find("img[data-qr]").await;
    let code = Window::read_code(&window.shot("code").await);
    shop.phone("pay", &code).await;
    window.screen("success").await;
    let paid = window.text("[data-screen=\"success\"]").await;
    assert!(paid.contains("198"), "{paid}");
    window.close().await;
    shop.stop().await;
}

/// What the app has written about its window, wherever below `folder` it lies.
fn files(folder: &Path) -> impl Iterator<Item = String> {
    let (mut folders, mut texts) = (vec![folder.to_owned()], Vec::new());
    while let Some(folder) = folders.pop() {
        for path in std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()) {
            if path.is_dir() {
                folders.push(path);
            } else if path.file_name().is_some_and(|name| name == ".window-state.json") {
                texts.extend(std::fs::read_to_string(path));
            }
        }
    }
    texts.into_iter()
}

#[tokio::test]
async fn the_window_opens_as_large_as_it_was_left() {
    let _one = ONE.lock().await;
    let (display, home) = (Display::start(), Home::new(&shots("size")));
    let window = Window::open(&app(), &display, &home, None).await;
    window.find("[data-goods]").await;
    let size = "return [window.innerWidth, window.innerHeight]";
    assert_eq!(window.ask(size).await, json!([1280, 800]));
    window.client.set_window_size(1100, 700).await.unwrap();
    assert_eq!(window.ask(size).await, json!([1100, 700]));
    // It is on disk before the app ends, however it ends.
    let kept = async {
        while !files(home.folder.path()).any(|text| text.contains("\"width\": 1100") || text.contains("\"width\":1100"))
        {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(WAIT, kept).await.expect("the size is kept");
    window.kill();
    let window = Window::open(&app(), &display, &home, None).await;
    window.find("[data-goods]").await;
    assert_eq!(window.ask(size).await, json!([1100, 700]), "the same window again");
    window.close().await;
}
