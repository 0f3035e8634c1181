//! What goes wrong on purpose, per channel: the model, its file, and the count of what fired.
//!
//! The model is read from `faults.json` in the data folder at start and written back on every change, so a fault
//! with a count survives a restart with what is left of it.

pub(crate) mod calls;
pub(crate) mod routes;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};

use crate::files::{FileError, read, write_private};
use crate::trade::Channel;

/// Something that can go wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// The answer takes `wait_ms` longer (default 3000).
    Delay,
    /// No answer, and nothing happened.
    TimeoutBefore,
    /// No answer, but it happened.
    TimeoutAfter,
    /// HTTP 502 from something in front of the channel; nothing happened.
    HttpErrorBefore,
    /// HTTP 502 from something in front of the channel, but it happened.
    HttpErrorAfter,
    /// The channel's own "system error"; nothing happened.
    SystemErrorBefore,
    /// The channel's own "system error", but it happened.
    SystemErrorAfter,
    /// Too many calls (Alipay 40005, WeChat Pay 429).
    RateLimited,
    /// The channel refuses to take the order.
    OrderRefused,
    /// An answer with a probe signature (`WECHATPAY/SIGNTEST/...`, not valid base64).
    AnswerSignatureProbe,
    /// An answer whose signature belongs to another text.
    AnswerSignatureWrong,
    /// An answer without signature.
    AnswerSignatureMissing,
    /// A query answers an amount one fen higher, correctly signed.
    AnswerAmountAltered,
    /// A query of a paid trade answers as if it were not paid yet: the channel's books lag behind its till.
    QueryBehind,
    /// A close or cancel of an unpaid trade is answered as done, and nothing happened: its code can still be paid.
    CloseIgnored,
    /// A notice is lost for good.
    NoticeDropped,
    /// A notice comes `wait_ms` later (default 8000).
    NoticeLate,
    /// A notice is delivered `copies` times (default 2) although the merchant took it.
    NoticeDoubled,
    /// A notice comes after the next one of the channel, or after `wait_ms` (default 10000).
    NoticeReordered,
    /// A notice with a probe signature.
    NoticeSignatureProbe,
    /// A notice whose signature belongs to another text.
    NoticeSignatureWrong,
    /// A notice without signature.
    NoticeSignatureMissing,
    /// A notice states an amount one fen higher, correctly signed.
    NoticeAmountAltered,
    /// A refund is refused because the merchant's balance does not reach.
    BalanceNotEnough,
    /// A WeChat Pay refund ends ABNORMAL.
    RefundAbnormal,
    /// A paid code can be paid again, by another buyer.
    DoublePayment,
    /// WeChat Pay signs with its platform certificate instead of its public key.
    CertificateKey,
    /// WeChat Pay signs with a platform certificate the merchant has not seen yet.
    NextCertificateKey,
    /// The channel's clock is off by `skew_s` (default 600).
    ClockSkew,
    /// Nothing of the channel answers: HTTP 502 to every call, its wallet opens no code, and its notices wait.
    ChannelDown,
}

/// How a fault behaves while it is on.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Setting {
    /// How often it still fires; without a count it stays on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<u32>,
    /// For faults that wait, in milliseconds of real time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wait_ms: Option<u64>,
    /// For doubled notices: deliveries in all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub copies: Option<u32>,
    /// For the clock: seconds ahead (negative: behind).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub skew_s: Option<i64>,
    /// Only these calls (`order`, `query`, `close`, `cancel`, `refund`, `refund_query`, `bill`, `certificates`);
    /// empty means all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub calls: Vec<String>,
    /// How often it has fired since the data folder was made. Only reported; what is sent here is ignored.
    #[serde(default)]
    pub fired: u64,
}

/// All faults, as `GET /faults` shows and `PUT /faults` takes them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Model {
    /// The factor by which lifetimes and schedules are shortened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clock_speed: Option<u32>,
    /// Alipay's faults; in a `PUT`, leaving it out leaves them as they are.
    #[serde(default)]
    pub alipay: Option<BTreeMap<Fault, Setting>>,
    /// WeChat Pay's faults; in a `PUT`, leaving it out leaves them as they are.
    #[serde(default)]
    pub wechat: Option<BTreeMap<Fault, Setting>>,
}

/// The faults could not be read or kept.
#[derive(Debug, thiserror::Error)]
pub enum FaultsError {
    /// The file could not be used.
    #[error(transparent)]
    File(#[from] FileError),
    /// The file does not hold faults.
    #[error("{path} does not hold faults: {source}; correct it or delete it")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: serde_json::Error,
    },
}

tokio::task_local! {
    /// What fires during a piece of work that [`noting`] looks after.
    static FIRED: RefCell<Vec<Fault>>;
}

