//! A channel with books of its own that does what a scene says: lose a call, lose its answer, or hold it back.

use async_trait::async_trait;
use gateway::{
    BillLine, Channel, CloseAnswer, Error, Notice, NoticeAnswer, NoticeError, NoticeKind, Prepay, RawNotice, Refund,
    RefundStanding, Refusal, Standing,
};
use order::{Fen, Merchant, PayId, PayType, Payment, RefundId};
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};
use tokio::sync::Notify;

/// A call of the shop.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Call {
    Prepay,
    Query,
    Close,
    Refund,
    RefundQuery,
}

/// What goes wrong with one call.
#[derive(Clone)]
pub(crate) enum Trouble {
    /// It never arrives.
    LostRequest,
    /// It happens, and nobody hears of it.
    LostAnswer,
    /// It is held back before it happens.
    HeldBefore(Arc<Gate>),
    /// It happens, and its answer is held back.
    HeldAfter(Arc<Gate>),
    /// The merchant's balance does not cover it.
    NoBalance,
    /// A refund is accepted, and no money moves.
    Slow,
    /// Nothing happens, and the channel says so.
    Fails(Error),
}

/// Something held back until it is let go.
#[derive(Default)]
pub(crate) struct Gate {
    arrived: Notify,
    open: Notify,
}

impl Gate {
    pub(crate) fn new() -> Arc<Gate> {
        Arc::default()
    }

    async fn pass(&self) {
        self.arrived.notify_one();
        self.open.notified().await;
    }

    /// Waits until a call stands here.
    pub(crate) async fn arrived(&self) {
        self.arrived.notified().await;
    }

    pub(crate) fn let_go(&self) {
        self.open.notify_one();
    }
}

/// Where a trade stands in the channel's books.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stands {
    Open,
    Paid,
    Closed,
    /// Paid, and given back when the shop closed it.
    Returned,
}

#[derive(Clone, Debug)]
pub(crate) struct Trade {
    pub(crate) stands: Stands,
    pub(crate) paid: Fen,
    amount: Fen,
}

#[derive(Default)]
struct Books {
    trades: BTreeMap<String, Trade>,
    /// By refund number: the trade, the money, and whether it moved.
    refunds: BTreeMap<String, (String, Fen, bool)>,
    calls: Vec<(Call, String)>,
    troubles: BTreeMap<Call, VecDeque<Trouble>>,
    /// What the next queries are answered with, whatever is in the books.
    said: VecDeque<Standing>,
    /// What payers read, of each order that was asked for.
    subjects: Vec<String>,
    notices: u32,
}

pub(crate) struct Till {
    pay_type: PayType,
    merchant: Merchant,
    books: Mutex<Books>,
    returns_on_close: bool,
    out_of_time: bool,
}

fn lost() -> Error {
    Error::Unknown { why: "nobody answered".into() }
}

impl Till {
    pub(crate) fn new(pay_type: PayType) -> Till {
        let merchant = Merchant { partner_id: format!("partner-{pay_type}"), app_id: format!("app-{pay_type}") };
        Till { pay_type, merchant, books: Mutex::default(), returns_on_close: false, out_of_time: false }
    }

    /// Closing a paid trade gives the money back, as Alipay's cancel does.
    pub(crate) fn returning_on_close(self) -> Till {
        Till { returns_on_close: true, ..self }
    }

    /// Its clock is so far off that none of its notices is taken.
    pub(crate) fn out_of_time(self) -> Till {
        Till { out_of_time: true, ..self }
    }

    /// The next calls of this kind go so.
    pub(crate) fn troubles(&self, call: Call, troubles: impl IntoIterator<Item = Trouble>) {
        self.books.lock().unwrap().troubles.entry(call).or_default().extend(troubles);
    }

    /// The next queries are answered so, whatever is in the books.
    pub(crate) fn says(&self, standings: impl IntoIterator<Item = Standing>) {
        self.books.lock().unwrap().said.extend(standings);
    }

    /// What payers read, of each order that was asked for.
    pub(crate) fn subjects(&self) -> Vec<String> {
        self.books.lock().unwrap().subjects.clone()
    }

