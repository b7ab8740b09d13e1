//! The command line, as clap reads it.

mod teach;

pub use teach::TeachArgs;

use crate::{
    output::FormatName,
    picture::{AudioChoice, Theme},
    time,
};
use clap::{Args, Parser, Subcommand, ValueEnum, ValueHint};
use rollcall_results::Channels;
use std::path::PathBuf;

/// Exit codes, for `--help` and for the man page.
const EXIT_CODES: &str = "\
Exit codes:
  0  everything was done
  1  some file failed; all others are done and written
  2  the call itself is wrong (options, settings, model, a place that cannot be written); nothing was analysed
  3  results could not be written any more (as on a full disk); those that are there are whole";

/// Tells which of 20 instruments play in a recording, and when.
#[derive(Debug, Parser)]
#[command(name = "rollcall", version, about, after_help = EXIT_CODES, max_term_width = 110)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// Colours on the terminal.
    #[arg(long, global = true, value_enum, default_value_t = When::Auto, value_name = "WHEN")]
    pub color: When,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Analyse audio files, folders or a stream.
    Analyze(Box<AnalyzeArgs>),
    /// Draw who plays when: pages for the browser, PNG or SVG.
    Plot(Box<PlotArgs>),
    /// Score predictions against references.
    Evaluate(Box<EvaluateArgs>),
    /// Teach it your own instruments: from recordings to a model package.
    Teach(Box<TeachArgs>),
    /// List, look at and check model packages.
    #[command(subcommand)]
    Model(ModelCommand),
    /// Print a completion script for a shell.
    #[command(
        after_help = "Example: rollcall completions bash > ~/.local/share/bash-completion/completions/rollcall"
    )]
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
    /// Write the manual pages into a folder.
    Man {
        /// The folder; it is made if it is missing.
        #[arg(value_hint = ValueHint::DirPath)]
        folder: PathBuf,
    },
}

/// When to colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum When {
    /// On a terminal, unless NO_COLOR is set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// `rollcall analyze`.
#[derive(Args, Debug)]
#[command(after_help = EXIT_CODES, after_long_help = ANALYZE_EXAMPLES)]
pub struct AnalyzeArgs {
    /// Audio files, folders (searched for audio, in sorted order), patterns (`*.wav`), playlists (.m3u, .m3u8, in UTF-8 or
    /// Latin-1), or `-` for a stream on standard input.
    #[arg(value_name = "FILE|DIR|-", value_hint = ValueHint::AnyPath)]
    pub inputs: Vec<PathBuf>,
    /// Read more inputs from a file, one a line (`-`: from standard input).
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub files_from: Option<PathBuf>,
    /// The names of --files-from end with a zero byte each, as `find -print0` writes them.
    #[arg(short = '0', long, requires = "files_from")]
    pub null: bool,
    /// Cores to use: so many files at the same time, or fewer whose parts are shared out; results and their order do not
    /// depend on it. Default: all.
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=512))]
    pub jobs: Option<u16>,
    /// Keep what could be read of a broken file, marked as incomplete. The file still counts as failed.
    #[arg(long)]
    pub keep_partial: bool,
    /// Also list AudioSet's instruments, some 70, by how likely each is in the whole file: in JSON, the likeliest five in the summary.
    #[arg(long)]
    pub events: bool,
    /// No progress and no notes, errors only.
    #[arg(short, long)]
    pub quiet: bool,
    /// Say how fast it was: seconds of audio per second, and per second and core.
    #[arg(long)]
    pub bench: bool,
    /// What to look at and how.
    #[command(flatten)]
    pub choices: ChoiceArgs,
    /// Where results go.
    #[command(flatten)]
    pub output: OutputArgs,
}

const ANALYZE_EXAMPLES: &str = "\
Examples:
  rollcall analyze song.flac                          who plays when, for reading
  rollcall analyze song.flac -o song.json             everything, as JSON
  rollcall analyze album/ --out-dir results/ --format json,audacity
  ffmpeg -i film.mkv -f wav - | rollcall analyze - --format csv
  rollcall analyze song.wav --threshold 0.4 --threshold voice=0.6 --start 1:30 --duration 20

