//! nice-plug's bundler, called by `cargo xtask bundle`: three times the work to build of all of xtask, so it stands apart.
#![forbid(unsafe_code)]

use std::{env, path::Path};

fn main() -> nice_plug_xtask::Result<()> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [target, package, build @ ..] = arguments.as_slice() else {
        eprintln!("usage: rollcall-bundler TARGET_FOLDER PACKAGE ARGUMENTS_OF_ITS_BUILD...");
        std::process::exit(2);
    };
    // Where bundler.toml names the bundles.
    env::set_current_dir("plugin")?;
    nice_plug_xtask::bundle(Path::new(target), package, build, false)
}
