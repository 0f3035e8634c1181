//! What must hold over all orders: the ledger's accounts, stock, viewers' shares, requests, and rows that belong to
//! nothing.

use super::super::StoreError;
use super::super::ledger::{CNY, FIN, FINS_ISSUED, REFUNDS_PAYABLE, SALES, SUSPENSE, cash};
use super::{Difference, Found};
use api::Params;
use futures_util::TryStreamExt;
use order::PayType;
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row};
use std::collections::BTreeMap;

/// All of them.
pub(super) async fn all(tx: &mut AnyConnection, found: &mut Found<'_>) -> Result<(), StoreError> {
    entries(tx, found).await?;
    accounts(tx, found).await?;
    fins(tx, found).await?;
    stock(tx, found).await?;
    shares(tx, found).await?;
    requests(tx, found).await?;
    strays(tx, found).await
}

/// Runs a query whose every row is something wrong, and says what.
pub(super) async fn each(
    tx: &mut AnyConnection,
    sql: &'static str,
    found: &mut Found<'_>,
    words: impl Fn(&AnyRow) -> Result<Difference, sqlx::Error> + Send + Sync,
) -> Result<(), StoreError> {
    let mut rows = sqlx::query(sql).fetch(tx);
    while let Some(row) = rows.try_next().await? {
        found(words(&row)?);
    }
    Ok(())
}

/// Rule 6: every entry balances.
async fn entries(tx: &mut AnyConnection, found: &mut Found<'_>) -> Result<(), StoreError> {
    let unbalanced = "SELECT entry, unit, CAST(SUM(amount) AS BIGINT) FROM ledger GROUP BY entry, unit
        HAVING SUM(amount) <> 0 ORDER BY entry";
    each(tx, unbalanced, found, |row| {
        let (entry, unit, sum): (String, String, i64) = (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
        Ok(Difference::new(format!("ledger entry {entry}"), format!("it does not balance: {sum} {unit} too much")))
    })
    .await
}

async fn sum(tx: &mut AnyConnection, sql: &'static str) -> Result<i64, StoreError> {
    Ok(sqlx::query(sql).fetch_one(tx).await?.try_get(0)?)
}

async fn by_pay_type(tx: &mut AnyConnection, sql: &'static str) -> Result<BTreeMap<String, i64>, StoreError> {
    let rows = sqlx::query(sql).fetch_all(tx).await?;
    rows.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?))).collect()
}

/// Every account holds what orders, attempts, refunds and deliveries say. Credits are negative.
async fn accounts(tx: &mut AnyConnection, found: &mut Found<'_>) -> Result<(), StoreError> {
    let paid = "SELECT pay_type, CAST(SUM(paid_fen) AS BIGINT) FROM attempts WHERE paid_fen IS NOT NULL
        GROUP BY pay_type";
    let returned = "SELECT a.pay_type, CAST(SUM(r.amount_fen) AS BIGINT) FROM refunds r
        JOIN attempts a ON a.pay_id = r.pay_id WHERE r.state = 'done' GROUP BY a.pay_type";
    let owed = "SELECT CAST(COALESCE(SUM(amount_fen), 0) AS BIGINT) FROM refunds WHERE state NOT IN ('done', 'closed')";
    let sold = "SELECT CAST(COALESCE(SUM(amount_fen), 0) AS BIGINT) FROM orders WHERE state = 'delivered'";
    let taken_back = "SELECT CAST(COALESCE(SUM(amount_fen), 0) AS BIGINT) FROM refunds
        WHERE reason IN ('streamer', 'console') AND state <> 'closed'";
    let fins = "SELECT CAST(COALESCE(SUM(fins), 0) AS BIGINT) FROM deliveries WHERE kind = 'fins'";
    let (paid, returned) = (by_pay_type(tx, paid).await?, by_pay_type(tx, returned).await?);
    let mut expected = BTreeMap::new();
    for pay_type in PayType::ALL {
        let of = |sums: &BTreeMap<String, i64>| sums.get(pay_type.as_str()).copied().unwrap_or(0);
        expected.insert((cash(pay_type), CNY), of(&paid).saturating_sub(of(&returned)));
    }
    expected.insert((SUSPENSE.into(), CNY), 0);
    expected.insert((REFUNDS_PAYABLE.into(), CNY), sum(tx, owed).await?.saturating_neg());
    expected.insert((SALES.into(), CNY), sum(tx, taken_back).await?.saturating_sub(sum(tx, sold).await?));
    expected.insert((FINS_ISSUED.into(), FIN), sum(tx, fins).await?);
    let rows = sqlx::query(
        "SELECT account, unit, CAST(SUM(amount) AS BIGINT) FROM ledger WHERE account NOT LIKE 'viewer_fins:%'
         GROUP BY account, unit",
    )
    .fetch_all(tx)
    .await?;
    let mut booked = BTreeMap::new();
    for row in rows {
        booked.insert((row.try_get::<String, _>(0)?, row.try_get::<String, _>(1)?), row.try_get::<i64, _>(2)?);
    }
    for ((account, unit), expected) in expected {
        let holds = booked.remove(&(account.clone(), unit.to_owned())).unwrap_or(0);
        if holds != expected {
            let words = format!("it holds {holds} {unit}; orders, payments and refunds make {expected}");
            found(Difference::new(format!("account {account}"), words));
        }
    }
    for ((account, unit), holds) in booked {
        found(Difference::new(format!("account {account}"), format!("it holds {holds} {unit} and is no account")));
    }
    Ok(())
}

