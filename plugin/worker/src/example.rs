//! A selected stretch, and writing it into the folder of a class: the audio, and beside it what was heard then.

use crate::{
    Link,
    disk::{Unless, advice, going_on, whole},
    kept::Cut,
};
use rollcall_board::{ExportStatus, History, ModelIdentity, Selection, SongPosition, Stretch};
use rollcall_engine::SAMPLE_RATE_HZ;
use rollcall_files::{NONE, NOT};
use serde::Serialize;
use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

/// Version of the companion's format.
const SCHEMA: &str = "rollcall.example/1";
/// Numbers that names are given.
const NUMBERS: std::ops::Range<u32> = 1..100_000;

/// What is held of a selected stretch.
pub(crate) struct Excerpt {
    pub(crate) session: u64,
    pub(crate) cut: Cut,
    /// As far as it went when the stretch was selected.
    pub(crate) history: History,
    pub(crate) model: ModelIdentity,
    pub(crate) classes: Arc<[String]>,
    pub(crate) thresholds: Vec<f32>,
}

impl Excerpt {
    /// As readers see it.
    pub(crate) fn show(&self) -> Selection {
        let mut peaks = vec![0.0_f32; self.classes.len()];
        for row in rows(&self.history, &self.cut) {
            for (class, peak) in peaks.iter_mut().enumerate() {
                *peak = peak.max(row.activity(class));
            }
        }
        let stretch = Stretch { session: self.session, begin_s: self.cut.begin_s, end_s: self.cut.end_s };
        Selection { stretch, missing_s: self.cut.missing_s, classes: Arc::clone(&self.classes), peaks }
    }
}

/// Rows of steps that are centred in a stretch.
fn rows<'a>(history: &'a History, cut: &Cut) -> impl Iterator<Item = rollcall_board::Row<'a>> {
    history.rows(history.index_at(cut.begin_s)..history.index_at(cut.end_s))
}

/// Everything that is to be written.
pub(crate) struct Job {
    pub(crate) excerpt: Arc<Excerpt>,
    /// As far as it goes now: the last steps of a stretch are known after its audio.
    pub(crate) history: History,
    pub(crate) folder: PathBuf,
    pub(crate) class: String,
    pub(crate) plays: bool,
}

/// What stands beside the audio.
#[derive(Serialize)]
struct Companion<'a> {
    schema: &'static str,
    audio: String,
    class: &'a str,
    /// Whether a person says that the class plays.
    plays: bool,
    saved_unix_s: u64,
    sample_rate_hz: u32,
    duration_s: f64,
    missing_s: f64,
    session_begin_s: f64,
    song: Option<Song>,
    model: Model<'a>,
    classes: &'a [String],
    thresholds: &'a [f32],
    heard: Heard,
}

#[derive(Serialize)]
struct Song {
    song_s: Option<f64>,
    bar: Option<i64>,
    beat: Option<f32>,
    tempo_bpm: Option<f64>,
}

#[derive(Serialize)]
struct Model<'a> {
    name: &'a str,
    version: &'a str,
    sha256: &'a str,
}

/// What the model heard: seconds since the example began, and an activity for each class.
#[derive(Serialize)]
struct Heard {
    times_s: Vec<f64>,
    activity: Vec<Vec<f32>>,
}

impl Job {
    pub(crate) fn run(&self, link: &Link) -> ExportStatus {
        let name = match folder_name(&self.class, self.plays) {
            Ok(name) => name,
            Err(why) => return ExportStatus::Failed(why),
        };
        let folder = self.folder.join(known_folder(&self.folder, &name).unwrap_or(name));
        let was_there = folder.is_dir();
        match self.write(&folder, link) {
            Ok(paths) => ExportStatus::Done(paths),
            Err(error) => {
                if !was_there {
                    // A folder without recordings is no class. One that is not empty stays.
                    let _ = fs::remove_dir(&folder);
                }
                ExportStatus::Failed(advice(&folder, &error))
            }
        }
    }

    /// Under the first number that is free.
    fn write(&self, folder: &Path, link: &Link) -> io::Result<Vec<PathBuf>> {
        let stem = rollcall_files::safe_name(&self.class).unwrap_or_default();
        for number in NUMBERS {
            let audio = folder.join(format!("{stem} {number}.wav"));
            let companion = audio.with_file_name(format!("{stem} {number}.json"));
            let is_taken = |path: &Path| path.symlink_metadata().is_ok();
            if is_taken(&audio) || is_taken(&companion) {
                continue;
            }
            match self.write_both(&audio, &companion, link) {
                // Another instance was faster.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
                Ok(()) => return Ok(vec![audio]),
            }
        }
        Err(io::Error::other("it holds too many examples"))
    }

