//! `THIRD-PARTY.txt` beside the bundles: every crate that is in them, its licence, and the texts that its authors want to be passed on.

use crate::{
    cross,
    metadata::{self, Package},
    shell,
    workspaces::Workspace,
};
use anyhow::{Context, Result};
use std::{
    collections::BTreeMap,
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

/// In `target/bundled/`: one for the file of CLAP, which has no inside, and one that goes where the folder of VST3 goes.
pub(crate) const PLACES: [&str; 2] = ["THIRD-PARTY.txt", "Rollcall.vst3/Contents/Resources/THIRD-PARTY.txt"];
/// On macOS CLAP has an inside, too.
const CLAP_INSIDE: &str = "Rollcall.clap/Contents/Resources/THIRD-PARTY.txt";

/// How the names of files with licences begin, in capitals.
const NAMES: [&str; 6] = ["LICENSE", "LICENCE", "COPYING", "COPYRIGHT", "UNLICENSE", "NOTICE"];

/// What else is in the bundles, from the root: whose it is, and its licence.
const OTHERS: [(&str, &str); 2] =
    [("Rollcall itself and its model", "NOTICE"), ("The window's fonts", "plugin/editor/fonts/OFL.txt")];

/// What no manifest names.
const RUST: &str = "Rust's standard library";

/// Apache's text, for those who name it and do not bring it.
const APACHE: &str = "LICENSE-APACHE";

/// <https://spdx.org/licenses/ISC.html>, after the line of whose it is.
const ISC: &str = "\
Permission to use, copy, modify, and/or distribute this software for any purpose with or without fee is hereby granted, provided
that the above copyright notice and this permission notice appear in all copies.

THE SOFTWARE IS PROVIDED \"AS IS\" AND THE AUTHOR DISCLAIMS ALL WARRANTIES WITH REGARD TO THIS SOFTWARE INCLUDING ALL IMPLIED
WARRANTIES OF MERCHANTABILITY AND FITNESS. IN NO EVENT SHALL THE AUTHOR BE LIABLE FOR ANY SPECIAL, DIRECT, INDIRECT, OR
CONSEQUENTIAL DAMAGES OR ANY DAMAGES WHATSOEVER RESULTING FROM LOSS OF USE, DATA OR PROFITS, WHETHER IN AN ACTION OF CONTRACT,
NEGLIGENCE OR OTHER TORTIOUS ACTION, ARISING OUT OF OR IN CONNECTION WITH THE USE OR PERFORMANCE OF THIS SOFTWARE.
";

/// What ships together.
struct Shipped {
    /// In words.
    what: &'static str,
    /// The crates that are built.
    crates: &'static [(Workspace, &'static str)],
}

const PLUGIN: (Workspace, &str) = (Workspace::Plugin, "rollcall-plugin");
const ROLLCALL: (Workspace, &str) = (Workspace::Main, "rollcall");
const HOST: (Workspace, &str) = (Workspace::Main, "rollcall-host");
const PYTHON: (Workspace, &str) = (Workspace::Main, "rollcall-python");

/// The plugin in both formats.
const BUNDLES: Shipped = Shipped { what: "Rollcall.clap and Rollcall.vst3", crates: &[PLUGIN] };
/// The plugin with the programs beside it.
const WITH_PROGRAMS: Shipped =
    Shipped { what: "Rollcall's plugin and programs", crates: &[PLUGIN, ROLLCALL, HOST] };
const ALL: Shipped = Shipped {
    what: "Rollcall's plugin, programs and Python package",
    crates: &[PLUGIN, ROLLCALL, HOST, PYTHON],
};

/// Writes it beside the bundles that there are, and into them: it names what is in all that lies there, which was built for this target.
///
/// # Errors
/// Cargo cannot say what is in them, or a file cannot be read or written.
pub(crate) fn write(bundles: &Path, target: &str) -> Result<()> {
    let notice = notice_of(lying_in(bundles), target)?;
    for place in PLACES.iter().chain([&CLAP_INSIDE]) {
        let path = bundles.join(place);
        let folder = path.parent().context("a file lies in a folder")?;
        // What there is no bundle for needs none: other systems have other folders.
        let bundle = place.split('/').next().unwrap_or_default();
        if folder == bundles || bundles.join(bundle).is_dir() {
            write_to(&path, &notice)?;
        }
    }
    Ok(())
}

