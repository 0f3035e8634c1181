//! A channel as the storefront meets it: its books, behind a wire that loses things.

use crate::books::{Books, Ordered, Sent, Stand, Trade, Way};
use crate::faults::Point;
use crate::notice;
use crate::stage::{Deed, Late, Pause, Scene, Stage};
use async_trait::async_trait;
use gateway::{
    BillKind, BillLine, Channel, CloseAnswer, Error, Notice, NoticeAnswer, NoticeError, NoticeKind, Prepay, RawNotice,
    Refund, RefundStanding, Refusal, Standing,
};
use order::{Fen, Merchant, PayId, PayType, Payment, RefundId};
use std::sync::Arc;
use storefront::reconcile::Day;

/// Longest a call takes, seconds: the gateway's own limit (`gateway::Limits`).
const CALL_MAX_S: i64 = 10;
/// Longest a request lies about on its way after it was given up, seconds.
const LATE_MAX_S: i64 = 90;

/// One channel.
#[derive(Debug)]
pub struct SimChannel {
    stage: Arc<Stage>,
    pay_type: PayType,
    merchant: Merchant,
}

/// What becomes of a call.
enum Fate {
    Answered,
    AnswerLost,
    RequestLost,
    Late,
    Busy,
}

impl Fate {
    const fn name(&self) -> &'static str {
        match self {
            Fate::Answered => "heard",
            Fate::AnswerLost => "the answer is lost",
            Fate::RequestLost => "the request was lost",
            Fate::Late => "the request comes late",
            Fate::Busy => "busy",
        }
    }
}

fn unknown(why: &str) -> Error {
    Error::Unknown { why: why.into() }
}

fn refused(refusal: Refusal, code: &str) -> Error {
    Error::Refused { refusal, code: code.into(), why: "the simulated channel says so".into() }
}

/// The merchant that trades at a channel are made for.
#[must_use]
pub fn merchant(pay_type: PayType) -> Merchant {
    match pay_type {
        PayType::Alipay => Merchant { partner_id: "2088000000000001".into(), app_id: "2021000000000001".into() },
        PayType::Wechat => Merchant { partner_id: "1900000001".into(), app_id: "wx0000000000000001".into() },
    }
}

impl SimChannel {
    /// The channel of that type, with its books on the stage.
    #[must_use]
    pub fn new(stage: Arc<Stage>, pay_type: PayType) -> SimChannel {
        SimChannel { stage, pay_type, merchant: merchant(pay_type) }
    }

    /// Makes a call: others go first, it may be lost either way, and others go before the answer. `late` is what arrives
    /// after the caller gave up, if that is possible.
    async fn call<T: std::fmt::Debug>(
        &self,
        about: &str,
        late: Option<Late>,
        effect: impl FnOnce(&mut Scene) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let begun = self.stage.scene().now;
        self.stage.pause(Pause::Call).await;
        self.stage.scene().hear(about);
        let fate = if self.given_up(begun) { Fate::RequestLost } else { self.fate(late) };
        self.stop_if_crashed().await;
        if matches!(fate, Fate::Busy) {
            return Err(Error::Busy { retry_after_s: 1 });
        }
        let answer = match fate {
            Fate::Answered | Fate::AnswerLost => Some(effect(&mut self.stage.scene())),
            Fate::RequestLost | Fate::Late | Fate::Busy => None,
        };
        self.stage.pause(Pause::Call).await;
        {
            let mut scene = self.stage.scene();
            if scene.meet(Point::CrashAfterAnswer) {
                scene.crash("fault: crash after an answer");
            }
        }
        self.stop_if_crashed().await;
        let fate = match fate {
            Fate::Answered if self.given_up(begun) => Fate::AnswerLost,
            fate => fate,
        };
        self.stage.scene().note(|| match &answer {
            Some(answer) => format!("{} answers about {about}: {}, {answer:?}", self.pay_type, fate.name()),
            None => format!("{} answers about {about}: {}", self.pay_type, fate.name()),
        });
        match (fate, answer) {
            (Fate::Answered, Some(answer)) => answer,
            (Fate::AnswerLost, _) => Err(unknown("no answer came")),
            (Fate::Answered | Fate::RequestLost | Fate::Late | Fate::Busy, _) => Err(unknown("not reached")),
        }
    }

    /// Whether the caller waits no longer for a call that was begun then.
    fn given_up(&self, begun: i64) -> bool {
        self.stage.scene().now > begun.saturating_add(CALL_MAX_S)
    }

