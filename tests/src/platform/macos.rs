//! macOS: Mach's counts of threads and memory, modules that are entered with their bundle.
#![expect(unsafe_code, reason = "the system's own functions, and loading a library runs its code")]
#![expect(
    deprecated,
    reason = "libc hands Mach's functions on to a crate of their own, of which these three are all that is needed"
)]

use super::Work;
use core_foundation_sys::{
    base::{CFRelease, kCFAllocatorDefault},
    bundle::{CFBundleCreate, CFBundleRef},
    url::CFURLCreateFromFileSystemRepresentation,
};
use libloading::{
    Library,
    os::unix::{self, RTLD_LOCAL, RTLD_NOW},
};
use std::{
    os::unix::ffi::OsStrExt,
    path::Path,
    ptr,
    sync::atomic::{AtomicU32, Ordering::Relaxed},
    time::Duration,
};

/// How the library in a VST3 bundle ends: it has the bundle's name and nothing behind it.
pub(crate) const VST3_LIBRARY: &str = "";

/// The shortest time in which a thread's work shows.
pub(crate) const CLOCK_TICK: Duration = Duration::from_millis(1);

/// The main thread, which [`begin_child`] is called on.
static MAIN: AtomicU32 = AtomicU32::new(0);

/// What a child does first: remembers which thread is the main one. A crash ends it at once here.
pub(crate) fn begin_child() {
    MAIN.store(own_thread(), Relaxed);
}

/// Of allocators nothing is known here: `rollcall-host` says so where it is asked.
pub(crate) fn watch_allocations(_library: &Path) {}

/// Opens the library of a VST3 module and enters it. `Ok(None)`: its `bundleEntry` failed.
///
/// # Errors
/// The loader's words.
pub(crate) fn open_module(path: &Path) -> Result<Option<Library>, libloading::Error> {
    // SAFETY: loading runs the file's code, which is what this process is there for: it is a child that may die of it.
    let library: Library = unsafe { unix::Library::open(Some(path), RTLD_NOW | RTLD_LOCAL) }?.into();
    // NAME.vst3/Contents/MacOS/NAME
    let bundle = path.ancestors().nth(3).map_or(ptr::null_mut(), bundle);
    // SAFETY: the symbol has this type in the VST3 SDK: it takes the module's bundle on macOS.
    let entered = unsafe {
        let entry = library.get::<unsafe extern "system" fn(CFBundleRef) -> bool>(b"bundleEntry\0");
        entry.map_or(true, |entry| entry(bundle))
    };
    Ok(entered.then_some(library))
}

/// The bundle of this folder, or null. It lives as long as the process, as hosts keep it: a module may.
fn bundle(folder: &Path) -> CFBundleRef {
    let bytes = folder.as_os_str().as_bytes();
    let Ok(length) = bytes.len().try_into() else { return ptr::null_mut() };
    // SAFETY: the bytes are as many as is said, and what was made is released once.
    unsafe {
        let url = CFURLCreateFromFileSystemRepresentation(kCFAllocatorDefault, bytes.as_ptr(), length, 1);
        if url.is_null() {
            return ptr::null_mut();
        }
        let bundle = CFBundleCreate(kCFAllocatorDefault, url);
        CFRelease(url.cast());
        bundle
    }
}

/// What leaves a VST3 module.
pub(crate) const VST3_EXIT: &[u8] = b"bundleExit\0";

/// The thread that asks, as Mach numbers it.
fn own_thread() -> u32 {
    // SAFETY: takes the thread that asks, which is alive, and returns a number.
    unsafe { libc::pthread_mach_thread_np(libc::pthread_self()) }
}

/// What the other threads are doing.
pub(crate) fn work() -> Work {
    let (own, main) = (own_thread(), MAIN.load(Relaxed));
    let mut work = Work::default();
    let mut threads = ptr::null_mut();
    let mut count = 0;
    // SAFETY: the system writes how many threads there are, and where it has put their numbers.
    let listed = unsafe { libc::task_threads(libc::mach_task_self(), &mut threads, &mut count) };
    if listed != libc::KERN_SUCCESS {
        return work;
    }
    for index in 0..count as usize {
        // SAFETY: there are `count` of them.
        let thread = unsafe { *threads.add(index) };
        if thread == own || thread == main {
            continue;
        }
        // SAFETY: numbers, of which every pattern of bits is one.
        let mut info: libc::thread_basic_info = unsafe { std::mem::zeroed() };
        let mut length = (size_of_val(&info) / size_of::<libc::integer_t>()) as libc::mach_msg_type_number_t;
        // SAFETY: there is room for as many numbers as is said.
        let found = unsafe {
            let room = ptr::from_mut(&mut info).cast();
            libc::thread_info(thread, libc::THREAD_BASIC_INFO as u32, room, &mut length)
        };
        if found == libc::KERN_SUCCESS {
            let ns = |time: libc::time_value_t| {
                time.seconds.unsigned_abs() as u64 * 1_000_000_000
                    + time.microseconds.unsigned_abs() as u64 * 1000
            };
            work.ran_ns += ns(info.user_time) + ns(info.system_time);
            const RUNNING: i32 = 1; // TH_STATE_RUNNING: it runs, or waits for a processor
            work.is_runnable |= info.run_state == RUNNING;
        }
    }
    let bytes = count as usize * size_of::<libc::thread_act_t>();
    // SAFETY: what the system put there is given back once.
    unsafe { libc::vm_deallocate(libc::mach_task_self(), threads as libc::vm_address_t, bytes) };
    work
}

/// Resident memory of this process.
pub(crate) fn resident_kib() -> u64 {
    // SAFETY: numbers, of which every pattern of bits is one.
    let mut info: libc::mach_task_basic_info = unsafe { std::mem::zeroed() };
    let mut length = libc::MACH_TASK_BASIC_INFO_COUNT;
    // SAFETY: there is room for as many numbers as is said.
    let found = unsafe {
        let room = ptr::from_mut(&mut info).cast();
        libc::task_info(libc::mach_task_self(), libc::MACH_TASK_BASIC_INFO, room, &mut length)
    };
    if found == libc::KERN_SUCCESS { info.resident_size / 1024 } else { 0 }
}
