//! Linux: `/proc`, `dlopen`, modules that are entered with the loader's handle.
#![expect(unsafe_code, reason = "loading a library runs its code")]

use super::Work;
use libloading::{
    Library,
    os::unix::{self, RTLD_LOCAL, RTLD_NOW},
};
use std::{ffi::c_void, fs, path::Path, time::Duration};

/// How the library in a VST3 bundle ends.
pub(crate) const VST3_LIBRARY: &str = "so";

/// What a child does first: nothing, for a crash ends it at once here.
pub(crate) fn begin_child() {}

/// The allocator is this program's own (`src/interpose.rs`), whoever is loaded.
pub(crate) fn watch_allocations(_library: &Path) {}

/// Opens the library of a VST3 module and enters it. `Ok(None)`: its `ModuleEntry` failed.
///
/// # Errors
/// The loader's words.
pub(crate) fn open_module(path: &Path) -> Result<Option<Library>, libloading::Error> {
    // SAFETY: loading runs the file's code, which is what this process is there for: it is a child that may die of it.
    let handle = unsafe { unix::Library::open(Some(path), RTLD_NOW | RTLD_LOCAL) }?.into_raw();
    // SAFETY: the handle is that of the library just opened, and owned by nobody else.
    let library = unsafe { unix::Library::from_raw(handle) };
    // SAFETY: the symbol has this type in the VST3 SDK: it takes the module's handle on Linux.
    let entered = unsafe {
        let entry = library.get::<unsafe extern "system" fn(*mut c_void) -> bool>(b"ModuleEntry\0");
        entry.map_or(true, |entry| entry(handle))
    };
    Ok(entered.then(|| library.into()))
}

/// What leaves a VST3 module.
pub(crate) const VST3_EXIT: &[u8] = b"ModuleExit\0";

/// The shortest time in which a thread's work shows.
pub(crate) const CLOCK_TICK: Duration = Duration::from_millis(1);

/// What the other threads are doing (Linux: the first number of `schedstat`, and `stat`).
pub(crate) fn work() -> Work {
    // SAFETY: takes nothing, returns a number.
    let own = unsafe { libc::syscall(libc::SYS_gettid) }.to_string();
    let main = std::process::id().to_string();
    let mut work = Work::default();
    let tasks = fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    for task in tasks {
        let name = task.file_name();
        if name.to_str().is_some_and(|name| name == own || name == main) {
            continue;
        }
        let read = |file: &str| fs::read_to_string(task.path().join(file)).unwrap_or_default();
        let ran = read("schedstat").split_whitespace().next().and_then(|ns| ns.parse::<u64>().ok());
        work.ran_ns += ran.unwrap_or(0);
        // The name may hold anything: the state comes after its closing bracket.
        let state = read("stat").rsplit(')').next().and_then(|rest| rest.trim_start().chars().next());
        work.is_runnable |= matches!(state, Some('R' | 'D'));
    }
    work
}

/// Resident memory of this process.
pub(crate) fn resident_kib() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|kib| kib.parse().ok()).unwrap_or(0)
}
