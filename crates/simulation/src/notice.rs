//! Notices as the simulated channels write them: JSON under a keyed hash.

use aws_lc_rs::hmac;
use gateway::{NoticeError, RawNotice};
use order::PayType;
use serde::{Deserialize, Serialize};

/// The header that carries the hash.
const MAC: &str = "sim-mac";
/// The header that carries the time, Unix seconds.
const TIME: &str = "sim-time";
/// How far a notice's time may lie from the server's, seconds.
const FRESH_WITHIN_S: i64 = 300;

/// What a notice says.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Told {
    /// The channel's id of it, the same each time it is repeated.
    pub notice_id: String,
    /// The merchant order number.
    pub pay_id: String,
    /// The refund, when it tells of one.
    pub refund_id: Option<String>,
    /// What it says was paid, fen.
    pub amount: Option<i64>,
}

/// A notice on its way.
#[derive(Clone, Debug)]
pub struct Sealed {
    /// Header names in lower case, with their values.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

fn key(pay_type: PayType) -> hmac::Key {
    hmac::Key::new(hmac::HMAC_SHA256, format!("the notice key of {pay_type}").as_bytes())
}

fn mac(pay_type: PayType, time: &str, body: &[u8]) -> String {
    let mut context = hmac::Context::with_key(&key(pay_type));
    context.update(time.as_bytes());
    context.update(b"\n");
    context.update(body);
    hex::encode(context.sign().as_ref())
}

impl Told {
    /// Writes it as the channel does, at `now` of its own clock. Without the key, the hash is made up.
    #[must_use]
    pub fn seal(&self, pay_type: PayType, now: i64, with_key: bool) -> Sealed {
        // A struct of texts and numbers always has a JSON form.
        let body = serde_json::to_vec(self).unwrap_or_default();
        let time = now.to_string();
        let mac = if with_key { mac(pay_type, &time, &body) } else { hex::encode([0_u8; 32]) };
        Sealed { headers: vec![(TIME.into(), time), (MAC.into(), mac)], body }
    }
}

/// Verifies a notice and reads it.
///
/// # Errors
/// [`NoticeError`].
pub fn open(pay_type: PayType, notice: &RawNotice<'_>, now: i64) -> Result<Told, NoticeError> {
    let header = |name: &str| notice.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
    let (time, found) = header(TIME).zip(header(MAC)).ok_or(NoticeError::BadSignature)?;
    if mac(pay_type, time, notice.body) != found {
        return Err(NoticeError::BadSignature);
    }
    let at: i64 = time.parse().map_err(|_| NoticeError::Malformed("the time is no number".into()))?;
    if (now.saturating_sub(at)).abs() > FRESH_WITHIN_S {
        return Err(NoticeError::Stale);
    }
    serde_json::from_slice(notice.body).map_err(|error| NoticeError::Malformed(error.to_string()))
}
