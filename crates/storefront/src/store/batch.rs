//! What one batch of writes knows of the database and what it is about to write. It is gathered by a few statements for
//! all of them, the writes decide on it one after the other, in the order they came, and it is written by a few
//! statements again: a hot item's stock is one row read and one row written, however many buyers there were.

use super::bulk::Questions;
use super::goods::Shelved;
use super::journal::{Head, Line};
use super::ledger::Entry;
use super::orders::{Record, Snapshot, Trade};
use super::rows::Answered;
use super::{Halt, Heard, StoreError, addresses, flush, goods, halts, inbox, jobs, journal, rows, viewers};
use api::PostalAddress;
use order::state::Order;
use order::{AddressId, GoodsId, Merchant, OrderId, RequestId, ViewerId};
use sqlx::AnyConnection;
use std::collections::{BTreeMap, BTreeSet};

/// What a write is going to look at.
#[derive(Clone, Debug, Default)]
pub(crate) struct Needs {
    /// Orders, whole, each with its job.
    pub(crate) orders: BTreeSet<OrderId>,
    /// Of these orders the goods and the viewer's share of them, too: their stock may move.
    pub(crate) stock_of: BTreeSet<OrderId>,
    /// Jobs alone.
    pub(crate) jobs: BTreeSet<OrderId>,
    /// Goods with their stock.
    pub(crate) goods: BTreeSet<GoodsId>,
    /// What a viewer has of an item.
    pub(crate) shares: BTreeSet<(ViewerId, GoodsId)>,
    /// What requests were answered with.
    pub(crate) requests: BTreeSet<(ViewerId, RequestId)>,
    /// Addresses of a viewer's book.
    pub(crate) addresses: BTreeSet<(ViewerId, AddressId)>,
    /// Notices by their key in the inbox.
    pub(crate) notices: BTreeSet<String>,
    /// Why the shop takes no orders.
    pub(crate) halts: bool,
}

impl Needs {
    /// One order.
    pub(crate) fn order(order_id: &OrderId) -> Needs {
        Needs { orders: BTreeSet::from([order_id.clone()]), ..Needs::default() }
    }

    /// One order of which stock may move.
    pub(crate) fn stock_of(order_id: &OrderId) -> Needs {
        Needs { stock_of: BTreeSet::from([order_id.clone()]), ..Needs::order(order_id) }
    }

    /// One job.
    pub(crate) fn job(order_id: &OrderId) -> Needs {
        Needs { jobs: BTreeSet::from([order_id.clone()]), ..Needs::default() }
    }

    /// What both look at.
    pub(super) fn add(&mut self, other: &Needs) {
        self.orders.extend(other.orders.iter().cloned());
        self.stock_of.extend(other.stock_of.iter().cloned());
        self.jobs.extend(other.jobs.iter().cloned());
        self.goods.extend(other.goods.iter().cloned());
        self.shares.extend(other.shares.iter().cloned());
        self.requests.extend(other.requests.iter().cloned());
        self.addresses.extend(other.addresses.iter().cloned());
        self.notices.extend(other.notices.iter().cloned());
        self.halts |= other.halts;
    }
}

/// How something stood in the database, and how it stands now.
#[derive(Clone, Debug)]
pub(super) struct Known<T> {
    pub(super) was: T,
    pub(super) now: T,
}

impl<T: Clone> Known<T> {
    pub(super) fn new(was: T) -> Known<T> {
        Known { now: was.clone(), was }
    }
}

/// What a viewer has of an item.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Share {
    /// Pieces bought or held.
    pub(crate) pieces: u32,
    /// The order that holds some.
    pub(crate) open: Option<String>,
}

/// What viewers have of items.
pub(super) type Shares = BTreeMap<(ViewerId, GoodsId), Known<Option<Share>>>;

/// What viewers' requests gave.
pub(super) type Requests = BTreeMap<(ViewerId, RequestId), Known<Option<Answered>>>;

/// Goods that were paid for.
#[derive(Clone, Debug)]
pub(super) struct Delivery {
    pub(super) order_id: OrderId,
    pub(super) at: i64,
}

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    pub(super) orders: BTreeMap<OrderId, Known<Option<Record>>>,
    pub(super) jobs: BTreeMap<OrderId, Known<Option<jobs::Job>>>,
    pub(super) goods: BTreeMap<GoodsId, Option<Shelved>>,
    pub(super) shares: Shares,
    pub(super) requests: Requests,
    addresses: BTreeMap<(ViewerId, AddressId), Option<PostalAddress>>,
    /// Notices, and whether each was heard before.
    pub(super) notices: BTreeMap<String, bool>,
    pub(super) new_notices: Vec<(String, Heard, i64)>,
    halts: Vec<Halt>,
    pub(super) new_halts: Vec<Halt>,
    pub(super) head: Head,
    pub(super) lines: Vec<Line>,
    pub(super) entries: Vec<(Entry, i64)>,
    pub(super) deliveries: Vec<Delivery>,
    pub(super) new_viewers: Vec<viewers::NewViewer>,
    pub(super) fins: BTreeMap<ViewerId, i64>,
    /// Orders that events changed: when, and whether money, goods or deliveries moved.
    pub(super) touched: BTreeMap<OrderId, (i64, bool)>,
}

