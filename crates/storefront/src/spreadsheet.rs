//! Texts in CSV files that a spreadsheet opens: one that begins like a formula would be one there.

use std::borrow::Cow;

/// A spreadsheet reads what begins with an apostrophe as text.
const GUARD: char = '\'';

/// Whether a text begins like a formula, after any guards.
fn is_formula(text: &str) -> bool {
    let begins = text.trim_start_matches(GUARD).chars().next();
    // The wide forms count in some languages.
    begins.is_some_and(|first| matches!(first, '=' | '+' | '-' | '@' | '\t' | '\r' | '＝' | '＋' | '－' | '＠'))
}

/// The text as it is written into a file.
#[must_use]
pub(crate) fn guarded(text: &str) -> Cow<'_, str> {
    if is_formula(text) { Cow::Owned(format!("{GUARD}{text}")) } else { Cow::Borrowed(text) }
}

/// The text that was written as that.
#[must_use]
pub(crate) fn unguarded(text: &str) -> &str {
    text.strip_prefix(GUARD).filter(|_| is_formula(text)).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_begins_like_a_formula_is_written_as_text_and_read_back() {
        for text in ["=1+1", "+86 571", "-5", "@SUM(A1)", "＝1", "'=1", "''=1", "'-"] {
            assert!(guarded(text).starts_with('\''), "{text}");
            assert_eq!(unguarded(&guarded(text)), text);
        }
    }

    #[test]
    fn any_other_text_is_written_as_it_is() {
        for text in ["", "Teapot", "'Little' cup", "'", "茶壶", "1-2", " =1"] {
            assert_eq!((guarded(text).as_ref(), unguarded(text)), (text, text));
        }
    }
}
