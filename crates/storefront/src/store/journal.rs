//! The journal: each step of an order with its evidence, chained by SHA-256, so that a changed byte is found. What the
//! lines hold, and their hash, is described in [`api::journal`].

use super::StoreError;
use super::bulk::{Questions, Script, Value};
use super::orders::{Evidence, Snapshot};
use api::journal::{Grounds, JournalLine, PLACED, Placed, STUDIO, line_hash};
use order::state::{Event, Order};
use order::{Merchant, OrderId};
use serde::Serialize;
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row};

/// Where the chain ends.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Head {
    seq: i64,
    hash: String,
}

/// A line to be written.
#[derive(Clone, Debug)]
pub(super) struct Line {
    seq: i64,
    order_id: String,
    event: String,
    evidence: String,
    at: i64,
    hash: String,
}

impl Head {
    /// The next line.
    fn append(&mut self, order_id: &str, event: String, evidence: String, at: i64) -> Line {
        self.seq = self.seq.saturating_add(1);
        self.hash = line_hash(&self.hash, self.seq, order_id, &event, &evidence, at);
        Line { seq: self.seq, order_id: order_id.to_owned(), event, evidence, at, hash: self.hash.clone() }
    }

    /// The first line of an order: what it promised, bound by the chain from then on.
    pub(super) fn placed(
        &mut self,
        order: &Order,
        snapshot: &Snapshot,
        params: &str,
        merchant: &Merchant,
    ) -> Option<Line> {
        let placed = Placed {
            viewer_id: snapshot.viewer_id.clone(),
            room_id: snapshot.room_id.clone(),
            goods_id: snapshot.goods_id.clone(),
            kind: snapshot.kind,
            title: snapshot.title.clone(),
            quantity: snapshot.quantity,
            amount_fen: order.amount,
            fins: snapshot.fins,
            note: snapshot.note.clone(),
            created_at: snapshot.created_at,
            deadline_at: order.deadline_at,
            pay_type: order.attempts.first()?.pay_type,
            merchant: merchant.clone(),
            params: params.to_owned(),
        };
        Some(self.append(order.id.as_str(), PLACED.to_owned(), as_json(&placed), snapshot.created_at))
    }

    /// The line of an event that changed an order.
    pub(super) fn event(&mut self, order_id: &OrderId, event: &Event, evidence: &Evidence, at: i64) -> Line {
        let Evidence { text, code, payment, merchant, answered: _, close_answered: _, closes_over: _ } =
            evidence.clone();
        let grounds = Grounds { text, code, payment, merchant };
        self.append(order_id.as_str(), as_json(event), as_json(&grounds), at)
    }
}

/// Asks where the chain ends.
pub(super) fn ask_head(questions: &mut Questions) {
    questions.add_whole("SELECT seq, hash FROM journal_head WHERE name = 'head'");
}

/// The answer to [`ask_head`].
pub(super) fn head(rows: &[AnyRow]) -> Result<Head, StoreError> {
    let head = rows.first().ok_or(sqlx::Error::RowNotFound)?;
    Ok(Head { seq: head.try_get(0)?, hash: head.try_get(1)? })
}

/// Writes lines and where the chain ends after them.
pub(super) fn write(script: &mut Script, lines: Vec<Line>, head: &Head) {
    if lines.is_empty() {
        return;
    }
    let row = |line: Line| -> [Value; 6] {
        let Line { seq, order_id, event, evidence, at, hash } = line;
        [seq.into(), order_id.into(), event.into(), evidence.into(), at.into(), hash.into()]
    };
    let rows = lines.into_iter().map(row).collect();
    script.add("INSERT INTO journal (seq, order_id, event, evidence, at, hash)", rows, "");
    let head = vec![["head".into(), head.seq.into(), head.hash.as_str().into()]];
    let set = "UPDATE journal_head SET seq = v.column2, hash = v.column3 FROM (";
    script.add(set, head, ") AS v WHERE journal_head.name = v.column1");
}

/// What a streamer did, and to what.
pub(crate) struct Act<'a> {
    /// Who.
    pub(crate) streamer_id: &'a str,
    /// What, such as `goods_edited`.
    pub(crate) act: &'static str,
    /// To which item, order or room.
    pub(crate) about: &'a str,
    /// When, Unix seconds.
    pub(crate) at: i64,
}

/// The line of what a streamer did, with what stood before and what stands after. It belongs to no order, so none is
/// lived again from it. Says which line it is.
pub(crate) async fn append_act(
    tx: &mut AnyConnection,
    act: &Act<'_>,
    before: &(impl Serialize + Sync),
    after: &(impl Serialize + Sync),
) -> Result<i64, StoreError> {
    let event = serde_json::json!({
        "event": format!("{STUDIO}{}", act.act), "streamer_id": act.streamer_id, "about": act.about,
    });
    let evidence = serde_json::json!({"before": before, "after": after});
    let (mut questions, mut script) = (Questions::default(), Script::default());
    ask_head(&mut questions);
    let mut head = head(&questions.ask(tx).await?.next())?;
    let line = head.append("", event.to_string(), evidence.to_string(), act.at);
    write(&mut script, vec![line], &head);
    script.run(tx).await?;
    Ok(head.seq)
}

/// What the journal keeps is made of texts, numbers and lists, so it always has a JSON form.
fn as_json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

/// An order's lines, oldest first.
pub(super) async fn lines_of(tx: &mut AnyConnection, order_id: &str) -> Result<Vec<JournalLine>, StoreError> {
    let rows = sqlx::query(
        "SELECT j.seq, COALESCE(p.hash, ''), j.event, j.evidence, j.at, j.hash FROM journal j
         LEFT JOIN journal p ON p.seq = j.seq - 1 WHERE j.order_id = $1 ORDER BY j.seq",
    )
    .bind(order_id)
    .fetch_all(tx)
    .await?;
    rows.iter().map(read).collect()
}

fn read(row: &AnyRow) -> Result<JournalLine, StoreError> {
    Ok(JournalLine {
        seq: row.try_get(0)?,
        previous: row.try_get(1)?,
        event: row.try_get(2)?,
        evidence: row.try_get(3)?,
        at: row.try_get(4)?,
        hash: row.try_get(5)?,
    })
}
