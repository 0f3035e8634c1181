//! Starting and stopping services: by systemd where it runs, and else as it would.

use super::machine::{run, try_run};
use super::unit::{Running, Unit};
use std::collections::BTreeMap;
use std::path::Path;

/// The services that run.
#[derive(Default)]
pub(crate) struct Services {
    by_hand: BTreeMap<String, Running>,
    by_systemd: Vec<String>,
    /// What the commands that are followed find in their environment.
    pub(crate) environment: Vec<(String, String)>,
}

impl Services {
    /// Follows commands as an operator types them. Where no systemd runs, what they ask of it is done here.
    pub(crate) fn follow(&mut self, lines: &[String]) {
        let mut typed = String::from("set -eu\n");
        for line in lines {
            if line.starts_with("systemctl ") {
                self.type_in(&std::mem::replace(&mut typed, String::from("set -eu\n")));
                self.systemctl(line);
            } else {
                typed.push_str(line);
                typed.push('\n');
            }
        }
        self.type_in(&typed);
    }

    fn type_in(&self, script: &str) {
        let variables = self.environment.iter().map(|(name, value)| format!("{name}={value}"));
        let words = variables.chain(["sh", "-c", script].map(str::to_owned)).collect::<Vec<_>>();
        let said = run("env", &words.iter().map(String::as_str).collect::<Vec<_>>());
        println!("{}", said.trim_end());
    }

    fn systemctl(&mut self, line: &str) {
        let words: Vec<&str> = line.split_whitespace().skip(1).collect();
        let (&verb, &name) = (words.first().unwrap(), words.last().unwrap());
        match verb {
            "enable" => {
                run("systemctl", &["enable", name]);
                if words.contains(&"--now") {
                    self.start(name);
                }
            }
            "start" => self.start(name),
            "stop" => self.stop(name),
            _ => panic!("{line}: the test does not know how"),
        }
    }

    /// Starts a service, and returns when it has started by its unit's own terms.
    pub(crate) fn start(&mut self, name: &str) {
        if is_systemd_here() {
            let started = try_run("systemctl", &["start", name]);
            let log = || try_run("journalctl", &["--no-pager", "-n", "40", "-u", name]);
            assert!(started.status.success(), "{started:?}\n{}", String::from_utf8_lossy(&log().stdout));
            self.by_systemd.push(name.to_owned());
            return;
        }
        let unit = Unit::installed(name);
        self.by_hand.insert(name.to_owned(), unit.start());
    }

    /// Stops a service, which must end well and in time.
    pub(crate) fn stop(&mut self, name: &str) {
        if is_systemd_here() {
            run("systemctl", &["stop", name]);
            let result = run("systemctl", &["show", "--value", "--property=Result", name]);
            assert_eq!(result.trim(), "success", "{name}");
            self.by_systemd.retain(|one| one != name);
            return;
        }
        self.by_hand.remove(name).unwrap_or_else(|| panic!("{name} does not run")).stop();
    }

    /// Installs a newer version. systemd has what runs go on as that; without it, it is stopped and started again.
    pub(crate) fn upgrade(&mut self, install: impl FnOnce()) {
        let process = |name: &String| run("systemctl", &["show", "--value", "--property=MainPID", name]);
        let before: Vec<_> = self.by_systemd.iter().map(process).collect();
        let by_hand: Vec<String> = self.by_hand.keys().cloned().collect();
        by_hand.iter().rev().for_each(|name| self.stop(name));
        install();
        by_hand.iter().for_each(|name| self.start(name));
        for (name, before) in self.by_systemd.iter().zip(before) {
            run("systemctl", &["is-active", name]);
            assert_ne!(process(name), before, "{name} still runs as it was before the upgrade");
        }
    }

    pub(crate) fn stop_all(&mut self) {
        let names: Vec<String> = self.by_hand.keys().chain(&self.by_systemd).cloned().collect();
        // The shop before the channels.
        names.iter().rev().for_each(|name| self.stop(name));
    }
}

fn is_systemd_here() -> bool {
    Path::new("/run/systemd/system").exists()
}
