//! Uncompressed audio: container x numbers x depth x byte order x channels, every sample against its source, from a file and
//! from a stream.

mod signal;

use rollcall_media::Audio;
use std::{fs, io::Cursor};

const RATE_HZ: u32 = 44_100;
const FRAMES: usize = 700;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Number {
    Signed,
    Unsigned,
    Float,
}

/// How samples are written.
#[derive(Clone, Copy, Debug)]
struct Coding {
    number: Number,
    bytes: usize,
    is_big: bool,
}

fn coding(number: Number, bytes: usize, is_big: bool) -> Coding {
    Coding { number, bytes, is_big }
}

impl Coding {
    /// Samples of 24 bits as bytes of this coding, and what they must come out as.
    fn write(self, samples: &[i32]) -> (Vec<u8>, Vec<f32>) {
        let mut bytes = Vec::new();
        let mut expected = Vec::new();
        for &sample in samples {
            let wide = i64::from(sample) << 40;
            let value = wide >> (64 - 8 * self.bytes);
            let word = match self.number {
                Number::Signed => value as u64,
                Number::Unsigned => (value + (1 << (8 * self.bytes - 1))) as u64,
                Number::Float if self.bytes == 4 => u64::from((sample as f32 / 8_388_608.0).to_bits()),
                Number::Float => (f64::from(sample) / 8_388_608.0).to_bits(),
            };
            let word = &word.to_le_bytes()[..self.bytes];
            if self.is_big {
                bytes.extend(word.iter().rev())
            } else {
                bytes.extend(word)
            }
            expected.push(match self.number {
                Number::Float => sample as f32 / 8_388_608.0,
                _ => (value as f64 / (1_i64 << (8 * self.bytes - 1)) as f64) as f32,
            });
        }
        (bytes, expected)
    }
}

fn le16(value: usize) -> [u8; 2] {
    (value as u16).to_le_bytes()
}
fn be16(value: usize) -> [u8; 2] {
    (value as u16).to_be_bytes()
}
fn be32(value: usize) -> [u8; 4] {
    (value as u32).to_be_bytes()
}

fn wave(coding: Coding, channels: usize, data: &[u8], kind: &str) -> Vec<u8> {
    let tag = if coding.number == Number::Float { 3 } else { 1 };
    let block = channels * coding.bytes;
    let short = |value: usize| if coding.is_big { be16(value) } else { le16(value) };
    let long = |value: usize| {
        let word = (value as u32).to_be_bytes();
        if coding.is_big { word } else { [word[3], word[2], word[1], word[0]] }
    };
    let rate = RATE_HZ as usize;
    let mut format = [short(tag), short(channels)].concat();
    format.extend([long(rate), long(rate * block)].concat());
    format.extend([short(block), short(8 * coding.bytes)].concat());
    if kind == "w64" {
        let guid = |name: &[u8]| [name, b"\xf3\xac\xd3\x11\x8c\xd1\x00\xc0\x4f\x8e\xdb\x8a"].concat();
        let size = |bytes: usize| (bytes as u64).to_le_bytes();
        let riff = b"riff\x2e\x91\xcf\x11\xa5\xd6\x28\xdb\x04\xc1\0\0".to_vec();
        let whole = 40 + 40 + 24 + data.len();
        return [
            riff,
            size(whole).to_vec(),
            guid(b"wave"),
            guid(b"fmt "),
            size(24 + format.len()).to_vec(),
            format,
            guid(b"data"),
            size(24 + data.len()).to_vec(),
            data.to_vec(),
        ]
        .concat();
    }
    let (name, size) = match (kind, coding.is_big) {
        ("rf64", _) => (b"RF64", u32::MAX as usize),
        (_, true) => (b"RIFX", data.len()),
        (_, false) => (b"RIFF", data.len()),
    };
    let mut bytes = [&name[..], &long(36 + size.min(data.len())), b"WAVE"].concat();
    if kind == "rf64" {
        let sizes = [data.len() as u64 + 72, data.len() as u64, 0].map(u64::to_le_bytes).concat();
        bytes.extend([&b"ds64"[..], &long(28), &sizes, &[0; 4]].concat());
    }
    bytes.extend([b"fmt ", &long(format.len())[..], &format, b"data", &long(size), data].concat());
    bytes
}

/// 44,100 as 80 bits.
const EXTENDED: [u8; 10] = [0x40, 0x0e, 0xac, 0x44, 0, 0, 0, 0, 0, 0];

