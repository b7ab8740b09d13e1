//! A loaded module, and what its factory lists.

use libloading::os::unix;
use vst3::{ComPtr, Steinberg::*};

/// A loaded module: entered on load, left when the last instance is gone.
pub(super) struct Module {
    pub(super) factory: Option<ComPtr<IPluginFactory>>,
    pub(super) library: Option<unix::Library>,
}

impl Drop for Module {
    fn drop(&mut self) {
        self.factory = None;
        if let Some(library) = self.library.take() {
            // SAFETY: the symbol has this type in the VST3 SDK, and everything made by the module has been released.
            unsafe {
                if let Ok(exit) = library.get::<unsafe extern "system" fn() -> bool>(b"ModuleExit\0") {
                    exit();
                }
            }
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

/// A class's id as 32 hexadecimal digits.
pub(super) fn hex(cid: &TUID) -> String {
    cid.iter().map(|byte| format!("{:02X}", *byte as u8)).collect()
}
