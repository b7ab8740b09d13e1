//! What a file is, by its content: its name is no evidence.

use crate::tag::{is_tag, tag_length};
use crate::{DecodeError, adts, bytes::Bytes, foreign, mp4, mpeg};
use std::io;

/// Containers that are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// RIFF/WAVE, RIFX, RF64, BW64.
    Wave,
    /// Sony Wave64.
    Wave64,
    Aiff,
    Caf,
    Au,
    Flac,
    /// MPEG audio, layers 1 to 3.
    Mpeg,
    /// AAC in ADTS.
    Adts,
    Ogg,
    Mp4,
    Matroska,
}

/// Enough to tell every container by that begins with a mark of its own.
const FIRST_BYTES: usize = 64;
/// Frames of MPEG audio and AAC have no mark: so many bytes may come before the first whole one (a piece cut out of the middle
/// of a stream begins with the rest of a frame, tags are followed by zeros).
const JUNK_BYTES: usize = 64 << 10;
/// Frames that must follow one another for bytes to be a stream of them.
const CHAIN: usize = 4;

/// Finds out what the bytes are, and goes to where it begins, behind the tags in front of it.
pub(crate) fn find(bytes: &mut Bytes) -> Result<Kind, DecodeError> {
    if bytes.peek(1).map_err(DecodeError::Open)?.is_empty() {
        return Err(DecodeError::Empty);
    }
    skip_tags(bytes).map_err(DecodeError::Open)?;
    bytes.begin_here();
    let first = bytes.peek(FIRST_BYTES).map_err(DecodeError::Open)?.to_vec();
    if first.is_empty() {
        let reason = "the file ends before the audio begins".into();
        return Err(DecodeError::Header { byte: bytes.position(), reason });
    }
    if let Some(kind) = marked(&first) {
        return Ok(kind);
    }
    if let Some((kind, advice)) = foreign::marked(&first) {
        return Err(DecodeError::Foreign { kind, advice });
    }
    let window = bytes.peek(JUNK_BYTES + CHAIN * mpeg::MAX_FRAME_BYTES).map_err(DecodeError::Open)?;
    let is_whole = window.len() < JUNK_BYTES + CHAIN * mpeg::MAX_FRAME_BYTES;
    let streams = [
        (Kind::Mpeg, chain(window, is_whole, mpeg::likeness)),
        (Kind::Adts, chain(window, is_whole, adts::likeness)),
    ];
    if let Some((kind, at)) =
        streams.into_iter().filter_map(|(kind, at)| Some((kind, at?))).min_by_key(|&(_, at)| at)
    {
        bytes.skip(at as u64).map_err(DecodeError::Open)?;
        bytes.begin_here();
        return Ok(kind);
    }
    if let Some((kind, advice)) = foreign::looks_like(window) {
        return Err(DecodeError::Foreign { kind, advice });
    }
    let first = first[..first.len().min(16)].iter().map(|byte| format!("{byte:02x}"));
    Err(DecodeError::Unknown { first: first.collect::<Vec<_>>().join(" ") })
}

fn marked(first: &[u8]) -> Option<Kind> {
    let is_form = |form: &[&[u8]]| first.len() >= 12 && form.contains(&&first[8..12]);
    match first.get(..4)? {
        b"RIFF" | b"RIFX" | b"RF64" | b"BW64" if is_form(&[b"WAVE"]) || first.len() < 12 => Some(Kind::Wave),
        b"riff" if first.len() < 16 || first[4..16] == *b"\x2e\x91\xcf\x11\xa5\xd6\x28\xdb\x04\xc1\0\0" => {
            Some(Kind::Wave64)
        }
        b"FORM" if is_form(&[b"AIFF", b"AIFC"]) || first.len() < 12 => Some(Kind::Aiff),
        b"caff" => Some(Kind::Caf),
        b".snd" => Some(Kind::Au),
        b"fLaC" => Some(Kind::Flac),
        b"OggS" => Some(Kind::Ogg),
        b"\x1a\x45\xdf\xa3" => Some(Kind::Matroska),
        _ if mp4::is_mp4(first) => Some(Kind::Mp4),
        _ => None,
    }
}