    /// A phone pays what the order asks for.
    pub(crate) fn pay(&self, pay_id: &PayId) {
        let amount = self.trade(pay_id).amount;
        self.pay_amount(pay_id, amount.get());
    }

    /// A phone pays another amount; also a code that was closed, where the channel failed to.
    pub(crate) fn pay_amount(&self, pay_id: &PayId, fen: i64) {
        let mut books = self.books.lock().unwrap();
        let trade = books.trades.get_mut(pay_id.as_str()).unwrap();
        (trade.stands, trade.paid) = (Stands::Paid, Fen::new(fen).unwrap());
    }

    pub(crate) fn trade(&self, pay_id: &PayId) -> Trade {
        self.books.lock().unwrap().trades[pay_id.as_str()].clone()
    }

    /// Every merchant order number it has a trade for.
    pub(crate) fn trades(&self) -> Vec<String> {
        self.books.lock().unwrap().trades.keys().cloned().collect()
    }

    /// The money of each refund that moved, by its number.
    pub(crate) fn refunds(&self) -> Vec<(String, i64)> {
        let books = self.books.lock().unwrap();
        let moved = books.refunds.iter().filter(|(_, (_, _, moved))| *moved);
        moved.map(|(number, (_, amount, _))| (number.clone(), amount.get())).collect()
    }

    /// Lets the money of every refund move that was only accepted.
    pub(crate) fn settle_refunds(&self) {
        self.books.lock().unwrap().refunds.values_mut().for_each(|(_, _, moved)| *moved = true);
    }

    /// How often it was called so.
    pub(crate) fn called(&self, call: Call) -> usize {
        self.books.lock().unwrap().calls.iter().filter(|(kind, _)| *kind == call).count()
    }

    /// A notice's body. Each is a new one, unless it is sent twice.
    pub(crate) fn notice(&self, pay_id: &PayId, kind: &str) -> Vec<u8> {
        let mut books = self.books.lock().unwrap();
        books.notices += 1;
        format!("{pay_id} {kind} notice-{}", books.notices).into_bytes()
    }

    async fn meet<T>(&self, call: Call, number: &str, act: impl FnOnce(&mut Books) -> T) -> Result<T, Error> {
        let trouble = {
            let mut books = self.books.lock().unwrap();
            books.calls.push((call, number.to_owned()));
            books.troubles.get_mut(&call).and_then(VecDeque::pop_front)
        };
        let act = || act(&mut self.books.lock().unwrap());
        match trouble {
            Some(Trouble::LostRequest) => Err(lost()),
            Some(Trouble::LostAnswer) => {
                act();
                Err(lost())
            }
            Some(Trouble::HeldBefore(gate)) => {
                gate.pass().await;
                Ok(act())
            }
            Some(Trouble::HeldAfter(gate)) => {
                let answer = act();
                gate.pass().await;
                Ok(answer)
            }
            Some(Trouble::NoBalance) => Err(Error::Refused {
                refusal: Refusal::NotEnoughBalance,
                code: "NOT_ENOUGH".into(),
                why: "the balance does not reach".into(),
            }),
            Some(Trouble::Fails(error)) => Err(error),
            // Looked at by what it is about.
            Some(Trouble::Slow) | None => Ok(act()),
        }
    }

    /// A payment of so much for an attempt, as the channel would state it.
    pub(crate) fn paid(&self, pay_id: &PayId, fen: i64) -> Payment {
        let paid = Fen::new(fen).unwrap();
        self.payment(pay_id.as_str(), &Trade { stands: Stands::Paid, paid, amount: paid })
    }

    fn payment(&self, number: &str, trade: &Trade) -> Payment {
        Payment {
            pay_id: PayId::new(number).unwrap(),
            pay_type: self.pay_type,
            merchant: self.merchant.clone(),
            amount: trade.paid,
            currency: "CNY".into(),
            channel_no: format!("no-{number}"),
            paid_at: 1,
        }
    }
}

#[async_trait]
impl Channel for Till {
    fn pay_type(&self) -> PayType {
        self.pay_type
    }

    fn merchant(&self) -> &Merchant {
        &self.merchant
    }

