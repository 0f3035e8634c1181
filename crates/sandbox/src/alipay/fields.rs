//! Business fields of a call: reading them and their rules.

use std::time::Duration;

use serde_json::{Map, Value};

use super::answer::Refusal;
use super::money::read_fen;
use crate::clock::{Clock, next_china_midnight, read_china_text};

/// What a merchant asks, in either protocol version.
pub(crate) struct Ask {
    pub(crate) biz: Map<String, Value>,
    pub(crate) notify_url: Option<String>,
}

impl Ask {
    /// A text of at most `max` characters; absent and empty are the same.
    pub(crate) fn text(&self, field: &str, max: usize) -> Result<Option<String>, Refusal> {
        match self.biz.get(field) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) if text.is_empty() => Ok(None),
            Some(Value::String(text)) if text.chars().count() <= max => Ok(Some(text.clone())),
            Some(_) => Err(Refusal::invalid(field, &format!("应为不超过{max}个字符的字符串"))),
        }
    }

    pub(crate) fn needed_text(&self, field: &str, max: usize) -> Result<String, Refusal> {
        self.text(field, max)?.ok_or_else(|| Refusal::invalid(field, "不能为空"))
    }

    /// The merchant's number: letters, digits, underscore.
    pub(crate) fn out_trade_no(&self) -> Result<Option<String>, Refusal> {
        let Some(number) = self.text("out_trade_no", 64)? else { return Ok(None) };
        if number.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
            Ok(Some(number))
        } else {
            Err(Refusal::invalid("out_trade_no", "只能包含字母、数字、下划线"))
        }
    }

    /// An amount from 0.01 to 100000000 yuan.
    pub(crate) fn amount_fen(&self, field: &str) -> Result<i64, Refusal> {
        let value = self.biz.get(field).ok_or_else(|| Refusal::invalid(field, "不能为空"))?;
        match read_fen(value) {
            Some(fen @ 1..=10_000_000_000) => Ok(fen),
            Some(_) | None => Err(Refusal::invalid(field, "金额格式错误，应为0.01到100000000.00，最多两位小数")),
        }
    }

    /// Whether `query_options` asks for something.
    pub(crate) fn wants(&self, option: &str) -> bool {
        self.biz.get("query_options").and_then(Value::as_array).is_some_and(|list| list.iter().any(|one| one == option))
    }

    /// When a relative time-out (`90m`, `2h`, `1d`, `1c` for midnight) ends, counted from now.
    pub(crate) fn timeout_ms(&self, field: &str, clock: &Clock) -> Result<Option<i64>, Refusal> {
        let Some(text) = self.text(field, 6)? else { return Ok(None) };
        let refuse = || Refusal::invalid(field, "取值范围：1m～15d，m-分钟，h-小时，d-天，1c-当天，不接受小数点");
        if text == "1c" {
            return Ok(Some(clock.bring_near_ms(next_china_midnight(clock.now_ms()))));
        }
        let unit_s = match text.chars().last() {
            Some('m') => 60_u64,
            Some('h') => 3600,
            Some('d') => 86_400,
            Some(_) | None => return Err(refuse()),
        };
        let number: u64 = text[..text.len() - 1].parse().map_err(|_| refuse())?;
        let span_s = number.saturating_mul(unit_s);
        if span_s == 0 || span_s > 15 * 86_400 || text.starts_with('+') {
            return Err(refuse());
        }
        Ok(Some(clock.after_ms(Duration::from_secs(span_s))))
    }

    /// The absolute last moment to pay.
    pub(crate) fn time_expire_ms(&self, clock: &Clock) -> Result<Option<i64>, Refusal> {
        let Some(text) = self.text("time_expire", 32)? else { return Ok(None) };
        let moment =
            read_china_text(&text).ok_or_else(|| Refusal::invalid("time_expire", "格式应为yyyy-MM-dd HH:mm:ss"))?;
        if moment <= clock.now_ms() {
            return Err(Refusal::business("ACQ.NOW_TIME_AFTER_EXPIRE_TIME_ERROR", "当前时间已超过允许支付的时间"));
        }
        Ok(Some(clock.bring_near_ms(moment)))
    }
}
