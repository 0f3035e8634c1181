//! Whether this desktop shows trays. The library that draws them is loaded at run time and its absence would end the
//! program, so it is looked for first; and a tray that no panel shows would swallow the window.

use std::path::Path;

/// The library's names, as it is looked for by the code that loads it.
const LIBRARIES: [&str; 2] = ["libayatana-appindicator3.so.1", "libappindicator3.so.1"];
/// Where the system's loader has listed its libraries.
const LOADER_CACHE: &str = "/etc/ld.so.cache";
/// Who shows trays, on the session bus.
const WATCHER: &str = "org.kde.StatusNotifierWatcher";

/// Whether a tray would be seen.
pub(super) async fn is_possible() -> bool {
    if !library_is_there() {
        tracing::info!("no tray: {} is not installed", LIBRARIES[0]);
        return false;
    }
    let shown = is_shown().await.unwrap_or(false);
    if !shown {
        tracing::info!("no tray: this desktop shows none");
    }
    shown
}

fn library_is_there() -> bool {
    let cache = std::fs::read(LOADER_CACHE).unwrap_or_default();
    let searched = std::env::var("LD_LIBRARY_PATH").unwrap_or_default();
    LIBRARIES.iter().any(|library| {
        is_listed(&cache, library)
            || searched
                .split(':')
                .filter(|folder| !folder.is_empty())
                .any(|folder| Path::new(folder).join(library).exists())
    })
}

/// Whether the loader's list has a library of that name that is still there. The list is binary; its texts end with a
/// zero byte.
fn is_listed(cache: &[u8], library: &str) -> bool {
    let ending = format!("/{library}");
    let texts = cache.split(|byte| *byte == 0).filter_map(|text| std::str::from_utf8(text).ok());
    texts.filter(|text| text.starts_with('/') && text.ends_with(&ending)).any(|path| Path::new(path).exists())
}

/// Whether something on the session bus shows trays now.
async fn is_shown() -> zbus::Result<bool> {
    let bus = zbus::Connection::session().await?;
    let watcher = zbus::Proxy::new(&bus, WATCHER, "/StatusNotifierWatcher", WATCHER).await?;
    watcher.get_property("IsStatusNotifierHostRegistered").await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_library_counts_when_the_loader_lists_it_and_it_is_there() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(LIBRARIES[0]);
        let cache = format!("ld.so\0\u{1}{}\0{}\0", LIBRARIES[0], path.display()).into_bytes();
        assert!(!is_listed(&cache, LIBRARIES[0]));
        std::fs::write(&path, "").unwrap();
        assert!(is_listed(&cache, LIBRARIES[0]));
        assert!(!is_listed(&cache, LIBRARIES[1]));
        assert!(!is_listed(b"", LIBRARIES[0]));
    }
}
