//! The frame round the stage: tool bar, advice, status line, drawer.

mod banner;
mod browser;
mod button;
mod drawer;
mod drop_target;
mod export_page;
mod input;
mod labels;
mod open_page;
mod path_field;
mod saved;
mod settings_page;
mod status_line;
mod teach_page;
mod tool_bar;

pub(crate) use banner::{HEIGHT as BANNER, show as show_banner};
pub(crate) use button::{chip, icon_button};
pub(crate) use drawer::{Drawer, WIDTH as DRAWER};
pub(crate) use drop_target::show as show_drop;
pub(crate) use input::DrawerInput;
pub(crate) use status_line::{HEIGHT as STATUS, show as show_status};
pub(crate) use tool_bar::{HEIGHT as TOOL_BAR, ToolBar, show as show_tool_bar};
