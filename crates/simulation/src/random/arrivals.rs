//! Who and what comes: viewers with their wishes, the shop's people, lasting troubles and made-up notices.

use super::Life;
use crate::failure::Failure;
use crate::house::{VIEWERS, streamer, viewer};
use crate::judge::{Facts, RefundFacts};
use crate::purchase::{Act, Purchase};
use crate::seeded::Seeded;
use crate::task::{Doing, Notice, Staff};
use api::RefundDraft;
use order::{OrderId, PayType};
use std::sync::Arc;

/// How far the server's clock may be wrong, seconds.
const SKEW_MAX_S: i64 = 600;

/// Places on the shelf, by how often somebody wants what is there.
const WANTED: [usize; 12] = [0, 1, 2, 2, 3, 3, 3, 3, 4, 4, 4, 5];

impl Life {
    pub(super) fn buy(&mut self) -> Result<(), Failure> {
        let number = self.world.purchases.len();
        let mut scene = self.world.stage.scene();
        let rng = &mut scene.rng;
        let item = &self.world.shelf[*rng.pick(&WANTED)];
        let pay_type = *rng.pick(&PayType::ALL);
        let Some(viewer) = viewer(rng.below(VIEWERS)) else { return Ok(()) };
        let mut purchase = Purchase::new(viewer, number, item, pay_type)?;
        let params = &mut purchase.params;
        if rng.chance(300) {
            params.quantity = u32::try_from(rng.between(1, 3)).unwrap_or(1);
        }
        if rng.chance(20) {
            params.price_version -= 1;
        }
        params.note = rng.chance(50).then(|| "1; UPDATE orders SET amount_fen = 1 -- 茶".to_owned());
        purchase.acts = acts(rng);
        if rng.chance(120) {
            purchase.acts.push((rng.between(0, 20), Act::Switch(other(pay_type))));
            purchase.then = acts(rng);
        }
        drop(scene);
        self.world.purchases.push(purchase);
        self.world.begin(Doing::Request(number));
        // The same request twice at once, from an impatient finger.
        if self.chance(60) {
            self.world.begin(Doing::Request(number));
        }
        if self.chance(10) {
            self.steal_request_id(number);
        }
        Ok(())
    }

    /// The same request id with other params.
    fn steal_request_id(&mut self, number: usize) {
        let mut other = self.world.purchases[number].clone();
        other.params.quantity += 1;
        other.acts.clear();
        self.world.purchases.push(other);
        self.world.begin(Doing::Request(number + 1));
    }

    pub(super) fn staff(&mut self) {
        let item = self.world.stage.scene().rng.below(self.world.shelf.len());
        let Some(paid) = self.delivered().filter(|_| self.chance(600)) else {
            if self.chance(100) {
                self.world.begin(Doing::Staff(Staff::Halt(true)));
                return;
            }
            // No two prices have one version, not even when two changes meet.
            self.streamer += 1;
            let version = i64::from(self.streamer) + 1;
            let price = self.chance(300).then(|| (self.world.shelf[item].price + self.below(9) - 4, version));
            let price = price.filter(|(price, _)| *price > 0);
            let more = if self.chance(500) { self.below(4) } else { 0 };
            let on_sale = self.chance(850);
            self.world.begin(Doing::Staff(Staff::Shelf { item, price, more, on_sale }));
            return;
        };
        if self.chance(200) {
            // Two studios, or one that clicks twice.
            self.world.begin(Doing::Staff(paid.clone()));
        }
        self.world.begin(Doing::Staff(paid));
    }