/// Rule 7: a viewer's balance is the sum of their ledger lines.
async fn fins(tx: &mut AnyConnection, found: &mut Found<'_>) -> Result<(), StoreError> {
    let differing = "SELECT v.viewer_id, v.fins_balance, CAST(COALESCE(l.credited, 0) AS BIGINT) FROM viewers v
        LEFT JOIN (SELECT account, -SUM(amount) AS credited FROM ledger WHERE unit = 'FIN' GROUP BY account) AS l
            ON l.account = 'viewer_fins:' || v.viewer_id
        WHERE v.fins_balance <> COALESCE(l.credited, 0) ORDER BY v.viewer_id";
    each(tx, differing, found, |row| {
        let (viewer, balance, credited): (String, i64, i64) = (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
        let words = format!("the balance is {balance} fins, and the ledger credits {credited}");
        Ok(Difference::new(format!("viewer {viewer}"), words))
    })
    .await?;
    let nobody = "SELECT DISTINCT account FROM ledger WHERE account LIKE 'viewer_fins:%'
        AND NOT EXISTS (SELECT 1 FROM viewers WHERE viewer_id = SUBSTR(account, 13))";
    each(tx, nobody, found, |row| {
        Ok(Difference::new(format!("account {}", row.try_get::<String, _>(0)?), "there is no such viewer"))
    })
    .await
}

/// Rules 9 and 10: stock adds up, what is held is what open orders hold, what is sold is what was delivered; and a deal's
/// pieces are those that orders took at its price.
async fn stock(tx: &mut AnyConnection, found: &mut Found<'_>) -> Result<(), StoreError> {
    let differing = "SELECT g.goods_id, g.available, g.reserved, g.sold, g.stocked,
            CAST(COALESCE(o.held, 0) AS BIGINT) AS held, CAST(COALESCE(o.delivered, 0) AS BIGINT) AS delivered
        FROM goods g LEFT JOIN (SELECT goods_id,
            SUM(CASE WHEN state IN ('reserved', 'awaiting_payment', 'closing') THEN quantity ELSE 0 END) AS held,
            SUM(CASE WHEN state = 'delivered' THEN quantity ELSE 0 END) AS delivered
            FROM orders GROUP BY goods_id) AS o ON o.goods_id = g.goods_id
        WHERE g.available < 0 OR g.reserved <> COALESCE(o.held, 0) OR g.sold <> COALESCE(o.delivered, 0)
            OR g.available + g.reserved + g.sold <> g.stocked
        ORDER BY g.goods_id";
    each(tx, differing, found, |row| {
        let number = |at: usize| row.try_get::<i64, _>(at);
        let words = format!(
            "{} can be ordered, {} are held and {} sold of {} stocked; open orders hold {}, {} were delivered",
            number(1)?,
            number(2)?,
            number(3)?,
            number(4)?,
            number(5)?,
            number(6)?
        );
        Ok(Difference::new(format!("goods {}", row.try_get::<String, _>(0)?), words))
    })
    .await?;
    let of_deals = "SELECT g.goods_id, g.deal_taken, CAST(COALESCE(o.taken, 0) AS BIGINT), g.deal_pieces
        FROM goods g LEFT JOIN (SELECT goods_id, price_version, SUM(quantity) AS taken FROM orders
            WHERE state IN ('reserved', 'awaiting_payment', 'closing', 'delivered')
            GROUP BY goods_id, price_version) AS o ON o.goods_id = g.goods_id AND o.price_version = g.deal_version
        WHERE g.deal_taken <> COALESCE(o.taken, 0) OR g.deal_taken > g.deal_pieces ORDER BY g.goods_id";
    each(tx, of_deals, found, |row| {
        let number = |at: usize| row.try_get::<Option<i64>, _>(at).map(Option::unwrap_or_default);
        let (counted, ordered, pieces) = (number(1)?, number(2)?, number(3)?);
        let words = format!("{counted} pieces of its deal are counted as taken; orders took {ordered} of {pieces}");
        Ok(Difference::new(format!("goods {}", row.try_get::<String, _>(0)?), words))
    })
    .await
}

/// Rule 11: what a viewer bought or holds is what their orders say, within the limit of one person.
async fn shares(tx: &mut AnyConnection, found: &mut Found<'_>) -> Result<(), StoreError> {
    let differing = "WITH taken AS (SELECT viewer_id, goods_id, SUM(quantity) AS pieces,
            MAX(CASE WHEN state = 'delivered' THEN NULL ELSE order_id END) AS open_order,
            SUM(CASE WHEN state = 'delivered' THEN 0 ELSE 1 END) AS open_orders
            FROM orders WHERE state IN ('reserved', 'awaiting_payment', 'closing', 'delivered')
            GROUP BY viewer_id, goods_id)
        SELECT s.viewer_id, s.goods_id, s.pieces, CAST(COALESCE(t.pieces, 0) AS BIGINT),
            CAST(COALESCE(t.open_orders, 0) AS BIGINT), COALESCE(s.open_order_id, 'none'), COALESCE(t.open_order, 'none')
        FROM shares s LEFT JOIN taken t ON t.viewer_id = s.viewer_id AND t.goods_id = s.goods_id
        WHERE s.pieces <> COALESCE(t.pieces, 0) OR COALESCE(t.open_orders, 0) > 1
            OR COALESCE(s.open_order_id, '') <> COALESCE(t.open_order, '')
        UNION ALL
        SELECT t.viewer_id, t.goods_id, 0, CAST(t.pieces AS BIGINT), CAST(t.open_orders AS BIGINT), 'none',
            COALESCE(t.open_order, 'none')
        FROM taken t LEFT JOIN shares s ON t.viewer_id = s.viewer_id AND t.goods_id = s.goods_id
        WHERE s.viewer_id IS NULL";
    each(tx, differing, found, |row| {
        let text = |at: usize| row.try_get::<String, _>(at);
        let number = |at: usize| row.try_get::<i64, _>(at);
        let words = format!(
            "{} pieces are counted and the order {} is open; their orders make {} pieces, {} open ({})",
            number(2)?,
            text(5)?,
            number(3)?,
            number(4)?,
            text(6)?
        );
        Ok(Difference::new(format!("viewer {} and goods {}", text(0)?, text(1)?), words))
    })
    .await?;
    // A limit that was lowered holds for what is ordered after it.
    let over = "SELECT s.viewer_id, s.goods_id, s.pieces, g.limit_per_viewer FROM shares s
        JOIN goods g ON g.goods_id = s.goods_id WHERE s.pieces > g.limit_per_viewer AND EXISTS (
            SELECT 1 FROM orders o JOIN journal j ON j.order_id = o.order_id
            WHERE o.viewer_id = s.viewer_id AND o.goods_id = s.goods_id AND j.event = 'placed' AND j.seq > g.limit_seq
                AND o.state IN ('reserved', 'awaiting_payment', 'closing', 'delivered'))";
    each(tx, over, found, |row| {
        let about = format!("viewer {} and goods {}", row.try_get::<String, _>(0)?, row.try_get::<String, _>(1)?);
        let (pieces, limit): (i64, i64) = (row.try_get(2)?, row.try_get(3)?);
        Ok(Difference::new(about, format!("{pieces} pieces, and one person may have {limit}")))
    })
    .await
}

