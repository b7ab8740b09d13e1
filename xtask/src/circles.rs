//! Files of one crate that import each other in a circle: of two such neither can be read, tested or moved alone, and what both want
//! is a third thing that should stand below them.
//!
//! Read off `use` lines and paths (`crate::`, `super::`, `self::`, a module's own children); a re-export is looked through to the file that
//! holds the name. Tests are left out, and so is a `pub use` or `mod` of a module that needs the name no further: that is a face, not a need.

use crate::{report::Report, rust_paths::Source, shell};
use anyhow::Result;
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};

/// A crate's module path and what stands there.
type Modules = BTreeMap<Vec<String>, (String, Source)>;
/// File -> the files that it needs, each with the paths by which it names them.
type Needs = BTreeMap<String, BTreeMap<String, BTreeSet<String>>>;

/// Adds the rule to what `borders` found.
///
/// # Errors
/// This is not a git clone, or a file cannot be read.
pub(crate) fn check(report: &mut Report) -> Result<()> {
    let mut files = Vec::new();
    for path in shell::files()?.into_iter().filter(|path| path.ends_with(".rs")) {
        let text = fs::read_to_string(shell::root().join(&path))?;
        files.push((path, text));
    }
    report.rule("no files of a crate import each other in a circle", circles(&files));
    Ok(())
}

/// Every circle, told as its arrows.
fn circles(files: &[(String, String)]) -> Vec<String> {
    let root =
        |path: &str| path.strip_suffix("lib.rs").or_else(|| path.strip_suffix("main.rs")).map(str::to_owned);
    let roots: BTreeSet<String> =
        files.iter().filter_map(|(path, _)| root(path)).filter(|root| root.ends_with("src/")).collect();
    let mut told = Vec::new();
    for root in &roots {
        let mut modules = Modules::new();
        for (path, text) in files.iter().filter(|(path, _)| path.starts_with(root.as_str())) {
            if let Some(place) = place(&path[root.len()..]) {
                modules.insert(place, (path.clone(), Source::read(text)));
            }
        }
        let needs = needs(&modules);
        for circle in strongly_connected(&needs) {
            for file in &circle {
                for (other, names) in needs[file].iter().filter(|(other, _)| circle.contains(*other)) {
                    let names: Vec<&str> = names.iter().map(String::as_str).collect();
                    told.push(format!("{file} -> {other}: {}", names.join(", ")));
                }
            }
        }
    }
    told
}

/// Module path of a file below `src/`; `None` for tests, and for `main.rs`, which no module can name.
fn place(below: &str) -> Option<Vec<String>> {
    let stem = below.strip_suffix(".rs")?;
    let mut parts: Vec<String> = stem.split('/').map(str::to_owned).collect();
    let last = parts.last()?.clone();
    if last == "tests" || last.ends_with("_tests") || stem == "main" {
        return None;
    }
    if last == "mod" || stem == "lib" {
        parts.pop();
    }
    Some(parts)
}

fn needs(modules: &Modules) -> Needs {
    let mut all = Needs::new();
    for (module, (file, source)) in modules {
        let mine = all.entry(file.clone()).or_default();
        for path in source.needed() {
            let target = source.absolute(module, &path).and_then(|path| holder(modules, path, 0));
            if let Some(other) = target.filter(|other| other != file) {
                mine.entry(other).or_default().insert(path.join("::"));
            }
        }
    }
    all
}

/// The file that holds what an absolute path names, re-exports looked through; `None` for a module itself.
fn holder(modules: &Modules, path: Vec<String>, depth: usize) -> Option<String> {
    let length = (0..=path.len()).rev().find(|&length| modules.contains_key(&path[..length]))?;
    let (file, source) = &modules[&path[..length]];
    let name = path.get(length)?;
    match source.handed_on(&path[..length], name) {
        None => Some(file.clone()),
        Some(target) => {
            let target = target.filter(|target| target[..] != path[..=length] && depth < 8)?;
            holder(modules, [&target[..], &path[length + 1..]].concat(), depth + 1)
        }
    }
}

/// Sets of two or more files each of which needs, by whatever way, each other. There are few files: reach is computed plainly.
fn strongly_connected(needs: &Needs) -> Vec<BTreeSet<String>> {
    let reach = |from: &String| {
        let (mut seen, mut open) = (BTreeSet::new(), vec![from.clone()]);
        while let Some(file) = open.pop() {
            let next = needs.get(&file).into_iter().flat_map(|others| others.keys());
            open.extend(next.filter(|other| seen.insert((*other).clone())).cloned());
        }
        seen
    };
    let reached: BTreeMap<&String, BTreeSet<String>> = needs.keys().map(|file| (file, reach(file))).collect();
    let mut found: Vec<BTreeSet<String>> = Vec::new();
    for (file, others) in &reached {
        let both = |other: &&String| reached.get(*other).is_some_and(|back| back.contains(*file));
        let circle: BTreeSet<String> = others.iter().filter(both).cloned().collect();
        if circle.len() > 1 && !found.contains(&circle) {
            found.push(circle);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(files: &[(&str, &str)]) -> Vec<String> {
        let files: Vec<_> =
            files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect();
        circles(&files)
    }

    #[test]
    fn a_made_circle_is_told_with_its_names() {
        let lib = ("a/src/lib.rs", "mod one;\nmod two;\nmod three;\npub use one::One;\n");
        let one =
            ("a/src/one.rs", "use crate::two::{self, Two};\npub struct One(Two);\nfn f() { two::g() }\n");
        let two = ("a/src/two.rs", "use super::three::Three;\npub struct Two(Three);\npub fn g() {}\n");
        let three = ("a/src/three.rs", "pub struct Three;\nfn h(one: crate::One) {}\n");
        assert_eq!(
            told(&[lib, one, two, three]),
            [
                "a/src/one.rs -> a/src/two.rs: crate::two::Two, two::g",
                "a/src/three.rs -> a/src/one.rs: crate::One",
                "a/src/two.rs -> a/src/three.rs: super::three::Three",
            ]
        );
        let straight = ("a/src/three.rs", "pub struct Three;\n");
        assert_eq!(told(&[lib, one, two, straight]), Vec::<String>::new());
    }

    #[test]
    fn a_module_and_its_child_may_be_a_circle_too() {
        let parent = ("b/src/lib.rs", "mod child;\nuse child::Child;\npub struct Parent(Child);\n");
        let child = ("b/src/child.rs", "pub struct Child(Option<Box<crate::Parent>>);\n");
        assert_eq!(told(&[parent, child]).len(), 2);
        let face = ("b/src/lib.rs", "mod child;\npub use child::Child;\npub struct Parent;\n");
        assert_eq!(told(&[face, child]), Vec::<String>::new(), "a face needs nothing");
    }

    #[test]
    fn tests_comments_and_texts_need_nothing() {
        let lib = ("c/src/lib.rs", "mod one;\nmod two;\n");
        let one = (
            "c/src/one.rs",
            "// use crate::two::Two;\nconst A: &str = \"crate::two::Two\";\n#[cfg(test)]\nmod tests {\n    use crate::two::Two;\n}\n",
        );
        let two = ("c/src/two.rs", "use crate::one::One;\npub struct Two(One);\n");
        assert_eq!(told(&[lib, one, two]), Vec::<String>::new());
    }
}
