//! Buyers: each buys over and over through its own client, and pays as people do: at once, twice, late, after
//! cancelling, with two wallets, or not at all.

use super::chance::Dice;
use api::{Asked, CallError, Client, ErrorCode, Ext, Goods, OrderView, Params, Refusal, RoomLink};
use order::state::OrderState;
use order::{Fen, OrderId, PayId, PayType, RequestId};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// Shortest and longest pause before a request is sent again, milliseconds.
const AGAIN_MS: std::ops::Range<u64> = 50..600;

/// The pretend phone of one person. It speaks to the sandbox directly.
#[derive(Clone, Debug)]
pub struct Phone {
    pub http: reqwest::Client,
    pub sandbox: String,
}

impl Phone {
    /// Does something with a payment string, again and again until the sandbox says what came of it. Whether the
    /// payment is made then.
    pub async fn act(&self, act: &str, code: &str, whose: &str) -> bool {
        let url = format!("{}/phone/{act}", self.sandbox);
        loop {
            let sent = self.http.post(&url).json(&json!({"code": code, "buyer": whose})).send().await;
            if let Ok(answer) = sent
                && let Ok(said) = answer.json::<Value>().await
            {
                assert_ne!(said["code"], "unknown_code", "the shop showed a code that no channel gave: {code}");
                return said["state"] == "paid" || said["code"] == "already_paid";
            }
            // The sandbox was killed; it comes back.
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
}

/// One request for an order and what it gave in the end.
#[derive(Debug)]
pub struct Purchase {
    pub params: Params,
    pub asked: Asked,
    pub given: Result<Ext, Refusal>,
}

/// One person with one guest account.
pub struct Buyer {
    pub name: String,
    pub client: Client,
    pub token: String,
    pub goods: Vec<Goods>,
    pub purchases: Vec<Purchase>,
    /// The newest the shop has said of each order.
    pub seen: BTreeMap<OrderId, OrderView>,
    /// Attempts whose payment the wallet confirmed.
    pub paid: BTreeSet<PayId>,
    phone: Phone,
    dice: Dice,
}

/// Asks again and again, with the same words, until an answer comes: what it gives, or a definite refusal.
pub async fn insist<T, Asking>(dice: &mut Dice, mut call: impl FnMut() -> Asking) -> Result<T, Refusal>
where
    Asking: Future<Output = Result<T, CallError>>,
{
    loop {
        match call().await {
            Ok(given) => return Ok(given),
            Err(CallError::NoAnswer(_)) => {}
            Err(CallError::Refused(refusal)) => {
                // Nothing in this storm is a reason to fail, and nobody stopped the sales.
                let surprising = [ErrorCode::Internal, ErrorCode::ShopPaused, ErrorCode::Unauthorised];
                assert!(!surprising.contains(&refusal.code), "{refusal:?}");
                if refusal.data.retry_after_s.is_none() {
                    return Err(refusal);
                }
            }
            // A cut answer is none. One that is whole and wrong must never come.
            Err(CallError::Unusable(fault)) => panic!("the shop gave a wrong answer: {fault}"),
        }
        tokio::time::sleep(dice.pause(AGAIN_MS)).await;
    }
}

impl Buyer {
    /// A new guest.
    pub async fn new(name: String, link: RoomLink, phone: Phone, mut dice: Dice) -> Buyer {
        let client = Client::new(link).unwrap();
        let guest = insist(&mut dice, || client.new_viewer()).await.unwrap();
        let goods = insist(&mut dice, || client.goods()).await.unwrap();
        Buyer {
            name,
            client,
            token: guest.token.expose().to_owned(),
            goods,
            purchases: Vec::new(),
            seen: BTreeMap::new(),
            paid: BTreeSet::new(),
            phone,
            dice,
        }
    }

    /// Buys until the storm is over. What is begun then is finished.
    pub async fn buy_in(mut self, over: watch::Receiver<bool>) -> Buyer {
        while !*over.borrow() {
            let goods = self.any_goods();
            let quantity = 1 + u32::from(self.dice.below(5) == 0);
            let pay_type = *self.dice.one_of(&PayType::ALL);
            let (params, asked) = self.wish(&goods, quantity, pay_type, None);
            if let Some(ext) = self.order(params, asked).await {
                self.pay_somehow(&goods, ext).await;
            }
            tokio::time::sleep(self.dice.pause(0..300)).await;
        }
        self
    }

    /// The first item is the one that everybody wants.
    fn any_goods(&mut self) -> Goods {
        let hot = self.dice.below(3) == 0;
        if hot { self.goods[0].clone() } else { self.dice.one_of(&self.goods).clone() }
    }

    pub fn wish(&mut self, goods: &Goods, quantity: u32, pay_type: PayType, of: Option<&OrderId>) -> (Params, Asked) {
        let bits = u128::from(self.dice.bits()) << 64 | u128::from(self.dice.bits());
        let params = Params {
            request_id: RequestId::new(order::id::base32(bits)).unwrap(),
            goods_id: goods.goods_id.clone(),
            quantity,
            pay_type,
            price_version: goods.price_version,
            order_id: of.cloned(),
            address_id: None,
            note: None,
        };
        let asked = Asked {
            goods_id: goods.goods_id.clone(),
            quantity,
            pay_type,
            amount: Fen::new(goods.price_fen).unwrap().times(quantity).unwrap(),
            order_id: of.cloned(),
        };
        (params, asked)
    }

    /// Sends one request until it is answered.
    pub async fn order(&mut self, params: Params, asked: Asked) -> Option<Ext> {
        let given = insist(&mut self.dice, || self.client.pay_order(&params, &asked)).await;
        let ext = given.as_ref().ok().cloned();
        self.purchases.push(Purchase { params, asked, given });
        ext
    }

    async fn pay_somehow(&mut self, goods: &Goods, ext: Ext) {
        let left = Duration::from_secs(ext.expires_in_s.unsigned_abs());
        match self.dice.below(100) {
            0..25 => self.pay(&ext).await,
            25..35 => {
                self.pay(&ext).await;
                self.pay(&ext).await;
                self.ask(&ext.order_id).await;
            }
            // Around the moment at which the shop closes the trade.
            35..50 => {
                tokio::time::sleep(left.saturating_sub(Duration::from_secs(1)) + self.dice.pause(0..3_000)).await;
                self.pay(&ext).await;
            }
            50..57 => {
                self.act("scan", &ext).await;
                tokio::time::sleep(left + self.dice.pause(0..1_500)).await;
                self.pay(&ext).await;
            }
            57..65 => {
                self.cancel(&ext.order_id).await;
                self.pay(&ext).await;
            }
            65..70 => self.pay_while_cancelling(&ext).await,
            70..78 => self.look(&ext.order_id).await,
            78..83 => {
                self.act("decline", &ext).await;
                self.look(&ext.order_id).await;
            }
            _ => self.pay_both_ways(goods, ext).await,
        }
    }

    async fn act(&mut self, act: &str, ext: &Ext) {
        if self.phone.act(act, &ext.code, &self.name).await {
            self.paid.insert(ext.pay_id.clone());
        }
    }

    pub async fn pay(&mut self, ext: &Ext) {
        self.act("pay", ext).await;
    }

    /// Begins to pay; what came of it is said when it is waited for.
    fn paying(&self, ext: &Ext) -> JoinHandle<bool> {
        let (phone, name, code) = (self.phone.clone(), self.name.clone(), ext.code.clone());
        tokio::spawn(async move { phone.act("pay", &code, &name).await })
    }

    async fn has_paid(&mut self, ext: &Ext, paying: JoinHandle<bool>) {
        if paying.await.unwrap() {
            self.paid.insert(ext.pay_id.clone());
        }
    }

    async fn pay_while_cancelling(&mut self, ext: &Ext) {
        let paying = self.paying(ext);
        self.cancel(&ext.order_id).await;
        self.has_paid(ext, paying).await;
    }

    /// Asks for the other wallet's code and pays both: the first before, while or after the second is asked for.
    async fn pay_both_ways(&mut self, goods: &Goods, first: Ext) {
        if self.dice.below(2) == 0 {
            self.act("scan", &first).await;
        }
        let other = *PayType::ALL.iter().find(|pay_type| **pay_type != first.pay_type).unwrap();
        let (params, asked) = self.wish(goods, first.quantity, other, Some(&first.order_id));
        let when = self.dice.below(3);
        let early = (when == 0).then(|| self.paying(&first));
        let second = self.order(params, asked).await;
        if when == 1 {
            self.pay(&first).await;
        }
        if let Some(second) = second {
            self.pay(&second).await;
        }
        match early {
            Some(paying) => self.has_paid(&first, paying).await,
            None => self.pay(&first).await,
        }
        self.look(&first.order_id).await;
    }

    async fn cancel(&mut self, order_id: &OrderId) {
        let view = insist(&mut self.dice, || self.client.cancel(order_id)).await.unwrap();
        self.saw(view);
    }

    async fn ask(&mut self, order_id: &OrderId) {
        let view = insist(&mut self.dice, || self.client.ask(order_id)).await.unwrap();
        self.saw(view);
    }

    async fn look(&mut self, order_id: &OrderId) {
        let view = insist(&mut self.dice, || self.client.order(order_id)).await.unwrap();
        self.saw(view);
    }

    /// What the shop once said stays true: an order does not go back, and a delivered one stays delivered.
    pub fn saw(&mut self, view: OrderView) {
        if let Some(before) = self.seen.get(&view.order_id) {
            let lost = view.revision < before.revision
                || (before.state == OrderState::Delivered && view.state != OrderState::Delivered);
            assert!(!lost, "{}: the shop forgot what it had said: {before:?}, then {view:?}", self.name);
        }
        self.seen.insert(view.order_id.clone(), view);
    }
}
