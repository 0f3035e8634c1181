//! The judge: the channels' books against what the shop told each buyer, to the fen and to the piece.

use super::buyers::{Buyer, insist};
use super::chance::Dice;
use api::{Goods, OrderView};
use order::state::{AttemptState, OrderState, RefundState};
use order::{OrderId, PayId, PayType};
use serde::Deserialize;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// Longest time to rest after the last fault. Calls without a result are repeated after at most 30 s, refunds after as
/// long as they took so far.
const REST_LIMIT: Duration = Duration::from_secs(240);

/// The sandbox's books: what it knows of itself.
#[derive(Debug, Deserialize)]
struct Books {
    trades: Vec<Trade>,
    refunds: Vec<BookedRefund>,
    totals: BTreeMap<String, Totals>,
}

#[derive(Debug, Deserialize)]
struct Trade {
    channel: PayType,
    out_trade_no: PayId,
    state: String,
    amount_fen: i64,
    paid_fen: i64,
    refunded_fen: i64,
}

impl Trade {
    fn kept_fen(&self) -> i64 {
        self.paid_fen - self.refunded_fen
    }

    /// A number that was closed before any order for it arrived: it is used up, and no sum was ever named.
    fn was_never_ordered(&self) -> bool {
        self.state == "void" && self.amount_fen == 0
    }
}

#[derive(Debug, Deserialize)]
struct BookedRefund {
    out_trade_no: PayId,
    amount_fen: i64,
    state: String,
}

#[derive(Debug, Deserialize)]
struct Totals {
    notices: BTreeMap<String, u64>,
}

/// Who looks at everything from outside.
pub struct Judge {
    pub http: reqwest::Client,
    pub sandbox: String,
    pub shop: String,
    /// Pieces put on the shelf, by title.
    pub stocked: BTreeMap<String, u32>,
}

/// All orders of all buyers, by their numbers.
pub type Orders = BTreeMap<OrderId, OrderView>;

impl Judge {
    async fn books(&self) -> Books {
        let answer = self.http.get(format!("{}/books", self.sandbox)).send().await.unwrap();
        answer.error_for_status().unwrap().json().await.unwrap()
    }

    /// All orders of a buyer, each with the shop's signature: also those whose answer never arrived.
    pub async fn orders_of(&self, buyer: &Buyer) -> Orders {
        let mut orders = Orders::new();
        let mut before: Option<i64> = None;
        loop {
            let request = self.http.get(format!("{}/v1/orders", self.shop)).bearer_auth(&buyer.token);
            let answer = request.query(&before.map(|before| [("before", before)])).send().await.unwrap();
            let page: Vec<Map<String, Value>> = answer.error_for_status().unwrap().json().await.unwrap();
            let known = orders.len();
            for object in &page {
                let view = OrderView::verified(object, &buyer.client.link().key).expect("not the shop's signature");
                // Orders of the same second may lie on both sides of a page's end.
                before = Some(view.created_at + 1);
                orders.insert(view.order_id.clone(), view);
            }
            if orders.len() == known {
                return orders;
            }
        }
    }

    async fn all_orders(&self, buyers: &[Buyer]) -> Orders {
        let mut orders = Orders::new();
        for buyer in buyers {
            orders.extend(self.orders_of(buyer).await);
        }
        orders
    }

    /// Waits until nothing moves any more: every order has ended, every attempt and refund has, no notice is on its way.
    pub async fn at_rest(&self, buyers: &[Buyer]) -> Orders {
        let mut last = Vec::new();
        let resting = async {
            loop {
                let orders = self.all_orders(buyers).await;
                last = orders.values().filter(|view| !is_at_rest(view)).cloned().collect();
                if last.is_empty() && self.notices_under_way().await == 0 {
                    return orders;
                }
                tokio::time::sleep(Duration::from_millis(250)).await;
            }
        };
        match tokio::time::timeout(REST_LIMIT, resting).await {
            Ok(orders) => orders,
            Err(_) => panic!("{REST_LIMIT:?} after the last fault these still move: {last:#?}"),
        }
    }