Exit codes:
  0  everything was done
  1  some file failed; all others are done and written
  2  the call itself is wrong (options, settings, model, a place that cannot be written); nothing was analysed
  3  results could not be written any more (as on a full disk); those that are there are whole";

/// Settings of the analysis.
#[derive(Args, Debug, Default)]
#[command(next_help_heading = "Analysis")]
pub struct ChoiceArgs {
    /// Model package: a folder, or the name of one in the user's model folder. Default: the one in this program.
    #[arg(long, value_name = "DIR|NAME", value_hint = ValueHint::DirPath)]
    pub model: Option<PathBuf>,
    /// Activity from which an instrument counts as playing, 0 to 1: for all, or for one class (`voice=0.6`). May be
    /// given again. Default: the model's own thresholds.
    #[arg(long, value_name = "[CLASS=]NUMBER")]
    pub threshold: Vec<String>,
    /// Seconds of audio that the model weighs together, 1 to 30. Default: 3.
    #[arg(long, value_name = "SECONDS")]
    pub memory: Option<f64>,
    /// Seconds between two steps, a multiple of 0.16 up to 0.96. Default: 0.16.
    #[arg(long, value_name = "SECONDS")]
    pub update: Option<f64>,
    /// Time constant of a rising activity in seconds, 0 to 10. Default: 0.
    #[arg(long, value_name = "SECONDS")]
    pub attack: Option<f64>,
    /// Time constant of a falling activity in seconds, 0 to 10. Default: 0.3.
    #[arg(long, value_name = "SECONDS")]
    pub release: Option<f64>,
    /// Shorter ranges are dropped. Default: 0.3.
    #[arg(long, value_name = "SECONDS")]
    pub min_duration: Option<f64>,
    /// Ranges of one instrument that are closer than this are joined. Default: 0.5.
    #[arg(long, value_name = "SECONDS")]
    pub merge_gap: Option<f64>,
    /// Where to begin in each file: seconds, m:ss or h:mm:ss.
    #[arg(long, value_name = "TIME", value_parser = time::parse)]
    pub start: Option<f64>,
    /// How much of each file to analyse: seconds, m:ss or h:mm:ss.
    #[arg(long, value_name = "TIME", value_parser = time::parse)]
    pub duration: Option<f64>,
    /// Which channels to listen to: their mean, one, or each of them by itself.
    #[arg(long, value_enum, default_value_t, value_name = "WHICH")]
    pub channels: ChannelsName,
    /// Read settings from a TOML file; options on the command line go before it.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub settings: Option<PathBuf>,
    /// Write the settings in force to a TOML file, also without analysing anything.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub save_settings: Option<PathBuf>,
}

/// Which channels are heard, as in the plugin.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum ChannelsName {
    /// The mean of all channels.
    #[default]
    Mono,
    /// The first channel.
    Left,
    /// The second channel; of one channel, that one.
    Right,
    /// The mean of the first two channels.
    Mid,
    /// Half the difference of the first two channels.
    Side,
    /// Every channel by itself, with results of its own (`song.wav.ch1.json`).
    Each,
}

impl From<ChannelsName> for Channels {
    fn from(name: ChannelsName) -> Self {
        match name {
            ChannelsName::Mono => Self::Mono,
            ChannelsName::Left => Self::Left,
            ChannelsName::Right => Self::Right,
            ChannelsName::Mid => Self::Mid,
            ChannelsName::Side => Self::Side,
            ChannelsName::Each => Self::Each,
        }
    }
}

