//! Where reports go.

use anyhow::{Context, Result};
use clap::Args;
use rollcall_host::{Case, report};
use std::path::PathBuf;

/// Reports for programs.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct Reports {
    /// Write everything that was found as JSON.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Write a JUnit report.
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
}

impl Reports {
    /// Writes what was asked for.
    pub(crate) fn write(&self, suite: &str, cases: &[Case]) -> Result<()> {
        if let Some(path) = &self.json {
            let json = serde_json::to_string_pretty(&report::json(cases))?;
            std::fs::write(path, json + "\n").with_context(|| format!("writing {}", path.display()))?;
        }
        if let Some(path) = &self.junit {
            std::fs::write(path, report::junit(suite, cases))
                .with_context(|| format!("writing {}", path.display()))?;
        }
        Ok(())
    }
}

/// A case in words: every claim where `in_full`, else one line.
pub(crate) fn show(case: &Case, in_full: bool) {
    let verdict = if case.passed() { "ok    " } else { "FAILED" };
    println!("{verdict} {} ({:.1} s)", case.name, case.ran.took_s);
    if in_full {
        for (claim, result) in &case.checks {
            match result {
                Ok(shown) => println!("  ok     {claim}: {shown}"),
                Err(why) => println!("  BROKEN {claim}: {why}"),
            }
        }
        for stream in &case.ran.record.streams {
            let times = &stream.times;
            println!(
                "  {} frames in {} blocks at {} Hz: p50 {:.1} us, p99 {:.1} us, max {:.1} us; {:.2} %, {:.2} %, {:.2} % of the block",
                stream.frames,
                stream.blocks,
                stream.setup.rate_hz,
                times.p50_ns as f64 / 1e3,
                times.p99_ns as f64 / 1e3,
                times.max_ns as f64 / 1e3,
                times.p50_share * 100.0,
                times.p99_share * 100.0,
                times.max_share * 100.0
            );
            println!(
                "  latency {} frames, {} events, peak {}, allocator called {}",
                stream.latency_frames,
                stream.events.len() as u64 + stream.events_dropped,
                stream.peak,
                stream.allocations.map_or("?".to_owned(), |(all, ..)| format!("{all} times"))
            );
        }
    }
    if !case.passed() {
        eprint!("{}", case.explain());
    }
}