/// Where the first of several frames begins that follow one another and are alike. `frame` tells a frame's length in bytes,
/// and a number that is the same for all frames of a stream. A stream that ends sooner may have fewer frames, one if it begins
/// with it.
fn chain(window: &[u8], is_whole: bool, frame: impl Fn(&[u8]) -> Option<(usize, u32)>) -> Option<usize> {
    let is_chain = |start: usize| {
        let (mut at, mut like, mut count) = (start, None, 0);
        while count < CHAIN {
            let rest = &window[at.min(window.len())..];
            let is_end = is_whole && (rest.len() < 4 || is_tag(rest));
            if is_end {
                return count > 1 || (start == 0 && count == 1);
            }
            match frame(rest) {
                Some((bytes, likeness)) if like.is_none_or(|like| like == likeness) => {
                    (at, like, count) = (at + bytes, Some(likeness), count + 1);
                }
                _ => return false,
            }
        }
        true
    };
    let last = window.len().min(JUNK_BYTES);
    window[..last]
        .iter()
        .enumerate()
        .filter(|(_, byte)| **byte == 0xff)
        .map(|(at, _)| at)
        .find(|&at| is_chain(at))
}

/// ID3v2 (id3.org, ID3v2.4.0 structure, 3.1) and APEv2 in front of any kind of audio.
fn skip_tags(bytes: &mut Bytes) -> io::Result<()> {
    while let Some(length) = tag_length(bytes.peek(32)?) {
        if bytes.skip(length)? < length {
            break;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    fn found(content: &[u8]) -> Result<Kind, DecodeError> {
        find(&mut Bytes::stream(Box::new(Cursor::new(content.to_vec()))))
    }

    #[test]
    fn chance_is_no_audio() {
        let mut state = 1_u32;
        let noise: Vec<u8> = (0..200_000)
            .map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                // Sync words everywhere.
                if state & 0x300_0000 == 0 { 0xff } else { (state >> 16) as u8 }
            })
            .collect();
        assert!(matches!(found(&noise), Err(DecodeError::Unknown { .. })));
        assert!(matches!(found(&[0xff; 5_000]), Err(DecodeError::Unknown { .. })));
    }

    #[test]
    fn others_are_named_behind_tags_too() {
        let tag = b"ID3\x04\0\0\0\0\0\x05.....".to_vec();
        for (mark, name) in [
            (&b"wvpk\x10\x20\0\0"[..], "WavPack"),
            (b"MAC \x96\x0f\0\0", "Monkey"),
            (b"tBaK\0\0\0\0", "TAK"),
            (b"OFR \0\0\0\0", "OptimFROG"),
            (b"MPCKSH\0\0", "Musepack"),
            (b"\x7fELF\x02\x01\x01\0", "ELF"),
            (b"OTTO\0\x0b\0\x80", "font"),
        ] {
            for front in [&[][..], &tag] {
                let content = [front, mark, &[0xff, 0xfb, 0x90, 0x64].repeat(500)].concat();
                let error = found(&content).expect_err(name).to_string();
                assert!(error.contains(name), "{name}: {error}");
                let is_audio = !["ELF", "font", "OptimFROG"].contains(&name);
                assert_eq!(error.contains("ffmpeg -i"), is_audio, "{name}: {error}");
            }
        }
        let error = found(&"Eine Liste, kein Lied.\n".repeat(9).into_bytes()).expect_err("text").to_string();
        assert!(error.contains("is text"), "{error}");
    }

    #[test]
    fn tags_in_front_are_passed_over() {
        let tag = |size: u8| [b"ID3\x03\0\0\0\0\0", &[size][..], &vec![b'x'; size.into()]].concat();
        let content = [tag(9), tag(100), b"fLaC".to_vec()].concat();
        assert_eq!(found(&content).expect("FLAC"), Kind::Flac);
    }
}
