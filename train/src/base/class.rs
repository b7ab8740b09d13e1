//! Labels of stems: the 20 classes, and the two labels that are none of them.

use rollcall_engine::OPENMIC_CLASSES;

/// Label of a stem in which none of the 20 classes sounds.
pub const NONE: &str = "_none";
/// Label of real music whose classes only the teacher knows.
pub const MUSIC: &str = "_music";

/// Index of a class in [`OPENMIC_CLASSES`]; `None` for [`NONE`], [`MUSIC`] and anything unknown.
#[must_use]
pub fn index(label: &str) -> Option<usize> {
    OPENMIC_CLASSES.iter().position(|&class| class == label)
}

/// Whether a stem may carry this label.
#[must_use]
pub fn is_label(label: &str) -> bool {
    label == NONE || label == MUSIC || index(label).is_some()
}
