//! The project's programs as an operator runs them: processes of their own, from files on disk.

use crate::run::Run;
use anyhow::{Context, Result, bail};
use api::{Client, Goods, RoomLink};
use reqwest::Url;
use serde_json::Value;
use std::collections::HashMap;
use std::fs::{self, File, OpenOptions};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::time::timeout;

/// Longest time to the line that says a program is ready.
const START_LIMIT: Duration = Duration::from_secs(300);
const STOP_LIMIT: Duration = Duration::from_secs(30);

/// A server program.
pub(crate) struct Server {
    process: Child,
    pub(crate) pid: u32,
    /// The line it said when it was ready.
    pub(crate) said: Value,
    /// Kept open: a program whose standard output is gone has reason to complain.
    _out: Lines<BufReader<ChildStdout>>,
}

impl Server {
    async fn start(mut program: Command, log: &Path) -> Result<Server> {
        let log_file = OpenOptions::new().create(true).append(true).open(log)?;
        let mut process = program.stdout(Stdio::piped()).stderr(log_file).spawn()?;
        let out = process.stdout.take().context("no standard output")?;
        let mut out = BufReader::new(out).lines();
        let line = timeout(START_LIMIT, out.next_line()).await.context("the program is not ready in time")??;
        let Some(line) = line else { bail!("the program did not start; see {}", log.display()) };
        let pid = process.id().context("the program has ended")?;
        Ok(Server { process, pid, said: serde_json::from_str(&line)?, _out: out })
    }

    /// Asks it to stop and waits for its end.
    pub(crate) async fn stop(mut self) -> Result<()> {
        let pid = self.pid.to_string();
        Command::new("kill").args(["-TERM", &pid]).status().await?;
        timeout(STOP_LIMIT, self.process.wait()).await.context("it does not stop")??;
        Ok(())
    }

    /// Ends it as a power cut does.
    pub(crate) async fn kill(mut self) -> Result<()> {
        Ok(self.process.kill().await?)
    }
}

/// A process of this program itself: does one thing each time it is told to.
pub(crate) struct Worker {
    process: Child,
    input: ChildStdin,
    out: Lines<BufReader<ChildStdout>>,
}

impl Worker {
    /// Starts one and waits until it is ready.
    pub(crate) async fn start(arguments: &[&str]) -> Result<Worker> {
        let program = std::env::current_exe()?;
        let mut process = command(&program, &[&["worker"], arguments].concat());
        let mut process = process.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let input = process.stdin.take().context("no standard input")?;
        let out = process.stdout.take().context("no standard output")?;
        let mut worker = Worker { process, input, out: BufReader::new(out).lines() };
        worker.hear().await?;
        Ok(worker)
    }

    /// Tells it a line and returns its answer.
    pub(crate) async fn ask(&mut self, line: &str) -> Result<String> {
        self.input.write_all(format!("{line}\n").as_bytes()).await?;
        self.hear().await
    }

    async fn hear(&mut self) -> Result<String> {
        self.out.next_line().await?.context("the worker failed; its words are above")
    }

    pub(crate) async fn stop(mut self) -> Result<()> {
        drop(self.input);
        timeout(STOP_LIMIT, self.process.wait()).await.context("the worker does not stop")??;
        Ok(())
    }
}

/// A command without the settings that the environment may hold.
fn command(program: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).kill_on_drop(true).env_remove("RUST_LOG");
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("LIVESHOP_") {
            command.env_remove(name);
        }
    }
    command
}

/// Pretend channels.
pub(crate) struct Channels {
    pub(crate) server: Server,
    pub(crate) base: String,
    credentials: PathBuf,
    phone: reqwest::Client,
}

impl Channels {
    pub(crate) async fn start(run: &Run, folder: &Path) -> Result<Channels> {
        let data = folder.join("sandbox");
        let arguments = ["--data", path_text(&data)?, "--notice-schedule", "1s,1s,2s"];
        let program = command(&run.program("sandbox")?, &arguments);
        let server = Server::start(program, &folder.join("sandbox.log")).await?;
        let base = server.said["listen"].as_str().context("the sandbox does not say where it listens")?.to_owned();
        let credentials = data.join("credentials.json");
        Ok(Channels { server, base, credentials, phone: reqwest::Client::builder().no_proxy().build()? })
    }

    /// The pretend phone pays a code.
    pub(crate) async fn pay(&self, code: &str) -> Result<()> {
        let body = serde_json::json!({"code": code}).to_string();
        let answer = self.phone.post(format!("{}/phone/pay", self.base)).body(body).send().await?;
        let status = answer.status();
        if !status.is_success() {
            bail!("the phone could not pay: {status} {}", answer.text().await?);
        }
        // Read to its end, so that the connection can be used again.
        answer.bytes().await?;
        Ok(())
    }
}

/// The settings of a shop, on disk.
pub(crate) struct ShopFiles {
    config: PathBuf,
    log: PathBuf,
    program: PathBuf,
    pub(crate) database: String,
}

/// What a shop sells: how many items of how many pieces each.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shelf {
    pub(crate) items: u32,
    pub(crate) pieces: u32,
}

