//! The servers' packages, lived with: installed into this system, set up and run by the very commands of
//! `docs/RUNNING.md`, bought from, backed up, restored, upgraded, removed and purged.

#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test stops at the first surprise, and shows what an operator would see"
)]

mod buyer;
mod machine;
mod manual;
mod postgres;
mod services;
mod unit;

use api::{CallError, ErrorCode};
use buyer::Buyer;
use machine::{BOOKS, Machine, SETTINGS, is_there, run, try_run};
use manual::commands;
use order::PayType;
use order::state::OrderState;
use services::Services;
use std::path::{Path, PathBuf};

const STOREFRONT: &str = "liveshop-storefront";
const SANDBOX: &str = "liveshop-sandbox";
/// What an operator put beside the settings.
const OWN_KEY: &str = "/etc/liveshop/alipay-app.pem";

/// The `storefront` program as its user.
const SHOP: [&str; 4] = ["-u", "liveshop", "--", "storefront"];

fn shop(arguments: &[&str]) -> String {
    run("runuser", &[&SHOP[..], arguments].concat())
}

#[tokio::test]
#[ignore = "installs packages as root; `cargo xtask test` runs it"]
async fn a_shop_is_run_from_its_packages() {
    let packages = std::env::var_os("LIVESHOP_PACKAGES").expect("`cargo xtask test` makes the packages and names them");
    let machine = Machine::without_a_shop(Path::new(&packages));
    let mut services = Services::default();

    what_is_inside(&machine.packages());
    machine.install();
    files_have_their_owners();
    units_are_sound();
    settings_without_a_channel_are_refused();

    services.follow(&commands("Set it up with the sandbox"));
    let buyer = Buyer::arrive(&public_key()).await;
    let before = buyer.order(PayType::Alipay).await;
    buyer.pay(&before).await;
    buyer.until(&before.order_id, OrderState::Delivered).await;
    shop(&["check"]);

    let (open, backup) = (buyer.order(PayType::Wechat).await, commands("Back up"));
    services.follow(&backup);
    buyer.pay(&open).await;
    buyer.until(&open.order_id, OrderState::Delivered).await;
    let after = buyer.order(PayType::Alipay).await;
    buyer.pay(&after).await;
    buyer.until(&after.order_id, OrderState::Delivered).await;

    services.follow(&commands("Restore"));
    // It was not paid when the copy was made. The shop has asked the channel by itself.
    buyer.until(&open.order_id, OrderState::Delivered).await;
    buyer.until(&before.order_id, OrderState::Delivered).await;
    let lost = buyer.look(&after.order_id).await;
    assert!(matches!(&lost, Err(CallError::Refused(refusal)) if refusal.code == ErrorCode::NotFound), "{lost:?}");
    services.follow(&commands("Sell again"));
    let again = buyer.order(PayType::Alipay).await;
    buyer.pay(&again).await;
    buyer.until(&again.order_id, OrderState::Delivered).await;

    postgres::a_shop_at_a_server_is_restored(&mut services).await;

    std::fs::write(OWN_KEY, "an operator's own\n").unwrap();
    let settings = std::fs::read_to_string(SETTINGS).unwrap();
    services.upgrade(|| machine.install());
    assert_eq!(std::fs::read_to_string(SETTINGS).unwrap(), settings, "an upgrade changed the settings");
    files_have_their_owners();
    for order in [&before, &open, &again] {
        buyer.until(&order.order_id, OrderState::Delivered).await;
    }
    assert!(shop(&["check"]).contains(": 0 differences"));

    services.stop_all();
    run("apt-get", &["remove", "-y", "-q", STOREFRONT, SANDBOX]);
    for gone in [
        "/usr/bin/storefront",
        "/usr/bin/liveshop-sandbox",
        "/etc/systemd/system/multi-user.target.wants/liveshop-storefront.service",
        "/etc/systemd/system/multi-user.target.wants/liveshop-sandbox.service",
    ] {
        assert!(!is_there(gone), "{gone} is still there after remove");
    }
    for kept in [SETTINGS, BOOKS, "/var/lib/liveshop-sandbox/credentials.json"] {
        assert!(is_there(kept), "remove took {kept}");
    }

    let said = run("apt-get", &["purge", "-y", "-q", STOREFRONT, SANDBOX]);
    assert!(said.contains("kept in /var/lib/liveshop"), "purge does not say where the books are: {said}");
    for gone in [SETTINGS, "/var/lib/liveshop-sandbox"] {
        assert!(!is_there(gone), "{gone} is still there after purge");
    }
    for kept in [BOOKS, "/var/lib/liveshop/storefront.key", OWN_KEY] {
        assert!(is_there(kept), "purge took {kept}");
    }
    run("id", &["liveshop"]);
}