fn aiff(coding: Coding, channels: usize, data: &[u8], kind: &[u8; 4]) -> Vec<u8> {
    let form: &[u8] = if kind == b"NONE" { b"AIFF" } else { b"AIFC" };
    let mut common = [&be16(channels)[..], &be32(FRAMES), &be16(8 * coding.bytes), &EXTENDED].concat();
    if form == b"AIFC" {
        common.extend([&kind[..], b"\0\0"].concat());
    }
    let sound = [&[0; 8][..], data].concat();
    let chunk = |name: &[u8], body: &[u8]| [name, &be32(body.len()), body].concat();
    [&b"FORM"[..], &be32(0), form, &chunk(b"COMM", &common), &chunk(b"SSND", &sound)].concat()
}

fn caf(coding: Coding, channels: usize, data: &[u8]) -> Vec<u8> {
    let flags = usize::from(coding.number == Number::Float) | usize::from(!coding.is_big) << 1;
    let block = channels * coding.bytes;
    let description = [
        &44_100.0_f64.to_be_bytes()[..],
        b"lpcm",
        &be32(flags),
        &be32(block),
        &be32(1),
        &be32(channels),
        &be32(8 * coding.bytes),
    ]
    .concat();
    let size = |bytes: usize| (bytes as i64).to_be_bytes();
    [&b"caff\0\x01\0\0desc"[..], &size(32), &description, b"data", &size(data.len() + 4), &[0; 4], data]
        .concat()
}

fn au(coding: Coding, channels: usize, data: &[u8]) -> Vec<u8> {
    let encoding = match (coding.number, coding.bytes) {
        (Number::Float, 4) => 6,
        (Number::Float, _) => 7,
        (_, bytes) => bytes + 1,
    };
    [
        &b".snd"[..],
        &be32(28),
        &be32(data.len()),
        &be32(encoding),
        &be32(44_100),
        &be32(channels),
        &[0; 4],
        data,
    ]
    .concat()
}

fn atom(kind: &[u8; 4], parts: &[&[u8]]) -> Vec<u8> {
    let body = parts.concat();
    [&be32(body.len() + 8)[..], kind, &body].concat()
}

/// A MOV with one track of audio, its table of sizes as QuickTime writes it.
fn mov(coding: Coding, channels: usize, data: &[u8], kind: &[u8; 4]) -> Vec<u8> {
    let block = channels * coding.bytes;
    let (version, stated_bits) = match kind {
        b"lpcm" => (2, 16),
        b"in24" | b"in32" | b"fl32" | b"fl64" => (1, 16),
        _ => (0, 8 * coding.bytes),
    };
    let head = [
        &[0; 6][..],
        &be16(1),
        &be16(version),
        &[0; 6],
        &be16(if version == 2 { 3 } else { channels }),
        &be16(stated_bits),
        &[0; 4],
        &be32(if version == 2 { 1 << 16 } else { 44_100 << 16 }),
    ]
    .concat();
    let flags = usize::from(coding.number == Number::Float)
        | usize::from(coding.is_big) << 1
        | usize::from(coding.number == Number::Signed) << 2;
    let more = match version {
        1 => [&be32(1)[..], &be32(coding.bytes), &be32(block), &be32(2)].concat(),
        2 => [
            &be32(72)[..],
            &44_100.0_f64.to_be_bytes(),
            &be32(channels),
            &be32(0x7f00_0000),
            &be32(8 * coding.bytes),
            &be32(flags),
            &be32(block),
            &be32(1),
        ]
        .concat(),
        _ => Vec::new(),
    };
    let inner = match kind {
        b"in24" | b"in32" | b"fl32" | b"fl64" => {
            let enda = atom(b"enda", &[&be16(usize::from(!coding.is_big))]);
            atom(b"wave", &[&atom(b"frma", &[kind]), &enda, &[0, 0, 0, 8, 0, 0, 0, 0]])
        }
        b"ipcm" | b"fpcm" => {
            atom(b"pcmC", &[&[0, 0, 0, 0, u8::from(!coding.is_big), 8 * coding.bytes as u8]])
        }
        _ => Vec::new(),
    };
    let stsd = atom(b"stsd", &[&[0; 4], &be32(1), &atom(kind, &[&head, &more, &inner])]);
    // Two chunks, one behind the other but for three bytes.
    let (first, ftyp) = (FRAMES / 3, atom(b"ftyp", &[b"qt  \0\0\0\0qt  "]));
    let start = ftyp.len() + 8;
    let offsets = [be32(start), be32(start + first * block + 3)].concat();
    let stbl = atom(
        b"stbl",
        &[
            &stsd,
            &atom(b"stts", &[&[0; 4], &be32(1), &be32(FRAMES), &be32(1)]),
            &atom(b"stsz", &[&[0; 4], &be32(if version == 1 { 1 } else { block }), &be32(FRAMES)]),
            &atom(
                b"stsc",
                &[
                    &[0; 4],
                    &be32(2),
                    &be32(1),
                    &be32(first),
                    &be32(1),
                    &be32(2),
                    &be32(FRAMES - first),
                    &be32(1),
                ],
            ),
            &atom(b"stco", &[&[0; 4], &be32(2), &offsets]),
        ],
    );
    let clock =
        |zeros: usize| [vec![0; 12], be32(44_100).to_vec(), be32(FRAMES).to_vec(), vec![0; zeros]].concat();
    let hdlr = atom(b"hdlr", &[&[0; 8], b"soun", &[0; 13]]);
    let minf = atom(b"minf", &[&atom(b"smhd", &[&[0; 8]]), &stbl]);
    let mdia = atom(b"mdia", &[&atom(b"mdhd", &[&clock(4)]), &hdlr, &minf]);
    let tkhd = atom(b"tkhd", &[&[0; 12], &be32(1), &[0; 68]]);
    let moov = atom(b"moov", &[&atom(b"mvhd", &[&clock(76)]), &atom(b"trak", &[&tkhd, &mdia])]);
    let cut = first * block;
    [ftyp, atom(b"mdat", &[&data[..cut], b"???", &data[cut..]]), moov].concat()
}

