//! What names and folders mean on this system: names that stand for devices, hidden files, drives, paths beyond the old length.

use std::{
    ffi::OsStr,
    fs, io,
    path::{Component, Path, PathBuf},
};

/// Names that stand for devices in every folder of Windows; `COM1` to `COM9` and `LPT1` to `LPT9` do, too.
const DEVICES: [&str; 6] = ["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"];

/// What Windows makes of the last part of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// A file or folder, as elsewhere.
    File,
    /// A device.
    Device,
    /// Something else than the file that it looks like: `con.json` is a device for most programs, `a:b.json` a hidden part of `a`.
    Trap,
}

/// What Windows makes of a path's last part.
pub(crate) fn meaning_in_windows(path: &Path) -> Meaning {
    // `\\?\C:\...` is taken to the letter.
    let is_literal =
        matches!(path.components().next(), Some(Component::Prefix(prefix)) if prefix.kind().is_verbatim());
    let Some(name) = path.file_name().filter(|_| !is_literal) else { return Meaning::File };
    let name = name.to_string_lossy();
    let is_device = |name: &str| {
        let name = name.trim_end_matches([' ', '.']).to_ascii_uppercase();
        let number = ["COM", "LPT"].iter().find_map(|port| name.strip_prefix(port));
        DEVICES.contains(&name.as_str()) || number.is_some_and(|n| matches!(n.as_bytes(), [b'1'..=b'9']))
    };
    let stem = name.split('.').next().unwrap_or_default();
    match () {
        () if is_device(name.trim_end_matches(':')) => Meaning::Device,
        () if is_device(stem) || name.contains(':') => Meaning::Trap,
        () => Meaning::File,
    }
}

/// Bytes of a name at most: room for a number and an ending within the 255 that file systems take.
const SAFE_BYTES: usize = 200;

