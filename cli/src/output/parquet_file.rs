//! What the Parquet files of results and of embeddings have in common.

use parquet::basic::Compression;
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use serde_json::Value;
use std::{io, sync::Arc};

/// Steps in a row group: eleven minutes; about 80,000 rows of 20 classes, or 2 MB of embeddings.
pub(super) const GROUP_STEPS: usize = 4_096;

/// With this head, as JSON, under the key `rollcall`.
pub(super) fn properties(head: &Value) -> Arc<WriterProperties> {
    let head = KeyValue::new(String::from("rollcall"), head.to_string());
    let properties = WriterProperties::builder()
        .set_compression(Compression::SNAPPY)
        .set_key_value_metadata(Some(vec![head]));
    Arc::new(properties.build())
}

/// An error of the disk as what it is, so that a full one is told from a bug.
pub(super) fn plain(error: ParquetError) -> io::Error {
    match error {
        ParquetError::External(error) => match error.downcast::<io::Error>() {
            Ok(error) => *error,
            Err(error) => io::Error::other(error),
        },
        other => io::Error::other(other),
    }
}
