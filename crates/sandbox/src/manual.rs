//! `sandbox --manual`: what a package has beside the program. It may be installed under another name, since some systems
//! have a `sandbox` of their own; man page and completions speak of the program by the name it was called by.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::CommandFactory as _;
use clap_complete::Shell;

use crate::{Arguments, GUIDE, USAGE};

/// Writes the man page and shell completions below `share`, each where its reader looks for it there.
pub(crate) fn write(share: &Path) -> anyhow::Result<()> {
    let program = std::env::current_exe().context("the program's own name")?;
    // For as long as the program lives, which is not long.
    let name: &'static str =
        program.file_stem().context("the program has no name")?.to_string_lossy().into_owned().leak();
    let named =
        |text: &str| text.replace("sandbox --", &format!("{name} --")).replace("sandbox [", &format!("{name} ["));
    let mut command = Arguments::command().name(name).override_usage(named(USAGE));
    command = command.after_long_help(named(GUIDE));
    let folder = |below: &str| -> anyhow::Result<PathBuf> {
        let folder = share.join(below);
        std::fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
        Ok(folder)
    };
    clap_mangen::generate_to(command.clone(), folder("man/man1")?).context("cannot write the man page")?;
    for (shell, below, file) in [
        (Shell::Bash, "bash-completion/completions", name.to_owned()),
        (Shell::Zsh, "zsh/vendor-completions", format!("_{name}")),
        (Shell::Fish, "fish/vendor_completions.d", format!("{name}.fish")),
    ] {
        let path = folder(below)?.join(file);
        let mut script = Vec::new();
        clap_complete::generate(shell, &mut command, name, &mut script);
        std::fs::write(&path, script).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}
