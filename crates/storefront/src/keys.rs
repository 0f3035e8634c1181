//! The storefront's signing key, in a file that only it can read.

use api::ShopSigner;
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use std::fs;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

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
    if let Some(signer) = kept_key(path)? {
        return Ok(signer);
    }
    let (signer, pkcs8) = ShopSigner::generate().map_err(|_| KeyFileError::NotAKey { path: path.to_owned() })?;
    let text = Zeroizing::new(BASE64.encode(Zeroizing::new(pkcs8)));
    write_private(path, text.as_bytes()).map_err(|source| KeyFileError::File { path: path.to_owned(), source })?;
    Ok(signer)
}

/// Reads the key, if there is one already.
///
/// # Errors
/// [`KeyFileError`].
pub fn kept_key(path: &Path) -> Result<Option<ShopSigner>, KeyFileError> {
    let not_a_key = || KeyFileError::NotAKey { path: path.to_owned() };
    match read_text(path) {
        Ok((_, Exposure::Exposed)) => Err(KeyFileError::Exposed { path: path.to_owned() }),
        Ok((text, Exposure::Private)) => {
            let pkcs8 = Zeroizing::new(BASE64.decode(text.trim()).map_err(|_| not_a_key())?);
            ShopSigner::from_pkcs8(&pkcs8).map(Some).map_err(|_| not_a_key())
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(KeyFileError::File { path: path.to_owned(), source }),
    }
}

/// Who can read a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exposure {
    /// Its owner alone.
    Private,
    /// Others too.
    Exposed,
}

/// The text of a file that may hold a secret, and who else can read it.
pub(crate) fn read_text(path: &Path) -> io::Result<(Zeroizing<String>, Exposure)> {
    let mut file = fs::File::open(path)?;
    // The opened file itself is looked at: its name may mean another one by now.
    let metadata = file.metadata()?;
    let mut text = Zeroizing::new(String::new());
    // Room for all of it at once: a text that grows leaves its beginnings behind in memory.
    text.reserve(usize::try_from(metadata.len()).unwrap_or(0).saturating_add(1));
    file.read_to_string(&mut text)?;
    Ok((text, exposure(&metadata)))
}

#[cfg(unix)]
fn exposure(metadata: &fs::Metadata) -> Exposure {
    use std::os::unix::fs::MetadataExt;
    if metadata.mode() & 0o077 == 0 { Exposure::Private } else { Exposure::Exposed }
}

#[cfg(not(unix))]
fn exposure(_: &fs::Metadata) -> Exposure {
    // Windows keeps a user's files from other users by the folder they lie in.
    Exposure::Private
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_of_the_first_start_is_the_key_of_every_start() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new").join("shop.key");
        let first = signing_key(&path).unwrap();
        assert_eq!(signing_key(&path).unwrap().key().to_base64(), first.key().to_base64());
    }

    #[cfg(unix)]
    #[test]
    fn a_signing_key_that_others_can_read_is_refused() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("shop.key");
        signing_key(&path).unwrap();
        for mode in [0o640, 0o604, 0o620] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            let Err(error) = signing_key(&path) else { panic!("{mode:o} was taken") };
            assert!(error.to_string().contains("chmod 600"), "{error}");
        }
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        assert!(signing_key(&path).is_ok());
    }
}
