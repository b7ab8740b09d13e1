//! The pointer's shapes.

use baseview::MouseCursor as Shape;
use egui::CursorIcon as Icon;

pub(crate) fn shape(icon: Icon) -> Shape {
    match icon {
        Icon::Default => Shape::Default,
        Icon::None => Shape::Hidden,
        // Hands.
        Icon::PointingHand | Icon::ContextMenu | Icon::Grab => Shape::Hand,
        Icon::Grabbing => Shape::HandGrabbing,
        // Texts, tables.
        Icon::Text => Shape::Text,
        Icon::VerticalText => Shape::VerticalText,
        Icon::Cell => Shape::Cell,
        Icon::Crosshair => Shape::Crosshair,
        // What goes on, what is there to know.
        Icon::Progress => Shape::PtrWorking,
        Icon::Wait => Shape::Working,
        Icon::Help => Shape::Help,
        // What a drop would do.
        Icon::Alias => Shape::Alias,
        Icon::Copy => Shape::Copy,
        Icon::Move => Shape::Move,
        Icon::NoDrop | Icon::NotAllowed => Shape::NotAllowed,
        // Sizes.
        Icon::AllScroll => Shape::AllScroll,
        Icon::ResizeHorizontal => Shape::EwResize,
        Icon::ResizeVertical => Shape::NsResize,
        Icon::ResizeNeSw => Shape::NeswResize,
        Icon::ResizeNwSe => Shape::NwseResize,
        Icon::ResizeNorth => Shape::NResize,
        Icon::ResizeNorthEast => Shape::NeResize,
        Icon::ResizeEast => Shape::EResize,
        Icon::ResizeSouthEast => Shape::SeResize,
        Icon::ResizeSouth => Shape::SResize,
        Icon::ResizeSouthWest => Shape::SwResize,
        Icon::ResizeWest => Shape::WResize,
        Icon::ResizeNorthWest => Shape::NwResize,
        Icon::ResizeColumn => Shape::ColResize,
        Icon::ResizeRow => Shape::RowResize,
        Icon::ZoomIn => Shape::ZoomIn,
        Icon::ZoomOut => Shape::ZoomOut,
    }
}
