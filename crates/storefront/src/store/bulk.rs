//! Many rows by few statements: a batch of any size costs a handful of them, and each is prepared once.

use sqlx::any::AnyRow;
use sqlx::{AnyConnection, AssertSqlSafe};
use std::fmt::Write;

/// Rows of one statement. There are few sizes, so that a connection keeps every one prepared.
const SIZES: [usize; 4] = [64, 16, 4, 1];

/// One value of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Value {
    /// A text.
    Text(Option<String>),
    /// A number.
    Number(Option<i64>),
}

impl From<&str> for Value {
    fn from(text: &str) -> Value {
        Value::Text(Some(text.to_owned()))
    }
}

impl From<String> for Value {
    fn from(text: String) -> Value {
        Value::Text(Some(text))
    }
}

impl From<Option<&str>> for Value {
    fn from(text: Option<&str>) -> Value {
        Value::Text(text.map(str::to_owned))
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Value {
        Value::Number(Some(number))
    }
}

impl From<Option<i64>> for Value {
    fn from(number: Option<i64>) -> Value {
        Value::Number(number)
    }
}

/// Runs `before` `VALUES (...), ...` `after` over all rows.
pub(super) async fn write<const N: usize>(
    tx: &mut AnyConnection,
    before: &str,
    rows: Vec<[Value; N]>,
    after: &str,
) -> Result<(), sqlx::Error> {
    let mut rows = rows.into_iter();
    while let Some(size) = SIZES.into_iter().find(|size| *size <= rows.len()) {
        let mut query = sqlx::query(AssertSqlSafe(statement(tx, before, size, N, after)));
        for value in rows.by_ref().take(size).flatten() {
            query = bind(query, value);
        }
        query.execute(&mut *tx).await?;
    }
    Ok(())
}

/// As [`write`], for a statement that only looks: a key that stands there twice changes nothing, so the last one fills up
/// what a statement has room for.
pub(super) async fn read<const N: usize>(
    tx: &mut AnyConnection,
    before: &str,
    keys: &[[Value; N]],
    after: &str,
) -> Result<Vec<AnyRow>, sqlx::Error> {
    let mut found = Vec::new();
    for keys in keys.chunks(SIZES[0]) {
        let Some(last) = keys.last() else { break };
        let size = SIZES.into_iter().rev().find(|size| *size >= keys.len()).unwrap_or(SIZES[0]);
        let mut query = sqlx::query(AssertSqlSafe(statement(tx, before, size, N, after)));
        for key in keys.iter().chain(std::iter::repeat(last)).take(size) {
            for value in key {
                query = bind(query, value.clone());
            }
        }
        found.extend(query.fetch_all(&mut *tx).await?);
    }
    Ok(found)
}

type Query = sqlx::query::Query<'static, sqlx::Any, sqlx::any::AnyArguments>;

fn bind(query: Query, value: Value) -> Query {
    match value {
        Value::Text(text) => query.bind(text),
        Value::Number(number) => query.bind(number),
    }
}

fn statement(tx: &AnyConnection, before: &str, rows: usize, width: usize, after: &str) -> String {
    // SQLite finds a parameter that has a name by going through all names, one after the other.
    let has_names = tx.backend_name() != "SQLite";
    let mut text = String::with_capacity(before.len().saturating_add(after.len()).saturating_add(rows * width * 6));
    text.push_str(before);
    text.push_str(" VALUES ");
    let mut number = 1_usize;
    for row in 0..rows {
        text.push_str(if row == 0 { "(" } else { ", (" });
        for column in 0..width {
            text.push_str(if column == 0 { "" } else { ", " });
            if has_names {
                // Writing into a text does not fail.
                let _written = write!(text, "${number}");
                number = number.saturating_add(1);
            } else {
                text.push('?');
            }
        }
        text.push(')');
    }
    text.push_str(after);
    text
}
