//! Which crate may name which: dependencies point one way (ARCHITECTURE.md, "Rooms"), so that what must not run on a
//! thread cannot even be named there.

use crate::{
    circles,
    metadata::{self, Package},
    profiles,
    report::Report,
};
use anyhow::Result;

/// What a room may name, of ours. Anything else is an edge that points the wrong way.
const ROOMS: &[Room] = &[
    Room {
        name: "rollcall-engine",
        may: &["rollcall-classes", "rollcall-kernels", "rollcall-unify"],
        tests_may: &[],
    },
    Room { name: "rollcall-classes", may: &[], tests_may: &[] },
    Room { name: "rollcall-kernels", may: &[], tests_may: &[] },
    Room { name: "rollcall-unify", may: &[], tests_may: &[] },
    Room { name: "rollcall-no-process", may: &[], tests_may: &[] },
    Room { name: "rollcall-models", may: &["rollcall-engine"], tests_may: &[] },
    Room { name: "rollcall-metrics", may: &[], tests_may: &[] },
    Room { name: "rollcall-head", may: &["rollcall-metrics"], tests_may: &[] },
    Room {
        name: "rollcall-teach",
        may: &[
            "rollcall-classes",
            "rollcall-engine",
            "rollcall-models",
            "rollcall-metrics",
            "rollcall-head",
            "rollcall-import",
            "rollcall-files",
            "rollcall-media",
            "rollcall-results",
        ],
        tests_may: &[],
    },
    Room { name: "rollcall-evaluate", may: &["rollcall-engine", "rollcall-metrics"], tests_may: &[] },
    Room { name: "rollcall-import", may: &["rollcall-engine", "rollcall-models"], tests_may: &[] },
    Room { name: "rollcall-files", may: &[], tests_may: &[] },
    Room { name: "rollcall-media", may: &[], tests_may: &[] },
    Room {
        name: "rollcall-results",
        may: &["rollcall-engine", "rollcall-media"],
        tests_may: &["rollcall-models"],
    },
    Room { name: "rollcall-queue", may: &[], tests_may: &[] },
    Room { name: "rollcall-tap", may: &["rollcall-queue"], tests_may: &[] },
    Room { name: "rollcall-board", may: &["rollcall-classes"], tests_may: &[] },
    Room {
        name: "rollcall-worker",
        may: &[
            "rollcall-queue",
            "rollcall-tap",
            "rollcall-board",
            "rollcall-engine",
            "rollcall-models",
            "rollcall-files",
            "rollcall-media",
            "rollcall-results",
        ],
        tests_may: &[],
    },
    Room {
        name: "rollcall-editor",
        may: &["rollcall-board", "rollcall-classes", "rollcall-files"],
        tests_may: &[],
    },
    Room { name: "rollcall-window", may: &[], tests_may: &[] },
    Room {
        name: "rollcall-plugin",
        may: &[
            "rollcall-no-process",
            "rollcall-tap",
            "rollcall-board",
            "rollcall-worker",
            "rollcall-editor",
            "rollcall-window",
        ],
        tests_may: &[],
    },
    Room {
        name: "rollcall",
        may: &[
            "rollcall-classes",
            "rollcall-no-process",
            "rollcall-engine",
            "rollcall-models",
            "rollcall-metrics",
            "rollcall-evaluate",
            "rollcall-import",
            "rollcall-files",
            "rollcall-media",
            "rollcall-teach",
            "rollcall-results",
        ],
        tests_may: &[],
    },
    Room {
        name: "rollcall-train",
        may: &[
            "rollcall-engine",
            "rollcall-models",
            "rollcall-metrics",
            "rollcall-head",
            "rollcall-teach",
            "rollcall-import",
            "rollcall-media",
        ],
        tests_may: &[],
    },
    Room {
        name: "rollcall-python",
        may: &[
            "rollcall",
            "rollcall-no-process",
            "rollcall-engine",
            "rollcall-models",
            "rollcall-metrics",
            "rollcall-evaluate",
            "rollcall-media",
            "rollcall-results",
        ],
        tests_may: &[],
    },
    // It sees the plugin as any host does: through the built bundles.
    Room { name: "rollcall-host", may: &[], tests_may: &[] },
    // It knocks at every door that bytes from outside come through.
    Room { name: "rollcall-fuzz", may: &["rollcall", "rollcall-engine", "rollcall-media"], tests_may: &[] },
    // The same at the plugin's own door.
    Room { name: "rollcall-fuzz-state", may: &["rollcall-plugin"], tests_may: &[] },
    Room { name: "xtask", may: &[], tests_may: &[] },
    Room { name: "rollcall-bundler", may: &[], tests_may: &[] },
];