/// A Matroska file with one track, its blocks in one cluster of unknown size, as it comes through a pipe.
fn mkv(coding: Coding, channels: usize, data: &[u8]) -> Vec<u8> {
    let element =
        |id: &[u8], body: &[u8]| [id, &[0x08], &(body.len() as u64).to_be_bytes()[1..], body].concat();
    let element = |id: &[u8], body: &[u8]| {
        let mut bytes = element(id, body);
        bytes[id.len()] = 0x01;
        bytes
    };
    let codec: &[u8] = match (coding.number, coding.is_big) {
        (Number::Float, _) => b"A_PCM/FLOAT/IEEE",
        (_, true) => b"A_PCM/INT/BIG",
        (_, false) => b"A_PCM/INT/LIT",
    };
    let audio = [
        element(b"\xb5", &44_100.0_f64.to_be_bytes()),
        element(b"\x9f", &[channels as u8]),
        element(b"\x62\x64", &[8 * coding.bytes as u8]),
    ]
    .concat();
    let track = [
        element(b"\xd7", &[1]),
        element(b"\x73\xc5", &[1]),
        element(b"\x83", &[2]),
        element(b"\x86", codec),
        element(b"\xe1", &audio),
    ]
    .concat();
    let info = [
        element(b"\x2a\xd7\xb1", &1_000_000_u32.to_be_bytes()),
        element(b"\x4d\x80", b"t"),
        element(b"\x57\x41", b"t"),
    ]
    .concat();
    let block_bytes = channels * coding.bytes * 100;
    let blocks = data.chunks(block_bytes).enumerate().flat_map(|(index, block)| {
        let time = ((index * 100_000) as f64 / 44_100.0).round() as i16;
        element(b"\xa3", &[&[0x81][..], &time.to_be_bytes(), &[0x80], block].concat())
    });
    let unknown = [0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff];
    let mut bytes = element(b"\x1a\x45\xdf\xa3", &element(b"\x42\x82", b"matroska"));
    bytes.extend([b"\x18\x53\x80\x67", &unknown[..]].concat());
    bytes.extend(element(b"\x15\x49\xa9\x66", &info));
    bytes.extend(element(b"\x16\x54\xae\x6b", &element(b"\xae", &track)));
    bytes.extend([b"\x1f\x43\xb6\x75", &unknown[..], &element(b"\xe7", &[0])].concat());
    bytes.extend(blocks);
    bytes
}

