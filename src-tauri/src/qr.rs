//! The payment string as a QR code: drawn as SVG, then read back from the drawing and compared, because a code that
//! reads as something else is worse than none.

use qrcode::{Color, EcLevel, QrCode};
use serde::Serialize;
use ts_rs::TS;

/// Modules of white around the code (ISO/IEC 18004: four).
const QUIET: usize = 4;
/// Pixels of a module when the drawing is read back.
const READ_SCALE: usize = 4;

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
    let width = code.width();
    let side = width + 2 * QUIET;
    let mut path = String::new();
    for (y, row) in code.to_colors().chunks(width).enumerate() {
        for (x, run) in dark_runs(row) {
            path.push_str(&format!("M{} {}h{run}v1h-{run}z", x + QUIET, y + QUIET));
        }
    }
    let svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {side} {side}\" shape-rendering=\"crispEdges\">\
         <path fill=\"#fff\" d=\"M0 0h{side}v{side}h-{side}z\"/><path fill=\"#000\" d=\"{path}\"/></svg>"
    );
    if read(&svg, side).as_deref() != Some(payment_string) {
        return Err(NotDrawn);
    }
    let modules = u32::try_from(side).map_err(|_| NotDrawn)?;
    Ok(Qr { svg, modules, payment_string: payment_string.to_owned() })
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

/// Reads the drawing as a phone would: paints its dark path and decodes the picture.
fn read(svg: &str, side: usize) -> Option<String> {
    let path = svg.rsplit_once(" d=\"")?.1.split_once('"')?.0;
    let mut dark = vec![false; side * side];
    for run in path.split('M').skip(1) {
        let (start, rest) = run.split_once('h')?;
        let (x, y) = start.split_once(' ')?;
        let (x, y): (usize, usize) = (x.parse().ok()?, y.parse().ok()?);
        let length: usize = rest.split_once('v')?.0.parse().ok()?;
        dark.get_mut(y * side + x..y * side + x + length)?.fill(true);
    }
    let picture = |x: usize, y: usize| if dark[(y / READ_SCALE) * side + x / READ_SCALE] { 0_u8 } else { 255 };
    let pixels = side * READ_SCALE;
    let mut image = rqrr::PreparedImage::prepare_from_greyscale(pixels, pixels, picture);
    let grids = image.detect_grids();
    let [grid] = grids.as_slice() else { return None };
    grid.decode().ok().map(|(_, text)| text)
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

    #[test]
    fn a_drawing_that_lost_its_modules_does_not_read_back() {
        let qr = draw("weixin://wxpay/bizpayurl?pr=JyC91EIz1").unwrap();
        let side = usize::try_from(qr.modules).unwrap();
        assert!(read(&qr.svg, side).is_some());
        let (head, path) = qr.svg.rsplit_once(" d=\"").unwrap();
        let half: Vec<&str> = path.split_inclusive('z').step_by(2).collect();
        assert_eq!(read(&format!("{head} d=\"{}\"", half.concat()), side), None);
    }

    #[test]
    fn a_string_no_code_can_hold_is_refused() {
        assert_eq!(draw(&"x".repeat(5_000)), Err(NotDrawn));
    }
}
