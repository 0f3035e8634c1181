//! The channels' own books: what a trade and a refund may do, by the rules of the real ones. Nothing here knows the
//! storefront; at the end these books judge it.

use crate::tally::Tally;
use gateway::{Prepay, Refund};
use order::PayType;
use std::collections::BTreeMap;

/// WeChat Pay moves a deadline to one minute after the order at least (Native order, `time_expire`), seconds.
const WECHAT_EXPIRY_MIN_S: i64 = 60;

/// Where a trade stands at its channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stand {
    /// Nobody scanned the code. Alipay has no trade yet, WeChat Pay says "not paid".
    Unscanned,
    /// Somebody scanned it (Alipay only).
    Waiting,
    /// Paid. It may have been returned since.
    Paid,
    /// Can no longer be paid.
    Closed,
}

/// Money a channel took.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    /// How much, fen.
    pub amount: i64,
    /// When, Unix seconds.
    pub at: i64,
    /// The channel's own number.
    pub channel_no: String,
    /// When its query shows it: a channel's answers may lag behind its books.
    pub shown_at: i64,
}

/// Where money going back stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// On its way until a time, Unix seconds.
    Processing(i64),
    /// Stuck until a person helps at a time, Unix seconds (WeChat Pay).
    Abnormal(i64),
    /// On its way until a time, Unix seconds; then the channel ends it for good (WeChat Pay).
    Ending(i64),
    /// Ended for good: nothing went back, and its number is used up (WeChat Pay).
    Ended,
    /// Back.
    Done,
}

/// Money going back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Return {
    /// How much, fen.
    pub amount: i64,
    /// Where it stands.
    pub way: Way,
    /// When it was asked for, Unix seconds.
    pub at: i64,
}

/// One trade.
#[derive(Clone, Debug)]
pub struct Trade {
    /// The channel.
    pub pay_type: PayType,
    /// What was asked for, fen.
    pub amount: i64,
    /// When the code ends, Unix seconds of the channel's clock.
    pub expires_at: i64,
    /// What the order call said: a repeated one must say the same.
    pub said: (i64, String, i64),
    /// The payment string that can be paid. WeChat Pay outdates each by the next.
    pub code: Option<String>,
    /// Where it stands.
    pub stand: Stand,
    /// An unscanned Alipay code that was cancelled: no trade, and never one.
    pub cancelled: bool,
    /// The channel breaks its word for this trade: it says closed, and the code can be paid all the same.
    pub lax: bool,
    /// What was paid.
    pub taken: Option<Taken>,
    /// What went back, by number.
    pub returns: BTreeMap<String, Return>,
}

/// What the order call gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ordered {
    /// A payment string.
    Code(String),
    /// The number was used with other data.
    NumberUsed,
    /// It is paid.
    AlreadyPaid,
    /// It is closed.
    AlreadyClosed,
    /// Its time to pay is over.
    TooLate,
}

/// What the refund call gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sent {
    /// Taken, new or known.
    Way(Way),
    /// Refused, and nothing went back.
    NotPaid,
    /// More than is left, or than was paid.
    TooMuch,
    /// The number was used for another amount.
    NumberUsed,
}

/// Both channels' books.
#[derive(Clone, Debug, Default)]
pub struct Books {
    /// By merchant order number.
    pub trades: BTreeMap<String, Trade>,
    codes: BTreeMap<String, String>,
    numbers: u64,
    /// What no channel should ever be asked for: each is a fault of who asked.
    pub abuses: Vec<String>,
}

impl Trade {
    /// Whether a phone that has the code can pay it at `now`.
    #[must_use]
    pub fn is_payable(&self, now: i64) -> bool {
        let open = match self.stand {
            Stand::Unscanned => !self.cancelled || self.lax,
            Stand::Waiting => true,
            Stand::Closed => self.lax,
            Stand::Paid => false,
        };
        open && self.code.is_some() && now < self.expires_at
    }

    /// What went back or is on its way, fen.
    #[must_use]
    pub fn returned(&self) -> i64 {
        self.returns.values().filter(|back| back.way != Way::Ended).map(|back| back.amount).sum()
    }

    /// What is back for certain, fen.
    #[must_use]
    pub fn back(&self) -> i64 {
        self.returns.values().filter(|back| back.way == Way::Done).map(|back| back.amount).sum()
    }

    /// Lets the channel's clock do what it does by itself.
    fn settle(&mut self, now: i64) {
        if self.pay_type == PayType::Alipay && self.stand == Stand::Waiting && now >= self.expires_at {
            self.stand = Stand::Closed;
        }
        for back in self.returns.values_mut() {
            back.way = match back.way {
                Way::Processing(until) | Way::Abnormal(until) if now >= until => Way::Done,
                Way::Ending(until) if now >= until => Way::Ended,
                way => way,
            };
        }
    }
}

