//! What must hold when nothing is due any more: the channels' books and ours are the same story.

use super::{Facts, Judge};
use crate::books::{Books, Way};
use crate::failure::{Failure, broken};
use sqlx::Row;
use std::collections::BTreeMap;
use std::fmt::Write;

impl Judge {
    /// Judges a world at rest: everything, from the rows as they are, not as they were seen.
    ///
    /// # Errors
    /// [`Failure::Violation`].
    pub async fn rest(&mut self, books: &Books) -> Result<(), Failure> {
        self.check_seen().await?;
        for order in self.orders.values() {
            if !order.is_terminal() {
                return broken(format!("{} is {} at rest", order.order_id, order.state));
            }
            check_attempts(order, books)?;
        }
        self.check_strangers(books)?;
        self.check_rest_of_goods().await?;
        self.check_given_back().await?;
        self.check_money(books).await?;
        self.check_journal().await?;
        let halts = sqlx::query("SELECT reason FROM halts").fetch_optional(&mut self.connection).await?;
        if let Some(halt) = halts {
            return broken(format!("the shop is halted at rest: {}", halt.try_get::<&str, _>(0)?));
        }
        let jobs = sqlx::query("SELECT COUNT(*) FROM jobs").fetch_one(&mut self.connection).await?;
        match jobs.try_get::<i64, _>(0)? {
            0 => Ok(()),
            count => broken(format!("{count} jobs are left at rest")),
        }
    }

    /// Whether the rows are what was judged commit by commit: nothing was written without its line in the journal.
    async fn check_seen(&mut self) -> Result<(), Failure> {
        let rows = self.touched_since(0).await?;
        let count = sqlx::query("SELECT COUNT(*) FROM orders").fetch_one(&mut self.connection).await?;
        let count: i64 = count.try_get(0)?;
        let mut now = BTreeMap::new();
        for row in &rows {
            let facts = super::facts(row)?;
            now.insert(facts.order_id.clone(), facts);
        }
        if i64::try_from(now.len()).ok() != Some(count) {
            return broken(format!("{count} orders are there, {} have lines in the journal", now.len()));
        }
        for (id, facts) in &now {
            if self.orders.get(id) != Some(facts) {
                let seen = self.orders.get(id);
                return broken(format!("{id} changed without a line in the journal: {seen:?} is now {facts:?}"));
            }
        }
        Ok(())
    }

    /// Invariants 1 and 5 from the channels' side: no trade with money that no order knows of.
    fn check_strangers(&self, books: &Books) -> Result<(), Failure> {
        let ours: BTreeMap<&str, &Facts> = self
            .orders
            .values()
            .flat_map(|order| order.attempts.iter().map(move |attempt| (attempt.pay_id.as_str(), order)))
            .collect();
        for (pay_id, trade) in &books.trades {
            if !ours.contains_key(pay_id.as_str()) {
                return broken(format!("{} has the trade {pay_id}, which is no attempt of ours", trade.pay_type));
            }
        }
        Ok(())
    }

    /// Invariants 9 and 10, for every item.
    async fn check_rest_of_goods(&mut self) -> Result<(), Failure> {
        let rows = sqlx::query("SELECT goods_id, available, reserved, sold, stocked FROM goods")
            .fetch_all(&mut self.connection)
            .await?;
        for row in &rows {
            let goods: String = row.try_get(0)?;
            let [available, reserved, sold, stocked]: [i64; 4] =
                [row.try_get(1)?, row.try_get(2)?, row.try_get(3)?, row.try_get(4)?];
            let delivered = self.moved.get(&goods).copied().unwrap_or_default().1;
            if reserved != 0 || sold != delivered || available < 0 || available + sold != stocked {
                return broken(format!(
                    "at rest {goods} has {available} available, {reserved} reserved, {sold} sold of {stocked}; {delivered} were delivered"
                ));
            }
        }
        Ok(())
    }

