//! Where this system keeps what is a user's own.

use std::{env, ffi::OsString, path::PathBuf};

/// Where this system keeps a user's data: `%APPDATA%`, `~/Library/Application Support`, `$XDG_DATA_HOME` or `~/.local/share`. None where the
/// system names none. The folder need not be there yet.
pub fn data_folder() -> Option<PathBuf> {
    data(&variable)
}

/// Where this system keeps what a user's programs can make again: `%LOCALAPPDATA%`, `~/Library/Caches`, `$XDG_CACHE_HOME` or `~/.cache`. None
/// where the system names none. The folder need not be there yet.
pub fn cache_folder() -> Option<PathBuf> {
    cache(&variable)
}

/// The folder that a variable names; none if it is unset or empty.
pub fn folder_in(name: &str) -> Option<PathBuf> {
    set(&variable, name)
}

/// Where the plugin saves examples, from which `rollcall teach` learns: `$ROLLCALL_EXAMPLES`, or `Rollcall/examples` in [`data_folder`].
pub fn examples_folder() -> Option<PathBuf> {
    examples(&variable)
}

fn variable(name: &str) -> Option<OsString> {
    env::var_os(name)
}

fn examples(variable: &dyn Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    set(variable, "ROLLCALL_EXAMPLES").or_else(|| Some(data(variable)?.join("Rollcall/examples")))
}

fn set(variable: &dyn Fn(&str) -> Option<OsString>, name: &str) -> Option<PathBuf> {
    variable(name).filter(|value| !value.is_empty()).map(PathBuf::from)
}

fn data(variable: &dyn Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    if cfg!(windows) {
        set(variable, "APPDATA")
    } else if cfg!(target_os = "macos") {
        set(variable, "HOME").map(|home| home.join("Library/Application Support"))
    } else {
        xdg(variable, "XDG_DATA_HOME", ".local/share")
    }
}

fn cache(variable: &dyn Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    if cfg!(windows) {
        set(variable, "LOCALAPPDATA")
    } else if cfg!(target_os = "macos") {
        set(variable, "HOME").map(|home| home.join("Library/Caches"))
    } else {
        xdg(variable, "XDG_CACHE_HOME", ".cache")
    }
}

/// XDG Base Directory Specification: what the variable names, if that is absolute, else the folder below `$HOME`.
fn xdg(variable: &dyn Fn(&str) -> Option<OsString>, name: &str, below_home: &str) -> Option<PathBuf> {
    let named = set(variable, name).filter(|path| path.is_absolute());
    named.or_else(|| set(variable, "HOME").map(|home| home.join(below_home)))
}

#[cfg(all(test, unix, not(target_os = "macos")))]
mod tests {
    use super::*;

    type Variables = &'static [(&'static str, &'static str)];

    #[test]
    fn folders_are_where_the_system_says() {
        let value = |pairs: Variables, name: &str| {
            pairs.iter().find(|(known, _)| *known == name).map(|(_, value)| value.into())
        };
        let cases: [(Variables, Option<&str>); 4] = [
            (&[("HOME", "/h"), ("XDG_DATA_HOME", "/d")], Some("/d")),
            (&[("HOME", "/h"), ("XDG_DATA_HOME", "d")], Some("/h/.local/share")),
            (&[("HOME", "/h"), ("XDG_DATA_HOME", "")], Some("/h/.local/share")),
            (&[("HOME", "")], None),
        ];
        for (pairs, expected) in cases {
            assert_eq!(data(&|name| value(pairs, name)), expected.map(PathBuf::from), "{pairs:?}");
            let examples = examples(&|name| value(pairs, name));
            assert_eq!(examples, expected.map(|data| PathBuf::from(data).join("Rollcall/examples")));
        }
        for (pairs, expected) in [
            (&[("HOME", "/h"), ("XDG_CACHE_HOME", "/c")][..], "/c"),
            (&[("HOME", "/h"), ("XDG_CACHE_HOME", "c")], "/h/.cache"),
        ] {
            assert_eq!(cache(&|name| value(pairs, name)), Some(expected.into()), "{pairs:?}");
        }
        let named: Variables = &[("HOME", "/h"), ("ROLLCALL_EXAMPLES", "mine")];
        assert_eq!(examples(&|name| value(named, name)), Some("mine".into()));
    }
}
