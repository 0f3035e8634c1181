//! A PostgreSQL server of the benchmarks' own, as a distribution ships it, on a free port of this machine.

use crate::run::Run;
use anyhow::{Context, Result, bail};
use std::fs;
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use tokio::process::{Child, Command};

/// Longest wait for the server to answer.
const START_LIMIT: Duration = Duration::from_secs(60);

/// A running server; it ends with this value.
pub(crate) struct Postgres {
    server: Child,
    /// The address of its one database.
    pub(crate) url: String,
    pub(crate) version: String,
    _folder: tempfile::TempDir,
}

/// The programs of the newest version that is installed.
fn programs() -> Result<PathBuf> {
    let versions =
        fs::read_dir("/usr/lib/postgresql").context("PostgreSQL is not installed: apt-get install postgresql")?;
    let mut versions: Vec<(u32, PathBuf)> = versions
        .filter_map(|entry| {
            let entry = entry.ok()?;
            Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin")))
        })
        .collect();
    versions.sort();
    let (_, newest) = versions.pop().context("PostgreSQL is not installed: apt-get install postgresql")?;
    Ok(newest)
}

/// The server refuses to run as root: then it runs as the user that its package made.
fn command(program: &Path) -> Command {
    let root = fs::metadata("/proc/self").is_ok_and(|me| std::os::unix::fs::MetadataExt::uid(&me) == 0);
    let mut command = if root {
        let mut command = Command::new("setpriv");
        command.args(["--reuid=postgres", "--regid=postgres", "--init-groups", "--"]).arg(program);
        command
    } else {
        Command::new(program)
    };
    command.stdin(Stdio::null()).kill_on_drop(true);
    command
}

impl Postgres {
    /// Makes a cluster and starts it with its default durability.
    pub(crate) async fn start(run: &Run) -> Result<Postgres> {
        let programs = programs()?;
        let folder = run.folder()?;
        // The server may be another user.
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o777))?;
        let data = folder.path().join("data");
        let made = command(&programs.join("initdb"))
            .args(["--auth=trust", "--username=bench", "--encoding=UTF8", "--locale=C", "--pgdata"])
            .arg(&data)
            .output()
            .await?;
        if !made.status.success() {
            bail!("initdb: {}", String::from_utf8_lossy(&made.stderr));
        }
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
        let log = fs::File::create(folder.path().join("log"))?;
        let server = command(&programs.join("postgres"))
            .args(["-h", "127.0.0.1", "-p", &port.to_string(), "-k", "", "-D"])
            .arg(&data)
            .stdout(Stdio::null())
            .stderr(log)
            .kill_on_drop(false)
            .spawn()?;
        let url = format!("postgres://bench@127.0.0.1:{port}/postgres");
        let postgres = Postgres { server, url, version: version(&programs).await?, _folder: folder };
        postgres.until_ready(&programs, port).await?;
        Ok(postgres)
    }

    async fn until_ready(&self, programs: &Path, port: u16) -> Result<()> {
        let began = crate::measure::now();
        while began.elapsed() < START_LIMIT {
            let port = port.to_string();
            let asked = Command::new(programs.join("pg_isready")).args(["-q", "-h", "127.0.0.1", "-p", &port]).status();
            if asked.await?.success() {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        bail!("PostgreSQL does not answer")
    }

    /// Stops it at once.
    pub(crate) async fn stop(mut self) -> Result<()> {
        let pid = self.server.id().context("PostgreSQL has ended")?.to_string();
        Command::new("kill").args(["-INT", &pid]).status().await?;
        self.server.wait().await?;
        Ok(())
    }
}

/// A run that is stopped ends it too. By the signal that it passes on: killed, it would leave those at work who serve its
/// connections, and what is measured next would share the machine with them.
impl Drop for Postgres {
    fn drop(&mut self) {
        if let Some(pid) = self.server.id() {
            // Where even this fails, nobody is left who could be told.
            let _ = std::process::Command::new("kill").args(["-QUIT", &pid.to_string()]).status();
        }
    }
}

async fn version(programs: &Path) -> Result<String> {
    let said = Command::new(programs.join("postgres")).arg("--version").output().await?;
    Ok(String::from_utf8_lossy(&said.stdout).trim().to_owned())
}
