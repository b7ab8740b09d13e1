//! Files as people have them: headers that are wrong, tails that are missing, tags in odd places. What was decoded is heard; from
//! a file as from a stream.

mod flac_writer;
mod signal;

use flac_writer::{Frame, frame, head};
use rollcall_media::{Audio, DecodeError, Format};
use signal::{CHANNELS, LONG, SHORT, decode, golden, is_built, signal16_f32};
use std::{
    fs,
    io::{Cursor, Read},
};

struct Heard {
    format: Format,
    samples: Vec<f32>,
    notes: Vec<String>,
    end: Option<DecodeError>,
}

fn drain(mut audio: Audio) -> Heard {
    let mut samples = Vec::new();
    let end = loop {
        match audio.next_block() {
            Ok(Some(block)) => samples.extend_from_slice(block),
            Ok(None) => break None,
            Err(error) => break Some(error),
        }
    };
    Heard { format: audio.format().clone(), samples, notes: audio.notes().to_vec(), end }
}

/// The same from a file as from a stream.
fn heard(name: &str, bytes: &[u8]) -> Heard {
    let folder = signal::scratch();
    let path = folder.path().join("audio");
    fs::write(&path, bytes).expect("a file");
    let file = drain(Audio::open(&path).unwrap_or_else(|error| panic!("{name}: {error}")));
    let stream = Audio::from_stream(Box::new(Cursor::new(bytes.to_vec())));
    let stream = drain(stream.unwrap_or_else(|error| panic!("{name}, stream: {error}")));
    assert_eq!(file.samples.len(), stream.samples.len(), "{name}: file and stream");
    assert!(file.samples == stream.samples, "{name}: file and stream");
    assert_eq!(file.notes, stream.notes, "{name}");
    assert_eq!(file.end.is_some(), stream.end.is_some(), "{name}: {:?} and {:?}", file.end, stream.end);
    file
}

/// The same, to a good end.
fn whole(name: &str, bytes: &[u8]) -> Vec<f32> {
    let heard = heard(name, bytes);
    assert!(heard.end.is_none(), "{name}: {}", heard.end.expect("an error"));
    heard.samples
}

fn read(name: &str) -> Vec<u8> {
    fs::read(golden(name)).expect("a golden file")
}

fn at(bytes: &[u8], what: &[u8]) -> usize {
    bytes.windows(what.len()).position(|window| window == what).expect("what is looked for")
}

/// A silent frame of MPEG 1 layer 3 at 128 kbit/s: its header and zeros.
fn silent_mp3(header: u32, bytes: usize) -> Vec<u8> {
    let mut frame = header.to_be_bytes().to_vec();
    frame.resize(bytes, 0);
    frame
}

#[test]
fn mp3_is_as_long_as_its_audio_whatever_its_tag_says() {
    for name in ["cbr.mp3", "vbr.mp3"] {
        let bytes = read(name);
        let (_, expected, _) = decode(&golden(name));
        let tag =
            bytes.windows(4).position(|four| [b"Xing", b"Info"].contains(&four.try_into().expect("four")));
        let tag = tag.expect("a tag");
        assert_eq!(bytes[tag + 7] & 1, 1, "{name} tells its frames");
        let told = u32::from_be_bytes(bytes[tag + 8..tag + 12].try_into().expect("4 bytes"));
        for wrong in [0, 1, told / 2, told - 1, told + 40, u32::MAX] {
            let mut patched = bytes.clone();
            patched[tag + 8..tag + 12].copy_from_slice(&wrong.to_be_bytes());
            // Its checksum is wrong by now: neither is its word on delay and padding taken.
            let samples = whole(&format!("{name} tells {wrong} frames"), &patched);
            let frames = samples.len() / CHANNELS;
            assert!((LONG..LONG + 4_096).contains(&frames), "{name} tells {wrong} frames: {frames}");
        }
        // Without its first frame it is a stream without a tag.
        let first =
            bytes.windows(2).position(|two| two[0] == 0xff && two[1] & 0xe0 == 0xe0).expect("a frame");
        let second = first + 4 + at(&bytes[first + 4..], &bytes[first..first + 2]);
        let frames = whole("without a tag", &bytes[second..]).len() / CHANNELS;
        assert_eq!(frames % 1_152, 0);
        assert!((LONG..LONG + 4_096).contains(&frames), "{name} without a tag: {frames}");
        let joined = whole("joined", &[bytes.clone(), bytes.clone(), bytes.clone()].concat());
        assert_eq!(joined.len(), 3 * expected.len(), "{name} joined");
        assert!(joined[2 * expected.len()..] == expected, "{name} joined: the last of three");
        let id3v1 = [b"TAG".to_vec(), vec![b'x'; 125]].concat();
        let id3v2 = [b"ID3\x04\0\0\0\0\x02\x00".to_vec(), vec![0; 256]].concat();
        let tagged = [id3v2, vec![0; 500], bytes.clone(), id3v1].concat();
        assert!(whole("between tags", &tagged) == expected, "{name} between tags");
    }
}

