//! What `cargo metadata` says about the workspace: as much of it as the checks here need.

use crate::shell;
use anyhow::{Context, Result};
use serde_json::Value;

/// One package of the dependency graph.
#[derive(Debug)]
pub(crate) struct Package {
    pub(crate) name: String,
    pub(crate) version: String,
    /// SPDX expression, if the manifest has one.
    pub(crate) licence: Option<String>,
    /// Whether it belongs to this workspace.
    pub(crate) ours: bool,
    /// Direct dependencies: (name of the package, kind: `normal`, `build` or `dev`).
    pub(crate) dependencies: Vec<(String, String)>,
}

/// Every package that the workspace is built from, ours among them.
///
/// # Errors
/// `cargo metadata` fails, or says something unexpected.
pub(crate) fn packages() -> Result<Vec<Package>> {
    let text = shell::read(&mut shell::command("cargo", &["metadata", "--format-version=1", "--locked"]))?;
    parse(&serde_json::from_str(&text).context("`cargo metadata` printed something other than JSON")?)
}

fn parse(metadata: &Value) -> Result<Vec<Package>> {
    let list = |value: &'_ Value| value.as_array().cloned().context("`cargo metadata`: a list is missing");
    let members = list(&metadata["workspace_members"])?;
    let text = |value: &Value| value.as_str().map(str::to_owned);
    list(&metadata["packages"])?
        .iter()
        .map(|package| {
            Ok(Package {
                name: text(&package["name"]).context("`cargo metadata`: a package has no name")?,
                version: text(&package["version"]).unwrap_or_default(),
                licence: text(&package["license"]),
                ours: members.contains(&package["id"]),
                dependencies: list(&package["dependencies"])?
                    .iter()
                    .filter_map(|edge| {
                        Some((
                            text(&edge["name"])?,
                            text(&edge["kind"]).unwrap_or_else(|| "normal".to_owned()),
                        ))
                    })
                    .collect(),
            })
        })
        .collect()
}