/// Whatever a system leaves out when it installs, these are in the packages.
fn what_is_inside(packages: &[PathBuf]) {
    for (package, files) in [
        (
            "liveshop-sandbox",
            &[
                "usr/bin/liveshop-sandbox",
                "usr/lib/systemd/system/liveshop-sandbox.service",
                "usr/share/bash-completion/completions/liveshop-sandbox",
                "usr/share/doc/liveshop-sandbox/changelog.gz",
                "usr/share/doc/liveshop-sandbox/copyright",
                "usr/share/fish/vendor_completions.d/liveshop-sandbox.fish",
                "usr/share/man/man1/liveshop-sandbox.1.gz",
                "usr/share/zsh/vendor-completions/_liveshop-sandbox",
            ][..],
        ),
        (
            "liveshop-storefront",
            &[
                "etc/liveshop/storefront.toml",
                "usr/bin/storefront",
                "usr/lib/systemd/system/liveshop-storefront.service",
                "usr/share/bash-completion/completions/storefront",
                "usr/share/doc/liveshop-storefront/RUNNING.md",
                "usr/share/doc/liveshop-storefront/changelog.gz",
                "usr/share/doc/liveshop-storefront/copyright",
                "usr/share/doc/liveshop-storefront/monitoring/alarms.yml",
                "usr/share/doc/liveshop-storefront/monitoring/dashboard.json",
                "usr/share/fish/vendor_completions.d/storefront.fish",
                "usr/share/man/man1/storefront-check-config.1.gz",
                "usr/share/man/man1/storefront-check.1.gz",
                "usr/share/man/man1/storefront-export.1.gz",
                "usr/share/man/man1/storefront-goods-import.1.gz",
                "usr/share/man/man1/storefront-goods.1.gz",
                "usr/share/man/man1/storefront-reconcile.1.gz",
                "usr/share/man/man1/storefront-selling-off.1.gz",
                "usr/share/man/man1/storefront-selling-on.1.gz",
                "usr/share/man/man1/storefront-selling-status.1.gz",
                "usr/share/man/man1/storefront-selling.1.gz",
                "usr/share/man/man1/storefront-serve.1.gz",
                "usr/share/man/man1/storefront-show.1.gz",
                "usr/share/man/man1/storefront-streamer-add.1.gz",
                "usr/share/man/man1/storefront-streamer-remove.1.gz",
                "usr/share/man/man1/storefront-streamer.1.gz",
                "usr/share/man/man1/storefront-verify-receipt.1.gz",
                "usr/share/man/man1/storefront.1.gz",
                "usr/share/zsh/vendor-completions/_storefront",
            ],
        ),
    ] {
        let file = packages.iter().find(|file| file.to_string_lossy().contains(package)).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let (file, into) = (file.display().to_string(), folder.path().display().to_string());
        run("dpkg-deb", &["--extract", &file, &into]);
        let listed = run("find", &[&into, "-type", "f", "-printf", "%P\n"]);
        let mut listed: Vec<_> = listed.lines().collect();
        listed.sort_unstable();
        assert_eq!(listed, files, "what is in {package}");
        let below = |name: &str| folder.path().join(name).display().to_string();
        let copyright = std::fs::read_to_string(below(&format!("usr/share/doc/{package}/copyright"))).unwrap();
        assert!(copyright.contains("tokio ") && !copyright.contains("webkit2gtk"), "the licences of {package}");
        let program = package.replace("liveshop-storefront", "storefront");
        run("bash", &["-n", &below(&format!("usr/share/bash-completion/completions/{program}"))]);
        let page = run("zcat", &[&below(&format!("usr/share/man/man1/{program}.1.gz"))]);
        assert!(page.contains(&format!(".TH {program} 1")), "{page}");
    }
}

fn files_have_their_owners() {
    for (file, rights) in [
        ("/usr/bin/storefront", "755 root root"),
        ("/usr/bin/liveshop-sandbox", "755 root root"),
        ("/usr/lib/systemd/system/liveshop-storefront.service", "644 root root"),
        ("/usr/lib/systemd/system/liveshop-sandbox.service", "644 root root"),
        ("/etc/liveshop", "750 root liveshop"),
        (SETTINGS, "600 liveshop liveshop"),
        ("/var/lib/liveshop", "700 liveshop liveshop"),
        ("/var/lib/liveshop-sandbox", "700 liveshop liveshop"),
    ] {
        assert_eq!(run("stat", &["--format=%a %U %G", file]).trim(), rights, "{file}");
    }
}

/// By systemd's own judgement, whether it runs here or not.
fn units_are_sound() {
    for unit in [STOREFRONT, SANDBOX].map(|name| format!("/usr/lib/systemd/system/{name}.service")) {
        let verified = try_run("systemd-analyze", &["verify", "--man=no", &unit]);
        assert!(verified.status.success() && verified.stderr.is_empty(), "{unit}: {verified:?}");
        // Of 10; "OK" begins below 5.
        run("systemd-analyze", &["security", "--offline=yes", "--threshold=20", &unit]);
    }
}

fn settings_without_a_channel_are_refused() {
    let refused = try_run("runuser", &[&SHOP[..], &["check-config"]].concat());
    let said = String::from_utf8_lossy(&refused.stderr);
    assert!(refused.status.code() == Some(1) && said.contains("set up at least one channel"), "{said}");
    let stranger = try_run("runuser", &["-u", "nobody", "--", "storefront", "check-config"]);
    let said = String::from_utf8_lossy(&stranger.stderr);
    assert!(stranger.status.code() == Some(1) && said.contains("Permission denied"), "{said}");
}

/// The shop's key, as an operator learns it.
fn public_key() -> String {
    let said = shop(&["check-config"]);
    let key = said.lines().find_map(|line| line.strip_prefix("# signing_key: the shop's public key is "));
    key.unwrap_or_else(|| panic!("no key in: {said}")).to_owned()
}
