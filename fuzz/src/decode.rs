//! Audio files and streams.

use rollcall_media::{Audio, DecodeError};
use std::io::{Cursor, Write as _};

/// Frames after which a file has shown what it can: half a minute at 44.1 kHz.
const MOST_FRAMES: usize = 1 << 20;

/// Decodes the bytes as a file or as a stream, as the first one says. It is refused, or gives whole frames, as many as it
/// counts.
pub fn decode(data: &[u8]) {
    let Some((&how, data)) = data.split_first() else { return };
    if how & 1 == 0 {
        read(Audio::from_stream(Box::new(Cursor::new(data.to_vec()))), how);
    } else {
        let mut file = tempfile::NamedTempFile::new().expect("a temporary file");
        file.write_all(data).expect("room for it");
        read(Audio::open(file.path()), how);
    }
}

fn read(audio: Result<Audio, DecodeError>, how: u8) {
    let Ok(mut audio) = audio else { return };
    let (rate_hz, channels) = (audio.format().sample_rate_hz, audio.format().channels);
    assert!(rate_hz > 0 && channels > 0, "{:?}", audio.format());
    if how & 2 != 0 && audio.skip_to(u64::from(how) * 100).is_err() {
        return;
    }
    let start = audio.position();
    let mut frames = 0;
    while frames < MOST_FRAMES {
        match audio.next_block() {
            Ok(Some(block)) => {
                assert!(
                    !block.is_empty() && block.len().is_multiple_of(channels),
                    "{} samples, {channels} channels",
                    block.len()
                );
                frames += block.len() / channels;
            }
            Ok(None) => break,
            Err(error) => {
                assert!(!error.to_string().is_empty());
                break;
            }
        }
        assert_eq!(audio.position(), start + frames as u64);
    }
}