fn check(name: &str, coding: Coding, write: impl Fn(Coding, usize, &[u8]) -> Vec<u8>) {
    let folder = signal::scratch();
    for channels in [1, 2, 6] {
        let samples: Vec<i32> =
            signal::signal24(FRAMES * channels).into_iter().take(FRAMES * channels).collect();
        let (data, expected) = coding.write(&samples);
        let bytes = write(coding, channels, &data);
        let path = folder.path().join("audio");
        fs::write(&path, &bytes).expect("a file");
        let stream = Audio::from_stream(Box::new(Cursor::new(bytes)));
        for (how, audio) in [("file", Audio::open(&path)), ("stream", stream)] {
            let name = format!("{name} {coding:?}, {channels} channels, {how}");
            let audio = audio.unwrap_or_else(|error| panic!("{name}: {error}"));
            let told = audio.format().clone();
            assert_eq!((told.sample_rate_hz, told.channels), (RATE_HZ, channels), "{name}");
            let (_, samples, end) = signal::drain(audio);
            assert!(end.is_none(), "{name}: {}", end.expect("an error"));
            assert_eq!(samples.len(), expected.len(), "{name}");
            let wrong = samples.iter().zip(&expected).position(|(a, b)| a != b);
            assert!(wrong.is_none(), "{name}: {:?}", wrong.map(|at| (at, samples[at], expected[at])));
        }
        if name == "mkv" {
            continue;
        }
        let mut audio = Audio::open(&path).expect("opened before");
        audio.skip_to(333).unwrap_or_else(|error| panic!("{name} {coding:?}: {error}"));
        let (_, samples, _) = signal::drain(audio);
        assert!(samples == expected[333 * channels..], "{name} {coding:?}, {channels} channels, from 333");
    }
}

const FLOATS: [usize; 2] = [4, 8];

#[test]
fn riff_rifx_rf64_and_wave64() {
    for (kind, is_big) in [("riff", false), ("riff", true), ("rf64", false), ("w64", false)] {
        check(kind, coding(Number::Unsigned, 1, is_big), |c, n, d| wave(c, n, d, kind));
        for bytes in 2..=4 {
            check(kind, coding(Number::Signed, bytes, is_big), |c, n, d| wave(c, n, d, kind));
        }
        for bytes in FLOATS {
            check(kind, coding(Number::Float, bytes, is_big), |c, n, d| wave(c, n, d, kind));
        }
    }
}

#[test]
fn aiff_and_aiff_c() {
    for bytes in 1..=4 {
        check("aiff", coding(Number::Signed, bytes, true), |c, n, d| aiff(c, n, d, b"NONE"));
        check("aiff twos", coding(Number::Signed, bytes, true), |c, n, d| aiff(c, n, d, b"twos"));
        check("aiff sowt", coding(Number::Signed, bytes, false), |c, n, d| aiff(c, n, d, b"sowt"));
    }
    for (bytes, kind) in FLOATS.into_iter().zip([b"fl32", b"fl64"]) {
        check("aiff float", coding(Number::Float, bytes, true), |c, n, d| aiff(c, n, d, kind));
    }
    check("aiff raw", coding(Number::Unsigned, 1, true), |c, n, d| aiff(c, n, d, b"raw "));
}

#[test]
fn caf_and_au() {
    for is_big in [false, true] {
        for bytes in 1..=4 {
            check("caf", coding(Number::Signed, bytes, is_big), caf);
        }
        for bytes in FLOATS {
            check("caf", coding(Number::Float, bytes, is_big), caf);
        }
    }
    for bytes in 1..=4 {
        check("au", coding(Number::Signed, bytes, true), au);
    }
    for bytes in FLOATS {
        check("au", coding(Number::Float, bytes, true), au);
    }
}

#[test]
fn mov_and_mp4() {
    let mov_as = |kind: &'static [u8; 4], coding: Coding| {
        check(&String::from_utf8_lossy(kind), coding, |c, n, d| mov(c, n, d, kind));
    };
    mov_as(b"raw ", coding(Number::Unsigned, 1, true));
    for bytes in [1, 2] {
        mov_as(b"twos", coding(Number::Signed, bytes, true));
        mov_as(b"sowt", coding(Number::Signed, bytes, false));
    }
    for is_big in [false, true] {
        mov_as(b"in24", coding(Number::Signed, 3, is_big));
        mov_as(b"in32", coding(Number::Signed, 4, is_big));
        mov_as(b"fl32", coding(Number::Float, 4, is_big));
        mov_as(b"fl64", coding(Number::Float, 8, is_big));
        for bytes in 2..=4 {
            mov_as(b"lpcm", coding(Number::Signed, bytes, is_big));
            mov_as(b"ipcm", coding(Number::Signed, bytes, is_big));
        }
        for bytes in FLOATS {
            mov_as(b"lpcm", coding(Number::Float, bytes, is_big));
            mov_as(b"fpcm", coding(Number::Float, bytes, is_big));
        }
    }
}

#[test]
fn matroska_through_a_pipe() {
    for bytes in 2..=4 {
        check("mkv", coding(Number::Signed, bytes, false), mkv);
        check("mkv", coding(Number::Signed, bytes, true), mkv);
    }
    for bytes in FLOATS {
        check("mkv", coding(Number::Float, bytes, false), mkv);
    }
}