    async fn notices_under_way(&self) -> u64 {
        let totals = self.books().await.totals;
        totals.values().flat_map(|totals| ["waiting", "held"].map(|state| totals.notices.get(state))).flatten().sum()
    }

    /// Says every way in which money, goods and words differ. At rest there is none.
    pub async fn judge(&self, buyers: &mut [Buyer], orders: &Orders) {
        let books = self.books().await;
        let mut wrong = Vec::new();
        money(&books, orders, &mut wrong);
        for buyer in &mut *buyers {
            self.words(buyer, &books, &mut wrong).await;
            self.fins(buyer, &mut wrong).await;
        }
        self.stock(&buyers[0], orders, &mut wrong).await;
        assert!(wrong.is_empty(), "{} things are wrong:\n{}", wrong.len(), wrong.join("\n"));
        tell(&books, orders);
    }

    /// What was told to a buyer, by the shop and by the wallet, is still so.
    async fn words(&self, buyer: &mut Buyer, books: &Books, wrong: &mut Vec<String>) {
        let orders = self.orders_of(buyer).await;
        for view in orders.values() {
            buyer.saw(view.clone());
        }
        for order_id in buyer.seen.keys().filter(|order_id| !orders.contains_key(order_id)) {
            wrong.push(format!("{}: the shop lost the order {order_id}", buyer.name));
        }
        for pay_id in &buyer.paid {
            if !books.trades.iter().any(|trade| trade.out_trade_no == *pay_id && trade.paid_fen > 0) {
                wrong.push(format!("{}: the sandbox lost the payment {pay_id}", buyer.name));
            }
        }
        let given = buyer.purchases.iter().filter_map(|purchase| Some((purchase, purchase.given.as_ref().ok()?)));
        for (purchase, ext) in given {
            let view = orders.get(&ext.order_id);
            let fits = view.is_some_and(|view| {
                view.goods_id == purchase.params.goods_id
                    && view.quantity == purchase.params.quantity
                    && view.amount_fen == ext.amount_fen.get()
                    && view.attempts.iter().any(|one| one.pay_id == ext.pay_id && one.pay_type == ext.pay_type)
            });
            if !fits {
                wrong.push(format!("{}: answered with {ext:?}, now {view:?}", buyer.name));
            }
        }
    }

    async fn fins(&self, buyer: &Buyer, wrong: &mut Vec<String>) {
        let balance = buyer.client.viewer().await.unwrap().fins_balance;
        let orders = self.orders_of(buyer).await;
        let delivered: i64 = orders.values().filter(|view| is_delivered(view)).filter_map(|view| view.fins).sum();
        if balance != delivered {
            wrong.push(format!("{}: has {balance} fins and was delivered {delivered}", buyer.name));
        }
    }

    async fn stock(&self, anybody: &Buyer, orders: &Orders, wrong: &mut Vec<String>) {
        for Goods { goods_id, title, stock_left, held, .. } in anybody.client.goods().await.unwrap() {
            let stocked = self.stocked[&title];
            let of_it = orders.values().filter(|view| view.goods_id == goods_id && is_delivered(view));
            let delivered: u32 = of_it.map(|view| view.quantity).sum();
            if held != 0 || delivered > stocked || stock_left != stocked - delivered {
                wrong.push(format!(
                    "{title}: {stocked} stocked, {delivered} delivered, {stock_left} left, {held} held by no order"
                ));
            }
        }
    }
}

fn is_delivered(view: &OrderView) -> bool {
    view.state == OrderState::Delivered
}

fn is_at_rest(view: &OrderView) -> bool {
    view.state.is_terminal()
        && !view.attempts.iter().any(|attempt| attempt.state.is_open())
        && view.refunds.iter().all(|refund| refund.state == RefundState::Done)
}