impl Batch {
    /// Reads what is needed.
    pub(super) async fn gather(tx: &mut AnyConnection, needs: &Needs) -> Result<Batch, StoreError> {
        let jobs = || needs.orders.union(&needs.jobs);
        let mut questions = Questions::default();
        journal::ask_head(&mut questions);
        rows::ask(&mut questions, &needs.orders);
        jobs::ask(&mut questions, jobs());
        rows::ask_answers(&mut questions, &needs.requests);
        inbox::ask(&mut questions, &needs.notices);
        goods::ask(&mut questions, &needs.goods);
        goods::ask_shares(&mut questions, &needs.shares);
        if needs.halts {
            halts::ask(&mut questions);
        }
        let mut answers = questions.ask(tx).await?;
        let mut batch = Batch { head: journal::head(&answers.next())?, ..Batch::default() };
        let mut found = rows::found(&mut answers)?;
        batch.orders = needs.orders.iter().map(|id| (id.clone(), Known::new(found.remove(id)))).collect();
        batch.jobs = jobs::found(jobs(), &answers.next())?;
        batch.requests = rows::answered(&needs.requests, &answers.next())?;
        batch.notices = inbox::heard_before(&needs.notices, &answers.next())?;
        batch.goods = goods::found(&needs.goods, &answers.next(), &answers.next())?;
        batch.shares = goods::shares(&needs.shares, &answers.next())?;
        if needs.halts {
            batch.halts = halts::found(&answers.next())?;
        }
        batch.gather_stock(tx, &needs.stock_of).await?;
        for (viewer_id, address_id) in &needs.addresses {
            let address = addresses::find(tx, viewer_id, address_id).await?;
            batch.addresses.insert((viewer_id.clone(), address_id.clone()), address);
        }
        Ok(batch)
    }

    /// Reads the goods of these orders, and the viewers' shares of them, where they are not known yet.
    async fn gather_stock(&mut self, tx: &mut AnyConnection, stock_of: &BTreeSet<OrderId>) -> Result<(), StoreError> {
        let (mut goods_ids, mut shares) = (BTreeSet::new(), BTreeSet::new());
        for Record { snapshot, .. } in stock_of.iter().filter_map(|id| self.orders.get(id)?.now.as_ref()) {
            let share = (snapshot.viewer_id.clone(), snapshot.goods_id.clone());
            if !self.goods.contains_key(&snapshot.goods_id) {
                goods_ids.insert(snapshot.goods_id.clone());
            }
            if !self.shares.contains_key(&share) {
                shares.insert(share);
            }
        }
        if goods_ids.is_empty() && shares.is_empty() {
            return Ok(());
        }
        let mut questions = Questions::default();
        goods::ask(&mut questions, &goods_ids);
        goods::ask_shares(&mut questions, &shares);
        let mut answers = questions.ask(tx).await?;
        self.goods.extend(goods::found(&goods_ids, &answers.next(), &answers.next())?);
        self.shares.extend(goods::shares(&shares, &answers.next())?);
        Ok(())
    }

    /// Writes what was decided. Says whether there was anything.
    pub(super) async fn write(self, tx: &mut AnyConnection) -> Result<bool, StoreError> {
        flush::flush(tx, self).await
    }

    /// An order, whole.
    pub(crate) fn record(&self, order_id: &OrderId) -> Result<Option<&Record>, StoreError> {
        let known = self.orders.get(order_id).ok_or(StoreError::NotGathered("an order"))?;
        Ok(known.now.as_ref())
    }

    /// An order, to be changed.
    pub(super) fn record_mut(&mut self, order_id: &OrderId) -> Result<Option<&mut Record>, StoreError> {
        let known = self.orders.get_mut(order_id).ok_or(StoreError::NotGathered("an order"))?;
        Ok(known.now.as_mut())
    }

    /// An order that is new or changed. Whoever looks after it looks again.
    pub(super) fn keep(&mut self, record: Record, at: i64) -> Result<(), StoreError> {
        let order_id = record.order.id.clone();
        self.orders.entry(order_id.clone()).or_insert_with(|| Known { was: None, now: None }).now = Some(record);
        self.wake(&order_id, at)
    }

