//! Writes that are waiting when the writer looks: one transaction for all of them, and each as if it were alone.

mod books;

use super::*;
use crate::store::{ApplyError, Evidence, Lease, apply};
use api::{ErrorCode, Params};
use books::{Books, CUPS, NOW, VIEWERS, paid, refusal, viewer};
use futures_util::future::join_all;
use order::PayType;
use order::state::{ClosedBy, Event, OrderState};
use sqlx::{AssertSqlSafe, Executor};

#[tokio::test]
async fn buyers_who_wait_together_cost_one_update_of_the_item_and_the_first_to_come_get_it() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("shop.db").display());
    let books = Books::open_at(url, folder).await;
    books.execute("CREATE TABLE updates (goods_id TEXT)".into()).await;
    let trigger = "CREATE TRIGGER counted AFTER UPDATE ON goods BEGIN INSERT INTO updates VALUES (NEW.goods_id); END";
    books.execute(trigger.into()).await;
    let before = books.commits();
    let answers = join_all((0..VIEWERS).map(|who| books.buy(who, "cup"))).await;
    assert_eq!(books.commits(), before + 1, "they were to be one batch");
    for (who, answer) in (0..).zip(&answers) {
        if who < CUPS {
            assert!(answer.as_ref().is_ok_and(|placed| placed.is_new), "{who}: {answer:?}");
        } else {
            assert_eq!(refusal(answer).0, ErrorCode::SoldOut, "{who}");
        }
    }
    assert_eq!(books.number("SELECT COUNT(*) FROM updates").await, 1);
    assert_eq!(books.stock("cup").await, (0, CUPS, 0));
    assert_eq!(books.number("SELECT COUNT(*) FROM shares").await, CUPS);
    books.are_right().await;
}

#[tokio::test]
async fn what_the_database_refuses_spoils_no_other_of_its_batch() {
    let books = Books::open().await;
    let (first, second) = (books.buy(0, "cup").await.unwrap(), books.buy(1, "cup").await.unwrap());
    books.spoil(&first).await;
    let before = books.commits();
    let (refused, delivered, placed) = tokio::join!(books.pay(&first), books.pay(&second), books.buy(2, "cup"));
    assert_eq!(books.commits(), before + 1, "they were to be one batch");
    assert!(matches!(refused, Err(ApplyError::Store(StoreError::Database(_)))), "{refused:?}");
    assert_eq!(books.record(&first).await.order.state, OrderState::Reserved);
    assert_eq!(delivered.unwrap().order.state, OrderState::Delivered);
    assert_eq!(books.record(&second).await.order.state, OrderState::Delivered);
    assert!(placed.unwrap().is_new);
    assert_eq!(books.number("SELECT COUNT(*) FROM deliveries").await, 1);
    assert_eq!(books.stock("cup").await, (0, 2, 1));
    books.mend(&first).await;
    books.are_right().await;
}

#[tokio::test]
async fn a_write_that_fails_leaves_nothing_where_it_is_the_whole_transaction() {
    let books = Books::open().await;
    let placed = books.buy(0, "cup").await.unwrap();
    books.spoil(&placed).await;
    let before = books.commits();
    let refused = books.pay(&placed).await;
    assert!(matches!(refused, Err(ApplyError::Store(StoreError::Database(_)))), "{refused:?}");
    assert!(books.half().await.is_err());
    assert_eq!(books.commits(), before);
    books.mend(&placed).await;
    books.are_right().await;
    assert_eq!(books.pay(&placed).await.unwrap().order.state, OrderState::Delivered);
    books.are_right().await;
}

#[tokio::test]
async fn a_row_that_cannot_be_read_spoils_no_other_of_its_batch() {
    let books = Books::open().await;
    let (first, second) = (books.buy(0, "cup").await.unwrap(), books.buy(1, "cup").await.unwrap());
    books.execute(format!("UPDATE orders SET state = 'burnt' WHERE order_id = '{}'", first.order_id)).await;
    let (unread, delivered) = tokio::join!(books.pay(&first), books.pay(&second));
    assert!(matches!(unread, Err(ApplyError::Store(StoreError::Damaged { .. }))), "{unread:?}");
    assert_eq!(delivered.unwrap().order.state, OrderState::Delivered);
    assert_eq!(books.stock("cup").await, (1, 1, 1));
    books.execute(format!("UPDATE orders SET state = 'reserved' WHERE order_id = '{}'", first.order_id)).await;
    books.are_right().await;
}

