//! The names of states and kinds: what the database holds, what views say and what JSON carries are one and the same.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use order::state::{AttemptState, ClosedBy, OrderState, RefundReason, RefundState};
use order::{Fen, GoodsKind, PayType};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::HashSet;
use std::fmt::Debug;

fn one_name_each<T: Copy + Debug + PartialEq + Serialize + DeserializeOwned>(
    all: &[T],
    as_str: fn(T) -> &'static str,
    named: fn(&str) -> Option<T>,
) {
    let names: HashSet<&str> = all.iter().map(|one| as_str(*one)).collect();
    assert_eq!(names.len(), all.len(), "two have the same name: {names:?}");
    for one in all {
        let name = as_str(*one);
        assert_eq!(named(name), Some(*one), "{name}");
        assert_eq!(serde_json::to_value(one).unwrap(), name);
        assert_eq!(serde_json::from_value::<T>(name.into()).unwrap(), *one);
    }
    for strange in ["", "xyzzy", "PAID", " paid"] {
        assert_eq!(named(strange), None);
    }
}

#[test]
fn each_state_and_kind_has_one_name_everywhere() {
    one_name_each(&OrderState::ALL, OrderState::as_str, OrderState::named);
    one_name_each(&AttemptState::ALL, AttemptState::as_str, AttemptState::named);
    one_name_each(&RefundState::ALL, RefundState::as_str, RefundState::named);
    one_name_each(&ClosedBy::ALL, ClosedBy::as_str, ClosedBy::named);
    one_name_each(&RefundReason::ALL, RefundReason::as_str, RefundReason::named);
    one_name_each(&GoodsKind::ALL, GoodsKind::as_str, GoodsKind::named);
    one_name_each(&PayType::ALL, PayType::as_str, PayType::named);
}

#[test]
fn an_order_either_holds_stock_or_owes_money_or_is_at_its_end() {
    let of =
        |wanted: fn(OrderState) -> bool| OrderState::ALL.into_iter().filter(|state| wanted(*state)).collect::<Vec<_>>();
    assert_eq!(of(OrderState::is_terminal), [OrderState::Closed, OrderState::Delivered, OrderState::Refunded]);
    assert_eq!(of(OrderState::holds_stock), [OrderState::Reserved, OrderState::AwaitingPayment, OrderState::Closing]);
}

#[test]
fn people_read_the_same_names() {
    assert_eq!(GoodsKind::Fins.to_string(), "fins");
    assert_eq!(PayType::Wechat.to_string(), "wechat");
    assert_eq!(Fen::new(1_230).unwrap().to_string(), "1230 fen");
}

#[test]
fn an_amount_goes_to_the_database_and_back() {
    for fen in [0, 1, 22_800, Fen::MAX.get()] {
        let amount = Fen::try_from(fen).unwrap();
        assert_eq!((amount.get(), i64::from(amount)), (fen, fen));
    }
    assert!(Fen::try_from(-1).is_err());
}