    /// A process that ended goes no further: the driver drops a task that pauses here.
    async fn stop_if_crashed(&self) {
        let crashed = self.stage.scene().crashed;
        if crashed {
            self.stage.pause(Pause::Call).await;
        }
    }

    fn fate(&self, late: Option<Late>) -> Fate {
        let mut scene = self.stage.scene();
        if scene.meet(Point::CrashBeforeCall) {
            scene.crash("fault: crash before a call");
        }
        let (lost, unanswered) = (scene.meet(Point::RequestLost), scene.meet(Point::AnswerLost));
        if scene.troubles.is_down(self.pay_type, scene.now) {
            scene.tally.add("fault: call to a channel that is down");
            return Fate::RequestLost;
        }
        if lost || scene.chance(|rates| rates.request_lost) {
            scene.tally.add("fault: request lost");
            return Fate::RequestLost;
        }
        if unanswered || scene.chance(|rates| rates.answer_lost) {
            scene.tally.add("fault: answer lost");
            return Fate::AnswerLost;
        }
        if let Some(late) = late
            && scene.chance(|rates| rates.late)
        {
            scene.tally.add("fault: request late");
            let at = scene.now.saturating_add(scene.rng.between(1, LATE_MAX_S));
            scene.deeds.push((at, Deed::Arrive(Box::new(late))));
            return Fate::Late;
        }
        if scene.chance(|rates| rates.busy) {
            scene.tally.add("fault: channel busy");
            return Fate::Busy;
        }
        Fate::Answered
    }

    fn payment(&self, pay_id: &PayId, trade: &Trade) -> Option<Payment> {
        let taken = trade.taken.as_ref()?;
        Some(Payment {
            pay_id: pay_id.clone(),
            pay_type: self.pay_type,
            merchant: self.merchant.clone(),
            amount: Fen::new(taken.amount).ok()?,
            currency: "CNY".into(),
            channel_no: taken.channel_no.clone(),
            paid_at: taken.at,
        })
    }

    fn standing(&self, pay_id: &PayId, books: &mut Books, now: i64) -> Standing {
        let Some(trade) = books.trade(pay_id.as_str(), now) else { return Standing::NoTrade };
        let shown = trade.taken.as_ref().is_some_and(|taken| taken.shown_at <= now);
        let payment = self.payment(pay_id, trade).filter(|_| shown);
        match (self.pay_type, trade.stand, payment) {
            (PayType::Alipay, Stand::Paid, Some(payment)) if trade.back() == payment.amount.get() => {
                Standing::ClosedAfterPayment(payment)
            }
            (_, Stand::Paid, Some(payment)) => Standing::Paid(payment),
            (PayType::Alipay, ..) if trade.cancelled => Standing::NoTrade,
            (PayType::Alipay, Stand::Unscanned, _) => Standing::NoTrade,
            (PayType::Alipay, Stand::Waiting | Stand::Paid, _) => Standing::WaitingForBuyer,
            (PayType::Wechat, Stand::Unscanned | Stand::Waiting | Stand::Paid, _) => Standing::NotPaid,
            (_, Stand::Closed, _) => Standing::Closed,
        }
    }

    /// The phone that waits for this moment pays.
    fn phone_pays(scene: &mut Scene) {
        if let Some(code) = scene.pays_at_close.take() {
            pay(scene, &code);
        }
    }

    /// Alipay's second call for a code that has no trade to close.
    async fn cancel(&self, pay_id: &PayId) -> Result<CloseAnswer, Error> {
        let pay_id = pay_id.clone();
        let until = self.stage.scene().now.saturating_add(CALL_MAX_S).saturating_add(LATE_MAX_S);
        self.call(pay_id.as_str(), Some(Late::Cancel(pay_id.to_string(), until)), |scene| {
            Self::phone_pays(scene);
            if scene.chance(|rates| rates.refused) {
                scene.tally.add("fault: cancel refused");
                return Err(refused(Refusal::Other, "ACQ.CANCEL_NOT_ALLOWED"));
            }
            let now = scene.now;
            Ok(match scene.books.cancel(pay_id.as_str(), now) {
                Some(false) => CloseAnswer::Closed,
                Some(true) => CloseAnswer::Returned,
                None => CloseAnswer::AlreadyPaid,
            })
        })
        .await
    }
}

