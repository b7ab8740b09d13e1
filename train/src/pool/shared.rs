//! Which sources of different parts share recordings, by the sound of them ([`crate::audio::fingerprint`]): what shares a library stays in one part.

use super::maker::recordings;
use crate::audio::decode::decode;
use crate::audio::fingerprint::Print;
use crate::base::stem::Split;
use crate::base::threads::parallel;
use crate::sources::collections::{self, Content};
use crate::sources::parts::{is_page, part_of};
use anyhow::{Context, Result};
use rollcall_engine::SAMPLE_RATE_HZ;
use serde::Deserialize;
use std::{
    collections::BTreeMap,
    fmt,
    path::{Path, PathBuf},
};

/// What two sources have in common.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shared {
    /// Source and part of the one.
    pub one: (String, Split),
    /// Source and part of the other.
    pub other: (String, Split),
    /// Pairs of recordings that are one.
    pub pairs: usize,
    /// How well the waveforms of the surest pair correlate, in thousandths.
    pub alike: u32,
    /// The first of them.
    pub example: (String, String),
}

impl fmt::Display for Shared {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ((one, part), (other, other_part)) = (&self.one, &self.other);
        let (a, b) = &self.example;
        write!(
            out,
            "{one} ({part:?}) and {other} ({other_part:?}) share {} recordings (0.{:03}): {a} is {b}",
            self.pairs, self.alike
        )
    }
}

/// A file that is used, or that judges.
struct File {
    path: PathBuf,
    source: String,
    part: Split,
}

/// What was looked at, and what is shared.
#[derive(Clone, Debug, Default)]
pub struct Looked {
    /// Recordings with a print.
    pub recordings: usize,
    /// Sources that share recordings across parts.
    pub shared: Vec<Shared>,
}

/// Compares the beginnings of all labelled recordings and of all notes, strokes, noises and pieces with known players in packages, where they are
/// in different parts. Recordings that judge (`pages-...`) count as sealed. Packages that are not fetched are left out, and said; speech and
/// whole music are of one group a package.
///
/// # Errors
/// A folder that cannot be read. A file that does not decode is left out, and said.
pub fn shared(packages: Option<&Path>, folder: Option<&Path>) -> Result<Looked> {
    let mut files = Vec::new();
    if let Some(folder) = folder {
        labelled(folder, &mut files)?;
    }
    if let Some(packages) = packages {
        packaged(packages, &mut files)?;
    }
    let prints = parallel(files.len(), |i| match decode(&files[i].path, SAMPLE_RATE_HZ) {
        Ok(samples) => Print::of(&samples),
        Err(error) => {
            eprintln!("left out: {error:#}");
            Ok(None)
        }
    });
    let prints: Vec<Option<Print>> = prints.into_iter().collect::<Result<_>>()?;
    let found = parallel(files.len(), |i| {
        let Some(print) = &prints[i] else { return Vec::new() };
        let others = (i + 1..files.len()).filter(|&j| files[j].part != files[i].part);
        others.filter_map(|j| Some((j, prints[j].as_ref().and_then(|p| print.same(p))?))).collect()
    });
    let mut shared: BTreeMap<[(String, Split); 2], Shared> = BTreeMap::new();
    for (i, others) in found.into_iter().enumerate() {
        for (j, alike) in others {
            let (a, b) = (&files[i], &files[j]);
            let [one, other] = [a, b].map(|file| (file.source.clone(), file.part));
            let name = |file: &File| file.path.display().to_string();
            let found = shared.entry([one.clone(), other.clone()]).or_insert_with(|| Shared {
                one,
                other,
                pairs: 0,
                alike: 0,
                example: (name(a), name(b)),
            });
            found.pairs += 1;
            found.alike = found.alike.max((999.0 * alike) as u32);
        }
    }
    Ok(Looked { recordings: prints.iter().flatten().count(), shared: shared.into_values().collect() })
}

