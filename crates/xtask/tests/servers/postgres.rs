//! The same shop's days with the books at a PostgreSQL server of the test's own.

use super::buyer::Buyer;
use super::machine::{SETTINGS, run};
use super::manual::commands;
use super::services::Services;
use super::{STOREFRONT, public_key, shop};
use order::PayType;
use order::state::OrderState;

/// Sells, dumps the database, sells on, restores the dump into a new database, and goes on from there.
pub(crate) async fn a_shop_at_a_server_is_restored(services: &mut Services) {
    let settings = std::fs::read_to_string(SETTINGS).unwrap();
    let port = server();
    services.environment = [("PGHOST", "127.0.0.1"), ("PGPORT", &port), ("PGUSER", "postgres")]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .to_vec();
    services.follow(&[
        format!("systemctl stop {STOREFRONT}"),
        "psql --quiet --command 'CREATE ROLE shop LOGIN' postgres".into(),
        "createdb --owner shop --encoding UTF8 --template template0 shop".into(),
    ]);
    let url = format!("\"postgres://shop@127.0.0.1:{port}/shop\"");
    std::fs::write(SETTINGS, settings.replace("\"sqlite:/var/lib/liveshop/storefront.db\"", &url)).unwrap();
    assert!(shop(&["check-config"]).contains(&url));
    shop(&["streamer", "add", "Ahe", "--room", "tea"]);
    shop(&["goods", "import", "/tmp/goods.csv", "--room", "tea"]);
    shop(&["show", "tea", "--state", "live"]);
    services.start(STOREFRONT);

    let buyer = Buyer::arrive(&public_key()).await;
    let open = buyer.order(PayType::Alipay).await;
    services.follow(&commands("Back up a PostgreSQL"));
    buyer.pay(&open).await;
    buyer.until(&open.order_id, OrderState::Delivered).await;
    services.follow(&commands("Restore a PostgreSQL"));
    assert!(shop(&["check-config"]).contains("/shop_restored\""));
    buyer.until(&open.order_id, OrderState::Delivered).await;
    services.follow(&commands("Sell again"));
    let again = buyer.order(PayType::Wechat).await;
    buyer.pay(&again).await;
    buyer.until(&again.order_id, OrderState::Delivered).await;

    services.stop(STOREFRONT);
    std::fs::write(SETTINGS, settings).unwrap();
    services.environment.clear();
    services.start(STOREFRONT);
}

/// The port of a server that goes with this test.
fn server() -> String {
    let url = testbed::postgres("server".as_ref());
    let url = reqwest::Url::parse(&url).unwrap();
    run("pg_dump", &["--version"]);
    url.port().unwrap().to_string()
}
