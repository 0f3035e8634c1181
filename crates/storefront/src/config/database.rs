//! The address of a database, which may hold a password.

use serde::Deserialize;
use std::fmt;
use std::ops::Deref;
use zeroize::Zeroizing;

/// `sqlite:PATH` or `postgres://...`. What is shown of it, by `Display` and `Debug` alike, has no password.
#[derive(Clone, Deserialize, PartialEq, Eq)]
#[serde(from = "String")]
pub struct DatabaseUrl(Zeroizing<String>);

/// What stands in place of a password.
const HIDDEN: &str = "***";

impl DatabaseUrl {
    /// Whether a password is written in it.
    #[must_use]
    pub fn has_password(&self) -> bool {
        self.to_string() != **self
    }
}

impl Deref for DatabaseUrl {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl From<String> for DatabaseUrl {
    fn from(text: String) -> DatabaseUrl {
        DatabaseUrl(Zeroizing::new(text))
    }
}

impl From<&str> for DatabaseUrl {
    fn from(text: &str) -> DatabaseUrl {
        DatabaseUrl::from(text.to_owned())
    }
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A file's name may hold anything, and never a password.
        let Some((scheme, rest)) = self.split_once("://").filter(|(scheme, _)| scheme.starts_with("postgres")) else {
            return f.write_str(self);
        };
        write!(f, "{scheme}://")?;
        // Up to the last `@`, so that a password with characters that should have been encoded is not shown in part.
        let place = match rest.rsplit_once('@') {
            Some((user, place)) => {
                match user.split_once(':') {
                    Some((user, _)) => write!(f, "{user}:{HIDDEN}@")?,
                    None => write!(f, "{user}@")?,
                }
                place
            }
            None => rest,
        };
        let (place, query) = place.split_once('?').map_or((place, None), |(place, query)| (place, Some(query)));
        f.write_str(place)?;
        for (number, pair) in query.into_iter().flat_map(|query| query.split('&')).enumerate() {
            f.write_str(if number == 0 { "?" } else { "&" })?;
            match pair.split_once('=') {
                Some((name, _)) if name.contains("password") => write!(f, "{name}={HIDDEN}")?,
                Some(_) | None => f.write_str(pair)?,
            }
        }
        Ok(())
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_never_shown() {
        for (url, shown) in [
            ("postgres://shop:word@db.example/shop", "postgres://shop:***@db.example/shop"),
            (
                "postgres://shop:word@db.example:5433/shop?sslmode=verify-full&sslrootcert=ca.pem",
                "postgres://shop:***@db.example:5433/shop?sslmode=verify-full&sslrootcert=ca.pem",
            ),
            (
                "postgresql://localhost/shop?user=shop&password=word",
                "postgresql://localhost/shop?user=shop&password=***",
            ),
            ("postgres://shop:wo@rd/wo:rd?word@localhost/shop", "postgres://shop:***@localhost/shop"),
            ("postgres://shop:word@localhost/shop?password=word", "postgres://shop:***@localhost/shop?password=***"),
            ("postgres://shop:@localhost/shop", "postgres://shop:***@localhost/shop"),
        ] {
            let url = DatabaseUrl::from(url);
            assert!(url.has_password(), "{shown}");
            assert_eq!(url.to_string(), shown);
            assert_eq!(format!("{url:?}"), format!("{shown:?}"));
        }
    }

    #[test]
    fn what_holds_none_is_shown_as_it_is() {
        for text in [
            "sqlite:/srv/a@b:c/shop.db",
            "sqlite:///srv/shop.db?mode=rwc",
            "postgres://shop@localhost:5432/shop?sslmode=disable",
            "postgres:///shop?host=/run/postgresql",
        ] {
            let url = DatabaseUrl::from(text);
            assert!(!url.has_password(), "{text}");
            assert_eq!((url.to_string().as_str(), &*url), (text, text));
        }
    }
}
