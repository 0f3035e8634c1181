//! One purchase, whatever comes between: paid, declined, expired, cancelled, forged, away, resumed, switched.

use crate::shop::{Forgery, Shop};
use crate::support::{Display, Home, Window};
use crate::{ONE, app, first_goods, order, press_on_phone, shots, trust};
use std::path::Path;
use std::process::Command;

#[tokio::test]
async fn buy_with_alipay_in_the_practice_room() {
    let _one = ONE.lock().await;
    let (display, home) = (Display::start(), Home::new(&shots("alipay")));
    let mut window = Window::open(&app(), &display, &home, None).await;
    let goods = first_goods(&window).await;
    window.shot("room").await;
    order(&window, &goods, "alipay").await;
    window.find("img[data-qr]").await;
    let picture = window.shot("code").await;
    let code = Window::read_code(&picture);
    assert!(code.starts_with("https://qr.alipay.com/"), "{code}");
    press_on_phone(&window, "#pay").await;
    window.screen("success").await;
    window.shot("success").await;
    window.close().await;
}

#[tokio::test]
async fn buy_fins_with_wechat_and_see_the_balance_rise() {
    let _one = ONE.lock().await;
    let (display, home) = (Display::start(), Home::new(&shots("wechat")));
    let shop = Shop::open(300, None).await;
    let mut window = Window::open(&app(), &display, &home, Some(&shop.link())).await;
    window.find("button[data-act=\"trust\"]").await;
    window.shot("trust").await;
    trust(&window).await;
    assert_eq!(window.find("[data-fins]").await.attr("data-fins").await.unwrap().as_deref(), Some("0"));
    order(&window, "g2", "wechat").await;
    window.find("img[data-qr]").await;
    let picture = window.shot("code").await;
    let code = Window::read_code(&picture);
    assert!(code.starts_with("weixin://wxpay/"), "{code}");
    shop.phone("pay", &code).await;
    window.screen("success").await;
    window.find("[data-fins=\"60\"]").await;
    window.shot("success").await;
    window.close().await;
    shop.stop().await;
}

#[tokio::test]
async fn a_payment_the_wallet_declines_is_told_as_not_charged() {
    let _one = ONE.lock().await;
    let (display, home) = (Display::start(), Home::new(&shots("declined")));
    let mut window = Window::open(&app(), &display, &home, None).await;
    let goods = first_goods(&window).await;
    order(&window, &goods, "alipay").await;
    window.find("img[data-qr]").await;
    press_on_phone(&window, "#decline").await;
    window.screen("failed").await;
    window.shot("failed").await;
    window.close().await;
}

#[tokio::test]
async fn an_order_nobody_pays_expires_and_the_code_is_gone() {
    let _one = ONE.lock().await;
    let (display, home) = (Display::start(), Home::new(&shots("expired")));
    let shop = Shop::open(8, None).await;
    let mut window = Window::open(&app(), &display, &home, Some(&shop.link())).await;
    trust(&window).await;
    order(&window, "g1", "alipay").await;
    window.find("img[data-qr]").await;
    window.shot("code").await;
    window.screen("expired").await;
    assert!(window.client.find_all(fantoccini::Locator::Css("img[data-qr]")).await.unwrap().is_empty());
    window.shot("expired").await;
    window.close().await;
    shop.stop().await;
}

#[tokio::test]
async fn a_cancelled_order_is_closed_at_the_channel_before_it_is_said() {
    let _one = ONE.lock().await;
    let (display, home) = (Display::start(), Home::new(&shots("cancelled")));
    let mut window = Window::open(&app(), &display, &home, None).await;
    let goods = first_goods(&window).await;
    order(&window, &goods, "wechat").await;
    window.find("img[data-qr]").await;
    window.click("button[data-act=\"cancel\"]").await;
    window.find("button[data-act=\"confirm-cancel\"]").await;
    window.shot("ask").await;
    window.click("button[data-act=\"confirm-cancel\"]").await;
    window.screen("cancelled").await;
    window.shot("cancelled").await;
    window.close().await;
}