/// Where results go.
#[derive(Args, Debug, Default)]
#[command(next_help_heading = "Output")]
pub struct OutputArgs {
    /// What to write; several with commas. Default: `summary`, or what the name given to --output ends in.
    #[arg(short, long, value_enum, value_delimiter = ',', value_name = "FORMAT")]
    pub format: Vec<FormatName>,
    /// Draw pictures too: `png`, `svg`, `html` (the default), several with commas. They stand where the other results
    /// do; beside those of standard output, in the current folder.
    #[arg(long, value_enum, value_delimiter = ',', value_name = "PICTURE", num_args = 0.., require_equals = true, default_missing_value = "html")]
    pub plot: Option<Vec<PictureName>>,
    /// Colours of pictures.
    #[arg(long, value_enum, default_value_t, value_name = "THEME")]
    pub theme: Theme,
    /// Where the audio of a page is.
    #[arg(long, value_enum, default_value_t, value_name = "WHERE")]
    pub audio: AudioChoice,
    /// Write to this file, all inputs one after another in their order (`-`: standard output, the default).
    #[arg(short, long, value_name = "FILE|-", conflicts_with_all = ["out_dir", "beside"], value_hint = ValueHint::FilePath)]
    pub output: Option<PathBuf>,
    /// Write one file for each input and format into this folder, named like the input (`song.wav.json`); folders,
    /// playlists and lists keep their shape.
    #[arg(long, value_name = "DIR", conflicts_with = "beside", value_hint = ValueHint::DirPath)]
    pub out_dir: Option<PathBuf>,
    /// Write one file for each input and format beside the input.
    #[arg(long)]
    pub beside: bool,
    /// Overwrite files that exist. Devices and pipes are written to without it, and links are followed.
    #[arg(long)]
    pub force: bool,
    /// Leave files alone whose results are there already. Results of another model are made anew, as far as their format says
    /// whose they are (JSON, Parquet, JAMS; other formats beside one of these go with it). For --out-dir and --beside.
    #[arg(long, conflicts_with = "force")]
    pub skip_existing: bool,
    /// Write who plays into the tags of a copy of each file (`song.tagged.flac`, where the other results are): INSTRUMENT, and
    /// PERFORMER as MusicBrainz has it. The audio stays as it is, to the bit. For FLAC, Ogg, Opus, MP3, AAC, M4A, WAV and AIFF.
    #[arg(long, conflicts_with = "skip_existing")]
    pub tag: bool,
    /// Write the tags into the files themselves.
    #[arg(long, requires = "tag")]
    pub in_place: bool,
    /// Write the embedding of each step, 128 numbers, to FILE.npy (of one input) or FILE.parquet (of all, with a column `file`).
    /// Those of two models, or two versions of one, can't be compared.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, conflicts_with_all = ["skip_existing", "journal"])]
    pub embeddings: Option<PathBuf>,
    /// Write each range as a clip into this folder, named by class and time (`song.wav.guitar.01m02.30s-01m10.00s.wav`).
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath, conflicts_with = "skip_existing")]
    pub cut: Option<PathBuf>,
    /// Seconds to add before and behind each clip, 0 to 60. Default: 0.
    #[arg(long, value_name = "SECONDS", requires = "cut")]
    pub pad: Option<f64>,
    /// Keep a journal: a run that is killed goes on where it stopped when the same command is given again. For
    /// --out-dir and --beside.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub journal: Option<PathBuf>,
    /// Write a report of the batch (JSON): hours and longest range of each instrument, what failed and why.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub report: Option<PathBuf>,
}

/// What can be drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum PictureName {
    /// Pixels.
    Png,
    /// Vectors.
    Svg,
    /// A page for the browser.
    Html,
}

impl OutputArgs {
    /// The formats that `--plot` asks for.
    pub fn pictures(&self) -> Vec<FormatName> {
        let format = |picture: &PictureName| match picture {
            PictureName::Png => FormatName::Png,
            PictureName::Svg => FormatName::Svg,
            PictureName::Html => FormatName::Html,
        };
        self.plot.iter().flatten().map(format).collect()
    }
}

/// `rollcall plot`.
#[derive(Args, Debug)]
#[command(after_long_help = PLOT_EXAMPLES)]
pub struct PlotArgs {
    /// As for `analyze`; without --output, --out-dir or --beside the pictures go into the current folder.
    #[command(flatten)]
    pub analyze: AnalyzeArgs,
}

const PLOT_EXAMPLES: &str = "\
Examples:
  rollcall plot song.flac                             song.flac.html, a page to listen with
  rollcall plot song.flac -o song.png --theme light
  rollcall plot album/ --out-dir pages/ --format html,svg --audio link";

