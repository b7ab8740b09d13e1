//! A loaded module, and what its factory lists.

use crate::platform;
use vst3::{ComPtr, Steinberg::*};

/// A loaded module: entered on load, left when the last instance is gone.
pub(super) struct Module {
    pub(super) factory: Option<ComPtr<IPluginFactory>>,
    pub(super) library: Option<libloading::Library>,
}

impl Drop for Module {
    fn drop(&mut self) {
        self.factory = None;
        if let Some(library) = self.library.take() {
            // SAFETY: each instance holds the module, and the factory has just been released: nothing that it made is left.
            unsafe { platform::leave_module(&library) };
        }
    }
}

/// A plugin of the file.
#[derive(Clone, Debug, Default)]
pub(super) struct Listed {
    pub(super) cid: TUID,
    pub(super) name: String,
    pub(super) vendor: String,
    pub(super) version: String,
    pub(super) categories: String,
}

/// UTF-16 up to the first 0.
pub(super) fn wide_text(characters: &[vst3::Steinberg::Vst::TChar]) -> String {
    let units: Vec<u16> = characters.iter().take_while(|c| **c != 0).copied().collect();
    String::from_utf16_lossy(&units)
}

/// A class's id as 32 hexadecimal digits, the same on every system.
pub(super) fn hex(cid: &TUID) -> String {
    // As COM has it on Windows, the first number, and both halves of the second, begin with their lowest byte.
    const ORDER: [usize; 16] = if cfg!(windows) {
        [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15]
    } else {
        [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]
    };
    ORDER.iter().map(|&at| format!("{:02X}", cid[at] as u8)).collect()
}
