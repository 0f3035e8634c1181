//! What the viewer has chosen that the program must know, on disk, so that its first words are right before the page
//! tells.

use crate::files;
use crate::views::{CommandError, Language, LocalCode, Preferences};
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

/// What is chosen now.
pub struct Chosen {
    file: PathBuf,
    now: Mutex<Preferences>,
}

impl Chosen {
    /// As it lies in `file`; before anything was chosen, the system's language, with notifications.
    #[must_use]
    pub fn read(file: PathBuf) -> Chosen {
        let kept = files::read(&file).unwrap_or_else(|error| {
            tracing::error!(%error, "the preferences cannot be read");
            None
        });
        let first = Preferences { language: system_language(), notifications: true };
        Chosen { file, now: Mutex::new(kept.unwrap_or(first)) }
    }

    /// What is chosen now.
    #[must_use]
    pub fn now(&self) -> Preferences {
        self.now.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The viewer chose.
    ///
    /// # Errors
    /// [`LocalCode::Storage`]: it holds until the app ends.
    pub fn choose(&self, preferences: Preferences) -> Result<(), CommandError> {
        let mut now = self.now.lock().unwrap_or_else(PoisonError::into_inner);
        if *now == preferences && self.file.exists() {
            return Ok(());
        }
        *now = preferences;
        files::write(&self.file, &*now).map_err(|error| CommandError::local(LocalCode::Storage, error))
    }
}

/// The language the system speaks, of the two the app does.
#[must_use]
pub fn system_language() -> Language {
    let locale = ["LC_ALL", "LC_MESSAGES", "LANG"]
        .into_iter()
        .find_map(|name| std::env::var(name).ok().filter(|value| !value.is_empty()));
    language_of(locale.as_deref())
}

fn language_of(locale: Option<&str>) -> Language {
    if locale.is_some_and(|locale| locale.to_ascii_lowercase().starts_with("zh")) { Language::Zh } else { Language::En }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_chosen_holds_at_the_next_start() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("preferences.json");
        assert!(Chosen::read(file.clone()).now().notifications);
        for language in [Language::Zh, Language::En] {
            let preferences = Preferences { language, notifications: false };
            let chosen = Chosen::read(file.clone());
            chosen.choose(preferences.clone()).unwrap();
            assert_eq!(chosen.now(), preferences);
            assert_eq!(Chosen::read(file.clone()).now(), preferences);
        }
    }

    #[test]
    fn preferences_that_cannot_be_read_are_the_first_ones() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("preferences.json");
        std::fs::write(&file, "{\"language\":\"fr\"}").unwrap();
        assert_eq!(Chosen::read(file).now(), Preferences { language: system_language(), notifications: true });
    }

    #[test]
    fn a_chinese_system_is_spoken_to_in_chinese() {
        for (locale, language) in [
            (Some("zh_CN.UTF-8"), Language::Zh),
            (Some("ZH-Hans"), Language::Zh),
            (Some("en_GB.UTF-8"), Language::En),
            (Some("C"), Language::En),
            (None, Language::En),
        ] {
            assert_eq!(language_of(locale), language, "{locale:?}");
        }
    }
}
