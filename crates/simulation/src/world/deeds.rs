//! What viewers do with their codes, and what the channels do by themselves.

use super::{Next, World};
use crate::purchase::Act;
use crate::stage::{Deed, Late};
use crate::task::{Doing, Notice};
use order::PayType;
use std::sync::Arc;

/// Seconds after which a channel sends a notice again that was not taken.
const NOTICE_AGAIN_S: [i64; 6] = [15, 15, 30, 180, 600, 1_800];

impl World {
    pub(super) fn act(&mut self, number: usize, act: Act) {
        let code = self.purchases[number].code.clone().unwrap_or_default();
        self.stage.scene().note(|| format!("purchase {number}: {act:?}"));
        match act {
            Act::Scan => {
                let mut scene = self.stage.scene();
                let now = scene.now;
                scene.books.scan(&code, now);
            }
            Act::Pay => crate::channel::pay(&mut self.stage.scene(), &code),
            Act::PayAtClose => self.stage.scene().pays_at_close = Some(code),
            Act::Cancel => self.begin(Doing::Cancel(number)),
            Act::Ask => self.begin(Doing::Ask(number)),
            Act::Repeat => self.begin(Doing::Request(number)),
            Act::Switch(pay_type) => self.switch(number, pay_type),
        }
    }

    /// The viewer chooses another way to pay the same order: a request of its own.
    fn switch(&mut self, number: usize, pay_type: PayType) {
        let mut other = self.purchases[number].clone();
        let Some((order_id, _)) = other.placed.take() else { return };
        other.params.order_id = Some(order_id);
        other.params.pay_type = pay_type;
        other.code = None;
        other.sent = 0;
        let number = self.purchases.len();
        let Ok(request_id) = order::RequestId::new(format!("request-{number:010}")) else { return };
        other.params.request_id = request_id;
        other.acts = std::mem::take(&mut other.then);
        self.purchases.push(other);
        self.begin(Doing::Request(number));
    }

    pub(super) fn channel(&mut self, deed: Deed) {
        match deed {
            Deed::TellPaid(pay_id) => self.tell(&pay_id, None),
            Deed::TellRefund(pay_id, refund_id) => self.tell(&pay_id, Some(refund_id)),
            Deed::Arrive(late) => {
                let mut scene = self.stage.scene();
                let now = scene.now;
                scene.note(|| format!("arrives late: {late:?}"));
                match *late {
                    Late::Order(pay_type, request) => {
                        scene.books.order(pay_type, &request, now, false);
                    }
                    Late::Close(pay_type, pay_id) => {
                        scene.books.close(pay_type, &pay_id, now);
                    }
                    Late::Cancel(pay_id, until) if now <= until => {
                        scene.books.cancel(&pay_id, now);
                    }
                    Late::Cancel(..) => {}
                    Late::Refund(request) => {
                        let pay_type = scene.books.trade(request.pay_id.as_str(), now).map(|trade| trade.pay_type);
                        // Whatever it would have said, nobody listens.
                        let _unheard = pay_type.map(|of| crate::channel::take_refund(&mut scene, &request, of));
                    }
                }
            }
        }
    }

    /// A channel writes a notice and sends it.
    fn tell(&mut self, pay_id: &str, refund_id: Option<String>) {
        self.told = self.told.saturating_add(1);
        let told = self.told;
        let mut scene = self.stage.scene();
        let now = scene.now;
        let Some(trade) = scene.books.trade(pay_id, now) else { return };
        let told = crate::notice::Told {
            notice_id: format!("notice-{told:08}"),
            pay_id: pay_id.to_owned(),
            amount: trade.taken.as_ref().map(|taken| taken.amount),
            refund_id,
        };
        let notice = Arc::new(Notice { pay_type: trade.pay_type, told, with_key: true, is_real: true });
        let twice = scene.chance(|rates| rates.notice_twice);
        let late = scene.chance(|rates| rates.notice_late);
        let after_s = if late { scene.rng.between(2, 400) } else { 0 };
        drop(scene);
        let at = now.saturating_add(after_s);
        for _ in 0..=usize::from(twice) {
            self.plan(at, Next::Begin(Doing::Notice(Arc::clone(&notice), 0)));
        }
    }

    /// A notice was not taken: the channel sends it again, for a while.
    pub(super) fn tell_again(&mut self, notice: &Arc<Notice>, tries: u32) {
        let again_s = usize::try_from(tries).ok().and_then(|tries| NOTICE_AGAIN_S.get(tries));
        if let Some(again_s) = again_s.filter(|_| notice.is_real) {
            let at = self.now().saturating_add(*again_s);
            self.plan(at, Next::Begin(Doing::Notice(Arc::clone(notice), tries.saturating_add(1))));
        }
    }

    /// Plans what the channels set out to do, unless a notice is lost on its way.
    pub(super) fn take_deeds(&mut self) {
        let deeds = {
            let mut scene = self.stage.scene();
            let mut deeds = std::mem::take(&mut scene.deeds);
            deeds.retain(|(_, deed)| {
                let lost = !matches!(deed, Deed::Arrive(_)) && scene.chance(|rates| rates.notice_lost);
                if lost {
                    scene.tally.add("fault: notice lost");
                }
                !lost
            });
            deeds
        };
        for (at, deed) in deeds {
            self.plan(at, Next::Channel(deed));
        }
    }
}
