//! A file through the plugin without window or sound: prints who plays when.

use crate::Rollcall;
use anyhow::{Result, bail};
use nice_plug::prelude::{ProcessMode, Transport};
use rollcall_board::{Board, Command, ModelState, Row};
use rollcall_worker::Recording;
use std::{
    io::Write,
    thread,
    time::{Duration, Instant},
};

const BLOCK_FRAMES: usize = 1_024;
/// Longer than any model takes to load, or a full queue to analyse.
const PATIENCE: Duration = Duration::from_secs(60);

/// Prints a line whenever other instruments play than before: the time in seconds, and their names.
///
/// # Errors
/// No model can be used, the rate can't be analysed, or `out` takes no more.
pub fn run(recording: &Recording, out: &mut impl Write) -> Result<()> {
    let rate_hz = recording.rate_hz;
    if !(8_000..=384_000).contains(&rate_hz) {
        bail!("the file's rate is {rate_hz} Hz, but must be 8000 to 384000 Hz");
    }
    let mut plugin = Rollcall::default();
    plugin.board().send(Command::WindowOpened);
    let board = plugin.board().clone();
    wait("the model", || match &board.status().model {
        ModelState::Ready(_) => Ok(true),
        ModelState::Loading => Ok(false),
        ModelState::Failed(why) => bail!("{why}"),
    })?;
    plugin.start(f64::from(rate_hz), BLOCK_FRAMES as u32);
    plugin.say(ProcessMode::Offline);
    let mut channels = recording.channels.clone();
    let frames = recording.frames();
    for at in (0..frames).step_by(BLOCK_FRAMES) {
        let end = (at + BLOCK_FRAMES).min(frames);
        let mut transport = Transport::new(rate_hz as f32);
        transport.playing = true;
        transport.pos_samples = i64::try_from(at).ok();
        let block: Vec<&mut [f32]> = channels.iter_mut().map(|channel| &mut channel[at..end]).collect();
        plugin.listen(&block, &[], end - at, &transport);
    }
    plugin.stop();
    wait("the end", || {
        Ok(board.status().counters.frames >= frames as u64 && board.status().stream.is_none())
    })?;
    print(&board, out)
}

fn wait(what: &str, mut is_there: impl FnMut() -> Result<bool>) -> Result<()> {
    let began = Instant::now();
    while !is_there()? {
        if began.elapsed() > PATIENCE {
            bail!("waited {} s for {what}", PATIENCE.as_secs());
        }
        thread::sleep(Duration::from_millis(5));
    }
    Ok(())
}

fn print(board: &Board, out: &mut impl Write) -> Result<()> {
    let (classes, meters) = (board.status().classes.clone(), board.latest().meters.clone());
    let playing = |row: &Row<'_>| -> String {
        let threshold = |class: usize| meters.get(class).map_or(0.5, |meter| meter.threshold);
        let names = (0..classes.len()).filter(|&class| row.activity(class) >= threshold(class));
        let names: Vec<&str> = names.map(|class| classes[class].as_str()).collect();
        if names.is_empty() { "-".to_owned() } else { names.join(", ") }
    };
    let history = board.history();
    let mut before = String::new();
    for row in history.rows(history.range()) {
        let now = playing(&row);
        if now != before {
            writeln!(out, "{:7.2}  {now}", row.time_s())?;
            before = now;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tone_comes_out_as_lines_with_times() -> Result<()> {
        let tone = |frame: u32| (frame as f32 * 0.06).sin() * 0.3;
        let channel: Vec<f32> = (0..88_200).map(tone).collect();
        let recording = Recording { rate_hz: 44_100, channels: vec![channel.clone(), channel] };
        let mut out = Vec::new();
        run(&recording, &mut out)?;
        let text = String::from_utf8(out)?;
        assert!(text.starts_with("   0.00  "), "{text}");
        assert!(run(&Recording { rate_hz: 4_000, ..recording }, &mut Vec::new()).is_err());
        Ok(())
    }
}
