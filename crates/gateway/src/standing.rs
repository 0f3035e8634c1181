//! Where a trade or a refund stands, as a verified answer to our own question states it.

use order::Payment;

/// Where a trade stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// The channel knows no trade under this number. At Alipay that is also the answer before anybody scanned the code
    /// (`ACQ.TRADE_NOT_EXIST`), so it does not prove that the code can no longer be paid.
    NoTrade,
    /// Somebody scanned the code and has not paid (Alipay `WAIT_BUYER_PAY`).
    WaitingForBuyer,
    /// Not paid; whether somebody scanned is not told (WeChat Pay `NOTPAY`).
    NotPaid,
    /// Paid (WeChat Pay `SUCCESS`; Alipay `TRADE_SUCCESS`, `TRADE_FINISHED`).
    Paid(Payment),
    /// Paid, and some or all of it went back since (WeChat Pay `REFUND`). How much, only the refunds and the bill tell.
    SomeReturned(Payment),
    /// Can no longer be paid, and nothing in the answer shows that it ever was.
    Closed,
    /// Closed, and the answer shows that it had been paid: the money went back in full (Alipay `TRADE_CLOSED` with
    /// `send_pay_date` or paid amounts). Book the payment and its return.
    ClosedAfterPayment(Payment),
}

/// What the channel answered when asked to end a trade.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CloseAnswer {
    /// It can no longer be paid.
    Closed,
    /// It cannot be closed in its state, most likely because it is paid. No more than a hint: query it.
    AlreadyPaid,
    /// Alipay's cancel met a payment and returned it (`action` `refund`). Query it, then book both.
    Returned,
}

/// Where a refund stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefundStanding {
    /// The channel shows no refund under this number. Ask for it again under the same number. (Alipay answers the same
    /// for a refund it has not finished.)
    NotFound,
    /// Accepted, the money is on its way.
    Processing,
    /// The money went back.
    Done,
    /// Neither the card nor the balance of the payer takes the money; a person must act (WeChat Pay `ABNORMAL`).
    Abnormal,
    /// Failed for good, nothing went back (WeChat Pay `CLOSED`). The number is used up.
    Closed,
}
