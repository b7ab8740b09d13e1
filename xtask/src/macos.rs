//! macOS: everything that ships checked for both of its processors from any Debian, and the bundles, for which a Mac must link.

mod bundle;

use crate::{
    cross::Target,
    machine,
    report::{self, Report},
    shell,
    workspaces::Workspace,
};
use anyhow::{Result, ensure};
use bundle::PROCESSORS;

pub(crate) use bundle::bundle;

/// What ships there, with all that it stands on: plugin, programs, wheel, and the crates that others may use.
const SHIPPED: [(Workspace, &[&str]); 2] = [
    (
        Workspace::Main,
        &["-p", "rollcall", "-p", "rollcall-host", "-p", "rollcall-python", "-p", "rollcall-engine"],
    ),
    (Workspace::Plugin, &["-p", "rollcall-plugin", "--lib"]),
];

/// What is left for a Mac.
const LINKING: &str = "Not shown here: that it links, and libopus in C, for both need Apple's SDK. On a Mac this is one line:\n\
                       \x20   cargo xtask bundle --target universal-apple-darwin";

/// Whether bundles for a target are made here.
pub(crate) fn is_macos(target: Option<&str>) -> bool {
    target.map_or(cfg!(target_os = "macos"), |target| target.contains("-apple-"))
}

/// `cargo xtask macos`: checks everything that ships for macOS, on both processors.
///
/// # Errors
/// There is no standard library for it here, or something does not compile.
pub(crate) fn run(arguments: &[String]) -> Result<()> {
    ensure!(arguments.is_empty(), "`cargo xtask macos` takes nothing");
    machine::ensure(machine::Need::CommandLine)?;
    let mut report = Report::default();
    for name in PROCESSORS {
        let target = Target::need(name)?;
        for (workspace, what) in SHIPPED {
            let words = [&["check", "--release", "--locked"], what].concat();
            let broken =
                shell::run(&mut target.cargo(workspace, &words)?).err().map(|error| format!("{error:#}"));
            let crates =
                what.iter().filter(|word| !word.starts_with('-')).copied().collect::<Vec<_>>().join(", ");
            report.rule(format!("{name}: {crates} compile"), broken.into_iter().collect());
        }
    }
    report::print(report)?;
    println!("{LINKING}");
    Ok(())
}