impl Books {
    /// The trade of that number, as it stands at `now`.
    pub fn trade(&mut self, pay_id: &str, now: i64) -> Option<&mut Trade> {
        let trade = self.trades.get_mut(pay_id)?;
        trade.settle(now);
        Some(trade)
    }

    /// Lets the channels' clock do what it does by itself, for every trade.
    pub fn settle(&mut self, now: i64) {
        self.trades.values_mut().for_each(|trade| trade.settle(now));
    }

    /// The order call.
    pub fn order(&mut self, pay_type: PayType, request: &Prepay, now: i64, lax: bool) -> Ordered {
        let pay_id = request.pay_id.as_str();
        let said = (request.amount.get(), request.subject.clone(), request.expires_at_s);
        if let Some(trade) = self.trade(pay_id, now) {
            let (stand, same) = (trade.stand, trade.said == said || trade.said.1.is_empty());
            if !same {
                self.abuses.push(format!("{pay_id} was ordered again with other data"));
                return Ordered::NumberUsed;
            }
            match stand {
                Stand::Paid => return Ordered::AlreadyPaid,
                Stand::Closed => return Ordered::AlreadyClosed,
                Stand::Unscanned | Stand::Waiting => {}
            }
        }
        if pay_type == PayType::Alipay && now >= request.expires_at_s {
            return Ordered::TooLate;
        }
        let code = self.new_code(pay_type, pay_id);
        let expires_at = match pay_type {
            PayType::Alipay => request.expires_at_s,
            PayType::Wechat => request.expires_at_s.max(now.saturating_add(WECHAT_EXPIRY_MIN_S)),
        };
        let fresh = Trade {
            pay_type,
            amount: request.amount.get(),
            expires_at,
            said,
            code: None,
            stand: Stand::Unscanned,
            cancelled: false,
            lax,
            taken: None,
            returns: BTreeMap::new(),
        };
        let trade = self.trades.entry(pay_id.to_owned()).or_insert(fresh);
        trade.code = Some(code.clone());
        Ordered::Code(code)
    }

    /// Alipay repeats its code, WeChat Pay makes a new one each time.
    fn new_code(&mut self, pay_type: PayType, pay_id: &str) -> String {
        let known = self.trades.get(pay_id).and_then(|trade| trade.code.clone());
        if let (PayType::Alipay, Some(code)) = (pay_type, known) {
            return code;
        }
        self.numbers = self.numbers.saturating_add(1);
        let code = match pay_type {
            PayType::Alipay => format!("https://qr.alipay.com/bax{:08x}", self.numbers),
            PayType::Wechat => format!("weixin://wxpay/bizpayurl?pr={:08x}", self.numbers),
        };
        self.codes.insert(code.clone(), pay_id.to_owned());
        code
    }

    /// The number a code was made for, if it is the one that can be paid.
    fn by_code(&mut self, code: &str, now: i64) -> Option<&mut Trade> {
        let pay_id = self.codes.get(code)?.clone();
        self.trade(&pay_id, now).filter(|trade| trade.code.as_deref() == Some(code))
    }

    /// A phone scans a code. Only Alipay tells anybody.
    pub fn scan(&mut self, code: &str, now: i64) {
        if let Some(trade) = self.by_code(code, now)
            && trade.pay_type == PayType::Alipay
            && trade.stand == Stand::Unscanned
            && trade.is_payable(now)
        {
            trade.stand = Stand::Waiting;
            trade.cancelled = false;
        }
    }

    /// A phone pays a code: the number it paid, or `None` when the channel refuses. `less` fen too little are paid when
    /// the channel itself is at fault.
    pub fn pay(&mut self, code: &str, now: i64, lag_s: i64, less: i64) -> Option<String> {
        self.numbers = self.numbers.saturating_add(1);
        let channel_no = format!("{:028}", self.numbers);
        let pay_id = self.codes.get(code)?.clone();
        let trade = self.by_code(code, now)?;
        if !trade.is_payable(now) {
            return None;
        }
        let amount = trade.amount.saturating_sub(less).max(1);
        trade.stand = Stand::Paid;
        trade.taken = Some(Taken { amount, at: now, channel_no, shown_at: now.saturating_add(lag_s) });
        Some(pay_id)
    }

