//! The streamer's evening in the real window: goods, money, files, and the rehearsal before it. What is seen by viewers is
//! seen in a second window with files of its own.

use crate::shop::Shop;
use crate::support::{Display, Home, WAIT, Window};
use crate::{ONE, app, order, shots, trust};
use fantoccini::Locator;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::time::timeout;

/// Longest the whole script may take. It says itself that it takes about two minutes, and a loaded machine is slow.
const SCRIPT: Duration = Duration::from_mins(8);

/// A picture of the sample goods: 480 x 480.
fn picture() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("practice/goods-3.png")
}

/// Opens the room of a shop and, with the token of its streamer, the studio.
async fn host(display: &Display, home: &Home, shop: &Shop) -> Window {
    let token = shop.streamer("Ahe", "tea").await;
    let window = Window::open(&app(), display, home, Some(&shop.link())).await;
    trust(&window).await;
    window.click("[data-section=\"settings\"]").await;
    window.click("[data-group=\"host\"]").await;
    window.find("[data-input=\"host-token\"]").await.send_keys(&token).await.unwrap();
    window.click("[data-act=\"host\"]").await;
    window.find("[data-hosting=\"yes\"]").await;
    window.click("[data-act=\"to-studio\"]").await;
    window.find("[data-row=\"g1\"]").await;
    window
}

/// Chooses a file, as the system's dialog would.
async fn choose(window: &Window, field: &str, file: &Path) {
    window.find(field).await.send_keys(file.to_str().unwrap()).await.unwrap();
}

async fn write(window: &Window, field: &str, text: &str) {
    let field = window.find(field).await;
    field.clear().await.unwrap();
    field.send_keys(text).await.unwrap();
}

/// The goods that a streamer's table has.
async fn rows(window: &Window) -> Vec<String> {
    let mut ids = Vec::new();
    for row in window.client.find_all(Locator::Css("[data-row]")).await.unwrap() {
        ids.extend(row.attr("data-row").await.unwrap());
    }
    ids
}

