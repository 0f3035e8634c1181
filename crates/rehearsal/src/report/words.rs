//! The report's words, in both languages.

use super::{ReportLanguage, yuan};
use crate::view::{Case, CaseFault, Deed, Outcome, Step};
use order::PayType;
use order::state::OrderState;

/// The words of one language.
#[derive(Clone, Copy)]
pub(super) struct Words {
    language: ReportLanguage,
}

/// What is said in Chinese and in English.
type Both = (&'static str, &'static str);

impl Words {
    pub(super) const fn of(language: ReportLanguage) -> Words {
        Words { language }
    }

    const fn say(self, (zh, en): Both) -> &'static str {
        match self.language {
            ReportLanguage::Zh => zh,
            ReportLanguage::En => en,
        }
    }

    pub(super) const fn lang(self) -> &'static str {
        self.say(("zh-CN", "en"))
    }

    pub(super) const fn title(self) -> &'static str {
        self.say(("彩排报告", "Rehearsal report"))
    }

    pub(super) const fn when(self) -> &'static str {
        self.say(("开始时间", "Began"))
    }

    pub(super) const fn zone(self) -> &'static str {
        self.say((" 北京时间", " Beijing time"))
    }

    pub(super) const fn lasted(self) -> &'static str {
        self.say(("用时", "Took"))
    }

    pub(super) const fn program(self) -> &'static str {
        self.say(("程序", "Program"))
    }

    pub(super) const fn pretend(self) -> &'static str {
        self.say((
            "在一家单独的模拟店铺里进行，卖的是商品的副本，支付宝和微信支付都是模拟的：没有动用真实的钱，观众看不到。",
            "Lived in a pretend shop of its own, with copies of the goods and pretend Alipay and WeChat Pay: no real \
             money moved, and viewers saw nothing of it.",
        ))
    }

    pub(super) const fn cases(self) -> &'static str {
        self.say(("场景", "Cases"))
    }

    pub(super) const fn step_by_step(self) -> &'static str {
        self.say(("经过", "Step by step"))
    }

    /// The table's columns: a class, if any, and a name.
    pub(super) const fn columns(self) -> [(&'static str, &'static str); 5] {
        const NUMBER: &str = " class=\"number\"";
        [
            ("", self.say(("场景", "Case"))),
            (NUMBER, self.say(("收款", "Paid"))),
            (NUMBER, self.say(("发货", "Sent"))),
            (NUMBER, self.say(("退款", "Returned"))),
            ("", self.say(("结果", "Result"))),
        ]
    }

    pub(super) const fn case_passed(self) -> &'static str {
        self.say(("通过", "Passed"))
    }

    pub(super) const fn case_failed(self) -> &'static str {
        self.say(("没通过", "Failed"))
    }

    pub(super) const fn case_not_lived(self) -> &'static str {
        self.say(("没演完", "Not finished"))
    }

    pub(super) fn all_passed(self, all: usize) -> String {
        match self.language {
            ReportLanguage::Zh => format!("{all} 个场景都通过，可以开播"),
            ReportLanguage::En => format!("All {all} cases passed. Ready to go live"),
        }
    }

    pub(super) fn some_failed(self, failed: usize, all: usize) -> String {
        match self.language {
            ReportLanguage::Zh => format!("{all} 个场景里有 {failed} 个和预期不符，先别开播"),
            ReportLanguage::En => format!("{failed} of {all} cases did not go as they must. Do not go live yet"),
        }
    }

    pub(super) fn stopped(self, passed: usize, all: usize) -> String {
        match self.language {
            ReportLanguage::Zh => format!("中途停止：{all} 个场景里通过了 {passed} 个"),
            ReportLanguage::En => format!("Stopped before the end: {passed} of {all} cases passed"),
        }
    }

    pub(super) fn could_not_go_on(self, passed: usize, all: usize) -> String {
        match self.language {
            ReportLanguage::Zh => format!("彩排没能进行下去：{all} 个场景里通过了 {passed} 个"),
            ReportLanguage::En => format!("The rehearsal could not go on: {passed} of {all} cases passed"),
        }
    }

    pub(super) fn seconds(self, ms: u64) -> String {
        let (s, tenth) = (ms / 1_000, ms / 100 % 10);
        match self.language {
            ReportLanguage::Zh => format!("{s}.{tenth} 秒"),
            ReportLanguage::En => format!("{s}.{tenth} s"),
        }
    }

    pub(super) const fn case_name(self, case: Case) -> &'static str {
        self.say(match case {
            Case::Paid => ("正常付款", "Paid as usual"),
            Case::Expired => ("到时间没人付", "Nobody pays in time"),
            Case::NoticeLost => ("付款通知丢了", "The payment notice never arrives"),
            Case::PaidLate => ("订单关闭后才付款", "Paid after the order closed"),
            Case::PaidTwice => ("换了付款方式，两个码都付了", "Both codes paid after a switch"),
            Case::SoldOut => ("付款时最后一件被买走", "Last one sold while paying"),
            Case::RefundStuck => ("余额不足，退不了款", "Balance too low to refund"),
            Case::ViewerOffline => ("付款时观众断网", "Viewer offline while paying"),
            Case::QueriesUnanswered => ("付款结果暂时查不到", "Payment cannot be looked up"),
            Case::ChannelDown => ("付款渠道整个断开", "The payment channel is down"),
        })
    }

    /// What is done in a case, and what must come of it.
    pub(super) const fn case_story(self, case: Case) -> &'static str {
        self.say(match case {
            Case::Paid => (
                "支付宝和微信支付各买一件：钱进来，货出去。",
                "One piece bought with Alipay, one with WeChat Pay: money in, goods out.",
            ),
            Case::Expired => (
                "付款码一直没人付：到时间关闭订单，货放回货架。",
                "The code is not paid: the order closes in time and the piece goes back on the shelf.",
            ),
            Case::NoticeLost => (
                "渠道的付款通知丢了：店铺自己查到付款，照常发货。",
                "The channel's notice is lost: the shop finds the payment itself and delivers.",
            ),
            Case::PaidLate => (
                "订单关闭后，旧的付款码又被付了：货还在，照样发货。",
                "The old code is paid after the order closed: there is stock, so the goods go out.",
            ),
            Case::PaidTwice => (
                "观众换了付款方式，新旧两个码都付了：货发一份，多付的退回。",
                "The viewer switched, and both codes are paid: one item goes out, the extra money goes back.",
            ),
            Case::SoldOut => (
                "最后一件被别人买走后，旧的付款码又被付了：没有货，自动退款。",
                "The old code is paid after somebody else bought the last piece: the money goes back by itself.",
            ),
            Case::RefundStuck => (
                "主播退款时渠道说余额不足：充值后自动退回，只退一次。",
                "The channel refuses the host's refund for lack of funds: after a top-up it goes through, once.",
            ),
            Case::ViewerOffline => (
                "手机付款时观众断网：货照常发出，连上网后看到结果。",
                "The viewer is offline while the phone pays: the goods go out and the result shows once they are back.",
            ),
            Case::QueriesUnanswered => (
                "付了款，但渠道一时查不到：查清前不下结论，查到就发货。",
                "Paid, but the channel cannot say so for a while: nothing is decided until it can, then the goods go out.",
            ),
            Case::ChannelDown => (
                "下单时渠道断开，没有付款码：恢复后付款码自己出来，照常付款。",
                "The channel is down as the viewer orders: the code comes by itself once it is up, and is paid as usual.",
            ),
        })
    }

    /// What was done in a step; of a told one, what the viewer was told.
    pub(super) fn deed(self, case: Case, step: &Step) -> String {
        let of_channel = step.pay_type.map_or("", |pay_type| self.channel(pay_type));
        let said = match step.deed {
            Deed::Ordered => ("观众下单", "The viewer ordered"),
            Deed::CodeShown => ("付款码显示出来", "The code was shown"),
            Deed::Switched => ("观众换了付款方式", "The viewer chose another way to pay"),
            Deed::Cancelled => ("观众取消订单", "The viewer cancelled"),
            Deed::Paid => ("手机付款", "The phone paid"),
            Deed::PaidAgain => ("另一部手机付了旧的码", "Another phone paid the old code"),
            Deed::LastPieceBought => ("最后一件被别的观众买走", "Another viewer bought the last one"),
            Deed::TakenBack => ("主播退款", "The host refunded"),
            Deed::TroubleBegan => self.began(case),
            Deed::TroubleEnded => self.ended(case),
            Deed::Told => return step.state.map_or_else(String::new, |state| self.told(state, step.amount_fen)),
        };
        match (step.deed, of_channel) {
            (Deed::TroubleBegan | Deed::TroubleEnded, _) | (_, "") => self.say(said).to_owned(),
            (_, channel) => format!("{} · {channel}", self.say(said)),
        }
    }

    const fn channel(self, pay_type: PayType) -> &'static str {
        self.say(match pay_type {
            PayType::Alipay => ("支付宝", "Alipay"),
            PayType::Wechat => ("微信支付", "WeChat Pay"),
        })
    }

    const fn began(self, case: Case) -> Both {
        match case {
            Case::NoticeLost => ("故障开始：付款通知会丢掉", "Fault on: payment notices are lost"),
            Case::PaidLate | Case::PaidTwice | Case::SoldOut => (
                "故障开始：渠道说码已作废，其实还能付",
                "Fault on: the channel says a code is dead, and it can still be paid",
            ),
            Case::RefundStuck => ("故障开始：渠道余额不足", "Fault on: the balance at the channel is too low"),
            Case::ViewerOffline => ("故障开始：观众断网", "Fault on: the viewer is offline"),
            Case::QueriesUnanswered => ("故障开始：付款结果查不到", "Fault on: payments cannot be looked up"),
            Case::ChannelDown => ("故障开始：渠道断开", "Fault on: the channel is down"),
            Case::Paid | Case::Expired => ("故障开始", "Fault on"),
        }
    }

    const fn ended(self, case: Case) -> Both {
        match case {
            Case::RefundStuck => ("故障结束：余额充好了", "Fault off: the balance was topped up"),
            Case::ViewerOffline => ("故障结束：观众连上网", "Fault off: the viewer is online again"),
            Case::QueriesUnanswered => ("故障结束：又能查询了", "Fault off: payments can be looked up again"),
            Case::ChannelDown => ("故障结束：渠道恢复", "Fault off: the channel is up again"),
            Case::PaidLate | Case::PaidTwice | Case::SoldOut | Case::NoticeLost | Case::Paid | Case::Expired => {
                ("故障结束", "Fault off")
            }
        }
    }

    /// What a viewer was told, and what of the money they were told is back.
    fn told(self, state: OrderState, returned_fen: Option<i64>) -> String {
        let state = self.state(state);
        let (zh, back) = (self.language == ReportLanguage::Zh, returned_fen.map(yuan));
        match (zh, back) {
            (true, None) => format!("观众看到“{state}”"),
            (true, Some(back)) => format!("观众看到“{state}”，已退回 <b>{back}</b>"),
            (false, None) => format!("The viewer was told “{state}”"),
            (false, Some(back)) => format!("The viewer was told “{state}”, <b>{back}</b> returned"),
        }
    }

    const fn state(self, state: OrderState) -> &'static str {
        self.say(match state {
            OrderState::Reserved => ("正在生成付款码", "Making your code"),
            OrderState::AwaitingPayment => ("等待付款", "Waiting for payment"),
            OrderState::Closing => ("正在核实付款", "Checking for a payment"),
            OrderState::Closed => ("订单已关闭，没有扣款", "Order closed, nothing was charged"),
            OrderState::Delivered => ("付款成功", "Paid"),
            OrderState::RefundDue | OrderState::Refunding => ("钱正在退回", "Money on its way back"),
            OrderState::Refunded => ("钱已退回", "Money returned"),
        })
    }

    /// What was not as it must be; unlike the other words it may hold text of a program's.
    pub(super) fn fault(self, fault: &CaseFault, wanted: &Outcome, found: &Outcome) -> String {
        let zh = self.language == ReportLanguage::Zh;
        match fault {
            CaseFault::Outcome => {
                let (wanted, found) = (self.sums(wanted), self.sums(found));
                if zh {
                    format!("钱或货和预期不同：应该{wanted}；实际{found}。")
                } else {
                    format!("Money or goods differ: it must be {wanted}; it was {found}.")
                }
            }
            CaseFault::EndState { wanted } => {
                let wanted = self.state(*wanted);
                if zh {
                    format!("观众最后看到的不对：应该是“{wanted}”。")
                } else {
                    format!("Viewers were told the wrong thing at the end: it must be “{wanted}”.")
                }
            }
            CaseFault::NoEnd => self.say(("到时间还没有结果。", "There was no result in time.")).to_owned(),
            CaseFault::Stock => {
                let said = ("库存对不上：有货凭空多了或少了。", "The stock does not add up: pieces were lost or made.");
                self.say(said).to_owned()
            }
            CaseFault::Broken { message } => {
                let said =
                    self.say(("这个场景没能演完。给技术支持看：", "This case could not be finished. For support: "));
                format!("{said}{message}")
            }
        }
    }

    fn sums(self, outcome: &Outcome) -> String {
        let (paid, back, pieces) = (yuan(outcome.money_in_fen), yuan(outcome.money_back_fen), outcome.goods_out);
        match self.language {
            ReportLanguage::Zh => format!("收 {paid}、发 {pieces} 件、退 {back}"),
            ReportLanguage::En => format!("{paid} in, {pieces} out, {back} back"),
        }
    }
}