/// Every fen at the channels has its place in exactly one order, and every order the fen it should have.
fn money(books: &Books, orders: &Orders, wrong: &mut Vec<String>) {
    let attempts = orders.values().flat_map(|view| view.attempts.iter().map(move |one| (&one.pay_id, (one, view))));
    let attempts: BTreeMap<_, _> = attempts.collect();
    let mut counted = BTreeSet::new();
    for trade in &books.trades {
        let number = &trade.out_trade_no;
        if !counted.insert(number) {
            wrong.push(format!("{number}: two trades have this number"));
        }
        let Some((attempt, view)) = attempts.get(number) else {
            wrong.push(format!("the channel has a trade that no order knows: {trade:?}"));
            continue;
        };
        let sent_back: i64 = books
            .refunds
            .iter()
            .filter(|refund| refund.out_trade_no == *number && refund.state == "success")
            .map(|refund| refund.amount_fen)
            .sum();
        let paid = trade.paid_fen > 0;
        let fits = trade.channel == attempt.pay_type
            && (trade.amount_fen == view.amount_fen || trade.was_never_ordered())
            && [0, view.amount_fen].contains(&trade.paid_fen)
            && [0, trade.paid_fen].contains(&trade.refunded_fen)
            && sent_back == trade.refunded_fen
            && paid == (attempt.state == AttemptState::Paid);
        if !fits {
            wrong.push(format!("{trade:?}, of which {sent_back} fen went back, does not fit {attempt:?} of {view:?}"));
        }
    }
    for view in orders.values() {
        let mine: Vec<&Trade> = books
            .trades
            .iter()
            .filter(|trade| view.attempts.iter().any(|attempt| attempt.pay_id == trade.out_trade_no))
            .collect();
        let kept: Vec<i64> = mine.iter().map(|trade| trade.kept_fen()).filter(|fen| *fen != 0).collect();
        let returned: i64 = mine.iter().map(|trade| trade.refunded_fen).sum();
        let promised: i64 = view.refunds.iter().map(|refund| refund.amount_fen).sum();
        let right = match view.state {
            OrderState::Delivered => kept == [view.amount_fen],
            OrderState::Refunded => kept.is_empty() && returned > 0,
            OrderState::Closed => kept.is_empty() && returned == 0,
            OrderState::Reserved
            | OrderState::AwaitingPayment
            | OrderState::Closing
            | OrderState::RefundDue
            | OrderState::Refunding => false,
        };
        if !right || returned != promised {
            wrong.push(format!("kept {kept:?}, returned {returned} of {promised} for {view:?}: {mine:?}"));
        }
    }
}

/// What the storm brought, for who reads the output.
fn tell(books: &Books, orders: &Orders) {
    let mut ended: BTreeMap<&str, usize> = BTreeMap::new();
    for view in orders.values() {
        *ended.entry(view.state.as_str()).or_default() += 1;
        for refund in &view.refunds {
            *ended.entry(refund.reason.as_str()).or_default() += 1;
        }
    }
    let paid = books.trades.iter().filter(|trade| trade.paid_fen > 0).count();
    println!("{} orders, {} trades, {paid} paid; ends and refunds: {ended:?}", orders.len(), books.trades.len());
}

/// The same request again gives the same order, the same attempt and the same code, for ever.
pub async fn same_answers(buyers: &[Buyer], dice: &mut Dice) {
    let mut again = 0;
    for buyer in buyers {
        for purchase in &buyer.purchases {
            let made = match &purchase.given {
                Ok(ext) => ext.order_id.clone(),
                Err(refusal) => match &refusal.data.order_id {
                    // The order was made, and its channel refused it or it ended before a code came.
                    Some(order_id) if refusal.code == api::ErrorCode::ChannelUnavailable => {
                        OrderId::new(order_id.clone()).unwrap()
                    }
                    // Nothing was made: the same request may now well be granted.
                    Some(_) | None => continue,
                },
            };
            let given = insist(dice, || buyer.client.pay_order(&purchase.params, &purchase.asked)).await;
            match (&purchase.given, &given) {
                (Ok(first), Ok(now)) => {
                    let names = |ext: &api::Ext| (ext.order_id.clone(), ext.pay_id.clone(), ext.code.clone());
                    assert_eq!(names(first), names(now), "{}", buyer.name);
                }
                (Err(_), Err(now)) => assert_eq!(now.data.order_id.as_deref(), Some(made.as_str()), "{}", buyer.name),
                (first, now) => panic!("{}: first {first:?}, now {now:?}", buyer.name),
            }
            again += 1;
        }
    }
    println!("{again} requests sent again gave the same answers");
}
