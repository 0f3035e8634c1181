//! A PostgreSQL server that lives as long as whoever started it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};

/// What the server's keeper does. It ends when its standard input does, however its parent ended, and takes the server
/// and its data along. Texts are ordered by a language, as many servers do, so that nothing relies on another order; and
/// nothing waits for the disk, because everything is thrown away.
const KEEPER: &str = r#"
set -e
trap '' INT TERM HUP
bin=$1 port=$2 dir=$(mktemp -d "${TMPDIR:-/tmp}/liveshop-postgres.XXXXXX")
trap 'rm -rf "$dir"' EXIT
cd "$dir"
"$bin/initdb" -D data -U postgres --auth=trust --no-sync --encoding=UTF8 --locale=C.UTF-8 \
    --locale-provider=icu --icu-locale=en >log 2>&1 &&
"$bin/pg_ctl" -D data -l log -w -t 60 start \
    -o "-p $port -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c max_connections=500 \
        -c fsync=off -c synchronous_commit=off -c full_page_writes=off" >>log 2>&1 ||
    { cat log; exit 1; }
echo ready
cat >/dev/null
"$bin/pg_ctl" -D data -w -m immediate stop >>log 2>&1
"#;

/// Why there is no server.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ServerError {
    /// It is not installed.
    #[error("PostgreSQL is not installed; `cargo xtask test` installs it, or: apt-get install postgresql")]
    Missing,
    /// It did not do what it was asked.
    #[error("PostgreSQL: {what}: {why}")]
    Failed {
        /// What was asked.
        what: &'static str,
        /// What it said.
        why: String,
    },
}

/// A server. Dropping it stops it and removes its data.
#[derive(Debug)]
pub(crate) struct Server {
    bin: PathBuf,
    port: u16,
    keeper: Child,
    /// The keeper goes when this does.
    alive: Option<ChildStdin>,
}

impl Server {
    /// Starts a server on a free port of this computer, with a data directory of its own. It forgets what it promised
    /// when the computer loses its power.
    ///
    /// # Errors
    /// [`ServerError`].
    pub(crate) fn start() -> Result<Server, ServerError> {
        let bin = programs().ok_or(ServerError::Missing)?;
        // Somebody may take the port before the server does.
        let mut last = failed("start", "no free port");
        for _ in 0..5 {
            let Some(port) = free_port() else { continue };
            match keep(&bin, port) {
                Ok((keeper, alive)) => return Ok(Server { bin, port, keeper, alive: Some(alive) }),
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    /// Makes a new, empty database and gives its address.
    ///
    /// # Errors
    /// [`ServerError`].
    pub(crate) fn new_database(&self, name: &str) -> Result<String, ServerError> {
        self.run("createdb", &["-T", "template0", name])?;
        Ok(format!("postgres://postgres@127.0.0.1:{}/{name}", self.port))
    }

    /// Makes a database that holds what another one holds now, in place of the one of that name, and gives its address.
    ///
    /// # Errors
    /// [`ServerError`].
    pub(crate) fn copy(&self, from: &str, to: &str) -> Result<String, ServerError> {
        self.run("dropdb", &["--if-exists", "--force", to])?;
        // The quick way is open when nobody uses it.
        if self.run("createdb", &["-T", from, to]).is_err() {
            self.run("createdb", &["-T", "template0", to])?;
            let held = self.run("pg_dump", &[from])?;
            let mut into = self.command("psql", &["-q", "-v", "ON_ERROR_STOP=1", to]);
            let mut into =
                into.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().map_err(|error| unable("psql", &error))?;
            let written = into.stdin.take().map_or(Ok(()), |mut text| text.write_all(&held));
            written.map_err(|error| unable("psql", &error))?;
            if !into.wait().map_err(|error| unable("psql", &error))?.success() {
                return Err(failed("psql", "it did not take the copy"));
            }
        }
        Ok(format!("postgres://postgres@127.0.0.1:{}/{to}", self.port))
    }

    fn command(&self, program: &'static str, arguments: &[&str]) -> Command {
        let mut command = Command::new(self.bin.join(program));
        command.args(["-h", "127.0.0.1", "-p", &self.port.to_string(), "-U", "postgres"]).args(arguments);
        command
    }

    /// Runs one of the server's programs and gives what it says.
    fn run(&self, program: &'static str, arguments: &[&str]) -> Result<Vec<u8>, ServerError> {
        let output = self.command(program, arguments).output().map_err(|error| unable(program, &error))?;
        if output.status.success() {
            Ok(output.stdout)
        } else {
            Err(failed(program, &String::from_utf8_lossy(&output.stderr)))
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.alive.take());
        // A keeper that cannot be waited for has ended already.
        let _ended = self.keeper.wait();
    }
}

fn failed(what: &'static str, why: &str) -> ServerError {
    ServerError::Failed { what, why: why.trim().to_owned() }
}

fn unable(what: &'static str, error: &std::io::Error) -> ServerError {
    failed(what, &error.to_string())
}

/// The folder of the newest server's programs: Debian keeps them out of the way, one folder for each version.
fn programs() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let debian = versions.map(|version| version.path().join("bin"));
    let path = std::env::var_os("PATH")?;
    let all = debian.chain(std::env::split_paths(&path));
    let number = |bin: &PathBuf| bin.parent()?.file_name()?.to_str()?.parse::<u32>().ok();
    all.filter(|bin| bin.join("initdb").is_file() && bin.join("createdb").is_file()).max_by_key(number)
}

/// A port that is free now and that the system gives to no outgoing connection by itself.
fn free_port() -> Option<u16> {
    let start = u16::try_from(std::process::id() % 10_000).ok()?;
    let mut ports = (0..10_000_u16).map(|step| 20_000 + (start + step) % 10_000);
    ports.find(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok())
}

/// Starts the keeper and waits until the server takes connections. The server refuses to run as root; the package made
/// a user for it.
fn keep(bin: &Path, port: u16) -> Result<(Child, ChildStdin), ServerError> {
    let wrong = |error: std::io::Error| unable("start", &error);
    let user = Command::new("id").arg("-u").output().map_err(wrong)?;
    let is_root = user.stdout.trim_ascii() == b"0";
    let mut command = if is_root { Command::new("runuser") } else { Command::new("sh") };
    if is_root {
        command.args(["-u", "postgres", "--", "sh"]);
    }
    command.arg("-c").arg(KEEPER).arg("keeper").arg(bin).arg(port.to_string());
    let mut keeper = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().map_err(wrong)?;
    let (Some(alive), Some(said)) = (keeper.stdin.take(), keeper.stdout.take()) else {
        return Err(failed("start", "it cannot be spoken with"));
    };
    let mut said = BufReader::new(said);
    let mut words = String::new();
    said.read_line(&mut words).map_err(wrong)?;
    if words.trim() == "ready" {
        return Ok((keeper, alive));
    }
    said.read_to_string(&mut words).map_err(wrong)?;
    keeper.wait().map_err(wrong)?;
    Err(failed("start", &words))
}
