//! A channel whose calls are counted and timed.

use super::Histograms;
use crate::clock::Stopwatch;
use async_trait::async_trait;
use gateway::{
    BillLine, Channel, CloseAnswer, Error, Notice, NoticeAnswer, NoticeError, Prepay, RawNotice, Refund,
    RefundStanding, Standing,
};
use order::{Merchant, PayId, PayType, RefundId};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use std::sync::Arc;
use tracing::Instrument;

/// The calls there are.
const OPERATIONS: [&str; 6] = ["prepay", "query", "close", "refund", "refund_query", "bill"];
/// How a call may end.
const OUTCOMES: [&str; 5] = ["ok", "refused", "unknown", "busy", "ours"];

/// A call at a channel.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct Operation {
    channel: &'static str,
    operation: &'static str,
}

/// A call at a channel and how it ended.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct Call {
    channel: &'static str,
    operation: &'static str,
    outcome: &'static str,
}

/// The channel itself, and what its calls are counted in.
pub(super) struct Measured {
    channel: Arc<dyn Channel>,
    calls: Family<Call, Counter>,
    times: Histograms<Operation>,
}

impl Measured {
    pub(super) fn new(
        channel: Arc<dyn Channel>,
        calls: Family<Call, Counter>,
        times: Histograms<Operation>,
    ) -> Measured {
        let name = channel.pay_type().as_str();
        for operation in OPERATIONS {
            drop(times.get_or_create(&Operation { channel: name, operation }));
            for outcome in OUTCOMES {
                drop(calls.get_or_create(&Call { channel: name, operation, outcome }));
            }
        }
        Measured { channel, calls, times }
    }

    /// Makes a call about a payment, or about none.
    async fn call<T>(
        &self,
        operation: &'static str,
        pay_id: Option<&PayId>,
        call: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Error> {
        let channel = self.pay_type().as_str();
        let span = tracing::info_span!("call", channel, operation, pay.id = pay_id.map(tracing::field::display));
        let measured = async {
            let stopwatch = Stopwatch::start();
            let answer = call.await;
            let took = stopwatch.elapsed();
            let outcome = outcome(&answer);
            self.times.get_or_create(&Operation { channel, operation }).observe(took.as_secs_f64());
            self.calls.get_or_create(&Call { channel, operation, outcome }).inc();
            tracing::debug!(outcome, took_s = took.as_secs_f64(), "the channel was called");
            answer
        };
        measured.instrument(span).await
    }
}

const fn outcome<T>(answer: &Result<T, Error>) -> &'static str {
    match answer {
        Ok(_) => "ok",
        Err(Error::Refused { .. }) => "refused",
        Err(Error::Unknown { .. }) => "unknown",
        Err(Error::Busy { .. }) => "busy",
        Err(Error::Ours { .. }) => "ours",
    }
}

#[async_trait]
impl Channel for Measured {
    fn pay_type(&self) -> PayType {
        self.channel.pay_type()
    }

    fn merchant(&self) -> &Merchant {
        self.channel.merchant()
    }

    async fn prepay(&self, request: &Prepay) -> Result<String, Error> {
        self.call("prepay", Some(&request.pay_id), self.channel.prepay(request)).await
    }

    async fn query(&self, pay_id: &PayId) -> Result<Standing, Error> {
        self.call("query", Some(pay_id), self.channel.query(pay_id)).await
    }

    async fn close(&self, pay_id: &PayId) -> Result<CloseAnswer, Error> {
        self.call("close", Some(pay_id), self.channel.close(pay_id)).await
    }

    async fn refund(&self, request: &Refund) -> Result<RefundStanding, Error> {
        self.call("refund", Some(&request.pay_id), self.channel.refund(request)).await
    }

    async fn refund_query(&self, pay_id: &PayId, refund_id: &RefundId) -> Result<RefundStanding, Error> {
        self.call("refund_query", Some(pay_id), self.channel.refund_query(pay_id, refund_id)).await
    }

    fn read_notice(&self, notice: &RawNotice<'_>, now_s: i64) -> Result<Notice, NoticeError> {
        self.channel.read_notice(notice, now_s)
    }

    fn notice_answer(&self, accepted: bool) -> NoticeAnswer {
        self.channel.notice_answer(accepted)
    }

    async fn bill(&self, day: &str) -> Result<Vec<BillLine>, Error> {
        self.call("bill", None, self.channel.bill(day)).await
    }
}
