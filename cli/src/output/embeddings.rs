//! The embedding of each step as a table: NumPy's `.npy` of one recording, Parquet of many.
//!
//! A row is [`EMBEDDING`] numbers, what the model's attention head was given for the 0.96 s round one step: post-processed, so in 0..=1 for
//! the packages of this project; all 0 where the level gate was closed and nothing was heard. Rows are as far apart as steps are
//! (`--update`, 0.16 s by default), and the first is centred on the first frame (`--start`).
//!
//! | format | holds |
//! | --- | --- |
//! | `.npy` | 32-bit floats, little-endian, `[steps, 128]` in C order |
//! | `.parquet` | a row a step: `file` (string), `channel` (string; where each is heard by itself), `time_s` (double, the step's centre), `embedding` (list of 128 floats); `model`, `hop_s`, `window_s` and `dimensions` in the key-value metadata under `rollcall`, as JSON |
//!
//! Two embeddings can be compared if the model that made them has one hash: another package, and another version of one, has axes of its own.

use super::parquet_file::{GROUP_STEPS, plain, properties};
use crate::analyze::{Analysis, Row};
use anyhow::{Context, Result, bail};
use npyz::WriterBuilder;
use parquet::{
    data_type::{ByteArray, ByteArrayType, DoubleType, FloatType},
    errors::ParquetError,
    file::writer::SerializedFileWriter,
    schema::parser::parse_message_type,
};
use rollcall_engine::EMBEDDING;
use rollcall_files::AtomicFile;
use serde_json::json;
use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

/// How embeddings are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EmbeddingsFormat {
    /// One array.
    Npy,
    /// A table of many recordings.
    Parquet,
}

/// Where embeddings go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EmbeddingsTarget {
    /// As the file's name says it.
    pub format: EmbeddingsFormat,
    /// The file.
    pub path: PathBuf,
}

impl EmbeddingsTarget {
    /// By a file's name.
    ///
    /// # Errors
    /// It ends in neither `.npy` nor `.parquet`.
    pub fn of_path(path: &Path) -> Result<Self> {
        let ending = path.extension().and_then(|ending| ending.to_str()).map(str::to_ascii_lowercase);
        let format = match ending.as_deref() {
            Some("npy") => EmbeddingsFormat::Npy,
            Some("parquet") => EmbeddingsFormat::Parquet,
            _ => bail!("--embeddings {}: the name must end in .npy or .parquet", path.display()),
        };
        Ok(Self { format, path: path.to_owned() })
    }
}

/// The file on its way; there whole, or not at all.
pub(crate) struct EmbeddingsFile {
    path: PathBuf,
    is_each_channel: bool,
    /// Nothing after an error.
    state: Option<State>,
}

enum State {
    /// Nothing has come yet: without a recording there is no file.
    Empty(EmbeddingsFormat, AtomicFile),
    /// The one array.
    Array(AtomicFile),
    Table(SerializedFileWriter<AtomicFile>),
}

impl EmbeddingsFile {
    pub(crate) fn begin(target: &EmbeddingsTarget, is_forced: bool, is_each_channel: bool) -> Result<Self> {
        let EmbeddingsTarget { format, path } = target;
        let file = AtomicFile::create(path, is_forced)
            .with_context(|| format!("--embeddings {}", path.display()))?;
        Ok(Self { path: path.clone(), is_each_channel, state: Some(State::Empty(*format, file)) })
    }

    /// Writes those of the next recording, or of the next channel of one.
    pub(crate) fn take(&mut self, analysis: &mut Analysis) -> Result<()> {
        let is_each_channel = self.is_each_channel;
        let state = self.state.take().context("embeddings could not be written before")?;
        let write = || -> Result<State> {
            Ok(match state {
                State::Empty(EmbeddingsFormat::Npy, file) => State::Array(write_array(file, analysis)?),
                State::Empty(EmbeddingsFormat::Parquet, file) => {
                    write_rows(begin_table(file, analysis, is_each_channel)?, analysis, is_each_channel)?
                }
                State::Table(table) => write_rows(table, analysis, is_each_channel)?,
                State::Array(_) => bail!("a .npy holds the embeddings of one recording"),
            })
        };
        self.state = Some(write().with_context(|| self.path.display().to_string())?);
        Ok(())
    }

