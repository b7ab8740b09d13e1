//! What `cargo metadata` says about both workspaces: as much of it as the checks here need.

use crate::{shell, workspaces::Workspace};
use anyhow::{Context, Result};
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};

/// One package of the dependency graph.
#[derive(Clone, Debug, Default)]
pub(crate) struct Package {
    pub(crate) name: String,
    pub(crate) version: String,
    /// SPDX expression, if the manifest has one.
    pub(crate) licence: Option<String>,
    /// As its manifest has them.
    pub(crate) authors: Vec<String>,
    /// Where its sources are developed.
    pub(crate) repository: Option<String>,
    /// Where its sources lie.
    pub(crate) folder: PathBuf,
    /// Whether it belongs to one of the workspaces.
    pub(crate) ours: bool,
    /// Whether it runs in the compiler alone.
    pub(crate) is_macro: bool,
    /// Direct dependencies: (name of the package, kind: `normal`, `build` or `dev`).
    pub(crate) dependencies: Vec<(String, String)>,
}

/// Every package that the workspaces are built from, ours among them.
///
/// # Errors
/// `cargo metadata` fails, or says something unexpected.
pub(crate) fn packages() -> Result<Vec<Package>> {
    let mut all: BTreeMap<String, Package> = BTreeMap::new();
    for workspace in Workspace::BOTH {
        for (id, package) in parse(&read(workspace, &[])?)? {
            let is_ours = package.ours;
            // What is a dependency of one workspace may be a member of the other.
            all.entry(id).or_insert(package).ours |= is_ours;
        }
    }
    Ok(all.into_values().collect())
}

/// What is in a package when it is built for a target: itself and its dependencies, without what is used to build them.
///
/// # Errors
/// As [`packages`], or there is no such package.
pub(crate) fn built_in(workspace: Workspace, name: &str, target: &str) -> Result<Vec<Package>> {
    let metadata = read(workspace, &["--filter-platform", target])?;
    let packages: BTreeMap<String, Package> = parse(&metadata)?.into_iter().collect();
    let own = packages.iter().find(|(_, package)| package.name == name);
    let (own, _) = own.with_context(|| format!("`cargo metadata` knows no package {name}"))?;
    let reached =
        reach(&metadata["resolve"], own, &|id| packages.get(id).is_some_and(|package| !package.is_macro));
    let mut packages: Vec<Package> =
        packages.into_iter().filter(|(id, _)| reached.contains(id)).map(|(_, package)| package).collect();
    packages.sort_by(|a, b| (&a.name, &a.version).cmp(&(&b.name, &b.version)));
    Ok(packages)
}

/// Every package that one leads to by what is linked.
fn reach(resolve: &Value, from: &str, is_linked: &dyn Fn(&str) -> bool) -> BTreeSet<String> {
    let nodes = resolve["nodes"].as_array().into_iter().flatten();
    let nodes: BTreeMap<&str, &Value> = nodes.filter_map(|node| Some((node["id"].as_str()?, node))).collect();
    let (mut reached, mut waiting) = (BTreeSet::new(), vec![from]);
    while let Some(id) = waiting.pop() {
        if !is_linked(id) || !reached.insert(id.to_owned()) {
            continue;
        }
        let edges = nodes.get(id).and_then(|node| node["deps"].as_array()).into_iter().flatten();
        let is_normal = |edge: &&Value| {
            edge["dep_kinds"].as_array().is_some_and(|kinds| kinds.iter().any(|kind| kind["kind"].is_null()))
        };
        waiting.extend(edges.filter(is_normal).filter_map(|edge| edge["pkg"].as_str()));
    }
    reached
}

fn read(workspace: Workspace, further: &[&str]) -> Result<Value> {
    let mut command = workspace.cargo(&["metadata", "--format-version=1", "--locked"])?;
    let text = shell::read(command.args(further))?;
    serde_json::from_str(&text).context("`cargo metadata` printed something other than JSON")
}

fn parse(metadata: &Value) -> Result<Vec<(String, Package)>> {
    let list = |value: &'_ Value| value.as_array().cloned().context("`cargo metadata`: a list is missing");
    let members = list(&metadata["workspace_members"])?;
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let parsed = |package: &Value| {
        let id = text(&package["id"]).context("`cargo metadata`: a package has no id")?;
        let dependencies = list(&package["dependencies"])?;
        let dependencies = dependencies.iter().filter_map(|edge| {
            Some((text(&edge["name"])?, text(&edge["kind"]).unwrap_or_else(|| "normal".to_owned())))
        });
        let manifest = PathBuf::from(text(&package["manifest_path"]).unwrap_or_default());
        let package = Package {
            name: text(&package["name"]).context("`cargo metadata`: a package has no name")?,
            version: text(&package["version"]).unwrap_or_default(),
            licence: text(&package["license"]),
            authors: package["authors"].as_array().into_iter().flatten().filter_map(text).collect(),
            repository: text(&package["repository"]),
            folder: manifest.parent().map(PathBuf::from).unwrap_or_default(),
            ours: members.contains(&package["id"]),
            is_macro: list(&package["targets"])?.iter().any(|target| target["kind"][0] == "proc-macro"),
            dependencies: dependencies.collect(),
        };
        Ok((id, package))
    };
    list(&metadata["packages"])?.iter().map(parsed).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_linked_is_reached_and_what_only_builds_is_not() {
        let edge = |to: &str, kind: Option<&str>| json!({ "pkg": to, "dep_kinds": [{ "kind": kind }] });
        let resolve = json!({ "nodes": [
            { "id": "own", "deps": [edge("a", None), edge("builder", Some("build")), edge("tests", Some("dev"))] },
            { "id": "a", "deps": [edge("b", None), edge("macro", None)] },
            { "id": "b", "deps": [edge("a", None)] },
            { "id": "macro", "deps": [edge("syntax", None)] },
        ] });
        let reached = reach(&resolve, "own", &|id| id != "macro");
        assert_eq!(reached.into_iter().collect::<Vec<_>>(), ["a", "b", "own"]);
    }
}
