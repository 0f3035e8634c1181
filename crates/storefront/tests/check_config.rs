//! `storefront check-config`: what it says of right settings and of wrong ones, and that it changes nothing.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]

mod support;

use sqlx::{AnyConnection, Connection, Executor};
use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use support::{World, program};

const PASSWORD: &str = "pass-word";

/// A folder with a sandbox's credentials, and settings of which some lines are as wanted.
async fn set_up(settings: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    support::sandbox_in(folder.path()).await.stop().await;
    write_settings(folder.path(), settings);
    folder
}

fn write_settings(folder: &Path, settings: &str) {
    let settings = settings.replace("HERE", &folder.display().to_string());
    fs::write(folder.join("shop.toml"), settings).unwrap();
    set_mode(&folder.join("shop.toml"), 0o600);
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

fn files(folder: &Path) -> BTreeSet<PathBuf> {
    fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect()
}

/// What is wrong, a line each.
fn wrong(said: &str) -> Vec<&str> {
    said.lines().filter_map(|line| line.strip_prefix("wrong: ")).collect()
}

const RIGHT: &str = "listen = '127.0.0.1:0'\ndatabase = 'sqlite:HERE/shop.db'\nsigning_key = 'HERE/new/shop.key'\n\
    credentials = 'HERE/sandbox/credentials.json'\n";

#[tokio::test]
async fn right_settings_are_shown_without_their_secrets_and_nothing_is_made() {
    let folder = set_up(RIGHT).await;
    let before = files(folder.path());
    let (right, said) = program(folder.path(), &["check-config"]).await;
    assert!(right, "{said}");
    assert_eq!(files(folder.path()), before);
    for line in [
        "listen = \"127.0.0.1:0\"",
        "order_deadline_s = 300",
        "connections_max = 16384",
        "viewer_per_minute = 30",
        "[alipay]",
        "apiv3_key = \"***\"",
        "# database: there is none yet; the first start makes it",
        "# signing_key: there is none yet; the first start makes it",
    ] {
        assert!(said.lines().any(|shown| shown == line), "{line} is not in:\n{said}");
    }
    let credentials = fs::read_to_string(folder.path().join("sandbox/credentials.json")).unwrap();
    let credentials: serde_json::Value = serde_json::from_str(&credentials).unwrap();
    let key = credentials["wechat"]["apiv3_key"].as_str().unwrap();
    assert!(key.len() == 32 && !said.contains(key), "{said}");
}

#[tokio::test]
async fn everything_that_is_wrong_is_named_with_its_setting_and_what_to_do() {
    let settings = format!("{RIGHT}metrics_listen = '192.0.2.1:9464'\n")
        .replace("HERE/shop.db", "HERE/nowhere/shop.db")
        .replace("new/shop.key", "shop.key");
    let folder = set_up(&settings).await;
    fs::write(folder.path().join("shop.key"), "a key").unwrap();
    set_mode(&folder.path().join("shop.key"), 0o644);
    let keys = folder.path().join("sandbox/keys");
    let private = files(&keys).into_iter().filter(|path| path.to_string_lossy().contains("private_key"));
    private.for_each(|path| set_mode(&path, 0o640));
    let (right, said) = program(folder.path(), &["check-config"]).await;
    assert!(!right && said.contains("5 settings are wrong"), "{said}");
    let wrong = wrong(&said);
    for (setting, advice) in [
        ("metrics_listen: ", "no address of this computer"),
        ("signing_key: ", "chmod 600"),
        ("database: ", "/nowhere is missing; make it"),
        ("alipay.app_private_key: ", "chmod 600"),
        ("wechat.merchant_private_key: ", "chmod 600"),
    ] {
        let named = |line: &&&str| line.starts_with(setting) && line.contains(advice);
        assert_eq!(wrong.iter().filter(named).count(), 1, "{setting}{advice} is not in:\n{said}");
    }
}

#[tokio::test]
async fn a_file_that_is_no_shop_s_database_is_refused_and_left_alone() {
    let folder = set_up(RIGHT).await;
    let path = folder.path().join("shop.db");
    fs::write(&path, "not a database ".repeat(100)).unwrap();
    let (right, said) = program(folder.path(), &["check-config"]).await;
    assert!(!right && wrong(&said)[0].contains("is no storefront's database"), "{said}");
    assert_eq!(fs::read_to_string(&path).unwrap(), "not a database ".repeat(100));
}

#[tokio::test]
async fn a_database_server_that_does_not_answer_is_named_without_its_password() {
    let settings = RIGHT.replace("sqlite:HERE/shop.db", &format!("postgres://shop:{PASSWORD}@127.0.0.1:1/shop"));
    let folder = set_up(&settings).await;
    let (right, said) = program(folder.path(), &["check-config"]).await;
    assert!(!right && wrong(&said)[0].starts_with("database: "), "{said}");
    assert!(!said.contains(PASSWORD), "{said}");
}

#[tokio::test]
async fn notices_that_cannot_arrive_from_a_real_channel_are_said() {
    let folder = set_up(RIGHT).await;
    let path = folder.path().join("sandbox/credentials.json");
    let text = fs::read_to_string(&path).unwrap();
    let mut credentials: serde_json::Value = serde_json::from_str(&text).unwrap();
    credentials["alipay"]["gateway"] = "https://openapi.alipay.com/gateway.do".into();
    fs::write(&path, credentials.to_string()).unwrap();
    let (right, said) = program(folder.path(), &["check-config"]).await;
    assert!(right && said.contains("# public_url: is not set"), "{said}");
    write_settings(folder.path(), &format!("public_url = 'http://shop.example'\n{RIGHT}"));
    let (right, said) = program(folder.path(), &["check-config"]).await;
    assert!(!right && wrong(&said) == ["public_url: must begin with https://, or the channels send no notices there"]);
    write_settings(folder.path(), &format!("public_url = 'https://shop.example'\n{RIGHT}"));
    let (right, said) = program(folder.path(), &["check-config"]).await;
    assert!(right && said.contains("# trusted_proxies: is empty"), "{said}");
}

#[tokio::test]
async fn a_shop_that_serves_is_no_obstacle_and_one_of_a_newer_program_is() {
    let world = World::new(300).await;
    let folder = world.folder.path();
    let text = fs::read_to_string(folder.join("shop.toml")).unwrap();
    fs::write(folder.join("shop.toml"), text.replace("127.0.0.1:0", &world.shop.address.to_string())).unwrap();
    let (right, said) = program(folder, &["check-config"]).await;
    assert!(right, "{said}");
    for note in [format!("the shop's public key is {}", world.shop.key.to_base64()), "is in use".into()] {
        assert!(said.contains(&note), "{note} is not in:\n{said}");
    }
    sqlx::any::install_default_drivers();
    let mut connection = AnyConnection::connect(&testbed::database(&world.database())).await.unwrap();
    connection.execute("UPDATE schema_version SET version = version + 1").await.unwrap();
    let (right, said) = program(folder, &["check-config"]).await;
    assert!(!right && wrong(&said)[0].contains("Install the newer program"), "{said}");
    connection.execute("UPDATE schema_version SET version = version - 2").await.unwrap();
    let (right, said) = program(folder, &["check-config"]).await;
    assert!(right && said.contains("back it up before"), "{said}");
}
