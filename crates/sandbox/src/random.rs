//! Identifiers and nonces in the shapes the channels use.

use crate::clock::compact_day;

const LOWER: &[u8] = b"0123456789abcdefghijklmnopqrstuvwxyz";
const MIXED: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const DIGITS: &[u8] = b"0123456789";

/// Bytes from the system's generator.
pub(crate) fn bytes<const N: usize>() -> [u8; N] {
    let mut out = [0_u8; N];
    getrandom::fill(&mut out).expect("the operating system gives random bytes");
    out
}

fn from_alphabet(alphabet: &[u8], length: usize) -> String {
    let mut text = String::with_capacity(length);
    while text.len() < length {
        for byte in bytes::<32>() {
            // Bytes beyond the last whole multiple of the alphabet would favour its beginning.
            let limit = 256 - 256 % alphabet.len();
            let value = usize::from(byte);
            if value < limit && text.len() < length {
                text.push(char::from(alphabet[value % alphabet.len()]));
            }
        }
    }
    text
}

/// Lower-case letters and digits.
pub(crate) fn lower(length: usize) -> String {
    from_alphabet(LOWER, length)
}

/// Letters of both cases and digits.
pub(crate) fn mixed(length: usize) -> String {
    from_alphabet(MIXED, length)
}

/// Decimal digits.
pub(crate) fn digits(length: usize) -> String {
    from_alphabet(DIGITS, length)
}

/// 32 lower-case hexadecimal digits.
pub(crate) fn nonce() -> String {
    hex::encode(bytes::<16>())
}

/// A lower-case UUID of version 4.
pub(crate) fn uuid() -> String {
    let mut raw = bytes::<16>();
    raw[6] = (raw[6] & 0x0f) | 0x40;
    raw[8] = (raw[8] & 0x3f) | 0x80;
    let text = hex::encode(raw);
    format!("{}-{}-{}-{}-{}", &text[..8], &text[8..12], &text[12..16], &text[16..20], &text[20..])
}

/// Alipay's trade number: day, `22001`, 15 digits.
pub(crate) fn alipay_trade_no(now_ms: i64) -> String {
    format!("{}22001{}", compact_day(now_ms), digits(15))
}

/// Alipay's notice id: day, `00222`, digits; 34 characters as in real notices.
pub(crate) fn alipay_notify_id(now_ms: i64) -> String {
    format!("{}01222{}", compact_day(now_ms), digits(21))
}

/// WeChat Pay's transaction id: 28 digits that begin with 4200 and contain the day.
pub(crate) fn wechat_transaction_id(now_ms: i64) -> String {
    format!("4200{}{}{}", digits(6), compact_day(now_ms), digits(10))
}

/// WeChat Pay's refund id: 29 digits that begin with 503 and contain the day.
pub(crate) fn wechat_refund_id(now_ms: i64) -> String {
    format!("503{}{}{}", digits(7), compact_day(now_ms), digits(11))
}

/// The text of an Alipay payment code.
pub(crate) fn alipay_code() -> String {
    format!("https://qr.alipay.com/bax{}{}", digits(5), lower(16))
}

/// The text of a WeChat Pay Native payment code.
pub(crate) fn wechat_code() -> String {
    format!("weixin://wxpay/bizpayurl?pr={}", mixed(9))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_have_the_lengths_of_the_real_ones() {
        let now = 1_703_112_877_000;
        assert_eq!(alipay_trade_no(now).len(), 28);
        assert_eq!(alipay_notify_id(now).len(), 34);
        assert_eq!(wechat_transaction_id(now).len(), 28);
        assert_eq!(wechat_refund_id(now).len(), 29);
        assert_eq!(uuid().len(), 36);
        assert_ne!(nonce(), nonce());
    }
}
