//! Deals: a price for a while and for some pieces, and what comes back to it, late or not.

use crate::house::{DEADLINE_S, House, PRICE, refusal};
use api::{ErrorCode, Refusal};
use order::state::OrderState;
use order::{Fen, GoodsId, PayType, RoomId};
use storefront::store::{DealError, NewDeal, Placed, StoreError};

/// The price of every deal here.
const DEAL: i64 = 5_000;
/// Longer than any order is open.
const LONG_S: i64 = 100_000;

impl House {
    async fn try_deal(&self, goods: &str, deal: Option<NewDeal>) -> Result<RoomId, DealError> {
        self.shop.store.set_deal(GoodsId::new(goods).unwrap(), deal).await
    }

    /// Gives an item a deal that begins in `wait` seconds and lasts `lasts` seconds; says the version of its price.
    async fn deal_in(&self, wait: i64, lasts: i64, goods: &str, pieces: u32) -> i64 {
        let starts_at = self.now() + wait;
        let deal = NewDeal { price: Fen::new(DEAL).unwrap(), starts_at, ends_at: starts_at + lasts, pieces };
        self.try_deal(goods, Some(deal)).await.unwrap();
        let shelf = self.shop.store.goods_of(&RoomId::new("tea").unwrap(), self.now()).await.unwrap();
        shelf.into_iter().find(|item| item.goods_id.as_str() == goods).unwrap().deal.unwrap().price_version
    }

    async fn deal(&self, goods: &str, pieces: u32) -> i64 {
        self.deal_in(0, LONG_S, goods, pieces).await
    }

    async fn end_deal(&self, goods: &str) {
        self.try_deal(goods, None).await.unwrap();
    }

    /// The deal that viewers see, if any: its pieces and how many of them are left.
    async fn seen(&self, goods: &str) -> Option<(u32, u32)> {
        let shelf = self.shop.store.goods_of(&RoomId::new("tea").unwrap(), self.now()).await.unwrap();
        let item = shelf.into_iter().find(|item| item.goods_id.as_str() == goods).unwrap();
        item.deal.map(|deal| (deal.pieces, deal.pieces_left))
    }

    /// Places an order at that price version and lets it run out.
    async fn run_out(&self, who: &str, goods: &str, version: i64) -> Placed {
        let placed = self.place_at(who, goods, 1, version).await.unwrap();
        self.pass(DEADLINE_S + 10).await;
        assert_eq!(self.state(&placed).await, OrderState::Closed);
        placed
    }

    async fn buy(&self, who: &str, goods: &str, version: i64) -> Placed {
        let placed = self.place_at(who, goods, 1, version).await.unwrap();
        self.settle().await;
        self.pay_and_hear(&placed).await;
        assert_eq!(self.state(&placed).await, OrderState::Delivered);
        placed
    }

    async fn pay_and_hear(&self, placed: &Placed) {
        self.alipay.pay(&placed.pay_id);
        self.hear(PayType::Alipay, &self.alipay.notice(&placed.pay_id, "payment")).await.unwrap();
        self.pass(10).await;
    }

    /// The money of a late payment is back, all of it, and the books are right.
    async fn went_back(&self, late: &Placed) {
        assert_eq!(self.state(late).await, OrderState::Refunded);
        assert_eq!(self.alipay.refunds(), [(late.pay_id.whole_refund().to_string(), DEAL)]);
        self.is_well().await;
    }

    async fn is_well(&self) {
        assert_eq!(self.audit().await, Vec::<String>::new());
        assert_eq!(self.shop.store.halts().await.unwrap(), []);
    }
}

/// Whether the shop says that the price is this one, of this version.
fn says_price(refusal: &Refusal, price: i64, version: i64) -> bool {
    let (code, data) = (refusal.code, &refusal.data);
    code == ErrorCode::PriceChanged && data.price_fen == Some(price) && data.price_version == Some(version)
}

#[tokio::test]
async fn a_deal_s_price_begins_and_ends_with_its_time() {
    let house = House::open().await;
    let deal = house.deal_in(10, 10, "fins", 5).await;
    assert_eq!((deal, house.seen("fins").await), (2, Some((5, 5))));
    house.skip(9);
    let early = refusal(house.place_at("ann", "fins", 1, deal).await);
    assert!(says_price(&early, PRICE, 1), "{early:?}");
    let before = house.place_at("ann", "fins", 1, 1).await.unwrap();
    house.skip(1);
    let own = refusal(house.place_at("ben", "fins", 1, 1).await);
    assert!(says_price(&own, DEAL, deal), "{own:?}");
    let first = house.place_at("ben", "fins", 1, deal).await.unwrap();
    house.skip(9);
    let last = house.place_at("cay", "fins", 1, deal).await.unwrap();
    house.skip(1);
    let late = refusal(house.place_at("ann", "fins", 1, deal).await);
    assert!(says_price(&late, PRICE, 1), "{late:?}");
    assert_eq!(house.seen("fins").await, None);
    for (placed, amount) in [(before, PRICE), (first, DEAL), (last, DEAL)] {
        assert_eq!(house.record(&placed).await.order.amount.get(), amount);
    }
    house.is_well().await;
}

#[tokio::test]
async fn more_than_is_left_of_a_deal_is_refused_with_what_is_left_of_it() {
    let house = House::open().await;
    let deal = house.deal("fins", 3).await;
    house.place_at("ann", "fins", 2, deal).await.unwrap();
    let refused = refusal(house.place_at("ben", "fins", 2, deal).await);
    assert_eq!((refused.code, refused.data.stock_left), (ErrorCode::SoldOut, Some(1)));
    house.place_at("ben", "fins", 1, deal).await.unwrap();
    assert_eq!(house.seen("fins").await, Some((3, 0)));
    let gone = refusal(house.place_at("cay", "fins", 1, deal).await);
    assert!(says_price(&gone, PRICE, 1), "{gone:?}");
    house.is_well().await;
}