#[test]
fn mp3_that_changes_midway() {
    let bytes = read("cbr.mp3");
    let (_, expected, _) = decode(&golden("cbr.mp3"));
    // 44,100 Hz, mono.
    let mono = [bytes.clone(), silent_mp3(0xfffb_90c4, 417).repeat(50)].concat();
    let samples = whole("stereo to mono", &mono);
    assert_eq!(samples.len(), expected.len() + 50 * 1_152 * CHANNELS);
    assert!(samples[..expected.len()] == expected);
    // 48,000 Hz, stereo.
    let faster = [bytes.clone(), silent_mp3(0xfffb_9404, 384).repeat(50)].concat();
    let heard = heard("44,100 to 48,000 Hz", &faster);
    let message = heard.end.expect("another rate").to_string();
    assert!(message.contains("changes from 44100 Hz") && message.contains("48000 Hz"), "{message}");
    assert_eq!(heard.samples.len(), expected.len());
    // Two frames by chance are no change.
    let chance = [&bytes[..], &silent_mp3(0xfffb_9404, 384), &[7; 999], &bytes].concat();
    assert_eq!(whole("junk between", &chance).len(), 2 * expected.len());
}

#[test]
fn mp3_in_wav() {
    let mp3 = read("cbr.mp3");
    let (_, expected, _) = decode(&golden("cbr.mp3"));
    let format =
        [&0x55_u16.to_le_bytes()[..], &[2, 0, 0x44, 0xac, 0, 0, 0x80, 0x3e, 0, 0, 1, 0, 0, 0, 0, 0]].concat();
    let size = |bytes: usize| (bytes as u32).to_le_bytes();
    let chunk = |name: &[u8], body: &[u8]| [name, &size(body.len()), body, &vec![0; body.len() & 1]].concat();
    let start = mp3.windows(2).position(|two| two[0] == 0xff && two[1] & 0xe0 == 0xe0).expect("a frame");
    let body = [chunk(b"fmt ", &format), chunk(b"data", &mp3[start..]), chunk(b"LIST", b"INFO")].concat();
    let wav = [&b"RIFF"[..], &size(body.len() + 4), b"WAVE", &body].concat();
    let heard = heard("MP3 in WAV", &wav);
    assert_eq!(heard.format.codec, "wave/mp3");
    assert!(heard.end.is_none() && heard.samples == expected, "{} samples", heard.samples.len());
}