    async fn prepay(&self, request: &Prepay) -> Result<String, Error> {
        let open = Trade { stands: Stands::Open, paid: Fen::ZERO, amount: request.amount };
        let number = request.pay_id.as_str();
        self.meet(Call::Prepay, number, |books| {
            books.subjects.push(request.subject.clone());
            books.trades.entry(number.to_owned()).or_insert(open);
            format!("code of {number}")
        })
        .await
    }

    async fn query(&self, pay_id: &PayId) -> Result<Standing, Error> {
        let number = pay_id.as_str();
        self.meet(Call::Query, number, |books| match (books.said.pop_front(), books.trades.get(number)) {
            (Some(said), _) => said,
            (None, None) => Standing::NoTrade,
            (None, Some(trade)) => match trade.stands {
                Stands::Open => Standing::NotPaid,
                Stands::Paid => Standing::Paid(self.payment(number, trade)),
                Stands::Closed => Standing::Closed,
                Stands::Returned => Standing::ClosedAfterPayment(self.payment(number, trade)),
            },
        })
        .await
    }

    async fn close(&self, pay_id: &PayId) -> Result<CloseAnswer, Error> {
        let number = pay_id.as_str();
        self.meet(Call::Close, number, |books| {
            let Some(trade) = books.trades.get_mut(number) else { return CloseAnswer::Closed };
            match trade.stands {
                Stands::Open | Stands::Closed => {
                    trade.stands = Stands::Closed;
                    CloseAnswer::Closed
                }
                Stands::Paid if self.returns_on_close => {
                    trade.stands = Stands::Returned;
                    CloseAnswer::Returned
                }
                Stands::Paid => CloseAnswer::AlreadyPaid,
                Stands::Returned => CloseAnswer::Returned,
            }
        })
        .await
    }

    async fn refund(&self, request: &Refund) -> Result<RefundStanding, Error> {
        let number = request.refund_id.as_str();
        let slow = matches!(
            self.books.lock().unwrap().troubles.get(&Call::Refund).and_then(VecDeque::front),
            Some(Trouble::Slow)
        );
        let wanted = (request.pay_id.to_string(), request.amount, !slow);
        self.meet(Call::Refund, number, |books| {
            let (_, _, moved) = books.refunds.entry(number.to_owned()).or_insert(wanted);
            if *moved { RefundStanding::Done } else { RefundStanding::Processing }
        })
        .await
    }

    async fn refund_query(&self, _: &PayId, refund_id: &RefundId) -> Result<RefundStanding, Error> {
        let number = refund_id.as_str();
        self.meet(Call::RefundQuery, number, |books| match books.refunds.get(number) {
            None => RefundStanding::NotFound,
            Some((_, _, true)) => RefundStanding::Done,
            Some((_, _, false)) => RefundStanding::Processing,
        })
        .await
    }

    fn read_notice(&self, notice: &RawNotice<'_>, _: i64) -> Result<Notice, NoticeError> {
        if self.out_of_time {
            return Err(NoticeError::Stale);
        }
        let text = std::str::from_utf8(notice.body).unwrap();
        let [number, kind, notice_id] = text.split(' ').collect::<Vec<_>>().try_into().unwrap();
        let kind = match kind {
            "payment" => NoticeKind::Payment,
            "closed" => NoticeKind::Closed,
            _ => NoticeKind::Other,
        };
        let pay_id = PayId::new(number).unwrap();
        // What a leaked notice key could claim: everything as it should be.
        let claimed = self.books.lock().unwrap().trades.get(number).map(|trade| trade.amount);
        let claim =
            Trade { stands: Stands::Paid, paid: claimed.unwrap_or_default(), amount: claimed.unwrap_or_default() };
        let payment = (kind == NoticeKind::Payment).then(|| self.payment(number, &claim));
        Ok(Notice { pay_id, kind, notice_id: notice_id.to_owned(), payment })
    }

    fn notice_answer(&self, accepted: bool) -> NoticeAnswer {
        let (status, body) = if accepted { (200, "success") } else { (400, "fail") };
        NoticeAnswer { status, content_type: "text/plain", body }
    }

    async fn bill(&self, _: &str) -> Result<Vec<BillLine>, Error> {
        Ok(Vec::new())
    }
}