/// A phone pays a code, if the channel lets it.
pub(crate) fn pay(scene: &mut Scene, code: &str) {
    let lag_s = if scene.chance(|rates| rates.lag) { scene.rng.between(1, 20) } else { 0 };
    let less = i64::from(scene.chance(|rates| rates.wrong_amount));
    let now = scene.now;
    match scene.books.pay(code, now, lag_s, less) {
        Some(pay_id) => {
            scene.tally.add("phone: paid");
            scene.note(|| format!("a phone pays {pay_id}, shown after {lag_s} s, {less} fen too little"));
            scene.deeds.push((now, Deed::TellPaid(pay_id)));
        }
        None => {
            scene.tally.add("phone: refused by the channel");
            scene.note(|| format!("a phone cannot pay {code}"));
        }
    }
}

/// A refund reaches the channel.
pub(crate) fn take_refund(scene: &mut Scene, request: &Refund, pay_type: PayType) -> Result<RefundStanding, Error> {
    let now = scene.now;
    let known = scene.books.trade(request.pay_id.as_str(), now);
    let known = known.is_some_and(|trade| trade.returns.contains_key(request.refund_id.as_str()));
    if !known && now < scene.troubles.poor {
        scene.tally.add("fault: balance not enough for a refund");
        return Err(refused(Refusal::NotEnoughBalance, "NOT_ENOUGH"));
    }
    let way = if known || !scene.chance(|rates| rates.slow_refund) {
        Way::Done
    } else if pay_type == PayType::Wechat && scene.rng.chance(200) {
        scene.tally.add("fault: refund ended by its channel");
        Way::Ending(now.saturating_add(scene.rng.between(1, 7_200)))
    } else if pay_type == PayType::Wechat && scene.rng.chance(300) {
        scene.tally.add("fault: refund needs a person");
        Way::Abnormal(now.saturating_add(scene.rng.between(60, 7_200)))
    } else {
        scene.tally.add("fault: refund takes its time");
        Way::Processing(now.saturating_add(scene.rng.between(1, 1_800)))
    };
    match scene.books.refund(request, now, way) {
        Sent::Way(way) => {
            let told_at = match way {
                Way::Processing(until) | Way::Abnormal(until) | Way::Ending(until) => until,
                Way::Done | Way::Ended => now,
            };
            if !known {
                let deed = Deed::TellRefund(request.pay_id.to_string(), request.refund_id.to_string());
                scene.deeds.push((told_at, deed));
            }
            Ok(shown(way))
        }
        Sent::NotPaid => Err(refused(Refusal::NotPaid, "RESOURCE_NOT_EXISTS")),
        Sent::TooMuch => Err(refused(Refusal::RefundTooMuch, "REFUND_AMT_NOT_EQUAL_TOTAL")),
        Sent::NumberUsed => Err(refused(Refusal::NumberUsed, "DISCORDANT_REPEAT_REQUEST")),
    }
}

fn shown(way: Way) -> RefundStanding {
    match way {
        Way::Processing(_) | Way::Ending(_) => RefundStanding::Processing,
        Way::Ended => RefundStanding::Closed,
        Way::Abnormal(_) => RefundStanding::Abnormal,
        Way::Done => RefundStanding::Done,
    }
}

#[async_trait]
impl Channel for SimChannel {
    fn pay_type(&self) -> PayType {
        self.pay_type
    }

    fn merchant(&self) -> &Merchant {
        &self.merchant
    }

    async fn prepay(&self, request: &Prepay) -> Result<String, Error> {
        self.call(request.pay_id.as_str(), Some(Late::Order(self.pay_type, request.clone())), |scene| {
            if scene.chance(|rates| rates.refused) {
                scene.tally.add("fault: order refused for good");
                return Err(match scene.rng.below(3) {
                    0 => Error::Ours { setting: "parameters", why: "the simulated channel says so".into() },
                    1 => refused(Refusal::SellerLimit, "MERCHANT_STATUS_NOT_NORMAL"),
                    _ => refused(Refusal::TextNotAllowed, "EXIST_FORBIDDEN_WORD"),
                });
            }
            let lax = scene.lax || scene.chance(|rates| rates.lax);
            let now = scene.now;
            match scene.books.order(self.pay_type, request, now, lax) {
                Ordered::Code(code) => Ok(code),
                Ordered::NumberUsed => Err(refused(Refusal::NumberUsed, "OUT_TRADE_NO_USED")),
                Ordered::AlreadyPaid => Err(refused(Refusal::AlreadyPaid, "ORDERPAID")),
                Ordered::AlreadyClosed => Err(refused(Refusal::AlreadyClosed, "ORDER_CLOSED")),
                Ordered::TooLate => Err(refused(Refusal::Other, "ACQ.NOW_TIME_AFTER_EXPIRE_TIME_ERROR")),
            }
        })
        .await
    }