#[tokio::test]
async fn a_forged_stale_or_foreign_answer_shows_no_code() {
    let _one = ONE.lock().await;
    let display = Display::start();
    for (forgery, screen) in [
        (Forgery::Kind, "unusable_wrong_kind"),
        (Forgery::Code, "unusable_bad_signature"),
        (Forgery::Stale, "unusable_stale"),
        (Forgery::OtherGoods, "unusable_other_goods"),
        (Forgery::ForeignCode, "unusable_foreign_code"),
    ] {
        let home = Home::new(&shots("forged"));
        let shop = Shop::open(300, Some(forgery)).await;
        let window = Window::open(&app(), &display, &home, Some(&shop.link())).await;
        trust(&window).await;
        order(&window, "g1", "alipay").await;
        window.screen(screen).await;
        assert!(window.client.find_all(fantoccini::Locator::Css("img[data-qr]")).await.unwrap().is_empty());
        window.save(screen).await;
        window.close().await;
        shop.stop().await;
    }
}

#[tokio::test]
async fn when_the_shop_is_away_the_viewer_is_told_and_trying_again_is_safe() {
    let _one = ONE.lock().await;
    let (display, home) = (Display::start(), Home::new(&shots("away")));
    let shop = Shop::open(300, None).await;
    let mut window = Window::open(&app(), &display, &home, Some(&shop.link())).await;
    trust(&window).await;
    window.click("[data-goods=\"g2\"] button[data-buy]").await;
    window.screen("choose").await;
    shop.cut_orders(true);
    window.click("button[data-pay-type=\"alipay\"]").await;
    window.screen("no_answer").await;
    window.shot("no-answer").await;
    shop.cut_orders(false);
    window.click("button[data-act=\"retry\"]").await;
    window.find("img[data-qr]").await;
    window.shot("code").await;
    assert_eq!(shop.orders().await, 1, "trying again made another order");
    window.close().await;
    shop.stop().await;
}

#[tokio::test]
async fn a_purchase_is_resumed_after_the_app_was_killed() {
    let _one = ONE.lock().await;
    let (display, home) = (Display::start(), Home::new(&shots("resumed")));
    let shop = Shop::open(300, None).await;
    let mut window = Window::open(&app(), &display, &home, Some(&shop.link())).await;
    trust(&window).await;
    order(&window, "g1", "alipay").await;
    window.find("img[data-qr]").await;
    let code = Window::read_code(&window.shot("before").await);
    window.kill();
    let mut window = Window::open(&app(), &display, &home, Some(&shop.link())).await;
    window.find("button[data-act=\"resume\"]").await;
    window.shot("unpaid").await;
    window.click("button[data-act=\"resume\"]").await;
    window.find("img[data-qr]").await;
    assert_eq!(Window::read_code(&window.shot("after").await), code);
    window.kill();
    shop.phone("pay", &code).await;
    let mut window = Window::open(&app(), &display, &home, Some(&shop.link())).await;
    window.screen("success").await;
    window.shot("success").await;
    assert_eq!(shop.orders().await, 1);
    window.close().await;
    shop.stop().await;
}

#[tokio::test]
async fn a_second_copy_brings_the_first_window_forward_and_ends() {
    let _one = ONE.lock().await;
    let (display, home) = (Display::start(), Home::new(&shots("second")));
    let window = Window::open(&app(), &display, &home, None).await;
    window.find("[data-goods]").await;
    let mut second = Command::new(app());
    display.settle(&mut second, &home);
    let ended = tokio::task::spawn_blocking(move || second.status()).await.unwrap().unwrap();
    assert!(ended.success(), "{ended}");
    window.find("[data-goods]").await;
    window.close().await;
}

