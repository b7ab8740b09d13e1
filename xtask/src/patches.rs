//! The plugin's patched crates: `patches/NAME-VERSION/NN-WHAT.patch` applied to what was published, in the folder that the plugin's
//! manifest points to. Cargo has no words of ours where that is missing, so its name says what to run.

use crate::{
    published::{self, Published},
    report::Report,
    shell,
    workspaces::Workspace,
};
use anyhow::{Context, Result, bail};
use std::{
    collections::BTreeSet,
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};
use toml::Table;

/// Under the root's own `target`, wherever cargo's target folder is: the plugin's manifest cannot ask.
const PATCHED: &str = "target/run-cargo-xtask-setup-first";

/// Of a patched crate, beside its `Cargo.toml`: what it was made from.
const STAMP: &str = "patched-from.txt";

/// What the header of a patch answers.
const HEADER: [&str; 3] = ["What is wrong: ", "How it shows: ", "Tested: "];

/// Where the header of a patch ends.
const CHANGES: &str = "\n--- ";

/// Where it stands which test fails without which patch.
const TABLE: &str = "patches/README.md";

/// A crate that is patched.
struct Crate {
    published: Published,
    /// In the order in which they apply.
    patches: Vec<PathBuf>,
}

impl Crate {
    /// Its patches' names, as `--without` takes them.
    fn names(&self) -> Vec<String> {
        self.patches.iter().map(|patch| name(&self.published.name, patch)).collect()
    }

    /// What it is made from, to the byte; a patch that is left out counts, and what its header says does not.
    fn stamp(&self, without: &[&str]) -> Result<String> {
        let mut stamp = format!("{} {}\n", self.published.folder(), self.published.hash);
        for (patch, name) in self.patches.iter().zip(self.names()) {
            if without.contains(&name.as_str()) {
                writeln!(stamp, "without {name}")?;
            } else {
                let text = fs::read_to_string(patch)?;
                let changes = text.split_once(CHANGES).map_or("", |(_, changes)| changes);
                writeln!(stamp, "with {name}\n{changes}")?;
            }
        }
        Ok(stamp)
    }

    /// Makes it in a folder that there is not yet.
    fn make(&self, folder: &Path, without: &[&str]) -> Result<()> {
        self.published.unpack(folder)?;
        for (patch, name) in self.patches.iter().zip(self.names()) {
            if !without.contains(&name.as_str()) {
                published::apply(patch, folder)?;
            }
        }
        // Cargo shows the warnings of crates that lie in a folder, and keeps those of published ones to itself.
        let manifest = folder.join("Cargo.toml");
        let text =
            fs::read_to_string(&manifest).with_context(|| format!("{} is missing", manifest.display()))?;
        fs::write(&manifest, format!("{text}\n[lints.rust]\nwarnings = \"allow\"\n"))?;
        fs::write(folder.join(STAMP), self.stamp(without)?)?;
        Ok(())
    }
}

/// `baseview/01-keyboard-map`.
fn name(of: &str, patch: &Path) -> String {
    format!("{of}/{}", patch.file_stem().unwrap_or_default().to_string_lossy())
}

/// Every crate that `patches/` has a folder for.
fn crates() -> Result<Vec<Crate>> {
    let folder = shell::root().join("patches");
    let mut crates = Vec::new();
    for folder in sorted(&folder)?.into_iter().filter(|path| path.is_dir()) {
        let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let (name, version) =
            split(&name).with_context(|| format!("patches/{name} is not called NAME-VERSION"))?;
        let patches = sorted(&folder)?;
        crates.push(Crate { published: published::locked(name, version)?, patches });
    }
    anyhow::ensure!(!crates.is_empty(), "patches/ holds no patch");
    Ok(crates)
}

/// A crate's name and version.
fn split(folder: &str) -> Option<(&str, &str)> {
    folder.rsplit_once('-').filter(|(_, version)| version.starts_with(|c: char| c.is_ascii_digit()))
}

fn sorted(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    let mut paths: Vec<PathBuf> = entries.map(|entry| Ok(entry?.path())).collect::<Result<_>>()?;
    paths.sort();
    Ok(paths)
}

