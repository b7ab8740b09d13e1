//! What the harness asks of the system that it runs on: a file for each, with the same names in all.

#[cfg(target_os = "linux")]
mod linux;
#[cfg(target_os = "macos")]
mod macos;
#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(target_os = "linux")]
pub(crate) use linux::*;
#[cfg(target_os = "macos")]
pub(crate) use macos::*;
#[cfg(unix)]
pub(crate) use unix::*;
#[cfg(windows)]
pub(crate) use windows::*;

use libloading::Library;

/// Leaves a module before its library is closed.
///
/// # Safety
/// Everything that was made by the module has been released.
#[expect(unsafe_code, reason = "leaving a module runs its code")]
pub(crate) unsafe fn leave_module(library: &Library) {
    // SAFETY: the symbol has this type in the VST3 SDK; that nothing of the module is alive is the caller's word.
    unsafe {
        if let Ok(exit) = library.get::<unsafe extern "system" fn() -> bool>(VST3_EXIT) {
            exit();
        }
    }
}

/// What the threads of this process other than the one that asks and the main one are doing.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Work {
    /// Time on a processor so far.
    pub(crate) ran_ns: u64,
    /// Whether one of them runs or waits for a processor, as far as the system tells.
    pub(crate) is_runnable: bool,
}

/// The folder of a VST3 bundle's `Contents` with the library for this system and processor.
pub(crate) fn vst3_folder() -> String {
    vst3_folder_of(std::env::consts::OS, std::env::consts::ARCH)
}

/// One library serves all processors on macOS; elsewhere each has its own.
fn vst3_folder_of(system: &str, processor: &str) -> String {
    match system {
        "macos" => "MacOS".to_owned(),
        "windows" => format!("{processor}-win"),
        system => format!("{processor}-{system}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_system_has_its_folder() {
        assert_eq!(vst3_folder_of("linux", "x86_64"), "x86_64-linux");
        assert_eq!(vst3_folder_of("linux", "aarch64"), "aarch64-linux");
        assert_eq!(vst3_folder_of("windows", "x86_64"), "x86_64-win");
        assert_eq!(vst3_folder_of("macos", "aarch64"), "MacOS");
    }
}
