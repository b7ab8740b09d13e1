//! Building for Windows: the compiler with a standard library for it, MinGW's linker, no DLL but the system's own.

use super::compiler::{GNU, compiler};
use super::standard::{self, Standard};
use crate::{machine, shell, workspaces::Workspace};
use anyhow::{Result, bail};
use std::{collections::BTreeSet, path::Path, process::Command};

/// A target that can be built for.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    pub(crate) name: String,
    standard: Standard,
}

impl Target {
    /// This one, or why there is no standard library for it here.
    ///
    /// # Errors
    /// A linker is missing, or making the standard library failed.
    pub(crate) fn find(name: &str) -> Result<std::result::Result<Self, String>> {
        if name == GNU && machine::is_debian() {
            machine::ensure_one("gcc-mingw-w64-x86-64")?;
        }
        let standard = standard::ensure(name)?;
        Ok(match standard {
            Standard::Missing(why) => Err(why),
            standard => Ok(Self { name: name.to_owned(), standard }),
        })
    }

    /// The same where nothing can be done without.
    ///
    /// # Errors
    /// As [`Target::find`], or there is no standard library for it.
    pub(crate) fn need(name: &str) -> Result<Self> {
        match Self::find(name)? {
            Ok(target) => Ok(target),
            Err(why) => bail!("there is no standard library for {name} here: {why}"),
        }
    }

    /// Cargo for this target in a workspace.
    ///
    /// # Errors
    /// The plugin's crates cannot be patched.
    pub(crate) fn cargo(&self, workspace: Workspace, arguments: &[&str]) -> Result<Command> {
        let mut cargo = workspace.cargo(arguments)?;
        cargo.args(["--target", &self.name]);
        let toolchain = match &self.standard {
            Standard::Made(toolchain) => Some(toolchain.as_path()),
            _ => None,
        };
        compiler(&mut cargo, toolchain, &self.name);
        Ok(cargo)
    }
}

/// What a program or library imports.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Imports {
    /// Files, in small letters.
    pub(crate) libraries: BTreeSet<String>,
    pub(crate) functions: BTreeSet<String>,
}

impl Imports {
    /// As the linker's own tool lists them.
    ///
    /// # Errors
    /// The tool is missing, or this is no such file.
    pub(crate) fn of(file: &Path) -> Result<Self> {
        let tool = &mut shell::command("x86_64-w64-mingw32-objdump", &["--private-headers"]);
        Ok(Self::parse(&shell::read(tool.arg(file))?))
    }

    /// A line names a library, or address, number and name of a function.
    fn parse(said: &str) -> Self {
        let mut imports = Self::default();
        for line in said.lines() {
            if let Some(library) = line.trim().strip_prefix("DLL Name: ") {
                imports.libraries.insert(library.to_lowercase());
            } else if let [address, number, name] = line.split_whitespace().collect::<Vec<_>>()[..]
                && address.bytes().all(|byte| byte.is_ascii_hexdigit())
                && number.bytes().all(|byte| byte.is_ascii_digit())
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
    }
}