    async fn query(&self, pay_id: &PayId) -> Result<Standing, Error> {
        self.call(pay_id.as_str(), None, |scene| {
            let now = scene.now;
            Ok(self.standing(pay_id, &mut scene.books, now))
        })
        .await
    }

    async fn close(&self, pay_id: &PayId) -> Result<CloseAnswer, Error> {
        let closed = self
            .call(pay_id.as_str(), Some(Late::Close(self.pay_type, pay_id.to_string())), |scene| {
                let now = scene.now;
                let trade = scene.books.trade(pay_id.as_str(), now);
                // At Alipay a code that nobody scanned is ended by the next call.
                if self.pay_type == PayType::Wechat || trade.is_some_and(|trade| trade.stand == Stand::Waiting) {
                    Self::phone_pays(scene);
                }
                Ok(scene.books.close(self.pay_type, pay_id.as_str(), now))
            })
            .await?;
        match closed {
            Some(true) => Ok(CloseAnswer::Closed),
            Some(false) => Ok(CloseAnswer::AlreadyPaid),
            None => self.cancel(pay_id).await,
        }
    }

    async fn refund(&self, request: &Refund) -> Result<RefundStanding, Error> {
        let late = Late::Refund(request.clone());
        self.call(request.refund_id.as_str(), Some(late), |scene| take_refund(scene, request, self.pay_type)).await
    }

    async fn refund_query(&self, pay_id: &PayId, refund_id: &RefundId) -> Result<RefundStanding, Error> {
        self.call(refund_id.as_str(), None, |scene| {
            let now = scene.now;
            let trade = scene.books.trade(pay_id.as_str(), now);
            let way = trade.and_then(|trade| trade.returns.get(refund_id.as_str()).map(|back| back.way));
            Ok(match (self.pay_type, way) {
                // Alipay shows a refund only once it is done.
                (PayType::Alipay, Some(Way::Processing(_) | Way::Abnormal(_))) | (_, None) => RefundStanding::NotFound,
                (_, Some(way)) => shown(way),
            })
        })
        .await
    }

    fn read_notice(&self, raw: &RawNotice<'_>, now_s: i64) -> Result<Notice, NoticeError> {
        let told = notice::open(self.pay_type, raw, now_s)?;
        let pay_id = PayId::new(told.pay_id).map_err(|_| NoticeError::NotOurs)?;
        let kind = match told.refund_id {
            Some(refund_id) => NoticeKind::Refund { refund_id: RefundId::new(refund_id).ok() },
            None => NoticeKind::Payment,
        };
        let payment = told.amount.and_then(|amount| Fen::new(amount).ok()).map(|amount| Payment {
            pay_id: pay_id.clone(),
            pay_type: self.pay_type,
            merchant: self.merchant.clone(),
            amount,
            currency: "CNY".into(),
            channel_no: told.notice_id.clone(),
            paid_at: now_s,
        });
        Ok(Notice { pay_id, kind, notice_id: told.notice_id, payment })
    }

    fn notice_answer(&self, accepted: bool) -> NoticeAnswer {
        let status = if accepted { 200 } else { 500 };
        NoticeAnswer { status, content_type: "text/plain", body: "" }
    }

    async fn bill(&self, day: &str) -> Result<Vec<BillLine>, Error> {
        self.call("the bill", None, |scene| {
            let of_it = scene.books.trades.iter().filter(|(_, trade)| trade.pay_type == self.pay_type);
            let lines = of_it.flat_map(|(pay_id, trade)| lines(pay_id, trade));
            Ok(lines.filter(|line| Day::of(line.at_s).is_some_and(|of| of.as_str() == day)).collect())
        })
        .await
    }
}

fn lines(pay_id: &str, trade: &Trade) -> Vec<BillLine> {
    let Some(taken) = &trade.taken else { return Vec::new() };
    let line = |kind, amount, at_s| BillLine {
        kind,
        pay_id: pay_id.to_owned(),
        channel_no: taken.channel_no.clone(),
        amount: Fen::new(amount).unwrap_or_default(),
        at_s,
    };
    let mut lines = vec![line(BillKind::Payment, taken.amount, taken.at)];
    let back = trade.returns.iter().filter(|(_, back)| back.way == Way::Done);
    lines.extend(back.map(|(id, back)| line(BillKind::Refund { refund_id: id.clone() }, back.amount, back.at)));
    lines
}
