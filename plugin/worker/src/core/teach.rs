//! From what was heard last to an example: a stretch is selected, held, and saved.

use super::Core;
use crate::{
    example::{Excerpt, Job},
    load,
};
use rollcall_board::{ExportStatus, Selected, Stretch};
use std::{path::PathBuf, sync::Arc};

impl Core {
    pub(super) fn select(&mut self, stretch: Stretch) {
        self.status.example = ExportStatus::None;
        self.status.selected = match self.excerpt(stretch) {
            Ok(excerpt) => {
                let shown = Selected::Ready(excerpt.show());
                self.selected = Some(Arc::new(excerpt));
                shown
            }
            Err(why) => {
                self.selected = None;
                Selected::Failed(why)
            }
        };
    }

    pub(super) fn deselect(&mut self) {
        self.selected = None;
        self.status.selected = Selected::Nothing;
        self.status.example = ExportStatus::None;
    }

    fn excerpt(&self, Stretch { session, begin_s, end_s }: Stretch) -> Result<Excerpt, String> {
        let now = self.session.as_ref().filter(|_| session == self.status.session);
        let now = now.ok_or("the session has begun anew meanwhile: select it again")?;
        let model = now.engine().model();
        Ok(Excerpt {
            session,
            cut: now.kept().cut(begin_s, end_s)?,
            history: self.board.history(),
            model: load::identity(model),
            classes: model.classes().into(),
            thresholds: now.thresholds(),
        })
    }

    pub(super) fn save_example(&mut self, folder: PathBuf, class: String, plays: bool) {
        let Some(excerpt) = &self.selected else {
            self.status.example =
                ExportStatus::Failed("nothing is selected: select a stretch of the history first".into());
            return;
        };
        let is_of_now = excerpt.session == self.status.session;
        let history = if is_of_now { self.board.history() } else { excerpt.history.clone() };
        let class = class.trim().to_owned();
        let job = Job { excerpt: Arc::clone(excerpt), history, folder, class, plays };
        let link = Arc::clone(&self.link);
        self.status.example = self.examples.start(move || job.run(&link));
    }
}
