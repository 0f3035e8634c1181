//! A reader of Prometheus' text format, which takes nothing that the format does not have.

use std::collections::{BTreeMap, BTreeSet};

/// One line: a name, labels and a value.
pub(crate) struct Sample {
    pub(crate) name: String,
    pub(crate) labels: BTreeMap<String, String>,
    pub(crate) value: f64,
}

/// What was told, read to its last line.
pub(crate) struct Exposition {
    /// The kind of each family.
    pub(crate) kinds: BTreeMap<String, String>,
    pub(crate) samples: Vec<Sample>,
}

impl Exposition {
    /// Fails at the first line that is none of the format's.
    pub(crate) fn read(text: &str) -> Exposition {
        assert!(text.ends_with('\n'), "the last line has no end");
        let mut told = Exposition { kinds: BTreeMap::new(), samples: Vec::new() };
        let mut helped = BTreeSet::new();
        let mut family = String::new();
        for line in text.lines() {
            if let Some(help) = line.strip_prefix("# HELP ") {
                let (name, words) = help.split_once(' ').unwrap_or_else(|| panic!("no words: {line}"));
                assert!(!words.is_empty() && helped.insert(name.to_owned()), "{line}");
            } else if let Some(kind) = line.strip_prefix("# TYPE ") {
                let (name, kind) = kind.split_once(' ').unwrap_or_else(|| panic!("no kind: {line}"));
                assert!(matches!(kind, "counter" | "gauge" | "histogram"), "{line}");
                assert!(helped.contains(name), "no help: {line}");
                assert!(told.kinds.insert(name.to_owned(), kind.to_owned()).is_none(), "twice: {line}");
                name.clone_into(&mut family);
            } else {
                let sample = sample(line);
                assert!(belongs(&sample.name, &family, &told.kinds[&family]), "{line} is none of {family}");
                told.samples.push(sample);
            }
        }
        told
    }

    /// The sum of the samples of that name that have these labels, among others; `None` when there is none.
    pub(crate) fn find(&self, name: &str, labels: &[(&str, &str)]) -> Option<f64> {
        let has = |sample: &&Sample| {
            sample.name == name && labels.iter().all(|(key, value)| sample.labels.get(*key).is_some_and(|v| v == value))
        };
        let found: Vec<f64> = self.samples.iter().filter(has).map(|sample| sample.value).collect();
        (!found.is_empty()).then(|| found.iter().sum())
    }

    /// As [`Exposition::find`]; fails when there is none.
    pub(crate) fn value(&self, name: &str, labels: &[(&str, &str)]) -> f64 {
        self.find(name, labels).unwrap_or_else(|| panic!("no {name} {labels:?}"))
    }
}

fn belongs(name: &str, family: &str, kind: &str) -> bool {
    let rest = name.strip_prefix(family);
    match kind {
        "histogram" => matches!(rest, Some("_bucket" | "_sum" | "_count")),
        _ => rest == Some(""),
    }
}

fn sample(line: &str) -> Sample {
    let (head, value) = line.rsplit_once(' ').unwrap_or_else(|| panic!("no value: {line}"));
    let value = value.parse().unwrap_or_else(|_| panic!("no number: {line}"));
    let (name, labels) = match head.split_once('{') {
        Some((name, labels)) => (name, labels.strip_suffix('}').unwrap_or_else(|| panic!("no end of labels: {line}"))),
        None => (head, ""),
    };
    let is_word =
        |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    assert!(is_word(name), "{line}");
    let mut sample = Sample { name: name.to_owned(), labels: BTreeMap::new(), value };
    let mut rest = labels;
    while !rest.is_empty() {
        let (key, quoted) = rest.split_once("=\"").unwrap_or_else(|| panic!("no label: {line}"));
        let (value, after) = unquoted(quoted).unwrap_or_else(|| panic!("no end of a value: {line}"));
        assert!(is_word(key) && sample.labels.insert(key.to_owned(), value).is_none(), "{line}");
        rest = after.strip_prefix(',').unwrap_or(after);
    }
    sample
}

/// The text up to the closing quote, and what follows that.
fn unquoted(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Some((value, &text[at + 1..])),
            '\\' => match chars.next()?.1 {
                'n' => value.push('\n'),
                c @ ('\\' | '"') => value.push(c),
                _ => return None,
            },
            c => value.push(c),
        }
    }
    None
}

#[test]
fn what_is_none_of_the_format_is_not_read() {
    let read = |text: &'static str| std::panic::catch_unwind(|| Exposition::read(text));
    let good = "# HELP a Words.\n# TYPE a counter\na{b=\"c\\\"d\",e=\"\"} 1\n";
    assert_eq!(read(good).unwrap().value("a", &[("b", "c\"d")]).to_bits(), 1.0_f64.to_bits());
    for bad in [
        "a 1\n",
        "# TYPE a counter\na 1\n",
        "# HELP a Words.\n# TYPE a counter\na 1",
        "# HELP a Words.\n# TYPE a counter\na one\n",
        "# HELP a Words.\n# TYPE a counter\na{b=\"c} 1\n",
        "# HELP a Words.\n# TYPE a counter\na_bucket 1\n",
        "# HELP a Words.\n# TYPE a histogram\na 1\n",
    ] {
        assert!(read(bad).is_err(), "{bad}");
    }
}
