//! A unit of systemd, read and run as it says where no systemd runs: as its user, in its folder, without rights.

use super::machine::run;
use std::fs::File;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

/// Longest time to a start; a first start of the sandbox makes six RSA keys.
const START_LIMIT: Duration = Duration::from_secs(60);
/// How often is looked whether something has come about.
const LOOK: Duration = Duration::from_millis(50);

/// What an installed unit says.
pub(crate) struct Unit {
    name: String,
    lines: Vec<(String, String)>,
}

impl Unit {
    pub(crate) fn installed(name: &str) -> Unit {
        let text = std::fs::read_to_string(format!("/usr/lib/systemd/system/{name}.service")).unwrap();
        let lines = text.lines().filter(|line| !line.starts_with(['#', '[']));
        let lines =
            lines.filter_map(|line| line.split_once('=')).map(|(key, value)| (key.to_owned(), value.to_owned()));
        Unit { name: name.to_owned(), lines: lines.collect() }
    }

    /// The one value of a key.
    fn value(&self, key: &str) -> &str {
        let mut values = self.lines.iter().filter(|(name, _)| name == key).map(|(_, value)| value.as_str());
        let value = values.next().unwrap_or_else(|| panic!("{} says no {key}", self.name));
        assert_eq!(values.next(), None, "{} says {key} twice", self.name);
        value
    }

    /// Starts the program as systemd would: nothing of this test's environment, no capability, the unit's own umask.
    pub(crate) fn start(&self) -> Running {
        let (user, group, state) = (self.value("User"), self.value("Group"), self.value("StateDirectory"));
        let state = format!("/var/lib/{state}");
        run("install", &["-d", "-o", user, "-g", group, "-m", self.value("StateDirectoryMode"), &state]);
        let ready = format!("liveshop-{}-{}", self.name, std::process::id());
        let heard = UnixDatagram::bind_addr(&SocketAddr::from_abstract_name(&ready).unwrap()).unwrap();
        heard.set_read_timeout(Some(LOOK)).unwrap();
        let log = std::env::temp_dir().join(format!("{}-{}.log", self.name, std::process::id()));
        let output = File::options().create(true).append(true).open(&log).unwrap();
        let mut command = Command::new("setpriv");
        command.args(["--reuid", user, "--regid", group, "--init-groups", "--no-new-privs"]);
        command.args(["--bounding-set=-all", "--inh-caps=-all", "--", "sh", "-c", "umask \"$0\"; exec \"$@\""]);
        command.arg(self.value("UMask")).args(self.value("ExecStart").split_whitespace());
        command.env_clear().env("PATH", "/usr/bin:/bin").current_dir(self.value("WorkingDirectory"));
        assert_eq!(self.value("Type"), "notify", "{}: the test knows no other start", self.name);
        command.env("NOTIFY_SOCKET", format!("@{ready}"));
        let process = command.stdin(Stdio::null()).stdout(output.try_clone().unwrap()).stderr(output).spawn().unwrap();
        let stop_limit = self.value_or("TimeoutStopSec", "90s").trim_end_matches('s').parse().unwrap();
        let mut running = Running { process, log, stop_limit: Duration::from_secs(stop_limit) };
        running.until_told(&heard);
        running
    }

    fn value_or<'a>(&'a self, key: &str, default: &'a str) -> &'a str {
        if self.lines.iter().any(|(name, _)| name == key) { self.value(key) } else { default }
    }
}

/// A program that runs as its unit says.
pub(crate) struct Running {
    process: Child,
    log: PathBuf,
    stop_limit: Duration,
}

impl Running {
    fn said(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap()
    }

    /// Waits until it says that it is ready; fails when it ends before, or does not come to it.
    fn until_told(&mut self, heard: &UnixDatagram) {
        let mut words = [0; 64];
        for _ in 0..START_LIMIT.as_millis() / LOOK.as_millis() {
            let ended = self.process.try_wait().unwrap();
            assert!(ended.is_none(), "it ended before it was ready: {ended:?}\n{}", self.said());
            if heard.recv(&mut words).is_ok_and(|length| &words[..length] == b"READY=1") {
                return;
            }
        }
        panic!("not ready within {START_LIMIT:?}\n{}", self.said());
    }

    /// Asks it to stop. It must end by itself, well, and in the time that systemd would give it.
    pub(crate) fn stop(mut self) {
        run("kill", &["-TERM", &self.process.id().to_string()]);
        let status = self.ended();
        assert_eq!(status.code(), Some(0), "{status}\n{}", self.said());
        std::fs::remove_file(&self.log).unwrap();
    }

    fn ended(&mut self) -> ExitStatus {
        for _ in 0..self.stop_limit.as_millis() / LOOK.as_millis() {
            if let Some(status) = self.process.try_wait().unwrap() {
                return status;
            }
            std::thread::sleep(LOOK);
        }
        panic!("it did not stop within {:?}\n{}", self.stop_limit, self.said());
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // After a test that failed it must not go on.
        let _gone = self.process.kill();
        let _gone = self.process.wait();
    }
}