    /// The close call of WeChat Pay, and of Alipay for a trade that somebody scanned. `None` where Alipay has no trade;
    /// otherwise whether it is closed now.
    pub fn close(&mut self, pay_type: PayType, pay_id: &str, now: i64) -> Option<bool> {
        let Some(trade) = self.trade(pay_id, now) else {
            if pay_type == PayType::Alipay {
                return None;
            }
            // Closing a number that was never ordered burns it.
            self.trades.insert(pay_id.to_owned(), burnt(pay_type, now));
            return Some(true);
        };
        match (pay_type, trade.stand) {
            (PayType::Alipay, Stand::Unscanned) => None,
            // Only a trade that waits for its buyer can be closed at Alipay, so a closed one cannot.
            (_, Stand::Paid) | (PayType::Alipay, Stand::Closed) => Some(false),
            (PayType::Wechat, _) | (PayType::Alipay, Stand::Waiting) => {
                trade.stand = Stand::Closed;
                Some(true)
            }
        }
    }

    /// Alipay's cancel: ends what is unpaid, returns what is paid. `None` where it refuses; otherwise whether it
    /// returned money.
    pub fn cancel(&mut self, pay_id: &str, now: i64) -> Option<bool> {
        let Some(trade) = self.trade(pay_id, now) else {
            self.trades.insert(pay_id.to_owned(), burnt(PayType::Alipay, now));
            return Some(false);
        };
        match trade.stand {
            Stand::Unscanned => {
                trade.cancelled = true;
                Some(false)
            }
            Stand::Waiting => {
                trade.stand = Stand::Closed;
                Some(false)
            }
            Stand::Closed => Some(false),
            Stand::Paid => {
                let amount = trade.taken.as_ref().map_or(0, |taken| taken.amount);
                // A trade with refunds, or one that is not what it should be, is not cancelled.
                if !trade.returns.is_empty() || amount != trade.amount {
                    return None;
                }
                trade.returns.insert("cancelled".into(), Return { amount, way: Way::Done, at: now });
                Some(true)
            }
        }
    }

    /// The refund call. A new one goes `way`.
    pub fn refund(&mut self, request: &Refund, now: i64, way: Way) -> Sent {
        let (pay_id, refund_id, amount) = (request.pay_id.as_str(), request.refund_id.as_str(), request.amount.get());
        let Some(trade) = self.trade(pay_id, now) else {
            self.abuses.push(format!("{refund_id}: a refund of a trade that is not there"));
            return Sent::NotPaid;
        };
        let Some(paid) = trade.taken.as_ref().map(|taken| taken.amount) else {
            self.abuses.push(format!("{refund_id}: a refund of a trade that is not paid"));
            return Sent::NotPaid;
        };
        if let Some(known) = trade.returns.get(refund_id) {
            let (same, way) = (known.amount == amount, known.way);
            if same {
                return Sent::Way(way);
            }
            self.abuses.push(format!("{refund_id}: the same number for another amount"));
            return Sent::NumberUsed;
        }
        if request.total.get() != paid || trade.returned().saturating_add(amount) > paid {
            self.abuses.push(format!("{refund_id}: {amount} more than the trade of {paid} has left"));
            return Sent::TooMuch;
        }
        trade.returns.insert(refund_id.to_owned(), Return { amount, way, at: now });
        Sent::Way(way)
    }

    /// Money paid and not returned for certain, of one channel, fen.
    #[must_use]
    pub fn cash(&self, pay_type: PayType) -> i64 {
        let of_it = self.trades.values().filter(|trade| trade.pay_type == pay_type);
        of_it.map(|trade| trade.taken.as_ref().map_or(0, |taken| taken.amount).saturating_sub(trade.back())).sum()
    }

    /// When money moved, Unix seconds.
    pub fn moved_at(&self) -> impl Iterator<Item = i64> {
        let came = self.trades.values().filter_map(|trade| trade.taken.as_ref().map(|taken| taken.at));
        came.chain(self.trades.values().flat_map(|trade| trade.returns.values().map(|back| back.at)))
    }

    /// Counts what became of the trades.
    pub fn count(&self, tally: &mut Tally) {
        for trade in self.trades.values() {
            tally.add(match (&trade.taken, trade.back()) {
                (None, _) => "channel: trade never paid",
                (Some(_), 0) => "channel: trade paid",
                (Some(taken), back) if back == taken.amount => "channel: trade paid and returned in full",
                (Some(_), _) => "channel: trade paid and returned in part",
            });
        }
    }
}

/// A number that was ended before it was ever ordered.
fn burnt(pay_type: PayType, now: i64) -> Trade {
    Trade {
        pay_type,
        amount: 0,
        expires_at: now,
        said: (0, String::new(), 0),
        code: None,
        stand: Stand::Closed,
        cancelled: true,
        lax: false,
        taken: None,
        returns: BTreeMap::new(),
    }
}
