//! Other systems than this one: a standard library for each, the compiler and linker of its C parts, and whether what runs there
//! answers as it does here. `windows`, `arm` and `macos` stand on it.

pub(crate) mod answers;
mod compiler;
mod documents;
pub(crate) mod profile;
pub(crate) mod shipped;
mod standard;
mod target;

pub(crate) use compiler::{MINGW, runtime};
pub(crate) use target::Target;
