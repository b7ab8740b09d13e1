//! Sets on disk, as NumPy archives that any other program reads and writes too.
//!
//! Arrays: `X` `[clips, steps, 128]`, or `[all steps, 128]` beside `steps` `[clips]` where clips differ in length; `Y_true` and
//! `Y_mask` `[clips, classes]`; `sample_key` `[clips]`; `part` `[clips]` (0 train, 1 validation, 2 test); `classes` `[classes]`.
//! The first four are named as in OpenMIC-2018.

use super::set::{Clip, EmbeddingSet, Part};
use crate::nn::head::WIDTH;
use anyhow::{Context, Result, ensure};
use rollcall_import::npz::{Npz, NpzWriter, Numbers};
use std::path::Path;

impl EmbeddingSet {
    /// Reads an archive and checks the set.
    ///
    /// # Errors
    /// An array that is missing or of another shape, or anything that [`EmbeddingSet::check`] finds.
    pub fn load(path: &Path) -> Result<Self> {
        let mut npz = Npz::open(path)?;
        let (keys, classes) = (npz.strings("sample_key")?, npz.strings("classes")?);
        let (n, c) = (keys.len(), classes.len());
        let array = |name: &str, array: &Numbers, expected: &[usize]| -> Result<()> {
            let found = &array.shape;
            ensure!(found == expected, "{}: {name} is {found:?}, expected {expected:?}", path.display());
            Ok(())
        };
        let x = npz.numbers("X")?;
        let steps: Vec<usize> = match x.shape[..] {
            [clips, steps, WIDTH] if clips == n => vec![steps; n],
            [all, WIDTH] => {
                let steps = npz.numbers("steps")?;
                array("steps", &steps, &[n])?;
                let steps: Vec<usize> = steps.values.iter().map(|v| *v as usize).collect();
                array("X", &x, &[steps.iter().sum(), WIDTH]).with_context(|| {
                    format!("steps add up to {}, X has {all}", steps.iter().sum::<usize>())
                })?;
                steps
            }
            _ => {
                array("X", &x, &[n, 10, WIDTH])?;
                unreachable!("the shape was neither of the two allowed")
            }
        };
        let (truth, known, parts) = (npz.numbers("Y_true")?, npz.numbers("Y_mask")?, npz.numbers("part")?);
        array("Y_true", &truth, &[n, c])?;
        array("Y_mask", &known, &[n, c])?;
        array("part", &parts, &[n])?;
        let mut set = Self { classes, train: Vec::new(), valid: Vec::new(), test: Vec::new() };
        let mut first = 0;
        for (i, key) in keys.into_iter().enumerate() {
            let values = first * WIDTH..(first + steps[i]) * WIDTH;
            first += steps[i];
            let clip = Clip {
                key,
                steps: x.values[values].to_vec(),
                truth: truth.values[i * c..(i + 1) * c].to_vec(),
                known: known.values[i * c..(i + 1) * c].to_vec(),
            };
            let part =
                Part::ALL.into_iter().zip([0.0, 1.0, 2.0]).find(|(_, number)| *number == parts.values[i]);
            let (part, _) = part.with_context(|| {
                format!("{}: part of {} is {}, expected 0, 1 or 2", path.display(), clip.key, parts.values[i])
            })?;
            set.part_mut(part).push(clip);
        }
        set.check().with_context(|| format!("reading {}", path.display()))?;
        Ok(set)
    }

    /// Writes the set as an archive, whole or not at all.
    ///
    /// # Errors
    /// The disk.
    pub fn save(&self, path: &Path) -> Result<()> {
        let clips: Vec<&Clip> = Part::ALL.into_iter().flat_map(|part| self.part(part)).collect();
        let (n, c) = (clips.len(), self.classes.len());
        let mut npz = NpzWriter::create(path)?;
        let lengths: Vec<f32> = clips.iter().map(|clip| clip.len() as f32).collect();
        let values = clips.iter().flat_map(|clip| &clip.steps);
        if lengths.windows(2).all(|pair| pair[0] == pair[1]) {
            npz.floats("X", &[n, lengths.first().map_or(0, |l| *l as usize), WIDTH], values)?;
        } else {
            npz.floats("X", &[clips.iter().map(|clip| clip.len()).sum(), WIDTH], values)?;
            npz.floats("steps", &[n], &lengths)?;
        }
        npz.floats("Y_true", &[n, c], clips.iter().flat_map(|clip| &clip.truth))?;
        npz.floats("Y_mask", &[n, c], clips.iter().flat_map(|clip| &clip.known))?;
        let numbers = Part::ALL.into_iter().zip([0.0, 1.0, 2.0]);
        let parts: Vec<f32> = numbers.flat_map(|(p, number)| vec![number; self.part(p).len()]).collect();
        npz.floats("part", &[n], &parts)?;
        npz.strings("sample_key", &clips.iter().map(|clip| clip.key.clone()).collect::<Vec<_>>())?;
        npz.strings("classes", &self.classes)?;
        Ok(npz.finish()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clip(key: &str, steps: usize) -> Clip {
        let steps = (0..steps * WIDTH).map(|i| i as f32 / 7.0).collect();
        Clip { key: key.into(), steps, truth: vec![1.0, 0.25, 0.0], known: vec![1.0, 0.0, 1.0] }
    }

    #[test]
    fn comes_back_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("set.npz");
        for lengths in [[3, 3, 3], [2, 5, 1]] {
            let set = EmbeddingSet {
                classes: ["bass", "mallet_percussion", "ű"].map(String::from).to_vec(),
                train: vec![clip("000046_3840", lengths[0]), clip("ééé", lengths[1])],
                valid: vec![clip("b", lengths[2])],
                test: vec![clip("c", lengths[0])],
            };
            set.save(&path).unwrap();
            assert_eq!(EmbeddingSet::load(&path).unwrap(), set);
        }
        let mut broken = std::fs::read(&path).unwrap();
        broken.truncate(broken.len() / 2);
        std::fs::write(&path, broken).unwrap();
        let error = format!("{:#}", EmbeddingSet::load(&path).unwrap_err());
        assert!(error.contains("set.npz is no readable archive"), "{error}");
    }
}
