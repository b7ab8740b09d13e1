//! `cargo xtask debian13`: a root file system of Debian 13, made of its packages, in which the README's commands run as on a fresh
//! machine. It lies under `target/`; nothing of the machine around it is changed, its compiler and cargo's downloads are shared.

use crate::{
    machine::{self, Need},
    shell,
    suites::SUITES,
    trixie,
};
use anyhow::{Context, Result, bail, ensure};
use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

/// What README asks for beside Rust, and what that links with.
const BEFORE: &str = "ca-certificates,git,gcc,libc6-dev";
/// The clone, in there.
const CLONE: &str = "rollcall";
/// Of this machine's, what reaching the network may need: names, trusted certificates, pip's settings.
const OURS: [&str; 4] =
    ["/etc/resolv.conf", "/etc/hosts", "/etc/ssl/certs/ca-certificates.crt", "/etc/pip.conf"];

/// Variables of this machine's cargo, compiler and interpreter: by name, and by how their names begin.
const TOLD: [&str; 5] =
    ["CARGO", "CARGO_TARGET_DIR", "CARGO_BUILD_TARGET_DIR", "LD_LIBRARY_PATH", "VIRTUAL_ENV"];
const TOLD_BEGIN: [&str; 6] = ["CARGO_MANIFEST_", "CARGO_PKG_", "CARGO_BIN_", "RUSTUP_", "RUSTC", "PYENV_"];

/// Runs `cargo xtask` with these arguments in there, in a fresh clone of HEAD; without any, shows that every suite finds its packages.
///
/// # Errors
/// This is no Debian, or not root's; a package that is not to be had; whatever fails in there.
pub(crate) fn run(arguments: &[String]) -> Result<()> {
    let root = ensure_root()?;
    if arguments.is_empty() {
        return resolve(&root);
    }
    let clone = root.join(CLONE);
    if clone.exists() {
        // What was built there stays: a second command goes on with it.
        let fetch =
            ["-C", &text(&clone)?, "fetch", "--quiet", "--depth", "1", &here()?, "HEAD"].map(str::to_owned);
        shell::run(&mut shell::command("git", &fetch))?;
        let reset = ["-C", &text(&clone)?, "reset", "--quiet", "--hard", "FETCH_HEAD"].map(str::to_owned);
        shell::run(&mut shell::command("git", &reset))?;
    } else {
        let clone = ["clone", "--quiet", "--depth", "1", &here()?, &text(&clone)?].map(str::to_owned);
        shell::run(&mut shell::command("git", &clone))?;
    }
    let mut words = vec!["cargo", "xtask"];
    words.extend(arguments.iter().map(String::as_str));
    shell::run(&mut inside(&root, &words)?)
}

/// Every suite's packages, asked of apt in there: all of them must be to be had, and go together.
fn resolve(root: &Path) -> Result<()> {
    shell::run_patiently(
        inside(root, &["apt-get", "update", "-qq"])?.env("DEBIAN_FRONTEND", "noninteractive"),
    )?;
    let mut rows = vec![("demo alone".to_owned(), machine::names(Need::CommandLine, &[]))];
    for suite in SUITES {
        rows.push((suite.name.to_owned(), machine::names(Need::Tests, &[suite.name.to_owned()])));
    }
    rows.push(("everything".to_owned(), machine::names(Need::Golden, &[])));
    let mut failed = 0;
    for (suite, names) in rows {
        let mut words = vec!["apt-get", "install", "--simulate", "-qq", "--no-install-recommends"];
        words.extend(&names);
        let output = inside(root, &words)?.output().context("cannot start unshare")?;
        let said = String::from_utf8_lossy(&output.stdout);
        let new = said.lines().filter(|line| line.starts_with("Inst ")).count();
        if output.status.success() {
            println!(
                "{suite:12} {:2} packages asked for, {new:3} to be installed with what they need",
                names.len()
            );
        } else {
            failed += 1;
            println!("{suite:12} cannot be set up: {}", String::from_utf8_lossy(&output.stderr).trim());
        }
    }
    ensure!(
        failed == 0,
        "{failed} suites ask Debian 13 for what it does not have; see PACKAGES in xtask/src/machine.rs"
    );
    Ok(())
}

