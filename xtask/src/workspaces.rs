//! The two workspaces that this repository is built as: the plugin's stands on crates that are patched first, and everything else
//! builds without them.

use crate::{patches, shell};
use anyhow::Result;
use std::process::Command;

/// One of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Workspace {
    /// Program, engine, trainer, wheel, harness, and this program.
    Main,
    /// The plugin, its window and its other rooms.
    Plugin,
}

impl Workspace {
    pub(crate) const BOTH: [Self; 2] = [Self::Main, Self::Plugin];

    /// What a file is called that is written for each of them.
    pub(crate) fn suffix(self) -> &'static str {
        match self {
            Self::Main => "",
            Self::Plugin => "-plugin",
        }
    }

    /// From the root.
    pub(crate) fn manifest(self) -> &'static str {
        match self {
            Self::Main => "Cargo.toml",
            Self::Plugin => "plugin/Cargo.toml",
        }
    }

    /// From the root.
    pub(crate) fn lock(self) -> &'static str {
        match self {
            Self::Main => "Cargo.lock",
            Self::Plugin => "plugin/Cargo.lock",
        }
    }

    /// Cargo in this workspace. The first argument is cargo's command, `nextest` with a second.
    ///
    /// # Errors
    /// The plugin's crates cannot be patched.
    pub(crate) fn cargo(self, arguments: &[&str]) -> Result<Command> {
        if self == Self::Plugin {
            patches::ensure()?;
        }
        Ok(shell::command("cargo", &within(self, arguments)))
    }
}

fn within<'a>(workspace: Workspace, arguments: &[&'a str]) -> Vec<&'a str> {
    let command = if arguments.first() == Some(&"nextest") { 2 } else { 1 };
    let (command, rest) = arguments.split_at(command.min(arguments.len()));
    match workspace {
        Workspace::Main => arguments.to_vec(),
        Workspace::Plugin => [command, &["--manifest-path", "plugin/Cargo.toml"], rest].concat(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_manifest_comes_after_cargo_s_command() {
        let plugin = |arguments| within(Workspace::Plugin, arguments).join(" ");
        assert_eq!(plugin(&["fmt", "--all"]), "fmt --manifest-path plugin/Cargo.toml --all");
        assert_eq!(plugin(&["nextest", "run", "-p"]), "nextest run --manifest-path plugin/Cargo.toml -p");
        assert_eq!(within(Workspace::Main, &["doc", "--open"]), ["doc", "--open"]);
    }
}