    /// Row 17: each request of a streamer that was acknowledged gave one refund, as it asked, and no refund of theirs is
    /// without a request.
    async fn check_given_back(&mut self) -> Result<(), Failure> {
        let rows = sqlx::query("SELECT request_id, order_id, refund_id, amount_fen FROM given_back")
            .fetch_all(&mut self.connection)
            .await?;
        let mut made = BTreeMap::new();
        let mut kept = BTreeMap::new();
        for row in &rows {
            let (order, amount): (String, i64) = (row.try_get(1)?, row.try_get(3)?);
            made.insert(row.try_get::<String, _>(0)?, (order.clone(), amount));
            kept.insert(row.try_get::<String, _>(2)?, (order, amount));
        }
        for (request, given) in &self.given {
            if made.get(request) != Some(given) {
                return broken(format!("{request} was told {given:?}; what is kept is {:?}", made.get(request)));
            }
        }
        let of_streamers = |order: &'_ Facts| {
            let own = order
                .refunds
                .iter()
                .filter(|one| one.reason == "streamer" && !super::money::takes_anothers_place(&one.refund_id));
            own.map(|one| (one.refund_id.clone(), (order.order_id.clone(), one.amount))).collect::<Vec<_>>()
        };
        let refunds: BTreeMap<String, (String, i64)> = self.orders.values().flat_map(of_streamers).collect();
        if refunds != kept || kept.len() != rows.len() {
            return broken(format!("streamers asked for {kept:?}, what went back for them is {refunds:?}"));
        }
        Ok(())
    }

    /// Every row of every table of a SQLite file, in an order of its own: the same seed must give the same text.
    ///
    /// # Errors
    /// [`Failure`].
    pub async fn dump(&mut self) -> Result<String, Failure> {
        let tables = sqlx::query("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
            .fetch_all(&mut self.connection)
            .await?;
        let mut text = String::new();
        for table in tables {
            let table: String = table.try_get(0)?;
            let columns = sqlx::query("SELECT name FROM pragma_table_info($1) ORDER BY cid")
                .bind(&table)
                .fetch_all(&mut self.connection)
                .await?;
            let columns: Vec<String> = columns.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>()?;
            let columns = columns.join(", ");
            let all = format!("SELECT json_array({columns}) FROM {table} ORDER BY 1");
            let rows = sqlx::query(sqlx::AssertSqlSafe(all)).fetch_all(&mut self.connection).await?;
            for row in rows {
                // Writing into a text cannot fail.
                let _written = writeln!(text, "{table} {}", row.try_get::<String, _>(0)?);
            }
        }
        Ok(text)
    }
}

/// Invariants 1, 4 and 5 for one order: each trade that its channel was paid for is delivered once or went back in full
/// once, and nothing else moved.
fn check_attempts(order: &Facts, books: &Books) -> Result<(), Failure> {
    let mut kept = 0;
    for attempt in &order.attempts {
        let id = &attempt.pay_id;
        let trade = books.trades.get(id);
        let taken = trade.and_then(|trade| trade.taken.as_ref().map(|taken| taken.amount));
        if taken != attempt.paid {
            return broken(format!("its channel took {taken:?} for {id}, ours is {:?}", attempt.paid));
        }
        let Some(trade) = trade else { continue };
        let theirs: i64 = trade.back();
        let of_it = order.refunds.iter().filter(|refund| refund.pay_id == *id);
        let ours: i64 = of_it.clone().filter(|one| one.state != "closed").map(|refund| refund.amount).sum();
        if theirs != ours || trade.returned() != theirs {
            return broken(format!("{id}: its channel returned {theirs}, ours is {ours}"));
        }
        for refund in of_it {
            // What the channel or a person returned there has a number of its own.
            let there = match refund.reason.as_str() {
                "returned" => trade.returns.get("cancelled"),
                "console" => trade.returns.get("CONSOLE"),
                _ => trade.returns.get(&refund.refund_id),
            };
            let same = there.is_some_and(|back| {
                let way = if refund.state == "closed" { Way::Ended } else { Way::Done };
                back.amount == refund.amount && back.way == way
            });
            if !matches!(refund.state.as_str(), "done" | "closed") || !same {
                return broken(format!("{} is {} at rest, its channel has {there:?}", refund.refund_id, refund.state));
            }
        }
        let whole = order.refunds.iter().any(|refund| refund.pay_id == *id && super::step::is_whole(refund));
        match taken {
            Some(paid) if whole && theirs != paid => {
                return broken(format!("{id} was paid {paid}, not delivered, and {theirs} went back"));
            }
            Some(_) if !whole => kept += 1,
            Some(_) | None => {}
        }
    }
    if kept != order.deliveries {
        return broken(format!(
            "{} was paid for {kept} times and delivered {} times",
            order.order_id, order.deliveries
        ));
    }
    Ok(())
}