/// A WAV of 16 bits, stereo, whose chunks between format and audio are given, and the stated sizes of RIFF and audio.
fn wav(between: &[u8], riff: u32, data: u32, behind: &[u8]) -> Vec<u8> {
    let samples: Vec<u8> =
        signal::signal24(SHORT).into_iter().flat_map(|sample| ((sample >> 8) as i16).to_le_bytes()).collect();
    let format = [1, 0, 2, 0, 0x44, 0xac, 0, 0, 0x10, 0xb1, 2, 0, 4, 0, 16, 0];
    let size = u32::to_le_bytes;
    [
        &b"RIFF"[..],
        &size(riff),
        b"WAVEfmt ",
        &size(16),
        &format,
        between,
        b"data",
        &size(data),
        &samples,
        behind,
    ]
    .concat()
}

const DATA_BYTES: u32 = (SHORT * CHANNELS * 2) as u32;

#[test]
fn wav_sizes_of_pipes_and_of_programs_that_cannot_count() {
    let expected = signal16_f32(SHORT);
    for unknown in [0, u32::MAX, 0xffff_ff9b, 0x8000_0000, 0x7fff_ffff, 0x7fff_f000, 0x7fff_ffdb] {
        for riff in [0, unknown, unknown.wrapping_add(36), 36] {
            let heard = heard("unknown", &wav(b"", riff, unknown, b""));
            assert!(heard.end.is_none() && heard.notes.is_empty(), "{unknown:x}: {:?}", heard.end);
            assert!(heard.samples == expected, "{unknown:x}, {riff:x}: {} samples", heard.samples.len());
        }
    }
    for more in [1, 3, 8, 44, 100] {
        let heard = heard("too long", &wav(b"", 0, DATA_BYTES + more, b""));
        assert!(heard.end.is_none(), "{more} bytes too long: {:?}", heard.end);
        assert!(heard.samples == expected, "{more} bytes too long");
        assert_eq!(heard.notes.len(), usize::from(more >= 4), "{more} bytes too long: {:?}", heard.notes);
    }
    let second = 44_100 * 4;
    let heard = heard("a second short", &wav(b"", 0, DATA_BYTES + second, b""));
    assert!(matches!(heard.end, Some(DecodeError::Truncated { .. })), "{:?}", heard.end);
    assert!(heard.samples == expected);
}

/// A header, and so many bytes of silence behind it.
fn endless(head: Vec<u8>, silence: u64) -> Box<dyn Read + Send + Sync> {
    Box::new(Cursor::new(head).chain(std::io::repeat(0).take(silence)))
}

/// 4 GiB are read, some seconds long.
#[test]
fn a_wav_from_a_pipe_whose_size_wrapped_is_read_to_its_end() {
    const FRAMES: u64 = 1 << 25;
    // 128 bytes a frame: 32 channels of 32 bits.
    let format = [1, 0, 32, 0, 0x44, 0xac, 0, 0, 0, 0x22, 0x56, 0, 128, 0, 32, 0];
    let head = |frames: u64| {
        let size = ((frames * 128) as u32).to_le_bytes();
        [&b"RIFF"[..], &size, b"WAVEfmt ", &16_u32.to_le_bytes(), &format, b"data", &size].concat()
    };
    let read = |stated: u64, there: u64, behind: &'static [u8]| {
        let stream = Box::new(endless(head(stated), there * 128).chain(behind));
        let mut audio = Audio::from_stream(stream).expect("a WAV");
        let mut frames = 0;
        while let Some(block) = audio.next_block().expect("sound") {
            frames += block.len() as u64 / 32;
        }
        (frames, audio.notes().to_vec())
    };
    let (frames, notes) = read(FRAMES + 1_000, FRAMES + 1_000, b"LIST\x04\0\0\0INFO");
    assert_eq!(frames, FRAMES + 1_000);
    assert!(notes.len() == 1 && notes[0].contains("4 GiB"), "{notes:?}");
    // Less than that behind the audio is none of it.
    assert_eq!(read(1_000, 9_000, b""), (1_000, Vec::new()));
    assert_eq!(read(1_000, 1_000, b"LIST\x04\0\0\0INFO"), (1_000, Vec::new()));
}

