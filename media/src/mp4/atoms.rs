//! The atoms that an MP4 or MOV is made of (ISO/IEC 14496-12, 4.2).

use std::io::{self, Read, Seek, SeekFrom};

/// Atoms nested deeper, or more of them in one parent, are no audio file.
const MAX_ATOMS: usize = 10_000;
/// The largest atom that is read: a table of chunks of many hours.
const MAX_BODY_BYTES: u64 = 64 << 20;

/// The body of an atom: where in the file it lies.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span {
    pub(super) start: u64,
    pub(super) end: u64,
}

/// The atoms in another one, in order.
pub(super) fn children(file: &mut (impl Read + Seek), parent: Span) -> io::Result<Vec<([u8; 4], Span)>> {
    let mut found = Vec::new();
    let mut at = parent.start;
    while at.saturating_add(8) <= parent.end && found.len() < MAX_ATOMS {
        file.seek(SeekFrom::Start(at))?;
        let mut head = [0; 8];
        file.read_exact(&mut head)?;
        let kind = [head[4], head[5], head[6], head[7]];
        let (head_bytes, bytes) = match u32_at(&head, 0).unwrap_or(0) {
            0 => (8, parent.end - at),
            1 => {
                let mut large = [0; 8];
                file.read_exact(&mut large)?;
                (16, u64::from_be_bytes(large))
            }
            bytes => (8, u64::from(bytes)),
        };
        let end = at.saturating_add(bytes);
        if bytes < head_bytes {
            break;
        }
        found.push((kind, Span { start: at + head_bytes, end: end.min(parent.end) }));
        at = end;
    }
    Ok(found)
}

/// The first atom of a kind.
pub(super) fn find(
    file: &mut (impl Read + Seek),
    parent: Span,
    wanted: &[u8; 4],
) -> io::Result<Option<Span>> {
    Ok(children(file, parent)?.into_iter().find_map(|(kind, span)| (&kind == wanted).then_some(span)))
}

/// The first atom of a kind in the first of another, and so on.
pub(super) fn find_path(
    file: &mut (impl Read + Seek),
    parent: Span,
    path: &[&[u8; 4]],
) -> io::Result<Option<Span>> {
    let mut span = parent;
    for kind in path {
        let Some(child) = find(file, span, kind)? else {
            return Ok(None);
        };
        span = child;
    }
    Ok(Some(span))
}

/// What stands in an atom.
pub(super) fn body(file: &mut (impl Read + Seek), span: Span) -> io::Result<Vec<u8>> {
    file.seek(SeekFrom::Start(span.start))?;
    let mut bytes = Vec::new();
    file.take((span.end - span.start).min(MAX_BODY_BYTES)).read_to_end(&mut bytes)?;
    Ok(bytes)
}

pub(super) fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

pub(super) fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_be_bytes(bytes.get(at..at + 8)?.try_into().ok()?))
}