/// Rule 15: every request has the order and the attempt that it asked for, and every order was asked for.
async fn requests(tx: &mut AnyConnection, found: &mut Found<'_>) -> Result<(), StoreError> {
    // An order from before prices had a version on it says 0; a request for another attempt asks for no price.
    let all =
        "SELECT r.viewer_id, r.request_id, r.params, o.viewer_id, o.goods_id, o.quantity, a.pay_type, o.price_version
        FROM requests r LEFT JOIN orders o ON o.order_id = r.order_id
        LEFT JOIN attempts a ON a.pay_id = r.pay_id AND a.order_id = r.order_id";
    {
        let mut rows = sqlx::query(all).fetch(&mut *tx);
        while let Some(row) = rows.try_next().await? {
            let (viewer, request, params): (String, String, String) =
                (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
            let same = serde_json::from_str::<Params>(&params).is_ok_and(|params| {
                let text = |at: usize| row.try_get::<Option<String>, _>(at).ok().flatten();
                params.request_id.as_str() == request
                    && text(3).as_deref() == Some(viewer.as_str())
                    && text(4).as_deref() == Some(params.goods_id.as_str())
                    && row.try_get::<Option<i64>, _>(5).is_ok_and(|pieces| pieces == Some(i64::from(params.quantity)))
                    && text(6).as_deref() == Some(params.pay_type.as_str())
                    && (params.order_id.is_some()
                        || row
                            .try_get::<Option<i64>, _>(7)
                            .is_ok_and(|version| version == Some(0) || version == Some(params.price_version)))
            });
            if !same {
                let about = format!("request {request} of viewer {viewer}");
                found(Difference::new(about, "the order it is answered with is not the one it asked for"));
            }
        }
    }
    let unasked = "SELECT o.order_id FROM orders o LEFT JOIN requests r ON r.order_id = o.order_id AND
        r.viewer_id = o.viewer_id WHERE r.order_id IS NULL ORDER BY o.order_id";
    each(tx, unasked, found, |row| {
        Ok(Difference::new(format!("order {}", row.try_get::<String, _>(0)?), "no request asked for it"))
    })
    .await
}

/// Rows that belong to nothing, and notices that nobody was asked about. What is looked for among many rows is asked for
/// by `EXISTS`: PostgreSQL reads all that `IN` names once for each row when it is more than fits its memory for a query.
async fn strays(tx: &mut AnyConnection, found: &mut Found<'_>) -> Result<(), StoreError> {
    let queries = [
        "SELECT 'delivery of order ' || d.order_id, 'there is no such order' FROM deliveries d
            WHERE NOT EXISTS (SELECT 1 FROM orders o WHERE o.order_id = d.order_id)",
        "SELECT 'attempt ' || a.pay_id, 'its order is gone' FROM attempts a
            WHERE NOT EXISTS (SELECT 1 FROM orders o WHERE o.order_id = a.order_id)",
        "SELECT 'refund ' || r.refund_id, 'its order or attempt is gone' FROM refunds r LEFT JOIN attempts a
            ON a.pay_id = r.pay_id AND a.order_id = r.order_id WHERE a.pay_id IS NULL",
        "SELECT 'job of order ' || j.order_id, 'there is no such order' FROM jobs j
            WHERE NOT EXISTS (SELECT 1 FROM orders o WHERE o.order_id = j.order_id)",
        "SELECT DISTINCT 'journal lines of order ' || j.order_id, 'there is no such order' FROM journal j
            WHERE j.order_id <> '' AND NOT EXISTS (SELECT 1 FROM orders o WHERE o.order_id = j.order_id)",
        "SELECT DISTINCT 'ledger entry ' || l.entry, 'it books nothing that is there' FROM ledger l WHERE NOT (
            (l.entry LIKE 'payment:%' AND EXISTS (SELECT 1 FROM attempts WHERE pay_id = SUBSTR(l.entry, 9)))
            OR (l.entry LIKE 'sale:%' AND EXISTS (SELECT 1 FROM orders WHERE order_id = SUBSTR(l.entry, 6)))
            OR (l.entry LIKE 'fins:%' AND EXISTS (SELECT 1 FROM orders WHERE order_id = SUBSTR(l.entry, 6)))
            OR (l.entry LIKE 'refund_due:%' AND EXISTS (SELECT 1 FROM refunds WHERE refund_id = SUBSTR(l.entry, 12)))
            OR (l.entry LIKE 'refund:%' AND EXISTS (SELECT 1 FROM refunds WHERE refund_id = SUBSTR(l.entry, 8))))",
        "SELECT 'notice ' || i.notice, 'no query was asked for after it' FROM inbox i LEFT JOIN attempts a
            ON a.pay_id = i.pay_id WHERE a.pay_id IS NULL OR a.asks < 1",
    ];
    for sql in queries {
        each(tx, sql, found, |row| Ok(Difference::new(row.try_get::<String, _>(0)?, row.try_get::<String, _>(1)?)))
            .await?;
    }
    Ok(())
}
