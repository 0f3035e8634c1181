//! The report. With `REPORT_FOLDER` set, the pages are kept there to be looked at.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use order::PayType;
use order::state::OrderState;
use rehearsal::view::{Case, CaseFault, CaseReport, CaseState, Deed, Outcome, Rehearsal, RehearsalState, Step, Who};
use rehearsal::{ReportLanguage, report};

/// A step of a case, some seconds after the one before.
fn step(after_ms: u64, who: Who, deed: Deed) -> Step {
    Step { after_ms, who, deed, state: None, pay_type: None, amount_fen: None }
}

fn money(step: Step, pay_type: PayType, amount_fen: i64) -> Step {
    Step { pay_type: Some(pay_type), amount_fen: Some(amount_fen), ..step }
}

fn told(after_ms: u64, state: OrderState, returned_fen: Option<i64>) -> Step {
    Step { state: Some(state), amount_fen: returned_fen, ..step(after_ms, Who::Shop, Deed::Told) }
}

fn steps() -> Vec<Step> {
    vec![
        money(step(120, Who::Viewer, Deed::Ordered), PayType::Wechat, 22_800),
        money(step(480, Who::Shop, Deed::CodeShown), PayType::Wechat, 22_800),
        Step { pay_type: Some(PayType::Wechat), ..step(500, Who::Trouble, Deed::TroubleBegan) },
        money(step(510, Who::Viewer, Deed::Switched), PayType::Alipay, 22_800),
        step(600, Who::Viewer, Deed::Cancelled),
        told(700, OrderState::Closed, None),
        step(710, Who::Trouble, Deed::TroubleEnded),
        money(step(900, Who::Viewer, Deed::LastPieceBought), PayType::Alipay, 22_800),
        money(step(1_000, Who::Phone, Deed::Paid), PayType::Alipay, 22_800),
        money(step(1_200, Who::Phone, Deed::PaidAgain), PayType::Wechat, 22_800),
        money(step(1_300, Who::Shop, Deed::TakenBack), PayType::Alipay, 22_800),
        told(4_300, OrderState::Refunded, Some(22_800)),
    ]
}

fn passed() -> Rehearsal {
    let mut rehearsal = Rehearsal::preparing("开窑夜 · 新到茶器".into(), 1_795_667_400);
    rehearsal.state = RehearsalState::Done;
    for case in &mut rehearsal.cases {
        let outcome = Outcome { money_in_fen: 123_456_700, money_back_fen: 22_800, goods_out: 1 };
        *case = CaseReport {
            case: case.case,
            state: CaseState::Passed,
            title: "青瓷茶壶 250 ml".into(),
            steps: steps(),
            wanted: outcome,
            found: outcome,
            faults: Vec::new(),
            took_ms: 4_310,
        };
    }
    rehearsal
}

fn failed() -> Rehearsal {
    let mut rehearsal = passed();
    let faults = [
        CaseFault::Outcome,
        CaseFault::EndState { wanted: OrderState::Delivered },
        CaseFault::NoEnd,
        CaseFault::Stock,
        CaseFault::Broken { message: "<script>alert('1')</script> & \"more\"".into() },
    ];
    for (case, fault) in rehearsal.cases.iter_mut().zip(faults) {
        case.state = CaseState::Failed;
        if fault == CaseFault::Outcome {
            case.found = Outcome { money_in_fen: 45_600, money_back_fen: 0, goods_out: 2 };
        }
        case.faults = vec![fault];
    }
    let last = rehearsal.cases.last_mut().unwrap();
    (last.state, last.steps) = (CaseState::Stopped, Vec::new());
    rehearsal
}

fn keep(name: &str, page: &str) {
    if let Ok(folder) = std::env::var("REPORT_FOLDER") {
        std::fs::write(std::path::Path::new(&folder).join(name), page).unwrap();
    }
}

#[test]
fn a_rehearsal_that_passed_says_so_with_every_case_and_its_money() {
    for (language, verdict, lang) in [
        (ReportLanguage::Zh, "10 个场景都通过，可以开播", "zh-CN"),
        (ReportLanguage::En, "All 10 cases passed. Ready to go live", "en"),
    ] {
        let page = report(&passed(), language);
        keep(&format!("passed-{lang}.html"), &page);
        assert!(page.contains(verdict) && page.contains(&format!("<html lang=\"{lang}\">")));
        assert!(page.contains("2026-11-26 12:30") && page.contains(env!("CARGO_PKG_VERSION")));
        assert_eq!(page.matches("<tr><th scope=\"row\">").count(), Case::ALL.len());
        assert_eq!(page.matches("<article>").count(), Case::ALL.len());
        assert_eq!(page.matches("¥1,234,567.00").count(), Case::ALL.len());
        assert!(!page.contains("class=\"fault\"") && !page.contains("number other"));
    }
}

#[test]
fn what_failed_is_said_with_what_must_be_and_what_was() {
    for (language, verdict, sums) in [
        (ReportLanguage::Zh, "10 个场景里有 5 个和预期不符，先别开播", "实际收 ¥456.00、发 2 件、退 ¥0.00"),
        (ReportLanguage::En, "5 of 10 cases did not go as they must", "it was ¥456.00 in, 2 out, ¥0.00 back"),
    ] {
        let page = report(&failed(), language);
        keep(if language == ReportLanguage::Zh { "failed-zh-CN.html" } else { "failed-en.html" }, &page);
        assert!(page.contains(verdict) && page.contains(sums));
        assert_eq!(page.matches("class=\"fault\"").count(), 5);
        assert_eq!(page.matches("number other").count(), 3);
        assert!(page.contains("&lt;script&gt;alert(&#39;1&#39;)"), "escaped once");
    }
}

#[test]
fn a_rehearsal_that_did_not_come_to_its_end_never_says_that_it_passed() {
    let mut rehearsal = passed();
    rehearsal.cases[9].state = CaseState::Running;
    rehearsal.state = RehearsalState::Running;
    rehearsal.stop();
    assert!(report(&rehearsal, ReportLanguage::En).contains("Stopped before the end: 9 of 10 cases passed"));
    rehearsal.fail("the disk is full".into());
    let page = report(&rehearsal, ReportLanguage::En);
    assert!(page.contains("The rehearsal could not go on") && page.contains("the disk is full"));
    assert!(!page.contains("Ready to go live"));
}

#[test]
fn no_text_of_a_shop_is_ever_markup_and_the_page_needs_nothing_else() {
    let mut rehearsal = failed();
    let evil = "</title><img src=x onerror=alert(1)>'\"&";
    rehearsal.room = evil.into();
    rehearsal.message = Some(evil.into());
    rehearsal.cases[0].title = evil.into();
    for language in [ReportLanguage::Zh, ReportLanguage::En] {
        let page = report(&rehearsal, language);
        assert!(!page.contains("<img") && !page.contains("<script") && !page.contains("onerror=alert(1)>"));
        assert!(page.contains("&lt;/title&gt;&lt;img src=x onerror=alert(1)&gt;&#39;&quot;&amp;"));
        for outside in ["http:", "https:", "url(", "@import", "<link", " src="] {
            let outside_of_texts = page.replace("&lt;img src=x", "");
            assert!(!outside_of_texts.contains(outside), "{outside}");
        }
    }
}
