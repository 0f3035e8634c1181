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
    let (mut ours, mut floors, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..rounds {
        let began = thread_cpu_s()?;
        for text in (0..times).flat_map(|_| STRINGS) {
            let code = QrCode::with_error_correction_level(text, EcLevel::M)?;
            ensure!(!code.render::<Color<'_>>().build().is_empty(), "nothing was drawn");
        }
        let bare = thread_cpu_s()?;
        for text in (0..times).flat_map(|_| STRINGS) {
            ensure!(!qr::draw(text)?.svg.is_empty(), "nothing was drawn");
        }
        let done = thread_cpu_s()?;
        floors.push((bare - began) / codes);
        ours.push((done - bare) / codes);
        ratios.push((done - bare) / (bare - began));
    }
    Ok(Results::one(Figure {
        name: "code".into(),
        what: "QR: payment string to SVG, read back and compared".into(),
        value: median(&ours),
        unit: Unit::Seconds,
        floor: Some(Floor { what: "`qrcode` and its own SVG".into(), value: median(&floors), ratio: median(&ratios) }),
        goal: Goal::AtMost(0.001),
        how: format!(
            "{rounds} rounds of {codes} codes, strings of 37 and 64 characters. The app reads each drawing back."
        ),
    }))
}
