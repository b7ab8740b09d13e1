//! How much of an MP4's audio is to be heard: edit lists (ISO/IEC 14496-12, 8.6.6) and iTunes' `iTunSMPB`.
//!
//! symphonia 0.6 plays the media as it is stored, with the encoder's delay in front and its padding behind.

use super::atoms::{Span, body, children, find, find_path, u32_at, u64_at};
use std::{
    collections::BTreeMap,
    io::{self, Read, Seek, SeekFrom},
};

/// The part of a track that is to be heard.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Edit {
    /// From an edit list: `media_time` in ticks of the track, length in seconds at the movie's resolution.
    List {
        /// First tick to be heard.
        start_ticks: u64,
        /// Seconds to be heard; 0 for "to the end".
        length_s: f64,
        /// What `length_s` was rounded to, seconds.
        resolution_s: f64,
    },
    /// From `iTunSMPB`: in frames, exact.
    Itunes {
        /// Frames of delay.
        delay: u64,
        /// Frames to be heard.
        frames: u64,
    },
}

/// Edits by track, where there are any. What cannot be understood is left to symphonia to judge.
pub(crate) fn edits(file: &mut (impl Read + Seek)) -> io::Result<BTreeMap<u32, Edit>> {
    let end = file.seek(SeekFrom::End(0))?;
    let mut edits = BTreeMap::new();
    let Some(moov) = find(file, Span { start: 0, end }, b"moov")? else {
        return Ok(edits);
    };
    let movie_ticks_per_s = match find(file, moov, b"mvhd")? {
        Some(mvhd) => time_scale(&body(file, mvhd)?).unwrap_or(0),
        None => 0,
    };
    let mut audio_tracks = Vec::new();
    for (kind, trak) in children(file, moov)? {
        if &kind != b"trak" {
            continue;
        }
        let Some(track) = track(file, trak)? else { continue };
        audio_tracks.push(track);
        if let Some(elst) = find_path(file, trak, &[b"edts", b"elst"])?
            && let Some(edit) = edit_list(&body(file, elst)?, movie_ticks_per_s)
        {
            edits.insert(track, edit);
        }
    }
    // The tag does not say which track it is about.
    if let [track] = audio_tracks[..]
        && let Some(edit) = itunes_edit(file, moov)?
    {
        edits.insert(track, edit);
    }
    file.rewind()?;
    Ok(edits)
}

/// The track's id, if it is audio.
pub(super) fn track(file: &mut (impl Read + Seek), trak: Span) -> io::Result<Option<u32>> {
    let Some(hdlr) = find_path(file, trak, &[b"mdia", b"hdlr"])? else {
        return Ok(None);
    };
    if body(file, hdlr)?.get(8..12) != Some(b"soun") {
        return Ok(None);
    }
    let Some(tkhd) = find(file, trak, b"tkhd")? else {
        return Ok(None);
    };
    let tkhd = body(file, tkhd)?;
    Ok(u32_at(&tkhd, if tkhd.first() == Some(&1) { 20 } else { 12 }))
}

/// Ticks a second, from the body of `mvhd`.
pub(super) fn time_scale(mvhd: &[u8]) -> Option<u32> {
    u32_at(mvhd, if mvhd.first() == Some(&1) { 20 } else { 12 })
}

/// The first edit that plays media. An empty edit before it (`media_time` -1) only shifts the track against the movie.
fn edit_list(elst: &[u8], movie_ticks_per_s: u32) -> Option<Edit> {
    let is_long = elst.first() == Some(&1);
    let entries = elst.get(8..)?.chunks_exact(if is_long { 20 } else { 12 });
    let count = u32_at(elst, 4)? as usize;
    let (length_ticks, start_ticks) = entries.take(count).find_map(|entry| {
        let (length, start) = if is_long {
            (u64_at(entry, 0)?, u64_at(entry, 8)? as i64)
        } else {
            (u64::from(u32_at(entry, 0)?), i64::from(u32_at(entry, 4)? as i32))
        };
        Some((length, u64::try_from(start).ok()?))
    })?;
    (movie_ticks_per_s > 0).then(|| Edit::List {
        start_ticks,
        length_s: length_ticks as f64 / f64::from(movie_ticks_per_s),
        resolution_s: 1.0 / f64::from(movie_ticks_per_s),
    })
}

