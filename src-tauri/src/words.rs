//! The program's own words, in both languages side by side: notifications and the tray. Everything else is said by the
//! page.

use crate::brand::{OURS, within_chinese};
use crate::views::Language;
use order::PayType;

/// What the viewer is told while they do not look at the window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum News {
    /// A payment arrived and the goods are theirs.
    Paid {
        /// How much, fen.
        amount_fen: i64,
        /// The goods.
        title: String,
    },
    /// A payment came after the end and goes back.
    PaidTooLate {
        /// How much, fen.
        amount_fen: i64,
    },
    /// Money goes back for another reason.
    GoesBack {
        /// How much, fen.
        amount_fen: i64,
        /// The channel it goes back by.
        pay_type: PayType,
    },
    /// Money went back.
    Refunded {
        /// How much, fen.
        amount_fen: i64,
        /// The channel it went back by.
        pay_type: PayType,
    },
    /// The order has waited in line, and its turn has come.
    YourTurn,
    /// One minute is left to pay.
    LastMinute,
    /// The window was closed while a payment is open.
    InTheTray,
}

/// One of two.
fn said(language: Language, zh: String, en: String) -> String {
    match language {
        Language::Zh => zh,
        Language::En => en,
    }
}

/// A notification.
#[must_use]
pub fn news(language: Language, news: &News) -> String {
    let (zh, en) = match news {
        News::Paid { amount_fen, title } => {
            let price = money(*amount_fen);
            (format!("付款成功 {price} · {title}"), format!("Payment received {price}: {title}"))
        }
        News::PaidTooLate { amount_fen } => {
            let price = money(*amount_fen);
            (format!("付款晚了一步，{price} 正在退回"), format!("Paid too late, {price} is on its way back"))
        }
        News::GoesBack { amount_fen, pay_type } => {
            let (price, (zh, en)) = (money(*amount_fen), channel(*pay_type));
            (format!("{price} 正在退回{zh}"), format!("{price} is on its way back to {en}"))
        }
        News::Refunded { amount_fen, pay_type } => {
            let (price, (zh, en)) = (money(*amount_fen), channel(*pay_type));
            (format!("{price} 已退回{zh}"), format!("{price} is back in {en}"))
        }
        News::YourTurn => ("轮到你了，请付款".to_owned(), "It is your turn to pay".to_owned()),
        News::LastMinute => {
            ("还有 1 分钟，付款码就要失效".to_owned(), "One minute left on your payment code".to_owned())
        }
        News::InTheTray => {
            let (zh, en) = (within_chinese(OURS.zh), OURS.en);
            (format!("{}还在托盘里等付款结果", zh.trim_start()), format!("{en} waits in the tray for your payment"))
        }
    };
    said(language, zh, en)
}

/// The button of a notification, where the system shows one.
#[must_use]
pub fn show(language: Language) -> String {
    said(language, "查看".into(), "Show".into())
}

/// The tray's line while a payment is open.
#[must_use]
pub fn to_pay(language: Language, amount_fen: i64, left_s: i64) -> String {
    let (price, left) = (money(amount_fen), countdown(left_s));
    said(language, format!("待支付 {price} · 还剩 {left}"), format!("To pay {price} · {left} left"))
}

/// The tray's line while the channel is asked.
#[must_use]
pub fn checking(language: Language, amount_fen: i64) -> String {
    let price = money(amount_fen);
    said(language, format!("正在确认 {price}"), format!("Checking {price}"))
}

/// The tray's line once no payment is open any more.
#[must_use]
pub fn nothing_to_pay(language: Language) -> String {
    said(language, "没有待支付的订单".into(), "Nothing left to pay".into())
}

/// The tray's way back to the window.
#[must_use]
pub fn open(language: Language) -> String {
    said(language, format!("打开{}", within_chinese(OURS.zh)).trim_end().to_owned(), format!("Open {}", OURS.en))
}

/// The guide, in the menu bar.
#[must_use]
pub fn guide(language: Language) -> String {
    said(language, "使用指南".into(), "User guide".into())
}

/// The tray's end of the app.
#[must_use]
pub fn quit(language: Language) -> String {
    said(language, "退出".into(), "Quit".into())
}

fn channel(pay_type: PayType) -> (&'static str, &'static str) {
    match pay_type {
        PayType::Alipay => ("支付宝", "Alipay"),
        PayType::Wechat => ("微信", "WeChat"),
    }
}

/// `¥1,234.50`.
fn money(fen: i64) -> String {
    let fen = fen.unsigned_abs();
    let yuan = (fen / 100).to_string();
    let mut grouped = String::new();
    for (at, digit) in yuan.chars().enumerate() {
        if at > 0 && (yuan.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    format!("¥{grouped}.{:02}", fen % 100)
}

/// `4:32`, or `1:04:32` from an hour on.
fn countdown(left_s: i64) -> String {
    let left_s = left_s.max(0);
    let (hours, minutes, seconds) = (left_s / 3_600, left_s / 60 % 60, left_s % 60);
    if hours > 0 { format!("{hours}:{minutes:02}:{seconds:02}") } else { format!("{minutes}:{seconds:02}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_piece_of_news_is_said_in_both_languages() {
        let (amount_fen, pay_type) = (22_800, PayType::Alipay);
        for (told, zh, en) in [
            (
                News::Paid { amount_fen, title: "Clay teapot".into() },
                "付款成功 ¥228.00 · Clay teapot",
                "Payment received ¥228.00: Clay teapot",
            ),
            (
                News::PaidTooLate { amount_fen },
                "付款晚了一步，¥228.00 正在退回",
                "Paid too late, ¥228.00 is on its way back",
            ),
            (News::GoesBack { amount_fen, pay_type }, "¥228.00 正在退回支付宝", "¥228.00 is on its way back to Alipay"),
            (
                News::Refunded { amount_fen, pay_type: PayType::Wechat },
                "¥228.00 已退回微信",
                "¥228.00 is back in WeChat",
            ),
            (News::YourTurn, "轮到你了，请付款", "It is your turn to pay"),
            (News::LastMinute, "还有 1 分钟，付款码就要失效", "One minute left on your payment code"),
        ] {
            assert_eq!(news(Language::Zh, &told), zh);
            assert_eq!(news(Language::En, &told), en);
        }
    }

    #[test]
    fn the_tray_says_what_is_to_pay_and_how_long() {
        assert_eq!(to_pay(Language::En, 22_800, 272), "To pay ¥228.00 · 4:32 left");
        assert_eq!(to_pay(Language::Zh, 22_800, 272), "待支付 ¥228.00 · 还剩 4:32");
    }

    #[test]
    fn money_has_two_decimals_and_a_comma_for_each_thousand() {
        for (fen, text) in [(5, "¥0.05"), (99_900, "¥999.00"), (123_450, "¥1,234.50"), (100_000_000, "¥1,000,000.00")]
        {
            assert_eq!(money(fen), text);
        }
    }

    #[test]
    fn a_countdown_is_never_negative_and_tells_hours_only_when_there_are_some() {
        for (left_s, text) in [(-3, "0:00"), (9, "0:09"), (272, "4:32"), (3_600, "1:00:00"), (3_872, "1:04:32")] {
            assert_eq!(countdown(left_s), text);
        }
    }
}
