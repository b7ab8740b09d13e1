//! Files that are dragged over the window and dropped on it.

use baseview::{DropData, DropEffect, EventStatus};
use egui::{DroppedFile, DroppedFileHandle, HoveredFile};
use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

/// Read by whoever wants what is in it.
#[derive(Debug)]
struct OnDisk(PathBuf);

impl DroppedFile for OnDisk {
    fn path(&self) -> &Path {
        &self.0
    }
    fn bytes(&self) -> Result<Vec<u8>, String> {
        fs::read(&self.0).map_err(|error| format!("{}: {error}", self.0.display()))
    }
}

fn paths(data: &DropData) -> &[PathBuf] {
    match data {
        DropData::Files(paths) => paths,
        _ => &[],
    }
}

pub(crate) fn hovered(data: &DropData) -> Vec<HoveredFile> {
    let file = |path: &PathBuf| HoveredFile { path: Some(path.clone()), ..HoveredFile::default() };
    paths(data).iter().map(file).collect()
}

pub(crate) fn dropped(data: &DropData) -> Vec<DroppedFileHandle> {
    paths(data).iter().map(|path| Arc::new(OnDisk(path.clone())) as DroppedFileHandle).collect()
}

/// Files are copied; whatever else is dragged is refused.
pub(crate) fn answer(data: &DropData) -> EventStatus {
    match paths(data) {
        [] => EventStatus::Ignored,
        _ => EventStatus::AcceptDrop(DropEffect::Copy),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_taken_and_nothing_else() {
        let files = DropData::Files(vec!["/a/song.flac".into(), "/a/model".into()]);
        assert_eq!(answer(&files), EventStatus::AcceptDrop(DropEffect::Copy));
        assert_eq!(hovered(&files)[1].path.as_deref(), Some(Path::new("/a/model")));
        let dropped = dropped(&files);
        assert_eq!(dropped[0].path(), Path::new("/a/song.flac"));
        assert!(dropped[0].bytes().is_err_and(|error| error.contains("song.flac")));
        assert_eq!(answer(&DropData::None), EventStatus::Ignored);
    }
}
