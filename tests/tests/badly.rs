//! The harness itself: what a plugin does badly is found out, is a result and not the harness's end, and can be done again.
//!
//! The plugins are `badly/clap.c` and `badly/vst3.c`, built by the C compiler that rustc links with; or they are there already, in
//! the folder that `ROLLCALL_BADLY` names, where the tests run on a system without one.

#[cfg(unix)]
use rollcall_host::report;
use rollcall_host::{Assertion, Blocks, Case, Launcher, Outcome, Plan, Process, Setup, Signal, Step};
use std::{path::PathBuf, process::Command, sync::OnceLock};

/// The built plugins, the same for all tests of this process.
fn plugin(format: &str) -> &'static PathBuf {
    static BUILT: OnceLock<(tempfile::TempDir, [PathBuf; 2])> = OnceLock::new();
    let (_, [clap, vst3]) = BUILT.get_or_init(|| {
        let folder = tempfile::tempdir().expect("a folder");
        if let Some(built) = std::env::var_os("ROLLCALL_BADLY").map(PathBuf::from) {
            return (folder, [built.join("Badly.clap"), built.join("Badly.vst3")]);
        }
        let bundle = folder.path().join("Badly.vst3");
        let library = bundle.join("Contents/x86_64-linux/Badly.so");
        let clap = folder.path().join("Badly.clap");
        std::fs::create_dir_all(library.parent().expect("a folder")).expect("a bundle");
        for (source, path) in [("clap.c", &clap), ("vst3.c", &library)] {
            let built = Command::new("cc")
                .args(["-std=c11", "-D_DEFAULT_SOURCE", "-O1", "-fno-builtin", "-shared", "-fPIC", "-o"])
                .arg(path)
                .arg(format!("{}/tests/badly/{source}", env!("CARGO_MANIFEST_DIR")))
                .status();
            assert!(built.expect("cc, which rustc links with").success());
        }
        (folder, [clap, bundle])
    });
    if format == "clap" { clap } else { vst3 }
}

const FORMATS: [&str; 2] = ["clap", "vst3"];

#[cfg(unix)]
const CRASH: Outcome = Outcome::Crashed(libc::SIGSEGV);
#[cfg(unix)]
const CRASH_NAME: &str = "SIGSEGV";
#[cfg(unix)]
const ABORT: Outcome = Outcome::Crashed(libc::SIGABRT);
#[cfg(windows)]
const CRASH: Outcome = Outcome::Crashed(0xC000_0005_u32.cast_signed());
#[cfg(windows)]
const CRASH_NAME: &str = "access violation";
/// By Microsoft's C library `abort` is an exit like others.
#[cfg(windows)]
const ABORT: Outcome = Outcome::Exited(3);

fn case(format: &str, how: &str, claims: &[&str]) -> Case {
    let process = Process::new(0.5, Blocks::HostLike(256), Signal::Noise { dbfs: -6.0 });
    let mut plan = Plan::new(plugin(format)).steps([
        Step::Activate(Setup::new(48_000.0, 256)),
        Step::Process(process),
        Step::Deactivate,
    ]);
    plan.timeout_s = if how == "hang" { 2.0 } else { 60.0 };
    let launcher = Launcher::new(env!("CARGO_BIN_EXE_rollcall-host")).variable("BADLY", how);
    let ran = launcher.run(&plan).expect("the harness itself works");
    let claims: Vec<Assertion> = claims.iter().map(|claim| claim.parse().expect("a claim")).collect();
    Case::new(how, plan, ran, &claims)
}

const CLAIMS: [&str; 6] = ["pass-through", "latency=0", "no-allocations", "finite", "no-edits", "no-events"];

#[test]
fn a_plugin_that_does_nothing_badly_passes() {
    for format in FORMATS {
        let case = case(format, "not at all", &CLAIMS);
        assert!(case.passed(), "{format}: {}", case.explain());
        assert!(case.ran.record.streams[0].allocations.is_some(), "allocations are counted in this program");
    }
}

#[test]
fn the_ends_of_a_process_are_results() {
    for format in FORMATS {
        let case = |how| case(format, how, &CLAIMS);
        let crash = case("crash");
        assert_eq!(crash.ran.outcome, CRASH, "{format}");
        assert!(crash.explain().contains(CRASH_NAME), "{}", crash.explain());
        assert!(crash.ran.at.contains("process, block 6"), "{}", crash.ran.at);
        let exit = case("exit");
        assert_eq!(exit.ran.outcome, Outcome::Exited(3));
        let hang = case("hang");
        assert!(matches!(hang.ran.outcome, Outcome::Hung(seconds) if (1.5..20.0).contains(&seconds)));
        assert!(hang.ran.at.contains("block 6"), "{}", hang.ran.at);
        let scan = case("crash-at-scan");
        assert_eq!(scan.ran.outcome, ABORT);
        let refuse = case("refuse");
        assert!(
            matches!(&refuse.ran.outcome, Outcome::Refused(0, why) if why.contains("48000 Hz")),
            "{format}: {:?}",
            refuse.ran.outcome
        );
        for case in [crash, exit, hang, scan, refuse] {
            assert!(!case.passed());
            assert!(
                case.explain().contains("seed 1") && case.explain().contains("run --plan"),
                "{}",
                case.explain()
            );
        }
    }
}