/// The root file system, bootstrapped once.
fn ensure_root() -> Result<PathBuf> {
    ensure!(
        machine::is_debian() && shell::read(&mut shell::command("id", &["-u"]))?.trim() == "0",
        "a root file system is made and entered by root on a Debian; please run this command as root there, or in a container of one"
    );
    let root = shell::target().join("debian13/root");
    let stamp = shell::target().join("debian13/made-of.txt");
    let archive = trixie::archive()?;
    let wanted = format!("{BEFORE} {archive}\n");
    if fs::read_to_string(&stamp).is_ok_and(|made_of| made_of == wanted) {
        return Ok(root);
    }
    machine::ensure_one("mmdebstrap")?;
    if root.exists() {
        fs::remove_dir_all(&root).with_context(|| format!("{} cannot be made anew", root.display()))?;
    }
    fs::create_dir_all(&root)?;
    let source = format!("deb [signed-by={}] {archive} {} main", trixie::KEYS, trixie::SUITE);
    let include = format!("--include={BEFORE}");
    let bootstrap =
        ["--quiet", "--mode=root", "--variant=minbase", &include, trixie::SUITE, &text(&root)?, &source];
    shell::run_patiently(&mut shell::command("mmdebstrap", &bootstrap))?;
    for file in OURS {
        if Path::new(file).exists() {
            fs::copy(file, root.join(file.trim_start_matches('/')))?;
        }
    }
    for folder in ["rust", "cargo"] {
        fs::create_dir_all(root.join(folder))?;
    }
    fs::write(stamp, wanted)?;
    Ok(root)
}

/// A command in there, in the clone where there is one: with mounts of its own, which end with it.
fn inside(root: &Path, words: &[&str]) -> Result<Command> {
    let rust = shell::read(&mut shell::command("rustc", &["--print", "sysroot"]))?;
    let cargo = env::var_os("CARGO_HOME").map(PathBuf::from);
    let cargo = cargo.or_else(|| Some(PathBuf::from(env::var_os("HOME")?).join(".cargo")));
    let cargo = cargo.context("neither CARGO_HOME nor HOME is set")?;
    // $1 is the root, $2 the compiler, $3 cargo's home; the rest is the command. The compiler cannot be written to. Of cargo's home
    // there are its downloads and its settings, but not the programs: rustup's would fetch another clippy than the compiler's. It becomes the root of these mounts, since within
    // a mere chroot nobody may make a user's namespace, as a test of a full disk does.
    let script = "set -e; root=$1 rust=$2 cargo=$3; shift 3
        mount --bind \"$root\" \"$root\"
        mount -t proc proc \"$root/proc\"
        mount --rbind /dev \"$root/dev\"
        mount -t sysfs sysfs \"$root/sys\"
        mount --bind \"$rust\" \"$root/rust\"; mount -o remount,bind,ro \"$root/rust\"
        for part in registry git; do mkdir -p \"$cargo/$part\" \"$root/cargo/$part\"; mount --bind \"$cargo/$part\" \"$root/cargo/$part\"; done
        for file in config.toml credentials.toml; do if [ -e \"$cargo/$file\" ]; then cp \"$cargo/$file\" \"$root/cargo/\"; fi; done
        cd \"$root\"; mkdir -p before; pivot_root . before
        exec chroot . sh -c 'umount -l /before; cd /rollcall 2>/dev/null || cd /; exec \"$@\"' sh \"$@\"";
    let mut command = shell::command("unshare", &["--mount", "--pid", "--fork", "--propagation", "private"]);
    command.args(["sh", "-c", script, "sh", &text(root)?, rust.trim(), &text(&cargo)?]).args(words);
    let path = "/rust/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    command.env("PATH", path).env("HOME", "/root").env("CARGO_HOME", "/cargo").env("LC_ALL", "C.UTF-8");
    // What this cargo told us of itself and of where it builds is of no account in there.
    for (name, _) in env::vars_os() {
        let text = name.to_string_lossy();
        if TOLD.contains(&&*text) || TOLD_BEGIN.iter().any(|begin| text.starts_with(begin)) {
            command.env_remove(name);
        }
    }
    Ok(command)
}

fn here() -> Result<String> {
    Ok(format!("file://{}", text(&shell::root())?))
}

fn text(path: &Path) -> Result<String> {
    match path.to_str() {
        Some(text) => Ok(text.to_owned()),
        None => bail!("{} is not UTF-8", path.display()),
    }
}