/// Waits until a script returns true.
async fn until(window: &Window, what: &str, script: &str) {
    let seen = async {
        while window.ask(script).await != serde_json::json!(true) {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    if timeout(WAIT, seen).await.is_err() {
        window.save("failed").await;
        panic!("waited in vain: {what}");
    }
}

#[tokio::test]
async fn goods_with_a_picture_are_added_explained_and_seen_in_a_viewer_s_window() {
    let _one = ONE.lock().await;
    let shop = Shop::open(300, None).await;
    let (display, home) = (Display::start(), Home::new(&shots("studio-goods")));
    let (beside, away) = (Display::start(), Home::new(&shots("studio-goods-viewer")));
    let mut viewer = Window::open(&app(), &beside, &away, Some(&shop.link())).await;
    trust(&viewer).await;
    let mut window = host(&display, &home, &shop).await;
    window.shot("goods").await;
    window.click("[data-act=\"add-item\"]").await;
    window.find("[data-editor=\"new\"]").await;
    write(&window, "[data-editor] [data-input=\"title\"]", "Celadon cup").await;
    write(&window, "[data-editor] [data-input=\"price\"]", "68").await;
    write(&window, "[data-editor] [data-input=\"stock\"]", "12").await;
    choose(&window, "[data-editor] [data-file=\"picture\"]", &picture()).await;
    window.find("[data-editor] [data-picture=\"idle\"] img").await;
    window.shot("editor").await;
    window.click("[data-editor] [data-act=\"save\"]").await;
    window.find("[data-row]:nth-of-type(4), [data-row][aria-rowindex=\"5\"]").await;
    let ids = rows(&window).await;
    let added = ids.iter().find(|id| !["g1", "g2", "g3"].contains(&id.as_str())).unwrap().clone();
    window.shot("added").await;

    // Nobody touched the viewer's window.
    let drawn = format!(
        "const row = document.querySelector('[data-goods=\"{added}\"]'); \
         return row?.textContent.includes('Celadon cup') && (row.querySelector('img')?.naturalWidth ?? 0) > 0"
    );
    until(&viewer, "the item is drawn with its picture", &drawn).await;
    viewer.shot("added").await;
    window.click(&format!("[data-row=\"{added}\"] [data-act=\"explain\"]")).await;
    window.find(&format!("[data-row=\"{added}\"] [data-act=\"explain\"][aria-pressed=\"true\"]")).await;
    window.shot("explained").await;
    viewer.find(&format!(".hero[data-goods=\"{added}\"]")).await;
    viewer.shot("explained").await;

    // The window speaks as the streamer at its next start, too.
    window.close().await;
    let window = Window::open(&app(), &display, &home, None).await;
    window.click("[data-section=\"studio\"]").await;
    window.find(&format!("[data-row=\"{added}\"] [data-act=\"explain\"][aria-pressed=\"true\"]")).await;
    window.close().await;
    viewer.close().await;
    shop.stop().await;
}

#[tokio::test]
async fn a_part_of_an_order_is_given_back_and_the_viewer_sees_it() {
    let _one = ONE.lock().await;
    let shop = Shop::open(300, None).await;
    let (display, home) = (Display::start(), Home::new(&shots("studio-refund")));
    let (beside, away) = (Display::start(), Home::new(&shots("studio-refund-viewer")));
    let mut window = host(&display, &home, &shop).await;
    window.click("[data-studio=\"orders\"]").await;
    let mut viewer = Window::open(&app(), &beside, &away, Some(&shop.link())).await;
    trust(&viewer).await;
    order(&viewer, "g1", "wechat").await;
    viewer.find("img[data-qr]").await;
    let code = Window::read_code(&viewer.shot("code").await);
    shop.phone("pay", &code).await;
    viewer.screen("success").await;

    // The order came to the streamer by itself.
    window.click("[data-order] [data-choose]").await;
    window.find("[data-detail] [data-timeline] [data-event=\"paid\"]").await;
    window.shot("order").await;
    window.click("[data-detail] [data-act=\"refund\"]").await;
    write(&window, "[data-form=\"refund\"] [data-input=\"refund-amount\"]", "28.5").await;
    window.shot("refund").await;
    window.click("[data-form=\"refund\"] [data-act=\"refund-go\"]").await;
    window.find("[data-refund-state=\"done\"]").await;
    window.shot("given-back").await;
    let books = shop.books().await;
    assert_eq!(books["totals"]["wechat"]["refunded_fen"], serde_json::json!(2_850), "{books}");

    // And the refund to the viewer, whose order stays what it was.
    let told = "return document.querySelector('[data-screen=\"success\"]')?.textContent.includes('28.50') === true";
    until(&viewer, "the viewer is told of the refund", told).await;
    viewer.shot("given-back").await;
    viewer.click("button[data-act=\"order\"]").await;
    let kept = "return document.querySelector('[data-detail]')?.textContent.includes('28.50') === true";
    until(&viewer, "the order has the refund", kept).await;
    viewer.shot("order").await;
    window.close().await;
    viewer.close().await;
    shop.stop().await;
}

#[tokio::test]
async fn a_file_with_a_bad_row_is_shown_row_by_row_and_takes_nothing() {
    let _one = ONE.lock().await;
    let shop = Shop::open(300, None).await;
    let (display, home) = (Display::start(), Home::new(&shots("studio-csv")));
    let mut window = host(&display, &home, &shop).await;
    let header = "title,kind,price_fen,stock,limit_per_viewer";
    let (bad, good) = (home.folder.path().join("bad.csv"), home.folder.path().join("good.csv"));
    std::fs::write(&bad, format!("{header}\nTea tray,merchandise,15800,9,\nTea towel,merchandise,cheap,9,\n")).unwrap();
    std::fs::write(&good, format!("{header}\nTea tray,merchandise,15800,9,\nTea towel,merchandise,1200,9,\n")).unwrap();
    window.click("[data-act=\"import\"]").await;
    choose(&window, "[data-file=\"csv\"]", &bad).await;
    window.find("[data-import=\"checked\"] [data-line=\"3\"][data-outcome=\"wrong\"]").await;
    window.find("[data-line=\"2\"][data-outcome=\"added\"]").await;
    assert!(!window.sees("[data-act=\"import-go\"]").await, "a file with a bad row can be taken");
    window.shot("bad-row").await;
    assert_eq!(shop.titles().await.len(), 3);

    choose(&window, "[data-file=\"csv\"]", &good).await;
    window.click("[data-act=\"import-go\"]").await;
    window.find("[data-import=\"taken\"]").await;
    window.shot("taken").await;
    window.click("[data-act=\"import-close\"]").await;
    assert_eq!(shop.titles().await[3..], ["Tea tray", "Tea towel"]);
    window.find("[data-row][aria-rowindex=\"6\"]").await;
    window.shot("goods").await;
    window.close().await;
    shop.stop().await;
}

/// Opens the practice room's rehearsal, one of its tabs.
async fn rehearsal(display: &Display, home: &Home, tab: &str) -> Window {
    let window = Window::open(&app(), display, home, None).await;
    window.click("button[data-act=\"to-rehearsal\"]").await;
    window.click(&format!("[data-tab=\"{tab}\"]")).await;
    window
}

#[tokio::test]
async fn the_whole_script_is_rehearsed_and_its_report_is_saved() {
    let _one = ONE.lock().await;
    let (display, home) = (Display::start(), Home::new(&shots("rehearsal")));
    let mut window = rehearsal(&display, &home, "script").await;
    window.shot("before").await;
    window.click("[data-act=\"rehearse\"]").await;
    window.find("[data-script=\"running\"] [data-case-state=\"passed\"]").await;
    window.shot("running").await;
    // It goes on while the streamer looks at something else.
    window.click("[data-section=\"room\"]").await;
    window.find("[data-goods]").await;
    window.click("[data-section=\"studio\"]").await;
    let verdict = window.client.wait().at_most(SCRIPT).for_element(Locator::Css("[data-verdict]")).await.unwrap();
    window.shot("verdict").await;
    let text = window.text("[data-script]").await;
    assert_eq!(verdict.attr("data-verdict").await.unwrap().as_deref(), Some("ok"), "{text}");
    assert!(!window.sees("[data-case-state]:not([data-case-state=\"passed\"])").await, "{text}");
    window.click("[data-act=\"save-report\"]").await;
    let path = window.find("[data-saved]").await.attr("data-saved").await.unwrap().unwrap();
    window.shot("saved").await;
    let report = std::fs::read_to_string(&path).unwrap();
    assert!(report.starts_with("<!DOCTYPE html>") && report.contains("</html>"), "{report}");
    window.close().await;
}

#[tokio::test]
async fn a_crowd_comes_to_the_practice_room_and_the_books_agree() {
    let _one = ONE.lock().await;
    let (display, home) = (Display::start(), Home::new(&shots("crowd")));
    let mut window = rehearsal(&display, &home, "crowd").await;
    write(&window, "[data-input=\"viewers\"]", "8").await;
    write(&window, "[data-input=\"over\"]", "2").await;
    for _ in 0..20 {
        if window.find("[data-share=\"pay\"]").await.prop("value").await.unwrap().as_deref() == Some("100") {
            break;
        }
        let up = String::from(char::from(fantoccini::key::Key::Right));
        window.find("[data-share=\"pay\"]").await.send_keys(&up).await.unwrap();
    }
    window.shot("plan").await;
    window.click("[data-act=\"crowd-start\"]").await;
    window.find("[data-crowd=\"over\"]").await;
    window.shot("over").await;
    window.find("[data-agrees=\"ok\"]").await;
    window.click("[data-studio=\"orders\"]").await;
    window.find("[data-order]").await;
    window.shot("orders").await;
    window.close().await;
}
