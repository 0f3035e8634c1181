//! Many rows by few statements: a batch of any size costs a handful of them, and each is prepared once. SQLite lives in a
//! thread of its own, and a statement's way there and back costs more than a small statement itself: few rows go there
//! with all their statements at once, which SQLite takes and PostgreSQL does not.

use futures_util::TryStreamExt;
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, AssertSqlSafe, Either, Executor};
use std::fmt::Write;

/// Rows of one statement. There are few sizes, so that a connection keeps every one prepared.
const SIZES: [usize; 4] = [64, 16, FEW, 1];
/// Most rows of a statement that goes with others.
const FEW: usize = 4;

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

/// A statement over rows of values.
struct Statement {
    /// What stands before `VALUES (...), ...`; all of it, when there are no values.
    before: &'static str,
    after: &'static str,
    /// Values of a row.
    width: usize,
    values: Vec<Value>,
}

impl Statement {
    fn new<const N: usize>(before: &'static str, rows: Vec<[Value; N]>, after: &'static str) -> Statement {
        Statement { before, after, width: N, values: rows.into_iter().flatten().collect() }
    }

    fn rows(&self) -> usize {
        self.values.len().checked_div(self.width).unwrap_or(0)
    }

    /// Writes its text for that many rows, of which some may only fill it up.
    fn write(&self, text: &mut String, rows: usize, marks: Marks, may_be_filled: bool) {
        text.push_str(self.before);
        if self.width == 0 {
            return;
        }
        // A row that fills it up is null. What looks for rows by their keys finds none by it; an insert must leave it out.
        let leaves_out = may_be_filled && self.before.starts_with("INSERT");
        text.push_str(if leaves_out { " SELECT * FROM (VALUES " } else { " VALUES " });
        let mut number = 1_usize;
        for row in 0..rows {
            text.push_str(if row == 0 { "(" } else { ", (" });
            for column in 0..self.width {
                text.push_str(if column == 0 { "" } else { ", " });
                match marks {
                    Marks::Plain => text.push('?'),
                    Marks::Numbered => {
                        // Writing into a text does not fail.
                        let _written = write!(text, "${number}");
                        number = number.saturating_add(1);
                    }
                }
            }
            text.push(')');
        }
        text.push_str(if leaves_out { ") WHERE column1 IS NOT NULL" } else { "" });
        text.push_str(self.after);
    }
}

/// How parameters are marked.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Marks {
    /// SQLite finds a parameter that has a name by going through all names, one after the other.
    Plain,
    /// PostgreSQL knows no others.
    Numbered,
}

impl Marks {
    fn of(tx: &AnyConnection) -> Marks {
        if tx.backend_name() == "SQLite" { Marks::Plain } else { Marks::Numbered }
    }
}

/// The rows that each of these statements is to have when they go together, or `None` when they do not.
fn together(statements: &[Statement], marks: Marks) -> Option<usize> {
    let most = statements.iter().map(Statement::rows).max()?;
    (marks == Marks::Plain && most <= FEW).then_some(if most <= 1 { 1 } else { FEW })
}

/// Statements that write, one after the other.
#[derive(Default)]
pub(super) struct Script(Vec<Statement>);

impl Script {
    /// Adds `before` `VALUES (...), ...` `after` over all rows; nothing when there are none. Of what it inserts, the first
    /// column is never null.
    pub(super) fn add<const N: usize>(&mut self, before: &'static str, rows: Vec<[Value; N]>, after: &'static str) {
        if !rows.is_empty() {
            self.0.push(Statement::new(before, rows, after));
        }
    }

    /// Runs them.
    pub(super) async fn run(self, tx: &mut AnyConnection) -> Result<(), sqlx::Error> {
        let marks = Marks::of(tx);
        if let Some(rows) = together(&self.0, marks) {
            let (mut text, mut values) = (String::new(), Vec::new());
            for statement in self.0 {
                statement.write(&mut text, rows, marks, rows > 1);
                text.push(';');
                let filling = rows.saturating_sub(statement.rows()).saturating_mul(statement.width);
                values.extend(statement.values);
                values.extend(std::iter::repeat_n(Value::Text(None), filling));
            }
            query(text, values).execute(tx).await?;
            return Ok(());
        }
        for statement in self.0 {
            let mut left = statement.rows();
            let mut values = statement.values.iter().cloned();
            while let Some(rows) = SIZES.into_iter().find(|rows| *rows <= left) {
                let mut text = String::new();
                statement.write(&mut text, rows, marks, false);
                let values = values.by_ref().take(rows.saturating_mul(statement.width));
                query(text, values).execute(&mut *tx).await?;
                left = left.saturating_sub(rows);
            }
        }
        Ok(())
    }
}

/// The rows that answer [`Questions`], in their order.
pub(super) struct Answers(std::vec::IntoIter<Vec<AnyRow>>);

impl Answers {
    /// Those of the next one.
    pub(super) fn next(&mut self) -> Vec<AnyRow> {
        self.0.next().unwrap_or_default()
    }
}

