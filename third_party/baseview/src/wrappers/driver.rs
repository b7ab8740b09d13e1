use libloading::os::unix::Library;
use std::ffi::c_int;

// <dlfcn.h> of glibc and musl, on all processors but MIPS.
const RTLD_LAZY: c_int = 0x1;
const RTLD_NOLOAD: c_int = 0x4;
const RTLD_NODELETE: c_int = 0x1000;

/// Keeps the OpenGL drivers that are loaded now until the process ends.
///
/// Mesa unloads its driver with the last display, and with it forgets the 10 MiB of addresses that hold the code of its
/// shaders (`rtasm_execmem.c`): each window that was drawn would leave them behind. From Mesa 24.2 on the driver is part
/// of what libEGL and libGL keep.
pub fn keep_loaded() {
    let Ok(maps) = std::fs::read_to_string("/proc/self/maps") else { return };

    let mut last = "";
    for line in maps.lines() {
        let Some(path) = line.find('/').map(|at| &line[at..]) else { continue };
        if path == last || !path.ends_with("_dri.so") {
            continue;
        }
        last = path;

        // SAFETY: with RTLD_NOLOAD nothing is loaded, so that no code of the library runs; nothing is called in it.
        // A library that is gone by now, or has another name, is no error.
        let _ = unsafe { Library::open(Some(path), RTLD_LAZY | RTLD_NOLOAD | RTLD_NODELETE) };
    }
}
