//! Where bytes come from, and what must be done to them before a demuxer sees them.

use super::{
    DecodeError,
    mp4::{self, Edit},
    wave,
};
use std::{
    collections::BTreeMap,
    fs::File,
    io::{self, Chain, Cursor, Read, Seek, SeekFrom},
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};
use symphonia::core::io::{MediaSource, ReadOnlySource};

/// Enough to tell every container by.
const FIRST_BYTES: u64 = 16;

/// Bytes for a demuxer, and what it will not find in them by itself.
pub(super) struct Origin {
    pub(super) source: Box<dyn MediaSource>,
    /// Bytes handed out so far.
    pub(super) position: Arc<AtomicU64>,
    /// Frames that a WAV header promises.
    pub(super) frames: Option<u64>,
    /// Edits by track, of MP4.
    pub(super) edits: BTreeMap<u32, Edit>,
    /// The first bytes, for messages.
    pub(super) first: Vec<u8>,
}

impl Origin {
    /// A file, or whatever else has a path: a pipe is read as a stream.
    pub(super) fn path(path: &Path) -> Result<Self, DecodeError> {
        let file = File::open(path).map_err(DecodeError::Open)?;
        let metadata = file.metadata().map_err(DecodeError::Open)?;
        if metadata.is_dir() {
            return Err(DecodeError::Folder);
        }
        if !metadata.is_file() {
            return Self::stream(Box::new(file));
        }
        Self::file(file)
    }

    fn file(mut file: File) -> Result<Self, DecodeError> {
        let first = first_bytes(&mut file)?;
        file.rewind().map_err(DecodeError::Open)?;
        if wave::is_wave(&first) {
            let header = wave::Header::read(&mut io::BufReader::new(&mut file))?;
            let frames = header.frames;
            let mut source = header.attach(file);
            source.rewind().map_err(DecodeError::Open)?;
            return Ok(Self { frames, ..Self::new(Box::new(source), first) });
        }
        if mp4::is_mp4(&first) {
            // An index that cannot be walked is symphonia's to report.
            let edits = mp4::edits(&mut io::BufReader::new(&mut file)).unwrap_or_default();
            file.rewind().map_err(DecodeError::Open)?;
            return Ok(Self { edits, ..Self::new(Box::new(file), first) });
        }
        if first.starts_with(b"FORM") && is_format_first(&mut file).unwrap_or(true) {
            file.rewind().map_err(DecodeError::Open)?;
            // Read as a stream, a truncated AIFF gives what it has; scanned for chunks behind the audio, it gives nothing.
            return Ok(Self::new(Box::new(ReadOnlySource::new(file)), first));
        }
        file.rewind().map_err(DecodeError::Open)?;
        Ok(Self::new(Box::new(file), first))
    }

    /// A stream that cannot go back.
    pub(super) fn stream(mut stream: Box<dyn Read + Send + Sync>) -> Result<Self, DecodeError> {
        let first = first_bytes(&mut stream)?;
        let mut whole: Chain<Cursor<Vec<u8>>, _> = Cursor::new(first.clone()).chain(stream);
        if wave::is_wave(&first) {
            let header = wave::Header::read(&mut whole)?;
            let frames = header.frames;
            return Ok(Self {
                frames,
                ..Self::new(Box::new(ReadOnlySource::new(header.attach(whole))), first)
            });
        }
        if mp4::is_mp4(&first) || first.starts_with(b"caff") {
            // What tells where the audio is may stand behind it: it must be a file.
            let mut file = tempfile::tempfile().map_err(DecodeError::Open)?;
            io::copy(&mut whole, &mut file).map_err(DecodeError::Open)?;
            file.rewind().map_err(DecodeError::Open)?;
            return Self::file(file);
        }
        Ok(Self::new(Box::new(ReadOnlySource::new(whole)), first))
    }

    fn new(source: Box<dyn MediaSource>, first: Vec<u8>) -> Self {
        let position = Arc::new(AtomicU64::new(0));
        let source = Box::new(Counted { source, position: Arc::clone(&position) });
        Self { source, position, frames: None, edits: BTreeMap::new(), first }
    }
}

/// Whether an AIFF tells its format before its audio, as most do; the chunks may stand in any order (AIFF 1.3).
fn is_format_first(file: &mut File) -> io::Result<bool> {
    file.seek(SeekFrom::Start(12))?;
    loop {
        let mut head = [0; 8];
        file.read_exact(&mut head)?;
        match &head[..4] {
            b"COMM" => return Ok(true),
            b"SSND" => return Ok(false),
            _ => {}
        }
        let bytes = u32::from_be_bytes([head[4], head[5], head[6], head[7]]);
        file.seek_relative(i64::from(bytes) + i64::from(bytes & 1))?;
    }
}

fn first_bytes(stream: &mut dyn Read) -> Result<Vec<u8>, DecodeError> {
    let mut first = Vec::new();
    stream.take(FIRST_BYTES).read_to_end(&mut first).map_err(DecodeError::Open)?;
    if first.is_empty() { Err(DecodeError::Empty) } else { Ok(first) }
}

struct Counted {
    source: Box<dyn MediaSource>,
    position: Arc<AtomicU64>,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.source.read(buffer)?;
        self.position.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

impl Seek for Counted {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let position = self.source.seek(to)?;
        self.position.store(position, Ordering::Relaxed);
        Ok(position)
    }
}

impl MediaSource for Counted {
    fn is_seekable(&self) -> bool {
        self.source.is_seekable()
    }
    fn byte_len(&self) -> Option<u64> {
        self.source.byte_len()
    }
}
