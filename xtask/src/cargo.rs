//! Cargo in one of the two workspaces, whose crates are patched first where that is wanted.

use crate::{patches, shell, workspaces::Workspace};
use anyhow::Result;
use std::process::Command;

impl Workspace {
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
