//! The end of a world: the bills are read, and everybody who can judge does.

use super::World;
use crate::failure::{Failure, broken};
use crate::faults::{Fates, Point};
use crate::judge::Judge;
use crate::stage::{START, Stage};
use crate::task::Doing;
use order::PayType;
use std::collections::BTreeMap;
use std::sync::Arc;
use storefront::reconcile::Day;
use storefront::store::Reader;

/// Seconds until the bill of a day is there for certain, counted from the day's last payment.
const BILL_AFTER_S: i64 = 2 * 86_400;

impl World {
    /// Reads every day's bill, then judges. Also says what points the world met.
    ///
    /// # Errors
    /// [`Failure`].
    pub async fn end(mut self) -> Result<(Judge, Arc<Stage>, Vec<Point>), Failure> {
        let fates = std::mem::replace(&mut self.stage.scene().fates, Fates::Calm);
        let met = match fates {
            Fates::Points(points) => points.met,
            Fates::Chance(_) | Fates::Calm => Vec::new(),
        };
        self.read_bills().await?;
        let (judge, stage) = self.judge_rest().await?;
        Ok((judge, stage, met))
    }

    /// Judges a world at rest.
    ///
    /// # Errors
    /// [`Failure`].
    pub async fn judge_rest(mut self) -> Result<(Judge, Arc<Stage>), Failure> {
        self.tasks.clear();
        if let Some(house) = self.house.take() {
            house.end().await?;
        }
        let books = {
            let mut scene = self.stage.scene();
            let now = scene.now;
            scene.books.settle(now);
            scene.books.clone()
        };
        self.judge.rest(&books).await?;
        self.audit().await?;
        Ok((self.judge, self.stage))
    }

    /// Compares the bills of every day on which money moved with our books, and that of the first day in any case.
    ///
    /// # Errors
    /// [`Failure`].
    pub async fn read_bills(&mut self) -> Result<(), Failure> {
        let mut days = BTreeMap::new();
        {
            let mut scene = self.stage.scene();
            scene.now = scene.now.saturating_add(BILL_AFTER_S);
            scene.skew_s = 0;
            for at in scene.books.moved_at().chain([START]) {
                if let Some(day) = Day::of(at) {
                    days.insert(day.begin_s(), day);
                }
            }
        }
        for day in days.into_values() {
            for pay_type in PayType::ALL {
                self.finish(Doing::Bill(pay_type, day.clone())).await?;
            }
        }
        // An order that changed is looked at once more.
        while let Some(at) = self.next_job_at().await? {
            {
                let mut scene = self.stage.scene();
                scene.now = scene.now.max(at);
            }
            self.finish(Doing::Look).await?;
        }
        Ok(())
    }

    /// Begins a task and goes on until it and what it leads to has ended.
    async fn finish(&mut self, doing: Doing) -> Result<(), Failure> {
        self.begin(doing);
        while !self.tasks.is_empty() {
            self.step(0).await?;
        }
        Ok(())
    }

    /// The storefront's own audit, which knows nothing of the judge: each looks at what the other may have missed.
    ///
    /// # Errors
    /// [`Failure`].
    pub async fn audit(&self) -> Result<(), Failure> {
        let mut reader = Reader::open(&self.database).await.map_err(|error| Failure::Row(error.to_string()))?;
        let mut differences = Vec::new();
        let mut found = |difference: storefront::store::Difference| differences.push(difference.to_string());
        reader.audit(self.now(), &mut found, &mut |_, _, _| ()).await?;
        match differences.first() {
            Some(difference) => broken(format!("the audit finds what the judge does not: {difference}")),
            None => Ok(()),
        }
    }
}
