//! Pictures that streamers send: read, cut, and written anew. What comes out is small, has nothing of what a camera
//! writes beside the picture, and is nobody's file as it was.

use api::Crop;
use api::studio::PICTURE_MIN_SIDE;
use aws_lc_rs::digest::{SHA256, digest};
use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::PngEncoder;
use image::imageops::FilterType;
use image::{DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader, Limits};
use std::io::Cursor;

/// Longest side of what is kept, pixels.
const SIDE_MAX: u32 = 1_200;
/// Side of the small form, pixels.
const SMALL_SIDE: u32 = 240;
/// Longest side of what is read, pixels, and the most memory its pixels may take, bytes: a small file may claim to be
/// a wall of pixels.
const READ_SIDE_MAX: u32 = 12_000;
const READ_BYTES_MAX: u64 = 160 << 20;
/// Of 100.
const JPEG_QUALITY: u8 = 86;

/// Why a picture cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Unusable {
    /// It is of another kind.
    #[error("a picture must be a JPEG, PNG or WebP")]
    Kind,
    /// It is of a kind that is read, and is damaged.
    #[error("the picture is damaged and cannot be read: {0}")]
    Damaged(String),
    /// It has too many pixels.
    #[error("the picture has too many pixels: {width} x {height}; make it smaller")]
    TooLarge {
        /// Pixels across.
        width: u32,
        /// Pixels down.
        height: u32,
    },
    /// It has too few pixels.
    #[error(
        "the picture is too small: {width} x {height}; it must have at least {PICTURE_MIN_SIDE} x {PICTURE_MIN_SIDE}"
    )]
    TooSmall {
        /// Pixels across.
        width: u32,
        /// Pixels down.
        height: u32,
    },
    /// The square does not lie in the picture.
    #[error("the square must lie within the picture, which is {width} x {height}")]
    Outside {
        /// Pixels across.
        width: u32,
        /// Pixels down.
        height: u32,
    },
    /// It cannot be written.
    #[error("the picture cannot be written: {0}")]
    Unwritable(ImageError),
}

/// A picture as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Encoded {
    /// `image/jpeg`, or `image/png` when something of it can be seen through.
    pub content_type: &'static str,
    /// The file.
    pub body: Vec<u8>,
}

/// A picture and its small form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prepared {
    /// At most 1,200 pixels on its longest side.
    pub large: Encoded,
    /// A square of 240 pixels from its middle.
    pub small: Encoded,
}

/// Reads a picture, or a square of it, and writes it anew. It computes for a while: not for an async thread.
///
/// # Errors
/// [`Unusable`].
pub fn prepare(file: &[u8], crop: Option<Crop>) -> Result<Prepared, Unusable> {
    let whole = read(file)?;
    let (width, height) = (whole.width(), whole.height());
    let chosen = match crop {
        Some(Crop { x, y, side }) => {
            let lies_in = |from: u32, length: u32| from.checked_add(side).is_some_and(|end| end <= length);
            if !lies_in(x, width) || !lies_in(y, height) {
                return Err(Unusable::Outside { width, height });
            }
            whole.crop_imm(x, y, side, side)
        }
        None => whole,
    };
    let (width, height) = (chosen.width(), chosen.height());
    if width.min(height) < PICTURE_MIN_SIDE {
        return Err(Unusable::TooSmall { width, height });
    }
    let large =
        if width.max(height) > SIDE_MAX { chosen.resize(SIDE_MAX, SIDE_MAX, FilterType::Lanczos3) } else { chosen };
    let small = large.resize_to_fill(SMALL_SIDE, SMALL_SIDE, FilterType::Lanczos3);
    Ok(Prepared { large: encode(large)?, small: encode(small)? })
}

/// A picture's id: the hash of its bytes, so that what an id names never changes.
#[must_use]
pub fn id_of(body: &[u8]) -> String {
    hex::encode(&digest(&SHA256, body).as_ref()[..16])
}

/// The picture the way up it was taken.
fn read(file: &[u8]) -> Result<DynamicImage, Unusable> {
    let damaged = |error: ImageError| Unusable::Damaged(error.to_string());
    let mut reader = ImageReader::new(Cursor::new(file));
    let format = image::guess_format(file).map_err(|_| Unusable::Kind)?;
    if !matches!(format, ImageFormat::Jpeg | ImageFormat::Png | ImageFormat::WebP) {
        return Err(Unusable::Kind);
    }
    reader.set_format(format);
    let mut limits = Limits::default();
    limits.max_alloc = Some(READ_BYTES_MAX);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(damaged)?;
    // What the file claims is looked at before anything is made of it.
    let (width, height) = decoder.dimensions();
    if width.max(height) > READ_SIDE_MAX || decoder.total_bytes() > READ_BYTES_MAX {
        return Err(Unusable::TooLarge { width, height });
    }
    let orientation = decoder.orientation().map_err(damaged)?;
    let mut picture = DynamicImage::from_decoder(decoder).map_err(damaged)?;
    picture.apply_orientation(orientation);
    Ok(picture)
}

fn encode(picture: DynamicImage) -> Result<Encoded, Unusable> {
    let mut body = Vec::new();
    let see_through = picture.color().has_alpha() && picture.to_rgba8().pixels().any(|pixel| pixel.0[3] < u8::MAX);
    let (content_type, written) = if see_through {
        let encoder = PngEncoder::new(&mut body);
        ("image/png", picture.to_rgba8().write_with_encoder(encoder))
    } else {
        let encoder = JpegEncoder::new_with_quality(&mut body, JPEG_QUALITY);
        ("image/jpeg", picture.to_rgb8().write_with_encoder(encoder))
    };
    written.map_err(Unusable::Unwritable)?;
    Ok(Encoded { content_type, body })
}
