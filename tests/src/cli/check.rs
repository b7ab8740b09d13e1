//! `rollcall-host check`.

use super::{
    output::{Reports, show},
    run::setting,
};
use anyhow::Result;
use clap::Args;
use rollcall_host::{Assertion, Case, Launcher, Setting, check};
use std::path::PathBuf;

#[derive(Args)]
pub(crate) struct Options {
    /// A .clap file or a .vst3 bundle.
    plugin: PathBuf,
    /// Which plugin of the file, by id or name.
    #[arg(long)]
    id: Option<String>,
    /// Set a parameter before blocks are fed, so that outputs are switched on: NAME=TEXT or NAME=@X, as for `run`.
    #[arg(long = "set", value_name = "PARAM=VALUE", value_parser = setting)]
    settings: Vec<Setting>,
    /// How many times as long a call may take for one kind of samples (noise, subnormals, NaN and infinities, zeros) as for another.
    #[arg(long, default_value_t = 2.0, value_name = "X")]
    even: f64,
    #[command(flatten)]
    reports: Reports,
}

pub(crate) fn run(options: &Options) -> Result<bool> {
    let launcher = Launcher::current()?;
    let mut cases = Vec::new();
    for check in check::checks(&options.plugin, options.id.as_deref(), &options.settings, options.even) {
        let claims =
            check.claims.iter().map(|claim| claim.parse::<Assertion>()).collect::<Result<Vec<_>, _>>();
        let ran = launcher.run(&check.plan)?;
        let case = Case::new(check.name, check.plan, ran, &claims.map_err(anyhow::Error::msg)?);
        show(&case, false);
        cases.push(case);
    }
    options.reports.write("check", &cases)?;
    let failed = cases.iter().filter(|case| !case.passed()).count();
    println!("{} passed, {failed} failed", cases.len() - failed);
    Ok(failed == 0)
}
