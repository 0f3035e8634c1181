//! What is measured: one figure, its floor and its goal; and the lines of a plot.

use serde::{Deserialize, Serialize};

/// One measured figure.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Figure {
    /// Its short name.
    pub(crate) name: String,
    /// What it says.
    pub(crate) what: String,
    pub(crate) value: f64,
    pub(crate) unit: Unit,
    /// The same without us, measured in the same run.
    pub(crate) floor: Option<Floor>,
    pub(crate) goal: Goal,
    /// How it was measured, and what a reader must know.
    pub(crate) how: String,
}

/// What nothing of this kind can be better than.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Floor {
    pub(crate) what: String,
    pub(crate) value: f64,
    /// The figure as a multiple of it: the median of the rounds, each against the floor beside it.
    pub(crate) ratio: f64,
}

/// What a value counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Unit {
    Seconds,
    PerSecond,
    Bytes,
    /// Bytes, told in millions.
    Megabytes,
    Pieces,
}

/// What is to be reached.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Goal {
    /// The ratio to the floor.
    RatioAtMost(f64),
    RatioAtLeast(f64),
    AtMost(f64),
    AtLeast(f64),
    Exactly(f64),
    /// Told beside the others; nothing is to be reached.
    None,
}

/// A plot.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Plot {
    /// Its file in `docs/images`, without `.svg`.
    pub(crate) name: String,
    pub(crate) title: String,
    pub(crate) x: String,
    pub(crate) y: String,
    pub(crate) lines: Vec<Line>,
}

/// A line of a plot.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Line {
    pub(crate) name: String,
    pub(crate) points: Vec<(f64, f64)>,
}

/// What a run gave.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Results {
    pub(crate) figures: Vec<Figure>,
    pub(crate) plots: Vec<Plot>,
}

impl Results {
    pub(crate) fn one(figure: Figure) -> Results {
        Results { figures: vec![figure], plots: Vec::new() }
    }
}

impl Figure {
    /// Whether the goal is reached; `None` where there is none.
    pub(crate) fn met(&self) -> Option<bool> {
        let ratio = self.floor.as_ref().map(|floor| floor.ratio);
        match self.goal {
            Goal::RatioAtMost(most) => ratio.map(|ratio| ratio <= most),
            Goal::RatioAtLeast(least) => ratio.map(|ratio| ratio >= least),
            Goal::AtMost(most) => Some(self.value <= most),
            Goal::AtLeast(least) => Some(self.value >= least),
            Goal::Exactly(wanted) => Some((self.value - wanted).abs() < f64::EPSILON),
            Goal::None => None,
        }
    }

    /// Name, what, value, floor, ratio, goal, met: a row of the table.
    pub(crate) fn row(&self) -> [String; 6] {
        let (floor, ratio) = match &self.floor {
            Some(floor) => (self.unit.text(floor.value), format!("{:.2} ×", floor.ratio)),
            None => (String::new(), String::new()),
        };
        let goal = match self.goal {
            Goal::RatioAtMost(most) => format!("≤ {most} ×"),
            Goal::RatioAtLeast(least) => format!("≥ {least} ×"),
            Goal::AtMost(most) => format!("≤ {}", self.unit.text(most)),
            Goal::AtLeast(least) => format!("≥ {}", self.unit.text(least)),
            Goal::Exactly(wanted) => format!("exactly {}", self.unit.text(wanted)),
            Goal::None => String::new(),
        };
        let met = match self.met() {
            Some(true) => "yes",
            Some(false) => "no",
            None => "",
        };
        [self.what.clone(), self.unit.text(self.value), floor, ratio, goal, met.into()]
    }
}

impl Unit {
    /// A value as people read it.
    pub(crate) fn text(self, value: f64) -> String {
        match self {
            Unit::Seconds if value < 1e-3 => format!("{:.0} µs", value * 1e6),
            Unit::Seconds if value < 1.0 => format!("{:.1} ms", value * 1e3),
            Unit::Seconds => format!("{value:.2} s"),
            Unit::PerSecond => format!("{value:.0}/s"),
            Unit::Bytes if value < 1024.0 * 1024.0 => format!("{:.1} KiB", value / 1024.0),
            Unit::Bytes => format!("{:.1} MiB", value / 1024.0 / 1024.0),
            Unit::Megabytes => format!("{:.2} MB", value / 1e6),
            Unit::Pieces => format!("{value:.0}"),
        }
    }
}
