//! Who plays, written into the tags of an audio file (`--tag`): of a copy, whose audio is held to be that of the original before it
//! gets its name.
//!
//! | field | where | holds |
//! | --- | --- | --- |
//! | `INSTRUMENT` | Vorbis comment; `TXXX:INSTRUMENT`; `----:com.apple.iTunes:INSTRUMENT` | each class with a range, one value each |
//! | `PERFORMER` | Vorbis comment; `TMCL`; `----:com.apple.iTunes:PERFORMER` | `[unknown] (guitar)`: MusicBrainz' way to say who plays what, with its name for a person that nobody knows |
//!
//! Values of others stay. What an earlier run wrote is known by its `[unknown]` and is replaced.

use crate::decode::Audio;
use anyhow::{Context, Result, bail, ensure};
use lofty::{
    config::{ParseOptions, WriteOptions},
    file::{AudioFile, FileType},
    id3::v2::{Frame, FrameId, Id3v2Tag, KeyValueFrame},
    mp4::{Atom, AtomData, AtomIdent, Ilst},
    ogg::tag::VorbisComments,
    probe::Probe,
};
use rollcall_files::AtomicFile;
use std::{
    borrow::Cow,
    fs::{File, OpenOptions},
    io::{self, BufReader, Seek},
    path::Path,
};

/// MusicBrainz' special purpose artist for someone whose name is not known.
const UNKNOWN: &str = "[unknown]";
const INSTRUMENT: &str = "INSTRUMENT";
const PERFORMER: &str = "PERFORMER";
const READABLE: &str = "FLAC, Ogg Vorbis, Opus, MP3, AAC, M4A, WAV or AIFF";

/// Finds out before any work whether a file can be tagged.
///
/// # Errors
/// A kind without tags that are known here: named, with those that have some; or a file that cannot be read.
pub fn check(path: &Path) -> Result<FileType> {
    let audio = Audio::open(path)?;
    let (container, codec) = audio.format().codec.split_once('/').unwrap_or_default();
    let kind = match (container, codec) {
        ("wave", _) => Some(FileType::Wav),
        ("aiff", _) => Some(FileType::Aiff),
        ("flac", _) => Some(FileType::Flac),
        ("mp1" | "mp2" | "mp3", _) => Some(FileType::Mpeg),
        ("isomp4", _) => Some(FileType::Mp4),
        ("aac", _) => Some(FileType::Aac),
        ("ogg", "vorbis") => Some(FileType::Vorbis),
        ("ogg", "opus") => Some(FileType::Opus),
        _ => None,
    };
    // RF64 and others are of a kind that has tags, but not where they are looked for.
    let is_readable = |kind: &FileType| {
        let options = ParseOptions::new().read_properties(false);
        let file = File::open(path).map(BufReader::new);
        file.is_ok_and(|file| Probe::with_file_type(file, *kind).options(options).read().is_ok())
    };
    match kind.filter(is_readable) {
        Some(kind) => Ok(kind),
        None => bail!(
            "--tag: tags of this kind of file cannot be written; convert it to {READABLE}, or leave out --tag"
        ),
    }
}

/// Writes a tagged copy of `from` to `to`, which may be the same file.
///
/// # Errors
/// A file that cannot be read, tagged or written, or whose audio would not be what it was: then nothing is written.
pub fn write(from: &Path, to: &Path, classes: &[String], is_forced: bool) -> Result<()> {
    let kind = check(from)?;
    // Where it is begun shows whether it may be: before the work.
    let mut copy = AtomicFile::create(to, is_forced).with_context(|| to.display().to_string())?;
    let scratch = tempfile::NamedTempFile::new().context("the temporary folder")?;
    io::copy(&mut File::open(from)?, &mut scratch.as_file()).context("the temporary folder")?;
    let mut file = OpenOptions::new().read(true).write(true).open(scratch.path())?;
    tag(&mut file, kind, classes).context("--tag: its tags cannot be written; the file is left as it is")?;
    ensure!(
        is_same_audio(from, scratch.path())?,
        "--tag: the tagged copy would not have the same audio, so it is not written; please report this, with the file if you can"
    );
    file.rewind()?;
    io::copy(&mut file, &mut copy)?;
    copy.commit().with_context(|| to.display().to_string())
}

fn tag(file: &mut File, kind: FileType, classes: &[String]) -> Result<()> {
    macro_rules! edit {
        ($kind:ty, $get:ident, $set:ident) => {{
            let mut whole = <$kind>::read_from(file, ParseOptions::new())?;
            let mut tag = whole.$get().cloned().unwrap_or_default();
            say(&mut tag, classes);
            whole.$set(tag);
            file.rewind()?;
            whole.save_to(file, WriteOptions::new())?;
        }};
        ($kind:ty, $get:ident) => {{
            let mut whole = <$kind>::read_from(file, ParseOptions::new())?;
            say(whole.$get(), classes);
            file.rewind()?;
            whole.save_to(file, WriteOptions::new())?;
        }};
    }
    file.rewind()?;
    match kind {
        FileType::Aac => edit!(lofty::aac::AacFile, id3v2, set_id3v2),
        FileType::Aiff => edit!(lofty::iff::aiff::AiffFile, id3v2, set_id3v2),
        FileType::Flac => edit!(lofty::flac::FlacFile, vorbis_comments, set_vorbis_comments),
        FileType::Mpeg => edit!(lofty::mpeg::MpegFile, id3v2, set_id3v2),
        FileType::Mp4 => edit!(lofty::mp4::Mp4File, ilst, set_ilst),
        FileType::Opus => edit!(lofty::ogg::OpusFile, vorbis_comments_mut),
        FileType::Vorbis => edit!(lofty::ogg::VorbisFile, vorbis_comments_mut),
        FileType::Wav => edit!(lofty::iff::wav::WavFile, id3v2, set_id3v2),
        other => bail!("{other:?} has no tags that are known here"),
    }
    Ok(())
}