/// Statements that only look.
#[derive(Default)]
pub(super) struct Questions(Vec<Statement>);

impl Questions {
    /// Adds `before` `VALUES (...), ...` `after` over all keys; without keys its answer is empty.
    pub(super) fn add<const N: usize>(&mut self, before: &'static str, keys: Vec<[Value; N]>, after: &'static str) {
        self.0.push(Statement::new(before, keys, after));
    }

    /// Adds a question that has no keys.
    pub(super) fn add_whole(&mut self, text: &'static str) {
        self.0.push(Statement { before: text, after: "", width: 0, values: Vec::new() });
    }

    /// Asks them.
    pub(super) async fn ask(self, tx: &mut AnyConnection) -> Result<Answers, sqlx::Error> {
        let marks = Marks::of(tx);
        let mut answers: Vec<Vec<AnyRow>> = self.0.iter().map(|_| Vec::new()).collect();
        let is_asked = |statement: &Statement| statement.width == 0 || statement.rows() > 0;
        if let Some(rows) = together(&self.0, marks) {
            let (mut text, mut values) = (String::new(), Vec::new());
            for statement in self.0.iter().filter(|statement| is_asked(statement)) {
                statement.write(&mut text, rows, marks, false);
                text.push(';');
                values.extend(filled(&statement.values, statement.width, rows));
            }
            let mut asked = self.0.iter().zip(&mut answers).filter(|(statement, _)| is_asked(statement));
            let mut current = asked.next();
            let mut results = tx.fetch_many(query(text, values));
            while let Some(result) = results.try_next().await? {
                match result {
                    Either::Left(_) => current = asked.next(),
                    Either::Right(row) => {
                        if let Some((_, answer)) = &mut current {
                            answer.push(row);
                        }
                    }
                }
            }
        } else {
            for (statement, answer) in self.0.iter().zip(&mut answers).filter(|(statement, _)| is_asked(statement)) {
                // A statement without keys is asked once.
                let keys = if statement.width == 0 { 1 } else { SIZES[0].saturating_mul(statement.width) };
                let parts = statement.values.chunks(keys);
                let whole = (statement.width == 0).then_some([].as_slice());
                for values in parts.chain(whole) {
                    let has = values.len().checked_div(statement.width).unwrap_or(1);
                    let rows = SIZES.into_iter().rev().find(|rows| *rows >= has).unwrap_or(SIZES[0]);
                    let mut text = String::new();
                    statement.write(&mut text, rows, marks, false);
                    answer.extend(query(text, filled(values, statement.width, rows)).fetch_all(&mut *tx).await?);
                }
            }
        }
        Ok(Answers(answers.into_iter()))
    }
}

/// Keys for that many rows: one that stands there twice changes nothing, so the last one fills up.
fn filled(values: &[Value], width: usize, rows: usize) -> impl Iterator<Item = Value> {
    let last = values.rchunks(width.max(1)).next().unwrap_or_default();
    values.iter().chain(last.iter().cycle()).take(rows.saturating_mul(width)).cloned()
}

/// A statement, or several, over these values.
fn query(text: String, values: impl IntoIterator<Item = Value>) -> Query {
    values.into_iter().fold(sqlx::query(AssertSqlSafe(text)), |query, value| match value {
        Value::Text(text) => query.bind(text),
        Value::Number(number) => query.bind(number),
    })
}

type Query = sqlx::query::Query<'static, sqlx::Any, sqlx::any::AnyArguments>;

#[cfg(test)]
mod tests {
    use super::super::{Store, StoreError};
    use super::*;
    use sqlx::Row;

    async fn store(folder: &tempfile::TempDir) -> Store {
        let store = Store::open(&testbed::database(&folder.path().join("s.db"))).await.unwrap();
        let tables = "CREATE TABLE notes (id BIGINT PRIMARY KEY, note TEXT, seen BIGINT NOT NULL);
            CREATE TABLE marks (mark TEXT PRIMARY KEY, of_note BIGINT NOT NULL REFERENCES notes (id))";
        store
            .write(move |tx| Box::pin(async move { Ok::<_, StoreError>(tx.execute(tables).await.map(|_| ())?) }))
            .await
            .unwrap();
        store
    }

    fn rows(count: i64) -> Vec<[Value; 3]> {
        (1..=count)
            .map(|id| [id.into(), if id % 3 == 0 { Value::Text(None) } else { format!("note {id}").into() }, 0.into()])
            .collect()
    }