/// Libraries that belong to one room: (how their names begin, who may name them, why).
const LIBRARIES: &[(&str, &[&str], &str)] = &[
    ("nice-plug-xtask", &["rollcall-bundler"], "the bundler stands apart, so that xtask builds in seconds"),
    ("nice-plug", &["rollcall-plugin"], "only the plugin's glue names the plugin framework"),
    ("egui", &["rollcall-editor", "rollcall-window", "rollcall-plugin"], "only the GUI rooms draw"),
    ("baseview", &["rollcall-window"], "one crate makes windows; what is in them knows none"),
    (
        "tract",
        &["rollcall-engine", "rollcall-train", "rollcall-import"],
        "one crate runs the network; trainer and import write what it reads",
    ),
    (
        "clack",
        &["rollcall-host", "rollcall-plugin", "rollcall-fuzz-state"],
        "only the harness, the fuzzer and the plugin's own tests host plugins",
    ),
    ("pyo3", &["rollcall-python"], "only the wheel speaks Python"),
    ("vst3", &["rollcall-host"], "only the harness hosts plugins"),
    ("clap-sys", &["rollcall-host"], "only the harness hosts plugins"),
    (
        "symphonia",
        &["rollcall-media", "rollcall-host"],
        "one crate reads audio files; the engine takes samples",
    ),
];

struct Room {
    name: &'static str,
    /// In what ships.
    may: &'static [&'static str],
    /// Only in its tests, benches and examples, besides `may`.
    tests_may: &'static [&'static str],
}

/// Checks every crate of both workspaces, what the two must say alike, and the files within each crate.
///
/// # Errors
/// `cargo metadata` fails, or a manifest cannot be read.
pub(crate) fn check() -> Result<Report> {
    let mut report = check_packages(&metadata::packages()?);
    profiles::check(&mut report)?;
    circles::check(&mut report)?;
    Ok(report)
}

fn check_packages(packages: &[Package]) -> Report {
    let mut report = Report::default();
    for package in packages.iter().filter(|package| package.ours) {
        let Some(room) = ROOMS.iter().find(|room| room.name == package.name) else {
            let advice = "add it to ROOMS in xtask/src/borders.rs with what it may name".to_owned();
            report.rule(format!("{} is a known room", package.name), vec![advice]);
            continue;
        };
        let is_ours = |name: &str| packages.iter().any(|package| package.ours && package.name == name);
        let mut broken: Vec<String> = Vec::new();
        for (name, kind) in &package.dependencies {
            let allowed = room.may.contains(&name.as_str())
                || (kind == "dev" && room.tests_may.contains(&name.as_str()));
            if is_ours(name) && !allowed {
                broken.push(format!("{} -> {name} ({kind}): points the wrong way", package.name));
            }
            broken.extend(foreign(&package.name, name));
        }
        let may = if room.may.is_empty() { "none of ours".to_owned() } else { room.may.join(", ") };
        report.rule(format!("{} names {may}", package.name), broken);
    }
    report
}

/// Why `package` may not name the library `name`, if so.
fn foreign(package: &str, name: &str) -> Option<String> {
    let (_, rooms, why) = LIBRARIES.iter().find(|(start, ..)| name.starts_with(start))?;
    (!rooms.contains(&package)).then(|| format!("{package} -> {name}: {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(name: &str, dependencies: &[(&str, &str)]) -> Package {
        Package {
            name: name.to_owned(),
            ours: true,
            dependencies: dependencies
                .iter()
                .map(|(name, kind)| ((*name).to_owned(), (*kind).to_owned()))
                .collect(),
            ..Package::default()
        }
    }

    fn failed(packages: &[Package]) -> usize {
        check_packages(packages).counts().failed
    }

    #[test]
    fn the_right_way_passes() {
        let right = [
            package("rollcall-engine", &[("tract-onnx", "normal"), ("proptest", "dev")]),
            package("rollcall-board", &[]),
            package("rollcall-tap", &[("ringbuf", "normal")]),
            package("rollcall-editor", &[("rollcall-board", "normal"), ("egui", "normal")]),
            package("rollcall-worker", &[("rollcall-tap", "normal"), ("rollcall-engine", "normal")]),
        ];
        assert_eq!(failed(&right), 0, "{}", check_packages(&right));
    }

    #[test]
    fn a_wrong_edge_is_caught() {
        let engine = || package("rollcall-engine", &[]);
        let cases = [
            package("rollcall-editor", &[("rollcall-engine", "normal")]),
            package("rollcall-editor", &[("rollcall-engine", "dev")]),
            package("rollcall-board", &[("rollcall-engine", "build")]),
            package("rollcall-worker", &[("nice-plug", "normal")]),
            package("rollcall-editor", &[("tract-onnx", "normal")]),
            package("rollcall-board", &[("egui", "normal")]),
            package("rollcall-editor", &[("baseview", "normal")]),
            package("rollcall-new-room", &[]),
        ];
        for case in cases {
            let name = format!("{case:?}");
            assert_eq!(failed(&[engine(), case]), 1, "{name}");
        }
        let circle = package("rollcall-engine", &[("rollcall", "normal")]);
        assert_eq!(failed(&[circle, package("rollcall", &[])]), 1);
    }
}
