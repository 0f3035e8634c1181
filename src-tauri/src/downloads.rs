//! Files for the viewer or the streamer to keep: in the downloads folder, and never over another.

use crate::views::{CommandError, LocalCode};
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use tauri::{AppHandle, Manager};

/// Most files of one name in one folder.
const COPIES_MAX: u32 = 99;

/// Where they go.
///
/// # Errors
/// [`LocalCode::Storage`] when the system names no folder.
pub(crate) fn folder(app: &AppHandle) -> Result<PathBuf, CommandError> {
    let path = app.path();
    let folder = path.download_dir().or_else(|_| path.document_dir()).or_else(|_| path.home_dir());
    folder.map_err(|error| CommandError::local(LocalCode::Storage, error))
}

/// Writes a file into `folder` and says where. A file that is there already is never overwritten: the same content counts
/// as saved, another gets a number.
///
/// # Errors
/// The disk's.
pub fn save(folder: &Path, name: &str, extension: &str, content: &[u8]) -> io::Result<PathBuf> {
    fs::create_dir_all(folder)?;
    for copy in 1..=COPIES_MAX {
        let number = if copy == 1 { String::new() } else { format!("-{copy}") };
        let path = folder.join(format!("{name}{number}.{extension}"));
        match File::options().write(true).create_new(true).open(&path) {
            Ok(file) => {
                return fill(file, content).map(|()| path.clone()).inspect_err(|_| drop(fs::remove_file(&path)));
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                if fs::read(&path).is_ok_and(|there| there == content) {
                    return Ok(path);
                }
            }
            Err(error) => return Err(error),
        }
    }
    Err(io::Error::other(format!("{} holds {COPIES_MAX} files of this name already", folder.display())))
}

fn fill(mut file: File, content: &[u8]) -> io::Result<()> {
    file.write_all(content)?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_saved_file_is_what_came_and_never_overwrites_another() {
        let folder = tempfile::tempdir().unwrap();
        let downloads = folder.path().join("Downloads");
        let first = save(&downloads, "orders", "csv", b"one").unwrap();
        assert_eq!(first, downloads.join("orders.csv"));
        assert_eq!(save(&downloads, "orders", "csv", b"one").unwrap(), first);
        let second = save(&downloads, "orders", "csv", b"two").unwrap();
        assert_eq!(second, downloads.join("orders-2.csv"));
        assert_eq!(fs::read(&first).unwrap(), b"one");
        assert_eq!(fs::read(&second).unwrap(), b"two");
    }

    #[test]
    fn a_folder_that_cannot_be_written_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        fs::write(&file, "").unwrap();
        assert!(save(&file, "orders", "csv", b"one").is_err());
    }
}
