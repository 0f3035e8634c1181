//! The report of a rehearsal: one page that needs nothing else, to be kept, printed or sent on.

mod words;

use crate::view::{CaseReport, CaseState, Deed, Outcome, Rehearsal, RehearsalState, Step};
use std::fmt::Write;
use time::OffsetDateTime;
use time::macros::format_description;
use words::Words;

/// The language of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReportLanguage {
    /// Chinese.
    Zh,
    /// English.
    En,
}

const STYLE: &str = include_str!("report/report.css");

/// Writes the report of a rehearsal as an HTML page.
#[must_use]
pub fn report(rehearsal: &Rehearsal, language: ReportLanguage) -> String {
    let words = Words::of(language);
    let mut page = String::new();
    // Writing into a text never fails.
    let _never = write_page(&mut page, rehearsal, words);
    page
}

fn write_page(page: &mut String, rehearsal: &Rehearsal, words: Words) -> std::fmt::Result {
    let title = format!("{} · {}", words.title(), rehearsal.room);
    write!(
        page,
        "<!DOCTYPE html>\n<html lang=\"{}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<title>{}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n\
         <main>\n<header>\n<p class=\"kind\">{}</p>\n<h1>{}</h1>\n",
        words.lang(),
        escaped(&title),
        words.title(),
        escaped(&rehearsal.room)
    )?;
    write_verdict(page, rehearsal, words)?;
    writeln!(page, "<dl>")?;
    let facts = [
        (words.when(), began(rehearsal.began_at) + words.zone()),
        (words.lasted(), words.seconds(rehearsal.cases.iter().map(|case| case.took_ms).fold(0, u64::saturating_add))),
        (words.program(), format!("Liveshop {}", env!("CARGO_PKG_VERSION"))),
    ];
    for (name, fact) in facts {
        writeln!(page, "<div><dt>{name}</dt><dd>{fact}</dd></div>")?;
    }
    writeln!(page, "</dl>\n<p class=\"pretend\">{}</p>\n</header>", words.pretend())?;
    write_table(page, rehearsal, words)?;
    writeln!(page, "<section>\n<h2>{}</h2>", words.step_by_step())?;
    for case in rehearsal.cases.iter().filter(|case| !case.steps.is_empty()) {
        write_steps(page, case, words)?;
    }
    writeln!(page, "</section>\n</main>\n</body>\n</html>")
}

fn write_verdict(page: &mut String, rehearsal: &Rehearsal, words: Words) -> std::fmt::Result {
    let count = |state| rehearsal.cases.iter().filter(|case| case.state == state).count();
    let (passed, failed) = (count(CaseState::Passed), count(CaseState::Failed));
    let all = rehearsal.cases.len();
    let (class, verdict) = match rehearsal.state {
        _ if failed > 0 => ("bad", words.some_failed(failed, all)),
        RehearsalState::Done => ("ok", words.all_passed(all)),
        RehearsalState::Failed => ("bad", words.could_not_go_on(passed, all)),
        RehearsalState::Preparing | RehearsalState::Running | RehearsalState::Stopped => {
            ("warn", words.stopped(passed, all))
        }
    };
    writeln!(page, "<p class=\"verdict {class}\">{}</p>", mark(class).to_owned() + &verdict)?;
    match &rehearsal.message {
        Some(message) => writeln!(page, "<p class=\"support\">{}</p>", escaped(message)),
        None => Ok(()),
    }
}

fn write_table(page: &mut String, rehearsal: &Rehearsal, words: Words) -> std::fmt::Result {
    write!(page, "<section>\n<h2>{}</h2>\n<div class=\"wide\"><table>\n<thead><tr>", words.cases())?;
    for (class, name) in words.columns() {
        write!(page, "<th scope=\"col\"{class}>{name}</th>")?;
    }
    writeln!(page, "</tr></thead>\n<tbody>")?;
    for case in &rehearsal.cases {
        let (class, state) = match case.state {
            CaseState::Passed => ("ok", words.case_passed()),
            CaseState::Failed => ("bad", words.case_failed()),
            CaseState::Waiting | CaseState::Running | CaseState::Stopped => ("warn", words.case_not_lived()),
        };
        let lived = matches!(case.state, CaseState::Passed | CaseState::Failed);
        write!(
            page,
            "<tr><th scope=\"row\"><b>{}</b><span>{}</span>",
            words.case_name(case.case),
            words.case_story(case.case)
        )?;
        for fault in &case.faults {
            write!(page, "<span class=\"fault\">{}</span>", escaped(&words.fault(fault, &case.wanted, &case.found)))?;
        }
        write!(page, "</th>")?;
        let Outcome { money_in_fen, money_back_fen, goods_out } = case.found;
        let (wanted, found) = (case.wanted, case.found);
        for (found, is_other) in [
            (yuan(money_in_fen), money_in_fen != wanted.money_in_fen),
            (goods_out.to_string(), found.goods_out != wanted.goods_out),
            (yuan(money_back_fen), money_back_fen != wanted.money_back_fen),
        ] {
            let class = if lived && is_other { "number other" } else { "number" };
            write!(page, "<td class=\"{class}\">{}</td>", if lived { found.as_str() } else { "–" })?;
        }
        writeln!(page, "<td class=\"state {class}\">{}{state}</td></tr>", mark(class))?;
    }
    writeln!(page, "</tbody>\n</table></div>\n</section>")
}

fn write_steps(page: &mut String, case: &CaseReport, words: Words) -> std::fmt::Result {
    writeln!(
        page,
        "<article>\n<h3>{}</h3>\n<p class=\"item\">{} · {}</p>\n<ol>",
        words.case_name(case.case),
        escaped(&case.title),
        words.seconds(case.took_ms)
    )?;
    for step in &case.steps {
        writeln!(
            page,
            "<li><time>{}</time><span>{}</span></li>",
            words.seconds(step.after_ms),
            step_words(case, step, words)
        )?;
    }
    writeln!(page, "</ol>\n</article>")
}

fn step_words(case: &CaseReport, step: &Step, words: Words) -> String {
    let mut said = words.deed(case.case, step);
    // What a viewer was told has its amount in its words.
    if let Some(amount_fen) = step.amount_fen.filter(|_| step.deed != Deed::Told) {
        let _never = write!(said, " <b>{}</b>", yuan(amount_fen));
    }
    said
}

/// The drawing before a word, so that no meaning hangs on a colour alone.
const fn mark(class: &str) -> &'static str {
    match class.as_bytes() {
        b"ok" => "<i aria-hidden=\"true\">✓</i>",
        b"bad" => "<i aria-hidden=\"true\">✕</i>",
        _ => "<i aria-hidden=\"true\">–</i>",
    }
}

/// Where both channels keep their books: UTC+8.
const CHINA_S: i64 = 8 * 3_600;

/// A moment as a clock in China shows it.
fn began(unix_s: i64) -> String {
    let form = format_description!("[year]-[month]-[day] [hour]:[minute]");
    let there = OffsetDateTime::from_unix_timestamp(unix_s.saturating_add(CHINA_S));
    there.ok().and_then(|there| there.format(form).ok()).unwrap_or_default()
}

/// Fen as yuan: ¥1,234.50.
fn yuan(fen: i64) -> String {
    let (whole, cents) = (fen.unsigned_abs() / 100, fen.unsigned_abs() % 100);
    let digits = whole.to_string();
    let mut grouped = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && digits.len().saturating_sub(place).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    format!("{}¥{grouped}.{cents:02}", if fen < 0 { "-" } else { "" })
}

/// A text as it may stand in a page, between tags or in quotes.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for mark in text.chars() {
        match mark {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}