#[test]
fn each_misdeed_breaks_its_own_claim() {
    for format in FORMATS {
        for (how, claim) in [
            ("allocate", "no-allocations"),
            ("overrun", "conduct"),
            ("change", "pass-through"),
            ("nan", "finite"),
            ("fail", "conduct"),
            ("latency", "latency=0"),
        ] {
            let case = case(format, how, &CLAIMS);
            let broken: Vec<&str> = case.failures().map(|(claim, _)| claim).collect();
            assert!(broken.contains(&claim), "{format}: {how} breaks {broken:?}, not {claim}");
            assert!(matches!(case.ran.outcome, Outcome::Done));
        }
    }
}

/// What `rollcall-host check` says of a plugin that does one thing badly: its exit code and its words.
fn checked(format: &str, how: &str) -> (Option<i32>, String) {
    let mut check = Command::new(env!("CARGO_BIN_EXE_rollcall-host"));
    let output = check.arg("check").arg(plugin(format)).env("BADLY", how).output().expect("it starts");
    let said = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8_lossy(&said).into_owned())
}

#[test]
fn what_validators_check_is_found_out() {
    let what = [
        ("arrange", "input 0 is"),
        ("forget", "in the controller that was told"),
        ("lose", "after its own state"),
    ];
    for (how, word) in what {
        let (code, said) = checked("vst3", how);
        assert!(code == Some(1) && said.contains(word), "{how}: {said}");
    }
    for format in FORMATS {
        let (code, said) = checked(format, "uneven");
        assert!(code == Some(1) && said.contains("even<2: "), "{format}: {said}");
        let (code, said) = checked(format, "not at all");
        assert!(code == Some(0) && said.contains("4 passed"), "{format}: {said}");
    }
}

#[cfg(unix)]
#[test]
fn the_line_in_a_failure_does_it_again_and_reports_are_read() {
    let case = case("clap", "change", &CLAIMS);
    let xml = report::junit("badly", std::slice::from_ref(&case));
    assert!(xml.contains("failures=\"1\"") && xml.contains("pass-through"), "{xml}");
    let line = case.reproduce();
    // Through a shell, as a person would.
    let folder = std::path::Path::new(env!("CARGO_BIN_EXE_rollcall-host")).parent().expect("a folder");
    let again = Command::new("sh")
        .args(["-c", &format!("PATH=\"{}:$PATH\" {line}", folder.display())])
        .env("BADLY", "change")
        .output()
        .expect("a shell");
    let said = String::from_utf8_lossy(&again.stdout);
    assert_eq!(again.status.code(), Some(1), "{line}: {said}");
    assert!(said.contains("BROKEN pass-through"), "{said}");
}

#[test]
fn fuzzing_finds_a_crash_and_makes_it_small() {
    let folder = tempfile::tempdir().expect("a folder");
    let json = folder.path().join("report.json");
    let fuzz = Command::new(env!("CARGO_BIN_EXE_rollcall-host"))
        .arg("fuzz")
        .arg(plugin("clap"))
        .args(["--seed", "3", "--runs", "20", "--json"])
        .arg(&json)
        .env("BADLY", "crash")
        .output()
        .expect("it starts");
    assert_eq!(fuzz.status.code(), Some(1), "{}", String::from_utf8_lossy(&fuzz.stderr));
    let report: serde_json::Value =
        serde_json::from_slice(&std::fs::read(&json).expect("a report")).expect("JSON");
    let cases = report["cases"].as_array().expect("cases");
    let small = cases.last().expect("the one that failed");
    assert_eq!(small["passed"], false);
    let steps = small["plan"]["steps"].as_array().expect("steps");
    // Activating and one stretch of blocks.
    assert_eq!(steps.len(), 2, "{steps:?}");
}

#[test]
fn neither_format_and_no_file_are_told_in_words() {
    let launcher = Launcher::new(env!("CARGO_BIN_EXE_rollcall-host"));
    for (path, word) in
        [("x.dll", ".vst3"), ("/nowhere/x.clap", "cannot be loaded"), ("/nowhere/x.vst3", "library")]
    {
        let ran = launcher.run(&Plan::new(path)).expect("the harness itself works");
        let why = ran.failure().expect("a failure");
        assert!(why.contains(word), "{why}");
    }
}
