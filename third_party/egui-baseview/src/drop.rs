//! Files dragged over the window and dropped on it, as egui wants them.

use baseview::{DropData, DropEffect, EventStatus};
use egui::{DroppedFile, DroppedFileHandle, HoveredFile};
use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

#[derive(Debug)]
struct OnDisk(PathBuf);

impl DroppedFile for OnDisk {
    fn path(&self) -> &Path {
        &self.0
    }
    fn bytes(&self) -> Result<Vec<u8>, String> {
        std::fs::read(&self.0).map_err(|error| error.to_string())
    }
}

fn files(data: &DropData) -> &[PathBuf] {
    match data {
        DropData::Files(files) => files,
        _ => &[],
    }
}

pub(crate) fn hovered(data: &DropData) -> Vec<HoveredFile> {
    let hovered = |path: &PathBuf| HoveredFile { path: Some(path.clone()), ..HoveredFile::default() };
    files(data).iter().map(hovered).collect()
}

pub(crate) fn dropped(data: &DropData) -> impl Iterator<Item = DroppedFileHandle> + '_ {
    files(data).iter().map(|path| Arc::new(OnDisk(path.clone())) as DroppedFileHandle)
}

/// Files are copied, whatever else is refused.
pub(crate) fn status(data: &DropData) -> EventStatus {
    if files(data).is_empty() { EventStatus::Ignored } else { EventStatus::AcceptDrop(DropEffect::Copy) }
}
