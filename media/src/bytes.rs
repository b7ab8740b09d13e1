//! The bytes of a file or stream, one after another, with a look ahead; those of a file can be gone back to.

use std::{
    fs::File,
    io::{self, ErrorKind, Read, Seek, SeekFrom},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};
use symphonia::core::io::MediaSource;

/// Bytes asked of the system at a time.
const CHUNK: usize = 32 << 10;

enum Source {
    File(File, u64),
    Stream(Box<dyn Read + Send + Sync>),
}

/// Bytes in order. Position 0 is where [`Bytes::begin_here`] was called last.
pub(crate) struct Bytes {
    source: Source,
    /// Read and not yet taken: from `taken` on.
    ahead: Vec<u8>,
    taken: usize,
    /// Of the next byte, from the beginning of the source.
    at: u64,
    base: u64,
    /// Nothing is read from here on.
    end: u64,
    counter: Arc<AtomicU64>,
}

impl Bytes {
    pub(crate) fn file(file: File) -> io::Result<Self> {
        let length = file.metadata()?.len();
        Ok(Self::new(Source::File(file, length)))
    }

    pub(crate) fn stream(stream: Box<dyn Read + Send + Sync>) -> Self {
        Self::new(Source::Stream(stream))
    }

    fn new(source: Source) -> Self {
        let counter = Arc::new(AtomicU64::new(0));
        Self { source, ahead: Vec::new(), taken: 0, at: 0, base: 0, end: u64::MAX, counter }
    }

    /// A file with the same bytes: a stream is copied to an unnamed temporary one first.
    pub(crate) fn spooled(mut self) -> io::Result<Self> {
        if self.is_file() {
            return Ok(self);
        }
        let mut file = tempfile::tempfile()?;
        io::copy(&mut self, &mut file)?;
        file.rewind()?;
        Ok(Self { counter: self.counter, ..Self::file(file)? })
    }

    pub(crate) fn is_file(&self) -> bool {
        matches!(self.source, Source::File(..))
    }

    /// Bytes taken so far, shared: whoever reads is given away.
    pub(crate) fn counter(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.counter)
    }

    /// What came before is none of the audio's business.
    pub(crate) fn begin_here(&mut self) {
        self.base = self.at;
    }

    pub(crate) fn position(&self) -> u64 {
        self.at - self.base
    }

    /// Ends after `bytes` more.
    pub(crate) fn limit(&mut self, bytes: u64) {
        self.end = self.end.min(self.at.saturating_add(bytes));
    }

    /// Bytes to the end, of a file.
    pub(crate) fn left(&self) -> Option<u64> {
        match self.source {
            Source::File(_, length) => Some(length.min(self.end).saturating_sub(self.at)),
            Source::Stream(_) => None,
        }
    }

    /// The next bytes without taking them: `count` of them, fewer at the end.
    pub(crate) fn peek(&mut self, count: usize) -> io::Result<&[u8]> {
        let count = count.min(usize::try_from(self.end.saturating_sub(self.at)).unwrap_or(usize::MAX));
        self.fill(count)?;
        let ahead = &self.ahead[self.taken..];
        Ok(&ahead[..count.min(ahead.len())])
    }

    /// Takes exactly `count` bytes; `UnexpectedEof` if there are fewer.
    pub(crate) fn exactly(&mut self, count: usize) -> io::Result<Vec<u8>> {
        let bytes = self.peek(count)?.to_vec();
        self.advance(bytes.len());
        if bytes.len() < count { Err(ErrorKind::UnexpectedEof.into()) } else { Ok(bytes) }
    }

    /// Passes over `count` bytes; tells how many there were.
    pub(crate) fn skip(&mut self, count: u64) -> io::Result<u64> {
        let goal = self.at.saturating_add(count).min(self.end);
        let from = self.at;
        if let Source::File(_, length) = self.source {
            self.go(goal.min(length.max(from)))?;
            return Ok(self.at - from);
        }
        while self.at < goal {
            let step = usize::try_from(goal - self.at).unwrap_or(CHUNK).min(CHUNK);
            let there = self.peek(step)?.len();
            if there == 0 {
                break;
            }
            self.advance(there);
        }
        Ok(self.at - from)
    }

    /// Goes to a position, of a file.
    pub(crate) fn go_to(&mut self, position: u64) -> io::Result<()> {
        self.go(self.base.saturating_add(position))
    }

    fn go(&mut self, at: u64) -> io::Result<()> {
        let buffered = self.at - self.taken as u64..=self.at + (self.ahead.len() - self.taken) as u64;
        if buffered.contains(&at) {
            self.taken = (at - buffered.start()) as usize;
        } else {
            let Source::File(file, _) = &mut self.source else {
                return Err(ErrorKind::Unsupported.into());
            };
            file.seek(SeekFrom::Start(at))?;
            self.ahead.clear();
            self.taken = 0;
        }
        self.at = at;
        self.counter.store(at, Ordering::Relaxed);
        Ok(())
    }

    fn advance(&mut self, count: usize) {
        self.taken += count;
        self.at += count as u64;
        self.counter.store(self.at, Ordering::Relaxed);
    }

    fn fill(&mut self, count: usize) -> io::Result<()> {
        if self.ahead.len() - self.taken >= count {
            return Ok(());
        }
        self.ahead.drain(..self.taken);
        self.taken = 0;
        while self.ahead.len() < count {
            let there = self.ahead.len();
            self.ahead.resize(there + CHUNK.max(count - there), 0);
            let room = &mut self.ahead[there..];
            let read = match &mut self.source {
                Source::File(file, _) => file.read(room),
                Source::Stream(stream) => stream.read(room),
            };
            self.ahead.truncate(there + *read.as_ref().unwrap_or(&0));
            match read {
                Ok(0) => break,
                Err(error) if error.kind() != ErrorKind::Interrupted => return Err(error),
                _ => {}
            }
        }
        Ok(())
    }
}

