//! Every dependency's licence against the list in `deny.toml`: what `cargo deny check licenses bans` says, for machines
//! that do not have cargo-deny. Advisories need its database from the network and are not checked here.

use crate::{
    metadata::{self, Package},
    report::{self, Report},
    shell,
};
use anyhow::{Context, Result};
use spdx::{Expression, Licensee, ParseMode};
use std::collections::BTreeMap;
use toml::{Table, Value};

/// Shows every licence with the packages under it, and checks them.
///
/// # Errors
/// As [`check`], or a licence is not allowed.
pub(crate) fn run() -> Result<()> {
    let mut by_licence: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for package in metadata::packages()? {
        let licence = package.licence.unwrap_or_else(|| "no SPDX licence".to_owned());
        by_licence.entry(licence).or_default().push(format!("{} {}", package.name, package.version));
    }
    for (licence, packages) in &by_licence {
        println!("{licence} ({})\n    {}\n", packages.len(), packages.join(", "));
    }
    println!(
        "What is in the plugin's bundles: the texts are in THIRD-PARTY.txt beside them (`cargo xtask bundle`).\n"
    );
    report::print(check()?)
}

/// Checks every package of the dependency graph, ours and what only tests use included.
///
/// # Errors
/// `deny.toml` or `cargo metadata` cannot be read.
pub(crate) fn check() -> Result<Report> {
    let text = std::fs::read_to_string(shell::root().join("deny.toml")).context("cannot read deny.toml")?;
    check_packages(&text, &metadata::packages()?)
}

fn check_packages(deny_toml: &str, packages: &[Package]) -> Result<Report> {
    let deny: Table = deny_toml.parse().context("deny.toml is not TOML")?;
    let licences = deny.get("licenses").context("deny.toml has no [licenses]")?;
    let general = licensees(licences.get("allow"))?;
    let mut exceptions = Vec::new();
    for exception in licences.get("exceptions").and_then(Value::as_array).into_iter().flatten() {
        let name = exception
            .get("crate")
            .and_then(Value::as_str)
            .context("deny.toml: an exception names no crate")?;
        exceptions.push((name.to_owned(), licensees(exception.get("allow"))?));
    }

    let mut report = Report::default();
    let refused = packages.iter().filter_map(|package| {
        let own = exceptions.iter().filter(|(name, _)| *name == package.name).flat_map(|(_, allow)| allow);
        let allowed: Vec<&Licensee> = general.iter().chain(own).collect();
        refusal(package, &allowed)
    });
    report
        .rule(format!("{} packages have a licence that deny.toml allows", packages.len()), refused.collect());

    let banned = deny.get("bans").and_then(|bans| bans.get("deny")).and_then(Value::as_array);
    let banned: Vec<&str> =
        banned.into_iter().flatten().filter_map(|ban| ban.get("crate")?.as_str()).collect();
    let found = packages.iter().filter(|package| banned.contains(&package.name.as_str()));
    let found = found.map(|package| format!("{} {}: banned in deny.toml", package.name, package.version));
    report.rule(format!("none of {} is used", banned.join(", ")), found.collect());
    Ok(report)
}

fn licensees(list: Option<&Value>) -> Result<Vec<Licensee>> {
    let list = list.and_then(Value::as_array).context("deny.toml: an `allow` list is missing")?;
    list.iter()
        .map(|name| {
            let name = name.as_str().context("deny.toml: a licence is not a string")?;
            Licensee::parse(name).with_context(|| format!("deny.toml: `{name}` is no SPDX licence"))
        })
        .collect()
}

/// Why the package may not be used, if so.
fn refusal(package: &Package, allowed: &[&Licensee]) -> Option<String> {
    let what = format!("{} {}", package.name, package.version);
    let Some(licence) = &package.licence else {
        return Some(format!("{what}: states no SPDX licence"));
    };
    // Lax: old manifests write `MIT/Apache-2.0`.
    match Expression::parse_mode(licence, ParseMode::LAX) {
        Err(error) => Some(format!("{what}: `{licence}` is no SPDX expression: {}", error.reason)),
        Ok(expression) if expression.evaluate(|need| allowed.iter().any(|have| have.satisfies(need))) => None,
        Ok(_) => Some(format!("{what}: {licence}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DENY: &str = r#"
        [licenses]
        allow = ["MIT", "Apache-2.0 WITH LLVM-exception"]
        exceptions = [{ crate = "special", allow = ["MPL-2.0"] }]
        [bans]
        deny = [{ crate = "openssl" }]
    "#;

    fn package(name: &str, licence: Option<&str>) -> Package {
        Package {
            name: name.to_owned(),
            version: "1.0.0".to_owned(),
            licence: licence.map(str::to_owned),
            ..Package::default()
        }
    }

    #[test]
    fn the_shipped_list_is_readable() {
        let text = std::fs::read_to_string(shell::root().join("deny.toml")).unwrap();
        assert_eq!(check_packages(&text, &[package("a", Some("MIT"))]).unwrap().counts().failed, 0);
        assert_eq!(check_packages(&text, &[package("a", Some("GPL-3.0-only"))]).unwrap().counts().failed, 1);
    }

    #[test]
    fn what_is_not_allowed_is_refused() {
        let failed = |package| check_packages(DENY, &[package]).unwrap().counts().failed;
        for right in ["MIT", "MIT/Apache-2.0", "GPL-3.0-only OR MIT", "Apache-2.0 WITH LLVM-exception"] {
            assert_eq!(failed(package("a", Some(right))), 0, "{right}");
        }
        for wrong in ["GPL-3.0-only", "MIT AND GPL-2.0-only", "Apache-2.0", "see the readme", "MPL-2.0"] {
            assert_eq!(failed(package("a", Some(wrong))), 1, "{wrong}");
        }
        assert_eq!(failed(package("a", None)), 1);
        assert_eq!(failed(package("special", Some("MPL-2.0"))), 0);
        assert_eq!(failed(package("openssl", Some("MIT"))), 1);
    }
}
