//! The payment string as the picture a phone reads: the app's own function.

use crate::figure::{Figure, Floor, Goal, Results, Unit};
use crate::measure::{median, thread_cpu_s};
use crate::run::Run;
use anyhow::{Result, ensure};
use qrcode::render::svg::Color;
use qrcode::{EcLevel, QrCode};

/// The app's own file: the app itself cannot be a dependency, as it needs a window system to be built.
#[path = "../../../src-tauri/src/qr.rs"]
#[expect(unreachable_pub, reason = "it is written for the app")]
mod qr;

/// As long as WeChat Pay's and Alipay's.
const STRINGS: [&str; 2] =
    ["weixin://wxpay/bizpayurl?pr=ywmlFmszz", "https://qr.alipay.com/bax03431ljhokirwl38f00a7a1b2c3d4e5f6a7b8c9"];

/// In turn with `qrcode` and its own SVG.
pub(crate) fn measure(run: &Run) -> Result<Results> {
    let (rounds, times) = if run.quick { (3, 20) } else { (9, 300) };
    let codes = f64::from(times) * 2.0;
    let encoded = |text| QrCode::with_error_correction_level(text, EcLevel::M);
    let (mut floors, mut drawn, mut read) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..rounds {
        let began = thread_cpu_s()?;
        for text in (0..times).flat_map(|_| STRINGS) {
            ensure!(!encoded(text)?.render::<Color<'_>>().build().is_empty(), "nothing was drawn");
        }
        let bare = thread_cpu_s()?;
        for text in (0..times).flat_map(|_| STRINGS) {
            ensure!(!qr::drawing(&encoded(text)?).is_empty(), "nothing was drawn");
        }
        let ours = thread_cpu_s()?;
        for text in (0..times).flat_map(|_| STRINGS) {
            ensure!(!qr::draw(text)?.svg.is_empty(), "nothing was drawn");
        }
        let done = thread_cpu_s()?;
        floors.push((bare - began) / codes);
        drawn.push((ours - bare) / codes);
        read.push((done - ours) / codes);
    }
    let how = format!("{rounds} rounds of {codes} codes, strings of 37 and 64 characters.");
    let figure = |name: &str, what: &str, values: &[f64], goal, how| {
        let ratios: Vec<f64> = values.iter().zip(&floors).map(|(value, floor)| value / floor).collect();
        let floor = Floor { what: "`qrcode` and its own SVG".into(), value: median(&floors), ratio: median(&ratios) };
        let (name, what) = (name.into(), what.into());
        Figure { name, what, value: median(values), unit: Unit::Seconds, floor: Some(floor), goal, how }
    };
    let drawn = figure("code", "QR: payment string to SVG", &drawn, Goal::AtMost(0.001), how.clone());
    let back = format!("{how} The app shows no code that it has not read back from its own drawing.");
    let read = figure("code_read_back", "the same, read back and compared", &read, Goal::None, back);
    Ok(Results { figures: vec![drawn, read], plots: Vec::new() })
}