    /// The streamer returns some of a delivered order's money, or all of it.
    fn delivered(&mut self) -> Option<Staff> {
        self.streamer += 1;
        let delivered: Vec<&Facts> =
            self.world.judge.orders.values().filter(|order| order.state == "delivered").collect();
        let mut scene = self.world.stage.scene();
        let order = delivered.get(scene.rng.below(delivered.len()))?;
        let kept = order.attempts.iter().find(|attempt| {
            let whole = |refund: &RefundFacts| refund.pay_id == attempt.pay_id && refund.reason != "streamer";
            attempt.paid.is_some() && !order.refunds.iter().any(whole)
        })?;
        let whole = scene.rng.chance(300);
        let amount_fen = if whole { kept.paid? } else { scene.rng.between(1, kept.paid?) };
        let draft =
            RefundDraft { request_id: format!("give-back-{:010}", self.streamer), amount_fen, reason: "why".into() };
        Some(Staff::GiveBack(streamer()?, OrderId::new(order.order_id.clone()).ok()?, draft))
    }

    pub(super) fn trouble(&mut self) {
        let mut scene = self.world.stage.scene();
        let until = scene.now + scene.rng.between(5, 150);
        let name = match scene.rng.below(6) {
            0 => {
                scene.troubles.alipay_down = until;
                "fault: Alipay down"
            }
            1 => {
                scene.troubles.wechat_down = until;
                "fault: WeChat Pay down"
            }
            2 => {
                scene.troubles.poor = until + 600;
                "fault: balance empty"
            }
            3 => {
                scene.troubles.disk_full = until;
                "fault: disk full"
            }
            _ => {
                scene.skew_s = scene.rng.between(-SKEW_MAX_S, SKEW_MAX_S);
                scene.clock_was_set = true;
                "fault: clock set"
            }
        };
        scene.tally.add(name);
        scene.note(|| name.to_owned());
    }

    /// Somebody makes up a notice: without the key, with a stolen one, or about somebody else's number.
    pub(super) fn forge(&mut self) {
        let orders: Vec<&Facts> = self.world.judge.orders.values().collect();
        let mut scene = self.world.stage.scene();
        let Some(order) = orders.get(scene.rng.below(orders.len())) else { return };
        let Some(attempt) = order.attempts.last() else { return };
        let kind = scene.rng.below(3);
        let told = crate::notice::Told {
            notice_id: "made-up".into(),
            pay_id: if kind == 2 { "NOBODYS-NUMBER".into() } else { attempt.pay_id.clone() },
            refund_id: None,
            amount: Some(order.amount),
        };
        scene.tally.add(if kind == 0 { "fault: forged notice" } else { "fault: notice with a stolen key" });
        let notice = Notice { pay_type: attempt.pay_type, told, with_key: kind != 0, is_real: false };
        drop(scene);
        self.world.begin(Doing::Notice(Arc::new(notice), 0));
    }
}

const fn other(pay_type: PayType) -> PayType {
    match pay_type {
        PayType::Alipay => PayType::Wechat,
        PayType::Wechat => PayType::Alipay,
    }
}

/// What a viewer does once the code is there.
fn acts(rng: &mut Seeded) -> Vec<(i64, Act)> {
    let mut acts = Vec::new();
    let pay_at = match rng.below(10) {
        0..=6 => Some(rng.between(0, 3)),
        7 => Some(rng.between(0, 70)),
        8 => Some(rng.between(3, 14)),
        _ => None,
    };
    if rng.chance(500) {
        acts.push((pay_at.map_or(rng.between(0, 30), |at| rng.between(0, at)), Act::Scan));
    }
    if let Some(at) = pay_at {
        acts.push((at, Act::Pay));
        if rng.chance(60) {
            // Another phone has the same code.
            acts.push((at + rng.between(0, 3), Act::Pay));
        }
        if rng.chance(200) {
            acts.push((at + rng.between(0, 2), Act::Ask));
        }
    }
    if rng.chance(150) {
        // Somebody kept a picture of the code.
        acts.push((rng.between(10, 150), Act::Pay));
    }
    if rng.chance(20) {
        acts.push((rng.between(0, 20), Act::PayAtClose));
    }
    if rng.chance(if pay_at.is_none() { 500 } else { 100 }) {
        acts.push((rng.between(0, pay_at.unwrap_or(8)), Act::Cancel));
    }
    if rng.chance(80) {
        acts.push((rng.between(0, 90), Act::Repeat));
    }
    acts
}
