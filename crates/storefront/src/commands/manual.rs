//! `storefront manual`: what a package has beside the program.

use anyhow::{Context, Result};
use clap::CommandFactory;
use clap_complete::Shell;
use std::path::{Path, PathBuf};

use crate::cli::Cli;

/// Writes man pages and shell completions below `share`, each where its reader looks for it there.
pub(crate) fn write(share: &Path) -> Result<()> {
    let mut cli = Cli::command();
    let name = cli.get_name().to_owned();
    let folder = |below: &str| -> Result<PathBuf> {
        let folder = share.join(below);
        std::fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
        Ok(folder)
    };
    clap_mangen::generate_to(cli.clone(), folder("man/man1")?).context("cannot write the man pages")?;
    for (shell, below, file) in [
        (Shell::Bash, "bash-completion/completions", name.clone()),
        (Shell::Zsh, "zsh/vendor-completions", format!("_{name}")),
        (Shell::Fish, "fish/vendor_completions.d", format!("{name}.fish")),
    ] {
        let path = folder(below)?.join(file);
        let mut script = Vec::new();
        clap_complete::generate(shell, &mut cli, &name, &mut script);
        std::fs::write(&path, script).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}
