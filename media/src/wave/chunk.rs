//! What the chunks of a WAV may be called.

/// Chunks of the field, before audio or behind it.
const KNOWN: [&[u8; 4]; 24] = [
    b"data", b"fmt ", b"fact", b"LIST", b"cue ", b"bext", b"iXML", b"id3 ", b"ID3 ", b"smpl", b"inst",
    b"PEAK", b"JUNK", b"junk", b"PAD ", b"_PMX", b"axml", b"chna", b"LGWV", b"DISP", b"acid", b"cart",
    b"minf", b"elm1",
];

pub(super) fn is_known(name: &[u8]) -> bool {
    KNOWN.iter().any(|known| name == *known)
}

/// Whether a chunk of the field begins here.
pub(super) fn is_chunk(bytes: &[u8]) -> bool {
    bytes.get(..4).is_some_and(is_known)
}

/// Whether a chunk may be called so.
pub(super) fn is_name(name: &[u8]) -> bool {
    name.iter().all(|byte| matches!(byte, b' '..=b'~')) && name.iter().any(u8::is_ascii_alphanumeric)
}
