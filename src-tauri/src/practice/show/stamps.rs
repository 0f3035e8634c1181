//! The time stamps of a fragmented MP4 segment, moved later, so that a clip that begins again goes on in time. Players
//! stumble where time begins again.

use serde::Deserialize;
use std::ops::Range;

/// A track of the clip.
#[derive(Deserialize)]
pub(super) struct Track {
    /// Its number in the file.
    id: u32,
    /// Ticks of its time in a second.
    timescale: u32,
}

/// The segment with all its time stamps later by `later_s` seconds. `None` when it is not made as it must be: times of 64
/// bits, of tracks that are known.
pub(super) fn later(segment: &[u8], later_s: u64, tracks: &[Track]) -> Option<Vec<u8>> {
    let ticks = |track: u32| {
        let timescale = tracks.iter().find(|known| known.id == track)?.timescale;
        later_s.checked_mul(u64::from(timescale))
    };
    let mut moved = segment.to_vec();
    let mut fragments = 0;
    for (kind, inside) in boxes(segment, 0..segment.len())? {
        match &kind {
            // An index of a track, in the track's own ticks (ISO/IEC 14496-12, 8.16.3).
            b"sidx" => add(&mut moved, inside.start, 12, ticks(number(segment, inside.start + 4)?)?)?,
            b"moof" => {
                for (_, traf) in boxes(segment, inside)?.into_iter().filter(|(kind, _)| kind == b"traf") {
                    let parts = boxes(segment, traf)?;
                    let part = |wanted: &[u8; 4]| parts.iter().find(|(kind, _)| kind == wanted).map(|(_, at)| at.start);
                    let track = number(segment, part(b"tfhd")? + 4)?;
                    add(&mut moved, part(b"tfdt")?, 4, ticks(track)?)?;
                    fragments += 1;
                }
            }
            _ => {}
        }
    }
    (fragments > 0).then_some(moved)
}

/// The boxes in a range: their kinds, and where their contents are.
fn boxes(bytes: &[u8], range: Range<usize>) -> Option<Vec<([u8; 4], Range<usize>)>> {
    let mut found = Vec::new();
    let mut at = range.start;
    while at < range.end {
        let size = usize::try_from(number(bytes, at)?).ok().filter(|size| *size >= 8)?;
        let end = at.checked_add(size).filter(|end| *end <= range.end)?;
        found.push((bytes.get(at + 4..at + 8)?.try_into().ok()?, at + 8..end));
        at = end;
    }
    Some(found)
}

fn number(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

/// Adds to the 64-bit time at `offset` of a box of version 1.
fn add(bytes: &mut [u8], start: usize, offset: usize, ticks: u64) -> Option<()> {
    if *bytes.get(start)? != 1 {
        return None;
    }
    let time = bytes.get_mut(start + offset..start + offset + 8)?;
    let before = u64::from_be_bytes((&*time).try_into().ok()?);
    time.copy_from_slice(&before.checked_add(ticks)?.to_be_bytes());
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn boxed(kind: &[u8; 4], content: &[u8]) -> Vec<u8> {
        let size = u32::try_from(content.len() + 8).unwrap();
        [&size.to_be_bytes(), kind.as_slice(), content].concat()
    }

    fn segment(version: u8, time: u64) -> Vec<u8> {
        let head = [version, 0, 0, 0];
        let index = [&head, &7_u32.to_be_bytes(), &16_000_u32.to_be_bytes(), time.to_be_bytes().as_slice()].concat();
        let track = boxed(b"tfhd", &[&head, 7_u32.to_be_bytes().as_slice()].concat());
        let start = boxed(b"tfdt", &[&head, time.to_be_bytes().as_slice()].concat());
        let moof = boxed(b"moof", &boxed(b"traf", &[track, start].concat()));
        [boxed(b"styp", b"msdh"), boxed(b"sidx", &index), moof, boxed(b"mdat", b"picture")].concat()
    }

    const TRACKS: [Track; 1] = [Track { id: 7, timescale: 16_000 }];

    #[test]
    fn every_time_of_a_segment_is_moved_and_nothing_else() {
        assert_eq!(later(&segment(1, 5), 3, &TRACKS).unwrap(), segment(1, 48_005));
        assert_eq!(later(&segment(1, 5), 0, &TRACKS).unwrap(), segment(1, 5));
    }

    #[test]
    fn what_is_not_made_so_is_not_moved() {
        let whole = segment(1, 5);
        for wrong in [&segment(0, 5), &whole[..whole.len() - 1], b"picture".as_slice(), b""] {
            assert_eq!(later(wrong, 1, &TRACKS), None);
        }
        assert_eq!(later(&whole, 1, &[]), None);
    }
}
