//! A clip as a live playlist: which of its segments are on the air is a matter of the time alone. They are numbered on
//! for ever; each round of the clip goes on in time where the one before ended.

use super::stamps::Track;
use serde::Deserialize;
use std::fmt::Write;
use std::io;
use std::time::Duration;

/// Segments in the playlist.
const WINDOW: u64 = 6;

/// A clip in segments.
pub(super) struct Clip {
    init: String,
    tracks: Vec<Track>,
    segments: Vec<Segment>,
    /// Of all segments together: whole seconds, so that no round is a moment off.
    length: Duration,
}

/// A segment as it is sent.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Part<'clip> {
    /// The clip's file.
    pub(super) file: &'clip str,
    /// How much later than in the file it is, seconds.
    pub(super) later_s: u64,
}

struct Segment {
    file: String,
    /// When it has been sent whole, from the clip's beginning.
    end: Duration,
    length: Duration,
}

/// The clip's list, as it lies beside its files.
#[derive(Deserialize)]
struct List {
    init: String,
    tracks: Vec<Track>,
    segments: Vec<Listed>,
}

#[derive(Deserialize)]
struct Listed {
    file: String,
    duration_s: f64,
}

impl Clip {
    /// Reads the list.
    ///
    /// # Errors
    /// It is none, or holds no segment of any length.
    pub(super) fn read(list: &[u8]) -> io::Result<Clip> {
        let list: List = serde_json::from_slice(list)?;
        let mut length = Duration::ZERO;
        let mut segments = Vec::with_capacity(list.segments.len());
        for Listed { file, duration_s } in list.segments {
            let lasts = Duration::try_from_secs_f64(duration_s).map_err(io::Error::other)?;
            length += lasts;
            segments.push(Segment { file, end: length, length: lasts });
        }
        if length.is_zero() || length.subsec_nanos() != 0 {
            return Err(io::Error::other("the clip must have segments that last whole seconds together"));
        }
        Ok(Clip { init: list.init, tracks: list.tracks, segments, length })
    }

    /// Its tracks.
    pub(super) fn tracks(&self) -> &[Track] {
        &self.tracks
    }

    /// The file that the playlist begins with.
    pub(super) fn init(&self) -> &str {
        &self.init
    }

    /// The segment of that number in the playlist.
    pub(super) fn part(&self, number: u64) -> Option<Part<'_>> {
        let at = usize::try_from(number % self.count()).ok()?;
        let rounds = number / self.count();
        Some(Part { file: &self.segments.get(at)?.file, later_s: rounds.checked_mul(self.length.as_secs())? })
    }

    /// Every file it needs.
    #[cfg(test)]
    pub(super) fn files(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.init.as_str()).chain(self.segments.iter().map(|segment| segment.file.as_str()))
    }

    fn count(&self) -> u64 {
        self.segments.len() as u64
    }

    /// The playlist after the show has been on for `elapsed`. It begins with a full window.
    pub(super) fn playlist(&self, elapsed: Duration) -> String {
        let count = self.count();
        let sent = self.sent(elapsed) + WINDOW.div_ceil(count) * count;
        let first = sent - WINDOW;
        let longest = self.segments.iter().map(|segment| segment.length).max().unwrap_or_default();
        let mut lines = format!(
            "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:{}\n#EXT-X-MEDIA-SEQUENCE:{first}\n\
             #EXT-X-INDEPENDENT-SEGMENTS\n#EXT-X-MAP:URI=\"{}\"\n",
            longest.as_millis().div_ceil(1_000),
            self.init
        );
        for number in first..sent {
            let at = usize::try_from(number % count).unwrap_or_default();
            let lasts = self.segments[at].length.as_secs_f64();
            let _written = write!(lines, "#EXTINF:{lasts:.3},\n{number}.m4s\n");
        }
        lines
    }

    /// How many segments have been sent whole after `elapsed`.
    fn sent(&self, elapsed: Duration) -> u64 {
        let loops = u64::try_from(elapsed.as_nanos() / self.length.as_nanos()).unwrap_or_default();
        let into = Duration::from_nanos(u64::try_from(elapsed.as_nanos() % self.length.as_nanos()).unwrap_or_default());
        let whole = self.segments.iter().filter(|segment| segment.end <= into).count();
        loops * self.count() + whole as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn list(durations: &[f64]) -> String {
        let segment =
            |(number, duration_s): (usize, &f64)| json!({"file": format!("{number}.m4s"), "duration_s": duration_s});
        let segments: Vec<_> = durations.iter().enumerate().map(segment).collect();
        json!({"init": "init.mp4", "tracks": [{"id": 1, "timescale": 16_000}], "segments": segments}).to_string()
    }

    fn clip() -> Clip {
        Clip::read(list(&[2.0, 2.0, 1.5, 2.5]).as_bytes()).unwrap()
    }

    fn after(seconds: f64) -> String {
        clip().playlist(Duration::from_secs_f64(seconds))
    }

    /// Numbers of the segments in the playlist.
    fn numbers(playlist: &str) -> Vec<u64> {
        playlist.lines().filter_map(|line| line.strip_suffix(".m4s")?.parse().ok()).collect()
    }

    #[test]
    fn the_playlist_begins_with_a_full_window() {
        assert_eq!(
            after(0.0),
            "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:3\n#EXT-X-MEDIA-SEQUENCE:2\n\
             #EXT-X-INDEPENDENT-SEGMENTS\n#EXT-X-MAP:URI=\"init.mp4\"\n#EXTINF:1.500,\n2.m4s\n#EXTINF:2.500,\n3.m4s\n\
             #EXTINF:2.000,\n4.m4s\n#EXTINF:2.000,\n5.m4s\n#EXTINF:1.500,\n6.m4s\n#EXTINF:2.500,\n7.m4s\n"
        );
    }

    #[test]
    fn a_segment_appears_once_its_time_is_over_and_the_oldest_goes() {
        for (seconds, first) in [(1.999, 2), (2.0, 3), (4.0, 4), (5.499, 4), (5.5, 5), (8.0, 6), (80.0, 42)] {
            let playlist = after(seconds);
            assert_eq!(numbers(&playlist), (first..first + WINDOW).collect::<Vec<_>>(), "after {seconds} s");
            assert!(playlist.contains(&format!("#EXT-X-MEDIA-SEQUENCE:{first}\n")), "after {seconds} s");
        }
    }

    #[test]
    fn each_round_of_the_clip_goes_on_where_the_one_before_ended() {
        let clip = clip();
        let part = |number| clip.part(number).map(|part| (part.file.to_owned(), part.later_s));
        assert_eq!(part(3), Some(("3.m4s".into(), 0)));
        assert_eq!(part(4), Some(("0.m4s".into(), 8)));
        assert_eq!(part(4_003), Some(("3.m4s".into(), 8_000)));
        assert_eq!(part(u64::MAX), None);
    }

    #[test]
    fn a_clip_that_cannot_go_round_is_none() {
        for list in ["{".into(), list(&[]), list(&[-1.0]), list(&[2.0, 1.9])] {
            assert!(Clip::read(list.as_bytes()).is_err(), "{list}");
        }
    }
}