/// Fields that may have several values.
trait Fields {
    fn values(&self, field: &str) -> Vec<String>;
    fn set(&mut self, field: &str, values: Vec<String>);
    /// `NAME (instrument)` for everyone who is said to play something.
    fn performers(&self) -> Vec<String> {
        self.values(PERFORMER)
    }
    fn set_performers(&mut self, performers: Vec<String>) {
        self.set(PERFORMER, performers);
    }
}

/// Says who plays.
fn say(tag: &mut impl Fields, classes: &[String]) {
    let classes: Vec<String> = classes.iter().map(|class| class.replace('_', " ")).collect();
    let (ours, mut performers): (Vec<String>, Vec<String>) =
        tag.performers().into_iter().partition(|performer| performer.starts_with(UNKNOWN));
    let stale: Vec<&str> = ours.iter().filter_map(|one| one.split_once(" (")?.1.strip_suffix(')')).collect();
    let mut instruments = tag.values(INSTRUMENT);
    instruments.retain(|instrument| !stale.contains(&instrument.as_str()));
    for class in classes {
        performers.push(format!("{UNKNOWN} ({class})"));
        if !instruments.contains(&class) {
            instruments.push(class);
        }
    }
    tag.set(INSTRUMENT, instruments);
    tag.set_performers(performers);
}

impl Fields for VorbisComments {
    fn values(&self, field: &str) -> Vec<String> {
        self.get_all(field).map(str::to_owned).collect()
    }

    fn set(&mut self, field: &str, values: Vec<String>) {
        drop(self.remove(field));
        values.into_iter().for_each(|value| self.push(field.to_owned(), value));
    }
}

impl Fields for Ilst {
    fn values(&self, field: &str) -> Vec<String> {
        let text = |data: &AtomData| match data {
            AtomData::UTF8(text) | AtomData::UTF16(text) => Some(text.clone()),
            _ => None,
        };
        self.get(&ident(field)).into_iter().flat_map(Atom::data).filter_map(text).collect()
    }

    fn set(&mut self, field: &str, values: Vec<String>) {
        drop(self.remove(&ident(field)));
        let data = values.into_iter().map(AtomData::UTF8).collect();
        if let Some(atom) = Atom::from_collection(ident(field), data) {
            self.insert(atom);
        }
    }
}

fn ident(field: &str) -> AtomIdent<'static> {
    AtomIdent::Freeform { mean: Cow::Borrowed("com.apple.iTunes"), name: Cow::Owned(field.to_owned()) }
}

/// ID3v2.4, 4.2.2: the list of musicians' credits.
const CREDITS: FrameId<'static> = FrameId::Valid(Cow::Borrowed("TMCL"));

impl Fields for Id3v2Tag {
    fn values(&self, field: &str) -> Vec<String> {
        let values = self.get_user_text(field).map(|text| text.split('\0').map(str::to_owned).collect());
        values.unwrap_or_default()
    }

    fn set(&mut self, field: &str, values: Vec<String>) {
        drop(self.remove_user_text(field));
        if !values.is_empty() {
            self.insert_user_text(field.to_owned(), values.join("\0"));
        }
    }

    fn performers(&self) -> Vec<String> {
        match self.get(&CREDITS) {
            Some(Frame::KeyValue(credits)) => credits
                .key_value_pairs
                .iter()
                .map(|(instrument, name)| format!("{name} ({instrument})"))
                .collect(),
            _ => Vec::new(),
        }
    }

    fn set_performers(&mut self, performers: Vec<String>) {
        drop(self.remove(&CREDITS));
        let pair = |performer: &String| {
            let (name, instrument) = performer.split_once(" (")?;
            let instrument = instrument.strip_suffix(')')?;
            Some((Cow::Owned(instrument.to_owned()), Cow::Owned(name.to_owned())))
        };
        let pairs: Vec<(Cow<'static, str>, Cow<'static, str>)> = performers.iter().filter_map(pair).collect();
        if !pairs.is_empty() {
            self.insert(Frame::KeyValue(KeyValueFrame::new(CREDITS, lofty::TextEncoding::UTF8, pairs)));
        }
    }
}

/// Whether two files decode to the same samples, to the bit, and to the same end.
fn is_same_audio(one: &Path, other: &Path) -> Result<bool> {
    let (mut one, mut other) = (Audio::open(one)?, Audio::open(other)?);
    if one.format() != other.format() {
        return Ok(false);
    }
    // A damaged file's audio ends where it is damaged, in both.
    let (mut left, mut right) = (Vec::new(), Vec::new());
    loop {
        fill(&mut one, &mut left);
        fill(&mut other, &mut right);
        if left.is_empty() || right.is_empty() {
            return Ok(left.is_empty() && right.is_empty());
        }
        let common = left.len().min(right.len());
        if !left.iter().zip(&right).all(|(a, b)| a.to_bits() == b.to_bits()) {
            return Ok(false);
        }
        left.drain(..common);
        right.drain(..common);
    }
}

/// Adds a block where there is none; none is there at the end.
fn fill(audio: &mut Audio, samples: &mut Vec<f32>) {
    if samples.is_empty()
        && let Ok(Some(block)) = audio.next_block()
    {
        samples.extend_from_slice(block);
    }
}
