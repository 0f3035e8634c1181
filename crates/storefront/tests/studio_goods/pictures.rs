//! Pictures: what comes in, and what is kept of it.

use crate::support::{World, refused};
use crate::{edited, item, speaking, studio, token};
use api::{Crop, ErrorCode};
use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::PngEncoder;
use image::codecs::webp::WebPEncoder;
use image::{DynamicImage, GenericImageView, ImageFormat, Rgba, RgbaImage};
use storefront::pictures::{Encoded, Unusable, prepare};

/// Red on the left, blue on the right, and in the last row down see-through where it is asked for.
fn drawn(width: u32, height: u32, see_through: bool) -> DynamicImage {
    let pixel = |x: u32, y: u32| {
        let alpha = if see_through && y + 1 == height { 0 } else { 255 };
        if x < width / 2 { Rgba([220, 20, 20, alpha]) } else { Rgba([20, 20, 220, alpha]) }
    };
    DynamicImage::ImageRgba8(RgbaImage::from_fn(width, height, pixel))
}

fn jpeg(picture: &DynamicImage) -> Vec<u8> {
    let mut file = Vec::new();
    picture.to_rgb8().write_with_encoder(JpegEncoder::new_with_quality(&mut file, 90)).unwrap();
    file
}

fn png(picture: &DynamicImage) -> Vec<u8> {
    let mut file = Vec::new();
    picture.write_with_encoder(PngEncoder::new(&mut file)).unwrap();
    file
}

fn webp(picture: &DynamicImage) -> Vec<u8> {
    let mut file = Vec::new();
    picture.write_with_encoder(WebPEncoder::new_lossless(&mut file)).unwrap();
    file
}

fn read(kept: &Encoded) -> DynamicImage {
    let format = ImageFormat::from_mime_type(kept.content_type).unwrap();
    image::load_from_memory_with_format(&kept.body, format).unwrap()
}

fn is_red(picture: &DynamicImage, x: u32, y: u32) -> bool {
    let [red, _, blue, _] = picture.get_pixel(x, y).0;
    red > 150 && blue < 100
}

/// A JPEG as a camera held upright writes it: turned, with the place it was taken at.
fn from_a_camera(picture: &DynamicImage) -> Vec<u8> {
    let plain = jpeg(picture);
    let exif: &[u8] = &[
        b"Exif\0\0MM\0\x2a\0\0\0\x08\0\x01".as_slice(),
        // Orientation: turned a quarter, so that the left side is up.
        &[0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, 6, 0, 0, 0, 0, 0, 0],
        b"GPS 30.2741N 120.1551E",
    ]
    .concat();
    let length = u16::try_from(exif.len() + 2).unwrap().to_be_bytes();
    [&plain[..2], &[0xff, 0xe1], &length, exif, &plain[2..]].concat()
}

#[test]
fn every_kind_is_read_and_written_anew_as_large_as_it_may_be() {
    let picture = drawn(1_500, 900, false);
    for file in [jpeg(&picture), png(&picture), webp(&picture)] {
        let kept = prepare(&file, None).unwrap();
        assert_eq!((kept.large.content_type, kept.small.content_type), ("image/jpeg", "image/jpeg"));
        let (large, small) = (read(&kept.large), read(&kept.small));
        assert_eq!((large.dimensions(), small.dimensions()), ((1_200, 720), (240, 240)));
        assert!(is_red(&large, 100, 100) && !is_red(&large, 1_100, 600));
        assert!(is_red(&small, 10, 10) && !is_red(&small, 230, 230));
    }
    let small = drawn(400, 400, false);
    assert_eq!(read(&prepare(&png(&small), None).unwrap().large).dimensions(), (400, 400));
}

#[test]
fn what_can_be_seen_through_stays_so() {
    let kept = prepare(&png(&drawn(500, 500, true)), None).unwrap();
    assert_eq!((kept.large.content_type, kept.small.content_type), ("image/png", "image/png"));
    assert_eq!(read(&kept.large).get_pixel(250, 499).0[3], 0);
}