#[tokio::test]
async fn a_decision_that_fails_leaves_nothing_and_the_others_of_its_batch_stay() {
    let books = Books::open().await;
    for who in 0..2 {
        books.buy(who, "cup").await.unwrap();
    }
    let open = books.buy(3, "plate").await.unwrap();
    let was = books.record(&open).await;
    let ready = Event::PrepayReady { pay_id: open.pay_id.clone(), at: NOW };
    let other_way = Event::Attempted { pay_type: PayType::Wechat, at: NOW };
    let before = books.commits();
    let (last, too_late, illegal, no_merchant, other) = tokio::join!(
        books.buy(4, "cup"),
        books.buy(5, "cup"),
        books.take(&open, ready),
        books.take(&open, other_way),
        books.buy(6, "plate"),
    );
    assert_eq!(books.commits(), before + 1, "they were to be one batch");
    assert!(last.unwrap().is_new && other.unwrap().is_new);
    assert_eq!(refusal(&too_late).0, ErrorCode::SoldOut);
    assert!(matches!(illegal, Err(ApplyError::Illegal(_))), "{illegal:?}");
    assert!(matches!(no_merchant, Err(ApplyError::NoMerchant)), "{no_merchant:?}");
    let is = books.record(&open).await;
    assert_eq!((is.order, is.trades, is.revision), (was.order, was.trades, was.revision));
    // Five orders, and nothing of the one that came too late.
    for rows in ["orders", "requests", "shares", "jobs", "journal"] {
        let mut connection = books.store.read().await.unwrap();
        let query = sqlx::query_scalar::<_, i64>(AssertSqlSafe(format!("SELECT COUNT(*) FROM {rows}")));
        assert_eq!(query.fetch_one(&mut *connection).await.unwrap(), 5, "{rows}");
    }
    books.are_right().await;
}

#[tokio::test]
async fn the_same_request_twice_in_one_batch_gives_one_order() {
    let books = Books::open().await;
    let params = books.params("cup");
    let changed = Params { quantity: 2, ..params.clone() };
    let before = books.commits();
    let (first, again, other) = tokio::join!(books.ask(0, params.clone()), books.ask(0, params), books.ask(0, changed));
    assert_eq!(books.commits(), before + 1, "they were to be one batch");
    let (first, again) = (first.unwrap(), again.unwrap());
    assert!(first.is_new && !again.is_new);
    assert_eq!((&again.order_id, &again.pay_id), (&first.order_id, &first.pay_id));
    let (code, data) = refusal(&other);
    assert_eq!((code, data.order_id.as_deref()), (ErrorCode::RequestConflict, Some(first.order_id.as_str())));
    assert_eq!(books.number("SELECT COUNT(*) FROM orders").await, 1);
    assert_eq!(books.stock("cup").await, (CUPS - 1, 1, 0));
    books.are_right().await;
}

#[tokio::test]
async fn two_events_of_one_order_in_one_batch_both_count() {
    let books = Books::open().await;
    let placed = books.buy(0, "cup").await.unwrap();
    let pay_id = &placed.pay_id;
    let sent = Event::PrepaySent { pay_id: pay_id.clone(), at: NOW };
    let end = Event::EndAsked { by: ClosedBy::Viewer, at: NOW };
    let before = books.commits();
    let ask = || books.store.ask_now(&placed.order_id, pay_id, NOW);
    let (sent, asked, ended, asked_again, is_paid) =
        tokio::join!(books.take(&placed, sent), ask(), books.take(&placed, end), ask(), books.pay(&placed),);
    assert_eq!(books.commits(), before + 1, "they were to be one batch");
    asked.and(asked_again).unwrap();
    let answers = [sent.unwrap(), ended.unwrap(), is_paid.unwrap()];
    assert_eq!(answers.each_ref().map(|record| record.revision), [2, 3, 4]);
    let states = answers.map(|record| record.order.state);
    assert_eq!(states, [OrderState::Reserved, OrderState::Closing, OrderState::Delivered]);
    let record = books.record(&placed).await;
    assert_eq!((record.order.state, record.revision), (OrderState::Delivered, 4));
    assert_eq!(record.trades[pay_id].asks, 2);
    assert_eq!(books.stock("cup").await, (CUPS - 1, 0, 1));
    // One line for the order and one for each event.
    assert_eq!(books.number("SELECT COUNT(*) FROM journal").await, 4);
    books.are_right().await;
}

