//! A plugin of a CLAP file, as its factory lists it.

use std::ffi::CString;

/// A plugin of the file.
#[derive(Clone, Debug, Default)]
pub(super) struct Listed {
    pub(super) id: CString,
    pub(super) name: String,
    pub(super) vendor: String,
    pub(super) version: String,
    pub(super) features: Vec<String>,
}
