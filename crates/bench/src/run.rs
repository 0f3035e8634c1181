//! One run of the benchmarks: where it keeps its files, what it runs, and how long it takes for each figure.

use anyhow::{Context, Result};
use std::fs;
use std::path::{Path, PathBuf};

/// How the folders begin that a run needs only while it lasts.
const FOLDER: &str = "run-";

/// What every figure needs to know.
#[derive(Clone, Debug)]
pub(crate) struct Run {
    /// Smaller counts, for trying: its figures say nothing.
    pub(crate) quick: bool,
    /// Where programs and results lie: the folder of the build.
    target: PathBuf,
}

impl Run {
    pub(crate) fn new(quick: bool) -> Result<Run> {
        let program = std::env::current_exe()?;
        // target/PROFILE/bench
        let target = program.ancestors().nth(2).context("this program lies in no target folder")?.to_owned();
        let run = Run { quick, target };
        run.tidy()?;
        Ok(run)
    }

    /// Removes what a run left that was killed.
    fn tidy(&self) -> Result<()> {
        for entry in fs::read_dir(self.results()?)? {
            let entry = entry?;
            if entry.file_name().to_string_lossy().starts_with(FOLDER) {
                fs::remove_dir_all(entry.path())?;
            }
        }
        Ok(())
    }

    /// The profile this program was built with, as its folder says.
    pub(crate) fn build(&self) -> String {
        let program = std::env::current_exe().ok();
        let folder = program.as_deref().and_then(|program| program.parent()?.file_name()?.to_str());
        folder.unwrap_or("unknown").to_owned()
    }

    /// `target/bench`.
    pub(crate) fn results(&self) -> Result<PathBuf> {
        let folder = self.target.join("bench");
        fs::create_dir_all(&folder)?;
        Ok(folder)
    }

    /// A folder on the disk of the build that goes when it is dropped. Never in memory: commits must reach a disk.
    pub(crate) fn folder(&self) -> Result<tempfile::TempDir> {
        Ok(tempfile::Builder::new().prefix(FOLDER).tempdir_in(self.results()?)?)
    }

    /// One of the project's programs, built beside this one.
    pub(crate) fn program(&self, name: &str) -> Result<PathBuf> {
        let path = std::env::current_exe()?.with_file_name(name);
        anyhow::ensure!(path.is_file(), "{} is missing: run cargo xtask bench, which builds it", path.display());
        Ok(path)
    }

    /// Another program of this build, by its place in the folder of the build.
    pub(crate) fn built(&self, place: &str) -> Result<PathBuf> {
        let path = self.target.join(place);
        anyhow::ensure!(path.is_file(), "{} is missing: run cargo xtask bench, which builds it", path.display());
        Ok(path)
    }

    /// The top of the project.
    pub(crate) fn root() -> &'static Path {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        here.ancestors().nth(2).unwrap_or(here)
    }
}
