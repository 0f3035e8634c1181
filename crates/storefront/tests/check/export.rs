//! What a bookkeeper gets.

use crate::lived::{Lived, live, said, with_config};
use crate::support::World;

#[tokio::test]
async fn orders_and_ledger_lines_are_exported_for_the_bookkeeping() {
    let world = World::new(300).await;
    let Lived { paid, .. } = live(&world).await;
    let out = world.folder.path().join("books.csv");
    let days = ["--from", "2020-01-01", "--to", "9999-01-01"];
    let arguments = ["export", days[0], days[1], days[2], days[3], "--out", out.to_str().unwrap()];
    let output = with_config(&world, &arguments).await;
    assert!(output.status.success(), "{}", said(&output));
    let mut csv = csv::Reader::from_path(&out).unwrap();
    assert_eq!(csv.headers().unwrap(), &storefront::export::HEADER[..]);
    let rows: Vec<csv::StringRecord> = csv.records().map(|row| row.unwrap()).collect();
    let order = rows.iter().find(|row| &row[2] == paid.order_id.as_str()).unwrap();
    assert_eq!((&order[0], &order[8], &order[9], &order[10]), ("order", "delivered", "45600", "456.00"));
    assert!(!order[13].is_empty(), "{order:?}");
    let fen: i64 = rows.iter().filter(|row| &row[0] == "ledger").map(|row| row[9].parse().unwrap_or(0)).sum();
    assert_eq!(fen, 0);
    let again = with_config(&world, &arguments).await;
    assert!(!again.status.success() && said(&again).contains("books.csv"), "{}", said(&again));
    let empty = with_config(&world, &["export", "--from", "2020-01-01", "--to", "2020-01-02"]).await;
    assert_eq!(said(&empty).lines().count(), 1, "{}", said(&empty));
    world.stop().await;
}
