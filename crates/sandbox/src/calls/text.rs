//! What of a text may be kept and shown.

/// Longer texts are cut here.
const SHOWN_CHARACTERS: usize = 3000;

/// A signature of an RSA-2048 key has 344 characters and a public key 392; longer runs of base64 are keys,
/// certificates or sealed texts, which nobody reads.
const LONGEST_BASE64: usize = 400;

/// Leaves out secrets a merchant may have sent by mistake.
pub(crate) struct Censor<'a> {
    apiv3_key: &'a str,
}

impl<'a> Censor<'a> {
    pub(crate) fn new(apiv3_key: &'a str) -> Self {
        Self { apiv3_key }
    }

    /// Whether something of this text may not be shown.
    pub(crate) fn hides(&self, text: &str) -> bool {
        text.contains("PRIVATE KEY") || text.contains(self.apiv3_key) || without_long_base64(text) != text
    }

    /// The text as it may be kept.
    pub(crate) fn show(&self, text: &str) -> String {
        if text.contains("PRIVATE KEY") {
            return "[a private key was in this text; it is not shown]".to_owned();
        }
        let text = without_long_base64(&text.replace(self.apiv3_key, "[APIv3 key]"));
        match text.char_indices().nth(SHOWN_CHARACTERS) {
            None => text,
            Some((at, _)) => format!("{}… [{} bytes in all]", &text[..at], text.len()),
        }
    }
}

fn without_long_base64(text: &str) -> String {
    let of_base64 = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '=' | '-' | '_');
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        let run = rest.find(|c| !of_base64(c)).unwrap_or(rest.len());
        if run > LONGEST_BASE64 {
            out.push_str(&format!("[{run} characters]"));
        } else {
            out.push_str(&rest[..run]);
        }
        let other = rest[run..].find(of_base64).map_or(rest.len(), |at| run + at);
        out.push_str(&rest[run..other]);
        rest = &rest[other..];
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_left_out_before_the_text_is_cut() {
        let censor = Censor::new("k3yk3yk3y");
        assert_eq!(censor.show("a=1&key=k3yk3yk3y, b"), "a=1&key=[APIv3 key], b");
        assert!(!censor.show("x -----BEGIN RSA PRIVATE KEY----- MIIE").contains("MIIE"));
        let bare = format!("key={} end", "MIIEvQ".repeat(200));
        assert_eq!(censor.show(&bare), "[1204 characters] end");
        let edge = format!("{}k3yk3yk3y", "字 ".repeat(SHOWN_CHARACTERS / 2 - 2));
        assert!(!censor.show(&edge).contains("k3yk"));
        let long = censor.show(&"字 ".repeat(5000));
        assert!(long.chars().count() < SHOWN_CHARACTERS + 40 && long.ends_with("[20000 bytes in all]"), "{long}");
    }
}