    /// The companion first: an example is there when its audio is.
    fn write_both(&self, audio: &Path, companion: &Path, link: &Link) -> io::Result<()> {
        let text = self.companion(audio)?;
        whole(companion, |out| Unless { out, link }.write_all(&text))?;
        let written = going_on(link).and_then(|()| wav(&self.excerpt.cut.samples)).and_then(|bytes| {
            whole(audio, |out| {
                Unless { out, link }.write_all(&bytes)?;
                going_on(link)
            })
        });
        if written.is_err() {
            // Ours, of this moment.
            let _ = fs::remove_file(companion);
        }
        written
    }

    fn companion(&self, audio: &Path) -> io::Result<Vec<u8>> {
        let Excerpt { cut, model, classes, thresholds, .. } = &*self.excerpt;
        let mut heard = Heard { times_s: Vec::new(), activity: Vec::new() };
        let mut song = None;
        for row in rows(&self.history, cut) {
            heard.times_s.push(row.time_s() - cut.begin_s);
            heard.activity.push((0..row.classes()).map(|class| row.activity(class)).collect());
            song.get_or_insert(row.position());
        }
        let companion = Companion {
            schema: SCHEMA,
            audio: audio.file_name().unwrap_or_default().to_string_lossy().into_owned(),
            class: &self.class,
            plays: self.plays,
            saved_unix_s: SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs()),
            sample_rate_hz: SAMPLE_RATE_HZ,
            duration_s: cut.end_s - cut.begin_s,
            missing_s: cut.missing_s,
            session_begin_s: cut.begin_s,
            song: song.filter(|position| position.playing).map(Song::of),
            model: Model { name: &model.name, version: &model.version, sha256: &model.sha256 },
            classes,
            thresholds,
            heard,
        };
        let mut text = serde_json::to_vec_pretty(&companion)?;
        text.push(b'\n');
        Ok(text)
    }
}

impl Song {
    fn of(position: SongPosition) -> Self {
        Self {
            song_s: position.song_s,
            bar: position.bar.map(|(bar, _)| i64::from(bar) + 1),
            beat: position.bar.map(|(_, beats)| beats + 1.0),
            tempo_bpm: position.tempo_bpm,
        }
    }
}

/// The folder of a class's examples, or of what is not that class.
fn folder_name(class: &str, plays: bool) -> Result<String, String> {
    let is_not = |name: &str| NOT.iter().any(|not| name.starts_with(not));
    let name = rollcall_files::safe_name(class).ok_or("a class needs a name: type what plays there")?;
    match plays {
        _ if is_not(&name) => Err(format!(
            "'{class}' would be read as what is not that: type the class alone, and say whether it plays"
        )),
        true => Ok(name),
        false if name == NONE => Err(format!("{NONE} is no class: save it as what plays there")),
        false => rollcall_files::safe_name(&format!("{}{name}", NOT[0]))
            .ok_or_else(|| "a class needs a name".into()),
    }
}

/// The folder that is there already, whatever its capitals: two folders that differ in them alone are one class.
fn known_folder(folder: &Path, name: &str) -> Option<String> {
    if folder.join(name).is_dir() {
        return None;
    }
    let alike = |known: &String| known.to_lowercase() == name.to_lowercase();
    let entries = fs::read_dir(folder).ok()?.flatten().filter(|entry| entry.path().is_dir());
    entries.filter_map(|entry| entry.file_name().into_string().ok()).find(alike)
}

/// A WAV of 32-bit floats, which hold what was heard exactly.
fn wav(samples: &[f32]) -> io::Result<Vec<u8>> {
    let failed = |error: hound::Error| match error {
        hound::Error::IoError(error) => error,
        other => io::Error::other(other),
    };
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: SAMPLE_RATE_HZ,
        bits_per_sample: 32,
        sample_format: hound::SampleFormat::Float,
    };
    let mut bytes = io::Cursor::new(Vec::with_capacity(4 * samples.len() + 128));
    let mut writer = hound::WavWriter::new(&mut bytes, spec).map_err(failed)?;
    for &sample in samples {
        writer.write_sample(sample).map_err(failed)?;
    }
    writer.finalize().map_err(failed)?;
    Ok(bytes.into_inner())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_named_as_teach_reads_them() {
        let of = |class: &str, plays| folder_name(class, plays);
        assert_eq!(of("flute", true).as_deref(), Ok("flute"));
        assert_eq!(of("flute", false).as_deref(), Ok("not flute"));
        assert_eq!(of("drums/kick", false).as_deref(), Ok("not drums_kick"));
        assert_eq!(of("con", true).as_deref(), Ok("con_"));
        assert_eq!(of("_none", true).as_deref(), Ok("_none"));
        for (class, plays) in
            [("not flute", true), ("not_flute", false), ("_none", false), (" / ", true), ("..", true)]
        {
            let found = of(class, plays);
            assert_eq!(found.is_err(), class != " / ", "{class}: {found:?}");
        }
    }
}
