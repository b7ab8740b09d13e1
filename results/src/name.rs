//! The name of a file as text. Not every system's names are text: what is no UTF-8 is shown as `\xHH`, and its bytes are told
//! beside it, percent-encoded, so that whoever reads a result finds the file again.

use std::{fmt::Write, path::Path};

/// A path as text, and its bytes (percent-encoded as RFC 3986 has it, 2.1: `%` and all that is no ASCII letter, digit or one of
/// `/-._~`) where it is no UTF-8. Python: `os.fsdecode(urllib.parse.unquote_to_bytes(file_bytes))`.
pub fn name(path: &Path) -> (String, Option<String>) {
    if let Some(text) = path.to_str() {
        return (text.to_owned(), None);
    }
    let bytes = path.as_os_str().as_encoded_bytes();
    let mut text = String::new();
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        for byte in chunk.invalid() {
            write!(text, "\\x{byte:02X}").expect("a string takes everything");
        }
    }
    let mut encoded = String::new();
    for &byte in bytes {
        if byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            write!(encoded, "%{byte:02X}").expect("a string takes everything");
        }
    }
    (text, Some(encoded))
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::{ffi::OsStr, os::unix::ffi::OsStrExt};

    #[test]
    fn bytes_that_are_no_text_are_told_apart() {
        let of = |bytes: &[u8]| name(Path::new(OsStr::from_bytes(bytes)));
        assert_eq!(of("a b/\u{fc}.wav".as_bytes()), ("a b/\u{fc}.wav".into(), None));
        assert_eq!(
            of(b"x y/caf\xe9 50%.wav"),
            ("x y/caf\\xE9 50%.wav".into(), Some("x%20y/caf%E9%2050%25.wav".into()))
        );
    }
}

#[cfg(all(test, windows))]
mod windows_tests {
    use super::*;
    use std::{ffi::OsString, os::windows::ffi::OsStringExt};

    #[test]
    fn halves_of_characters_are_told_apart() {
        // Half of a pair of UTF-16: no text, and yet a name.
        let half = OsString::from_wide(&[0x61, 0xd800, 0x62]);
        assert_eq!(name(Path::new(&half)), ("a\\xED\\xA0\\x80b".into(), Some("a%ED%A0%80b".into())));
    }
}
