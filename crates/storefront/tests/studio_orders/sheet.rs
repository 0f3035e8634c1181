//! Orders as files for a spreadsheet.

use crate::bench::{Bench, back, studio_of};
use api::ShipmentDraft;
use order::PayType;
use std::collections::BTreeMap;

type Rows = Vec<BTreeMap<String, String>>;

/// The rows of a CSV file by column.
fn rows(file: &[u8]) -> Rows {
    let text = file.strip_prefix("\u{feff}".as_bytes()).expect("it begins as spreadsheets want it");
    let mut reader = csv::Reader::from_reader(text);
    reader.deserialize().collect::<Result<_, _>>().unwrap()
}

#[tokio::test]
async fn all_orders_of_the_room_are_in_a_file_without_an_address() {
    let bench = Bench::new().await;
    let teapot = bench.ordered_to("Lin Xia", "=HYPERLINK(\"x\")", 1).await;
    bench.pay(&teapot).await;
    let fins = bench.bought(1, PayType::Alipay, 2).await;
    let closed = bench.closed(2, 3).await;
    bench.studio.refund_order(&teapot.order_id, &back(1, 1_234, "")).await.unwrap();
    bench.refunded(&teapot).await;
    let draft = ShipmentDraft { carrier: "顺丰, 次日".into(), number: "+SF1".into() };
    bench.studio.ship(&teapot.order_id, &draft).await.unwrap();
    let file = bench.studio.export_orders().await.unwrap();
    let table = rows(&file);
    let ids: Vec<_> = table.iter().map(|row| row["order_id"].clone()).collect();
    assert_eq!(ids.len(), 3);
    let of = |id: &order::OrderId| table.iter().find(|row| row["order_id"] == id.as_str()).unwrap();
    let cells = |row: &BTreeMap<String, String>, names: &[&str]| {
        names.iter().map(|name| row[*name].clone()).collect::<Vec<_>>()
    };
    let row = of(&teapot.order_id);
    let names = ["title", "kind", "quantity", "state", "amount_yuan", "pay_type", "refunded_yuan", "going_back_yuan"];
    let expected = ["Clay teapot", "merchandise", "1", "delivered", "228.00", "wechat", "12.34", "0.00"];
    assert_eq!(cells(row, &names), expected);
    assert_eq!(cells(row, &["carrier", "number", "note"]), ["顺丰, 次日", "'+SF1", "'=HYPERLINK(\"x\")"]);
    assert!(!row["channel_no"].is_empty() && !row["paid_time"].is_empty() && !row["shipped_time"].is_empty());
    assert_eq!(cells(of(&closed.order_id), &["state", "paid_time", "channel_no"]), ["closed", "", ""]);
    assert_eq!(of(&fins.order_id)["buyer"], row["buyer"]);
    let text = String::from_utf8(file).unwrap();
    for personal in ["Lin Xia", "571 8765", "龙井路", "西湖区"] {
        assert!(!text.contains(personal), "{personal} is in {text}");
    }
    let stranger = studio_of(&bench.world, "ceramics", "Mo").await;
    assert_eq!(rows(&stranger.export_orders().await.unwrap()), Rows::new());
    bench.end().await;
}

#[tokio::test]
async fn what_is_to_be_sent_is_in_a_file_with_where_to() {
    let bench = Bench::new().await;
    let to_send = bench.ordered_to("Lin Xia", "no ribbon", 1).await;
    bench.pay(&to_send).await;
    let sent = bench.ordered_to("Ma Bo", "", 2).await;
    bench.pay(&sent).await;
    let draft = ShipmentDraft { carrier: "SF".into(), number: "1".into() };
    bench.studio.ship(&sent.order_id, &draft).await.unwrap();
    bench.bought(1, PayType::Alipay, 3).await;
    let table = rows(&bench.studio.export_to_ship().await.unwrap());
    assert_eq!(table.len(), 1);
    let row = &table[0];
    assert_eq!((row["order_id"].as_str(), row["quantity"].as_str()), (to_send.order_id.as_str(), "1"));
    assert_eq!((row["name"].as_str(), row["phone"].as_str()), ("Lin Xia", "'+86 571 8765 4321"));
    assert_eq!(row["region"], "浙江省 杭州市 西湖区");
    assert_eq!((row["detail"].as_str(), row["note"].as_str()), ("龙井路 1 号 2 单元 301 室", "no ribbon"));
    let (status, answer) = bench.call("GET", "orders.csv?to_ship=2", None).await;
    assert_eq!((status, answer["error"].as_str()), (400, Some("invalid_params")));
    bench.end().await;
}
