//! Windows: exit codes that are exceptions, `LoadLibrary`, the times of threads.
#![expect(unsafe_code, reason = "the system's own functions")]

mod imports;

pub(crate) use imports::watch as watch_allocations;

use super::Work;
use libloading::{Library, os::windows};
use std::{
    fs::File,
    io,
    ops::Range,
    os::windows::fs::FileExt,
    path::Path,
    process::ExitStatus,
    sync::atomic::{AtomicU32, Ordering::Relaxed},
    time::Duration,
};
use windows_sys::Win32::{
    Foundation::{CloseHandle, FILETIME, INVALID_HANDLE_VALUE},
    System::{
        Diagnostics::{
            Debug::{
                EXCEPTION_POINTERS, SEM_FAILCRITICALERRORS, SEM_NOGPFAULTERRORBOX, SetErrorMode,
                SetUnhandledExceptionFilter,
            },
            ToolHelp::{
                CreateToolhelp32Snapshot, TH32CS_SNAPTHREAD, THREADENTRY32, Thread32First, Thread32Next,
            },
        },
        ProcessStatus::{K32GetProcessMemoryInfo, PROCESS_MEMORY_COUNTERS},
        Threading::{
            GetCurrentProcess, GetCurrentThreadId, GetThreadTimes, OpenThread,
            THREAD_QUERY_LIMITED_INFORMATION, TerminateProcess,
        },
    },
};

/// How the library in a VST3 bundle ends.
pub(crate) const VST3_LIBRARY: &str = "vst3";

/// With such a code a process did not end itself but was ended: NTSTATUS of severity "error", those of languages among them. What is
/// above are small negative numbers.
const EXCEPTIONS: Range<u32> = 0xC000_0000..0xF000_0000;
/// Warnings of the same numbering that end a process when nobody handles them.
const BREAKPOINT: u32 = 0x8000_0003;
const SINGLE_STEP: u32 = 0x8000_0004;

/// The exception that ended a process, as its exit code has it.
pub(crate) fn crash(status: ExitStatus) -> Option<i32> {
    let code = status.code()?;
    let number = code.cast_unsigned();
    (EXCEPTIONS.contains(&number) || matches!(number, BREAKPOINT | SINGLE_STEP)).then_some(code)
}

/// An exception in words.
pub(crate) fn crash_name(code: i32) -> String {
    let number = code.cast_unsigned();
    let name = match number {
        0xC000_0005 => "access violation",
        0xC000_0006 => "a page of a file could not be read",
        0xC000_0008 => "invalid handle",
        0xC000_0017 => "no memory",
        0xC000_001D => "illegal instruction",
        0xC000_0025 => "an exception that cannot be continued from",
        0xC000_008C => "array index out of bounds",
        0xC000_008E => "floating-point division by zero",
        0xC000_0094 => "integer division by zero",
        0xC000_0096 => "privileged instruction",
        0xC000_00FD => "stack overflow",
        0xC000_0135 => "a DLL was not found",
        0xC000_0138 | 0xC000_0139 => "a DLL lacks a function",
        0xC000_013A => "Ctrl+C",
        0xC000_0142 => "a DLL could not be initialised",
        0xC000_0374 => "the heap is damaged",
        0xC000_0409 => "it ended itself at once: abort, or a damaged stack",
        0xC000_0420 => "a failed assertion",
        0xE06D_7363 => "an uncaught C++ exception",
        BREAKPOINT => "breakpoint",
        SINGLE_STEP => "single step",
        _ => "other",
    };
    format!("exception 0x{number:08X} ({name})")
}

/// The main thread, which [`begin_child`] is called on.
static MAIN: AtomicU32 = AtomicU32::new(0);

/// What a child does first: sees to it that a crash ends it at once. A dialogue would wait for somebody to close it, and a report or
/// a debugger would take longer than the plan's time.
pub(crate) fn begin_child() {
    // SAFETY: sets a mode and a handler of this process, and asks for a number.
    let thread = unsafe {
        SetErrorMode(SEM_FAILCRITICALERRORS | SEM_NOGPFAULTERRORBOX);
        SetUnhandledExceptionFilter(Some(end));
        GetCurrentThreadId()
    };
    MAIN.store(thread, Relaxed);
}

/// Ends the process with the exception that nobody handled.
unsafe extern "system" fn end(exception: *const EXCEPTION_POINTERS) -> i32 {
    const EXCEPTION_EXECUTE_HANDLER: i32 = 1;
    // SAFETY: the system hands over an exception with its record, and a process may end itself.
    unsafe {
        TerminateProcess(GetCurrentProcess(), (*(*exception).ExceptionRecord).ExceptionCode.cast_unsigned())
    };
    EXCEPTION_EXECUTE_HANDLER
}

