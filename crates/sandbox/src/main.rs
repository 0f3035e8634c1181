//! The sandbox as a program: `sandbox --listen 127.0.0.1:0 --data DIR`.

mod manual;
#[cfg(unix)]
mod supervisor;

use std::io::{IsTerminal as _, Write as _};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context as _;
use clap::Parser;
use serde_json::json;

/// Pretend Alipay, pretend WeChat Pay and a pretend phone. No real money moves.
///
/// It answers on one address as both channels do: same signatures, same error codes, codes that run out, notices
/// that are repeated until taken. When ready it prints one JSON line: where it listens, and the file with the
/// merchant's credentials. Everything else is said on the standard error.
#[derive(Debug, Parser)]
#[command(version, after_help = "More with --help.", after_long_help = GUIDE, override_usage = USAGE)]
struct Arguments {
    /// Where to listen; port 0 picks a free one.
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// The folder of keys and books; made if missing.
    #[arg(long, required_unless_present = "manual")]
    data: Option<PathBuf>,
    /// Pauses between the deliveries of a notice, as "1s,1s,2s" (units ms, s, m, h). Default: the channels' own.
    #[arg(long, value_parser = read_schedule)]
    notice_schedule: Option<Schedule>,
    /// How many times faster lifetimes, deadlines and schedules run.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    clock_speed: u32,
    /// The shop's name as the phone shows it.
    #[arg(long)]
    payee: Option<String>,
    /// Writes the man page and shell completions below a folder such as /usr/share, for whoever makes a package.
    #[arg(long, hide = true, exclusive = true, value_name = "SHARE")]
    manual: Option<PathBuf>,
}

const USAGE: &str = "sandbox [OPTIONS] --data <DATA>";

const GUIDE: &str = r#"First start
  sandbox --listen 127.0.0.1:9900 --data ./sandbox-data
  The first start makes keys and account numbers in the folder; later starts use them again, and the books too.
  Then open http://127.0.0.1:9900/ in a browser: addresses, faults, and each call with the check of its signature.

