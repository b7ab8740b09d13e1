//! What a file for Windows needs of others: libraries and functions, as MinGW's own tool lists them.

use crate::shell;
use anyhow::Result;
use std::{collections::BTreeSet, path::Path};

/// What a program or library imports.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Imports {
    /// Files, in small letters.
    pub(super) libraries: BTreeSet<String>,
    pub(super) functions: BTreeSet<String>,
}

impl Imports {
    /// As the linker's own tool lists them.
    ///
    /// # Errors
    /// The tool is missing, or this is no such file.
    pub(super) fn of(file: &Path) -> Result<Self> {
        let tool = &mut shell::command("x86_64-w64-mingw32-objdump", &["--private-headers"]);
        Ok(Self::parse(&shell::read(tool.arg(file))?))
    }

    /// A line names a library, or address, number and name of a function; from binutils 2.44 on what it is asked for by comes between the
    /// first two, `<none>` where that is its name, and the number is hexadecimal.
    fn parse(said: &str) -> Self {
        let mut imports = Self::default();
        for line in said.lines() {
            if let Some(library) = line.trim().strip_prefix("DLL Name: ") {
                imports.libraries.insert(library.to_lowercase());
            } else if let [address, number, name] | [address, "<none>", number, name] =
                line.split_whitespace().collect::<Vec<_>>()[..]
                && [address, number].iter().all(|word| word.bytes().all(|byte| byte.is_ascii_hexdigit()))
            {
                imports.functions.insert(name.to_owned());
            }
        }
        imports
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn libraries_and_functions_are_told_apart_from_exports() {
        let said = "\tDLL Name: KERNEL32.dll\n\tvma:  Hint/Ord Member-Name Bound-To\n\t5414884\t  239  CreateProcessW\n\
                    \tDLL Name: kernel32.dll\n\t[   0] clap_entry\n";
        let imports = Imports::parse(said);
        assert_eq!(imports.libraries, BTreeSet::from(["kernel32.dll".to_owned()]));
        assert_eq!(imports.functions, BTreeSet::from(["CreateProcessW".to_owned()]));
        let newer = "\tDLL Name: KERNEL32.dll\n\tvma:     Ordinal  Hint  Member-Name  Bound-To\n\t04f64d68  <none>  00ef  CreateProcessW\n\
                     \t[   0] +base[   1]  0000 clap_entry\n";
        assert_eq!(Imports::parse(newer), imports);
    }
}
