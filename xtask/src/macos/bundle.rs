//! The bundles as macOS has them: one library for both processors in `Contents/MacOS`, `Info.plist` beside it, licences inside, and a
//! signature that says whose it is not: an "ad hoc" one, without which no processor of Apple's runs code.

use crate::{
    cross::{Target, shipped::BUILDS},
    machine, metadata, notices, shell,
};
use anyhow::{Context, Result, bail, ensure};
use std::{
    fs,
    path::{Path, PathBuf},
};

/// Each with a library of its own, which `lipo` joins.
pub(super) const PROCESSORS: [&str; 2] = ["aarch64-apple-darwin", "x86_64-apple-darwin"];
/// The name for both: no compiler knows it.
const UNIVERSAL: &str = "universal-apple-darwin";
/// The first macOS for Apple's own processors; C parts would else ask for that of the Mac that builds.
const OLDEST: &str = "11.0";

/// What cargo calls a file, and where it goes.
const FILES: [(&str, &str); 4] = [
    ("librollcall_plugin.dylib", "Rollcall.clap/Contents/MacOS/Rollcall"),
    ("librollcall_plugin.dylib", "Rollcall.vst3/Contents/MacOS/Rollcall"),
    ("rollcall", "rollcall"),
    ("rollcall-host", "rollcall-host"),
];
/// Folders that macOS takes for one thing.
const BUNDLES: [(&str, &str); 2] =
    [("Rollcall.clap", "org.rollcall.rollcall.clap"), ("Rollcall.vst3", "org.rollcall.rollcall.vst3")];

/// Builds plugin and programs into `target/bundled/TARGET/`, or into `target/bundled/` for the Mac's own processor where no target is
/// named.
///
/// # Errors
/// This is no Mac, or the build fails.
pub(crate) fn bundle(target: Option<&str>, arguments: &[String]) -> Result<()> {
    let own = shell::host()?;
    let name = target.unwrap_or(&own);
    let processors = processors(name)?;
    ensure!(
        cfg!(target_os = "macos"),
        "linking for macOS needs Apple's SDK, which only Macs have: `cargo xtask bundle --target {name}` there makes the bundles. \
         Here `cargo xtask macos` checks that everything in them compiles"
    );
    machine::ensure(machine::Need::Plugin)?;
    for processor in &processors {
        let target = Target::need(processor)?;
        for (workspace, what) in BUILDS {
            let words = [&["build", "--release", "--locked"], what].concat();
            let mut cargo = target.cargo(workspace, &words)?;
            shell::run(cargo.env("MACOSX_DEPLOYMENT_TARGET", OLDEST).args(arguments))?;
        }
    }
    let bundled = shell::target().join("bundled");
    let folder = target.map_or(bundled.clone(), |target| bundled.join(target));
    let built: Vec<PathBuf> =
        processors.iter().map(|processor| shell::target().join(processor).join("release")).collect();
    lay_out(&folder, &built, &metadata::version()?)?;
    // Before the signature, which seals whatever is inside.
    notices::write(&folder, processors[0])?;
    sign(&folder)
}

/// What is compiled for a target.
fn processors(target: &str) -> Result<Vec<&str>> {
    match target {
        UNIVERSAL => Ok(PROCESSORS.to_vec()),
        target if PROCESSORS.contains(&target) => Ok(vec![target]),
        target => bail!("{target} is none of macOS's: {UNIVERSAL}, {}", PROCESSORS.join(", ")),
    }
}

/// Puts what was built in each of these folders where it belongs in another.
fn lay_out(folder: &Path, built: &[PathBuf], version: &str) -> Result<()> {
    for (bundle, _) in BUNDLES {
        // What lay there once would be sealed with the rest.
        if folder.join(bundle).exists() {
            fs::remove_dir_all(folder.join(bundle))?;
        }
    }
    for (name, file) in FILES {
        let to = folder.join(file);
        fs::create_dir_all(to.parent().context("a file lies in a folder")?)?;
        let from: Vec<PathBuf> = built.iter().map(|folder| folder.join(name)).collect();
        match from.as_slice() {
            [one] => {
                fs::copy(one, &to).with_context(|| format!("{} was not built", one.display()))?;
            }
            several => {
                shell::run(shell::command("lipo", &["-create", "-output"]).arg(&to).args(several))?;
            }
        }
    }
    for (bundle, identifier) in BUNDLES {
        let contents = folder.join(bundle).join("Contents");
        fs::write(contents.join("PkgInfo"), "BNDL????")?;
        fs::write(contents.join("Info.plist"), property_list(identifier, version))?;
    }
    Ok(())
}

