//! Where each result goes, decided before anything is analysed.

use super::FormatName;
use super::embeddings::{EmbeddingsFormat, EmbeddingsTarget};
use super::setting::Look;
use crate::{args::OutputArgs, inputs::Input};
use anyhow::{Context, Result, bail, ensure};
use rollcall_files::{AtomicFile, Place, one_of_a_kind};
use sha2::{Digest, Sha256};
use std::{
    collections::HashMap,
    ffi::{OsStr, OsString},
    fs,
    io::IsTerminal,
    path::{Path, PathBuf},
};

/// Longest name of a file, on nearly every system.
const MAX_NAME_BYTES: usize = 255;

/// One place for all results, or one for each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// All to standard output.
    Stdout(FormatName),
    /// All to one file.
    File(FormatName, PathBuf),
    /// One file for each input and format, into this folder; beside the inputs if `None`.
    Each(Vec<FormatName>, Option<PathBuf>),
}

/// Where each result goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The place.
    pub target: Target,
    /// Whether files that exist are overwritten.
    pub is_forced: bool,
    /// Pictures of `--plot`, a file for each input beside what `target` says.
    pub pictures: Vec<FormatName>,
    /// Whether each channel has results of its own.
    pub is_each_channel: bool,
    /// How pictures look.
    pub look: Look,
    /// Where embeddings go, if they are wanted.
    pub embeddings: Option<EmbeddingsTarget>,
}

impl Plan {
    /// Checks the options against the inputs.
    ///
    /// # Errors
    /// Options that contradict each other or the inputs; an output that exists, or that is also an input, or that two
    /// inputs would share.
    pub fn new(args: &OutputArgs, inputs: &[Input], is_each_channel: bool) -> Result<Self> {
        let mut formats = args.format.clone();
        let mut seen = Vec::new();
        formats.retain(|format| {
            !seen.contains(format) && {
                seen.push(*format);
                true
            }
        });
        let output = args.output.as_deref().filter(|path| path.as_os_str() != "-");
        if formats.is_empty() {
            formats.push(match output {
                _ if args.out_dir.is_some() || args.beside => FormatName::Json,
                None => FormatName::Summary,
                Some(path) => match FormatName::of_path(path) {
                    Some(format) => format,
                    None if Place::is_stream(path) => FormatName::Summary,
                    None => bail!("--output {}: the name tells no format; add --format", path.display()),
                },
            });
        }
        let target = if args.out_dir.is_some() || args.beside {
            Target::Each(formats, args.out_dir.clone())
        } else {
            let [format] = formats[..] else {
                bail!("several formats do not fit into one output; add --out-dir DIR or --beside");
            };
            ensure!(
                format.is_joinable() || (inputs.len() <= 1 && !is_each_channel),
                "{} results of several files or channels do not fit into one output; add --out-dir DIR or --beside",
                name(format)
            );
            match output {
                None => Target::Stdout(format),
                Some(path) => Target::File(format, path.to_owned()),
            }
        };
        let look = Look { theme: args.theme, audio: args.audio };
        let embeddings = args.embeddings.as_deref().map(EmbeddingsTarget::of_path).transpose()?;
        let pictures = args.pictures();
        let plan = Self { target, is_forced: args.force, pictures, is_each_channel, look, embeddings };
        plan.check(inputs)?;
        Ok(plan)
    }

    /// Whether any picture is to be drawn.
    pub fn has_pictures(&self) -> bool {
        let is_target = match &self.target {
            Target::Stdout(format) | Target::File(format, _) => format.is_picture(),
            Target::Each(formats, _) => formats.iter().any(|format| format.is_picture()),
        };
        is_target || !self.pictures.is_empty()
    }

    /// What the names of an input's own files begin with.
    pub fn base(&self, input: &Input) -> PathBuf {
        let folder = match &self.target {
            Target::Each(_, folder) => folder.as_deref(),
            Target::File(_, path) => path.parent(),
            Target::Stdout(_) => Some(Path::new("")),
        };
        folder.map_or_else(|| input.path.clone(), |folder| folder.join(&input.relative))
    }

    /// The files of an input's own: its results with `Target::Each`, and its pictures; of one channel, where each has its own.
    pub fn files(&self, input: &Input, channel: Option<&str>) -> Vec<(FormatName, PathBuf)> {
        let formats = match &self.target {
            Target::Each(formats, _) => &formats[..],
            Target::File(..) | Target::Stdout(_) => &[],
        };
        let base = self.base(input);
        let result = |format: &FormatName| {
            let channel = channel.map_or_else(String::new, |channel| format!(".ch{channel}"));
            let name = base.file_name().unwrap_or(base.as_os_str());
            (*format, base.with_file_name(named(name, &format!("{channel}.{}", format.suffix()))))
        };
        let pictures = self.pictures.iter().filter(|picture| !formats.contains(picture));
        formats.iter().chain(pictures).map(result).collect()
    }