    /// Runs a script that inserts that many rows and marks of them, sees each twice, and takes the even ones away.
    async fn live(store: &Store, count: i64) -> Vec<(i64, Option<String>, i64)> {
        store
            .write(move |tx| {
                Box::pin(async move {
                    let mut script = Script::default();
                    let again = " ON CONFLICT (id) DO UPDATE SET seen = excluded.seen";
                    script.add("INSERT INTO notes (id, note, seen)", rows(count), again);
                    let marks = (1..=count).map(|id| [format!("mark {id}").into(), id.into()]).collect();
                    script.add("INSERT INTO marks (mark, of_note)", marks, "");
                    script.add::<1>("DELETE FROM marks WHERE mark IN (", Vec::new(), ")");
                    let seen = |seen: i64| (1..=count).map(|id| [id.into(), seen.into()]).collect::<Vec<[Value; 2]>>();
                    let set = "UPDATE notes SET seen = seen + v.column2 FROM (";
                    script.add(set, seen(1), ") AS v WHERE notes.id = v.column1");
                    script.add(set, seen(10), ") AS v WHERE notes.id = v.column1");
                    let even = || (1..=count).filter(|id| id % 2 == 0);
                    let marks = even().map(|id| [format!("mark {id}").into()]).collect();
                    script.add("DELETE FROM marks WHERE mark IN (", marks, ")");
                    script.add("DELETE FROM notes WHERE id IN (", even().map(|id| [id.into()]).collect(), ")");
                    script.run(tx).await?;
                    let found = sqlx::query("SELECT id, note, seen FROM notes ORDER BY id").fetch_all(&mut *tx).await?;
                    let note = |row: &AnyRow| Ok::<_, StoreError>((row.try_get(0)?, row.try_get(1)?, row.try_get(2)?));
                    let found = found.iter().map(note).collect::<Result<_, _>>()?;
                    tx.execute("DELETE FROM marks").await?;
                    tx.execute("DELETE FROM notes").await?;
                    Ok::<_, StoreError>(found)
                })
            })
            .await
            .unwrap()
    }

    #[tokio::test]
    async fn a_script_writes_every_row_once_whatever_their_number() {
        let folder = tempfile::tempdir().unwrap();
        let store = store(&folder).await;
        for count in [0, 1, 2, 3, 4, 5, 16, 21, 64, 65, 150] {
            let odd = (1..=count).filter(|id| id % 2 == 1);
            let note = |id: i64| (id, (id % 3 != 0).then(|| format!("note {id}")), 11);
            assert_eq!(live(&store, count).await, odd.map(note).collect::<Vec<_>>(), "{count} rows");
        }
    }

    #[tokio::test]
    async fn a_script_that_the_database_refuses_in_the_middle_says_so() {
        let folder = tempfile::tempdir().unwrap();
        let store = store(&folder).await;
        let refused = store.write(|tx| {
            Box::pin(async move {
                let mut script = Script::default();
                script.add("INSERT INTO notes (id, note, seen)", rows(1), "");
                script.add("INSERT INTO marks (mark, of_note)", vec![["mark".into(), 7.into()]], "");
                script.add("DELETE FROM notes WHERE id IN (", vec![[1.into()]], ")");
                Ok::<_, StoreError>(script.run(tx).await?)
            })
        });
        assert!(refused.await.unwrap_err().to_string().to_lowercase().contains("foreign key"));
        let mut connection = store.read().await.unwrap();
        assert!(sqlx::query("SELECT id FROM notes").fetch_all(&mut *connection).await.unwrap().is_empty());
    }

    #[tokio::test]
    async fn each_question_has_the_answer_that_is_its_own() {
        let folder = tempfile::tempdir().unwrap();
        let store = store(&folder).await;
        let write = store.write(|tx| {
            Box::pin(async move {
                let mut script = Script::default();
                script.add("INSERT INTO notes (id, note, seen)", rows(100), "");
                Ok::<_, StoreError>(script.run(tx).await?)
            })
        });
        write.await.unwrap();
        let mut connection = store.read().await.unwrap();
        for asked in [0, 1, 3, 4, 5, 70, 100] {
            let mut questions = Questions::default();
            let ids = |from: i64| (from..from + asked).map(|id| [id.into()]).collect::<Vec<[Value; 1]>>();
            questions.add("SELECT id FROM notes WHERE id IN (", ids(1), ") ORDER BY id");
            questions.add("SELECT id FROM notes WHERE id IN (", Vec::<[Value; 1]>::new(), ")");
            questions.add_whole("SELECT COUNT(*) FROM notes");
            // No note has these.
            questions.add("SELECT id FROM notes WHERE id IN (", ids(1_000), ")");
            questions.add("SELECT id FROM notes WHERE id IN (", ids(1), ") AND id < 3 ORDER BY id DESC");
            let mut answers = questions.ask(&mut connection).await.unwrap();
            let mut next = || -> Vec<i64> { answers.next().iter().map(|row| row.try_get(0).unwrap()).collect() };
            assert_eq!(next(), (1..=asked).collect::<Vec<_>>(), "{asked} keys");
            assert_eq!((next(), next(), next()), (vec![], vec![100], vec![]), "{asked} keys");
            assert_eq!(next(), (1..=asked.min(2)).rev().collect::<Vec<_>>(), "{asked} keys");
        }
    }
}
