//! The command line of `rollcall teach`.

use clap::{Args, ValueHint};
use std::path::PathBuf;

/// `rollcall teach`.
#[derive(Args, Debug)]
#[command(after_long_help = TEACH_EXAMPLES)]
pub struct TeachArgs {
    /// A folder with a folder of recordings for each class, of any length and format; recordings of `_none` show none of them, those
    /// of `not CLASS` not that one. With --labels: the recordings. Default: what the plugin saved as examples.
    #[arg(value_hint = ValueHint::DirPath)]
    pub folder: Option<PathBuf>,
    /// Folder of the new package, whose name is the package's; must not exist, or be empty.
    #[arg(short, long, value_name = "PACKAGE", value_hint = ValueHint::DirPath)]
    pub output: PathBuf,
    /// Who plays when in long recordings: ranges or labels as `evaluate` reads them (Audacity's .txt, .lab, .csv, .tsv, .jams), a file or a
    /// folder of them. Of what no label speaks nothing is learned.
    #[arg(long, value_name = "FILE|DIR", value_hint = ValueHint::AnyPath)]
    pub labels: Option<PathBuf>,
    /// Package to stand on: a folder, or the name of one in the user's model folder. Default: the one in this program.
    #[arg(long, value_name = "DIR|NAME", value_hint = ValueHint::DirPath)]
    pub base: Option<PathBuf>,
    /// Keep the base's classes as they are, to the last bit, and add the new ones (the default).
    #[arg(long, conflicts_with = "only")]
    pub add: bool,
    /// Let the new classes take the place of the base's.
    #[arg(long)]
    pub only: bool,
    /// Which recordings belong together (a player, an instrument, a session): `folder` for CLASS/PLAYER/..., or a CSV with the columns
    /// `file` and `group`. Scores are of groups that were not taught.
    #[arg(long, value_name = "folder|FILE.csv")]
    pub group: Option<String>,
    /// Recordings in which none of the classes plays. May be given again.
    #[arg(long, value_name = "FILE|DIR", value_hint = ValueHint::AnyPath)]
    pub negatives: Vec<PathBuf>,
    /// Where what was heard is kept, so that a run that was killed goes on and the next one listens to what is new alone.
    /// Default: Rollcall's folder in the user's cache.
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub cache: Option<PathBuf>,
    /// Cores to use; the package does not depend on it. Default: all.
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=512))]
    pub jobs: Option<u16>,
    /// Recordings of a class to listen to, at most; others are left out by chance.
    #[arg(long, value_name = "N", default_value_t = crate::teach::MOST_RECORDINGS as u32, value_parser = clap::value_parser!(u32).range(1..))]
    pub most: u32,
    /// Seed of all chance.
    #[arg(long, default_value_t = 0, value_name = "N")]
    pub seed: u64,
    /// No progress and no notes.
    #[arg(short, long)]
    pub quiet: bool,
}

const TEACH_EXAMPLES: &str = "\
Examples:
  rollcall teach instruments/ -o oud-and-harp         instruments/oud/*.wav, instruments/harp/*.flac
  rollcall teach instruments/ --group folder -o mine  instruments/oud/anna/*.wav, instruments/oud/ben/*.wav
  rollcall teach concerts/ --labels labels/ --negatives other-music/ -o mine
  rollcall teach rooms/ --only -o hums";