/// Windows and macOS have the programs in the same folder; elsewhere they lie where cargo builds them.
fn lying_in(folder: &Path) -> &'static Shipped {
    let is_there = |program: &str| folder.join(program).is_file();
    if is_there("rollcall") || is_there("rollcall.exe") { &WITH_PROGRAMS } else { &BUNDLES }
}

/// Writes one for all that ships for a target: plugin, programs and Python package.
///
/// # Errors
/// As [`write()`].
pub(crate) fn write_all(path: &Path, target: &str) -> Result<()> {
    write_to(path, &notice_of(&ALL, target)?)
}

fn write_to(path: &Path, notice: &str) -> Result<()> {
    fs::create_dir_all(path.parent().context("a file lies in a folder")?)?;
    fs::write(path, notice).with_context(|| format!("cannot write {}", path.display()))
}

fn notice_of(shipped: &Shipped, target: &str) -> Result<String> {
    let mut packages: BTreeMap<(String, String), Package> = BTreeMap::new();
    for (workspace, name) in shipped.crates {
        let own = metadata::built_in(*workspace, name, target)?;
        packages.extend(
            own.into_iter().map(|package| ((package.name.clone(), package.version.clone()), package)),
        );
    }
    let mut others = Vec::new();
    for (what, path) in OTHERS {
        let text =
            fs::read_to_string(shell::root().join(path)).with_context(|| format!("cannot read {path}"))?;
        others.push((what.to_owned(), text));
    }
    others.extend(cross::runtime(target));
    let apache =
        fs::read_to_string(shell::root().join(APACHE)).with_context(|| format!("cannot read {APACHE}"))?;
    let texts = packages.values().filter(|package| !package.ours && !is_here(package));
    let texts: Vec<(&Package, Vec<(String, String)>)> =
        texts.map(|package| Ok((package, texts_of(&package.folder)?))).collect::<Result<_>>()?;
    Ok(notice(shipped.what, &others, &texts, &apache))
}

/// Whether it is a room of this repository: those of the other workspace are no members of the plugin's.
fn is_here(package: &Package) -> bool {
    package.name.starts_with("rollcall-")
}

/// The texts of licences in a crate, and in what it brings along: (path within it, text).
fn texts_of(folder: &Path) -> Result<Vec<(String, String)>> {
    let entries = |folder: &Path| -> Result<Vec<PathBuf>> {
        let entries = fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
        let mut paths: Vec<PathBuf> = entries.map(|entry| Ok(entry?.path())).collect::<Result<_>>()?;
        paths.sort();
        Ok(paths)
    };
    let mut texts = Vec::new();
    for path in entries(folder)? {
        // Sources of libraries in other languages lie in a folder, with theirs.
        let inside = if path.is_dir() { entries(&path)? } else { vec![path] };
        for path in inside.into_iter().filter(|path| path.is_file() && is_licence(path)) {
            let name = path.strip_prefix(folder).unwrap_or(&path).display().to_string();
            texts.push((name, String::from_utf8_lossy(&fs::read(&path)?).into_owned()));
        }
    }
    Ok(texts)
}

fn is_licence(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy().to_uppercase();
    let is_code = path.extension().is_some_and(|extension| extension == "rs");
    !is_code && NAMES.iter().any(|start| name.starts_with(start))
}

