//! Kinds of file that are not read here, by name, and what to do with them.

const CONVERT: &str = "convert it, as with `ffmpeg -i FILE -f wav - | rollcall analyze -`";
const DECODE_OFR: &str = "decode it with OptimFROG's own program, as with `ofr --decode FILE`";
const RENDER: &str = "it holds notes, not sound: render it to WAV or FLAC";
const NO_AUDIO: &str = "give audio files";

/// Marks at the beginning of a file.
const MARKS: &[(&[u8], &str, &str)] = &[
    (b"wvpk", "WavPack", CONVERT),
    (b"MAC ", "Monkey's Audio (APE)", CONVERT),
    (b"MACF", "Monkey's Audio (APE)", CONVERT),
    (b"tBaK", "TAK", CONVERT),
    (b"OFR ", "OptimFROG", DECODE_OFR),
    (b"MPCK", "Musepack", CONVERT),
    (b"MP+", "Musepack", CONVERT),
    (b"TTA1", "True Audio (TTA)", CONVERT),
    (b"TTA2", "True Audio (TTA)", CONVERT),
    (b"ajkg", "Shorten", CONVERT),
    (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "Windows Media (ASF, WMA)", CONVERT),
    (b".RMF", "RealMedia", CONVERT),
    (b".ra\xfd", "RealAudio", CONVERT),
    (b"#!AMR", "AMR", CONVERT),
    (b"DSD ", "DSD (DSF)", CONVERT),
    (b"FRM8", "DSD (DSDIFF)", CONVERT),
    (b"\x0b\x77", "AC-3", CONVERT),
    (b"\x7f\xfe\x80\x01", "DTS", CONVERT),
    (b"\xfe\x7f\x01\x80", "DTS", CONVERT),
    (b"Creative Voice File", "Creative Voice (VOC)", CONVERT),
    (b"qoaf", "QOA", CONVERT),
    (b"NIST_1A", "NIST SPHERE", CONVERT),
    (b"FLV\x01", "Flash video", CONVERT),
    (b"\0\0\x01\xba", "an MPEG program stream", CONVERT),
    (b"\0\0\x01\xb3", "MPEG video", CONVERT),
    (b"MThd", "a MIDI file", RENDER),
    (b"Extended Module: ", "a tracker module", RENDER),
    (b"IMPM", "a tracker module", RENDER),
    (b"\x7fELF", "a program (ELF)", NO_AUDIO),
    (b"MZ", "a program (Windows)", NO_AUDIO),
    (b"\xcf\xfa\xed\xfe", "a program (macOS)", NO_AUDIO),
    (b"\xca\xfe\xba\xbe", "a program (macOS or Java)", NO_AUDIO),
    (b"OTTO", "a font", NO_AUDIO),
    (b"\0\x01\0\0", "a font", NO_AUDIO),
    (b"true", "a font", NO_AUDIO),
    (b"ttcf", "a font", NO_AUDIO),
    (b"wOFF", "a font", NO_AUDIO),
    (b"wOF2", "a font", NO_AUDIO),
    (b"\x01fcp", "a font", NO_AUDIO),
    (b"%!PS-AdobeFont", "a font", NO_AUDIO),
    (b"\x80\x01", "a font (Type 1)", NO_AUDIO),
    (b"%PDF", "a PDF", NO_AUDIO),
    (b"%!PS", "PostScript", NO_AUDIO),
    (b"\x89PNG", "a picture (PNG)", NO_AUDIO),
    (b"\xff\xd8\xff", "a picture (JPEG)", NO_AUDIO),
    (b"GIF8", "a picture (GIF)", NO_AUDIO),
    (b"II*\0", "a picture (TIFF)", NO_AUDIO),
    (b"MM\0*", "a picture (TIFF)", NO_AUDIO),
    (b"BM", "a picture (BMP)", NO_AUDIO),
    (b"PK\x03\x04", "an archive (ZIP)", "unpack it first"),
    (b"\x1f\x8b", "an archive (gzip)", "unpack it first"),
    (b"BZh", "an archive (bzip2)", "unpack it first"),
    (b"\xfd7zXZ", "an archive (xz)", "unpack it first"),
    (b"\x28\xb5\x2f\xfd", "an archive (zstd)", "unpack it first"),
    (b"7z\xbc\xaf", "an archive (7z)", "unpack it first"),
    (b"Rar!", "an archive (RAR)", "unpack it first"),
    (b"SQLite format 3", "a database (SQLite)", NO_AUDIO),
];

/// Kinds of RIFF and IFF, by what stands at byte 8.
const FORMS: &[(&[u8], &[u8], &str, &str)] = &[
    (b"RIFF", b"AVI ", "a film (AVI)", CONVERT),
    (b"RIFF", b"RMID", "a MIDI file (RMID)", RENDER),
    (b"RIFF", b"sfbk", "a SoundFont", RENDER),
    (b"RIFF", b"DLS ", "an instrument bank (DLS)", RENDER),
    (b"RIFF", b"WEBP", "a picture (WebP)", NO_AUDIO),
    (b"RIFF", b"ACON", "an animated cursor", NO_AUDIO),
    (b"FORM", b"8SVX", "Amiga audio (8SVX)", CONVERT),
];

/// What a file is that begins so, and what to do.
pub(crate) fn marked(first: &[u8]) -> Option<(&'static str, &'static str)> {
    let form =
        FORMS.iter().find(|(group, form, ..)| first.starts_with(group) && first.get(8..12) == Some(*form));
    let mark = MARKS.iter().find(|(mark, ..)| first.starts_with(mark));
    form.map(|(.., name, advice)| (*name, *advice)).or_else(|| mark.map(|(_, name, advice)| (*name, *advice)))
}

/// Packets of an MPEG transport stream (ISO/IEC 13818-1).
const TRANSPORT_BYTES: usize = 188;

/// The same where there is no mark, by more of it.
pub(crate) fn looks_like(window: &[u8]) -> Option<(&'static str, &'static str)> {
    let is_transport =
        window.len() > 4 * TRANSPORT_BYTES && (0..5).all(|packet| window[packet * TRANSPORT_BYTES] == 0x47);
    if is_transport {
        return Some(("an MPEG transport stream", CONVERT));
    }
    if window.get(257..262) == Some(b"ustar") {
        return Some(("an archive (tar)", "unpack it first"));
    }
    if window.starts_with(&[0xff, 0xfe]) || window.starts_with(&[0xfe, 0xff]) {
        let is_text = window.len() > 8 && window[2..].chunks_exact(2).take(64).all(|unit| unit.contains(&0));
        return is_text.then_some(("text (UTF-16)", NO_AUDIO));
    }
    let sample = &window[..window.len().min(4 << 10)];
    let is_text_byte = |byte: &u8| matches!(byte, 9..=13 | 32..=126) || *byte >= 0x80;
    let cut = str::from_utf8(sample).is_err_and(|error| error.error_len().is_none());
    let is_text = sample.iter().all(is_text_byte) && (str::from_utf8(sample).is_ok() || cut);
    is_text.then_some(("text", NO_AUDIO))
}