/// What macOS and hosts ask a bundle.
fn property_list(identifier: &str, version: &str) -> String {
    let keys = [
        ("CFBundleDevelopmentRegion", "en"),
        ("CFBundleExecutable", "Rollcall"),
        ("CFBundleIdentifier", identifier),
        ("CFBundleInfoDictionaryVersion", "6.0"),
        ("CFBundleName", "Rollcall"),
        ("CFBundlePackageType", "BNDL"),
        ("CFBundleShortVersionString", version),
        ("CFBundleSignature", "????"),
        ("CFBundleVersion", version),
        ("LSMinimumSystemVersion", OLDEST),
        ("NSHumanReadableCopyright", "MIT OR Apache-2.0; the model inside: CC BY-NC-SA 4.0"),
    ];
    let keys: String =
        keys.iter().map(|(key, value)| format!("\t<key>{key}</key>\n\t<string>{value}</string>\n")).collect();
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <!DOCTYPE plist PUBLIC \"-//Apple//DTD PLIST 1.0//EN\" \"http://www.apple.com/DTDs/PropertyList-1.0.dtd\">\n\
         <plist version=\"1.0\">\n<dict>\n{keys}\t<key>NSHighResolutionCapable</key>\n\t<true/>\n</dict>\n</plist>\n"
    )
}

/// Signs programs and bundles so that the system runs them: without anybody's certificate, which would cost its owner a fee.
fn sign(folder: &Path) -> Result<()> {
    let programs = FILES.iter().filter(|(_, file)| !file.contains('/')).map(|(_, file)| *file);
    for what in BUNDLES.iter().map(|(bundle, _)| *bundle).chain(programs) {
        let path = folder.join(what);
        shell::run(shell::command("codesign", &["--force", "--sign", "-"]).arg(&path))?;
        shell::run(shell::command("codesign", &["--verify", "--strict"]).arg(&path))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bundles_lie_as_macos_has_them() {
        let place = shell::target().join("macos-tests").join(std::process::id().to_string());
        let (built, folder) = (place.join("built"), place.join("bundled"));
        fs::create_dir_all(&built).unwrap();
        for name in ["librollcall_plugin.dylib", "rollcall", "rollcall-host"] {
            fs::write(built.join(name), name).unwrap();
        }
        let stale = folder.join("Rollcall.vst3/Contents/MacOS/Old");
        fs::create_dir_all(stale.parent().unwrap()).unwrap();
        fs::write(&stale, "").unwrap();
        lay_out(&folder, &[built], "1.2.3").unwrap();
        for bundle in ["Rollcall.clap", "Rollcall.vst3"] {
            let read =
                |file: &str| fs::read_to_string(folder.join(bundle).join("Contents").join(file)).unwrap();
            assert_eq!(read("MacOS/Rollcall"), "librollcall_plugin.dylib");
            assert_eq!(read("PkgInfo"), "BNDL????");
            let list = read("Info.plist");
            for entry in [
                "<key>CFBundleExecutable</key>\n\t<string>Rollcall</string>".to_owned(),
                "<key>CFBundlePackageType</key>\n\t<string>BNDL</string>".to_owned(),
                "<key>CFBundleVersion</key>\n\t<string>1.2.3</string>".to_owned(),
                format!("<string>org.rollcall.rollcall.{}</string>", &bundle[9..]),
            ] {
                assert!(list.contains(&entry), "{entry}: {list}");
            }
        }
        assert!(!stale.exists() && folder.join("rollcall-host").is_file());
        fs::remove_dir_all(&place).unwrap();
    }

    #[test]
    fn a_universal_one_is_built_twice() {
        assert_eq!(processors("universal-apple-darwin").unwrap(), PROCESSORS);
        assert_eq!(processors("x86_64-apple-darwin").unwrap(), ["x86_64-apple-darwin"]);
        assert!(processors("aarch64-apple-ios").unwrap_err().to_string().contains("none of macOS's"));
    }
}
