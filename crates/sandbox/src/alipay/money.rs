//! Yuan as text, fen as integers.

use serde_json::Value;

/// Reads `88.88` from a JSON string or number. `None` when it is no amount or has more than two decimals.
pub(crate) fn read_fen(value: &Value) -> Option<i64> {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => return None,
    };
    let (whole, part) = text.split_once('.').unwrap_or((text.as_str(), "00"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(part) || part.len() > 2 || whole.len() > 12 {
        return None;
    }
    let yuan: i64 = whole.parse().ok()?;
    let fen: i64 = part.parse().ok()?;
    let fen = if part.len() == 1 { fen * 10 } else { fen };
    yuan.checked_mul(100)?.checked_add(fen)
}

/// Writes fen as yuan with two decimals.
pub(crate) fn yuan(fen: i64) -> String {
    format!("{}.{:02}", fen / 100, fen % 100)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn amounts_are_read_without_floats_and_written_with_two_decimals() {
        assert_eq!(read_fen(&json!("88.88")), Some(8888));
        assert_eq!(read_fen(&json!(0.1)), Some(10));
        assert_eq!(read_fen(&json!(7)), Some(700));
        for bad in [json!("1.234"), json!("-1.00"), json!("1,00"), json!(""), json!(".5"), json!("5."), json!(null)] {
            assert_eq!(read_fen(&bad), None, "{bad}");
        }
        assert_eq!(yuan(8888), "88.88");
        assert_eq!(yuan(5), "0.05");
    }
}