#[test]
fn a_camera_s_picture_is_turned_the_right_way_up_and_loses_what_it_says_beside_the_picture() {
    let file = from_a_camera(&drawn(900, 600, false));
    assert!(file.windows(3).any(|bytes| bytes == b"GPS"));
    let kept = prepare(&file, None).unwrap();
    let large = read(&kept.large);
    assert_eq!(large.dimensions(), (600, 900));
    // What was left is up.
    assert!(is_red(&large, 300, 100) && !is_red(&large, 300, 800));
    for body in [&kept.large.body, &kept.small.body] {
        assert!(!body.windows(3).any(|bytes| bytes == b"GPS") && !body.windows(4).any(|bytes| bytes == b"Exif"));
    }
}

#[test]
fn a_square_is_cut_out_where_it_lies_in_the_picture() {
    let file = png(&drawn(1_000, 600, false));
    let left = prepare(&file, Some(Crop { x: 0, y: 100, side: 500 })).unwrap();
    assert_eq!(read(&left.large).dimensions(), (500, 500));
    assert!(is_red(&read(&left.large), 490, 250));
    for crop in [
        Crop { x: 501, y: 0, side: 500 },
        Crop { x: 0, y: 101, side: 500 },
        Crop { x: u32::MAX, y: 0, side: 500 },
        Crop { x: 0, y: 0, side: u32::MAX },
    ] {
        assert!(matches!(prepare(&file, Some(crop)), Err(Unusable::Outside { width: 1_000, height: 600 })), "{crop:?}");
    }
    let few = prepare(&file, Some(Crop { x: 0, y: 0, side: 399 }));
    assert!(matches!(few, Err(Unusable::TooSmall { width: 399, height: 399 })));
}

/// A PNG of a few bytes that claims to be that large. Its pixels are not there.
fn claiming(width: u32, height: u32) -> Vec<u8> {
    let mut header = [width.to_be_bytes(), height.to_be_bytes()].concat();
    header.extend([8, 6, 0, 0, 0]);
    let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
    for (kind, body) in [(b"IHDR", header.as_slice()), (b"IDAT", &[0x78, 0x9c]), (b"IEND", &[])] {
        file.extend(u32::try_from(body.len()).unwrap().to_be_bytes());
        let whole = [kind.as_slice(), body].concat();
        file.extend(&whole);
        file.extend(checksum(&whole).to_be_bytes());
    }
    file
}

fn checksum(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| if sum & 1 == 1 { (sum >> 1) ^ 0xedb8_8320 } else { sum >> 1 })
    })
}

#[test]
fn a_small_file_that_claims_to_be_a_wall_of_pixels_is_not_unpacked() {
    for (width, height) in [(12_001, 400), (400, 65_000), (60_000, 60_000), (8_000, 8_000)] {
        let refused = prepare(&claiming(width, height), None);
        assert!(matches!(refused, Err(Unusable::TooLarge { .. })), "{width} x {height}: {refused:?}");
    }
    // A real one: all of it is one colour, and the file is small.
    let wall = png(&DynamicImage::new_luma8(12_000, 400));
    assert!(wall.len() < 100_000);
    prepare(&wall, None).unwrap();
    let wall = jpeg(&DynamicImage::new_luma8(400, 12_001));
    assert!(matches!(prepare(&wall, None), Err(Unusable::TooLarge { width: 400, height: 12_001 })));
}

#[test]
fn what_is_no_picture_or_a_damaged_one_is_told_apart() {
    let whole = png(&drawn(500, 500, false));
    for kind in [b"".as_slice(), b"GIF89a\0\0\0\0", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"BM", &[0; 100]] {
        assert!(matches!(prepare(kind, None), Err(Unusable::Kind)), "{kind:?}");
    }
    for end in [20, 60, whole.len() / 2] {
        assert!(matches!(prepare(&whole[..end], None), Err(Unusable::Damaged(_))), "{end}");
    }
    assert!(matches!(prepare(&png(&drawn(399, 900, false)), None), Err(Unusable::TooSmall { .. })));
}

