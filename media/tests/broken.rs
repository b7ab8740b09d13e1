//! Broken input: a typed error that names the place, sound frames before it, never a panic or a hang.

mod signal;

use rollcall_media::{Audio, DecodeError};
use signal::{CHANNELS, decode, golden, is_built, scratch, told};
use std::{fs, io::Cursor};

const ALL: [&str; 18] = [
    "aac.m4a",
    "bare.aac",
    "cbr.mp3",
    "faststart.m4a",
    "float32.aiff",
    "float64.wav",
    "lossless16.aiff",
    "lossless16.alac.m4a",
    "lossless16.caf",
    "lossless16.flac",
    "lossless16.mka",
    "lossless16.oga",
    "lossless16.rf64.wav",
    "lossless24.wav",
    "opus.mp4",
    "opus.opus",
    "opus.webm",
    "vorbis.ogg",
];

/// Containers that say how long they are, so that no cut may go unnoticed.
const TELL_LENGTH: [&str; 10] = [
    "aac.m4a",
    "cbr.mp3",
    "faststart.m4a",
    "float64.wav",
    "lossless16.aiff",
    "lossless16.alac.m4a",
    "lossless16.flac",
    "lossless16.oga",
    "lossless16.rf64.wav",
    "vorbis.ogg",
];

#[test]
fn cut_anywhere_the_frames_before_the_cut_are_sound() {
    let folder = scratch();
    for name in ALL {
        let bytes = fs::read(golden(name)).expect("a golden file");
        let (_, whole, _) = decode(&golden(name));
        for step in 0..40 {
            let cut = (bytes.len() - 1) * step / 40 + step % 7;
            let path = folder.path().join(name);
            fs::write(&path, &bytes[..cut]).expect("a cut file");
            let (samples, end, notes) = told(&path);
            assert!(samples.len() <= whole.len(), "{name} cut at {cut}");
            let same = samples.iter().zip(&whole).take_while(|(a, b)| a == b).count();
            // Where the last page or packet is missing, so is the trimming that it would have told of.
            let slack = if TELL_LENGTH.contains(&name) { 0 } else { 2_048 * CHANNELS };
            assert!(
                same + slack >= samples.len(),
                "{name} cut at {cut}: {same} of {} samples are right",
                samples.len()
            );
            if TELL_LENGTH.contains(&name) && samples.len() < whole.len() {
                // All of it is shorter than a window: if anything was decoded, a note is enough.
                let Some(error) = end else {
                    assert!(!samples.is_empty() && notes.len() == 1, "{name} cut at {cut} goes unnoticed");
                    continue;
                };
                let message = error.to_string();
                let is_told = matches!(
                    error,
                    DecodeError::Truncated { .. }
                        | DecodeError::Header { .. }
                        | DecodeError::Empty
                        | DecodeError::Unknown { .. }
                        | DecodeError::Unsupported { .. }
                        | DecodeError::Damaged { .. }
                );
                assert!(is_told, "{name} cut at {cut}: {message}");
                assert!(!message.contains('\n'), "{name} cut at {cut}: {message}");
            }
        }
    }
}

#[test]
fn damage_is_an_error_or_heard_but_never_a_panic() {
    let folder = scratch();
    let mut state = 0x2545_F491_u32;
    let mut random = move |below: usize| {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state as usize % below
    };
    for name in ALL {
        let bytes = fs::read(golden(name)).expect("a golden file");
        for round in 0..60 {
            let mut broken = bytes.clone();
            for _ in 0..1 + round % 8 {
                // Every second round aims at the headers.
                let at = if round % 2 == 0 { random(broken.len().min(512)) } else { random(broken.len()) };
                broken[at] = random(256) as u8;
            }
            let path = folder.path().join(name);
            fs::write(&path, &broken).expect("a broken file");
            let outcome = std::panic::catch_unwind(|| decode(&path));
            let (_, samples, _) = outcome.unwrap_or_else(|_| panic!("{name}, round {round}: panicked"));
            assert!(samples.len() < 50_000_000, "{name}, round {round}: {} samples", samples.len());
        }
    }
}

