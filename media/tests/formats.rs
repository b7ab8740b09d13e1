//! Every format: equal to the last bit where it is lossless, aligned to the sample where it is not.

mod signal;

use rollcall_media::Audio;
use signal::{CHANNELS, LONG, SHORT, decode, golden, is_built, signal16_f32, signal24_f32};
use std::{fs::File, io::Cursor, sync::LazyLock};

#[test]
fn lossless_files_are_bit_equal() {
    let files = [
        ("lossless16.flac", 16),
        ("lossless24.flac", 24),
        ("lossless16.oga", 16),
        ("lossless16.alac.m4a", 16),
        ("lossless24.alac.m4a", 24),
        ("lossless16.aiff", 16),
        ("lossless24.aiff", 24),
        ("float32.aiff", 24),
        ("lossless16.caf", 16),
        ("lossless16.rf64.wav", 16),
        ("lossless24.wav", 24),
        ("float64.wav", 24),
        ("lossless16.mka", 16),
    ];
    for (name, bits) in files {
        let (format, samples, end) = decode(&golden(name));
        assert!(end.is_none(), "{name}: {}", end.expect("an error"));
        let format = format.expect("a format");
        assert_eq!((format.sample_rate_hz, format.channels), (44_100, CHANNELS), "{name}");
        let expected = if bits == 16 { signal16_f32(SHORT) } else { signal24_f32(SHORT) };
        assert_eq!(samples.len(), expected.len(), "{name}");
        assert!(
            samples == expected,
            "{name}: samples differ, first at {:?}",
            samples.iter().zip(&expected).position(|(a, b)| a != b)
        );
    }
}

#[test]
fn wav_of_every_sample_format_is_bit_equal() {
    let folder = signal::scratch();
    let expected16 = signal16_f32(SHORT);
    let expected24 = signal24_f32(SHORT);
    for (bits, float) in [(8, false), (16, false), (24, false), (32, false), (32, true)] {
        let path = folder.path().join(format!("{bits}{float}.wav"));
        let sample_format = if float { hound::SampleFormat::Float } else { hound::SampleFormat::Int };
        let spec = hound::WavSpec { channels: 2, sample_rate: 96_000, bits_per_sample: bits, sample_format };
        let mut writer = hound::WavWriter::create(&path, spec).expect("a WAV file");
        for (sample24, float24) in signal::signal24(SHORT).into_iter().zip(&expected24) {
            if float {
                writer.write_sample(*float24).expect("a sample");
            } else {
                let sample = if bits == 32 { sample24 << 8 } else { sample24 >> (24 - bits) };
                writer.write_sample(sample).expect("a sample");
            }
        }
        writer.finalize().expect("a whole file");
        let (format, samples, end) = decode(&path);
        assert!(end.is_none(), "{bits} {float}: {}", end.expect("an error"));
        assert_eq!(format.expect("a format").sample_rate_hz, 96_000);
        let expected: Vec<f32> = match bits {
            8 => signal::signal24(SHORT).into_iter().map(|sample| (sample >> 16) as f32 / 128.0).collect(),
            16 => expected16.clone(),
            _ => expected24.clone(),
        };
        assert!(samples == expected, "{bits} {float}");
    }
}

#[test]
fn lossy_files_are_as_long_and_aligned() {
    // Vorbis, Opus in Ogg, MP3 and AAC say how many frames went in; Opus in MP4 by its edit list.
    let files = [
        ("cbr.mp3", 44_100),
        ("vbr.mp3", 44_100),
        ("mpeg2.mp3", 22_050),
        ("aac.m4a", 44_100),
        ("faststart.m4a", 44_100),
        ("vorbis.ogg", 44_100),
        ("opus.opus", 48_000),
        ("opus.mp4", 48_000),
    ];
    for (name, rate) in files.into_iter().filter(|(name, _)| is_built(name)) {
        let (format, samples, end) = decode(&golden(name));
        assert!(end.is_none(), "{name}: {}", end.expect("an error"));
        let format = format.expect("a format");
        assert_eq!((format.sample_rate_hz, format.channels), (rate, CHANNELS), "{name}");
        assert_eq!(samples.len() / CHANNELS, LONG, "{name}: frames");
        assert_eq!(best_lag(&samples), 0, "{name}: lag");
        // Noise is what codecs do worst.
        assert!(correlation(&samples, 0) > 0.85, "{name}: {}", correlation(&samples, 0));
    }
}

/// Some pages of this recording state 448 frames too many and the pages after them make up for it, as libvorbis' encoder
/// does; ffmpeg decodes 1.5 s exactly. The last page's padding goes.
#[test]
fn vorbis_pages_that_end_with_a_short_block_lose_nothing() {
    let (format, samples, end) = decode(&golden("short-blocks.ogg"));
    assert!(end.is_none(), "{}", end.expect("an error"));
    assert_eq!(format.expect("a format").sample_rate_hz, 44_100);
    assert_eq!(samples.len() / CHANNELS, 66_150);
}

#[test]
fn what_does_not_tell_its_delay_is_still_whole() {
    // ADTS tells nothing: ffmpeg's encoder puts one block of 1,024 frames in front.
    let (_, samples, end) = decode(&golden("bare.aac"));
    assert!(end.is_none());
    assert_eq!(best_lag(&samples), 1_024);
    assert!(samples.len() / CHANNELS >= LONG + 1_024);
    // WebM: the front is trimmed by Opus' own pre-skip; padding at the end stays.
    if !is_built("opus.webm") {
        return;
    }
    let (_, samples, end) = decode(&golden("opus.webm"));
    assert!(end.is_none());
    assert_eq!(best_lag(&samples), 0);
    assert!((LONG..LONG + 960).contains(&(samples.len() / CHANNELS)));
}