#[test]
fn wav_chunks_of_wrong_sizes() {
    let expected = signal16_f32(SHORT);
    let list = |size: u32, body: &[u8]| [&b"LIST"[..], &size.to_le_bytes(), body].concat();
    for (name, between) in [
        ("padded", list(5, b"INFOx\0")),
        ("not padded", list(5, b"INFOx")),
        ("too long by 4", list(9, b"INFOx")),
        ("too long by far", list(700, b"INFOIART\x04\0\0\0Anna")),
        ("absurd", list(u32::MAX - 7, b"INFOx\0")),
        ("too short", list(4, b"INFOIART\x04\0\0\0Anna")),
        ("two of them", [list(5, b"INFOx"), list(7, b"INFOxyz")].concat()),
    ] {
        let samples = whole(name, &wav(&between, 0, DATA_BYTES, b""));
        assert!(samples == expected, "{name}: {} samples", samples.len());
    }
}

#[test]
fn wav_without_audio_is_empty_whatever_follows() {
    let list = b"LIST\x1a\0\0\0INFOISFT\x0e\0\0\0Lavf59.27.100\0";
    let size = u32::to_le_bytes;
    let format = [1, 0, 1, 0, 0x44, 0xac, 0, 0, 0x88, 0x58, 1, 0, 2, 0, 16, 0];
    for riff in [0, 36 + 34, u32::MAX] {
        let bytes =
            [&b"RIFF"[..], &size(riff), b"WAVEfmt ", &size(16), &format, b"data", &size(0), list].concat();
        assert!(whole("empty, then LIST", &bytes).is_empty(), "{riff}");
        assert!(whole("empty", &bytes[..44]).is_empty());
    }
}

#[test]
fn rf64_that_was_never_finished() {
    let expected = signal16_f32(SHORT);
    let mut bytes = read("lossless16.rf64.wav");
    let ds64 = at(&bytes, b"ds64") + 8;
    bytes[ds64..ds64 + 24].fill(0);
    assert!(whole("RF64 of zeros", &bytes) == expected);
}

#[test]
fn wav_beyond_4_gib() {
    let folder = signal::scratch();
    let path = folder.path().join("large.wav");
    let head = wav(b"", 0, 0, b"")[..44].to_vec();
    let length = (1_u64 << 32) + 4_000_000;
    let mut bytes = head;
    bytes[40..44].copy_from_slice(&4_000_000_u32.to_le_bytes());
    fs::write(&path, &bytes).expect("a file");
    // Nothing but zeros, and none of them on the disk.
    fs::File::options()
        .write(true)
        .open(&path)
        .and_then(|file| file.set_len(44 + length))
        .expect("a sparse file");
    let audio = Audio::open(&path).expect("a WAV");
    assert_eq!(audio.format().frames, Some(length / 4));
    assert!(audio.notes()[0].contains("4 GiB"), "{:?}", audio.notes());
}

#[test]
fn caf_and_aiff_through_a_pipe() {
    let caf = read("lossless16.caf");
    let data = at(&caf, b"data") + 4;
    let mut unknown = caf.clone();
    unknown.truncate(data + 8 + 4 + SHORT * CHANNELS * 2);
    unknown[data..data + 8].copy_from_slice(&(-1_i64).to_be_bytes());
    assert!(whole("CAF of unknown length", &unknown) == signal16_f32(SHORT));
    let aiff = read("lossless16.aiff");
    let (comm, ssnd) = (at(&aiff, b"COMM"), at(&aiff, b"SSND"));
    for (size, frames) in [(0, 0), (u32::MAX, 0), (u32::MAX, u32::MAX), (0x7fff_ffff, SHORT as u32)] {
        let mut unknown = aiff[..ssnd + 16 + SHORT * CHANNELS * 2].to_vec();
        unknown[ssnd + 4..ssnd + 8].copy_from_slice(&size.to_be_bytes());
        unknown[comm + 10..comm + 14].copy_from_slice(&frames.to_be_bytes());
        assert!(whole("AIFF of unknown length", &unknown) == signal16_f32(SHORT), "{size:x} {frames:x}");
    }
}