#[test]
fn flac_damage_is_found_and_placed() {
    let folder = scratch();
    let path = folder.path().join("damaged.flac");
    let mut bytes = fs::read(golden("lossless16.flac")).expect("a golden file");
    let middle = bytes.len() * 3 / 4;
    bytes[middle] ^= 0x55;
    fs::write(&path, &bytes).expect("a damaged file");
    let (_, _, end) = decode(&path);
    let message = end.expect("damage is found").to_string();
    assert!(message.starts_with("at 0:00.") && message.contains("near byte"), "{message}");
}

#[test]
fn garbage_empty_folders_and_missing_files() {
    let folder = scratch();
    let path = |name: &str| folder.path().join(name);
    fs::write(path("empty.wav"), b"").expect("a file");
    assert!(matches!(Audio::open(&path("empty.wav")), Err(DecodeError::Empty)));
    fs::write(path("text.mp3"), b"This is a shopping list, not a song. ".repeat(100)).expect("a file");
    let error = Audio::open(&path("text.mp3")).err().expect("no audio").to_string();
    assert!(error.contains("is text"), "{error}");
    fs::write(path("noise.mp3"), [0x54, 0x68, 0x80, 0x91, 1, 2, 3].repeat(100)).expect("a file");
    let error = Audio::open(&path("noise.mp3")).err().expect("no audio").to_string();
    assert!(error.contains("54 68 80 91") && error.contains("WAV"), "{error}");
    fs::write(path("film.avi"), [&b"RIFF\x00\x10\0\0AVI LIST"[..], &[0; 500]].concat()).expect("a file");
    assert!(matches!(Audio::open(&path("film.avi")), Err(DecodeError::Foreign { .. })));
    assert!(matches!(Audio::open(folder.path()), Err(DecodeError::Folder)));
    assert!(matches!(Audio::open(&path("missing.wav")), Err(DecodeError::Open(_))));
    for first in [
        b"RIFF".as_slice(),
        b"RIFF\0\0\0\0WAVE",
        b"fLaC",
        b"OggS",
        b"\0\0\0\x20ftypM4A ",
        b"FORM\0\0\0\0AIFF",
    ] {
        let error =
            Audio::from_stream(Box::new(Cursor::new(first.to_vec()))).err().expect("no audio").to_string();
        assert!(!error.is_empty() && !error.contains('\n'), "{error}");
    }
}

#[test]
fn a_wrong_extension_does_not_matter() {
    let folder = scratch();
    let path = folder.path().join("really a FLAC – ünïcödé 楽器.mp3");
    fs::copy(golden("lossless16.flac"), &path).expect("a copy");
    let (format, samples, end) = decode(&path);
    assert!(end.is_none());
    assert_eq!(format.expect("a format").codec, "flac/flac");
    assert!(samples == signal::signal16_f32(signal::SHORT));
}

#[test]
fn an_mp3_cut_out_of_a_longer_one_is_heard() {
    // Its first frames refer to bytes that are gone, and no tag tells its length.
    let bytes = fs::read(golden("cbr.mp3")).expect("a golden file");
    let cut = bytes[3_000..].to_vec();
    let audio = Audio::from_stream(Box::new(Cursor::new(cut))).expect("MP3 frames");
    let (_, samples, end) = signal::drain(audio);
    assert!(end.is_none(), "{}", end.expect("an error"));
    assert!(samples.len() > 20_000 * CHANNELS);
}

#[test]
fn a_chain_of_like_ogg_streams_is_one_and_of_unlike_ones_an_error() {
    let ogg = fs::read(golden("vorbis.ogg")).expect("a golden file");
    let (_, once, _) = decode(&golden("vorbis.ogg"));
    let twice = [ogg.clone(), ogg.clone()].concat();
    let (_, samples, end) = signal::drain(Audio::from_stream(Box::new(Cursor::new(twice))).expect("Ogg"));
    assert!(end.is_none(), "{}", end.expect("an error"));
    assert!(samples == [once.clone(), once.clone()].concat());
    let opus = fs::read(golden("opus.opus")).expect("a golden file");
    let mixed = [ogg, opus].concat();
    let (_, samples, end) = signal::drain(Audio::from_stream(Box::new(Cursor::new(mixed))).expect("Ogg"));
    let is_told = match end {
        Some(DecodeError::FormatChange { .. }) => is_built("opus.opus"),
        Some(DecodeError::Unsupported { .. }) => !is_built("opus.opus"),
        _ => false,
    };
    assert!(is_told);
    assert!(samples == once);
}
