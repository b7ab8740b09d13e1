//! Building for Windows: the compiler with a standard library for it, MinGW's linker, no DLL but the system's own.

use super::compiler::{GNU, compiler};
use super::standard::{self, Standard};
use crate::{machine, shell, workspaces::Workspace};
use anyhow::{Result, bail};
use std::{path::Path, process::Command};

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

/// The DLLs that a program or library imports, as the linker's own tool lists them.
///
/// # Errors
/// The tool is missing, or this is no such file.
pub(crate) fn imports(file: &Path) -> Result<Vec<String>> {
    let said = shell::read(shell::command("x86_64-w64-mingw32-objdump", &["--private-headers"]).arg(file))?;
    let names = said.lines().filter_map(|line| line.trim().strip_prefix("DLL Name: "));
    let mut names: Vec<String> = names.map(str::to_lowercase).collect();
    names.sort();
    names.dedup();
    Ok(names)
}
