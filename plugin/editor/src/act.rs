//! Doing what was asked for.

use crate::{
    Appearance, Axis, EditorView, Sort,
    action::{Action, Page},
    advice::Remedy,
    scene::Snapshot,
    view::newest_s,
};
use rollcall_board::{Change, Command, Gesture, Input, Panel, UPDATE_MS};

impl EditorView {
    pub(crate) fn act(&mut self, action: &Action, snapshot: &Snapshot, panel: &dyn Panel) {
        match action {
            Action::Freeze => panel.change(Change::Freeze(!snapshot.settings.freeze), Gesture::Whole),
            Action::Reset => self.board.send(Command::Reset),
            Action::Sort => {
                self.view.sort = match self.view.sort {
                    Sort::Family => Sort::Activity,
                    Sort::Activity => Sort::Family,
                };
            }
            Action::Appearance => {
                self.view.appearance = match self.view.appearance {
                    Appearance::Dark => Appearance::Light,
                    Appearance::Light => Appearance::Dark,
                };
            }
            Action::Attention => self.view.attention = !self.view.attention,
            Action::Axis => {
                self.view.axis = match self.view.axis {
                    Axis::Time => Axis::Bars,
                    Axis::Bars => Axis::Time,
                };
            }
            Action::Zoom(step) => self.view.zoom = step.from(self.view.zoom),
            Action::Toggle(page) => self.drawer.toggle(*page),
            Action::CloseDrawer => self.drawer.page = None,
            Action::BackToLive => {
                let lanes = if self.on_file { &mut self.file } else { &mut self.live };
                lanes.window.follow();
                if snapshot.frozen() && !self.on_file {
                    lanes.window.hold(newest_s(&snapshot.session));
                }
            }
            Action::Apply(remedy) => self.apply(*remedy, snapshot, panel),
        }
    }

    fn apply(&mut self, remedy: Remedy, snapshot: &Snapshot, panel: &dyn Panel) {
        match remedy {
            Remedy::OpenModel => self.drawer.page = Some(Page::Open),
            Remedy::OpenExport => self.drawer.page = Some(Page::Export),
            Remedy::OpenTeach => self.drawer.page = Some(Page::Teach),
            Remedy::Unfreeze => panel.change(Change::Freeze(false), Gesture::Whole),
            Remedy::Unbypass => panel.change(Change::Bypass(false), Gesture::Whole),
            Remedy::Reset => self.board.send(Command::Reset),
            Remedy::UseMain => panel.change(Change::Input(Input::Main), Gesture::Whole),
            Remedy::Slower => {
                let now = snapshot.settings.update_ms;
                let next =
                    UPDATE_MS.into_iter().find(|&ms| ms > now).unwrap_or(UPDATE_MS[UPDATE_MS.len() - 1]);
                panel.change(Change::UpdateMs(next), Gesture::Whole);
            }
            Remedy::Dismiss => self.board.send(Command::DismissNotice),
            Remedy::CloseFile => self.board.send(Command::CloseFile),
        }
    }
}