Credentials
  ./sandbox-data/credentials.json has all that a merchant needs; it is written at each start.
  alipay: gateway, app_id, seller_id, app_private_key, alipay_public_key
  wechat: base_url, mchid, appid, merchant_serial, merchant_private_key, apiv3_key, public_key_id, public_key,
          platform_certificate, platform_serial
  Keys are paths of PEM files in ./sandbox-data/keys (PKCS#8; beside it .pkcs1.pem). Keep the file to yourself.

Point a merchant here
  Alipay, classic gateway: use alipay.gateway in place of https://openapi.alipay.com/gateway.do
  Alipay, OpenAPI v3:      use the address itself in place of https://openapi.alipay.com
  WeChat Pay, API v3:      use wechat.base_url in place of https://api.mch.weixin.qq.com
  The storefront takes the whole file: credentials = "./sandbox-data/credentials.json"

Pay
  Open http://127.0.0.1:9900/phone and paste the payment string of the QR code, or without a browser:
  curl http://127.0.0.1:9900/phone/pay -d '{"code": "https://qr.alipay.com/..."}'
  (also /phone/scan and /phone/decline; "buyer": "second" is another person's phone)

The merchant's console
  What a person does at the channel itself, past the merchant's program, which learns of it from the bill:
  curl http://127.0.0.1:9900/merchant/refund -d '{"channel": "wechat", "out_trade_no": "...", "amount_fen": 100}'
  returns money of a paid order, under a number that the console makes up;
  curl http://127.0.0.1:9900/merchant/settle -d '{"number": "..."}'
  pays out a refund of WeChat Pay's that ended ABNORMAL.

Faults
  GET /faults shows them, PUT /faults sets them, the folder keeps them. Two examples:
  Lose the next notice of Alipay:
  curl -X PUT http://127.0.0.1:9900/faults -d '{"alipay": {"notice_dropped": {"count": 1}}}'
  Never answer WeChat Pay orders, but make them:
  curl -X PUT http://127.0.0.1:9900/faults -d '{"wechat": {"timeout_after": {"calls": ["order"]}}}'
  '{"alipay": {}, "wechat": {}}' switches all off.

Notices
  Without --notice-schedule they are repeated as the channels do it: Alipay after 4m, 10m, 10m, 1h, 2h, 6h, 15h;
  WeChat Pay after 15s, 15s, 30s, 3m, 10m, 20m and so on, for a day. --notice-schedule "1s,1s,2s" repeats three
  times, after those pauses. Alipay wants the body "success", WeChat Pay HTTP 200 or 204.

Clock
  --clock-speed 60 lets an hour pass in a minute: codes, deadlines, refunds. Notice pauses too. Timestamps stay
  true. PUT /faults with {"clock_speed": 60} changes it while running.

Network
  --listen 0.0.0.0:9900 lets a real phone on the same network in, and everybody else there: no password is asked."#;

#[derive(Debug, Clone)]
struct Schedule(Vec<Duration>);

fn read_schedule(text: &str) -> Result<Schedule, String> {
    text.split(',')
        .filter(|part| !part.trim().is_empty())
        .map(|part| read_pause(part.trim()))
        .collect::<Result<_, _>>()
        .map(Schedule)
}

fn read_pause(text: &str) -> Result<Duration, String> {
    let at = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(at);
    let ms = match unit {
        "ms" => 1,
        "s" => 1000,
        "m" => 60_000,
        "h" => 3_600_000,
        _ => return Err(format!("\"{text}\" is no pause: write a number and ms, s, m or h")),
    };
    let number: u64 =
        number.parse().map_err(|_| format!("\"{text}\" is no pause: write a number and ms, s, m or h"))?;
    Ok(Duration::from_millis(number.saturating_mul(ms)))
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    if let Some(share) = arguments.manual {
        return manual::write(&share);
    }
    let filter = tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_| "info".into());
    let colours = std::io::stderr().is_terminal();
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(colours).init();
    let options = sandbox::Options {
        listen: arguments.listen,
        data: arguments.data.context("--data is missing")?,
        notice_schedule: arguments.notice_schedule.map(|schedule| schedule.0),
        clock_speed: arguments.clock_speed,
        payee: arguments.payee,
    };
    let mut running = sandbox::start(options).await?;
    // Before anybody is told that it is ready: from then on it may be asked to stop.
    let stop = Stop::listen()?;
    if !running.addr.ip().is_loopback() {
        let warning = format!(
            "WARNING: {} can be reached by everybody in your network. No password is asked: they can see calls and \
             orders, pay them, and set faults. Use --listen 127.0.0.1:{} to keep it to this computer.",
            running.addr,
            running.addr.port()
        );
        // Not a log line: a filter must not hide it. Whoever closed the standard error does not want to know.
        let _ = writeln!(std::io::stderr(), "{warning}");
    }
    let line = json!({"listen": running.base_url, "credentials": running.credentials});
    let mut out = std::io::stdout();
    writeln!(out, "{line}").and_then(|()| out.flush()).context("nobody reads the standard output")?;
    #[cfg(unix)]
    supervisor::ready();
    tokio::select! {
        stopped = stop.asked() => {
            stopped?;
            running.stop().await;
        }
        () = running.ended() => anyhow::bail!("the server ended; see the log"),
    }
    Ok(())
}

/// Hears Ctrl-C and, on Unix, SIGTERM.
#[cfg(unix)]
struct Stop {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Stop {
    fn listen() -> anyhow::Result<Stop> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Stop { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    async fn asked(mut self) -> anyhow::Result<()> {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
        Ok(())
    }
}

#[cfg(not(unix))]
struct Stop;

#[cfg(not(unix))]
impl Stop {
    fn listen() -> anyhow::Result<Stop> {
        Ok(Stop)
    }

    async fn asked(self) -> anyhow::Result<()> {
        Ok(tokio::signal::ctrl_c().await?)
    }
}
