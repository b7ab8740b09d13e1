//! Music that is made here: phrases and bands as notes, and notes as audio, from SoundFonts and from recorded notes.

pub mod band;
pub mod bank;
pub mod gm;
pub mod notes;
pub mod patches;
pub mod phrase;
pub mod render;
