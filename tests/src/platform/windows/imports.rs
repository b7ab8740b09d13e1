//! Counting what a plugin allocates: on Windows a library's calls go through a table of its own, the addresses of what it imports.
//! There the allocator's functions get a counter before them.
//!
//! What it cannot see: an allocator that was linked into the plugin and takes its pages from the system (`VirtualAlloc`), and
//! what other libraries do that the plugin calls.

use crate::counting::{note, watched};
use std::{
    ffi::{CStr, c_char, c_void},
    os::windows::ffi::OsStrExt,
    path::Path,
    ptr,
    sync::atomic::{AtomicPtr, Ordering::Relaxed},
};
use windows_sys::Win32::System::{
    Diagnostics::Debug::{IMAGE_DIRECTORY_ENTRY_IMPORT, IMAGE_NT_HEADERS64, IMAGE_NT_OPTIONAL_HDR64_MAGIC},
    LibraryLoader::GetModuleHandleW,
    Memory::{PAGE_READWRITE, VirtualProtect},
    SystemServices::{IMAGE_DOS_HEADER, IMAGE_IMPORT_DESCRIPTOR, IMAGE_ORDINAL_FLAG64},
};

/// One function of an allocator.
struct Counted {
    /// As a library imports it.
    name: &'static CStr,
    /// What takes its place.
    ours: *const c_void,
    /// What it was: that of the first library it was found in.
    original: &'static AtomicPtr<c_void>,
}

macro_rules! counted {
    ($($export:ident($($argument:ident: $type:ty),*) -> $result:ty;)*) => {
        [$({
            static ORIGINAL: AtomicPtr<c_void> = AtomicPtr::new(ptr::null_mut());
            unsafe extern "system" fn ours($($argument: $type),*) -> $result {
                note();
                type Original = unsafe extern "system" fn($($type),*) -> $result;
                // SAFETY: this function is in no table before `ORIGINAL` is what was there, of this type by its name; the
                // arguments go there as they came.
                unsafe { std::mem::transmute::<*mut c_void, Original>(ORIGINAL.load(Relaxed))($($argument),*) }
            }
            let name = concat!(stringify!($export), "\0").as_bytes();
            Counted {
                name: CStr::from_bytes_with_nul(name).expect("an identifier holds no 0"),
                ours: ours as *const c_void,
                original: &ORIGINAL,
            }
        }),*]
    };
}

fn counted() -> [Counted; 9] {
    counted! {
        HeapAlloc(heap: *mut c_void, flags: u32, bytes: usize) -> *mut c_void;
        HeapReAlloc(heap: *mut c_void, flags: u32, place: *mut c_void, bytes: usize) -> *mut c_void;
        HeapFree(heap: *mut c_void, flags: u32, place: *mut c_void) -> i32;
        malloc(bytes: usize) -> *mut c_void;
        calloc(count: usize, bytes: usize) -> *mut c_void;
        realloc(place: *mut c_void, bytes: usize) -> *mut c_void;
        free(place: *mut c_void) -> ();
        _aligned_malloc(bytes: usize, align: usize) -> *mut c_void;
        _aligned_free(place: *mut c_void) -> ();
    }
}

/// Counts from now on what a loaded library allocates.
pub(crate) fn watch(library: &Path) {
    let name: Vec<u16> = library.as_os_str().encode_wide().chain([0]).collect();
    // SAFETY: the name ends with a 0.
    let module = unsafe { GetModuleHandleW(name.as_ptr()) };
    // SAFETY: a module's handle is the address at which the loader has mapped it.
    if !module.is_null() && unsafe { watch_module(module.cast_const().cast()) } > 0 {
        watched();
    }
}

/// How many functions of its allocator are counted.
///
/// # Safety
/// A loaded library begins at `base`.
unsafe fn watch_module(base: *const u8) -> usize {
    let mut count = 0;
    // SAFETY: the loader has checked and mapped what the headers name; the tables end with an entry of 0.
    unsafe {
        let dos = &*base.cast::<IMAGE_DOS_HEADER>();
        let headers = &*base.add(dos.e_lfanew as usize).cast::<IMAGE_NT_HEADERS64>();
        if headers.OptionalHeader.Magic != IMAGE_NT_OPTIONAL_HDR64_MAGIC {
            return 0;
        }
        let imports = headers.OptionalHeader.DataDirectory[IMAGE_DIRECTORY_ENTRY_IMPORT as usize];
        if imports.VirtualAddress == 0 {
            return 0;
        }
        let mut library = base.add(imports.VirtualAddress as usize).cast::<IMAGE_IMPORT_DESCRIPTOR>();
        while (*library).Name != 0 {
            let mut named = base.add((*library).Anonymous.OriginalFirstThunk as usize).cast::<u64>();
            let mut slot = base.add((*library).FirstThunk as usize).cast::<*mut c_void>().cast_mut();
            while *named != 0 {
                if *named & IMAGE_ORDINAL_FLAG64 == 0 {
                    // Two bytes of a hint stand before the name.
                    let name = CStr::from_ptr(base.add(*named as usize + 2).cast::<c_char>());
                    count += usize::from(count_at(slot, name));
                }
                (named, slot) = (named.add(1), slot.add(1));
            }
            library = library.add(1);
        }
    }
    count
}

/// Puts a counter before a function, if it is one of an allocator.
///
/// # Safety
/// `slot` is the entry of this name in the table of a loaded library.
unsafe fn count_at(slot: *mut *mut c_void, name: &CStr) -> bool {
    let Some(counted) = counted().into_iter().find(|counted| counted.name == name) else { return false };
    // SAFETY: the entry is the loader's, aligned and of a pointer's size; it is made writable first. Other threads see the old
    // address or the new one.
    unsafe {
        let there = *slot;
        if ptr::eq(there, counted.ours) {
            return true;
        }
        // Of two C libraries only the first one's functions can be counted: each has a heap of its own.
        let first = counted.original.compare_exchange(ptr::null_mut(), there, Relaxed, Relaxed);
        if first.is_err_and(|first| !ptr::eq(first, there)) {
            return false;
        }
        let mut protection = 0;
        if VirtualProtect(slot.cast(), size_of::<*mut c_void>(), PAGE_READWRITE, &mut protection) == 0 {
            return false;
        }
        AtomicPtr::from_ptr(slot).store(counted.ours.cast_mut(), Relaxed);
        VirtualProtect(slot.cast(), size_of::<*mut c_void>(), protection, &mut protection) != 0
    }
}
