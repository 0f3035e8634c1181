//! Who may read the figures: this computer, or whoever reaches the address that is there for it.

use super::support;
use super::told::read;
use reqwest::StatusCode;
use storefront::config::Config;
use storefront::serve::{self, Running};

struct Shop {
    running: Running,
    sandbox: sandbox::Running,
    _folder: tempfile::TempDir,
}

impl Shop {
    async fn open(change: impl FnOnce(&mut Config)) -> Shop {
        let folder = tempfile::tempdir().unwrap();
        let sandbox = support::sandbox_in(folder.path()).await;
        let mut config = support::config(folder.path(), &sandbox.credentials, 300);
        change(&mut config);
        Shop { running: serve::start(config).await.unwrap(), sandbox, _folder: folder }
    }

    /// The status of `/metrics` where viewers come, as a caller that came through these.
    async fn status(&self, forwarded: Option<&str>) -> StatusCode {
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let mut request = http.get(format!("http://{}/metrics", self.running.address));
        if let Some(forwarded) = forwarded {
            request = request.header("x-forwarded-for", forwarded);
        }
        request.send().await.unwrap().status()
    }

    async fn stop(self) {
        self.running.stop().await;
        self.sandbox.stop().await;
    }
}

#[tokio::test]
async fn a_shop_that_nothing_outside_leads_to_tells_its_own_computer() {
    let shop = Shop::open(|_| {}).await;
    assert_eq!(shop.status(None).await, StatusCode::OK);
    assert_eq!(shop.running.metrics_address, None);
    shop.stop().await;
    let shop = Shop::open(|config| config.trusted_proxies = vec![[127, 0, 0, 1].into()]).await;
    assert_eq!(shop.status(Some("203.0.113.7")).await, StatusCode::NOT_FOUND);
    assert_eq!(shop.status(None).await, StatusCode::OK);
    shop.stop().await;
}

#[tokio::test]
async fn a_shop_that_is_reached_from_outside_tells_only_at_the_address_that_is_there_for_it() {
    let shop = Shop::open(|config| config.public_url = Some("https://shop.example".into())).await;
    assert_eq!(shop.status(None).await, StatusCode::NOT_FOUND);
    shop.stop().await;
    let shop = Shop::open(|config| {
        config.public_url = Some("https://shop.example".into());
        config.metrics_listen = Some(([127, 0, 0, 1], 0).into());
    })
    .await;
    assert_eq!(shop.status(None).await, StatusCode::NOT_FOUND);
    let address = shop.running.metrics_address.unwrap();
    let told = read(&format!("http://{address}/metrics")).await;
    assert_eq!(told.find("liveshop_http_requests_total", &[("route", "none"), ("status", "404")]), Some(1.0));
    // Nothing of the shop is reached there.
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let other = http.get(format!("http://{address}/v1/rooms/tea")).send().await.unwrap();
    assert_eq!(other.status(), StatusCode::NOT_FOUND);
    shop.stop().await;
}