#[tokio::test]
async fn a_picture_is_kept_shown_and_put_on_an_item() {
    let world = World::new(300).await;
    let secret = token(&world, "Ahe", "tea").await;
    let (one, viewer) = (speaking(&world, &secret), world.viewer().await);
    let kept = one.add_picture(png(&drawn(800, 600, false)), None).await.unwrap();
    let again = one.add_picture(png(&drawn(800, 600, false)), None).await.unwrap();
    assert_eq!(kept, again);
    let square = one.add_picture(png(&drawn(800, 600, false)), Some(Crop { x: 0, y: 0, side: 400 })).await.unwrap();
    assert_ne!(kept, square);
    let desk = one.studio().await.unwrap();
    let teapot = item(&desk, "g1");
    let edit = edited(teapot, |draft| draft.picture = Some(square.picture.clone()));
    one.edit_item(&teapot.item.goods_id, &edit).await.unwrap();
    let shown = viewer.goods().await.unwrap()[0].picture.clone().unwrap();
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    for (path, side) in [(shown.clone(), 400), (format!("{shown}/small"), 240)] {
        let answer = http.get(format!("{}/v1/pictures/{path}", world.base())).send().await.unwrap();
        assert_eq!(answer.headers()["content-type"], "image/jpeg");
        let body = answer.bytes().await.unwrap();
        assert_eq!(image::load_from_memory(&body).unwrap().dimensions(), (side, side));
    }
    // One that was kept without a small form is shown as it is.
    world.shop.shop.store.keep_picture("old".into(), "image/png".into(), "AAAA".into()).await.unwrap();
    let old = http.get(format!("{}/v1/pictures/old/small", world.base())).send().await.unwrap();
    assert_eq!(old.headers()["content-type"], "image/png");
    assert_eq!(old.bytes().await.unwrap().len(), 3);
    let none = http.get(format!("{}/v1/pictures/nothing/small", world.base())).send().await.unwrap();
    assert_eq!(none.status().as_u16(), 404);
    for query in ["?x=0", "?x=0&y=0", "?x=0&y=0&side=-1", "?x=a&y=0&side=400", "?x=0&y=0&side=400&z=1"] {
        let url = format!("{}/v1/studio/pictures{query}", world.base());
        let answer = http.post(url).bearer_auth(&secret).body(png(&drawn(400, 400, false))).send().await.unwrap();
        let answer: serde_json::Value = answer.json().await.unwrap();
        assert_eq!(answer["error"], "invalid_params", "{query}");
    }
    world.stop().await;
}

#[tokio::test]
async fn a_picture_that_cannot_be_used_is_refused_in_words() {
    let world = World::new(300).await;
    let one = studio(&world).await;
    for (words, file) in [
        ("JPEG, PNG or WebP", b"GIF89a".to_vec()),
        ("JPEG, PNG or WebP", Vec::new()),
        ("at least 400 x 400", png(&drawn(300, 500, false))),
        ("too many pixels", claiming(60_000, 60_000)),
        ("damaged", png(&drawn(500, 500, false))[..100].to_vec()),
        ("5 MB at most", vec![0; (5 << 20) + 1]),
    ] {
        let refusal = refused(one.add_picture(file, None).await);
        assert_eq!(refusal.code, ErrorCode::PictureUnusable, "{words}");
        assert!(refusal.message.contains(words), "{words}: {}", refusal.message);
    }
    let outside = Some(Crop { x: 1, y: 0, side: 500 });
    assert_eq!(refused(one.add_picture(png(&drawn(500, 500, false)), outside).await).code, ErrorCode::PictureUnusable);
    // The largest that may come does come, and is looked at.
    let mut padded = jpeg(&drawn(500, 500, false));
    padded.resize(5 << 20, 0);
    one.add_picture(padded, None).await.unwrap();
    world.stop().await;
}