/// Sees to it that the patched crates are there and made from what is here now.
///
/// # Errors
/// A crate cannot be fetched or is not what its hash says, or a patch does not apply.
pub(crate) fn ensure() -> Result<()> {
    make(&[])
}

fn make(without: &[&str]) -> Result<()> {
    let place = shell::root().join(PATCHED);
    for one in crates()? {
        let folder = place.join(&one.published.name);
        if fs::read_to_string(folder.join(STAMP))
            .is_ok_and(|made_from| Ok(made_from) == one.stamp(without).map_err(drop))
        {
            continue;
        }
        eprintln!("xtask: patching {}", one.published.folder());
        // Made elsewhere and moved: one that was cut short is made again.
        let making = place.join(format!("{}.making", one.published.name));
        for old in [&making, &folder] {
            if old.exists() {
                fs::remove_dir_all(old)?;
            }
        }
        one.make(&making, without)?;
        fs::rename(&making, &folder)?;
        // As published, so that the changes can be told from it: `cargo fmt` leaves it alone.
        fs::write(place.join("rustfmt.toml"), "disable_all_formatting = true\n")?;
    }
    Ok(())
}

/// `cargo xtask patches`: patches, and names the patches; `--without NAME...` leaves some out until the next command that builds the
/// plugin, to see which tests fail then.
///
/// # Errors
/// There is no such patch, or as [`ensure()`].
pub(crate) fn run(arguments: &[String]) -> Result<()> {
    let names: Vec<String> = crates()?.iter().flat_map(Crate::names).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        [] => {
            ensure()?;
            println!("{}", names.join("\n"));
        }
        ["--without", without @ ..] if !without.is_empty() => {
            if let Some(unknown) = without.iter().find(|name| !names.iter().any(|known| known == **name)) {
                bail!("there is no patch `{unknown}`; there are {}", names.join(", "));
            }
            make(without)?;
            println!(
                "{PATCHED} is without {}. Now call cargo itself, for instance\n\n    \
                 cargo nextest run --release --manifest-path plugin/Cargo.toml -p rollcall-plugin\n\n\
                 The next `cargo xtask` command that builds the plugin puts it back.",
                without.join(", ")
            );
        }
        _ => bail!("`cargo xtask patches` takes nothing, or --without NAME..."),
    }
    Ok(())
}

/// Each patch applies, alone of its kind left out or not; each says why it is there; and the plugin is built from no others.
///
/// # Errors
/// A crate cannot be fetched, or a file not be read.
pub(crate) fn check() -> Result<Report> {
    ensure()?;
    let mut report = Report::default();
    let crates = crates()?;
    let place = shell::target().join("patches");
    let (mut unfit, mut silent, mut unnamed) = (Vec::new(), Vec::new(), Vec::new());
    let table = fs::read_to_string(shell::root().join(TABLE)).unwrap_or_default();
    let mut count = 0;
    for one in &crates {
        let names = one.names();
        count += names.len();
        // With all of them, and with each left out.
        let each = names.iter().map(|name| vec![name.as_str()]);
        for without in std::iter::once(Vec::new()).chain(each) {
            if place.exists() {
                fs::remove_dir_all(&place)?;
            }
            if let Err(error) = one.make(&place.join(&one.published.name), &without) {
                unfit.push(format!("without {without:?}: {error:#}"));
            }
        }
        for (patch, name) in one.patches.iter().zip(&names) {
            let text = fs::read_to_string(patch).with_context(|| format!("{name} is no text"))?;
            silent.extend(header(&text).into_iter().map(|missing| format!("{name}: {missing}")));
            let row = format!("| `{name}` |");
            unnamed.extend((!table.contains(&row)).then(|| format!("{name} has no row in {TABLE}")));
        }
    }
    report.rule(format!("{count} patches apply, together and with any of them left out"), unfit);
    report.rule("each patch says what is wrong, how it shows, and how it was tested", silent);
    report.rule(format!("each patch has a row in {TABLE} that names its test"), unnamed);
    let manifest = fs::read_to_string(shell::root().join(Workspace::Plugin.manifest()))?;
    let lock = fs::read_to_string(shell::root().join(Workspace::Plugin.lock()))?;
    report.rule(
        "the plugin is built from these crates, patched, and from no others",
        left_out(&crates, &manifest, &lock)?,
    );
    Ok(report)
}

