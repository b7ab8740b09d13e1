//! The music that comes along to be mixed with: pieces of 3.84 s of instruments among the 20, all of it CC0 or in the public domain
//! (`backing/README.md` names the recordings; `rollcall-train backing` made it).

use anyhow::{Context, Result};
use rollcall_engine::SAMPLE_RATE_HZ;
use rollcall_media::Audio;
use std::io::Cursor;

/// Ogg Vorbis, 16 kHz, mono.
const AUDIO: &[u8] = include_bytes!("../backing/backing.ogg");

/// All of it as pieces of so many samples.
///
/// # Errors
/// Never in a build that passed its tests.
pub(crate) fn pieces(samples: usize) -> Result<Vec<Vec<f32>>> {
    let mut audio =
        Audio::from_stream(Box::new(Cursor::new(AUDIO))).context("the backing that comes along")?;
    anyhow::ensure!(
        audio.format().sample_rate_hz == SAMPLE_RATE_HZ && audio.format().channels == 1,
        "the backing is {:?}, not 16 kHz mono",
        audio.format()
    );
    let mut all = Vec::new();
    while let Some(block) = audio.next_block()? {
        all.extend_from_slice(block);
    }
    Ok(all.chunks_exact(samples).map(<[f32]>::to_vec).collect())
}
