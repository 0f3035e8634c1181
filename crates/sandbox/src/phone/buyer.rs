//! The pretend buyers' account numbers, always the same for the same buyer.

use aws_lc_rs::digest::{SHA256, digest};

fn hash(buyer: Option<&str>) -> String {
    hex::encode(digest(&SHA256, buyer.unwrap_or_default().as_bytes()))
}

fn digits(buyer: Option<&str>, length: usize) -> String {
    let as_digit = |c: char| char::from(b'0' + (c.to_digit(16).unwrap_or_default() % 10) as u8);
    hash(buyer).chars().map(as_digit).take(length).collect()
}

/// Alipay's 16-digit user id.
pub(crate) fn user_id(buyer: Option<&str>) -> String {
    format!("2088{}", digits(buyer, 12))
}

/// Alipay's masked log-on name.
pub(crate) fn logon_id(buyer: Option<&str>) -> String {
    let digits = digits(buyer, 6);
    format!("1{}****{}", &digits[..2], &digits[2..])
}

/// WeChat Pay's id of a payer towards one app: 28 characters.
pub(crate) fn openid(buyer: Option<&str>) -> String {
    format!("o{}", &hash(buyer)[..27])
}
