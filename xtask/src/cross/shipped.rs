//! What is built to be shipped, for every system but the one that nice-plug's bundler runs on.

use crate::workspaces::Workspace;

/// Plugin and programs. The programs with the features of their whole workspace, so that what they have in common is compiled once.
pub(crate) const BUILDS: [(Workspace, &[&str]); 2] = [
    (Workspace::Main, &["--workspace", "--bin", "rollcall", "--bin", "rollcall-host"]),
    (Workspace::Plugin, &["-p", "rollcall-plugin", "--lib"]),
];