/// A name for a file or folder that every system takes and shows, as near as can be to what a person has typed: no slashes and other signs of
/// a path, no device of Windows, not hidden, no space or dot at its ends, at most 200 bytes. None if nothing is left.
pub fn safe_name(typed: &str) -> Option<String> {
    let plain: String =
        typed.chars().map(|c| if c.is_control() || r#"<>:"/\|?*"#.contains(c) { '_' } else { c }).collect();
    let trimmed = plain.trim().trim_start_matches('.').trim();
    let end = (0..=SAFE_BYTES.min(trimmed.len())).rev().find(|&end| trimmed.is_char_boundary(end));
    let name = trimmed[..end.unwrap_or(0)].trim_end_matches([' ', '.']);
    if name.is_empty() {
        return None;
    }
    // `con`, and `con.x`, too.
    let (stem, rest) = name.split_at(name.find('.').unwrap_or(name.len()));
    let is_file = meaning_in_windows(Path::new(name)) == Meaning::File;
    Some(if is_file { name.to_owned() } else { format!("{stem}_{rest}") })
}

/// Whether people are not shown a file or folder: its name begins with a dot, or it has the attribute for that.
pub fn is_hidden(path: &Path) -> bool {
    let has_dot = path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
    has_dot || has_hidden_attribute(path)
}

#[cfg(windows)]
fn has_hidden_attribute(path: &Path) -> bool {
    use std::os::windows::fs::MetadataExt;
    const FILE_ATTRIBUTE_HIDDEN: u32 = 0x2;
    // The root of a drive has it, too, and is no less to be seen.
    path.parent().is_some()
        && fs::symlink_metadata(path).is_ok_and(|data| data.file_attributes() & FILE_ATTRIBUTE_HIDDEN != 0)
}

#[cfg(not(windows))]
fn has_hidden_attribute(_path: &Path) -> bool {
    false
}

/// The roots of the system's drives: `C:\` and its like; none where there is one root alone. Asks no drive.
pub fn drives() -> Vec<PathBuf> {
    let letters = (b'A'..=b'Z').enumerate().filter(|(bit, _)| drive_bits() >> bit & 1 == 1);
    letters.map(|(_, letter)| PathBuf::from(format!("{}:\\", char::from(letter)))).collect()
}

#[cfg(windows)]
#[expect(unsafe_code, reason = "the standard library does not tell which drives there are")]
fn drive_bits() -> u32 {
    // SAFETY: takes nothing, returns a number.
    unsafe { windows_sys::Win32::Storage::FileSystem::GetLogicalDrives() }
}

#[cfg(not(windows))]
fn drive_bits() -> u32 {
    0
}

/// A name that two paths share if they lead to one file wherever the case of letters makes no difference, as on Windows and macOS.
pub fn one_of_a_kind(path: &Path) -> PathBuf {
    if cfg!(any(windows, target_os = "macos")) { folded(path) } else { path.to_owned() }
}

fn folded(path: &Path) -> PathBuf {
    PathBuf::from(path.to_string_lossy().to_lowercase())
}

/// The path of a file in a folder that is there, in the form that Windows takes at any length. Elsewhere it stays as it is.
pub(crate) fn at_any_length(folder: &Path, name: &OsStr) -> PathBuf {
    let literal = || -> io::Result<PathBuf> { Ok(fs::canonicalize(folder)?.join(name)) };
    // Some kinds of drives have no such form; most paths do without.
    let literal = if cfg!(windows) { literal().ok() } else { None };
    literal.unwrap_or_else(|| folder.join(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices_are_known_by_their_names() {
        let of = |path: &str| meaning_in_windows(Path::new(path));
        for device in ["NUL", "nul", "out/con", "COM1", "lpt9", "nul ", "Aux.", "conout$", "CON:"] {
            assert_eq!(of(device), Meaning::Device, "{device}");
        }
        for trap in ["con.json", "out/nul.summary.txt", "Com1.csv", "out/a:b.json", "aux .json"] {
            assert_eq!(of(trap), Meaning::Trap, "{trap}");
        }
        for file in ["console.json", "com.json", "COM0", "COM10.json", "x.nul", "null", "", ".."] {
            assert_eq!(of(file), Meaning::File, "{file}");
        }
    }

    #[test]
    fn names_are_safe_and_as_typed_wherever_they_can_be() {
        for typed in [
            "Anna's violin",
            "hurdy-gurdy",
            "\u{3a9} & \u{4e8c}\u{80e1}",
            "steel_drum",
            "not a flute",
            "_none",
        ] {
            assert_eq!(safe_name(typed).as_deref(), Some(typed));
        }
        for (typed, safe) in [
            ("drums/kick", "drums_kick"),
            ("../../etc", "_.._etc"),
            (r"C:\x", "C__x"),
            ("a\nb\0c", "a_b_c"),
            (" .hidden. ", "hidden"),
            ("what?", "what_"),
            ("con", "con_"),
            ("NUL", "NUL_"),
            ("lpt1.old", "lpt1_.old"),
            ("aux .x", "aux _.x"),
        ] {
            let found = safe_name(typed);
            assert_eq!(found.as_deref(), Some(safe), "{typed}");
            assert_eq!(meaning_in_windows(Path::new(safe)), Meaning::File, "{safe}");
        }
        for nothing in ["", "  ", "...", " . . "] {
            assert_eq!(safe_name(nothing), None, "{nothing:?}");
        }
        // Three bytes a letter: no file system takes a hundred of them.
        let long = safe_name(&"\u{4e8c}".repeat(100)).expect("a name");
        assert_eq!((long.len(), long.chars().count()), (198, 66));
    }

    #[test]
    fn letters_of_either_case_are_one_name() {
        assert_eq!(folded(Path::new("out/\u{c4}B.json")), folded(Path::new("OUT/\u{e4}b.JSON")));
        let are_one = one_of_a_kind(Path::new("A")) == one_of_a_kind(Path::new("a"));
        assert_eq!(are_one, cfg!(any(windows, target_os = "macos")));
    }

    #[test]
    fn drives_are_windows_alone() {
        assert_eq!(drives().iter().any(|drive| drive == Path::new("C:\\")), cfg!(windows));
        assert!(is_hidden(Path::new("a/.b")) && !is_hidden(Path::new("a/b")) && !is_hidden(Path::new("/")));
    }
}
