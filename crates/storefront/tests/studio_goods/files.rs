//! The goods as a CSV file, in and out.

use crate::support::{World, audit, refused, wish};
use crate::{edited, item, new_item, speaking, studio, token};
use api::studio::{ImportCode, ImportOutcome};
use api::{CallError, DealDraft, ErrorCode, GoodsDraft, GoodsEdit, ImportReport, NewItem, Studio};
use futures_util::StreamExt;
use order::PayType;
use std::time::Duration;

const HEADER: &str = "title,kind,price_fen,stock,limit_per_viewer";

fn outcomes(report: &ImportReport) -> Vec<ImportOutcome> {
    report.rows.iter().map(|row| row.outcome).collect()
}

/// The column and the code of each problem, by line.
fn problems(report: &ImportReport) -> Vec<(u32, &str, ImportCode)> {
    let of = |row: &'_ api::studio::ImportRow| row.line;
    report
        .rows
        .iter()
        .flat_map(|row| row.problems.iter().map(move |problem| (of(row), problem.column.as_str(), problem.code)))
        .collect()
}

#[tokio::test]
async fn every_problem_of_every_row_is_told_and_nothing_is_taken() {
    let world = World::new(300).await;
    let one = studio(&world).await;
    let before = one.studio().await.unwrap();
    let header = "goods_id,title,kind,price_fen,stock,limit_per_viewer,fins,note,picture,on_sale,deal_price_fen,deal_pieces,deal_minutes";
    let note = "注".repeat(61);
    let csv = format!(
        "{header}\n\
         ,Gaiwan,merchandise,16800,24,2,,,,,9900,6,20\n\
         ,,drink,0,-5,0,,,,,,,\n\
         ,Cup,merchandise,1.5,many,none,,{note},nothing,perhaps,,,\n\
         ,Fins,fins,100,5,,,,,,,,\n\
         nothing,Cup,merchandise,100,5,,,,,,,,\n\
         ,Cup,merchandise,100,5,,,,,,100,,\n\
         ,Cup,merchandise,100,5,,,,,,200,6,99999\n\
         g1,Clay teapot,merchandise,22800,5,2,,,,,,,\n\
         g1,Clay teapot,merchandise,22800,5,2,,,,,,,\n\
         ,Cup,merchandise,10000000,100000,,,,,,,,\n\
         ,Cup,merchandise\n\
         ,Cup,merchandise,100,5,,,,,,,,,,\n\
         ,,,,,,,,,,,,\n"
    );
    use ImportCode::{
        Columns, DealIncomplete, DealPieces, DealPrice, Missing, NotReadable, OutOfRange, TooLong, Twice, Unknown,
    };
    let expected = [
        (3, "kind", Unknown),
        (3, "title", Missing),
        (3, "price_fen", OutOfRange),
        (3, "stock", OutOfRange),
        (3, "limit_per_viewer", OutOfRange),
        (4, "price_fen", NotReadable),
        (4, "stock", NotReadable),
        (4, "limit_per_viewer", NotReadable),
        (4, "note", TooLong),
        (4, "on_sale", NotReadable),
        (5, "fins", Missing),
        (6, "goods_id", Unknown),
        (7, "deal_pieces", DealIncomplete),
        (7, "deal_minutes", DealIncomplete),
        (8, "deal_price_fen", DealPrice),
        (8, "deal_pieces", DealPieces),
        (8, "deal_minutes", OutOfRange),
        (10, "goods_id", Twice),
        (11, "price_fen", OutOfRange),
        (12, "", Columns),
        (13, "", Columns),
    ];
    for dry_run in [true, false] {
        let report = one.import_goods(csv.clone(), dry_run).await.unwrap();
        assert!(!report.taken);
        assert_eq!(problems(&report), expected);
        assert_eq!((report.rows[0].outcome, report.rows[7].outcome), (ImportOutcome::Added, ImportOutcome::Same));
        assert_eq!(report.rows[2].problems[0].value, "1.5");
        assert_eq!(report.rows[2].title, "Cup");
        assert_eq!(report.rows.len(), 12, "a line of commas is no row");
    }
    let wrong_picture = format!("{HEADER},picture\nCup,merchandise,100,5,,nothing\n");
    let report = one.import_goods(wrong_picture, false).await.unwrap();
    assert_eq!((problems(&report), report.taken), (vec![(2, "picture", Unknown)], false));
    assert_eq!(one.studio().await.unwrap().goods, before.goods);
    world.stop().await;
}

