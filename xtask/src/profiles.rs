//! What the two workspaces must say alike, so that what both are built on is compiled once and linted by the same rules.

use crate::{report::Report, shell, workspaces::Workspace};
use anyhow::{Context, Result};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};
use toml::{Table, Value};

/// Versions by name and by what cargo takes for compatible (`1.x`, `0.5.x`).
type Versions = BTreeMap<(String, String), BTreeSet<String>>;

/// Adds the rules.
///
/// # Errors
/// A manifest or a lock file cannot be read.
pub(crate) fn check(report: &mut Report) -> Result<()> {
    let read = |path: &str| -> Result<Table> {
        let text =
            fs::read_to_string(shell::root().join(path)).with_context(|| format!("cannot read {path}"))?;
        text.parse().with_context(|| format!("{path} is not TOML"))
    };
    let [main, plugin] = Workspace::BOTH;
    let manifests = (read(main.manifest())?, read(plugin.manifest())?);
    let locks = (versions(&read(main.lock())?), versions(&read(plugin.lock())?));
    report.rule(
        "both workspaces have the same profiles, lints and package fields",
        differences(&manifests, &locks),
    );
    report.rule("what both workspaces use has one version", apart(&locks.0, &locks.1));
    Ok(())
}

fn versions(lock: &Table) -> Versions {
    let mut versions = Versions::new();
    for package in lock.get("package").and_then(Value::as_array).into_iter().flatten() {
        let text = |key: &str| package.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        let (name, version) = (text("name"), text("version"));
        let parts: Vec<&str> = version.split('.').collect();
        let compatible = parts.iter().take_while(|part| **part == "0").count() + 1;
        let compatible = parts[..compatible.min(parts.len())].join(".");
        versions.entry((name, compatible)).or_default().insert(version);
    }
    versions
}

fn apart(main: &Versions, plugin: &Versions) -> Vec<String> {
    let both = main.iter().filter_map(|(key, versions)| Some((key, versions, plugin.get(key)?)));
    let apart = both.filter(|(_, main, plugin)| main != plugin);
    apart
        .map(|((name, _), main, plugin)| format!("{name}: {main:?} and, in the plugin, {plugin:?}"))
        .collect()
}

fn differences(
    (main, plugin): &(Table, Table),
    (main_lock, plugin_lock): &(Versions, Versions),
) -> Vec<String> {
    let uses = |lock: &Versions, name: &str| lock.keys().any(|(used, _)| used == name);
    let settings = |manifest: &Table, is_meant: &dyn Fn(&str) -> bool| {
        let mut settings = BTreeMap::new();
        let workspace = manifest.get("workspace");
        for (name, table) in [
            ("profile", manifest.get("profile")),
            ("lints", workspace.and_then(|workspace| workspace.get("lints"))),
            ("package", workspace.and_then(|workspace| workspace.get("package"))),
        ] {
            flatten(name, table.unwrap_or(&Value::Boolean(false)), &mut settings);
        }
        // A crate that only one of them uses may have its settings there alone.
        settings.retain(|name, _| {
            let of = name
                .split_once(".package.")
                .map(|(_, rest)| rest.rsplit_once('.').map_or(rest, |(of, _)| of));
            of.is_none_or(|of| of == "*" || is_meant(of))
        });
        settings
    };
    let is_shared = |name: &str| uses(main_lock, name) && uses(plugin_lock, name);
    let (main, plugin) = (settings(main, &is_shared), settings(plugin, &is_shared));
    let names: BTreeSet<&String> = main.keys().chain(plugin.keys()).collect();
    let differs = names.into_iter().filter(|name| main.get(*name) != plugin.get(*name));
    let said = |value: Option<&String>| value.map_or("nothing", String::as_str).to_owned();
    differs
        .map(|name| {
            format!("{name}: {} and, in the plugin, {}", said(main.get(name)), said(plugin.get(name)))
        })
        .collect()
}

/// `profile.release.strip` and its value, for everything in a table.
fn flatten(name: &str, value: &Value, into: &mut BTreeMap<String, String>) {
    match value {
        Value::Table(table) => {
            table.iter().for_each(|(key, value)| flatten(&format!("{name}.{key}"), value, into));
        }
        value => {
            into.insert(name.to_owned(), value.to_string());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lock(packages: &[(&str, &str)]) -> Versions {
        let packages: String = packages
            .iter()
            .map(|(name, version)| format!("[[package]]\nname = \"{name}\"\nversion = \"{version}\"\n"))
            .collect();
        versions(&packages.parse().unwrap())
    }

    #[test]
    fn one_version_where_one_would_do() {
        let main = lock(&[("a", "1.2.0"), ("b", "0.5.1"), ("c", "2.0.0")]);
        assert!(apart(&main, &lock(&[("a", "1.2.0"), ("b", "0.6.0"), ("c", "1.9.0")])).is_empty());
        assert_eq!(apart(&main, &lock(&[("a", "1.3.0"), ("b", "0.5.2")])).len(), 2);
    }

    #[test]
    fn settings_of_shared_crates_are_the_same() {
        let both = (lock(&[("a", "1.0.0"), ("m", "1.0.0")]), lock(&[("a", "1.0.0"), ("p", "1.0.0")]));
        let found = |main: &str, plugin: &str| {
            differences(&(main.parse().unwrap(), plugin.parse().unwrap()), &both).len()
        };
        let main =
            "[profile.release]\nstrip = true\n[profile.release.package]\na.opt-level = 1\nm.opt-level = 1\n";
        let plugin =
            "[profile.release]\nstrip = true\n[profile.release.package]\na.opt-level = 1\np.opt-level = 1\n";
        assert_eq!(found(main, plugin), 0);
        assert_eq!(found(main, &plugin.replace("a.opt-level = 1", "a.opt-level = 2")), 1);
        assert_eq!(found(main, &plugin.replace("a.opt-level = 1\n", "")), 1);
        assert_eq!(found(main, &plugin.replace("strip = true", "strip = false")), 1);
        assert_eq!(found("[workspace.lints.rust]\nx = \"warn\"\n", ""), 2);
    }
}