#[tokio::test]
async fn a_write_that_stands_alone_sees_what_came_before_it_and_what_comes_after_sees_it() {
    let books = Books::open().await;
    for who in 0..2 {
        books.buy(who, "cup").await.unwrap();
    }
    let restocked = || {
        books.store.write(|tx| {
            Box::pin(async move {
                let left = "SELECT available FROM goods WHERE goods_id = 'cup'";
                let left: i64 = sqlx::query_scalar(left).fetch_one(&mut *tx).await?;
                let more = "UPDATE goods SET available = available + 1, stocked = stocked + 1 WHERE goods_id = 'cup'";
                tx.execute(more).await?;
                Ok::<_, StoreError>(left)
            })
        })
    };
    let before = books.commits();
    let (last, too_early, left, next, too_late) =
        tokio::join!(books.buy(2, "cup"), books.buy(3, "cup"), restocked(), books.buy(4, "cup"), books.buy(5, "cup"),);
    assert_eq!(books.commits(), before + 1, "they were to be one transaction");
    assert!(last.unwrap().is_new && next.unwrap().is_new);
    assert_eq!(left.unwrap(), 0);
    assert_eq!((refusal(&too_early).0, refusal(&too_late).0), (ErrorCode::SoldOut, ErrorCode::SoldOut));
    assert_eq!(books.stock("cup").await, (0, CUPS + 1, 0));
}

#[tokio::test]
async fn where_nothing_changed_nothing_is_committed() {
    let books = Books::open().await;
    for who in 0..3 {
        books.buy(who, "cup").await.unwrap();
    }
    let params = books.params("plate");
    let placed = books.ask(3, params.clone()).await.unwrap();
    let end = Event::EndAsked { by: ClosedBy::Viewer, at: NOW };
    books.take(&placed, end.clone()).await.unwrap();
    let lease = Lease { order_id: placed.order_id.clone(), until: NOW - 1 };
    let before = books.commits();
    let (known, answered, sold_out, not_ours, failed) = tokio::join!(
        books.take(&placed, end),
        books.ask(3, params),
        books.buy(4, "cup"),
        books.store.release(&lease, NOW),
        books.half(),
    );
    assert_eq!(known.unwrap().order.state, OrderState::Closed);
    assert!(!answered.unwrap().is_new);
    assert_eq!(refusal(&sold_out).0, ErrorCode::SoldOut);
    assert!(not_ours.is_ok() && failed.is_err());
    assert_eq!(books.commits(), before);
    // It is not only that nothing is counted.
    books.buy(5, "plate").await.unwrap();
    assert_eq!(books.commits(), before + 1);
    books.are_right().await;
}

#[tokio::test]
async fn what_was_not_asked_for_is_not_there_to_decide_on() {
    let books = Books::open().await;
    let placed = books.buy(0, "cup").await.unwrap();
    let mut batch = Batch::default();
    let (order_id, cup) = (placed.order_id.clone(), GoodsId::new("cup").unwrap());
    let request_id = books.params("cup").request_id;
    let heard = Heard {
        pay_type: PayType::Alipay,
        notice_id: "1".into(),
        pay_id: placed.pay_id.clone(),
        refund_id: None,
        body: String::new(),
    };
    let looks = [
        batch.record(&order_id).map(drop),
        batch.goods(&cup).map(drop),
        batch.share(&viewer(0), &cup).map(drop),
        batch.answered(&viewer(0), &request_id).map(drop),
        batch.address(&viewer(0), &AddressId::new("home").unwrap()).map(drop),
        batch.record_mut(&order_id).map(drop),
        batch.job(&order_id).map(drop),
        batch.wake(&order_id, NOW),
        batch.keep_notice("alipay:1".into(), &heard, NOW).map(drop),
    ];
    for (number, look) in looks.into_iter().enumerate() {
        assert!(matches!(look, Err(StoreError::NotGathered(_))), "{number}: {look:?}");
    }
}

#[tokio::test]
async fn a_decision_that_looks_at_what_it_did_not_ask_for_writes_nothing() {
    let books = Books::open().await;
    let placed = books.buy(0, "cup").await.unwrap();
    let was = books.record(&placed).await;
    let (order_id, event) = (placed.order_id.clone(), paid(&placed.pay_id));
    let before = books.commits();
    // A payment moves stock, which is left out.
    let decided = books.store.decide(Needs::order(&placed.order_id), move |batch| {
        apply(batch, &order_id, event.clone(), &Evidence::text("a scene"), NOW)
    });
    let answer = decided.await;
    assert!(matches!(answer, Err(ApplyError::Store(StoreError::NotGathered(_)))), "{answer:?}");
    assert_eq!(books.commits(), before);
    let is = books.record(&placed).await;
    assert_eq!((is.order, is.trades, is.revision), (was.order, was.trades, was.revision));
    books.are_right().await;
}
