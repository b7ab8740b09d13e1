//! `rollcall-host fuzz`.

use super::output::{Reports, show};
use anyhow::{Context, Result};
use clap::Args;
use rollcall_host::{Assertion, Case, Launcher, Plan, fuzz, record::Description};
use std::{
    path::PathBuf,
    time::{Duration, Instant},
};

/// Runs that making a failure smaller may cost.
const MOST_TRIES: usize = 120;

#[derive(Args)]
pub(crate) struct Options {
    /// A .clap file or a .vst3 bundle.
    plugin: PathBuf,
    /// Which plugin of the file, by id or name.
    #[arg(long)]
    id: Option<String>,
    /// How long to go on.
    #[arg(long, default_value_t = 1.0, value_name = "N")]
    minutes: f64,
    /// Stop after so many runs instead.
    #[arg(long, value_name = "N")]
    runs: Option<u64>,
    /// Seed: the same seed gives the same runs in the same order.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Begin with this run of the seed.
    #[arg(long, default_value_t = 0, value_name = "N")]
    from: u64,
    /// A claim that must hold in every run, as for `run`.
    #[arg(long = "assert", value_name = "CLAIM")]
    assertions: Vec<Assertion>,
    #[command(flatten)]
    reports: Reports,
}

pub(crate) fn run(options: &Options) -> Result<bool> {
    let launcher = Launcher::current()?;
    let about = describe(options, &launcher)?;
    let end = Instant::now() + Duration::try_from_secs_f64(options.minutes * 60.0).context("--minutes")?;
    let case_of = |name: String, plan: Plan| -> Result<Case> {
        let ran = launcher.run(&plan)?;
        Ok(Case::new(name, plan, ran, &options.assertions))
    };
    let mut cases = Vec::new();
    for number in options.from.. {
        let done = number - options.from;
        if options.runs.map_or_else(|| Instant::now() >= end, |runs| done >= runs) {
            println!("{done} runs from seed {}, none failed", options.seed);
            break;
        }
        let plan = fuzz::plan(&options.plugin, &about, options.seed, number);
        let case = case_of(format!("run {number} of seed {}", options.seed), plan)?;
        if case.passed() {
            cases.push(case);
            continue;
        }
        show(&case, false);
        eprintln!("making it smaller ...");
        // The same claim must break: another failure would be another find.
        let claim = case.failures().next().map(|(claim, _)| claim.to_owned());
        let small = fuzz::minimise(&case.plan, MOST_TRIES, |plan| {
            let again = case_of(String::new(), plan.clone());
            again.is_ok_and(|again| {
                // A plan cut so that it makes no sense is no find.
                let is_sound = !matches!(&again.ran.outcome, rollcall_host::Outcome::Refused(_, why) if why.starts_with("the plan:"));
                is_sound && again.failures().next().map(|(claim, _)| claim.to_owned()) == claim
            })
        });
        let small = case_of(format!("run {number} of seed {}, made smaller", options.seed), small)?;
        if small.passed() {
            // It does not fail every time: the run as it failed is what was found.
            eprintln!("it does not fail every time; as it failed:");
            eprint!("{}", case.explain());
            cases.push(case);
        } else {
            show(&small, false);
            cases.push(small);
        }
        break;
    }
    options.reports.write("fuzz", &cases)?;
    Ok(cases.iter().all(Case::passed))
}

fn describe(options: &Options, launcher: &Launcher) -> Result<Description> {
    let mut plan = Plan::new(&options.plugin);
    plan.id.clone_from(&options.id);
    let ran = launcher.run(&plan)?;
    if let Some(why) = ran.failure() {
        anyhow::bail!("{}: {why}", options.plugin.display());
    }
    Ok(ran.record.plugin)
}
