//! An egui view over the board.
//!
//! Thread: the window's (GUI).
//!
//! [`EditorView`] draws what the board says and sends what a person asks for back through it; parameters go through
//! [`rollcall_board::Panel`]. The crate names neither the engine nor the tap nor the
//! plugin framework: whoever owns a window gives it an [`egui::Ui`].
//!
//! ```
//! use rollcall_editor::{EditorView, ViewSettings};
//! # use rollcall_board::{Change, Gesture, Panel, Settings};
//! # struct Still;
//! # impl Panel for Still {
//! #     fn settings(&self) -> Settings { Settings::default() }
//! #     fn change(&self, _: Change, _: Gesture) {}
//! # }
//! let (_writer, board, _inbox) = rollcall_board::board();
//! let mut view = EditorView::new(board, ViewSettings::default());
//! let window = egui::Context::default();
//! view.build(&window);
//! let output = window.run_ui(egui::RawInput::default(), |ui| view.ui(ui, &Still));
//! # output.drop_without_applying_deltas();
//! ```
#![forbid(unsafe_code)]

mod act;
mod action;
mod advice;
mod browse;
mod chrome;
mod drops;
mod errand;
mod frame;
mod look;
mod poster;
pub mod raster;
mod save;
mod scene;
mod settings;
mod show;
mod stage;
mod view;

pub use rollcall_classes::{Family, display_name};
pub use settings::{Appearance, Axis, HeatColours, MAX_SIZE, MIN_SIZE, Placement, Sort, ViewSettings, ZOOM};
pub use view::EditorView;
