//! Our own options; all others are the framework's.

use anyhow::{Context, Result, ensure};
use std::path::PathBuf;

/// What `--help` says before the framework's own.
pub const HELP: &str = "\
Shows which of 20 instruments play, on a live input or a file.

  --input FILE   plays this file instead of listening: WAV, AIFF, FLAC, MP3, Ogg Vorbis, AAC, ALAC
  --no-window    with --input: no window and no sound; prints who plays when, as fast as it can

Everything else is about the audio device:

";

/// What was asked for.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// The help is wanted.
    pub help: bool,
    /// The file to play.
    pub input: Option<PathBuf>,
    /// Neither window nor sound.
    pub no_window: bool,
    /// Everything that is not ours, the program's name first.
    pub rest: Vec<String>,
}

impl Options {
    /// Takes ours out of a command line.
    ///
    /// # Errors
    /// `--input` without a file, or `--no-window` without `--input`.
    pub fn parse(words: impl IntoIterator<Item = String>) -> Result<Self> {
        let mut options = Self::default();
        let mut words = words.into_iter();
        while let Some(word) = words.next() {
            match word.as_str() {
                "--input" => options.input = Some(words.next().context("--input needs a file")?.into()),
                "--no-window" => options.no_window = true,
                _ => match word.strip_prefix("--input=") {
                    Some(file) => options.input = Some(file.into()),
                    None => {
                        options.help |= word == "-h" || word == "--help";
                        options.rest.push(word);
                    }
                },
            }
        }
        ensure!(
            options.help || !options.no_window || options.input.is_some(),
            "--no-window needs --input FILE: a live input without a window would show nothing"
        );
        Ok(options)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Options> {
        Options::parse(line.split(' ').map(str::to_owned))
    }

    #[test]
    fn ours_are_taken_out_and_the_rest_goes_on() -> Result<()> {
        let options = parse("rollcall -b alsa --input a.wav -r 48000 --no-window")?;
        assert_eq!(options.input, Some("a.wav".into()));
        assert!(options.no_window && !options.help);
        assert_eq!(options.rest, ["rollcall", "-b", "alsa", "-r", "48000"]);
        assert_eq!(parse("rollcall --input=b.wav")?.input, Some("b.wav".into()));
        assert!(parse("rollcall --help")?.help);
        assert!(parse("rollcall --no-window").is_err() && parse("rollcall --input").is_err());
        Ok(())
    }
}
