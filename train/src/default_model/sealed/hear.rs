//! What the sealed test asks: who plays in recordings of players, alone and together, and in what is none of the 20.

use crate::audio::level::amplitude;
use crate::base::seed::{self, Chance};
use crate::base::stem::Split;
use crate::default_model::compare::{Contender, ask, markdown, measure};
use crate::judge::pages::{Piece, pieces_of};
use crate::judge::{Example, Scene, draw};
use crate::mix::length::Length;
use crate::pool::Pool;
use anyhow::{Context, Result};
use rollcall_engine::{OPENMIC_CLASSES, SAMPLE_RATE_HZ};
use std::{collections::BTreeMap, path::Path};

/// The source of the labelled folder that is sealed.
pub const PLAYERS: &str = "medley-solos-db";
/// Two or three of these at once, so many times.
const TOGETHER: usize = 150;
/// Clips a scene of the pool.
const CLIPS: usize = 200;
/// The one seed of who plays together.
const SEED: u64 = 1;

/// What the sealed test says of contenders: tables for the card, and the first contender's figures for the ledger.
#[derive(Clone, Debug, Default)]
pub struct Heard {
    /// Markdown.
    pub tables: String,
    /// By name, e.g. `solos: first guess is right`.
    pub figures: BTreeMap<String, f64>,
}

/// Asks the contenders about the sealed recordings: solos of [`PLAYERS`] in a labelled folder, two or three of them at once, and the noises, other instruments and
/// speech of the sealed pool.
///
/// # Errors
/// A folder without them, a pool without its part, or a network that fails.
pub fn hear(contenders: &[Contender], recordings: &Path, pool: &Path) -> Result<Heard> {
    let solos = pieces_of(recordings, &|source| source == PLAYERS, SAMPLE_RATE_HZ)?;
    let pool = Pool::open(pool).context("make it first: rollcall-train data make --part sealed")?;
    let mut heard = Heard::default();
    heard.add(contenders, Scene::Music, "solos", &solos.iter().map(alone).collect::<Vec<_>>())?;
    heard.add(contenders, Scene::Music, "two or three at once", &together(&solos))?;
    for scene in [Scene::Noise, Scene::Others, Scene::Speech] {
        let examples = draw(&pool, Split::Sealed, scene, CLIPS, Length::TEN_SECONDS.samples())?;
        if examples.is_empty() {
            anyhow::bail!("the sealed pool has no {}: make it anew", scene.name());
        }
        heard.add(contenders, scene, scene.name(), &examples)?;
    }
    Ok(heard)
}

impl Heard {
    fn add(
        &mut self,
        contenders: &[Contender],
        scene: Scene,
        title: &str,
        examples: &[Example],
    ) -> Result<()> {
        let answers = contenders.iter().map(|c| ask(c, examples)).collect::<Result<Vec<_>>>()?;
        let thresholds: Vec<&[f32]> = contenders.iter().map(Contender::thresholds).collect();
        let scores = measure(scene, examples, &answers, &thresholds);
        let names: Vec<String> = contenders.iter().map(Contender::name).collect();
        self.tables.push_str(&markdown(title, &names, &scores, examples));
        for (name, figure) in scores.first().map_or(&[][..], |first| &first.figures) {
            self.figures.insert(format!("{title}: {name}"), figure.value);
        }
        Ok(())
    }
}

fn alone(piece: &Piece) -> Example {
    Example {
        samples: piece.samples.clone(),
        truth: piece.truth(),
        events: Vec::new(),
        sources: vec![piece.file.clone()],
    }
}

/// Pieces of two or three different classes at once, each a little louder or softer than it is.
fn together(pieces: &[Piece]) -> Vec<Example> {
    let mut by_class: BTreeMap<usize, Vec<&Piece>> = BTreeMap::new();
    pieces.iter().for_each(|piece| by_class.entry(piece.class).or_default().push(piece));
    let example = |number: usize| {
        let mut rng = seed::rng(SEED, &format!("together/{number}"));
        let mut classes: Vec<usize> = by_class.keys().copied().collect();
        rng.shuffle(&mut classes);
        classes.truncate(2 + rng.usize(0..2));
        let players: Vec<&Piece> = classes.iter().map(|class| *rng.pick(&by_class[class])).collect();
        let length = players.iter().map(|piece| piece.samples.len()).min().unwrap_or(0);
        let mut samples = vec![0.0; length];
        for piece in &players {
            let gain = 0.4 * amplitude(rng.between(-4.0, 4.0));
            samples.iter_mut().zip(&piece.samples).for_each(|(m, s)| *m += gain * s);
        }
        Example {
            samples,
            truth: (0..OPENMIC_CLASSES.len()).map(|class| Some(classes.contains(&class))).collect(),
            events: Vec::new(),
            sources: players.iter().map(|piece| piece.file.clone()).collect(),
        }
    };
    if by_class.len() < 2 { Vec::new() } else { (0..TOGETHER).map(example).collect() }
}