#[tokio::test]
async fn an_order_that_runs_out_gives_its_piece_back_to_the_deal() {
    let house = House::open().await;
    let deal = house.deal("fins", 1).await;
    house.run_out("ann", "fins", deal).await;
    assert_eq!(house.seen("fins").await, Some((1, 1)));
    let again = house.buy("ben", "fins", deal).await;
    assert_eq!(house.record(&again).await.order.amount.get(), DEAL);
    assert_eq!(house.seen("fins").await, Some((1, 0)));
    house.is_well().await;
}

#[tokio::test]
async fn a_late_payment_at_a_deal_s_price_takes_a_piece_of_the_deal_again() {
    let house = House::open().await;
    let deal = house.deal("fins", 2).await;
    let late = house.run_out("ann", "fins", deal).await;
    house.buy("ben", "fins", deal).await;
    house.pay_and_hear(&late).await;
    assert_eq!(house.state(&late).await, OrderState::Delivered);
    assert_eq!(house.seen("fins").await, Some((2, 0)));
    house.is_well().await;
}

#[tokio::test]
async fn a_late_payment_goes_back_whole_when_another_took_the_deal_s_last_piece() {
    for ended in [false, true] {
        let house = House::open().await;
        let deal = house.deal("fins", 1).await;
        let late = house.run_out("ann", "fins", deal).await;
        house.buy("ben", "fins", deal).await;
        if ended {
            house.end_deal("fins").await;
        }
        house.pay_and_hear(&late).await;
        house.went_back(&late).await;
    }
}

#[tokio::test]
async fn a_deal_that_ends_while_an_order_is_open_keeps_its_price_for_it_and_owes_no_piece() {
    let house = House::open().await;
    let deal = house.deal("plate", 1).await;
    let late = house.place_at("ann", "plate", 1, deal).await.unwrap();
    house.end_deal("plate").await;
    house.pass(DEADLINE_S + 10).await;
    assert_eq!((house.state(&late).await, house.seen("plate").await), (OrderState::Closed, None));
    house.buy("ben", "plate", 1).await;
    house.pay_and_hear(&late).await;
    house.went_back(&late).await;
    // Paid in time it is delivered, at its price.
    let house = House::open().await;
    let deal = house.deal("plate", 1).await;
    let open = house.place_at("ann", "plate", 1, deal).await.unwrap();
    house.settle().await;
    house.end_deal("plate").await;
    house.pay_and_hear(&open).await;
    assert_eq!(house.state(&open).await, OrderState::Delivered);
    house.is_well().await;
}

#[tokio::test]
async fn orders_of_an_earlier_deal_take_nothing_from_the_deal_in_its_place() {
    let house = House::open().await;
    let first = house.deal("fins", 5).await;
    let late = house.run_out("ann", "fins", first).await;
    let open = house.place_at("cay", "fins", 1, first).await.unwrap();
    house.settle().await;
    let second = house.deal("fins", 1).await;
    house.pay_and_hear(&open).await;
    house.pay_and_hear(&late).await;
    assert_eq!((house.state(&open).await, house.state(&late).await), (OrderState::Delivered, OrderState::Delivered));
    assert_eq!(house.seen("fins").await, Some((1, 1)));
    house.buy("ben", "fins", second).await;
    house.is_well().await;
}

#[tokio::test]
async fn no_two_prices_of_an_item_have_the_same_version() {
    let house = House::open().await;
    let mut versions = vec![1];
    for round in 0..3 {
        versions.push(house.deal("fins", 1).await);
        versions.push(house.deal_in(50, 10, "fins", 1).await);
        if round == 1 {
            house.end_deal("fins").await;
        }
    }
    // A price of the item's own, ahead of all deals before it.
    let raise = "UPDATE goods SET price_version = 40 WHERE goods_id = 'fins'";
    let raised = house.shop.store.write(move |tx| {
        Box::pin(async move { Ok::<_, StoreError>(sqlx::query(raise).execute(tx).await?.rows_affected()) })
    });
    assert_eq!(raised.await.unwrap(), 1);
    versions.push(40);
    versions.push(house.deal("fins", 1).await);
    assert!(versions.is_sorted_by(|before, after| before < after), "{versions:?}");
}

#[tokio::test]
async fn a_deal_that_is_none_is_refused_in_words_and_changes_nothing() {
    let house = House::open().await;
    house.deal("cup", 1).await;
    let now = house.now();
    let deal = |fen: i64, lasts: i64, pieces: u32| {
        Some(NewDeal { price: Fen::new(fen).unwrap(), starts_at: now, ends_at: now + lasts, pieces })
    };
    for (wanted, words) in [
        (deal(PRICE, 10, 1), "below the item's own, 8800 fen"),
        (deal(0, 10, 1), "above 0"),
        (deal(DEAL, 0, 1), "end after it begins"),
        (deal(DEAL, 10, 0), "1 to 2 pieces"),
        (deal(DEAL, 10, 3), "1 to 2 pieces"),
    ] {
        let why = house.try_deal("cup", wanted).await.unwrap_err().to_string();
        assert!(why.contains(words), "{why}");
    }
    let why = house.try_deal("saucer", deal(DEAL, 10, 1)).await.unwrap_err();
    assert!(matches!(why, DealError::NoSuchGoods), "{why}");
    assert_eq!(house.seen("cup").await, Some((1, 1)));
    assert_eq!(house.number("SELECT deal_version FROM goods WHERE goods_id = 'cup'").await, 2);
}