fn flac(frames: &[Frame<'_>], start: Vec<u8>) -> Vec<u8> {
    [start, frames.iter().flat_map(|&one| frame(one)).collect()].concat()
}

fn sound(frames: usize, channels: usize) -> Vec<i16> {
    (0..frames * channels).map(|n| ((n * n * 31 + n * 977) % 30_011) as i16 - 15_000).collect()
}

fn expected(samples: &[i16]) -> Vec<f32> {
    samples.iter().map(|&sample| f32::from(sample) / 32_768.0).collect()
}

#[test]
fn flac_with_tags_and_junk_around_it() {
    let bytes = read("lossless16.flac");
    let id3v1 = [b"TAG".to_vec(), vec![b'x'; 125]].concat();
    let ape = [b"APETAGEX\xd0\x07\0\0\x20\0\0\0\0\0\0\0\0\0\0\x80".to_vec(), vec![0; 8]].concat();
    for (name, behind) in
        [("ID3v1", id3v1), ("APEv2", ape), ("zeros", vec![0; 3_000]), ("junk", vec![0x5a; 777])]
    {
        let samples = whole(name, &[bytes.clone(), behind].concat());
        assert!(samples == signal16_f32(SHORT), "{name}: {} samples", samples.len());
    }
    let id3v2 = [b"ID3\x03\0\0\0\0\0\x14".to_vec(), vec![1; 20]].concat();
    assert!(whole("ID3v2", &[id3v2, bytes].concat()) == signal16_f32(SHORT));
}

#[test]
fn flac_with_odd_blocks_and_old_numbers() {
    let samples = sound(700, 2);
    let pieces: Vec<&[i16]> = vec![&samples[..200], &samples[200..260], &samples[260..]];
    let pieces: Vec<&[i16]> = pieces.into_iter().flat_map(|piece| piece.chunks(200)).collect();
    let number = |index: usize, counts: bool| {
        let before: usize = pieces[..index].iter().map(|piece| piece.len() / 2).sum();
        if counts { before } else { index }
    };
    // Flake 0.11: blocks of different sizes, numbered by sample, and the header says by frame. The numbers take one byte here,
    // so that there are few samples.
    let few: Vec<&[i16]> = vec![&samples[..80], &samples[80..140], &samples[140..240]];
    let at = [0_u8, 40, 70];
    for counts_samples in [false, true] {
        let frames: Vec<Frame<'_>> = few
            .iter()
            .zip(at)
            .map(|(piece, number)| Frame { counts_samples, number, rate: 9, channels: 2, interleaved: piece })
            .collect();
        let bytes = flac(&frames, head((30, 50), 44_100, 2, 120, &[]));
        assert!(whole("numbers of samples", &bytes) == expected(&samples[..240]), "{counts_samples}");
    }
    // A cue sheet that makes no sense, a second seek table, an unknown block: all none of the audio's business.
    let odd: [(u8, &[u8]); 4] = [(5, &[0xff; 50]), (3, &[1; 18]), (3, &[2; 18]), (77, b"?")];
    let frames: Vec<Frame<'_>> = pieces
        .iter()
        .enumerate()
        .map(|(index, piece)| Frame {
            counts_samples: false,
            number: number(index, false) as u8,
            rate: 9,
            channels: 2,
            interleaved: piece,
        })
        .collect();
    let bytes = flac(&frames, head((100, 100), 44_100, 2, 0, &odd));
    assert!(whole("odd blocks", &bytes) == expected(&samples));
    // The last frame is gone: 100 samples, and a note.
    let frames_told = flac(&frames[..frames.len() - 1], head((100, 100), 44_100, 2, 700, &[]));
    let heard = heard("a frame short", &frames_told);
    assert!(heard.end.is_none() && heard.notes.len() == 1, "{:?} {:?}", heard.end, heard.notes);
    // One in the middle is gone: that is damage.
    let gap = flac(&[frames[0], frames[2]], head((100, 100), 44_100, 2, 700, &[]));
    let (_, _, end) = signal::drain(Audio::from_stream(Box::new(Cursor::new(gap))).expect("FLAC"));
    assert!(matches!(end, Some(DecodeError::Damaged { .. })), "{end:?}");
}

#[test]
fn flac_that_changes_midway() {
    let (stereo, mono) = (sound(400, 2), sound(200, 1));
    let piece = |number, rate, channels, interleaved| Frame {
        counts_samples: false,
        number,
        rate,
        channels,
        interleaved,
    };
    let both: Vec<Frame<'_>> =
        vec![piece(0, 9, 2, &stereo[..400]), piece(1, 9, 2, &stereo[400..]), piece(2, 9, 1, &mono[..])];
    let samples = whole("stereo to mono", &flac(&both, head((200, 200), 44_100, 2, 0, &[])));
    let doubled: Vec<i16> = mono.iter().flat_map(|&sample| [sample, sample]).collect();
    assert!(samples == expected(&[&stereo[..], &doubled].concat()), "{} samples", samples.len());
    let faster = [both[0], both[1], piece(2, 10, 2, &stereo[..400])];
    let heard = heard("another rate", &flac(&faster, head((200, 200), 44_100, 2, 0, &[])));
    let message = heard.end.expect("another rate").to_string();
    assert!(message.contains("changes from 44100 Hz"), "{message}");
    assert!(heard.samples == expected(&stereo));
    let (one, other) = (read("lossless16.flac"), read("lossless24.flac"));
    let joined = whole("joined", &[one.clone(), other, one].concat());
    let twice = [signal16_f32(SHORT), signal::signal24_f32(SHORT), signal16_f32(SHORT)].concat();
    assert!(joined == twice, "{} samples", joined.len());
}

#[test]
fn chapters_and_covers_refuse_no_audio_book() {
    let (_, expected, _) = decode(&golden("aac.m4a"));
    let bytes = read("aac.m4a");
    let moov = at(&bytes, b"moov") - 4;
    assert!(at(&bytes, b"mdat") < moov, "the index stands behind the audio, so that it may grow");
    let size = u32::from_be_bytes(bytes[moov..moov + 4].try_into().expect("4 bytes")) as usize;
    let atom = |kind: &[u8], body: &[u8]| [&(body.len() as u32 + 8).to_be_bytes()[..], kind, body].concat();
    let chapters = atom(b"chpl", &[1, 0, 0, 0, 0, 0, 0, 0, 9, 0xff]);
    for odd in [
        atom(b"udta", &chapters),
        atom(b"udta", &[0, 0, 0, 3, b'x', b'x', b'x', b'x']),
        atom(b"udta", &atom(b"meta", &[0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, b'i', b'l', b's', b't'])),
        atom(b"meta", &[0xff; 30]),
    ] {
        let mut grown = [&bytes[..moov + size], &odd, &bytes[moov + size..]].concat();
        grown[moov..moov + 4].copy_from_slice(&((size + odd.len()) as u32).to_be_bytes());
        let samples = whole("an audio book", &grown);
        assert!(samples == expected, "{} samples", samples.len());
    }
}

#[test]
fn opus_in_webm_is_at_48_khz_whatever_its_header_states() {
    if !is_built("opus.webm") {
        return;
    }
    let (_, expected, _) = decode(&golden("opus.webm"));
    let mut bytes = read("opus.webm");
    let rate = at(&bytes, &48_000.0_f64.to_be_bytes());
    bytes[rate..rate + 8].copy_from_slice(&44_100.0_f64.to_be_bytes());
    let heard = heard("WebM at 44,100 Hz", &bytes);
    assert_eq!(heard.format.sample_rate_hz, 48_000);
    assert!(heard.end.is_none() && heard.samples == expected);
}