impl Read for Bytes {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let is_there = self.taken < self.ahead.len();
        let count =
            if is_there { buffer.len().min(self.ahead.len() - self.taken) } else { buffer.len().min(CHUNK) };
        let ahead = self.peek(count)?;
        buffer[..ahead.len()].copy_from_slice(ahead);
        let count = ahead.len();
        self.advance(count);
        Ok(count)
    }
}

impl Seek for Bytes {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let length = || match self.source {
            Source::File(_, length) => Ok(length.min(self.end).saturating_sub(self.base)),
            Source::Stream(_) => Err(io::Error::from(ErrorKind::Unsupported)),
        };
        let position = match to {
            SeekFrom::Start(position) => Some(position),
            SeekFrom::Current(by) => self.position().checked_add_signed(by),
            SeekFrom::End(by) => length()?.checked_add_signed(by),
        }
        .ok_or_else(|| io::Error::from(ErrorKind::InvalidInput))?;
        self.go_to(position)?;
        Ok(position)
    }
}

impl MediaSource for Bytes {
    fn is_seekable(&self) -> bool {
        self.is_file()
    }
    fn byte_len(&self) -> Option<u64> {
        self.left().map(|left| self.position() + left)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Cursor, Write};

    #[test]
    fn a_file_and_a_stream_read_alike() {
        let content: Vec<u8> = (0..200_000_u32).map(|n| (n & 0xff) as u8 ^ (n >> 8) as u8).collect();
        let mut file = tempfile::tempfile().expect("a file");
        file.write_all(&content).expect("room");
        file.rewind().expect("a file");
        for mut bytes in
            [Bytes::file(file).expect("a file"), Bytes::stream(Box::new(Cursor::new(content.clone())))]
        {
            assert_eq!(bytes.peek(5).expect("bytes"), &content[..5]);
            assert_eq!(bytes.exactly(3).expect("bytes"), &content[..3]);
            bytes.begin_here();
            assert_eq!(bytes.skip(99_997).expect("bytes"), 99_997);
            assert_eq!(bytes.peek(70_000).expect("bytes"), &content[100_000..170_000]);
            assert_eq!(bytes.position(), 99_997);
            bytes.limit(50_000);
            let mut rest = Vec::new();
            bytes.read_to_end(&mut rest).expect("bytes");
            assert!(rest == content[100_000..150_000]);
            assert_eq!(bytes.skip(1).expect("bytes"), 0);
            assert!(bytes.exactly(1).is_err());
            assert_eq!(bytes.counter().load(Ordering::Relaxed), 150_000);
            if bytes.is_file() {
                bytes.go_to(0).expect("a file");
                assert_eq!(bytes.exactly(2).expect("bytes"), &content[3..5]);
                assert_eq!(bytes.byte_len(), Some(149_997));
            }
        }
    }
}
