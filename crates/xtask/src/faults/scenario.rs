//! Living a scenario: a test or a lint, in the copy of the tree.

use anyhow::{Context, Result};
use std::fmt;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::thread::sleep;
use std::time::Duration;

/// A scenario still running after so many looks hangs.
const LOOKS: u32 = 1_800;
/// The time between two looks: three minutes in all, of which the slowest scenario needs a few seconds.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// What is run.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Scenario {
    package: String,
    /// `--lib` or the name of a test target; `None` for the package's lints.
    target: Option<String>,
}

/// How it went.
pub(super) enum Verdict {
    Passed,
    /// With what it said.
    Failed(String),
    DoesNotCompile(String),
    Endless,
}

/// Where faults are put in.
pub(super) struct Workshop {
    pub(super) tree: PathBuf,
    pub(super) build: PathBuf,
}

impl Scenario {
    pub(super) fn test(package: &str, target: &str) -> Scenario {
        Scenario { package: package.to_owned(), target: Some(target.to_owned()) }
    }

    pub(super) fn clippy(package: &str) -> Scenario {
        Scenario { package: package.to_owned(), target: None }
    }
}

impl fmt::Display for Scenario {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.package, self.target.as_deref().unwrap_or("clippy"))
    }
}

impl Workshop {
    /// Builds the scenario and lives these tests of it.
    pub(super) fn live(&self, scenario: &Scenario, names: &[&str]) -> Result<Verdict> {
        match &scenario.target {
            Some(target) => self.test(&scenario.package, target, names),
            None => self.clippy(&scenario.package, names),
        }
    }

    fn cargo(&self, arguments: &[&str]) -> Command {
        let mut cargo = Command::new("cargo");
        cargo.args(arguments).current_dir(&self.tree);
        cargo.env("CARGO_TARGET_DIR", &self.build).env("CARGO_TERM_COLOR", "never");
        // Nobody steps through a spoiled tree, and each fault is built anew.
        cargo.env("CARGO_PROFILE_DEV_DEBUG", "0");
        cargo
    }

    fn test(&self, package: &str, target: &str, names: &[&str]) -> Result<Verdict> {
        let mut build = self.cargo(&["test", "--no-run", "--package", package]);
        if target == "--lib" {
            build.arg("--lib")
        } else {
            build.args(["--test", target])
        };
        let built = build.output().context("cargo cannot be started")?;
        let said = String::from_utf8_lossy(&built.stderr).into_owned();
        if !built.status.success() {
            return Ok(Verdict::DoesNotCompile(said));
        }
        // `  Executable unittests src/lib.rs (PATH)`
        let line = said.lines().find(|line| line.trim_start().starts_with("Executable"));
        let program = line.and_then(|line| line.rsplit_once('(')?.1.strip_suffix(')'));
        let program = program.with_context(|| format!("cargo does not say what it built of {package} {target}"))?;
        let mut run = Command::new(self.tree.join(program));
        run.arg("--exact").args(names).current_dir(self.folder(package));
        run.env("CARGO_MANIFEST_DIR", self.folder(package)).env("RUST_BACKTRACE", "0");
        let (status, said) = self.watched(&mut run)?;
        let Some(status) = status else { return Ok(Verdict::Endless) };
        // A name that no test has would pass: so many must have run.
        let ran = said.contains(&format!("running {} test", names.len()));
        if !ran {
            return Ok(Verdict::DoesNotCompile(format!("{package} {target} has not all of {names:?}\n{said}")));
        }
        Ok(if status.success() { Verdict::Passed } else { Verdict::Failed(said) })
    }

    /// A lint fails when clippy names it; without a fault, when it names any of them.
    fn clippy(&self, package: &str, lints: &[&str]) -> Result<Verdict> {
        let mut clippy = self.cargo(&["clippy", "--package", package]);
        clippy.args(["--", "--deny", "warnings"]);
        let output = clippy.output().context("cargo clippy cannot be started")?;
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        if output.status.success() {
            return Ok(Verdict::Passed);
        }
        let named = lints.iter().any(|lint| said.contains(lint));
        Ok(if named { Verdict::Failed(said) } else { Verdict::DoesNotCompile(said) })
    }

    fn folder(&self, package: &str) -> PathBuf {
        self.tree.join("crates").join(package)
    }

    /// Runs a program to its end, or ends it when it hangs.
    fn watched(&self, command: &mut Command) -> Result<(Option<ExitStatus>, String)> {
        let log = self.build.join("scenario.log");
        let file = || File::options().create(true).append(true).open(&log);
        File::create(&log).with_context(|| format!("{} cannot be written", log.display()))?;
        let mut child = command.stdout(Stdio::from(file()?)).stderr(Stdio::from(file()?)).spawn()?;
        for _ in 0..LOOKS {
            if let Some(status) = child.try_wait()? {
                return Ok((Some(status), read(&log)));
            }
            sleep(LOOK_EVERY);
        }
        child.kill()?;
        child.wait()?;
        Ok((None, read(&log)))
    }
}

fn read(log: &Path) -> String {
    std::fs::read(log).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default()
}
