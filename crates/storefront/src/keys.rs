//! The storefront's signing key, in a file that only it can read.

use api::ShopSigner;
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Why there is no signing key.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// The file cannot be read or written.
    #[error("signing_key: {}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What went wrong.
        source: io::Error,
    },
    /// Others can read it.
    #[error("signing_key: {} can be read by others; run: chmod 600 {}", path.display(), path.display())]
    Exposed {
        /// The file.
        path: PathBuf,
    },
    /// It holds something else.
    #[error("signing_key: {} holds no Ed25519 key in PKCS#8 and base64", path.display())]
    NotAKey {
        /// The file.
        path: PathBuf,
    },
}

/// Reads the key, or makes it at the first start.
///
/// # Errors
/// [`KeyFileError`].
pub fn signing_key(path: &Path) -> Result<ShopSigner, KeyFileError> {
    let file = |source| KeyFileError::File { path: path.to_owned(), source };
    let not_a_key = || KeyFileError::NotAKey { path: path.to_owned() };
    match fs::read_to_string(path) {
        Ok(text) => {
            if is_exposed(path).map_err(file)? {
                return Err(KeyFileError::Exposed { path: path.to_owned() });
            }
            let pkcs8 = BASE64.decode(text.trim()).map_err(|_| not_a_key())?;
            ShopSigner::from_pkcs8(&pkcs8).map_err(|_| not_a_key())
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let (signer, pkcs8) = ShopSigner::generate().map_err(|_| not_a_key())?;
            write_private(path, BASE64.encode(pkcs8).as_bytes()).map_err(file)?;
            Ok(signer)
        }
        Err(error) => Err(file(error)),
    }
}

#[cfg(unix)]
fn is_exposed(path: &Path) -> io::Result<bool> {
    use std::os::unix::fs::MetadataExt;
    Ok(fs::metadata(path)?.mode() & 0o077 != 0)
}

#[cfg(not(unix))]
fn is_exposed(_path: &Path) -> io::Result<bool> {
    // Windows keeps a user's files from other users by the folder they lie in.
    Ok(false)
}

/// Writes a new file that only this user can read. It is never overwritten.
fn write_private(path: &Path, content: &[u8]) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    let mut file = options.open(path)?;
    file.write_all(content)?;
    file.sync_all()
}