fn labelled(folder: &Path, files: &mut Vec<File>) -> Result<()> {
    #[derive(Deserialize)]
    struct Entry {
        path: String,
        source: String,
        split: Split,
    }
    let path = folder.join("index.csv");
    let mut reader = csv::Reader::from_path(&path).with_context(|| path.display().to_string())?;
    for entry in reader.deserialize() {
        let entry: Entry = entry.with_context(|| path.display().to_string())?;
        let part = if is_page(&entry.source) {
            Some(Split::Sealed)
        } else {
            part_of(&entry.source, &entry.path, entry.split)
        };
        files.extend(part.map(|part| File { path: folder.join(&entry.path), source: entry.source, part }));
    }
    Ok(())
}

fn packaged(packages: &Path, files: &mut Vec<File>) -> Result<()> {
    for collection in collections::all() {
        let folder = collection.package.folder(packages).join(collection.folder);
        let of = |paths: Vec<PathBuf>| {
            paths.into_iter().map(|path| File {
                path,
                source: collection.group.to_owned(),
                part: collection.split,
            })
        };
        if !folder.exists() {
            eprintln!("left out: {} is not fetched", collection.package.name);
            continue;
        }
        match collection.content {
            Content::Known(known) => files.extend(of(known.iter().map(|k| folder.join(k.file)).collect())),
            Content::Notes(_) | Content::Kit | Content::Outside => files.extend(of(recordings(&folder)?)),
            Content::Noises(names) => {
                let stem = |path: &Path| path.file_stem().map(|s| s.to_string_lossy().into_owned());
                let mut found = recordings(&folder)?;
                found.retain(|path| stem(path).is_some_and(|stem| names.hold(&stem)));
                files.extend(of(found));
            }
            Content::Patches | Content::Speech | Content::Music => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::seed;
    use hound::{SampleFormat, WavSpec, WavWriter};

    /// A note of chance by its name, at a rate.
    fn write(path: &Path, name: &str, rate: u32) {
        let mut rng = seed::rng(2, name);
        let partials: Vec<(f32, f32)> = (1..9)
            .map(|n| (n as f32 * 196.0 * (1.0 + 0.003 * rng.f32()), std::f32::consts::TAU * rng.f32()))
            .collect();
        let spec =
            WavSpec { channels: 1, sample_rate: rate, bits_per_sample: 16, sample_format: SampleFormat::Int };
        let mut wav = WavWriter::create(path, spec).unwrap();
        for n in 0..2 * rate {
            let t = n as f32 / rate as f32;
            let tone: f32 =
                partials.iter().map(|(hz, phase)| (hz * t * std::f32::consts::TAU + phase).sin()).sum();
            wav.write_sample((3_000.0 * tone * (-t).exp()) as i16).unwrap();
        }
        wav.finalize().unwrap();
    }

    #[test]
    fn libraries_that_share_a_note_across_parts_are_named() {
        let folder = tempfile::tempdir().unwrap();
        let rows = [
            ("a.wav", "library", "train", "one", 44_100),
            ("b.wav", "copy", "valid", "one", 16_000),
            ("c.wav", "own", "valid", "two", 16_000),
            ("d.wav", "again", "train", "one", 22_050),
            ("e.wav", "pages-x", "valid", "two", 22_050),
        ];
        let mut index = "path,source,split\n".to_owned();
        for (file, source, split, note, rate) in rows {
            write(&folder.path().join(file), note, rate);
            index += &format!("{file},{source},{split}\n");
        }
        std::fs::write(folder.path().join("index.csv"), index).unwrap();
        let looked = shared(None, Some(folder.path())).unwrap();
        let found: Vec<_> =
            looked.shared.iter().map(|s| (s.one.0.as_str(), s.other.0.as_str(), s.pairs)).collect();
        assert_eq!(found, [("copy", "again", 1), ("library", "copy", 1), ("own", "pages-x", 1)]);
        assert_eq!(looked.recordings, 5);
        assert!(
            looked.shared[1].to_string().contains("library (Train) and copy (Valid) share 1 recordings (0.9")
        );
    }
}
