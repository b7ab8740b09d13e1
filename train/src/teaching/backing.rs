//! Audio of the 20 classes to mix a user's recordings with: only recordings that are CC0 or in the public domain, so that it may lie in a
//! repository and travel in a program.

use crate::audio::codec::vorbis;
use crate::audio::level::rms;
use crate::base::seed;
use crate::base::stem::Split;
use crate::mix::Mixer;
use crate::mix::length::Length;
use crate::pool::Pool;
use anyhow::{Context, Result, ensure};
use rollcall_engine::OPENMIC_CLASSES;
use rollcall_teach::mixes::SAMPLES;
use std::{collections::BTreeSet, fs, path::Path};

/// Vorbis' quality: about 40 kbit a second at 16 kHz.
const QUALITY: f32 = 0.3;
/// How many play in a piece, in turns.
const PLAYERS: [usize; 6] = [1, 2, 3, 2, 3, 4];

/// Whether a recording may lie in a repository.
fn is_free(licence: &str) -> bool {
    licence.starts_with("CC0") || licence == "public domain (as stated)"
}

/// Writes `backing.ogg` and `README.md`, which names every source, into `folder`: so many pieces one after another.
///
/// # Errors
/// The pool cannot be read, or the folder written.
pub fn write(pool: &Path, folder: &Path, pieces: usize, seed: u64) -> Result<()> {
    let mut pool = Pool::open(pool).with_context(|| pool.display().to_string())?;
    pool.stems.retain(|stem| stem.class.is_some() && is_free(&stem.row.licence));
    ensure!(!pool.stems.is_empty(), "the pool has no recording that is CC0 or in the public domain");
    let sources: BTreeSet<String> = pool
        .stems
        .iter()
        .filter(|stem| stem.row.split == Split::Train)
        .map(|stem| {
            format!(
                "| {} | {} | {} | {} |",
                stem.row.class, stem.row.source, stem.row.licence, stem.row.origin
            )
        })
        .collect();
    let length = Length { columns: SAMPLES.div_ceil(2_560) + 1 };
    let mixer = Mixer::new(pool, Split::Train, OPENMIC_CLASSES.len(), length, false)?;
    let mut samples = Vec::with_capacity(pieces * SAMPLES);
    for number in 0..pieces {
        // What sounds too little is drawn again.
        let piece = (0..20).find_map(|turn| {
            let mut rng = seed::rng(seed, &format!("backing/{number}/{turn}"));
            let composed = mixer.compose(PLAYERS[number % PLAYERS.len()], &mut rng);
            composed
                .map(|composed| {
                    let piece = composed.samples[..SAMPLES].to_vec();
                    let is_full = piece.chunks(SAMPLES / 4).all(|part| rms(part) > 0.2 * rms(&piece));
                    is_full.then_some(piece)
                })
                .transpose()
        });
        let mut piece =
            piece.with_context(|| format!("piece {number}: nothing that sounds all the time"))??;
        let gain = 0.08 / rms(&piece).max(1e-6);
        piece.iter_mut().for_each(|x| *x = (*x * gain).clamp(-0.98, 0.98));
        samples.extend(piece);
    }
    fs::create_dir_all(folder)?;
    fs::write(folder.join("backing.ogg"), vorbis(&samples, QUALITY)?)?;
    let rows: String = sources.iter().map(|row| format!("{row}\n")).collect();
    let text = format!(
        "# The backing\n\n{pieces} pieces of 3.84 s, one to four instruments each, that `rollcall teach` mixes recordings with. Made by\n\n\
         ```sh\nrollcall-train teaching backing --pieces {pieces} --seed {seed}\n```\n\nfrom recordings that are CC0 or in the public domain \
         alone:\n\n| class | source | licence | origin |\n| --- | --- | --- | --- |\n{rows}"
    );
    fs::write(folder.join("README.md"), text)?;
    Ok(())
}
