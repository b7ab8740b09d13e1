//! Building for another system: cargo with a standard library, compilers and linker for it.

use super::{
    compiler::{self, compiler},
    standard::{self, Standard},
};
use crate::{shell, workspaces::Workspace};
use anyhow::{Result, bail};
use std::{path::PathBuf, process::Command};

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
        if let Some(tools) = compiler::tools(name)
            && !compiler::is_native(name)
        {
            tools.ensure()?;
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

    /// Whether a target stands for this very system, whose own tools serve.
    pub(crate) fn is_native(name: &str) -> bool {
        compiler::is_native(name)
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
        compiler(&mut cargo, toolchain, &self.name)?;
        Ok(cargo)
    }

    /// Where cargo puts what it builds in the profile that ships.
    pub(crate) fn folder(&self) -> PathBuf {
        shell::target().join(&self.name).join("release")
    }

    /// What cargo runs tests with: a program, and words that come before the test's name.
    pub(crate) fn runner(&self, cargo: &mut Command, words: &str) {
        let name = format!("CARGO_TARGET_{}_RUNNER", self.name.replace('-', "_").to_uppercase());
        cargo.env(name, words);
    }
}
