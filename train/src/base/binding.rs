//! What a folder of results is bound to: recipe, seed, hashes of what it was made from. A run goes on as what it was, and as nothing else.

use super::whole;
use anyhow::{Context, Result, bail};
use serde::{Serialize, de::DeserializeOwned};
use sha2::{Digest, Sha256};
use std::{collections::BTreeMap, fs, path::Path};
use toml::{Table, Value};

/// The first 8 bytes of a file's SHA-256, in hex.
///
/// # Errors
/// A file that cannot be read.
pub fn hash(path: &Path) -> Result<String> {
    let bytes = fs::read(path).with_context(|| format!("reading {}", path.display()))?;
    Ok(Sha256::digest(&bytes).iter().take(8).map(|b| format!("{b:02x}")).collect())
}

/// Writes what a new folder is bound to as `file`, or checks that a folder that goes on is bound to the same. Values named in `free`
/// (`recipe.steps`) may differ: the file then says the new ones, and what it said before is kept as `STEM-until-1.toml` and so on.
///
/// # Errors
/// A folder that is bound to something else: the message names each value that differs; or the disk.
pub fn hold<T: Serialize + DeserializeOwned>(
    folder: &Path,
    file: &str,
    wanted: &T,
    free: &[&str],
) -> Result<()> {
    fs::create_dir_all(folder).with_context(|| format!("making {}", folder.display()))?;
    let path = folder.join(file);
    if path.exists() {
        let (then, now) = (values(&read::<T>(folder, file)?)?, values(wanted)?);
        if then == now {
            return Ok(());
        }
        let names: Vec<&String> =
            now.keys().chain(then.keys().filter(|name| !now.contains_key(*name))).collect();
        let say = |value: Option<&String>| value.map_or("nothing", String::as_str).to_owned();
        let other = names.into_iter().filter(|name| then.get(*name) != now.get(*name));
        let other = other.filter(|name| !free.contains(&name.as_str()));
        let other: Vec<String> = other
            .map(|name| format!("{name}: {} then, {} now", say(then.get(name)), say(now.get(name))))
            .collect();
        if !other.is_empty() {
            bail!(
                "{} holds another run ({}): name another folder, or give the options of that one",
                folder.display(),
                other.join("; ")
            );
        }
        let stem = file.strip_suffix(".toml").unwrap_or(file);
        let mut earlier = (1..).map(|number| folder.join(format!("{stem}-until-{number}.toml")));
        let earlier = earlier.find(|path| !path.exists()).context("a free name")?;
        fs::copy(&path, &earlier).with_context(|| format!("writing {}", earlier.display()))?;
    }
    whole::write(&path, toml::to_string(wanted)?)
}

/// What a folder is bound to.
///
/// # Errors
/// No such file in it, or one that says something else.
pub fn read<T: DeserializeOwned>(folder: &Path, file: &str) -> Result<T> {
    let path = folder.join(file);
    let text = fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))?;
    toml::from_str(&text).with_context(|| format!("reading {}", path.display()))
}

/// Each value by its name, as it is written.
fn values(of: &impl Serialize) -> Result<BTreeMap<String, String>> {
    fn add(to: &mut BTreeMap<String, String>, prefix: &str, table: Table) {
        for (name, value) in table {
            let name = format!("{prefix}{name}");
            match value {
                Value::Table(inner) => add(to, &format!("{name}."), inner),
                Value::String(text) => drop(to.insert(name, text)),
                other => drop(to.insert(name, other.to_string())),
            }
        }
    }
    // By way of the text: a value of 32 bits is written shorter than the same in 64.
    let mut all = BTreeMap::new();
    add(&mut all, "", toml::to_string(of)?.parse()?);
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    struct Run {
        pool: String,
        recipe: Recipe,
    }

    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    struct Recipe {
        steps: u64,
        rate: f32,
    }

    fn run() -> Run {
        Run { pool: "11".into(), recipe: Recipe { steps: 1000, rate: 1e-3 } }
    }

    #[test]
    fn a_folder_goes_on_as_what_it_was_and_as_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let hold = |run: &Run, free: &[&str]| hold(folder.path(), "run.toml", run, free);
        hold(&run(), &[]).unwrap();
        hold(&run(), &[]).unwrap();
        let mut other = run();
        (other.pool, other.recipe.steps) = ("33".into(), 2000);
        let error = hold(&other, &["pool"]).unwrap_err().to_string();
        assert!(error.contains("(recipe.steps: 1000 then, 2000 now)"), "{error}");
        hold(&other, &["pool", "recipe.steps"]).unwrap();
        assert_eq!(read::<Run>(folder.path(), "run.toml").unwrap(), other);
        assert_eq!(read::<Run>(folder.path(), "run-until-1.toml").unwrap(), run(), "what it was is kept");
        other.recipe.rate = 2e-3;
        let error = hold(&other, &["pool", "recipe.steps"]).unwrap_err().to_string();
        assert!(error.contains("recipe.rate: 0.001 then, 0.002 now"), "{error}");
    }

    #[test]
    fn a_file_is_known_by_its_bytes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("index.csv");
        fs::write(&path, "abc").unwrap();
        // FIPS 180-2, appendix B.1.
        assert_eq!(hash(&path).unwrap(), "ba7816bf8f01cfea");
        assert!(hash(&folder.path().join("none")).is_err());
    }
}