#[tokio::test]
async fn the_way_to_pay_is_changed_and_both_codes_are_paid() {
    let _one = ONE.lock().await;
    let (display, home) = (Display::start(), Home::new(&shots("switched")));
    let shop = Shop::open(300, None).await;
    // The first code stays payable although the channel said that it is dead: whoever kept it can pay it.
    shop.faults(serde_json::json!({"alipay": {"close_ignored": {}}})).await;
    let mut window = Window::open(&app(), &display, &home, Some(&shop.link())).await;
    trust(&window).await;
    order(&window, "g1", "alipay").await;
    window.find("img[data-qr]").await;
    let first = Window::read_code(&window.shot("alipay").await);
    window.click("button[data-act=\"other\"]").await;
    window.find("[data-screen=\"wait\"] .plate.wechat img[data-qr]").await;
    let second = Window::read_code(&window.shot("wechat").await);
    assert!(first.starts_with("https://qr.alipay.com/") && second.starts_with("weixin://wxpay/"), "{first} {second}");
    shop.phone("pay", &second).await;
    window.screen("success").await;
    window.find("[data-money=\"paid\"]").await;
    window.shot("success").await;
    shop.phone("pay", &first).await;
    window.find("[data-money^=\"extra_\"]").await;
    window.screen("success").await;
    window.shot("extra-goes-back").await;
    assert_eq!(shop.orders().await, 1);
    window.close().await;
    shop.stop().await;
}

#[tokio::test]
async fn an_order_lost_with_its_files_is_found_again_by_buying_anew() {
    let _one = ONE.lock().await;
    let (display, home) = (Display::start(), Home::new(&shots("lost")));
    let shop = Shop::open(300, None).await;
    let mut window = Window::open(&app(), &display, &home, Some(&shop.link())).await;
    trust(&window).await;
    order(&window, "g1", "wechat").await;
    window.find("img[data-qr]").await;
    let code = Window::read_code(&window.shot("before").await);
    window.kill();
    remove_pending(home.folder.path());
    let mut window = Window::open(&app(), &display, &home, Some(&shop.link())).await;
    order(&window, "g1", "alipay").await;
    window.screen("refused_request_conflict").await;
    window.shot("conflict").await;
    window.click("button[data-act=\"show-code\"]").await;
    window.find("img[data-qr]").await;
    assert_eq!(Window::read_code(&window.shot("after").await), code);
    window.close().await;
    shop.stop().await;
}

#[tokio::test]
async fn the_receipt_of_a_paid_order_is_shown_and_saved() {
    let _one = ONE.lock().await;
    let (display, home) = (Display::start(), Home::new(&shots("receipt")));
    let shop = Shop::open(300, None).await;
    let mut window = Window::open(&app(), &display, &home, Some(&shop.link())).await;
    trust(&window).await;
    order(&window, "g1", "alipay").await;
    window.find("img[data-qr]").await;
    let code = Window::read_code(&window.shot("code").await);
    shop.phone("pay", &code).await;
    window.screen("success").await;
    window.click("button[data-act=\"receipt\"]").await;
    window.find("[data-receipt]").await;
    window.shot("receipt").await;
    window.click("button[data-act=\"save-receipt\"]").await;
    let path = window.find("[data-saved]").await.attr("data-saved").await.unwrap().unwrap();
    window.shot("saved").await;
    assert!(Path::new(&path).starts_with(home.folder.path()), "{path}");
    let text = std::fs::read_to_string(&path).unwrap();
    let verified = api::receipt::verify_text(&text, Some(shop.key())).unwrap();
    assert!(verified.is_pinned);
    assert_eq!((verified.receipt.amount_fen, verified.receipt.payments.len()), (22_800, 1));
    window.click("button[data-back]").await;
    window.screen("success").await;
    window.close().await;
    shop.stop().await;
}

/// Deletes the app's pending purchases, wherever below `folder` they lie.
fn remove_pending(folder: &Path) {
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.file_name().is_some_and(|name| name == "pending") {
            std::fs::remove_dir_all(path).unwrap();
        } else if path.is_dir() {
            remove_pending(&path);
        }
    }
}
