//! Qt's binary resource files (.rcc, versions 1 to 3): the form in which GCompris ships its recordings.
//!
//! Source: `QResource` and `rcc` of Qt 5 and 6. A header of five big-endian `u32` (magic, version, offsets of tree, data and
//! names); a tree of 14-byte nodes (22 from version 2 on); names as length, hash and UTF-16; payloads as length and bytes.

use anyhow::{Context, Result, bail, ensure};
use flate2::read::ZlibDecoder;
use std::{fs, io::Read, path::Path};

const MAGIC: &[u8] = b"qres";
/// A node is a folder.
const FOLDER: u16 = 2;
/// A payload is its length and a zlib stream.
const ZLIB: u16 = 1;
/// A payload is a Zstandard stream.
const ZSTD: u16 = 4;
/// No file of a resource is longer than this, in bytes.
const LONGEST_BYTES: u64 = 1 << 28;
/// No tree is deeper; one that is goes in a circle.
const DEEPEST: usize = 32;

struct Resources<'a> {
    bytes: &'a [u8],
    node_bytes: usize,
    tree: usize,
    data: usize,
    names: usize,
}

/// Writes every file of the resource `rcc` below `folder`, whole or not at all.
///
/// # Errors
/// A file that is none or is cut off, a compression that we can't read, a name that leads elsewhere, or the disk.
pub(super) fn unpack(rcc: &Path, folder: &Path) -> Result<()> {
    let bytes = fs::read(rcc).with_context(|| format!("reading {}", rcc.display()))?;
    let partial = folder.with_extension("partial");
    if partial.exists() {
        fs::remove_dir_all(&partial)?;
    }
    fs::create_dir_all(&partial)?;
    let resources = Resources::new(&bytes).with_context(|| rcc.display().to_string())?;
    resources.write(0, &partial, 0).with_context(|| rcc.display().to_string())?;
    fs::rename(&partial, folder).with_context(|| format!("renaming to {}", folder.display()))
}

impl<'a> Resources<'a> {
    fn new(bytes: &'a [u8]) -> Result<Self> {
        ensure!(bytes.starts_with(MAGIC), "no Qt resource: it does not begin with \"qres\"");
        let mut of = Self { bytes, node_bytes: 14, tree: 0, data: 0, names: 0 };
        let version = of.number(4)?;
        ensure!((1..=3).contains(&version), "version {version} of Qt's resources; 1 to 3 can be read");
        of.node_bytes = if version == 1 { 14 } else { 22 };
        (of.tree, of.data, of.names) =
            (of.number(8)? as usize, of.number(12)? as usize, of.number(16)? as usize);
        Ok(of)
    }

    fn slice(&self, at: usize, length: usize) -> Result<&'a [u8]> {
        let found = at.checked_add(length).and_then(|end| self.bytes.get(at..end));
        found.with_context(|| format!("cut off: {length} bytes at {at} of {}", self.bytes.len()))
    }

    fn number(&self, at: usize) -> Result<u32> {
        Ok(u32::from_be_bytes(self.slice(at, 4)?.try_into().expect("a slice of four")))
    }

    fn short(&self, at: usize) -> Result<u16> {
        Ok(u16::from_be_bytes(self.slice(at, 2)?.try_into().expect("a slice of two")))
    }

    fn name(&self, at: usize) -> Result<String> {
        let length = usize::from(self.short(self.names + at)?);
        let units = self.slice(self.names + at + 6, 2 * length)?.chunks_exact(2);
        let units: Vec<u16> = units.map(|pair| u16::from_be_bytes([pair[0], pair[1]])).collect();
        let name = String::from_utf16(&units).context("a name is no UTF-16")?;
        ensure!(
            !name.contains(['/', '\\']) && name != ".." && name != ".",
            "a name leads elsewhere: {name:?}"
        );
        Ok(name)
    }

    fn write(&self, node: usize, folder: &Path, depth: usize) -> Result<()> {
        ensure!(depth <= DEEPEST, "folders nested deeper than {DEEPEST}");
        let at = self.tree + node * self.node_bytes;
        // The root has no name.
        let path =
            if node == 0 { folder.to_owned() } else { folder.join(self.name(self.number(at)? as usize)?) };
        let flags = self.short(at + 4)?;
        if flags & FOLDER != 0 {
            fs::create_dir_all(&path)?;
            let (count, first) = (self.number(at + 6)? as usize, self.number(at + 10)? as usize);
            self.slice(self.tree + first * self.node_bytes, count * self.node_bytes)?;
            return (first..first + count).try_for_each(|child| self.write(child, &path, depth + 1));
        }
        let start = self.data + self.number(at + 10)? as usize;
        let payload = self.slice(start + 4, self.number(start)? as usize)?;
        let content = match flags {
            f if f & ZSTD != 0 => bail!("{}: compressed with Zstandard, which is not read", path.display()),
            f if f & ZLIB != 0 => {
                // Four bytes of length stand before the stream.
                let stream = payload.get(4..).context("cut off")?;
                let mut content = Vec::new();
                ZlibDecoder::new(stream).take(LONGEST_BYTES).read_to_end(&mut content)?;
                content
            }
            _ => payload.to_vec(),
        };
        fs::write(&path, content).with_context(|| format!("writing {}", path.display()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Made by `rcc --binary --format-version 2 -o tiny.rcc tiny.qrc` of Qt 5.15: `sound/plain.txt` holds "la la", and
    /// `sound/long.txt` 400 times "la", compressed.
    const TINY: &[u8] = include_bytes!("../../tests/golden/tiny.rcc");

    #[test]
    fn files_come_out_as_they_went_in() {
        let folder = tempfile::tempdir().unwrap();
        let (rcc, out) = (folder.path().join("tiny.rcc"), folder.path().join("tiny"));
        fs::write(&rcc, TINY).unwrap();
        unpack(&rcc, &out).unwrap();
        assert_eq!(fs::read_to_string(out.join("sound/plain.txt")).unwrap(), "la la");
        assert_eq!(fs::read_to_string(out.join("sound/long.txt")).unwrap(), "la".repeat(400));
    }

    #[test]
    fn one_that_is_cut_anywhere_is_an_error_and_leaves_no_folder() {
        let folder = tempfile::tempdir().unwrap();
        let (rcc, out) = (folder.path().join("tiny.rcc"), folder.path().join("tiny"));
        for length in 0..TINY.len() {
            fs::write(&rcc, &TINY[..length]).unwrap();
            assert!(unpack(&rcc, &out).is_err(), "{length} bytes were taken for whole");
            assert!(!out.exists());
        }
    }
}