fn notice(
    what: &str,
    others: &[(String, String)],
    packages: &[(&Package, Vec<(String, String)>)],
    apache: &str,
) -> String {
    let mut list = format!("What is in {what}, and under which licences.\n\n");
    // Each text once, with all that it belongs to, in the order of its first.
    let mut by_text: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut order: Vec<String> = Vec::new();
    let mut add = |text: String, of: String| {
        let belongs = by_text.entry(text.clone()).or_insert_with(|| {
            order.push(text);
            Vec::new()
        });
        belongs.push(of);
    };
    for (whose, text) in others {
        add(text.clone(), whose.clone());
    }
    writeln!(list, "{RUST}: MIT OR Apache-2.0  https://github.com/rust-lang/rust")
        .expect("a String takes everything");
    add(apache.to_owned(), RUST.to_owned());
    for (package, texts) in packages {
        let what = format!("{} {}", package.name, package.version);
        let licence = package.licence.as_deref().unwrap_or("no SPDX licence");
        let from = package.repository.as_deref().unwrap_or_default();
        writeln!(list, "{what}: {licence}  {from}").expect("a String takes everything");
        for (name, text) in texts {
            add(text.clone(), format!("{what} ({name})"));
        }
        if texts.is_empty() {
            let authors = if package.authors.is_empty() {
                format!("the authors of {}", package.name)
            } else {
                package.authors.join(", ")
            };
            if licence.contains("Apache-2.0") {
                add(apache.to_owned(), format!("{what}, whose package holds no text, by {authors}"));
            } else if licence == "ISC" {
                add(format!("Copyright (c) {authors}\n\n{ISC}"), what);
            } else {
                add(format!("{licence}, by {authors}. The package holds no text.\n"), what);
            }
        }
    }
    let line = "=".repeat(100);
    for text in order {
        let of = by_text.remove(&text).unwrap_or_default();
        write!(list, "\n{line}\n{}\n{line}\n\n{}\n", of.join("\n"), text.trim_end())
            .expect("a String takes everything");
    }
    list
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(name: &str, licence: &str) -> Package {
        Package {
            name: name.into(),
            version: "1.0.0".into(),
            licence: Some(licence.into()),
            ..Package::default()
        }
    }

    #[test]
    fn every_package_is_named_and_every_text_stands_once() {
        let [one, two, three, four] =
            [("one", "MIT"), ("two", "MIT"), ("three", "MIT OR Apache-2.0"), ("four", "ISC")]
                .map(|(n, l)| package(n, l));
        let mit = || vec![("LICENSE".to_owned(), "As you like.\n".to_owned())];
        let packages = [(&one, mit()), (&two, mit()), (&three, Vec::new()), (&four, Vec::new())];
        let notice = notice("it", &[("Ourselves".to_owned(), "Mine.".to_owned())], &packages, "Apache's.");
        for line in [
            "one 1.0.0: MIT",
            "three 1.0.0: MIT OR Apache-2.0",
            "one 1.0.0 (LICENSE)\ntwo 1.0.0 (LICENSE)\n",
            "Ourselves\n",
            "Rust's standard library: MIT OR Apache-2.0",
        ] {
            assert!(notice.contains(line), "{line}\n{notice}");
        }
        assert_eq!(notice.matches("As you like.").count(), 1);
        assert!(notice.contains("Apache's.") && notice.contains("Copyright (c) the authors of four"));
    }

    #[test]
    fn programs_that_lie_beside_the_bundles_are_in_their_notice() {
        let folder = shell::target().join("notices-tests").join(std::process::id().to_string());
        fs::create_dir_all(&folder).unwrap();
        assert_eq!(lying_in(&folder).what, BUNDLES.what);
        for program in ["rollcall", "rollcall.exe"] {
            fs::write(folder.join(program), "").unwrap();
            assert_eq!(lying_in(&folder).what, WITH_PROGRAMS.what, "{program}");
            fs::remove_file(folder.join(program)).unwrap();
        }
        fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn texts_are_known_by_their_names() {
        for name in ["LICENSE", "license-mit", "COPYING", "NOTICE.txt", "UNLICENSE", "Licence.md"] {
            assert!(is_licence(Path::new(name)), "{name}");
        }
        for name in ["README.md", "licenses.rs", "src"] {
            assert!(!is_licence(Path::new(name)), "{name}");
        }
    }
}
