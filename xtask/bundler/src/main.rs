//! nice-plug's bundler, called by `cargo xtask bundle`: three times the work to build of all of xtask, so it stands apart.
#![forbid(unsafe_code)]

fn main() -> nice_plug_xtask::Result<()> {
    nice_plug_xtask::main_with_args("cargo xtask", std::env::args().skip(1))
}