impl ShopFiles {
    /// Makes a shop of one room called `tea`. `limits` keeps those that a shop has by itself; without, none is kept.
    pub(crate) async fn make(
        run: &Run,
        folder: &Path,
        channels: &Channels,
        database: String,
        shelf: Shelf,
        limits: bool,
    ) -> Result<ShopFiles> {
        fs::create_dir_all(folder)?;
        let config = folder.join("shop.toml");
        let off = "[limits]\nviewer_per_minute = 0\naddress_per_minute = 0\ngoods_per_minute = 0\nalipay_per_second = 0\nwechat_per_second = 0\n";
        fs::write(
            &config,
            format!(
                "listen = '127.0.0.1:0'\ndatabase = '{database}'\nsigning_key = '{}'\ncredentials = '{}'\n\
                 [server]\nconnections_max = 20000\n{}",
                folder.join("shop.key").display(),
                channels.credentials.display(),
                if limits { "" } else { off }
            ),
        )?;
        let files = ShopFiles { config, log: folder.join("shop.log"), program: run.program("storefront")?, database };
        files.command(&["streamer", "add", "Host", "--room", "tea"]).await?;
        let goods = folder.join("goods.csv");
        let row = |item: u32| format!("Item {item},merchandise,22800,{},\n", shelf.pieces);
        let rows: String = (0..shelf.items).map(row).collect();
        fs::write(&goods, format!("title,kind,price_fen,stock,limit_per_viewer\n{rows}"))?;
        files.command(&["goods", "import", path_text(&goods)?, "--room", "tea"]).await?;
        files.command(&["show", "tea", "--state", "live"]).await?;
        Ok(files)
    }

    /// As [`ShopFiles::make`], over a SQLite file in the folder.
    pub(crate) async fn sqlite(
        run: &Run,
        folder: &Path,
        channels: &Channels,
        shelf: Shelf,
        limits: bool,
    ) -> Result<ShopFiles> {
        let database = format!("sqlite:{}", folder.join("shop.db").display());
        ShopFiles::make(run, folder, channels, database, shelf, limits).await
    }

    /// The settings' file.
    pub(crate) fn config(&self) -> &Path {
        &self.config
    }

    /// Runs a command of the storefront's over this shop; fails when it does.
    pub(crate) async fn command(&self, arguments: &[&str]) -> Result<String> {
        let arguments = [arguments, &["--config", path_text(&self.config)?]].concat();
        let output = command(&self.program, &arguments).output().await?;
        if !output.status.success() {
            let said = [output.stdout, output.stderr].concat();
            bail!("storefront {arguments:?}: {}", String::from_utf8_lossy(&said));
        }
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    pub(crate) async fn serve(&self) -> Result<Shop> {
        self.served_by(command(&self.program, &["serve", "--config", path_text(&self.config)?])).await
    }

    /// As [`ShopFiles::serve`], with each call to a channel in its log: see [`ShopFiles::prepays`].
    pub(crate) async fn serve_and_tell_calls(&self) -> Result<Shop> {
        let mut program = command(&self.program, &["serve", "--log", "json", "--config", path_text(&self.config)?]);
        program.env("RUST_LOG", "warn,storefront::metrics::channel=debug");
        self.served_by(program).await
    }

    /// How long each call took that asked a channel for a code, in seconds, by the payment's id.
    pub(crate) fn prepays(&self) -> Result<HashMap<String, f64>> {
        let log = fs::read_to_string(&self.log)?;
        let calls = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok()).filter_map(|line| {
            let call = line["spans"].as_array()?.iter().find(|span| span["operation"] == "prepay")?;
            Some((call["pay.id"].as_str()?.to_owned(), line["took_s"].as_f64()?))
        });
        Ok(calls.collect())
    }

    async fn served_by(&self, program: Command) -> Result<Shop> {
        let server = Server::start(program, &self.log).await?;
        let said = |name: &str| server.said[name].as_str().with_context(|| format!("the shop does not say its {name}"));
        let link =
            Url::parse_with_params("liveshop://room/tea", [("shop", said("listen")?), ("key", said("public_key")?)])?;
        let link = RoomLink::parse(link.as_str())?;
        let goods = Client::new(link.clone())?.goods().await?;
        Ok(Shop { server, link, goods })
    }

    /// Audits the books, and holds them against the channels'; fails when anything differs.
    pub(crate) async fn check(&self) -> Result<()> {
        self.command(&["check"]).await.map(drop)
    }

    /// As [`ShopFiles::check`], for orders that no channel knows.
    pub(crate) async fn check_offline(&self) -> Result<()> {
        self.command(&["check", "--offline"]).await.map(drop)
    }

    /// A shop's log, which grows with every order, from its beginning.
    pub(crate) fn clear_log(&self) -> Result<()> {
        Ok(File::create(&self.log).map(drop)?)
    }
}

/// A shop that serves.
pub(crate) struct Shop {
    pub(crate) server: Server,
    pub(crate) link: RoomLink,
    pub(crate) goods: Vec<Goods>,
}

fn path_text(path: &Path) -> Result<&str> {
    path.to_str().context("the path is no text")
}
