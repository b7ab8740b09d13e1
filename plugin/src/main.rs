//! The plugin as a program, for people without a DAW: listens to a live input through JACK or ALSA, or to a file.

use anyhow::{Context, Result};
use nice_plug::prelude::nice_export_standalone_with_args as open;
use rollcall_plugin::{
    Rollcall,
    standalone::{HELP, Options, Player, play, run_headless},
};
use rollcall_worker::Recording;
use std::process::ExitCode;

fn main() -> ExitCode {
    match run() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("rollcall-standalone: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Whether all went well; what did not, the framework has told.
fn run() -> Result<bool> {
    let mut options = Options::parse(std::env::args())?;
    if options.help {
        print!("{HELP}");
    }
    let Some(input) = options.input.take() else {
        return Ok(open::<Rollcall, _>(options.rest));
    };
    let recording = Recording::read(&input).context("the input can't be played")?;
    if options.no_window {
        run_headless(&recording, &mut std::io::stdout().lock())?;
        return Ok(true);
    }
    // As the file is: then nothing has to be converted. JACK takes its own rate all the same.
    if !options.rest.iter().any(|word| word.starts_with("-r") || word.starts_with("--sample-rate")) {
        options.rest.extend(["--sample-rate".to_owned(), recording.rate_hz.to_string()]);
    }
    play(recording);
    Ok(open::<Player, _>(options.rest))
}
