//! What a base package brings to learn beside: embeddings of music without a user's classes, with what plays in it.
//!
//! A file of the package, `negatives.safetensors`: `steps` `[clips, steps, 128 and the detail's]`, 8 bit, 255 for 1; `classes` `[clips, classes]`, 1 where
//! a class of the package plays. `rollcall-train teaching negatives` writes it.

use crate::bags::{Bag, Scene};
use anyhow::{Context, Result, ensure};
use half::f16;
use rollcall_engine::{EMBEDDING, Package};
use safetensors::{Dtype, SafeTensors, tensor::TensorView};

/// Its name in a package.
pub const FILE: &str = "negatives.safetensors";

/// A clip that comes with a package.
#[derive(Clone, Debug, PartialEq)]
pub struct Clip {
    /// Numbers of a step: the embedding's, then the detail's.
    pub width: usize,
    /// `[steps, width]`, 0..=1 in steps of 1/255.
    pub steps: Vec<f32>,
    /// Whether each class of the package plays.
    pub classes: Vec<bool>,
}

/// The content of the file for clips of equal length.
///
/// # Errors
/// Clips of different lengths, or values outside 0..=1.
pub fn write(clips: &[Clip]) -> Result<Vec<u8>> {
    let first = clips.first().context("there are no clips")?;
    let (width, classes) = (first.width, first.classes.len());
    let steps = first.steps.len() / width;
    let mut bytes = Vec::new();
    for clip in clips {
        ensure!(
            clip.width == width && clip.steps.len() == steps * width && clip.classes.len() == classes,
            "clips are of one length"
        );
        for x in &clip.steps {
            ensure!((0.0..=1.0).contains(x), "an embedding holds {x}, but 8 bits hold 0 to 1");
            bytes.push((x * 255.0).round() as u8);
        }
    }
    let truth: Vec<u8> =
        clips.iter().flat_map(|clip| clip.classes.iter().map(|plays| u8::from(*plays))).collect();
    let tensors = [
        ("steps", TensorView::new(Dtype::U8, vec![clips.len(), steps, width], &bytes)?),
        ("classes", TensorView::new(Dtype::U8, vec![clips.len(), classes], &truth)?),
    ];
    Ok(safetensors::serialize(tensors, None)?)
}

/// What a package brings; nothing where it brings none.
///
/// # Errors
/// A file that is not as described.
pub fn read(package: &Package) -> Result<Vec<Clip>> {
    let Some(bytes) = package.file(FILE) else { return Ok(Vec::new()) };
    let own = package.manifest().own_classes();
    parse(bytes, own).with_context(|| format!("{FILE} of the base package {}", package.manifest().name))
}

fn parse(bytes: &[u8], own: usize) -> Result<Vec<Clip>> {
    let tensors = SafeTensors::deserialize(bytes)?;
    let (steps, classes) = (tensors.tensor("steps")?, tensors.tensor("classes")?);
    let (&[clips, length, width], &[truths, named]) = (steps.shape(), classes.shape()) else {
        anyhow::bail!("its shapes are {:?} and {:?}", steps.shape(), classes.shape());
    };
    ensure!(
        clips == truths
            && named == own
            && length > 0
            && width >= EMBEDDING
            && (steps.dtype(), classes.dtype()) == (Dtype::U8, Dtype::U8),
        "it has {clips} clips of {length} steps with {truths} labels of {named} classes, but the package has {own}"
    );
    let rows = steps.data().chunks_exact(length * width).zip(classes.data().chunks_exact(own));
    let clip = |(steps, truth): (&[u8], &[u8])| Clip {
        width,
        steps: steps.iter().map(|q| f32::from(*q) / 255.0).collect(),
        classes: truth.iter().map(|plays| *plays != 0).collect(),
    };
    Ok(rows.map(clip).collect())
}

/// As bags, spread over the folds: none of the new classes plays, but one that is called as a class of the package may.
pub fn bags(clips: &[Clip], own: &[String], classes: &[String], folds: usize, first_unit: usize) -> Vec<Bag> {
    let same: Vec<Option<usize>> =
        classes.iter().map(|class| own.iter().position(|own| own.eq_ignore_ascii_case(class))).collect();
    let bag = |(number, clip): (usize, &Clip)| Bag {
        width: clip.width,
        embeddings: clip.steps.iter().map(|x| f16::from_f32(*x)).collect(),
        truth: same
            .iter()
            .map(|same| match same {
                Some(own) if clip.classes[*own] => None,
                _ => Some(false),
            })
            .collect(),
        scene: Scene::Shipped,
        source: number,
        fold: (folds > 0).then(|| number % folds.max(1)),
        unit: first_unit + number,
        span_s: (0.0, 0.0),
    };
    clips.iter().enumerate().map(bag).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clip(value: f32, classes: [bool; 2]) -> Clip {
        Clip { width: EMBEDDING, steps: vec![value; 3 * EMBEDDING], classes: classes.to_vec() }
    }

    #[test]
    fn what_is_written_is_read() {
        let clips = [clip(1.0, [true, false]), clip(51.0 / 255.0, [false, false])];
        let bytes = write(&clips).unwrap();
        assert_eq!(parse(&bytes, 2).unwrap(), clips);
        assert!(parse(&bytes, 3).unwrap_err().to_string().contains("2 classes"));
        assert!(parse(&bytes[..40], 2).is_err());
        assert!(write(&[clip(1.5, [false; 2])]).is_err());
        assert!(write(&[]).is_err());
    }

    /// A new default package gets them by `rollcall-train teaching negatives`.
    #[test]
    fn the_default_package_brings_music_to_learn_beside() {
        let package = rollcall_models::for_teaching(rollcall_models::embedded().unwrap());
        let clips = read(&package).unwrap();
        assert!(clips.len() >= 1_000, "{} clips", clips.len());
        let plays = |class: usize| clips.iter().filter(|clip| clip.classes[class]).count();
        assert!((0..20).all(|class| plays(class) >= 20), "{:?}", (0..20).map(plays).collect::<Vec<_>>());
        assert!(clips.iter().any(|clip| clip.classes.iter().all(|plays| !plays)), "and some of noise");
    }

    #[test]
    fn a_class_of_the_same_name_may_play() {
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let clips = [clip(0.5, [true, false]), clip(0.5, [false, true])];
        let bags = bags(&clips, &names(&["banjo", "flute"]), &names(&["Flute", "oud"]), 2, 10);
        assert_eq!(bags[0].truth, [Some(false), Some(false)]);
        assert_eq!(bags[1].truth, [None, Some(false)]);
        assert_eq!((bags[1].unit, bags[1].fold), (11, Some(1)));
    }
}
