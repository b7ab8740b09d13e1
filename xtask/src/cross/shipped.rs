//! What is built to be shipped, for every system.

use crate::workspaces::Workspace;

/// What cargo is asked for in a workspace.
pub(crate) type Asked = (Workspace, &'static [&'static str]);

/// With the features of their whole workspace, so that what they have in common is compiled once.
pub(crate) const PROGRAMS: Asked =
    (Workspace::Main, &["--workspace", "--bin", "rollcall", "--bin", "rollcall-host"]);
pub(crate) const PLUGIN: Asked = (Workspace::Plugin, &["-p", "rollcall-plugin", "--lib"]);
/// All of it.
pub(crate) const BUILDS: [Asked; 2] = [PROGRAMS, PLUGIN];
