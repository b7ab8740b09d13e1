//! The one table of everything that `cargo xtask test` runs. A new suite is a new row.

use crate::{
    arm, borders, bundle, counts::Counted, demo, fuzz, golden, house, licences, memcheck, patches,
    report::Report, rtsan, standalone, strangers, windows, workspaces::Workspace,
};
use anyhow::Result;

/// One row.
pub(crate) struct Suite {
    /// What to call it: `cargo xtask test NAME`.
    pub(crate) name: &'static str,
    /// How it runs.
    pub(crate) action: Action,
    /// What it shows when it passes.
    pub(crate) shows: &'static str,
}

/// How a suite runs.
pub(crate) enum Action {
    /// A check of this program's own.
    Check(fn() -> Result<Report>),
    /// A program, its arguments, and how it counts. `python` is the interpreter of the tests' environment, `{rollcall}` the
    /// built program, `{bundles}` the folder of the built plugins, `{pictures}` where pictures are kept, `{trixie}` the
    /// folder of what comes from Debian 13.
    Command(&'static [&'static str], Counted),
    /// Cargo with these arguments in each workspace, and how it counts.
    Cargo(&'static [Workspace], &'static [&'static str], Counted),
    /// cargo-nextest with these arguments in each workspace where it is installed, else `cargo test`.
    Tests(&'static [Workspace], &'static [&'static str]),
}

const BOTH: &[Workspace] = &Workspace::BOTH;
const MAIN: &[Workspace] = &[Workspace::Main];
const PLUGIN: &[Workspace] = &[Workspace::Plugin];

/// An override for one of our crates in the release profile: dependencies stay as they are built for all other suites.
macro_rules! checked {
    ($name:literal, $check:literal) => {
        concat!("profile.release.package.", $name, ".", $check, "=true")
    };
}

/// Arguments that run the tests of the first crates, with debug assertions and overflow checks in the code of all of them.
macro_rules! with_checks {
    ($($tested:literal)*, $($beneath:literal)*) => {
        &[
            "--release",
            "--locked",
            $("-p", $tested, "--config", checked!($tested, "debug-assertions"), "--config", checked!($tested, "overflow-checks"),)*
            $("--config", checked!($beneath, "debug-assertions"), "--config", checked!($beneath, "overflow-checks"),)*
        ]
    };
}

/// In the order in which they run: what fails fastest first, and what others need before them.
///
/// Everything is built in the `release` profile: the heavy dependencies compile once, and what is tested is what ships.
pub(crate) const SUITES: &[Suite] = &[
    Suite {
        name: "format",
        action: Action::Cargo(BOTH, &["fmt", "--all", "--check"], Counted::Whole),
        shows: "the code is formatted",
    },
    Suite { name: "house", action: Action::Check(house::check), shows: "the house rules hold" },
    Suite {
        name: "patches",
        action: Action::Check(patches::check),
        shows: "every patch of the plugin's crates applies to what was published, and says why it is there",
    },
    Suite { name: "borders", action: Action::Check(borders::check), shows: "dependencies point one way" },
    Suite {
        name: "licences",
        action: Action::Check(licences::check),
        shows: "deny.toml allows every dependency's licence",
    },
    Suite {
        name: "lints",
        action: Action::Cargo(
            BOTH,
            &["clippy", "--release", "--locked", "--workspace", "--all-targets", "--", "-D", "warnings"],
            Counted::Whole,
        ),
        shows: "clippy finds nothing, in tests and benches neither",
    },
    Suite {
        name: "docs",
        action: Action::Cargo(
            BOTH,
            &[
                "doc",
                "--release",
                "--locked",
                "--workspace",
                "--no-deps",
                "--config",
                "build.rustdocflags=['-D', 'warnings']",
            ],
            Counted::Whole,
        ),
        shows: "the documentation builds, every link in it leads somewhere",
    },
    Suite {
        name: "no-opus",
        action: Action::Cargo(
            MAIN,
            &[
                "clippy",
                "--release",
                "--locked",
                "-p",
                "rollcall",
                "--no-default-features",
                "--",
                "-D",
                "warnings",
            ],
            Counted::Whole,
        ),
        shows: "the program builds without libopus",
    },
    Suite {
        name: "standalone",
        action: Action::Check(standalone::check),
        shows: "the plugin as a program of its own plays a file: its players are those of `rollcall analyze`",
    },
    Suite {
        name: "bundles",
        action: Action::Check(bundle::check),
        shows: "both bundles build, with their entry points, and the licences of what is in them beside them",
    },
    Suite {
        name: "crates",
        action: Action::Tests(BOTH, &["--release", "--locked", "--workspace"]),
        shows: "unit, golden, partition, property, command-line and plugin tests",
    },
    Suite {
        name: "checked",
        action: Action::Tests(
            MAIN,
            with_checks!("rollcall-kernels" "rollcall-engine" "rollcall-media" "rollcall-metrics" "rollcall-results" "rollcall-files",),
        ),
        shows: "debug assertions and overflow checks hold where numbers and bytes are handled (3 min)",
    },
    Suite {
        name: "checked-plugin",
        action: Action::Tests(
            PLUGIN,
            with_checks!("rollcall-queue" "rollcall-tap" "rollcall-board" "rollcall-worker", "rollcall-engine" "rollcall-kernels" "rollcall-results" "rollcall-media"),
        ),
        shows: "the same between the plugin's threads, and in the engine under the worker",
    },
    Suite {
        name: "host",
        action: Action::Tests(
            MAIN,
            &[
                "--release",
                "--locked",
                "--workspace",
                "--features",
                "rollcall-host/bundles",
                "--test",
                "bundles",
            ],
        ),
        shows: "the bundles, in rollcall-host: bit-exact, no latency, no allocation, states, lives, an hour, the CLI's own activities",
    },
    Suite {
        name: "fuzz-host",
        action: Action::Check(bundle::fuzz),
        shows: "random hosts from a seed find nothing in the bundles",
    },
    Suite {
        name: "memcheck",
        action: Action::Check(memcheck::check),
        shows: "valgrind finds no foreign memory read or written and none lost in a hundred lives of a worker",
    },
    Suite {
        name: "strangers",
        action: Action::Check(strangers::check),
        shows: "rollcall-host on plugins of others: the examples of clap-clap (CLAP) and vst3 (VST3)",
    },
    Suite {
        name: "rtsan",
        action: Action::Check(rtsan::check),
        shows: "the audio thread never allocates, locks or waits, says LLVM's RealtimeSanitizer",
    },
    Suite {
        name: "examples",
        action: Action::Cargo(
            BOTH,
            &["test", "--release", "--locked", "--workspace", "--doc"],
            Counted::CargoTest,
        ),
        shows: "the examples in the documentation run",
    },
    Suite {
        name: "benches",
        action: Action::Cargo(
            BOTH,
            &["bench", "--locked", "--workspace", "--bench", "*", "--no-run"],
            Counted::Executables,
        ),
        shows: "the benches compile",
    },
    Suite {
        name: "vggish",
        action: Action::Command(
            &["python", "engine/tests/golden/generate_models.py", "--large", "target/large-models", "--test"],
            Counted::CargoTest,
        ),
        shows: "VGGish in full and compact equals onnxruntime",
    },
    Suite {
        name: "golden",
        action: Action::Check(golden::check),
        shows: "golden data is what its generators make",
    },
    Suite {
        name: "demo",
        action: Action::Check(demo::check),
        shows: "the built binary, with its model inside, hears who plays in demo/",
    },
    Suite {
        name: "formats",
        action: Action::Command(
            &["python", "cli/tests/readback.py", "{rollcall}", "-", "demo/war-of-freedom.ogg"],
            Counted::Whole,
        ),
        shows: "jams, mido, pretty_midi, pandas, pyarrow, mir_eval and utaupy read what `rollcall` writes",
    },
    Suite {
        name: "library",
        action: Action::Command(
            &["python", "cli/tests/library.py", "{rollcall}", "demo/war-of-freedom.ogg"],
            Counted::Whole,
        ),
        shows: "every command of docs/library.md runs, and DuckDB and pandas answer alike",
    },
    Suite {
        name: "evaluate",
        action: Action::Command(
            &[
                "python",
                "cli/tests/evaluate.py",
                "{rollcall}",
                "engine/tests/golden/models/stream",
                "demo/war-of-freedom.ogg",
            ],
            Counted::Whole,
        ),
        shows: "`rollcall evaluate` gives the scores of sed_eval and psds_eval within 1e-6 (4 s)",
    },
    Suite {
        name: "teach",
        action: Action::Command(&["python", "cli/tests/teach.py", "{rollcall}"], Counted::Whole),
        shows: "the example of docs/teach.md: two instruments taught from one library are known in music of another (1 min)",
    },
    Suite {
        name: "page",
        action: Action::Command(
            &["python", "cli/tests/page.py", "{rollcall}", "-", "demo/war-of-freedom.ogg"],
            Counted::Whole,
        ),
        shows: "the page of `rollcall plot` hovers, zooms and plays in Chromium; PNG and SVG are alike (12 s)",
    },
    Suite {
        name: "wheel",
        action: Action::Command(&["python", "python/tests/run.py", "{rollcall}"], Counted::Whole),
        shows: "the Python wheel builds, gives the program's numbers to the letter, and has types; its page for researchers runs (1 min)",
    },
    Suite {
        name: "orders",
        action: Action::Tests(PLUGIN, &["--release", "--locked", "--workspace", "--test", "interleavings"]),
        shows: "loom: every order of threads and memory at each hand-over of queue, tap, board and worker",
    },
    Suite {
        name: "fuzz",
        action: Action::Check(fuzz::check),
        shows: "libFuzzer, 5 targets: hostile audio, packages, states, timelines and files do no harm",
    },
    Suite {
        name: "pedalboard",
        action: Action::Command(&["python", "tests/hosts/pedalboard_host.py", "{bundles}"], Counted::Closing),
        shows: "pedalboard: VST3 audio bit for bit at 5 rates and in mono, latency 0, state, 16 instances",
    },
    Suite {
        name: "dawdreamer",
        action: Action::Command(&["python", "tests/hosts/dawdreamer_host.py", "{bundles}"], Counted::Closing),
        shows: "DawDreamer: VST3 audio bit for bit at 4 rates, latency 0, parameters, state",
    },
    Suite {
        name: "window",
        action: Action::Command(
            &["python", "tests/hosts/dawdreamer_window.py", "{bundles}", "{pictures}"],
            Counted::Closing,
        ),
        shows: "DawDreamer under Xvfb: the window opens, draws, follows the host's size, closes, opens again",
    },
    Suite {
        name: "ardour",
        action: Action::Command(&["python", "tests/hosts/ardour_export.py", "{bundles}"], Counted::Closing),
        shows: "Ardour 7 or 8: VST3 scanned, in a session, exported through bit for bit",
    },
    Suite {
        name: "bounce",
        action: Action::Command(
            &["python", "tests/hosts/ardour_bounce.py", "{bundles}", "{rollcall}"],
            Counted::Closing,
        ),
        shows: "Ardour 7 or 8: what the plugin reports over MIDI in a bounce is what `rollcall` says of the bounce, to the last of 127",
    },
    Suite {
        name: "qtractor",
        action: Action::Command(
            &["python", "tests/hosts/qtractor_scan.py", "{bundles}", "{trixie}"],
            Counted::Closing,
        ),
        shows: "Qtractor: its scanner lists CLAP and VST3, with channels, parameters and a window",
    },
    Suite {
        name: "windows",
        action: Action::Check(windows::check),
        shows: "on Windows, under Wine: both formats do what they do here, in the harness, pedalboard and DawDreamer; plugins that misbehave; files",
    },
    Suite {
        name: "arm",
        action: Action::Check(arm::check),
        shows: "the kernels on 64-bit Arm, under qemu-aarch64: NEON's bits are AVX2's, and its inner loops spill nothing",
    },
    Suite {
        name: "spark",
        action: Action::Command(
            &["python", "examples/spark/test_catalogue.py", "{rollcall}", "demo/war-of-freedom.ogg"],
            Counted::Whole,
        ),
        shows: "PySpark over many files gives the rows of one process, also after a kill; a catalogue is kept, and scored (3 min)",
    },
];
