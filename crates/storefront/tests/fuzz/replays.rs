//! Genuine notices that come again: too late, too early, and very often.

use crate::lived::Lived;
use crate::recorder::Recorded;
use async_trait::async_trait;
use axum::Router;
use axum::body::Body;
use axum::http::Request;
use gateway::{BillLine, Channel, CloseAnswer, Error, Notice, NoticeAnswer, NoticeError, Prepay, RawNotice, Refund};
use gateway::{RefundStanding, Standing};
use order::{Merchant, PayId, PayType, RefundId};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use storefront::{routes, watcher};
use tokio::sync::watch;
use tower::ServiceExt;

const WAIT: Duration = Duration::from_secs(60);

async fn send(routes: &Router, notice: &Recorded) -> u16 {
    let mut request = Request::post(format!("/notices/{}", notice.pay_type));
    for (name, value) in &notice.headers {
        request = request.header(name, value);
    }
    let answer = routes.clone().oneshot(request.body(Body::from(notice.body.clone())).unwrap()).await.unwrap();
    answer.status().as_u16()
}

#[tokio::test]
async fn a_notice_of_wechat_pay_s_from_another_time_is_refused() {
    let lived = Lived::live().await;
    let notice = lived.notices.iter().find(|notice| notice.pay_type == PayType::Wechat).unwrap();
    let (_, stamp) = notice.headers.iter().find(|(name, _)| name == "wechatpay-timestamp").unwrap();
    let stamp: i64 = stamp.parse().unwrap();
    for (off, status) in [(0, 200), (300, 200), (-300, 200), (301, 400), (-301, 400), (86_400, 400), (-86_400, 400)] {
        let (_going, stop) = watch::channel(false);
        let shop = lived.shop_at(stamp + off, BTreeMap::new()).await;
        assert_eq!(send(&routes::router(shop, stop), notice).await, status, "{off} s later");
    }
    lived.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_one_genuine_notice_is_one_query_at_the_channel() {
    let lived = Lived::live().await;
    for pay_type in [PayType::Alipay, PayType::Wechat] {
        let (order, notice) = (
            lived.answered.iter().find(|known| known.body.contains(pay_type.as_str())).unwrap(),
            lived.notices.iter().find(|notice| notice.pay_type == pay_type).unwrap(),
        );
        let inner = Arc::clone(&lived.shop(BTreeMap::new()).await.channels[&pay_type]);
        let counting = Arc::new(Counting { inner, about: order.pay_id.clone(), queries: AtomicU64::new(0) });
        let channel: Arc<dyn Channel> = counting.clone();
        // A minute later: the query that the notice led to at first is not of just now.
        let shop = lived.shop_at(lived.now + 60, [(pay_type, channel)].into()).await;
        let (going, stop) = watch::channel(false);
        let routes = routes::router(Arc::clone(&shop), stop.clone());
        let watcher = tokio::spawn(watcher::watch(Arc::clone(&shop), stop));
        for _ in 0..60 {
            let flood = (0..8).map(|_| send(&routes, notice));
            assert_eq!(futures_util::future::join_all(flood).await, [200; 8]);
        }
        let settled = async {
            while shop.store.order(&order.order_id).await.unwrap().unwrap().order.attempts[0].ask_now {
                tokio::task::yield_now().await;
            }
        };
        assert!(tokio::time::timeout(WAIT, settled).await.is_ok(), "the notice was never followed by a query");
        going.send_replace(true);
        watcher.await.unwrap();
        assert_eq!(counting.queries.load(Ordering::SeqCst), 1, "{pay_type}");
    }
    lived.stop().await;
}

/// A channel that counts how often one attempt is asked about.
struct Counting {
    inner: Arc<dyn Channel>,
    about: PayId,
    queries: AtomicU64,
}

#[async_trait]
impl Channel for Counting {
    fn pay_type(&self) -> PayType {
        self.inner.pay_type()
    }

    fn merchant(&self) -> &Merchant {
        self.inner.merchant()
    }

    async fn prepay(&self, request: &Prepay) -> Result<String, Error> {
        self.inner.prepay(request).await
    }

    async fn query(&self, pay_id: &PayId) -> Result<Standing, Error> {
        if *pay_id == self.about {
            self.queries.fetch_add(1, Ordering::SeqCst);
        }
        self.inner.query(pay_id).await
    }

    async fn close(&self, pay_id: &PayId) -> Result<CloseAnswer, Error> {
        self.inner.close(pay_id).await
    }

    async fn refund(&self, request: &Refund) -> Result<RefundStanding, Error> {
        self.inner.refund(request).await
    }

    async fn refund_query(&self, pay_id: &PayId, refund_id: &RefundId) -> Result<RefundStanding, Error> {
        self.inner.refund_query(pay_id, refund_id).await
    }

    fn read_notice(&self, notice: &RawNotice<'_>, now_s: i64) -> Result<Notice, NoticeError> {
        self.inner.read_notice(notice, now_s)
    }

    fn notice_answer(&self, accepted: bool) -> NoticeAnswer {
        self.inner.notice_answer(accepted)
    }

    async fn bill(&self, day: &str) -> Result<Vec<BillLine>, Error> {
        self.inner.bill(day).await
    }
}
