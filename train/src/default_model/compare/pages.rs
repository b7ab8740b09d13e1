//! First guesses on real recordings ([`crate::judge::pages`]), contender by contender.

use super::contender::Contender;
use crate::base::threads::parallel;
use crate::judge::guess::rank;
use crate::judge::pages::{Piece, guesses, pieces, pieces_at};
use crate::teacher::{self, Teacher};
use anyhow::{Context, Result};
use rollcall_engine::OPENMIC_CLASSES;
use serde_json::json;
use std::{fs, path::Path};

/// Prints the two shares of each contender, and for each class how many of its pieces are guessed right.
pub fn run(folder: &Path, contenders: &[Contender], out: Option<&Path>) -> Result<()> {
    let pieces = pieces(folder)?;
    let mut heard = Vec::new();
    println!(
        "| contender | pieces | first guess is right | one of the first three is |\n| --- | --- | --- | --- |"
    );
    let mut tell = |name: String, scores: Vec<Vec<f32>>| -> Result<()> {
        let found = guesses(&pieces, &scores).context("no piece counts")?;
        println!("| {name} | {} | {:.3} | {:.3} |", found.counted, found.first, found.first_three);
        heard.push((name, scores, found));
        Ok(())
    };
    for contender in contenders {
        tell(contender.name(), ask(contender, &pieces)?)?;
        if let Contender::Teacher(teacher, _) = contender {
            tell(format!("{}, at full band", contender.name()), at_full_band(teacher, folder)?)?;
        }
    }
    println!(
        "\n| class | pieces |{}\n| --- | --- |{}",
        columns(&heard, |h| h.0.clone()),
        columns(&heard, |_| "---".into())
    );
    for (class, name) in OPENMIC_CLASSES.iter().enumerate() {
        let of: Vec<usize> = (0..pieces.len()).filter(|&i| pieces[i].class == class).collect();
        let right = |scores: &[Vec<f32>]| {
            of.iter().filter(|&&i| rank(&scores[i], &pieces[i].truth()) == Some(0)).count().to_string()
        };
        if !of.is_empty() {
            println!("| {name} | {} |{}", of.len(), columns(&heard, |h| right(&h.1)));
        }
    }
    if let Some(path) = out {
        let of = heard.iter().map(|(name, scores, found)| {
            json!({"contender": name, "first": found.first, "first_three": found.first_three, "counted": found.counted, "scores": scores})
        });
        let truth = pieces.iter().map(|p| json!({"file": p.file, "class": OPENMIC_CLASSES[p.class]}));
        let all = json!({"pieces": truth.collect::<Vec<_>>(), "contenders": of.collect::<Vec<_>>()});
        fs::write(path, serde_json::to_string_pretty(&all)?)
            .with_context(|| format!("writing {}", path.display()))?;
    }
    Ok(())
}

/// What a contender says of each piece, `[pieces][20]`.
///
/// # Errors
/// The network fails.
pub fn ask(contender: &Contender, pieces: &[Piece]) -> Result<Vec<Vec<f32>>> {
    let heard = parallel(pieces.len(), |i| Ok(contender.hear(&pieces[i].samples)?.clip));
    heard.into_iter().collect()
}

/// What a teacher says of the recordings as they are, above 8 kHz too, which no contender else hears.
fn at_full_band(teacher: &Teacher, folder: &Path) -> Result<Vec<Vec<f32>>> {
    let pieces = pieces_at(folder, teacher::SAMPLE_RATE_HZ)?;
    let heard = parallel(pieces.len(), |i| Ok(teacher.judge(&teacher.hear(&pieces[i].samples)?).to_vec()));
    heard.into_iter().collect()
}

fn columns<T>(heard: &[T], cell: impl Fn(&T) -> String) -> String {
    heard.iter().map(|h| format!(" {} |", cell(h))).collect()
}
