//! Tags before and behind audio: ID3, APE, Lyrics3.

/// Whether tags begin here that stand behind audio.
pub(crate) fn is_tag(bytes: &[u8]) -> bool {
    [&b"TAG"[..], b"APETAGEX", b"LYRICSBEGIN", b"ID3"].iter().any(|mark| bytes.starts_with(mark))
}

/// Length of the ID3v2 or APEv2 tag that begins here.
pub(crate) fn tag_length(first: &[u8]) -> Option<u64> {
    if first.starts_with(b"ID3")
        && first.len() >= 10
        && first[3] != 0xff
        && first[6..10].iter().all(|byte| byte & 0x80 == 0)
    {
        let size = first[6..10].iter().fold(0, |size, byte| size << 7 | u64::from(*byte));
        let footer = if first[5] & 0x10 != 0 { 10 } else { 0 };
        return Some(10 + size + footer);
    }
    if first.starts_with(b"APETAGEX") && first.len() >= 32 {
        let number = |at: usize| u32::from_le_bytes([first[at], first[at + 1], first[at + 2], first[at + 3]]);
        // The size covers what follows the header, with the footer; bit 29 of the flags says that this is the header.
        let is_header = number(20) & 1 << 29 != 0;
        return Some(32 + if is_header { u64::from(number(12)) } else { 0 });
    }
    None
}
