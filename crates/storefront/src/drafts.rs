//! What a streamer writes, tidied and checked. What may not stand is said in words for people.

use crate::store::NewDeal;
use api::studio::{DEAL_MAX_S, DESCRIPTION_MAX_CHARS, NOTE_MAX_CHARS, PRICE_MAX_FEN, STOCK_MAX, TITLE_MAX_CHARS};
use api::{DealDraft, GoodsDraft, NewItem, RoomDraft};
use order::{Fen, GoodsKind};

/// Longest line to everybody, characters.
const NOTICE_MAX_CHARS: usize = 200;
/// Longest address of a stream, characters.
const STREAM_MAX_CHARS: usize = 2_000;
/// Shortest deal, seconds.
const DEAL_MIN_S: u32 = 10;
/// Last moment a show may be announced for: the year 3000.
const STARTS_AT_MAX: i64 = 32_503_680_000;

/// An item that may stand.
///
/// # Errors
/// What is wrong with it.
pub(crate) fn goods(draft: GoodsDraft) -> Result<GoodsDraft, String> {
    let title = title(&draft.title)?;
    let note = optional("note", draft.note, NOTE_MAX_CHARS)?;
    if note.as_deref().is_some_and(has_control) {
        return Err("note must be one line".into());
    }
    let description = optional("description", draft.description, DESCRIPTION_MAX_CHARS)?;
    if !(1..=PRICE_MAX_FEN).contains(&draft.price_fen) {
        return Err(format!("price_fen must be 1 to {PRICE_MAX_FEN}"));
    }
    if draft.limit_per_viewer == Some(0) {
        return Err("limit_per_viewer must be 1 or more, or nothing for no limit".into());
    }
    let fins = match (draft.kind, draft.fins) {
        (GoodsKind::Fins, None | Some(0)) => return Err("fins must say how many shark fins a piece gives".into()),
        (GoodsKind::Fins, fins @ Some(_)) => fins,
        (GoodsKind::Merchandise, _) => None,
    };
    let picture = draft.picture.filter(|picture| !picture.is_empty());
    Ok(GoodsDraft { title, note, description, fins, picture, ..draft })
}

/// A new item that may stand.
///
/// # Errors
/// What is wrong with it.
pub(crate) fn item(item: NewItem) -> Result<NewItem, String> {
    if item.stock > STOCK_MAX {
        return Err(format!("stock must be 0 to {STOCK_MAX}"));
    }
    Ok(NewItem { draft: goods(item.draft)?, ..item })
}

/// A deal, as far as it can be seen without the item. `now` is Unix seconds.
///
/// # Errors
/// What is wrong with it.
pub(crate) fn deal(draft: &DealDraft, now: i64) -> Result<NewDeal, String> {
    let price = Fen::new(draft.price_fen).map_err(|error| format!("price_fen: {error}"))?;
    if !(DEAL_MIN_S..=DEAL_MAX_S).contains(&draft.lasts_s) {
        return Err(format!("lasts_s must be {DEAL_MIN_S} to {DEAL_MAX_S}"));
    }
    if draft.starts_in_s > DEAL_MAX_S {
        return Err(format!("starts_in_s must be 0 to {DEAL_MAX_S}"));
    }
    let starts_at = now.saturating_add(draft.starts_in_s.into());
    Ok(NewDeal { price, starts_at, ends_at: starts_at.saturating_add(draft.lasts_s.into()), pieces: draft.pieces })
}

/// A room that may stand.
///
/// # Errors
/// What is wrong with it.
pub(crate) fn room(draft: RoomDraft) -> Result<RoomDraft, String> {
    let title = title(&draft.title)?;
    let notice = optional("notice", draft.notice, NOTICE_MAX_CHARS)?;
    let stream = optional("stream", draft.stream, STREAM_MAX_CHARS)?;
    if stream.as_deref().is_some_and(|stream| !api::link::may_be_streamed(stream)) {
        return Err("stream must be an address that starts with https://, or http:// on the shop's machine".into());
    }
    if draft.starts_at.is_some_and(|at| !(0..=STARTS_AT_MAX).contains(&at)) {
        return Err("starts_at must be a time in Unix seconds".into());
    }
    let cover = draft.cover.filter(|cover| !cover.is_empty());
    Ok(RoomDraft { title, notice, stream, cover, ..draft })
}

fn title(text: &str) -> Result<String, String> {
    let title = text.trim();
    if title.is_empty() || title.chars().count() > TITLE_MAX_CHARS || has_control(title) {
        return Err(format!("title must be one line of 1 to {TITLE_MAX_CHARS} characters"));
    }
    Ok(title.to_owned())
}

/// A text that may be left out, or nothing where only space stands.
fn optional(field: &str, text: Option<String>, max_chars: usize) -> Result<Option<String>, String> {
    let text = text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
    if text.as_ref().is_some_and(|text| text.chars().count() > max_chars) {
        return Err(format!("{field} must be at most {max_chars} characters"));
    }
    Ok(text)
}

/// Whether a text has what is no part of a line.
pub(crate) fn has_control(text: &str) -> bool {
    text.chars().any(char::is_control)
}