    /// Gives it its name.
    pub(crate) fn finish(self) -> Result<()> {
        let commit = || -> Result<()> {
            match self.state {
                None | Some(State::Empty(..)) => Ok(()),
                Some(State::Array(file)) => Ok(file.commit()?),
                Some(State::Table(table)) => Ok(table.into_inner().map_err(plain)?.commit()?),
            }
        };
        commit().with_context(|| self.path.display().to_string())
    }
}

/// Each step's second and embedding.
fn rows(analysis: &mut Analysis) -> Result<impl Iterator<Item = io::Result<Row>> + '_> {
    let rows = analysis.embeddings.as_mut().context("the analysis kept no embeddings")?;
    Ok(rows.read()?)
}

fn write_array(mut file: AtomicFile, analysis: &mut Analysis) -> Result<AtomicFile> {
    let steps = analysis.embeddings.as_ref().map_or(0, crate::analyze::Rows::count);
    let mut array = npyz::WriteOptions::<f32>::new()
        .dtype(npyz::DType::Plain("<f4".parse().expect("a type that NumPy has")))
        .shape(&[steps, EMBEDDING as u64])
        .writer(&mut file)
        .begin_nd()?;
    for row in rows(analysis)? {
        array.extend(row?.activity)?;
    }
    array.finish()?;
    Ok(file)
}

const FILE: &str = "required binary file (UTF8);";
const CHANNEL: &str = "required binary channel (UTF8);";
const STEP: &str = "
    required double time_s;
    required group embedding (LIST) { repeated group list { required float element; } }";

fn begin_table(
    file: AtomicFile,
    analysis: &Analysis,
    is_each_channel: bool,
) -> Result<SerializedFileWriter<AtomicFile>> {
    let timeline = &analysis.timeline;
    let head = json!({
        "schema": "rollcall.embeddings/1",
        "model": timeline.model,
        "hop_s": timeline.hop_s,
        "window_s": timeline.window_s,
        "dimensions": EMBEDDING,
    });
    let channel = if is_each_channel { CHANNEL } else { "" };
    let schema = parse_message_type(&format!("message rollcall {{ {FILE} {channel} {STEP} }}"))?;
    Ok(SerializedFileWriter::new(file, Arc::new(schema), properties(&head)).map_err(plain)?)
}

fn write_rows(
    mut table: SerializedFileWriter<AtomicFile>,
    analysis: &mut Analysis,
    is_each_channel: bool,
) -> Result<State> {
    let name = ByteArray::from(analysis.timeline.file.as_str());
    let channel = is_each_channel.then(|| ByteArray::from(analysis.one_of_each().unwrap_or_default()));
    let names: Vec<ByteArray> = [Some(name), channel].into_iter().flatten().collect();
    let mut steps = Vec::new();
    for row in rows(analysis)? {
        steps.push(row?);
        if steps.len() == GROUP_STEPS {
            write_group(&mut table, &names, &steps).map_err(plain)?;
            steps.clear();
        }
    }
    if !steps.is_empty() {
        write_group(&mut table, &names, &steps).map_err(plain)?;
    }
    Ok(State::Table(table))
}

fn write_group(
    table: &mut SerializedFileWriter<AtomicFile>,
    names: &[ByteArray],
    steps: &[Row],
) -> Result<(), ParquetError> {
    let mut group = table.next_row_group()?;
    for name in names {
        let mut column = group.next_column()?.expect("a column a name");
        column.typed::<ByteArrayType>().write_batch(&vec![name.clone(); steps.len()], None, None)?;
        column.close()?;
    }
    let mut column = group.next_column()?.expect("times");
    let times: Vec<f64> = steps.iter().map(|step| step.time_s).collect();
    column.typed::<DoubleType>().write_batch(&times, None, None)?;
    column.close()?;
    let mut column = group.next_column()?.expect("embeddings");
    let values: Vec<f32> = steps.iter().flat_map(|step| step.activity.iter().copied()).collect();
    // Each number is there, and each but the first of a list goes on with that list.
    let is_there = vec![1; values.len()];
    let goes_on: Vec<i16> = (0..values.len()).map(|i| i16::from(i % EMBEDDING != 0)).collect();
    column.typed::<FloatType>().write_batch(&values, Some(&is_there), Some(&goes_on))?;
    column.close()?;
    group.close()?;
    Ok(())
}
