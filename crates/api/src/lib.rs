//! The contract a client of the storefront sees: the params it sends, the answer it gets, the signed ext and order
//! views, and the Rust client that checks all of them. The window's TypeScript types are generated from here.
#![deny(missing_docs)]

pub mod address;
pub mod answer;
mod call;
pub mod client;
pub mod clock;
pub mod details;
pub mod error;
pub mod journal;
pub mod link;
pub mod params;
pub mod receipt;
pub mod room;
pub mod secret;
pub mod sign;
pub mod studio;
mod studio_client;
pub mod view;

pub use address::{Address, AddressDraft, PostalAddress};
pub use answer::{AnswerFault, Asked, Ext, ThirdPartyOrder};
pub use call::CallError;
pub use client::Client;
pub use details::{Declined, OrderDetails, RefundRequest, RefundWish};
pub use error::{ErrorCode, Refusal};
pub use link::{LinkError, RoomLink};
pub use params::Params;
pub use receipt::{Receipt, ReceiptError};
pub use room::{Deal, Goods, Room, RoomState, Viewer, ViewerToken};
pub use secret::Secret;
pub use sign::{ShopKey, ShopSigner};
pub use studio::{
    Crop, DealDraft, Decline, GoodsDraft, GoodsEdit, GoodsOrder, ImportReport, NewItem, OrderFilter, PictureKept, Pin,
    RefundDraft, RoomDraft, Shipment, ShipmentDraft, ShowFigures, Studio, StudioGoods, StudioOrder, StudioOrders,
    StudioPaper,
};
pub use view::{AttemptView, OrderView, RefundView};