#[tokio::test]
async fn a_file_with_another_header_or_encoding_is_told_so() {
    let world = World::new(300).await;
    let one_token = token(&world, "Ahe", "tea").await;
    let one = speaking(&world, &one_token);
    for (csv, columns) in [
        ("", &["title", "kind", "price_fen", "stock", "limit_per_viewer"][..]),
        (
            "title;kind;price_fen;stock;limit_per_viewer\nCup;merchandise;1;1;\n",
            &["title", "kind", "price_fen", "stock", "limit_per_viewer"],
        ),
        ("title,kind,price,stock,limit_per_viewer\nCup,merchandise,1,1,\n", &["price_fen"]),
    ] {
        let report = one.import_goods(csv.into(), false).await.unwrap();
        let expected: Vec<_> = columns.iter().map(|column| (1, *column, ImportCode::Columns)).collect();
        assert_eq!((problems(&report), report.taken), (expected, false), "{csv}");
    }
    let twice = format!("{HEADER},title\n");
    let report = one.import_goods(twice, false).await.unwrap();
    assert_eq!(problems(&report), [(1, "title", ImportCode::Twice)]);
    // With and without the mark of UTF-8 it is the same file; another encoding is named as that.
    let text = format!("{HEADER}\n茶壶,merchandise,100,5,\n");
    for csv in [text.clone(), format!("\u{feff}{text}")] {
        let report = one.import_goods(csv, true).await.unwrap();
        assert_eq!((outcomes(&report), report.rows[0].title.as_str()), (vec![ImportOutcome::Added], "茶壶"));
    }
    let gbk = [HEADER.as_bytes(), b"\n\xb2\xe8\xba\xf8,merchandise,100,5,\n"].concat();
    let utf16: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let ascii16: Vec<u8> = HEADER.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    for body in [gbk, utf16, ascii16] {
        let url = format!("{}/v1/studio/goods/import", world.base());
        let answer = http.post(url).bearer_auth(&one_token).body(body).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), 400);
        let answer: serde_json::Value = answer.json().await.unwrap();
        assert_eq!(answer["error"], "invalid_params");
        assert!(answer["msg"].as_str().unwrap().contains("CSV UTF-8"), "{answer}");
    }
    let large = refused(one.import_goods("x".repeat((1 << 20) + 1), true).await);
    assert!(large.code == ErrorCode::InvalidParams && large.message.contains("too large"), "{large:?}");
    world.stop().await;
}

/// Goods whose texts are what files are bad at.
async fn awkward(world: &World) -> (api::Client, Studio) {
    let one = studio(world).await;
    for (title, note, description) in [
        ("=1+1", Some("+86"), Some("-x\n@y")),
        ("'=quoted", Some("a,b"), Some("say \"tea\"\n茶，茶")),
        ("'", None, Some("＝wide")),
    ] {
        let text = |text: Option<&str>| text.map(str::to_owned);
        let draft = GoodsDraft {
            note: text(note),
            description: text(description),
            limit_per_viewer: Some(2),
            on_sale: false,
            ..new_item(title, 100, 0).draft
        };
        one.add_item(&NewItem { draft, stock: 7 }).await.unwrap();
    }
    let desk = one.studio().await.unwrap();
    (one, desk)
}

