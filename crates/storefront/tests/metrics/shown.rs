//! The dashboard and the alarms of `docs/monitoring` speak of what the shop tells, by its names.

use super::told::{lived, read};
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

fn docs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs")
}

fn text(path: &str) -> String {
    std::fs::read_to_string(docs().join(path)).unwrap()
}

/// The names of the shop's own figures in a text.
fn names(text: &str) -> BTreeSet<&str> {
    text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
        .filter(|word| word.starts_with("liveshop_"))
        .collect()
}

/// What follows each `key:` at the begin of a line.
fn each<'t>(text: &'t str, key: &'t str) -> impl Iterator<Item = &'t str> {
    text.lines().filter_map(move |line| line.trim_start().trim_start_matches("- ").strip_prefix(key)).map(str::trim)
}

fn panels(dashboard: &Value) -> Vec<&Value> {
    let all = dashboard["panels"].as_array().unwrap();
    all.iter().filter(|panel| panel["type"] != "row").collect()
}

#[tokio::test]
async fn the_dashboard_and_the_alarms_name_only_what_is_told() {
    let (world, _) = lived().await;
    // Somebody listens, so that this is told, too.
    let stream = world.phone.get(format!("{}/v1/rooms/tea/events", world.base())).send().await.unwrap();
    let told = read(&format!("{}/metrics", world.base())).await;
    let samples = told.samples.iter().map(|sample| sample.name.as_str());
    let families: BTreeSet<&str> = told.kinds.keys().map(String::as_str).collect();
    let told: BTreeSet<&str> = samples.collect();
    for path in ["monitoring/dashboard.json", "monitoring/alarms.yml", "RUNNING.md"] {
        let text = text(path);
        let names = names(&text);
        assert!(names.len() > 5, "{path}: {names:?}");
        // Words may name a whole histogram; a query cannot.
        let is_known = |name: &str| told.contains(name) || path == "RUNNING.md" && families.contains(name);
        let unknown: Vec<&&str> = names.iter().filter(|name| !is_known(name)).collect();
        assert!(unknown.is_empty(), "{path}: {unknown:?}");
    }
    drop(stream);
    world.stop().await;
}

#[test]
fn each_panel_has_a_unit_its_words_and_the_data_source_that_is_chosen() {
    let dashboard: Value = serde_json::from_str(&text("monitoring/dashboard.json")).unwrap();
    let variables = dashboard["templating"]["list"].as_array().unwrap();
    assert!(variables.iter().any(|variable| variable["name"] == "source" && variable["type"] == "datasource"));
    let panels = panels(&dashboard);
    let ids: BTreeSet<u64> = panels.iter().map(|panel| panel["id"].as_u64().unwrap()).collect();
    assert_eq!(ids.len(), panels.len());
    for panel in panels {
        let title = panel["title"].as_str().unwrap();
        assert!(panel["fieldConfig"]["defaults"]["unit"].is_string(), "{title}");
        assert!(!panel["description"].as_str().unwrap().is_empty(), "{title}");
        let targets = panel["targets"].as_array().unwrap();
        assert!(targets.iter().all(|target| target["datasource"]["uid"] == "${source}"), "{title}");
        assert!(targets.iter().any(|target| !names(target["expr"].as_str().unwrap()).is_empty()), "{title}");
    }
}

#[test]
fn each_alarm_says_what_it_means_and_leads_to_what_to_do() {
    let (alarms, running) = (text("monitoring/alarms.yml"), text("RUNNING.md"));
    let named: Vec<&str> = each(&alarms, "alert:").collect();
    assert!(named.len() > 5, "{named:?}");
    for key in ["expr:", "summary:", "runbook_url:", "severity:"] {
        assert_eq!(each(&alarms, key).filter(|value| !value.is_empty()).count(), named.len(), "{key}");
    }
    for (alarm, link) in named.iter().zip(each(&alarms, "runbook_url:")) {
        assert!(running.lines().any(|line| line == format!("#### {alarm}")), "RUNNING.md does not explain {alarm}");
        assert!(link.ends_with(&format!("docs/RUNNING.md#{}", alarm.to_lowercase())), "{alarm}: {link}");
    }
    // And nothing is explained that cannot ring.
    let section = running.split("\n### ").find(|section| section.starts_with("What each alarm means")).unwrap();
    let explained = section.lines().filter_map(|line| line.strip_prefix("#### "));
    assert_eq!(explained.collect::<Vec<_>>(), named);
}
