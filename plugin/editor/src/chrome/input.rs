//! What a page of the drawer may read and change.

use crate::{action::Action, look::Theme, settings::ViewSettings};
use rollcall_board::{Board, FileJob, Panel, Status};
use std::sync::Arc;

/// What a page may read and change.
pub(crate) struct DrawerInput<'a> {
    pub(crate) theme: Theme,
    pub(crate) board: &'a Board,
    pub(crate) panel: &'a dyn Panel,
    pub(crate) view: &'a mut ViewSettings,
    pub(crate) status: &'a Status,
    pub(crate) file: Option<&'a Arc<FileJob>>,
    pub(crate) actions: &'a mut Vec<Action>,
}