/// What the text before the first change leaves open.
fn header(patch: &str) -> Vec<String> {
    let head = patch.split(CHANGES).next().unwrap_or_default();
    let mut missing: Vec<String> = HEADER
        .iter()
        .filter(|word| !head.lines().any(|line| line.starts_with(**word)))
        .map(|word| format!("no `{word}`"))
        .collect();
    if !patch.contains(CHANGES) {
        missing.push("changes nothing".to_owned());
    }
    missing
}

/// Crates that are patched and not used, or used from a folder and not patched.
fn left_out(crates: &[Crate], manifest: &str, lock: &str) -> Result<Vec<String>> {
    let manifest: Table = manifest.parse().context("the plugin's manifest is not TOML")?;
    let pointed =
        manifest.get("patch").and_then(|patch| patch.get("crates-io")).and_then(toml::Value::as_table);
    let pointed: BTreeSet<(String, String)> = pointed
        .into_iter()
        .flatten()
        .map(|(name, to)| {
            (name.clone(), to.get("path").and_then(toml::Value::as_str).unwrap_or_default().to_owned())
        })
        .collect();
    let patched: BTreeSet<(String, String)> = crates
        .iter()
        .map(|one| (one.published.name.clone(), format!("../{PATCHED}/{}", one.published.name)))
        .collect();
    let mut broken: Vec<String> = patched
        .symmetric_difference(&pointed)
        .map(|(name, path)| format!("{name} = {path}: in one of the two alone"))
        .collect();
    let lock: Table = lock.parse().context("the plugin's lock file is not TOML")?;
    let packages = lock.get("package").and_then(toml::Value::as_array).into_iter().flatten();
    let used: Vec<(&str, &str)> = packages
        .filter(|package| package.get("source").is_none())
        .filter_map(|package| Some((package.get("name")?.as_str()?, package.get("version")?.as_str()?)))
        .collect();
    for one in crates {
        let is_used = used.contains(&(&one.published.name, &one.published.version));
        broken.extend(
            (!is_used).then(|| format!("the plugin's lock file has no patched {}", one.published.folder())),
        );
    }
    Ok(broken)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_a_crate_and_its_version() {
        assert_eq!(split("egui-baseview-0.9.0"), Some(("egui-baseview", "0.9.0")));
        assert_eq!(split("baseview"), None);
        assert_eq!(split("egui-baseview"), None);
        assert_eq!(name("baseview", Path::new("x/01-map.patch")), "baseview/01-map");
    }

    #[test]
    fn a_header_answers_three_questions() {
        let whole = "What is wrong: a\nHow it shows: b\nTested: c\n\n--- a/x\n+++ b/x\n";
        assert_eq!(header(whole), Vec::<String>::new());
        assert_eq!(header(&whole.replace("Tested: ", "")), ["no `Tested: `"]);
        // What stands in a change is no header.
        assert_eq!(header("--- a/x\n+++ b/x\n+What is wrong: ").len(), 4);
    }

    #[test]
    fn nothing_is_patched_in_vain_and_nothing_unpatched() {
        let one = || Crate {
            published: Published { name: "a".into(), version: "1.0.0".into(), hash: String::new() },
            patches: Vec::new(),
        };
        let manifest = format!("[patch.crates-io]\na = {{ path = \"../{PATCHED}/a\" }}\n");
        let lock = "[[package]]\nname = \"a\"\nversion = \"1.0.0\"\n";
        let found = |manifest: &str, lock: &str| left_out(&[one()], manifest, lock).unwrap().len();
        assert_eq!(found(&manifest, lock), 0);
        assert_eq!(found("", lock), 1);
        assert_eq!(found(&manifest.replace("/a\"", "/b\""), lock), 2);
        assert_eq!(found(&manifest, &lock.replace("1.0.0", "1.0.1")), 1);
        assert_eq!(found(&manifest, &format!("{lock}source = \"registry\"\n")), 1);
    }
}