#[test]
fn a_stream_gives_what_the_file_gives() {
    let names = [
        "lossless16.flac",
        "lossless16.rf64.wav",
        "lossless24.aiff",
        "cbr.mp3",
        "aac.m4a",
        "vorbis.ogg",
        "opus.opus",
        "bare.aac",
        "lossless16.caf",
    ];
    for name in names.into_iter().filter(|name| is_built(name)) {
        let (_, expected, _) = decode(&golden(name));
        let file = File::open(golden(name)).expect("a golden file");
        let audio = Audio::from_stream(Box::new(file)).unwrap_or_else(|error| panic!("{name}: {error}"));
        let (_, samples, end) = signal::drain(audio);
        assert!(end.is_none(), "{name}: {}", end.expect("an error"));
        assert!(samples == expected, "{name}: {} and {} samples", samples.len(), expected.len());
    }
}

#[test]
fn skipping_is_exact_everywhere() {
    for name in [
        "lossless16.flac",
        "lossless16.rf64.wav",
        "lossless24.aiff",
        "cbr.mp3",
        "aac.m4a",
        "vorbis.ogg",
        "opus.opus",
    ]
    .into_iter()
    .filter(|name| is_built(name))
    {
        let (_, expected, _) = decode(&golden(name));
        let frames = expected.len() / CHANNELS;
        for start in [0, 1, 575, 1_152, 2_000, frames - 1] {
            let mut audio = Audio::open(&golden(name)).expect("a golden file");
            audio.skip_to(start as u64).unwrap_or_else(|error| panic!("{name} from {start}: {error}"));
            assert_eq!(audio.position(), start as u64, "{name}");
            let (_, samples, end) = signal::drain(audio);
            assert!(end.is_none(), "{name} from {start}: {}", end.expect("an error"));
            assert!(
                samples == expected[start * CHANNELS..],
                "{name} from {start}: {} samples",
                samples.len()
            );
        }
        let mut audio = Audio::open(&golden(name)).expect("a golden file");
        let error = audio.skip_to(frames as u64).expect_err("nothing is there");
        assert!(error.to_string().contains("--start"), "{name}: {error}");
    }
}

#[test]
fn wav_headers_of_the_field() {
    let (_, expected, _) = decode(&golden("lossless24.wav"));
    let whole = std::fs::read(golden("lossless24.wav")).expect("a golden file");
    let data = whole.windows(4).position(|window| window == b"data").expect("a data chunk");
    let patched = |riff: u32, size: u32, tail: &[u8]| {
        let mut bytes = whole.clone();
        bytes[4..8].copy_from_slice(&riff.to_le_bytes());
        bytes[data + 4..data + 8].copy_from_slice(&size.to_le_bytes());
        bytes.extend_from_slice(tail);
        bytes
    };
    let size = (SHORT * CHANNELS * 3) as u32;
    let cases = [
        ("a recorder that never filled the sizes in", patched(0, 0, b"")),
        ("ffmpeg to a pipe", patched(u32::MAX, u32::MAX, b"")),
        ("sox to a pipe", patched(0x7fff_f024, 0x7fff_f000, b"")),
        ("a RIFF size that is too small", patched(40, size, b"")),
        ("chunks behind the audio", patched(0, size, b"LIST\x04\0\0\0INFO")),
    ];
    for (name, bytes) in cases {
        let audio = Audio::from_stream(Box::new(Cursor::new(bytes)))
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        let (_, samples, end) = signal::drain(audio);
        assert!(end.is_none(), "{name}: {}", end.expect("an error"));
        assert!(samples == expected, "{name}: {} of {} samples", samples.len(), expected.len());
    }
}

#[test]
fn aiff_chunks_in_any_order() {
    let bytes = std::fs::read(golden("lossless16.aiff")).expect("a golden file");
    let at = |name: &[u8; 4]| bytes.windows(4).position(|window| window == name).expect("a chunk");
    let (comm, ssnd) = (at(b"COMM"), at(b"SSND"));
    assert!(comm < ssnd);
    let folder = signal::scratch();
    let path = folder.path().join("turned.aiff");
    let turned = [&bytes[..comm], &bytes[ssnd..], &bytes[comm..ssnd]].concat();
    std::fs::write(&path, turned).expect("a file");
    let (_, samples, end) = decode(&path);
    assert!(end.is_none(), "{}", end.expect("an error"));
    assert!(samples == signal16_f32(SHORT), "{} samples", samples.len());
}

/// Normalised correlation of the left channel with the signal, `samples` being `lag` frames late.
fn correlation(samples: &[f32], lag: i64) -> f64 {
    static REFERENCE: LazyLock<Vec<f32>> = LazyLock::new(|| signal16_f32(LONG));
    let reference = &REFERENCE;
    let (mut product, mut found, mut expected) = (0.0, 0.0, 0.0);
    for frame in 8_000..16_000 {
        let a = f64::from(samples[(frame as i64 + lag) as usize * CHANNELS]);
        let b = f64::from(reference[frame * CHANNELS]);
        product += a * b;
        found += a * a;
        expected += b * b;
    }
    product / (found * expected).sqrt()
}

fn best_lag(samples: &[f32]) -> i64 {
    let likeness: Vec<(i64, f64)> = (-2_500..=2_500).map(|lag| (lag, correlation(samples, lag))).collect();
    likeness.into_iter().max_by(|a, b| a.1.total_cmp(&b.1)).expect("lags").0
}