    fn check(&self, inputs: &[Input]) -> Result<()> {
        match &self.target {
            Target::Stdout(format) => {
                ensure!(
                    !(format.is_binary() && std::io::stdout().is_terminal()),
                    "{} is nothing to read on a terminal; add --output FILE",
                    name(*format)
                );
            }
            Target::File(_, path) => self.check_shared("--output", path, inputs)?,
            Target::Each(_, folder) => ensure!(
                folder.is_some() || !inputs.iter().any(Input::is_stdin),
                "nothing stands beside standard input; use --output FILE or --out-dir DIR"
            ),
        }
        if let Some(EmbeddingsTarget { format, path }) = &self.embeddings {
            ensure!(
                *format == EmbeddingsFormat::Parquet || (inputs.len() <= 1 && !self.is_each_channel),
                "--embeddings {}: those of several files or channels do not fit into one .npy; name a .parquet",
                path.display()
            );
            self.check_shared("--embeddings", path, inputs)?;
            let is_result = matches!(&self.target, Target::File(_, result) if result == path);
            ensure!(!is_result, "--embeddings {}: is the file of --output, too", path.display());
        }
        let mut takers: HashMap<PathBuf, &Input> = HashMap::new();
        for input in inputs {
            for (_, path) in self.files(input, None) {
                if let Some(other) = takers.insert(one_of_a_kind(&path), input) {
                    bail!(
                        "{other} and {input} would both be written to {}; analyse their common folder, or use --beside",
                        path.display()
                    );
                }
            }
        }
        Ok(())
    }

    /// A file that all inputs share.
    fn check_shared(&self, option: &str, path: &Path, inputs: &[Input]) -> Result<()> {
        let is_same = |input: &Input| !input.is_stdin() && is_same_file(&input.path, path);
        ensure!(!inputs.iter().any(is_same), "{option} {}: is one of the inputs", path.display());
        AtomicFile::check(path, self.is_forced).with_context(|| format!("{option} {}", path.display()))
    }
}

/// A name and its ending; a name that would be longer than any system has them is cut, and bears a hash of the whole.
pub(crate) fn named(name: &OsStr, ending: &str) -> OsString {
    let mut whole = name.to_owned();
    whole.push(ending);
    if whole.len() <= MAX_NAME_BYTES {
        return whole;
    }
    let hash = Sha256::digest(name.as_encoded_bytes());
    let mark = format!("~{:08x}", u32::from_be_bytes([hash[0], hash[1], hash[2], hash[3]]));
    let text = name.to_string_lossy();
    let kept = text.floor_char_boundary(MAX_NAME_BYTES.saturating_sub(mark.len() + ending.len()));
    OsString::from(format!("{}{mark}{ending}", &text[..kept]))
}

fn name(format: FormatName) -> String {
    use clap::ValueEnum;
    format.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned())
}

fn is_same_file(a: &Path, b: &Path) -> bool {
    matches!((fs::canonicalize(a), fs::canonicalize(b)), (Ok(a), Ok(b)) if a == b)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn input(path: &str, relative: &str) -> Input {
        Input { path: path.into(), relative: relative.into(), problem: None }
    }

    #[test]
    fn formats_follow_names_and_places() {
        let one = [input("song.wav", "song.wav")];
        let plan = |args: OutputArgs| Plan::new(&args, &one, false);
        assert_eq!(plan(OutputArgs::default()).expect("a plan").target, Target::Stdout(FormatName::Summary));
        for (output, format) in [
            ("x.json", FormatName::Json),
            ("x.ranges.csv", FormatName::CsvRanges),
            ("x.csv", FormatName::Csv),
        ] {
            let args = OutputArgs { output: Some(output.into()), ..OutputArgs::default() };
            assert_eq!(plan(args).expect("a plan").target, Target::File(format, output.into()));
        }
        let args = OutputArgs { output: Some("x.xyz".into()), ..OutputArgs::default() };
        assert!(plan(args).is_err());
        let args = OutputArgs { format: vec![FormatName::Json, FormatName::Csv], ..OutputArgs::default() };
        assert!(plan(args).is_err());
    }

    #[test]
    fn the_longest_names_are_cut_and_stay_different() {
        let long = |last: &str| format!("{}{last}.wav", "\u{fc}".repeat(125));
        let names =
            ["a", "b"].map(|last| named(OsStr::new(&long(last)), ".ranges.csv").into_string().unwrap());
        assert!(names.iter().all(|name| name.len() <= 255 && name.ends_with(".ranges.csv")), "{names:?}");
        assert!(names.iter().all(|name| name.len() > 250) && names[0] != names[1], "{names:?}");
        assert_eq!(named(OsStr::new("a.wav"), ".json"), "a.wav.json");
    }

    #[test]
    fn names_keep_extensions_and_folders_and_never_meet() {
        let args = OutputArgs { out_dir: Some("out".into()), ..OutputArgs::default() };
        let inputs = [input("album/cd1/a.wav", "cd1/a.wav"), input("album/cd1/a.flac", "cd1/a.flac")];
        let plan = Plan::new(&args, &inputs, false).expect("a plan");
        assert_eq!(plan.files(&inputs[0], None), [(FormatName::Json, PathBuf::from("out/cd1/a.wav.json"))]);
        assert_eq!(
            plan.files(&inputs[1], Some("2")),
            [(FormatName::Json, PathBuf::from("out/cd1/a.flac.ch2.json"))]
        );
        let twins = [input("x/a.wav", "a.wav"), input("y/a.wav", "a.wav")];
        assert!(
            Plan::new(&args, &twins, false)
                .expect_err("one name for two")
                .to_string()
                .contains("out/a.wav.json")
        );
        let beside = OutputArgs { beside: true, ..OutputArgs::default() };
        assert!(Plan::new(&beside, &twins, false).is_ok());
    }
}
