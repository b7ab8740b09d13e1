//! What is dragged over the window and dropped on it: a folder is a model, all else a file to analyse. Which it is, the disk is asked away
//! from the window.

use crate::errand::{Errand, Unwatched};
use rollcall_board::{Board, Command};
use std::path::{Path, PathBuf};

/// What is dragged, the newest drop, and those before it whose disk has not answered.
#[derive(Debug, Default)]
pub(crate) struct Drops {
    dragged: Option<Dragged>,
    newest: Option<Errand<()>>,
    earlier: Unwatched,
}

#[derive(Debug)]
struct Dragged {
    path: PathBuf,
    is_folder: Option<bool>,
    asking: Errand<bool>,
}

impl Drops {
    /// Whether what is dragged is a folder; none as long as the disk has not answered.
    pub(crate) fn is_folder(&mut self, path: &Path) -> Option<bool> {
        if self.dragged.as_ref().is_none_or(|dragged| dragged.path != path) {
            self.no_drag();
            let (path, asked) = (path.to_owned(), path.to_owned());
            let asking = Errand::begin("rollcall-drag", move |_| Ok(asked.is_dir()));
            self.dragged = Some(Dragged { path, is_folder: None, asking });
        }
        let dragged = self.dragged.as_mut()?;
        if dragged.is_folder.is_none() {
            dragged.is_folder = dragged.asking.outcome().map(|answer| answer.unwrap_or(false));
        }
        dragged.is_folder
    }

    /// Nothing is dragged any more.
    pub(crate) fn no_drag(&mut self) {
        if let Some(Dragged { asking, .. }) = self.dragged.take() {
            self.earlier.take(asking);
        }
    }

    /// Takes one; an earlier one that is still asked about is forgotten, so that none comes after a later one.
    pub(crate) fn take(&mut self, path: PathBuf, board: &Board) {
        let (asked, answers) = (path.clone(), board.clone());
        let newest = Errand::begin("rollcall-drop", move |cancelled| {
            let is_folder = asked.is_dir();
            if !cancelled.is_so() {
                answers.send(if is_folder { Command::LoadModel(asked) } else { Command::AnalyseFile(asked) });
            }
            Ok(())
        });
        if let Some(Err(_)) = newest.outcome() {
            // Without a thread to ask on it is taken for a file: the worker, which has none for it either, says so.
            board.send(Command::AnalyseFile(path));
        }
        if let Some(earlier) = self.newest.replace(newest) {
            earlier.cancel();
            self.earlier.take(earlier);
        }
    }
}