/// Does the work and says which faults fired in it.
pub(crate) async fn noting<T>(work: impl Future<Output = T>) -> (T, Vec<Fault>) {
    let noted = async {
        let done = work.await;
        (done, FIRED.with(RefCell::take))
    };
    FIRED.scope(RefCell::default(), noted).await
}

/// The faults that are on.
pub(crate) struct Faults {
    file: PathBuf,
    kept: Mutex<Kept>,
}

/// What the file holds.
#[derive(Default)]
struct Kept {
    clock_speed: Option<u32>,
    channels: BTreeMap<Channel, BTreeMap<Fault, Setting>>,
}

impl Faults {
    /// Reads `faults.json` in the data folder; without it nothing goes wrong.
    pub(crate) fn open(data: &Path) -> Result<(Self, Option<u32>), FaultsError> {
        let file = data.join("faults.json");
        let model = if file.exists() {
            let text = read(&file)?;
            serde_json::from_str(&text).map_err(|source| FaultsError::Damaged { path: file.clone(), source })?
        } else {
            Model { clock_speed: None, alipay: None, wechat: None }
        };
        let channels = BTreeMap::from([
            (Channel::Alipay, model.alipay.unwrap_or_default()),
            (Channel::Wechat, model.wechat.unwrap_or_default()),
        ]);
        let kept = Kept { clock_speed: model.clock_speed, channels };
        Ok((Self { file, kept: Mutex::new(kept) }, model.clock_speed))
    }

    /// Replaces the faults of the channels the model names. What has fired stays counted.
    pub(crate) fn put(&self, model: Model) -> Result<(), FaultsError> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.clock_speed = model.clock_speed.or(kept.clock_speed);
        for (channel, wanted) in [(Channel::Alipay, model.alipay), (Channel::Wechat, model.wechat)] {
            let Some(mut wanted) = wanted else { continue };
            let present = kept.channels.entry(channel).or_default();
            for setting in wanted.values_mut() {
                setting.fired = 0;
            }
            for (fault, old) in present.iter().filter(|(_, old)| old.fired > 0) {
                let off = Setting { count: Some(0), ..Setting::default() };
                wanted.entry(*fault).or_insert(off).fired = old.fired;
            }
            *present = wanted;
        }
        self.write(&kept)
    }

    /// What is on and what has fired.
    pub(crate) fn model(&self, clock_speed: u32) -> Model {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        Model {
            clock_speed: Some(clock_speed),
            alipay: kept.channels.get(&Channel::Alipay).cloned(),
            wechat: kept.channels.get(&Channel::Wechat).cloned(),
        }
    }

    /// Whether the fault is on for this call; if so it has fired now.
    pub(crate) fn fire(&self, channel: Channel, fault: Fault, call: &str) -> Option<Setting> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let setting = kept.channels.get_mut(&channel)?.get_mut(&fault)?;
        let meant = setting.calls.is_empty() || setting.calls.iter().any(|name| name == call);
        if !meant || setting.count == Some(0) {
            return None;
        }
        setting.count = setting.count.map(|count| count - 1);
        setting.fired += 1;
        let fired = setting.clone();
        if let Err(error) = self.write(&kept) {
            tracing::warn!(%error, "the faults could not be written down");
        }
        // Outside of `noting` nobody asks.
        let _unasked = FIRED.try_with(|fired| fired.borrow_mut().push(fault));
        tracing::info!(channel = channel.name(), ?fault, call, "a fault fired");
        Some(fired)
    }

    /// Whether the fault is on at all; asking does not use up a count.
    pub(crate) fn is_on(&self, channel: Channel, fault: Fault) -> bool {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.channels
            .get(&channel)
            .and_then(|faults| faults.get(&fault))
            .is_some_and(|setting| setting.count != Some(0))
    }

    /// By how much the channel's clock is off, in milliseconds. Looking at the clock does not use up a count.
    pub(crate) fn skew_ms(&self, channel: Channel) -> i64 {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let setting = kept.channels.get(&channel).and_then(|faults| faults.get(&Fault::ClockSkew));
        match setting {
            Some(setting) if setting.count != Some(0) => setting.skew_s.unwrap_or(600).saturating_mul(1000),
            Some(_) | None => 0,
        }
    }

    fn write(&self, kept: &Kept) -> Result<(), FaultsError> {
        let model = Model {
            clock_speed: kept.clock_speed,
            alipay: kept.channels.get(&Channel::Alipay).cloned(),
            wechat: kept.channels.get(&Channel::Wechat).cloned(),
        };
        let text = serde_json::to_string_pretty(&model)
            .map_err(|source| FaultsError::Damaged { path: self.file.clone(), source })?;
        Ok(write_private(&self.file, &text)?)
    }
}
