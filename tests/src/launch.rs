//! The parent: runs a plan in a child process, so that a plugin's crash, exit or hang is a result and not the harness's end.

use crate::{plan::Plan, platform, progress, record::Record, trouble::Trouble};
use serde::{Deserialize, Serialize};
use std::{
    fs::File,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};
use wait_timeout::ChildExt;

/// Bytes of the plugin's own output that are kept.
const TAIL_BYTES: usize = 4_000;

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Every step was done.
    Done,
    /// A step was refused or cannot be: (its number, why).
    Refused(usize, String),
    /// The process died of this signal; on Windows of this exception.
    Crashed(i32),
    /// The process ended by itself, with this code.
    Exited(i32),
    /// The process was ended after so many seconds.
    Hung(f64),
}

/// What came of a plan.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Ran {
    /// How it ended.
    pub outcome: Outcome,
    /// What it showed; as it stood before the first step where the process died.
    pub record: Record,
    /// The step and block that it was at last.
    pub at: String,
    /// The end of what the plugin printed.
    pub output: String,
    /// Seconds, the process's start and end included.
    pub took_s: f64,
}

impl Ran {
    /// Why it is not a success, in words.
    pub fn failure(&self) -> Option<String> {
        let at = if self.at.is_empty() { "start".to_owned() } else { self.at.clone() };
        match &self.outcome {
            Outcome::Done => None,
            Outcome::Refused(step, why) => Some(format!("step {step}: {why}")),
            Outcome::Crashed(what) => Some(format!("crashed with {} at {at}", platform::crash_name(*what))),
            Outcome::Exited(code) => Some(format!("ended the process with code {code} at {at}")),
            Outcome::Hung(seconds) => Some(format!("hung: ended after {seconds:.1} s at {at}")),
        }
    }
}

/// Starts children.
#[derive(Clone, Debug)]
pub struct Launcher {
    program: PathBuf,
    variables: Vec<(String, String)>,
}

impl Launcher {
    /// With this program: one whose `main` calls [`crate::child`] when it is called as `child FOLDER`, as `rollcall-host`
    /// does.
    pub fn new(program: impl Into<PathBuf>) -> Self {
        Self { program: program.into(), variables: Vec::new() }
    }

    /// With this program itself.
    ///
    /// # Errors
    /// The system does not say where it is.
    pub fn current() -> Result<Self, Trouble> {
        let io = |source| Trouble::Io { what: "finding this program".to_owned(), source };
        Ok(Self::new(std::env::current_exe().map_err(io)?))
    }

    /// With an environment variable for the child.
    pub fn variable(mut self, name: &str, value: impl Into<String>) -> Self {
        self.variables.push((name.to_owned(), value.into()));
        self
    }

    /// Runs a plan.
    ///
    /// # Errors
    /// The host's own files or the child program fail; what the plugin does is an [`Outcome`].
    pub fn run(&self, plan: &Plan) -> Result<Ran, Trouble> {
        let io = |what: &'static str| move |source| Trouble::Io { what: what.to_owned(), source };
        let folder =
            tempfile::Builder::new().prefix("rollcall-host-").tempdir().map_err(io("making a folder"))?;
        let path = folder.path();
        let json = serde_json::to_vec(plan).map_err(|error| Trouble::Plan(error.to_string()))?;
        std::fs::write(path.join("plan.json"), json).map_err(io("writing the plan"))?;
        let output = File::create(path.join("output.txt")).map_err(io("writing the child's output"))?;
        let errors = output.try_clone().map_err(io("writing the child's output"))?;
        let mut command = Command::new(&self.program);
        command.arg("child").arg(path).stdin(Stdio::null()).stdout(output).stderr(errors);
        // A backtrace would push the panic's own words out of what is kept.
        command.env("RUST_BACKTRACE", "0");
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        let began = Instant::now();
        let mut child = command.spawn().map_err(io("starting the child process"))?;
        let timeout = Duration::try_from_secs_f64(plan.timeout_s).unwrap_or(Duration::MAX);
        let status = child.wait_timeout(timeout).map_err(io("waiting for the child process"))?;
        let took_s = began.elapsed().as_secs_f64();
        let record: Option<Record> =
            std::fs::read(path.join("record.json")).ok().and_then(|json| serde_json::from_slice(&json).ok());
        let outcome = match status {
            None => {
                child.kill().map_err(io("ending the child process"))?;
                child.wait().map_err(io("ending the child process"))?;
                Outcome::Hung(took_s)
            }
            Some(status) => match (platform::crash(status), status.code(), &record) {
                (Some(crash), ..) => Outcome::Crashed(crash),
                (None, Some(0), Some(record)) => match &record.trouble {
                    Some((step, why)) => Outcome::Refused(*step, why.clone()),
                    None => Outcome::Done,
                },
                (None, code, _) => Outcome::Exited(code.unwrap_or(-1)),
            },
        };
        Ok(Ran {
            outcome,
            record: record.unwrap_or_default(),
            at: progress::last(&path.join("progress.txt")),
            output: tail(&path.join("output.txt")),
            took_s,
        })
    }
}

fn tail(path: &Path) -> String {
    let bytes = std::fs::read(path).unwrap_or_default();
    String::from_utf8_lossy(&bytes[bytes.len().saturating_sub(TAIL_BYTES)..]).into_owned()
}