#[tokio::test]
async fn what_is_given_out_is_taken_back_as_the_same() {
    let world = World::new(300).await;
    let (one, before) = awkward(&world).await;
    let viewer = world.viewer().await;
    let (params, asked) = wish(&before.goods[0].item, 2, PayType::Alipay, 1);
    viewer.pay_order(&params, &asked).await.unwrap();
    let file = String::from_utf8(one.export_goods().await.unwrap()).unwrap();
    assert!(file.starts_with('\u{feff}'));
    // No cell that a spreadsheet would take for a formula, and what waits is what can be ordered and what is held.
    let cells: Vec<String> = csv_cells(&file);
    assert!(cells.iter().all(|cell| !cell.starts_with(['=', '+', '-', '@', '＝'])), "{cells:?}");
    assert!(file.contains("g1,Clay teapot,merchandise,22800,5,2"), "{file}");
    let report = one.import_goods(file.clone(), false).await.unwrap();
    assert_eq!((outcomes(&report), report.taken), (vec![ImportOutcome::Same; 6], true));
    let after = one.studio().await.unwrap();
    let revisions = |desk: &Studio| desk.goods.iter().map(|one| one.revision).collect::<Vec<_>>();
    assert_eq!(revisions(&after), revisions(&before));
    // Without its ids the file is a shelf of its own.
    let cellar = speaking(&world, &token(&world, "Mo", "cellar").await);
    assert_eq!(outcomes(&cellar.import_goods(file.clone(), true).await.unwrap()), [ImportOutcome::Wrong; 6]);
    let copy = file.replacen("goods_id", "was", 1);
    let report = cellar.import_goods(copy, false).await.unwrap();
    assert_eq!((outcomes(&report), report.taken), (vec![ImportOutcome::Added; 6], true));
    let theirs = cellar.studio().await.unwrap();
    let texts = |desk: &Studio| {
        let texts = desk.goods.iter().map(|one| &one.item);
        texts.map(|item| (item.title.clone(), item.note.clone(), item.description.clone())).collect::<Vec<_>>()
    };
    assert_eq!(texts(&theirs), texts(&after));
    assert_eq!(audit(&world.database()).await, Vec::<String>::new());
    world.stop().await;
}

fn csv_cells(file: &str) -> Vec<String> {
    let mut reader = csv::Reader::from_reader(file.trim_start_matches('\u{feff}').as_bytes());
    reader.records().flat_map(|record| record.unwrap().iter().map(str::to_owned).collect::<Vec<_>>()).collect()
}

#[tokio::test]
async fn rows_with_ids_change_their_items_and_leave_alone_what_they_do_not_say() {
    let world = World::new(300).await;
    let (one, viewer) = (studio(&world).await, world.viewer().await);
    let desk = one.studio().await.unwrap();
    let teapot = item(&desk, "g1");
    let note = edited(teapot, |draft| draft.note = Some("120 ml".into()));
    one.edit_item(&teapot.item.goods_id, &note).await.unwrap();
    let (params, asked) = wish(&viewer.goods().await.unwrap()[0], 2, PayType::Alipay, 1);
    viewer.pay_order(&params, &asked).await.unwrap();
    let mut windows = Box::pin(viewer.room_events().await.unwrap());
    let header = format!("goods_id,{HEADER},pinned,deal_price_fen,deal_pieces,deal_minutes,fins");
    let csv = format!(
        "{header}\n\
         g1,Red teapot,merchandise,19900,9,4,TRUE,,,,\n\
         g2,60 shark fins,fins,600,1000,,,500,10,20,60\n\
         ,Jar,merchandise,500,3,,,,,,\n"
    );
    let dry = one.import_goods(csv.clone(), true).await.unwrap();
    let expected = [ImportOutcome::Changed, ImportOutcome::Changed, ImportOutcome::Added];
    assert_eq!((outcomes(&dry), dry.taken), (expected.to_vec(), false));
    assert_eq!(item(&one.studio().await.unwrap(), "g1").item.title, "Clay teapot");
    let report = one.import_goods(csv, false).await.unwrap();
    assert_eq!((outcomes(&report), report.taken), (expected.to_vec(), true));
    let desk = one.studio().await.unwrap();
    let red = &item(&desk, "g1").item;
    // Nine wait now, two of them in an open order.
    assert_eq!((red.title.as_str(), red.stock_left, red.held, red.limit_per_viewer), ("Red teapot", 7, 2, Some(4)));
    assert_eq!((red.note.as_deref(), red.pinned, red.price_version), (Some("120 ml"), true, 2));
    assert_eq!(item(&desk, "g2").item.deal.as_ref().map(|deal| (deal.price_fen, deal.pieces)), Some((500, 10)));
    assert_eq!((desk.goods[3].item.title.as_str(), desk.goods[3].item.lot), ("Jar", 4));
    let word = tokio::time::timeout(Duration::from_secs(30), windows.next()).await.unwrap();
    assert_eq!(word.unwrap().unwrap(), "changed");
    // A row's deal takes the place of one that costs more than the item is to.
    let csv = format!(
        "goods_id,{HEADER},fins,deal_price_fen,deal_pieces,deal_minutes\n\
         g2,60 shark fins,fins,450,1000,,60,400,10,20\n"
    );
    assert!(one.import_goods(csv, false).await.unwrap().taken);
    let desk = one.studio().await.unwrap();
    let fins = &item(&desk, "g2").item;
    assert_eq!((fins.price_fen, fins.deal.as_ref().map(|deal| deal.price_fen)), (450, Some(400)));
    // Fewer than are held, and a price that makes the deal none, are told by their row.
    let header = format!("goods_id,{HEADER},fins");
    let csv = format!("{header}\ng1,Red teapot,merchandise,19900,1,4,\ng2,60 shark fins,fins,400,1000,,60\n");
    let report = one.import_goods(csv, false).await.unwrap();
    let expected = [(2, "stock", ImportCode::OutOfRange), (3, "price_fen", ImportCode::DealPrice)];
    assert_eq!((problems(&report), report.taken), (expected.to_vec(), false));
    // Two cannot be explained at once.
    let csv = format!("{HEADER},pinned\nA,merchandise,1,1,,true\nB,merchandise,1,1,,true\n");
    let report = one.import_goods(csv, false).await.unwrap();
    assert_eq!(problems(&report), [(3, "pinned", ImportCode::Twice)]);
    assert_eq!(audit(&world.database()).await, Vec::<String>::new());
    world.stop().await;
}

