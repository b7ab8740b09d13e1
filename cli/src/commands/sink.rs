//! Where results meet: standard output, one file for all, or a file for each.

use crate::analyze::Analysis;
use crate::inputs::Input;
use crate::output::{self, AtomicFile, EmbeddingsFile, FormatName, Look, Plan, Setting, Target};
use anyhow::{Context, Result, anyhow};
use rollcall_files::Place;
use std::{
    collections::BTreeSet,
    io::{self, BufWriter, IsTerminal, Write},
    path::{Path, PathBuf},
};

/// Columns of text where there is no terminal.
const PLAIN_WIDTH: usize = 100;

/// Takes results in their order: those that share one output, and embeddings.
pub(super) struct Sinks {
    results: Sink,
    embeddings: Option<EmbeddingsFile>,
}

impl Sinks {
    pub(super) fn new(plan: &Plan) -> Result<Self> {
        let begin = |target| EmbeddingsFile::begin(target, plan.is_forced, plan.is_each_channel);
        Ok(Self { results: Sink::new(plan)?, embeddings: plan.embeddings.as_ref().map(begin).transpose()? })
    }

    /// Writes what there is to be written of the next one.
    pub(super) fn take(&mut self, analysis: &mut Analysis) -> Result<()> {
        self.results.take(analysis)?;
        self.embeddings.as_mut().map_or(Ok(()), |embeddings| embeddings.take(analysis))
    }

    /// Gives the shared files their names. Without any result there are none.
    pub(super) fn finish(self) -> Result<()> {
        self.results.finish()?;
        self.embeddings.map_or(Ok(()), EmbeddingsFile::finish)
    }
}

/// Takes results in their order, where they share one output.
enum Sink {
    Stdout {
        format: FormatName,
        is_first: bool,
        width: usize,
        look: Look,
    },
    File {
        format: FormatName,
        is_first: bool,
        path: PathBuf,
        file: AtomicFile,
        look: Look,
    },
    /// Each result was written by whoever made it.
    Each,
}

impl Sink {
    fn new(plan: &Plan) -> Result<Self> {
        Ok(match &plan.target {
            Target::Stdout(format) => {
                let terminal =
                    terminal_size::terminal_size_of(io::stdout()).filter(|_| io::stdout().is_terminal());
                let width = terminal.map_or(PLAIN_WIDTH, |(width, _)| usize::from(width.0));
                Self::Stdout { format: *format, is_first: true, width, look: plan.look }
            }
            Target::File(format, path) => {
                let file =
                    AtomicFile::create(path, plan.is_forced).with_context(|| path.display().to_string())?;
                Self::File { format: *format, is_first: true, path: path.clone(), file, look: plan.look }
            }
            Target::Each(..) => Self::Each,
        })
    }

    /// Writes the next result.
    fn take(&mut self, analysis: &mut Analysis) -> Result<()> {
        match self {
            Self::Stdout { format, is_first, width, look } => {
                let is_first = std::mem::take(is_first);
                let setting = Setting { is_first, width: *width, look: *look, folder: Path::new("") };
                if *format == FormatName::Summary {
                    let mut out = BufWriter::new(anstream::stdout().lock());
                    output::write(*format, analysis, setting, &mut out)?;
                    out.flush()?;
                } else {
                    let mut out = BufWriter::new(io::stdout().lock());
                    output::write(*format, analysis, setting, &mut out)?;
                    out.flush()?;
                }
                Ok(())
            }
            Self::File { format, is_first, path, file, look } => {
                let setting = plain(std::mem::take(is_first), *look, path);
                write_plain(*format, analysis, setting, file).with_context(|| path.display().to_string())
            }
            Self::Each => Ok(()),
        }
    }

    /// Gives the shared file its name. Without any result there is no file.
    fn finish(self) -> Result<()> {
        match self {
            Self::File { is_first: false, path, file, .. } => {
                file.commit().with_context(|| path.display().to_string())
            }
            _ => Ok(()),
        }
    }
}

/// What happens to results that are there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Old {
    /// They end the work on their file.
    Refused,
    /// They are written over.
    Replaced,
    /// They stay, and what is missing is written.
    Kept,
}

/// Writes an input's own files, with [`Target::Each`]: each of them whole or not at all.
pub(super) fn write_each(plan: &Plan, input: &Input, analysis: &mut Analysis, old: Old) -> Result<()> {
    let channel = analysis.one_of_each().map(str::to_owned);
    for (format, path) in plan.files(input, channel.as_deref()) {
        if old == Old::Kept && path.exists() {
            continue;
        }
        let mut write = || -> Result<()> {
            let mut file = AtomicFile::create(&path, old == Old::Replaced)?;
            write_plain(format, analysis, plain(true, plan.look, &path), &mut file)?;
            Ok(file.commit()?)
        };
        write().with_context(|| path.display().to_string())?;
    }
    Ok(())
}

/// Fails before the work if the results could not be written after it.
pub(super) fn check_each(plan: &Plan, input: &Input, channel: Option<&str>) -> Result<()> {
    for (_, path) in plan.files(input, channel) {
        AtomicFile::check(&path, false).map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => {
                anyhow!("{} exists already; use --force to overwrite it", path.display())
            }
            _ => anyhow!("{}: {error}", path.display()),
        })?;
    }
    Ok(())
}

/// Removes what killed runs left half done where this one will write.
pub(super) fn sweep(plan: &Plan, inputs: &[Input]) -> Result<()> {
    let shared = match &plan.target {
        Target::File(_, path) => Some(path.clone()),
        Target::Stdout(_) | Target::Each(..) => None,
    };
    let shared = shared.into_iter().chain(plan.embeddings.as_ref().map(|target| target.path.clone()));
    let each = inputs.iter().flat_map(|input| plan.files(input, None)).map(|(_, path)| path);
    let folders: BTreeSet<PathBuf> = each.chain(shared).filter_map(|path| Place::folder(&path)).collect();
    for folder in folders.iter().filter(|folder| folder.is_dir()) {
        AtomicFile::sweep(folder).with_context(|| folder.display().to_string())?;
    }
    Ok(())
}

/// Where there is no terminal.
fn plain(is_first: bool, look: Look, path: &Path) -> Setting<'_> {
    Setting { is_first, width: PLAIN_WIDTH, look, folder: path.parent().unwrap_or(Path::new("")) }
}

fn write_plain(
    format: FormatName,
    analysis: &mut Analysis,
    setting: Setting<'_>,
    out: &mut dyn Write,
) -> Result<()> {
    if format == FormatName::Summary {
        let mut text = Vec::new();
        output::write(format, analysis, setting, &mut text)?;
        Ok(out.write_all(&anstream::adapter::strip_bytes(&text).into_vec())?)
    } else {
        output::write(format, analysis, setting, out)
    }
}
