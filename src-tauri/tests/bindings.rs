//! The page's types are generated from the Rust ones and committed; a stale file fails here.
//! `cargo xtask bindings` writes it anew.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use api::{
    Address, AddressDraft, AnswerFault, Deal, Declined, ErrorCode, Goods, OrderDetails, PostalAddress, RefundRequest,
    Refusal, Room, RoomState, Viewer, studio,
};
use desktop::orders::{AttemptLine, OrderPaper, OrderSummary, OrdersPage};
use desktop::qr::Qr;
use desktop::updates::{UpdateFailure, UpdateState, UpdateView, UpdateWay};
use desktop::views::{
    About, Bought, BuyRequest, CheckingWhy, CommandCode, CommandError, Entrance, Hosting, KnownRoom, LanPhone,
    Language, LocalCode, MoneyBack, Preferences, PurchaseView, ReceiptPaid, ReceiptView, Shelf, Stage,
};
use order::state::{AttemptState, ClosedBy, OrderState, RefundReason, RefundState};
use order::{GoodsKind, PayType};
use rehearsal::view;
use std::path::Path;
use ts_rs::{Config, TS};

/// A type of the pure crate, which knows nothing of TypeScript: the names of its values.
fn names(name: &str, values: &[&str]) -> String {
    let values: Vec<String> = values.iter().map(|value| format!("\"{value}\"")).collect();
    format!("export type {name} = {};", values.join(" | "))
}

fn declared<T: TS>(config: &Config) -> String {
    format!("export {}", T::decl(config))
}

fn generated() -> String {
    let config = Config::default();
    let lines = [
        "// Generated from the Rust types; `cargo xtask bindings` writes it anew.".to_owned(),
        names("PayType", &PayType::ALL.map(PayType::as_str)),
        names("GoodsKind", &GoodsKind::ALL.map(GoodsKind::as_str)),
        names("ClosedBy", &ClosedBy::ALL.map(ClosedBy::as_str)),
        names("OrderState", &OrderState::ALL.map(OrderState::as_str)),
        names("AttemptState", &AttemptState::ALL.map(AttemptState::as_str)),
        names("RefundReason", &RefundReason::ALL.map(RefundReason::as_str)),
        names("RefundState", &RefundState::ALL.map(RefundState::as_str)),
        declared::<ErrorCode>(&config),
        declared::<RoomState>(&config),
        declared::<Room>(&config),
        declared::<Deal>(&config),
        declared::<Goods>(&config),
        declared::<Viewer>(&config),
        declared::<Refusal>(&config),
        declared::<AnswerFault>(&config),
        declared::<Entrance>(&config),
        declared::<LocalCode>(&config),
        declared::<CommandCode>(&config),
        declared::<CommandError>(&config),
        declared::<BuyRequest>(&config),
        declared::<Bought>(&config),
        declared::<Qr>(&config),
        declared::<CheckingWhy>(&config),
        declared::<MoneyBack>(&config),
        declared::<ReceiptPaid>(&config),
        declared::<ReceiptView>(&config),
        declared::<Stage>(&config),
        declared::<PurchaseView>(&config),
        declared::<Shelf>(&config),
        declared::<KnownRoom>(&config),
        declared::<Language>(&config),
        declared::<Preferences>(&config),
        declared::<About>(&config),
        declared::<UpdateWay>(&config),
        declared::<UpdateFailure>(&config),
        declared::<UpdateState>(&config),
        declared::<UpdateView>(&config),
        declared::<Hosting>(&config),
        declared::<LanPhone>(&config),
        declared::<PostalAddress>(&config),
        declared::<AddressDraft>(&config),
        declared::<Address>(&config),
        declared::<Declined>(&config),
        declared::<RefundRequest>(&config),
        declared::<studio::Shipment>(&config),
        declared::<OrderDetails>(&config),
        declared::<OrderSummary>(&config),
        declared::<OrdersPage>(&config),
        declared::<AttemptLine>(&config),
        declared::<OrderPaper>(&config),
        declared::<studio::Studio>(&config),
        declared::<studio::StudioGoods>(&config),
        declared::<studio::GoodsDraft>(&config),
        declared::<studio::NewItem>(&config),
        declared::<studio::GoodsEdit>(&config),
        declared::<studio::DealDraft>(&config),
        declared::<studio::RoomDraft>(&config),
        declared::<studio::Crop>(&config),
        declared::<studio::PictureKept>(&config),
        declared::<studio::ImportReport>(&config),
        declared::<studio::ImportRow>(&config),
        declared::<studio::ImportOutcome>(&config),
        declared::<studio::ImportProblem>(&config),
        declared::<studio::ImportCode>(&config),
        declared::<studio::OrderFilter>(&config),
        declared::<studio::StudioOrders>(&config),
        declared::<studio::StudioOrder>(&config),
        declared::<studio::StudioRefund>(&config),
        declared::<studio::StudioAttempt>(&config),
        declared::<studio::StudioPaper>(&config),
        declared::<studio::TimelineLine>(&config),
        declared::<studio::TimelineEvent>(&config),
        declared::<studio::RefundDraft>(&config),
        declared::<studio::ShipmentDraft>(&config),
        declared::<studio::ShowFigures>(&config),
        declared::<studio::FigureStep>(&config),
        declared::<studio::GoodsFigures>(&config),
        declared::<view::Trouble>(&config),
        declared::<view::Switch>(&config),
        declared::<view::Happening>(&config),
        declared::<view::HappeningKind>(&config),
        declared::<view::Panel>(&config),
        declared::<view::Case>(&config),
        declared::<view::CaseState>(&config),
        declared::<view::Who>(&config),
        declared::<view::Deed>(&config),
        declared::<view::Step>(&config),
        declared::<view::Outcome>(&config),
        declared::<view::CaseFault>(&config),
        declared::<view::CaseReport>(&config),
        declared::<view::RehearsalState>(&config),
        declared::<view::Rehearsal>(&config),
        declared::<view::CrowdPlan>(&config),
        declared::<view::Crowd>(&config),
    ];
    lines.join("\n") + "\n"
}

#[test]
fn the_page_s_types_are_those_of_the_program() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../ui/src/host/contract.ts");
    let generated = generated();
    if std::env::var_os("LIVESHOP_BLESS").is_some() {
        std::fs::write(&file, &generated).unwrap();
    }
    let committed = std::fs::read_to_string(&file).unwrap();
    assert_eq!(committed, generated, "ui/src/host/contract.ts is stale; run: cargo xtask bindings");
}
