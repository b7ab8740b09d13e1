//! The checks that validators make, as plans: layouts and units, parameters and states, even cost, and sleep.

use crate::{Blocks, Pace, Plan, Process, Setting, Setup, Signal, Step};
use std::path::Path;

/// Long enough for the samples to be what a call costs.
const COST_FRAMES: u32 = 2_048;
/// Rounds of the signals, and seconds of each: 24 calls, of which the shortest counts. One after the other, so that caches are warm and no
/// other program comes between; and few enough for an analyser that keeps seconds of audio for a thread of its own.
const COST_ROUNDS: usize = 3;
const COST_S: f64 = 0.35;

/// A plan, and the claims that it is held to.
pub struct Check {
    /// What is checked.
    pub name: &'static str,
    /// What the host does.
    pub plan: Plan,
    /// What must hold, as `--assert` takes it.
    pub claims: Vec<String>,
}

/// What every plugin should pass. `settings` are made before blocks are fed: whatever switches its outputs on. `even` is how many
/// times as long a call may take for one kind of samples as for another.
pub fn checks(plugin: &Path, id: Option<&str>, settings: &[Setting], even: f64) -> Vec<Check> {
    let plan = |steps: Vec<Step>| {
        let mut plan = Plan::new(plugin).steps(steps);
        plan.id = id.map(str::to_owned);
        plan.timeout_s = 180.0;
        plan
    };
    let set = |settings: &[Setting]| (!settings.is_empty()).then(|| Step::Set(settings.to_vec()));
    let asleep = |signal: Signal, seconds: f64| {
        let mut process = Process::new(seconds, Blocks::Fixed(4_800), signal);
        process.sleeps = true;
        process.pace = Pace::Settle { quiet_ms: 15 };
        let steps = [Step::Activate(Setup::new(48_000.0, 4_800)), Step::Process(process), Step::Deactivate];
        plan(set(settings).into_iter().chain(steps).collect())
    };
    vec![
        Check {
            name: "what it says of its layouts and units is so",
            plan: plan(vec![Step::Layouts]),
            claims: Vec::new(),
        },
        Check {
            name: "parameters keep what they are set to, in a state and in another instance",
            plan: plan(vec![Step::Keeps]),
            claims: Vec::new(),
        },
        Check {
            name: "a block costs the same whatever its samples are",
            plan: plan(cost()),
            claims: vec![format!("even<{even}")],
        },
        Check {
            name: "who may sleep leaves nothing on",
            plan: asleep(Signal::Phrase { seconds: 3.0 }, 15.0),
            claims: vec!["at-rest".to_owned()],
        },
    ]
}

/// Noise, subnormals, subnormals whose sums are none, infinities with NaN, and silence, in turn.
fn cost() -> Vec<Step> {
    let noise = Signal::Noise { dbfs: -12.0 };
    let signals = [noise, Signal::Denormal, Signal::Border, Signal::Odd, Signal::Silence];
    let mut steps = vec![Step::Activate(Setup::new(48_000.0, COST_FRAMES))];
    for _ in 0..COST_ROUNDS {
        let stretch =
            |signal: &Signal| Step::Process(Process::new(COST_S, Blocks::Fixed(COST_FRAMES), signal.clone()));
        steps.extend(signals.iter().map(stretch));
    }
    steps.push(Step::Deactivate);
    steps
}
