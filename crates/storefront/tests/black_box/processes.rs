//! The two programs as an operator runs them: from files on disk, on addresses that stay, killed and started again.

use super::chance::Dice;
use serde_json::Value;
use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Output, Stdio};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

/// Longest time to the line that says a program is ready; a first start makes six RSA keys.
const START_LIMIT: Duration = Duration::from_secs(60);
/// Longest time to stop when asked.
pub const STOP_LIMIT: Duration = Duration::from_secs(20);

/// The storefront's program.
pub fn storefront() -> PathBuf {
    PathBuf::from(env!("CARGO_BIN_EXE_storefront"))
}

/// The sandbox's program, which is built beside the storefront's.
pub fn sandbox() -> PathBuf {
    let path = storefront().with_file_name(format!("sandbox{}", std::env::consts::EXE_SUFFIX));
    assert!(path.is_file(), "{} is missing; build it first: cargo build -p sandbox", path.display());
    path
}

/// An address that is free now and that no outgoing connection takes while its program is down: systems choose the
/// ports of those from 32768 on.
pub fn free_address(dice: &mut Dice) -> SocketAddr {
    (0..1_000)
        .map(|_| SocketAddr::from((Ipv4Addr::LOCALHOST, u16::try_from(20_000 + dice.below(12_000)).unwrap())))
        .find(|address| TcpListener::bind(address).is_ok())
        .expect("no free port between 20000 and 32000")
}

/// A command without the settings that the environment of this test may hold.
fn command(program: &Path, arguments: &[OsString]) -> Command {
    let mut command = Command::new(program);
    command.args(arguments).kill_on_drop(true);
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("LIVESHOP_") {
            command.env_remove(name);
        }
    }
    // All that the shop's own code would ever say: none of it may be a secret.
    command.env("RUST_LOG", "info,sqlx=warn,storefront=trace,gateway=trace,api=trace,order=trace");
    command
}

pub fn arguments<const N: usize>(texts: [&str; N]) -> Vec<OsString> {
    texts.map(OsString::from).to_vec()
}

/// Runs a command to its end.
pub async fn run(program: &Path, arguments: &[OsString]) -> Output {
    let output = command(program, arguments).stdin(Stdio::null()).output();
    tokio::time::timeout(START_LIMIT, output).await.expect("the command does not end").unwrap()
}

/// As [`run`], for a command that must succeed: the JSON line it prints.
pub async fn said(program: &Path, arguments: &[OsString]) -> Value {
    let output = run(program, arguments).await;
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{} {arguments:?}: {errors}", program.display());
    serde_json::from_slice(&output.stdout).unwrap()
}

/// A server program and the file that all its lives log to.
pub struct Server {
    program: PathBuf,
    arguments: Vec<OsString>,
    pub log: PathBuf,
    life: Option<Life>,
}

struct Life {
    process: Child,
    /// Kept open: a program whose standard output is gone has reason to complain.
    _said: Lines<BufReader<ChildStdout>>,
}

impl Server {
    pub fn new(program: PathBuf, arguments: Vec<OsString>, log: PathBuf) -> Server {
        Server { program, arguments, log, life: None }
    }

    fn log_file(&self) -> File {
        OpenOptions::new().create(true).append(true).open(&self.log).unwrap()
    }

    /// Starts it and returns the line it says when it is ready.
    pub async fn start(&mut self) -> Value {
        assert!(self.life.is_none(), "it is running");
        let mut process = command(&self.program, &self.arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(self.log_file())
            .spawn()
            .unwrap();
        let mut said = BufReader::new(process.stdout.take().unwrap()).lines();
        let line = tokio::time::timeout(START_LIMIT, said.next_line()).await;
        let line = line.unwrap_or_else(|_| panic!("not ready in {START_LIMIT:?}; see {}", self.log.display())).unwrap();
        let line = line.unwrap_or_else(|| panic!("it did not start; see {}", self.log.display()));
        self.life = Some(Life { process, _said: said });
        serde_json::from_str(&line).unwrap()
    }

    fn process(&mut self) -> &mut Child {
        let log = self.log.display().to_string();
        let life = self.life.as_mut().expect("it is not running");
        let ended = life.process.try_wait().unwrap();
        assert!(ended.is_none(), "it ended by itself: {ended:?}; see {log}");
        &mut life.process
    }

    /// SIGKILL: no destructor runs, no buffer is flushed.
    pub async fn kill(&mut self) {
        let process = self.process();
        process.start_kill().unwrap();
        process.wait().await.unwrap();
        self.life = None;
    }

    /// SIGTERM.
    pub async fn ask_to_stop(&mut self) {
        self.signal("-TERM").await;
    }

    /// A signal, as `kill` names it.
    pub async fn signal(&mut self, signal: &str) {
        let id = self.process().id().unwrap().to_string();
        let signalled = Command::new("kill").args([signal, &id]).status().await.unwrap();
        assert!(signalled.success());
    }

    /// Whether it is still there.
    pub fn lives(&mut self) -> bool {
        self.life.as_mut().is_some_and(|life| life.process.try_wait().unwrap().is_none())
    }

    /// Waits for its end after [`Server::ask_to_stop`].
    pub async fn ended(&mut self) -> ExitStatus {
        let mut life = self.life.take().expect("it is not running");
        let ended = tokio::time::timeout(STOP_LIMIT, life.process.wait()).await;
        ended.unwrap_or_else(|_| panic!("it did not stop in {STOP_LIMIT:?}; see {}", self.log.display())).unwrap()
    }
}
