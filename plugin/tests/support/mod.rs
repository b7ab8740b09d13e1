//! What the tests of the real window, and its pictures, are made with.

pub(crate) mod cost;
pub(crate) mod drag;
pub(crate) mod driver;
pub(crate) mod requests;
pub(crate) mod screen;
pub(crate) mod stage;
