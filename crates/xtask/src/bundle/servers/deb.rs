//! A Debian package: a tree of files as they are installed, and what the package manager is told of it.

use crate::step::command;
use anyhow::{Context, Result, bail};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Who stands behind a package.
pub(super) const MAINTAINER: &str = "Liveshop";

/// What the package manager is told, beside what the files say.
pub(super) struct Control<'a> {
    pub(super) package: &'a str,
    pub(super) version: &'a str,
    /// Beside the libraries that the program is linked with.
    pub(super) depends: &'a [&'a str],
    pub(super) suggests: &'a str,
    pub(super) summary: &'a str,
    pub(super) description: &'a str,
}

/// The files of a package below a folder.
pub(super) struct Tree {
    folder: PathBuf,
}

impl Tree {
    /// An empty tree in place of what was in the folder.
    pub(super) fn new(folder: PathBuf) -> Result<Tree> {
        if folder.exists() {
            fs::remove_dir_all(&folder)?;
        }
        fs::create_dir_all(&folder)?;
        Ok(Tree { folder })
    }

    pub(super) fn path(&self, to: &str) -> PathBuf {
        self.folder.join(to)
    }

    /// Makes a folder.
    pub(super) fn folder(&self, to: &str) -> Result<PathBuf> {
        let folder = self.path(to);
        fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
        Ok(folder)
    }

    fn place(&self, to: &str) -> Result<PathBuf> {
        let path = self.path(to);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        Ok(path)
    }

    pub(super) fn copy(&self, from: &Path, to: &str) -> Result<()> {
        fs::copy(from, self.place(to)?).with_context(|| from.display().to_string())?;
        Ok(())
    }

    pub(super) fn write(&self, to: &str, text: &str) -> Result<()> {
        Ok(fs::write(self.place(to)?, text)?)
    }

    /// Compresses every file of a folder, as Debian keeps man pages.
    pub(super) fn compress(&self, folder: &str) -> Result<()> {
        let files = fs::read_dir(self.path(folder))?.map(|file| Ok(file?.path())).collect::<Result<Vec<_>>>()?;
        if files.is_empty() {
            bail!("{folder} is empty");
        }
        files.iter().try_for_each(|file| compress(file))
    }

    pub(super) fn compress_file(&self, file: &str) -> Result<()> {
        compress(&self.path(file))
    }

    /// Every file of the tree, by its path in it, without those that only the package manager reads.
    fn files(&self) -> Result<Vec<String>> {
        let mut found = Vec::new();
        let mut next = vec![self.folder.clone()];
        while let Some(folder) = next.pop() {
            for entry in fs::read_dir(&folder)? {
                let path = entry?.path();
                if path.is_dir() {
                    next.push(path);
                } else {
                    found.push(path.strip_prefix(&self.folder)?.to_string_lossy().into_owned());
                }
            }
        }
        found.retain(|file| !file.starts_with("DEBIAN/"));
        found.sort();
        Ok(found)
    }

    /// Writes the package into a folder. `quick` packs a test's loosely.
    pub(super) fn pack(&self, control: &Control<'_>, program: &str, quick: bool, into: &Path) -> Result<PathBuf> {
        let files = self.files()?;
        let architecture = said(&mut command("dpkg", &["--print-architecture"]))?;
        let architecture = architecture.trim();
        self.write("DEBIAN/control", &self.control(control, program, &files, architecture)?)?;
        let conffiles = files.iter().filter(|file| file.starts_with("etc/")).map(|file| format!("/{file}\n"));
        let conffiles: String = conffiles.collect();
        if !conffiles.is_empty() {
            self.write("DEBIAN/conffiles", &conffiles)?;
        }
        let mut sums = Command::new("md5sum");
        self.write("DEBIAN/md5sums", &said(sums.args(&files).current_dir(&self.folder))?)?;
        self.set_rights()?;
        let package = into.join(format!("{}_{}_{architecture}.deb", control.package, control.version));
        let mut build = command("dpkg-deb", &["--build", "--root-owner-group"]);
        build.args(if quick { &["-Zgzip", "-z1"][..] } else { &["-Zxz"] });
        // The same sources give the same package: no file is younger than the last commit.
        build.env("SOURCE_DATE_EPOCH", said(&mut command("git", &["log", "-1", "--format=%ct"]))?.trim());
        done(build.arg(&self.folder).arg(&package))?;
        Ok(package)
    }

    fn control(&self, control: &Control<'_>, program: &str, files: &[String], architecture: &str) -> Result<String> {
        let Control { package, version, depends, suggests, summary, description } = control;
        let bytes = files.iter().map(|file| Ok(fs::metadata(self.path(file))?.len())).sum::<Result<u64>>()?;
        let libraries = self.libraries(program)?;
        let depends = depends.iter().copied().chain([libraries.as_str()]).collect::<Vec<_>>().join(", ");
        let mut text = format!(
            "Package: {package}\nVersion: {version}\nArchitecture: {architecture}\nMaintainer: {MAINTAINER}\n\
             Section: net\nPriority: optional\nInstalled-Size: {}\nDepends: {depends}\nSuggests: {suggests}\n\
             Description: {summary}\n",
            bytes.div_ceil(1024)
        );
        for line in description.lines() {
            writeln!(text, " {line}")?;
        }
        Ok(text)
    }

    /// The packages that have the libraries which a program is linked with.
    fn libraries(&self, program: &str) -> Result<String> {
        // The tool wants to stand in a source package.
        let sources = self.folder.with_extension("source");
        fs::create_dir_all(sources.join("debian"))?;
        fs::write(sources.join("debian/control"), "Source: liveshop\n\nPackage: liveshop\nArchitecture: any\n")?;
        let mut ask = Command::new("dpkg-shlibdeps");
        let said = said(ask.arg("-O").arg(self.path(program)).current_dir(&sources))?;
        fs::remove_dir_all(&sources)?;
        let depends = said.lines().find_map(|line| line.strip_prefix("shlibs:Depends="));
        depends.map(str::to_owned).with_context(|| format!("dpkg-shlibdeps says nothing of {program}: {said}"))
    }

    /// Whatever the umask of whoever packs.
    fn set_rights(&self) -> Result<()> {
        done(Command::new("chmod").args(["-R", "u=rwX,go=rX", "."]).current_dir(&self.folder))?;
        let scripts = ["DEBIAN/postinst", "DEBIAN/prerm", "DEBIAN/postrm"];
        done(Command::new("chmod").arg("755").args(scripts).current_dir(&self.folder))
    }
}

fn compress(file: &Path) -> Result<()> {
    // Without name and time, so that the same text gives the same file.
    done(Command::new("gzip").args(["-9", "--no-name"]).arg(file))
}

/// Runs a program that says nothing when it works.
pub(super) fn done(command: &mut Command) -> Result<()> {
    said(command).map(|_| ())
}

/// What a program prints.
pub(super) fn said(command: &mut Command) -> Result<String> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command.output().with_context(|| format!("{program} cannot be started; is it installed?"))?;
    if !output.status.success() {
        bail!("{program}: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
