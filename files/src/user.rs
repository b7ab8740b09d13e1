//! Where this system keeps what is a user's own.

use std::{env, ffi::OsString, path::PathBuf};

/// Where this system keeps a user's data: `%APPDATA%`, `~/Library/Application Support`, `$XDG_DATA_HOME` or `~/.local/share`. None where the
/// system names none. The folder need not be there yet.
pub fn data_folder() -> Option<PathBuf> {
    data(&variable)
}

/// Where the plugin saves examples, from which `rollcall teach` learns: `$ROLLCALL_EXAMPLES`, or `Rollcall/examples` in [`data_folder`].
pub fn examples_folder() -> Option<PathBuf> {
    examples(&variable)
}

fn variable(name: &str) -> Option<OsString> {
    env::var_os(name)
}

fn examples(variable: &dyn Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    let named = variable("ROLLCALL_EXAMPLES").filter(|value| !value.is_empty()).map(PathBuf::from);
    named.or_else(|| Some(data(variable)?.join("Rollcall/examples")))
}

fn data(variable: &dyn Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    let set = |name: &str| variable(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    if cfg!(windows) {
        set("APPDATA")
    } else if cfg!(target_os = "macos") {
        set("HOME").map(|home| home.join("Library/Application Support"))
    } else {
        // XDG Base Directory Specification.
        set("XDG_DATA_HOME")
            .filter(|path| path.is_absolute())
            .or_else(|| set("HOME").map(|home| home.join(".local/share")))
    }
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
        let named: Variables = &[("HOME", "/h"), ("ROLLCALL_EXAMPLES", "mine")];
        assert_eq!(examples(&|name| value(named, name)), Some("mine".into()));
    }
}