/// `rollcall evaluate`.
#[derive(Args, Debug)]
#[command(after_long_help = EVALUATE_EXAMPLES)]
pub struct EvaluateArgs {
    /// What `rollcall analyze` said: JSON, Parquet or CSV (steps or ranges), a file or a folder of them.
    #[arg(value_hint = ValueHint::AnyPath)]
    pub predictions: PathBuf,
    /// What is so: labels (.csv, as OpenMIC-2018's or a column a class), JAMS, or ranges (.lab, Audacity's .txt, .csv,
    /// .tsv), a file or a folder of them. Files are paired by their names without endings.
    #[arg(value_hint = ValueHint::AnyPath)]
    pub references: PathBuf,
    /// Write the scores to a file: .json, .csv or .txt; or a picture of them: .svg or .png. May be given again.
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub output: Vec<PathBuf>,
    /// Overwrite files that exist.
    #[arg(long)]
    pub force: bool,
    /// Colours of a picture.
    #[arg(long, value_enum, default_value_t, value_name = "THEME")]
    pub theme: Theme,
    /// No table on the terminal.
    #[arg(short, long)]
    pub quiet: bool,
    /// Threshold for all classes or for one (`voice=0.6`), 0 to 1. Default: those that the predictions were made with,
    /// else 0.5.
    #[arg(long, value_name = "[CLASS=]NUMBER")]
    pub threshold: Vec<String>,
    /// Call a label of the references by a class of the predictions; `LABEL=` leaves it out.
    #[arg(long, value_name = "LABEL=CLASS")]
    pub map: Vec<String>,
    /// What a class is that a file's ranges or tags do not mention. Tables of labels know this themselves: an empty cell
    /// is unknown.
    #[arg(long, value_enum, default_value_t, value_name = "WHAT")]
    pub unlisted: UnlistedName,
    /// The classes that the annotations are about, with commas: absent where a file does not mention them; all others are
    /// unknown.
    #[arg(long, value_delimiter = ',', value_name = "CLASSES", conflicts_with = "unlisted")]
    pub annotated: Vec<String>,
    /// Leave out references without a prediction.
    #[arg(long)]
    pub partial: bool,
    /// Length of a segment in seconds.
    #[arg(long, default_value_t = 1.0, value_name = "SECONDS")]
    pub segment: f64,
    /// How far off an event's onset and offset may be, in seconds.
    #[arg(long, default_value_t = 0.2, value_name = "SECONDS")]
    pub collar: f64,
    /// How far off an event's offset may be as a share of its length, where that is more than the collar.
    #[arg(long, default_value_t = 0.5, value_name = "SHARE")]
    pub length_share: f64,
    /// Look at the onsets of events alone.
    #[arg(long)]
    pub onset_only: bool,
    /// Leave a class that plays but was never found out of the means of segment and event F1, as sed_eval does unless
    /// told otherwise; without this it counts as 0.
    #[arg(long)]
    pub undefined_when_empty: bool,
    /// Rounds of the bootstrap over files; 0 for no intervals.
    #[arg(long, default_value_t = 1000, value_name = "N", value_parser = clap::value_parser!(u32).range(0..=1_000_000))]
    pub rounds: u32,
    /// Share of the bootstrap's scores inside an interval.
    #[arg(long, default_value_t = 0.95, value_name = "SHARE")]
    pub level: f64,
    /// Seed of the bootstrap.
    #[arg(long, default_value_t = 0, value_name = "N")]
    pub seed: u64,
}

/// What a class is that the reference of a file does not mention.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum UnlistedName {
    /// Not known: left out of all scores of that file.
    Unknown,
    /// Not in the file.
    #[default]
    Absent,
}

const EVALUATE_EXAMPLES: &str = "\
Examples:
  rollcall analyze album/ --out-dir said/ && rollcall evaluate said/ annotations/
  rollcall evaluate said.jsonl openmic-2018-aggregated-labels.csv --partial -o scores.json -o scores.csv
  rollcall evaluate said/ vocals/ --annotated voice
  rollcall evaluate song.json song.lab --map 'drum set=drums' --map 'noise=' --collar 0.5";

