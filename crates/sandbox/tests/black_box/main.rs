//! The sandbox from outside, over HTTP, with a merchant written here from the protocol documents.

mod alipay;
mod alipay_v3;
mod bills;
mod calls;
mod console;
mod faults;
mod garbage;
mod happenings;
mod merchant;
mod notices;
mod phone;
mod restart;
mod shop;
mod signatures;
mod wechat;

use std::path::Path;
use std::sync::OnceLock;
use std::time::Duration;

use sandbox::{Options, Running};
use serde_json::Value;
use tempfile::TempDir;

use crate::merchant::Merchant;
use crate::shop::Shop;

/// Keys made once for all tests: making them is slow, and no test is about that.
static KEYS: OnceLock<TempDir> = OnceLock::new();

/// A sandbox with a merchant and a shop that takes its notices.
struct Practice {
    sandbox: Running,
    merchant: Merchant,
    shop: Shop,
    data: TempDir,
}

impl Practice {
    async fn open() -> Self {
        Self::open_with(|_| {}).await
    }

    async fn open_with(change: impl FnOnce(&mut Options)) -> Self {
        let data = tempfile::tempdir().expect("a folder");
        lend_keys(data.path());
        let mut options = Options::new(data.path());
        options.notice_schedule = Some(vec![Duration::from_millis(20); 5]);
        change(&mut options);
        let sandbox = sandbox::start(options).await.expect("the sandbox starts");
        let merchant = Merchant::open(&sandbox);
        Self { sandbox, merchant, shop: Shop::open().await, data }
    }

    /// Kills nothing, but stops and starts again in the same folder.
    async fn reopen(self) -> Self {
        let Self { sandbox, shop, data, .. } = self;
        sandbox.stop().await;
        let mut options = Options::new(data.path());
        options.notice_schedule = Some(vec![Duration::from_millis(20); 5]);
        let sandbox = sandbox::start(options).await.expect("the sandbox starts again");
        let merchant = Merchant::open(&sandbox);
        Self { sandbox, merchant, shop, data }
    }

    async fn books(&self) -> Value {
        self.merchant.get_json("/books").await
    }

    async fn faults(&self, faults: Value) -> Value {
        let (status, answer) = self.merchant.put_json("/faults", &faults).await;
        assert_eq!(status, 200, "{answer}");
        answer
    }

    /// How often a fault has fired.
    async fn fired(&self, channel: &str, fault: &str) -> u64 {
        self.merchant.get_json("/faults").await[channel][fault]["fired"].as_u64().unwrap_or_default()
    }
}

fn lend_keys(data: &Path) {
    let keys = KEYS.get_or_init(|| {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().to_owned();
        // A runtime of its own: this may run inside a test's.
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
            runtime.block_on(async {
                sandbox::start(Options::new(path)).await.expect("a first start").stop().await;
            });
        })
        .join()
        .expect("keys are made");
        folder
    });
    std::fs::copy(keys.path().join("identity.json"), data.join("identity.json")).expect("a copy");
    std::fs::create_dir_all(data.join("keys")).expect("a folder");
    for file in std::fs::read_dir(keys.path().join("keys")).expect("keys") {
        let file = file.expect("a key");
        std::fs::copy(file.path(), data.join("keys").join(file.file_name())).expect("a copy");
    }
}