#[tokio::test]
async fn a_file_is_taken_whole_while_people_buy() {
    let world = World::new(300).await;
    let one = studio(&world).await;
    let viewers = futures_util::future::join_all((0..20).map(|_| world.viewer())).await;
    let desk = one.studio().await.unwrap();
    let fins = item(&desk, "g2").clone();
    let small = GoodsEdit { add_stock: -990, ..edited(&fins, |_| {}) };
    let desk = one.edit_item(&fins.item.goods_id, &small).await.unwrap();
    let fins = item(&desk, "g2").clone();
    let buying = futures_util::future::join_all(viewers.iter().map(async |viewer| {
        let (params, asked) = wish(&fins.item, 1, PayType::Alipay, 1);
        viewer.pay_order(&params, &asked).await
    }));
    let csv = format!("goods_id,{HEADER},fins\ng2,60 shark fins,fins,600,15,,60\n");
    let (bought, report) = futures_util::future::join(buying, one.import_goods(csv, false)).await;
    assert!(report.unwrap().taken);
    let sold = bought.iter().filter(|answer| answer.is_ok()).count();
    let refusals = bought.into_iter().filter_map(Result::err);
    for error in refusals {
        assert!(matches!(&error, CallError::Refused(refusal) if refusal.code == ErrorCode::SoldOut), "{error}");
    }
    let desk = one.studio().await.unwrap();
    let after = item(&desk, "g2");
    // Fifteen waited when the file was taken, whoever had ordered by then.
    assert_eq!(after.item.stock_left + after.item.held, 15);
    assert_eq!(after.item.held as usize, sold);
    assert_eq!(audit(&world.database()).await, Vec::<String>::new());
    world.stop().await;
}

#[tokio::test]
async fn a_deal_of_the_studio_survives_a_file_that_does_not_speak_of_it() {
    let world = World::new(300).await;
    let one = studio(&world).await;
    let desk = one.studio().await.unwrap();
    let teapot = item(&desk, "g1");
    let deal = DealDraft { revision: teapot.revision, price_fen: 15_800, starts_in_s: 0, lasts_s: 600, pieces: 5 };
    let desk = one.make_deal(&teapot.item.goods_id, &deal).await.unwrap();
    let file = String::from_utf8(one.export_goods().await.unwrap()).unwrap();
    let report = one.import_goods(file.replace("Clay teapot", "Red teapot"), false).await.unwrap();
    assert_eq!((report.taken, report.rows[0].outcome), (true, ImportOutcome::Changed));
    let after = one.studio().await.unwrap();
    assert_eq!(item(&after, "g1").item.deal, item(&desk, "g1").item.deal);
    assert_eq!(item(&after, "g1").item.title, "Red teapot");
    world.stop().await;
}
