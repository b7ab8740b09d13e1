//! Parquet, long form: one row for each step and class, and one for each class and the whole file.
//!
//! | column | type | holds |
//! | --- | --- | --- |
//! | `file` | string | path as given |
//! | `time_s` | double, null for the whole file | centre of the step |
//! | `class` | string | class |
//! | `activity` | float | activity of the step; posterior of the whole file |
//!
//! Where each channel is heard by itself, a fifth column `channel` tells which. Model, settings and length stand in the file's key-value metadata under `rollcall`, as JSON.

use super::parquet_file::{GROUP_STEPS, plain, properties};
use crate::analyze::{Analysis, Row};
use parquet::{
    data_type::{ByteArray, ByteArrayType, DoubleType, FloatType},
    errors::ParquetError,
    file::writer::{SerializedFileWriter, SerializedRowGroupWriter},
    schema::parser::parse_message_type,
};
use serde_json::json;
use std::{
    io::{self, Seek, Write},
    sync::Arc,
};

const COLUMNS: &str = "
    required binary file (UTF8);
    optional double time_s;
    required binary class (UTF8);
    required float activity;";
const CHANNEL: &str = "
    required binary channel (UTF8);";

pub(super) fn write(analysis: &mut Analysis, out: &mut dyn Write) -> io::Result<()> {
    // The writer wants to own something that may change threads.
    let mut spool = tempfile::SpooledTempFile::new(1 << 20);
    write_to(analysis, &mut spool).map_err(plain)?;
    spool.rewind()?;
    io::copy(&mut spool, out)?;
    Ok(())
}

fn write_to(analysis: &mut Analysis, out: &mut tempfile::SpooledTempFile) -> Result<(), ParquetError> {
    let timeline = &analysis.timeline;
    let head = json!({
        "schema": timeline.schema,
        "duration_s": timeline.duration_s,
        "sample_rate_hz": timeline.sample_rate_hz,
        "channels": timeline.channels,
        "model": timeline.model,
        "settings": timeline.settings,
        "classes": timeline.classes,
        "hop_s": timeline.hop_s,
        "window_s": timeline.window_s,
        "incomplete": analysis.incomplete,
        "channel": analysis.channel,
        "notes": analysis.notes,
        "file_bytes": analysis.file_bytes,
        "others": analysis.others,
    });
    let channel = analysis.one_of_each().map(ByteArray::from);
    let schema = format!("message rollcall {{{COLUMNS}{}}}", if channel.is_some() { CHANNEL } else { "" });
    let mut file = SerializedFileWriter::new(out, Arc::new(parse_message_type(&schema)?), properties(&head))?;
    let timeline = &analysis.timeline;
    let name = (ByteArray::from(timeline.file.as_str()), channel);
    let classes: Vec<ByteArray> =
        timeline.classes.iter().map(|class| ByteArray::from(class.as_str())).collect();
    let clip =
        timeline.classes.iter().map(|class| timeline.clip.get(class).copied().unwrap_or(0.0)).collect();
    let mut steps = vec![(None, clip)];
    for row in analysis.rows.read().map_err(external)? {
        let Row { time_s, activity } = row.map_err(external)?;
        steps.push((Some(time_s), activity));
        if steps.len() >= GROUP_STEPS {
            write_group(file.next_row_group()?, &name, &classes, &steps)?;
            steps.clear();
        }
    }
    write_group(file.next_row_group()?, &name, &classes, &steps)?;
    file.close()?;
    Ok(())
}

fn write_group<W: Write + Send>(
    mut group: SerializedRowGroupWriter<'_, W>,
    (name, channel): &(ByteArray, Option<ByteArray>),
    classes: &[ByteArray],
    steps: &[(Option<f64>, Vec<f32>)],
) -> Result<(), ParquetError> {
    let rows = steps.len() * classes.len();
    let names = vec![name.clone(); rows];
    let times: Vec<f64> =
        steps.iter().filter_map(|step| step.0).flat_map(|time_s| vec![time_s; classes.len()]).collect();
    let is_there: Vec<i16> =
        steps.iter().flat_map(|step| vec![i16::from(step.0.is_some()); classes.len()]).collect();
    let who: Vec<ByteArray> = steps.iter().flat_map(|_| classes.iter().cloned()).collect();
    let values: Vec<f32> = steps.iter().flat_map(|step| step.1.iter().copied()).collect();
    let mut index = 0;
    while let Some(mut column) = group.next_column()? {
        match index {
            0 => column.typed::<ByteArrayType>().write_batch(&names, None, None)?,
            1 => column.typed::<DoubleType>().write_batch(&times, Some(&is_there), None)?,
            2 => column.typed::<ByteArrayType>().write_batch(&who, None, None)?,
            3 => column.typed::<FloatType>().write_batch(&values, None, None)?,
            _ => {
                let channels = vec![channel.clone().unwrap_or_default(); rows];
                column.typed::<ByteArrayType>().write_batch(&channels, None, None)?
            }
        };
        column.close()?;
        index += 1;
    }
    group.close()?;
    Ok(())
}

fn external(error: io::Error) -> ParquetError {
    ParquetError::External(Box::new(error))
}
