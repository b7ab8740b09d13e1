//! Where this system keeps what is a user's own.

use std::{env, ffi::OsString, path::PathBuf};

/// The folder of what Rollcall keeps for a user: `rollcall` where this system keeps a user's data (`%APPDATA%`, `~/Library/Application
/// Support`, `$XDG_DATA_HOME` or `~/.local/share`). None where the system names none. The folder need not be there yet.
pub fn user_folder() -> Option<PathBuf> {
    of(&|name| env::var_os(name))
}

fn of(variable: &dyn Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    let set = |name: &str| variable(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let data = if cfg!(windows) {
        set("APPDATA")
    } else if cfg!(target_os = "macos") {
        set("HOME").map(|home| home.join("Library/Application Support"))
    } else {
        // XDG Base Directory Specification.
        set("XDG_DATA_HOME")
            .filter(|path| path.is_absolute())
            .or_else(|| set("HOME").map(|home| home.join(".local/share")))
    };
    data.map(|data| data.join("rollcall"))
}

#[cfg(all(test, unix, not(target_os = "macos")))]
mod tests {
    use super::*;

    #[test]
    fn is_where_the_system_says() {
        let with = |pairs: &'static [(&str, &str)]| {
            of(&|name| pairs.iter().find(|(known, _)| *known == name).map(|(_, value)| value.into()))
        };
        assert_eq!(with(&[("HOME", "/h"), ("XDG_DATA_HOME", "/d")]), Some("/d/rollcall".into()));
        assert_eq!(with(&[("HOME", "/h"), ("XDG_DATA_HOME", "d")]), Some("/h/.local/share/rollcall".into()));
        assert_eq!(with(&[("HOME", "/h"), ("XDG_DATA_HOME", "")]), Some("/h/.local/share/rollcall".into()));
        assert_eq!(with(&[("HOME", "")]), None);
    }
}