/// ` 00000000 00000840 000001CA 00000000003F31F6 ...`: zero, delay, padding, frames, in hexadecimal.
fn itunes_edit(file: &mut (impl Read + Seek), moov: Span) -> io::Result<Option<Edit>> {
    let Some(meta) = find_path(file, moov, &[b"udta", b"meta"])? else {
        return Ok(None);
    };
    // In MP4 `meta` has a version before its children; in QuickTime it has not.
    let full = Span { start: (meta.start + 4).min(meta.end), end: meta.end };
    let Some(ilst) = (match find(file, full, b"ilst")? {
        Some(ilst) => Some(ilst),
        None => find(file, meta, b"ilst")?,
    }) else {
        return Ok(None);
    };
    for (kind, tag) in children(file, ilst)? {
        if &kind != b"----" {
            continue;
        }
        let Some(name) = find(file, tag, b"name")? else {
            continue;
        };
        if body(file, name)?.get(4..) != Some(b"iTunSMPB") {
            continue;
        }
        let Some(data) = find(file, tag, b"data")? else {
            continue;
        };
        let text = String::from_utf8_lossy(body(file, data)?.get(8..).unwrap_or_default()).into_owned();
        let numbers: Vec<u64> =
            text.split_ascii_whitespace().map_while(|word| u64::from_str_radix(word, 16).ok()).collect();
        if let [_, delay, _, frames, ..] = numbers[..]
            && frames > 0
        {
            return Ok(Some(Edit::Itunes { delay, frames }));
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    fn atom(kind: &[u8; 4], parts: &[&[u8]]) -> Vec<u8> {
        let body = parts.concat();
        [&(body.len() as u32 + 8).to_be_bytes()[..], kind, &body].concat()
    }

    /// A movie at 1000 ticks a second with one audio track, number 7, and whatever is given.
    fn movie(in_track: &[u8], in_movie: &[u8]) -> Cursor<Vec<u8>> {
        let mvhd = atom(b"mvhd", &[&[0; 12], &1000_u32.to_be_bytes(), &[0; 84]]);
        let tkhd = atom(b"tkhd", &[&[0; 12], &7_u32.to_be_bytes(), &[0; 68]]);
        let hdlr = atom(b"hdlr", &[&[0; 8], b"soun", &[0; 13]]);
        let trak = atom(b"trak", &[&tkhd, in_track, &atom(b"mdia", &[&hdlr])]);
        let moov = atom(b"moov", &[&mvhd, &trak, in_movie]);
        Cursor::new([atom(b"ftyp", &[b"M4A "]), atom(b"mdat", &[&[0; 99]]), moov].concat())
    }

    fn itunes(text: &[u8]) -> Vec<u8> {
        let mean = atom(b"mean", &[&[0; 4], b"com.apple.iTunes"]);
        let name = atom(b"name", &[&[0; 4], b"iTunSMPB"]);
        let data = atom(b"data", &[&[0, 0, 0, 1, 0, 0, 0, 0], text]);
        let ilst = atom(b"ilst", &[&atom(b"----", &[&mean, &name, &data])]);
        atom(b"udta", &[&atom(b"meta", &[&[0; 4], &ilst])])
    }

    #[test]
    fn edit_lists_of_both_versions_and_after_an_empty_edit() {
        let short =
            [&2_u32.to_be_bytes()[..], &500_u32.to_be_bytes(), &u32::MAX.to_be_bytes(), &[0, 1, 0, 0]]
                .concat();
        let short = [&short[..], &680_u32.to_be_bytes(), &1024_u32.to_be_bytes(), &[0, 1, 0, 0]].concat();
        let long = [&1_u32.to_be_bytes()[..], &680_u64.to_be_bytes(), &1024_u64.to_be_bytes(), &[0, 1, 0, 0]]
            .concat();
        for (version, entries) in [(0, short), (1, long)] {
            let edts = atom(b"edts", &[&atom(b"elst", &[&[version, 0, 0, 0], &entries])]);
            let edits = edits(&mut movie(&edts, b"")).expect("atoms");
            let expected = Edit::List { start_ticks: 1024, length_s: 0.68, resolution_s: 0.001 };
            assert_eq!(edits, BTreeMap::from([(7, expected)]));
        }
    }

    #[test]
    fn itunes_tags_are_exact_and_go_first() {
        let tag = itunes(b" 00000000 00000840 000001CA 00000000003F31F6 00000000 00000000");
        let elst =
            [&[0; 4][..], &1_u32.to_be_bytes(), &680_u32.to_be_bytes(), &[0; 4], &[0, 1, 0, 0]].concat();
        let edts = atom(b"edts", &[&atom(b"elst", &[&elst])]);
        let edits = edits(&mut movie(&edts, &tag)).expect("atoms");
        assert_eq!(edits, BTreeMap::from([(7, Edit::Itunes { delay: 0x840, frames: 0x3F_31F6 })]));
    }

    #[test]
    fn nonsense_is_no_edit_and_ends() {
        for text in [&b""[..], b"x", b" 0 1 2", b" 00000000 00000840 000001CA 0000000000000000"] {
            assert_eq!(edits(&mut movie(b"", &itunes(text))).expect("atoms"), BTreeMap::new());
        }
        let whole = movie(b"", &itunes(b" 00000000 00000840 000001CA 00000000003F31F6")).into_inner();
        for cut in 0..whole.len() {
            // An error or nothing, but never a hang or a panic.
            let _ = edits(&mut Cursor::new(&whole[..cut]));
        }
        let endless = [&[0, 0, 0, 1][..], b"moov", &u64::MAX.to_be_bytes()].concat();
        assert_eq!(edits(&mut Cursor::new(endless)).expect("atoms"), BTreeMap::new());
    }
}
