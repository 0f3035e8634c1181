//! The payment string as a QR code: drawn as SVG, then read back from the drawing by another library's decoder and
//! compared, because a code that reads as something else is worse than none.

use qrcode::{Color, EcLevel, QrCode};
use rqrr::{Grid, SimpleGrid};
use serde::Serialize;
use std::fmt::Write;
use ts_rs::TS;

/// Modules of white around the code (ISO/IEC 18004: four).
const QUIET: usize = 4;

/// A drawn code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
pub struct Qr {
    /// The whole drawing, black on white, quiet zone included, one unit a module.
    pub svg: String,
    /// Its side in modules, quiet zone included.
    pub modules: u32,
    /// What it reads as.
    pub payment_string: String,
}

/// The string cannot be drawn, or the drawing reads as something else.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("the payment string cannot be drawn as a code that reads back")]
pub struct NotDrawn;

/// Draws a payment string, with error correction M.
///
/// # Errors
/// [`NotDrawn`].
pub fn draw(payment_string: &str) -> Result<Qr, NotDrawn> {
    let code = QrCode::with_error_correction_level(payment_string, EcLevel::M).map_err(|_| NotDrawn)?;
    let svg = drawing(&code);
    if read(&svg, &code).as_deref() != Some(payment_string) {
        return Err(NotDrawn);
    }
    let modules = u32::try_from(side(&code)).map_err(|_| NotDrawn)?;
    Ok(Qr { svg, modules, payment_string: payment_string.to_owned() })
}

/// A code's side in modules, quiet zone included.
fn side(code: &QrCode) -> usize {
    code.width() + 2 * QUIET
}

/// A code as SVG.
pub(crate) fn drawing(code: &QrCode) -> String {
    let side = side(code);
    let mut path = String::new();
    for (y, row) in code.to_colors().chunks(code.width()).enumerate() {
        for (x, run) in dark_runs(row) {
            // Writing into a text does not fail.
            let _written = write!(path, "M{} {}h{run}v1h-{run}z", x + QUIET, y + QUIET);
        }
    }
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {side} {side}\" shape-rendering=\"crispEdges\">\
         <path fill=\"#fff\" d=\"M0 0h{side}v{side}h-{side}z\"/><path fill=\"#000\" d=\"{path}\"/></svg>"
    )
}

/// Where dark modules begin in a row, and how many follow each other.
fn dark_runs(row: &[Color]) -> Vec<(usize, usize)> {
    let mut runs: Vec<(usize, usize)> = Vec::new();
    for (x, _) in row.iter().enumerate().filter(|(_, color)| **color == Color::Dark) {
        match runs.last_mut() {
            Some((start, length)) if *start + *length == x => *length += 1,
            _ => runs.push((x, 1)),
        }
    }
    runs
}

/// Paints the drawing's dark path and decodes what is painted. `None` where that is anything but the code in its quiet
/// zone: a phone needs both to find it.
fn read(svg: &str, code: &QrCode) -> Option<String> {
    let side = side(code);
    let path = svg.rsplit_once(" d=\"")?.1.split_once('"')?.0;
    let mut dark = vec![false; side * side];
    for run in path.split('M').skip(1) {
        let (start, rest) = run.split_once('h')?;
        let (x, y) = start.split_once(' ')?;
        let (x, y): (usize, usize) = (x.parse().ok()?, y.parse().ok()?);
        let length: usize = rest.split_once('v')?.0.parse().ok()?;
        dark.get_mut(y * side + x..y * side + x + length)?.fill(true);
    }
    let within = QUIET..QUIET + code.width();
    let is_dark = |x: usize, y: usize| code[(x - QUIET, y - QUIET)] == Color::Dark;
    let wanted = |x, y| within.contains(&x) && within.contains(&y) && is_dark(x, y);
    if dark.iter().enumerate().any(|(at, dark)| *dark != wanted(at % side, at / side)) {
        return None;
    }
    let module = |x: usize, y: usize| dark[(y + QUIET) * side + x + QUIET];
    let (_, text) = Grid::new(SimpleGrid::from_func(code.width(), module)).decode().ok()?;
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_payment_string_is_drawn_with_its_quiet_zone_and_reads_back() {
        for text in [
            "https://qr.alipay.com/bax03431ljhokirwl38f00a7",
            "weixin://wxpay/bizpayurl?pr=JyC91EIz1",
            &"x".repeat(300),
        ] {
            let qr = draw(text).unwrap();
            assert_eq!(qr.payment_string, text);
            assert!(qr.svg.contains(&format!("viewBox=\"0 0 {0} {0}\"", qr.modules)));
            assert_eq!((qr.modules - 8 - 17) % 4, 0);
        }
    }

    fn code(text: &str) -> QrCode {
        QrCode::with_error_correction_level(text, EcLevel::M).unwrap()
    }

    #[test]
    fn a_drawing_with_one_wrong_module_does_not_read_back() {
        let code = code("weixin://wxpay/bizpayurl?pr=JyC91EIz1");
        let right = drawing(&code);
        assert!(read(&right, &code).is_some());
        let (head, path) = right.rsplit_once(" d=\"").unwrap();
        for at in 0..path.matches('M').count() {
            let mut runs: Vec<&str> = path.split_inclusive('z').collect();
            runs.remove(at);
            assert_eq!(read(&format!("{head} d=\"{}", runs.concat()), &code), None, "without run {at}");
        }
        let spot = format!("{head} d=\"M0 0h1v1h-1z{path}");
        assert_eq!(read(&spot, &code), None, "a spot in the quiet zone");
    }

    #[test]
    fn a_code_of_something_else_does_not_read_back() {
        let other = code("weixin://wxpay/bizpayurl?pr=somebody0");
        assert_eq!(read(&drawing(&other), &other).as_deref(), Some("weixin://wxpay/bizpayurl?pr=somebody0"));
        assert_eq!(read(&drawing(&other), &code("weixin://wxpay/bizpayurl?pr=JyC91EIz1")), None);
    }

    #[test]
    fn a_string_no_code_can_hold_is_refused() {
        assert_eq!(draw(&"x".repeat(5_000)), Err(NotDrawn));
    }
}