/// Writes at this place of the file.
pub(crate) fn write_at(file: &File, bytes: &[u8], at: u64) -> io::Result<()> {
    // Writing moves the file's own position here, which nobody uses.
    match file.seek_write(bytes, at)? {
        written if written == bytes.len() => Ok(()),
        _ => Err(io::ErrorKind::WriteZero.into()),
    }
}

/// Opens the library of a VST3 module and enters it. `Ok(None)`: its `InitDll` failed.
///
/// # Errors
/// The loader's words.
pub(crate) fn open_module(path: &Path) -> Result<Option<Library>, libloading::Error> {
    // Libraries that lie beside it are found, as hosts see to.
    // SAFETY: loading runs the file's code, which is what this process is there for: it is a child that may die of it.
    let library = unsafe { windows::Library::load_with_flags(path, windows::LOAD_WITH_ALTERED_SEARCH_PATH) }?;
    // SAFETY: the symbol has this type in the VST3 SDK.
    let entered = unsafe {
        let entry = library.get::<unsafe extern "system" fn() -> bool>(b"InitDll\0");
        entry.map_or(true, |entry| entry())
    };
    Ok(entered.then(|| library.into()))
}

/// What leaves a VST3 module.
pub(crate) const VST3_EXIT: &[u8] = b"ExitDll\0";

/// The shortest time in which a thread's work shows: two ticks of the clock that counts it.
pub(crate) const CLOCK_TICK: Duration = Duration::from_millis(32);

/// What the other threads are doing.
pub(crate) fn work() -> Work {
    let mut work = Work::default();
    let process = std::process::id();
    let main = MAIN.load(Relaxed);
    // SAFETY: each call is given what it asks for, and each handle is closed once.
    unsafe {
        let own = GetCurrentThreadId();
        let threads = CreateToolhelp32Snapshot(TH32CS_SNAPTHREAD, 0);
        if threads == INVALID_HANDLE_VALUE {
            return work;
        }
        let mut entry: THREADENTRY32 = std::mem::zeroed();
        entry.dwSize = size_of::<THREADENTRY32>() as u32;
        let mut found = Thread32First(threads, &mut entry);
        while found != 0 {
            if entry.th32OwnerProcessID == process && ![own, main].contains(&entry.th32ThreadID) {
                work.ran_ns += ran_ns(entry.th32ThreadID);
            }
            found = Thread32Next(threads, &mut entry);
        }
        CloseHandle(threads);
    }
    work
}

/// A thread's time on a processor; a thread that is gone has none.
fn ran_ns(thread: u32) -> u64 {
    let none = FILETIME { dwLowDateTime: 0, dwHighDateTime: 0 };
    let [mut created, mut ended, mut kernel, mut user] = [none; 4];
    // SAFETY: the places are valid for writing, and the handle is closed once.
    let told = unsafe {
        let handle = OpenThread(THREAD_QUERY_LIMITED_INFORMATION, 0, thread);
        if handle.is_null() {
            return 0;
        }
        let told = GetThreadTimes(handle, &mut created, &mut ended, &mut kernel, &mut user);
        CloseHandle(handle);
        told
    };
    // In 100 ns.
    let time = |time: FILETIME| u64::from(time.dwHighDateTime) << 32 | u64::from(time.dwLowDateTime);
    if told == 0 { 0 } else { (time(kernel) + time(user)) * 100 }
}

/// Resident memory of this process.
pub(crate) fn resident_kib() -> u64 {
    // SAFETY: numbers alone, of which none is invalid as 0.
    let mut counters: PROCESS_MEMORY_COUNTERS = unsafe { std::mem::zeroed() };
    let size = size_of::<PROCESS_MEMORY_COUNTERS>() as u32;
    // SAFETY: the place is valid and has this size.
    let told = unsafe { K32GetProcessMemoryInfo(GetCurrentProcess(), &mut counters, size) };
    if told == 0 { 0 } else { counters.WorkingSetSize as u64 / 1024 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::windows::process::ExitStatusExt as _;

    #[test]
    fn crashes_are_told_from_ends() {
        let of = |code: u32| crash(ExitStatus::from_raw(code));
        assert_eq!(of(0), None);
        assert_eq!(of(3), None);
        assert_eq!(of(0xFFFF_FFFF), None, "exit(-1)");
        let violation = of(0xC000_0005).expect("a crash");
        assert_eq!(crash_name(violation), "exception 0xC0000005 (access violation)");
        assert!(of(0x8000_0003).is_some() && of(0xE06D_7363).is_some());
    }

    #[test]
    fn work_of_another_thread_shows() {
        let before = work().ran_ns;
        let (stop, stopped) = std::sync::mpsc::channel::<()>();
        let busy =
            std::thread::spawn(
                move || {
                    while stopped.try_recv() == Err(std::sync::mpsc::TryRecvError::Empty) {}
                },
            );
        while work().ran_ns == before {
            std::thread::sleep(CLOCK_TICK);
        }
        drop(stop);
        busy.join().expect("it ends");
        assert!(resident_kib() > 1_000);
    }
}
