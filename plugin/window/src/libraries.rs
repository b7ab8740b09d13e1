//! OpenGL's libraries stay loaded until the process ends.
#![expect(unsafe_code, reason = "the loader's flags have no safe interface")]

use libloading::os::unix::{Library, RTLD_LAZY};
use std::{ffi::c_int, fs};

// <dlfcn.h> of glibc and musl, on all processors but MIPS.
const RTLD_NOLOAD: c_int = 0x4;
const RTLD_NODELETE: c_int = 0x1000;

/// Keeps libEGL, libGL and Mesa's drivers, as far as this process has loaded them.
///
/// baseview loads the libraries for each window and unloads them with it. Each time 7 KiB are left behind, and after some 200 times
/// the loader has no static thread-local storage left for a driver, the host's own included. Up to 24.1 Mesa unloads its driver with
/// the last display, and with it forgets the 10 MiB of addresses that hold the code of its shaders (`rtasm_execmem.c`).
pub(crate) fn keep_loaded() {
    let Ok(maps) = fs::read_to_string("/proc/self/maps") else { return };
    let mut last = "";
    for line in maps.lines() {
        let Some(path) = line.find('/').map(|at| &line[at..]) else { continue };
        if path != last && draws(path) {
            // SAFETY: with RTLD_NOLOAD nothing is loaded, so that no code of the library runs, and nothing is called in it.
            // A library that is gone by now, or has another name, is no error.
            let _ = unsafe { Library::open(Some(path), RTLD_LAZY | RTLD_NOLOAD | RTLD_NODELETE) };
        }
        last = path;
    }
}

/// Whether a file is a library of OpenGL: libEGL and libEGL_mesa, libGL, libGLX and libGLdispatch, swrast_dri.so and its like.
fn draws(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    name.starts_with("libEGL") || name.starts_with("libGL") || name.ends_with("_dri.so")
}

#[cfg(test)]
mod tests {
    use super::draws;

    #[test]
    fn the_libraries_of_opengl_are_known_by_their_names() {
        for path in ["/usr/lib/libEGL.so.1.1.0", "/usr/lib/libGLX.so.0", "/usr/lib/dri/swrast_dri.so"] {
            assert!(draws(path), "{path}");
        }
        for path in ["/usr/lib/libX11.so.6", "/usr/lib/libGL/libc.so.6", "[heap]", ""] {
            assert!(!draws(path), "{path}");
        }
    }
}
