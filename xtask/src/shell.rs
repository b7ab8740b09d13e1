//! Running other programs from the repository's root: loudly, quietly, or with what they say kept in a file.

use anyhow::{Context, Result, bail};
use std::{
    env,
    ffi::OsStr,
    fs::{self, File},
    io::{BufRead, BufReader, Read, Write},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::{Arc, Mutex, OnceLock},
    thread,
    time::Duration,
};

/// Between one try and the next.
const PAUSES: [Duration; 2] = [Duration::from_secs(15), Duration::from_secs(60)];

/// The repository's root.
pub(crate) fn root() -> PathBuf {
    let here = env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
    Path::new(&here).parent().expect("xtask/ lies in the repository's root").to_owned()
}

/// Where cargo puts what it builds, and this program its logs, virtual environments and bundles: cargo itself says where, whether a
/// variable, a file of settings or nothing chose it.
pub(crate) fn target() -> PathBuf {
    static TARGET: OnceLock<PathBuf> = OnceLock::new();
    TARGET.get_or_init(|| target_by(&mut metadata()).unwrap_or_else(|_| root().join("target"))).clone()
}

fn metadata() -> Command {
    command("cargo", &["metadata", "--no-deps", "--format-version=1"])
}

fn target_by(metadata: &mut Command) -> Result<PathBuf> {
    let said: serde_json::Value = serde_json::from_str(&read(metadata)?)?;
    said["target_directory"].as_str().map(PathBuf::from).context("`cargo metadata` names no target folder")
}

/// Every file that git tracks or would track and that is there, by its path from the root.
///
/// # Errors
/// This is not a git clone.
pub(crate) fn files() -> Result<Vec<String>> {
    let list = read(&mut command("git", &["ls-files", "-z", "--cached", "--others", "--exclude-standard"]))?;
    let files = list.split('\0').filter(|path| !path.is_empty() && root().join(path).is_file());
    Ok(files.map(str::to_owned).collect())
}

/// A command that starts in the root and reads nothing from the terminal.
pub(crate) fn command<S: AsRef<OsStr>>(program: &str, arguments: &[S]) -> Command {
    // The same cargo that started us, so that `cargo +toolchain xtask` stays with its toolchain.
    let program =
        if program == "cargo" { env::var_os("CARGO").unwrap_or("cargo".into()) } else { program.into() };
    let mut command = Command::new(program);
    command.args(arguments).current_dir(root()).stdin(Stdio::null());
    command
}

/// As a person would type it.
pub(crate) fn line(command: &Command) -> String {
    let name =
        Path::new(command.get_program()).file_name().unwrap_or_default().to_string_lossy().into_owned();
    let words = command.get_args().map(|word| {
        let word = word.to_string_lossy();
        if word.is_empty() || word.contains([' ', '*', '$', '\'']) {
            format!("'{word}'")
        } else {
            word.into_owned()
        }
    });
    std::iter::once(name).chain(words).collect::<Vec<_>>().join(" ")
}

/// Runs it in view of the person.
///
/// # Errors
/// The program is missing or fails.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let line = line(command);
    eprintln!("$ {line}");
    let status =
        command.status().with_context(|| format!("cannot start `{line}`: is the program installed?"))?;
    if !status.success() {
        bail!("`{line}` failed: {status}");
    }
    Ok(())
}

/// Like [`run`], for what asks an archive that may just be changing: tried again after a while, twice at most.
///
/// # Errors
/// The program is missing or fails each time.
pub(crate) fn run_patiently(command: &mut Command) -> Result<()> {
    for pause in PAUSES {
        let Err(error) = run(command) else { return Ok(()) };
        eprintln!("{error:#}; once more in {} s", pause.as_secs());
        thread::sleep(pause);
    }
    run(command)
}

/// Whether it starts and succeeds, without a word.
pub(crate) fn succeeds(program: &str, arguments: &[&str]) -> bool {
    command(program, arguments)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// The system that the compiler runs on, by rustc's name for it.
///
/// # Errors
/// There is no compiler, or it does not say.
pub(crate) fn host() -> Result<String> {
    let said = read(&mut command("rustc", &["-vV"]))?;
    let host = said.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned).context("rustc names no host")
}

/// What it prints to stdout.
///
/// # Errors
/// The program is missing, fails, or prints something that is not UTF-8.
pub(crate) fn read(command: &mut Command) -> Result<String> {
    let line = line(command);
    let output =
        command.stderr(Stdio::inherit()).output().with_context(|| format!("cannot start `{line}`"))?;
    if !output.status.success() {
        bail!("`{line}` failed: {}", output.status);
    }
    String::from_utf8(output.stdout).with_context(|| format!("`{line}` printed something other than UTF-8"))
}

/// Runs it in view of the person and keeps everything it says, both streams in one file. Returns whether it
/// succeeded, and the text.
///
/// # Errors
/// The program is missing, or the file cannot be written.
pub(crate) fn keep(command: &mut Command, log: &Path) -> Result<(bool, String)> {
    let line = line(command);
    eprintln!("$ {line}");
    fs::create_dir_all(log.parent().expect("a log lies in a folder"))?;
    let file =
        Arc::new(Mutex::new(File::create(log).with_context(|| format!("cannot write {}", log.display()))?));
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot start `{line}`: is the program installed?"))?;
    let copies = [
        copy(child.stdout.take().expect("stdout is piped"), Arc::clone(&file)),
        copy(child.stderr.take().expect("stderr is piped"), file),
    ];
    let status = child.wait()?;
    for copy in copies {
        copy.join().expect("copying lines does not panic")?;
    }
    let text = fs::read(log)?;
    Ok((status.success(), String::from_utf8_lossy(&text).into_owned()))
}

/// Runs it and keeps everything it says, both streams in one file, without showing it. Returns whether it succeeded, and the
/// text.
///
/// # Errors
/// The program is missing, or the file cannot be written.
pub(crate) fn keep_quietly(command: &mut Command, log: &Path) -> Result<(bool, String)> {
    let line = line(command);
    fs::create_dir_all(log.parent().expect("a log lies in a folder"))?;
    let file = File::create(log).with_context(|| format!("cannot write {}", log.display()))?;
    let status = command
        .stdout(file.try_clone()?)
        .stderr(file)
        .status()
        .with_context(|| format!("cannot start `{line}`: is the program installed?"))?;
    Ok((status.success(), String::from_utf8_lossy(&fs::read(log)?).into_owned()))
}

/// Copies whole lines, so that two streams never meet inside one.
fn copy(from: impl Read + Send + 'static, file: Arc<Mutex<File>>) -> thread::JoinHandle<std::io::Result<()>> {
    thread::spawn(move || {
        let mut from = BufReader::new(from);
        let mut line = Vec::new();
        while from.read_until(b'\n', &mut line)? > 0 {
            file.lock().expect("no copier panics").write_all(&line)?;
            std::io::stderr().write_all(&line)?;
            line.clear();
        }
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_target_folder_is_cargo_s_own() {
        let of = |variable: &str, folder: &str| {
            let mut metadata = metadata();
            metadata
                .env_remove("CARGO_TARGET_DIR")
                .env_remove("CARGO_BUILD_TARGET_DIR")
                .env(variable, folder);
            target_by(&mut metadata).unwrap()
        };
        assert_eq!(of("CARGO_TARGET_DIR", "/somewhere"), Path::new("/somewhere"));
        assert_eq!(of("CARGO_BUILD_TARGET_DIR", "/else/where"), Path::new("/else/where"));
        assert_eq!(of("CARGO_BUILD_TARGET_DIR", "mine"), root().join("mine"));
    }
}
