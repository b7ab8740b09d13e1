//! Where the bundles are, and holding a run to its claims.

use rollcall_host::{Assertion, Case, Launcher, Plan, Setting, Step, Value};
use std::path::{Path, PathBuf};

/// Both formats of the plugin, as `cargo xtask bundle` puts them together.
pub(crate) const FORMATS: [&str; 2] = ["clap", "vst3"];

/// The repository.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ lies in the repository's root")
}

/// Cargo's target folder, wherever it was told to have it: this test lies in its `release/deps`.
fn target() -> PathBuf {
    let own = std::env::current_exe().expect("a running test has a path");
    own.ancestors().nth(3).expect("it lies in target/release/deps").to_owned()
}

/// The bundle of a format.
pub(crate) fn bundle(format: &str) -> PathBuf {
    let path = target().join("bundled").join(format!("Rollcall.{format}"));
    assert!(path.exists(), "{} is missing: run `cargo xtask bundle` first", path.display());
    path
}

/// The built program.
pub(crate) fn program() -> PathBuf {
    let path = target().join("release/rollcall");
    assert!(path.exists(), "{} is missing: run `cargo build --release -p rollcall` first", path.display());
    path
}

/// Children of this package's own program.
pub(crate) fn launcher() -> Launcher {
    Launcher::new(env!("CARGO_BIN_EXE_rollcall-host"))
}

/// Runs a plan and holds it to its claims.
pub(crate) fn hold(name: &str, plan: Plan, claims: &[&str]) -> Case {
    hold_with(&launcher(), name, plan, claims)
}

/// The same with a launcher of one's own.
pub(crate) fn hold_with(launcher: &Launcher, name: &str, plan: Plan, claims: &[&str]) -> Case {
    let claims: Vec<Assertion> = claims.iter().map(|claim| claim.parse().expect("a claim")).collect();
    let ran = launcher.run(&plan).expect("the harness itself works");
    let case = Case::new(name, plan, ran, &claims);
    assert!(case.passed(), "\n{}", case.explain());
    println!("{name}: {:.1} s", case.ran.took_s);
    case
}

/// A parameter's normalised value as a step.
pub(crate) fn set(param: &str, value: f64) -> Step {
    Step::Set(vec![Setting { param: param.to_owned(), value: Value::Normal(value) }])
}