    /// Row 1 of the machine: a new order with its first attempt and its job, and the stock and the share it took.
    pub(crate) fn place(
        &mut self,
        order: Order,
        snapshot: Snapshot,
        params: &str,
        merchant: &Merchant,
        (shelved, share): (Shelved, Share),
    ) -> Result<(), StoreError> {
        self.set_share(&snapshot.viewer_id, &snapshot.goods_id, share);
        self.goods.insert(snapshot.goods_id.clone(), Some(shelved));
        self.lines.extend(self.head.placed(&order, &snapshot, params, merchant));
        let trades = order.attempts.iter().map(|attempt| (attempt.pay_id.clone(), Trade::new(merchant.clone())));
        let (trades, at) = (trades.collect(), snapshot.created_at);
        self.keep(Record { order, snapshot, trades, revision: 1 }, at)
    }

    /// Makes the order's job due at `at`, whoever is at it now.
    pub(super) fn wake(&mut self, order_id: &OrderId, at: i64) -> Result<(), StoreError> {
        let job = self.job(order_id)?;
        let leased_until = job.as_ref().map_or(0, |job| job.leased_until);
        *job = Some(jobs::Job { wake_at: at, leased_until });
        Ok(())
    }

    /// An order's job. A new order has none yet.
    pub(super) fn job(&mut self, order_id: &OrderId) -> Result<&mut Option<jobs::Job>, StoreError> {
        let is_new = self.orders.get(order_id).is_some_and(|order| order.was.is_none());
        if is_new {
            return Ok(&mut self.jobs.entry(order_id.clone()).or_insert_with(|| Known::new(None)).now);
        }
        self.jobs.get_mut(order_id).map(|known| &mut known.now).ok_or(StoreError::NotGathered("a job"))
    }

    /// An item, also one that was removed.
    pub(crate) fn goods(&self, goods_id: &GoodsId) -> Result<Option<&Shelved>, StoreError> {
        Ok(self.goods.get(goods_id).ok_or(StoreError::NotGathered("goods"))?.as_ref())
    }

    /// What a viewer has of an item.
    pub(crate) fn share(&self, viewer_id: &ViewerId, goods_id: &GoodsId) -> Result<Share, StoreError> {
        let key = (viewer_id.clone(), goods_id.clone());
        let known = self.shares.get(&key).ok_or(StoreError::NotGathered("a share"))?;
        Ok(known.now.clone().unwrap_or_default())
    }

    /// Changes what a viewer has of an item.
    pub(crate) fn set_share(&mut self, viewer_id: &ViewerId, goods_id: &GoodsId, share: Share) {
        let key = (viewer_id.clone(), goods_id.clone());
        self.shares.entry(key).or_insert_with(|| Known::new(None)).now = Some(share);
    }

    /// What a request gave.
    pub(crate) fn answered(&self, viewer: &ViewerId, request: &RequestId) -> Result<Option<&Answered>, StoreError> {
        let key = (viewer.clone(), request.clone());
        Ok(self.requests.get(&key).ok_or(StoreError::NotGathered("a request"))?.now.as_ref())
    }

    /// Keeps what a request gave: once, for ever.
    pub(crate) fn answer(&mut self, viewer: &ViewerId, request: &RequestId, answered: Answered) {
        let key = (viewer.clone(), request.clone());
        self.requests.entry(key).or_insert_with(|| Known::new(None)).now = Some(answered);
    }

    /// An address of a viewer's book.
    pub(crate) fn address(&self, viewer: &ViewerId, address: &AddressId) -> Result<Option<PostalAddress>, StoreError> {
        let key = (viewer.clone(), address.clone());
        self.addresses.get(&key).cloned().ok_or(StoreError::NotGathered("an address"))
    }

    /// Keeps a notice. `false` when it was heard before.
    pub(super) fn keep_notice(&mut self, key: String, heard: &Heard, at: i64) -> Result<bool, StoreError> {
        let before = self.notices.get_mut(&key).ok_or(StoreError::NotGathered("a notice"))?;
        if std::mem::replace(before, true) {
            return Ok(false);
        }
        self.new_notices.push((key, heard.clone(), at));
        Ok(true)
    }

    /// The first reason why the shop takes no orders.
    pub(crate) fn halt(&self) -> Option<&Halt> {
        self.halts.first().or(self.new_halts.first())
    }

    /// Takes no orders from now on.
    pub(super) fn stop_selling(&mut self, name: &str, reason: String, at: i64) {
        self.new_halts.push(Halt { name: name.to_owned(), reason, at });
    }
}

#[cfg(test)]
mod tests;