/// `rollcall model`.
#[derive(Debug, Subcommand)]
pub enum ModelCommand {
    /// List the package in this program, those in the user's model folder, and those in the folders given.
    List {
        /// Packages, or folders of packages.
        #[arg(value_hint = ValueHint::DirPath)]
        folders: Vec<PathBuf>,
    },
    /// Show what a package says of itself.
    Inspect {
        /// The package; default: the one in this program.
        #[arg(value_hint = ValueHint::DirPath)]
        folder: Option<PathBuf>,
    },
    /// Show whose weights a package's are: under which terms they stand, and why, and what they were trained on.
    Info {
        /// The package; default: the one in this program.
        #[arg(value_hint = ValueHint::DirPath)]
        folder: Option<PathBuf>,
    },
    /// Check a package: files, sizes, hashes, shapes, weights. Says OK, or what is wrong (exit code 1).
    Verify {
        /// The package; default: the one in this program.
        #[arg(value_hint = ValueHint::DirPath)]
        folder: Option<PathBuf>,
    },
    /// Make a package of AudioSet's published VGGish: torchvggish's weights, its PCA, and a head where there is one.
    #[command(after_help = IMPORT_EXAMPLE)]
    Import(ImportArgs),
    /// Say what one package answers otherwise than another, over your own files.
    #[command(after_help = DIFF_EXAMPLE)]
    Diff(DiffArgs),
}

const DIFF_EXAMPLE: &str = "\
Example:
  rollcall model diff default oud-and-harp songs/";

/// `rollcall model diff`.
#[derive(Args, Debug)]
pub struct DiffArgs {
    /// The package of before: a folder, a name, or `default` for the one in this program.
    #[arg(value_name = "A", value_hint = ValueHint::DirPath)]
    pub a: PathBuf,
    /// The new package, named likewise.
    #[arg(value_name = "B", value_hint = ValueHint::DirPath)]
    pub b: PathBuf,
    /// Audio files, folders or patterns, as for `analyze`.
    #[arg(value_name = "FILES", required = true, value_hint = ValueHint::AnyPath)]
    pub inputs: Vec<PathBuf>,
    /// No progress.
    #[arg(short, long)]
    pub quiet: bool,
}

const IMPORT_EXAMPLE: &str = "\
Example:
  rollcall model import --vggish vggish-10086976.pth --pca vggish_pca_params.npz audioset-vggish

Without --head the package has an untrained head, which hears nothing: `rollcall-train second --vggish` trains one and
writes a package of its own.";

/// `rollcall model import`.
#[derive(Args, Debug)]
pub struct ImportArgs {
    /// Weights of VGGish as torchvggish has them, a state dict of PyTorch in any of its forms.
    #[arg(long, value_name = "FILE.pth", value_hint = ValueHint::FilePath)]
    pub vggish: PathBuf,
    /// AudioSet's PCA (`pca_eigen_vectors`, `pca_means`): embeddings are then whitened and cut to 8 bit, as OpenMIC's are.
    #[arg(long, value_name = "FILE.npz", value_hint = ValueHint::FilePath)]
    pub pca: Option<PathBuf>,
    /// A head that AttentionMIC trained on such embeddings: it needs --pca.
    #[arg(long, value_name = "FILE.pth", value_hint = ValueHint::FilePath)]
    pub head: Option<PathBuf>,
    /// The head was trained on embeddings that were not whitened: take it without --pca.
    #[arg(long, requires = "head", conflicts_with = "pca")]
    pub raw_head: bool,
    /// Store 16-bit weights: half the size.
    #[arg(long)]
    pub half: bool,
    /// Name of the package, of a-z, 0-9 and -.
    #[arg(long, default_value = "audioset-vggish")]
    pub name: String,
    /// Licence of the weights, as whoever published them states it.
    #[arg(
        long,
        default_value = "Apache-2.0 as published with TensorFlow's models and torchvggish; check your copy's"
    )]
    pub licence: String,
    /// Folder of the new package; must not exist, or be empty.
    #[arg(value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub folder: PathBuf,
}
