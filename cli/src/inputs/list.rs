//! Lists of names and playlists as they are in the field: UTF-8, UTF-16 or Latin-1, lines that end in any way, `file:` addresses.

use std::{
    fs,
    io::{self, Read},
    path::{Path, PathBuf},
};

/// How the names of a list are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Separator {
    /// One a line.
    Line,
    /// Each ends with a zero byte.
    Null,
}

/// One name of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// The file, as far as the list tells; relative names of playlists stand beside the playlist.
    pub path: PathBuf,
    /// Where it stands, for messages: `line 3 of list.m3u`.
    pub place: String,
    /// Why it cannot be a file here.
    pub problem: Option<String>,
}

/// Names from a list. Empty lines are passed over, and comments of playlists.
///
/// # Errors
/// The list cannot be read.
pub fn read_list(list: &Path, separator: Separator) -> io::Result<Vec<Named>> {
    let is_stdin = list.as_os_str() == STDIN;
    let mut bytes = Vec::new();
    if is_stdin {
        io::stdin().lock().read_to_end(&mut bytes)?;
    } else {
        fs::File::open(list)?.read_to_end(&mut bytes)?;
    }
    let folder = if is_playlist(list) { list.parent().unwrap_or(Path::new("")) } else { Path::new("") };
    let shown = if is_stdin { "standard input".into() } else { list.display().to_string() };
    let bytes = plain(bytes);
    let item = if separator == Separator::Null { "name" } else { "line" };
    let mut names = Vec::new();
    for (index, name) in split(&bytes, separator).into_iter().enumerate() {
        if name.is_empty() || (is_playlist(list) && name.starts_with(b"#")) {
            continue;
        }
        let place = format!("{item} {} of {shown}", index + 1);
        let (path, problem) = match address(name) {
            Address::Path(name) => (resolve(folder, &name), None),
            Address::Elsewhere(text) => {
                let problem =
                    "is an address on the network; load it down first, and name the file".to_owned();
                (PathBuf::from(text), Some(problem))
            }
        };
        names.push(Named { path, place, problem });
    }
    Ok(names)
}

/// Without a byte order mark, and not in UTF-16.
fn plain(bytes: Vec<u8>) -> Vec<u8> {
    let wide = |read: fn([u8; 2]) -> u16| {
        let units: Vec<u16> = bytes[2..].chunks_exact(2).map(|pair| read([pair[0], pair[1]])).collect();
        String::from_utf16_lossy(&units).into_bytes()
    };
    match bytes.as_slice() {
        [0xff, 0xfe, ..] => wide(u16::from_le_bytes),
        [0xfe, 0xff, ..] => wide(u16::from_be_bytes),
        [0xef, 0xbb, 0xbf, rest @ ..] => rest.to_vec(),
        _ => bytes,
    }
}

/// Lines end with LF, CR LF or, where there is no LF at all, CR.
fn split<'a>(bytes: &'a [u8], separator: Separator) -> Vec<&'a [u8]> {
    let is_old = !bytes.contains(&b'\n');
    let at = match separator {
        Separator::Null => 0,
        Separator::Line if is_old => b'\r',
        Separator::Line => b'\n',
    };
    let without_cr = |line: &'a [u8]| match line.strip_suffix(b"\r") {
        Some(line) if separator == Separator::Line => line,
        _ => line,
    };
    bytes.split(|&byte| byte == at).map(without_cr).collect()
}

enum Address {
    Path(Vec<u8>),
    Elsewhere(String),
}

/// What a line names: a path, or an address with a scheme.
fn address(name: &[u8]) -> Address {
    let text = String::from_utf8_lossy(name);
    let Some((scheme, rest)) = text.split_once("://") else { return Address::Path(name.to_owned()) };
    let is_scheme =
        scheme.len() > 1 && scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c));
    if !is_scheme {
        return Address::Path(name.to_owned());
    }
    if !scheme.eq_ignore_ascii_case("file") {
        return Address::Elsewhere(text.into_owned());
    }
    Address::Path(decoded(&if cfg!(windows) { in_windows(rest) } else { local(rest).to_owned() }))
}

/// The path of an address: what comes after the machine's name.
fn local(rest: &str) -> &str {
    rest.find('/').map_or("", |slash| &rest[slash..])
}

/// The same on Windows: `file:///C:/Music` names a drive, `file://server/Music` a folder that another machine shares.
fn in_windows(rest: &str) -> String {
    let path = local(rest);
    let machine = &rest[..rest.len() - path.len()];
    let is_drive = path.len() > 2 && path.as_bytes()[2] == b':';
    match machine {
        "" | "localhost" if is_drive => path[1..].to_owned(),
        "" | "localhost" => path.to_owned(),
        machine => format!("//{machine}{path}"),
    }
}

/// Percent-encoding undone (RFC 3986, 2.1); what is none stays as it is.
fn decoded(text: &str) -> Vec<u8> {
    let bytes = text.as_bytes();
    let (mut out, mut at) = (Vec::with_capacity(bytes.len()), 0);
    while at < bytes.len() {
        let code = bytes.get(at + 1..at + 3).filter(|_| bytes[at] == b'%');
        let code = code.and_then(|code| u8::from_str_radix(std::str::from_utf8(code).ok()?, 16).ok());
        out.push(code.unwrap_or(bytes[at]));
        at += if code.is_some() { 3 } else { 1 };
    }
    out
}

/// The file that a name stands for: as it is written, or as someone else's system would have written it. The first reading under
/// which there is a file counts; if there is none, the most likely one is named.
fn resolve(folder: &Path, name: &[u8]) -> PathBuf {
    let mut readings = Vec::new();
    let utf8 = std::str::from_utf8(name).ok().map(str::to_owned);
    // ISO 8859-1: each byte is the character of its number.
    let latin = || name.iter().map(|&byte| char::from(byte)).collect::<String>();
    #[cfg(unix)]
    if utf8.is_none() {
        use std::os::unix::ffi::OsStrExt;
        readings.push(PathBuf::from(std::ffi::OsStr::from_bytes(name)));
    }
    let text = utf8.unwrap_or_else(latin);
    readings.insert(0, PathBuf::from(&text));
    if cfg!(not(windows)) && text.contains('\\') {
        readings.push(PathBuf::from(text.replace('\\', "/")));
    }
    let mut paths = readings.into_iter().map(|reading| folder.join(reading));
    let first = paths.next().unwrap_or_default();
    if fs::symlink_metadata(&first).is_ok() {
        return first;
    }
    paths.find(|path| fs::symlink_metadata(path).is_ok()).unwrap_or(first)
}

/// The name that stands for standard input.
pub const STDIN: &str = "-";

pub(super) fn is_playlist(path: &Path) -> bool {
    path.extension().is_some_and(|extension| {
        extension.eq_ignore_ascii_case("m3u") || extension.eq_ignore_ascii_case("m3u8")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(bytes: &[u8]) -> Vec<String> {
        let bytes = plain(bytes.to_vec());
        split(&bytes, Separator::Line).iter().map(|line| String::from_utf8_lossy(line).into_owned()).collect()
    }

    #[test]
    fn lines_of_every_system() {
        for text in [&b"a\nb c\n"[..], b"a\r\nb c\r\n", b"a\rb c\r", b"\xef\xbb\xbfa\nb c\n"] {
            assert_eq!(lines(text), ["a", "b c", ""]);
        }
        assert_eq!(lines(b"\xff\xfea\0\n\0\xfc\0"), ["a", "\u{fc}"]);
        assert_eq!(split(b"a\nb\0c\r\0", Separator::Null), [&b"a\nb"[..], b"c\r", b""]);
    }

    #[test]
    fn addresses_of_files_are_paths_and_others_are_not() {
        let path = |text: &str| match address(text.as_bytes()) {
            Address::Path(path) => String::from_utf8(path).expect("UTF-8"),
            Address::Elsewhere(text) => format!("elsewhere: {text}"),
        };
        assert_eq!(path("file:///music/a%20b%C3%BC.wav"), "/music/a b\u{fc}.wav");
        assert_eq!(path("FILE://localhost/100%25.wav"), "/100%.wav");
        assert_eq!(path("file:///50%"), "/50%");
        assert_eq!(path("http://radio.example/stream"), "elsewhere: http://radio.example/stream");
        assert_eq!(path("what://: a song.wav"), "elsewhere: what://: a song.wav");
        assert_eq!(path("a://b"), "a://b");
        assert_eq!(path("AC:DC/x.wav"), "AC:DC/x.wav");
    }

    #[test]
    fn addresses_name_drives_and_shares_on_windows() {
        assert_eq!(in_windows("/C:/Music/a%20b.wav"), "C:/Music/a%20b.wav");
        assert_eq!(in_windows("localhost/D:/x.wav"), "D:/x.wav");
        assert_eq!(in_windows("server/Music/x.wav"), "//server/Music/x.wav");
        assert_eq!(in_windows("/x.wav"), "/x.wav");
    }

    #[test]
    fn names_are_read_as_the_file_is_called() {
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join("caf\u{e9}.wav"), b"").expect("room");
        fs::create_dir(folder.path().join("cd")).expect("room");
        fs::write(folder.path().join("cd/x.wav"), b"").expect("room");
        assert_eq!(resolve(folder.path(), b"caf\xe9.wav"), folder.path().join("caf\u{e9}.wav"));
        assert_eq!(resolve(folder.path(), b"cd\\x.wav"), folder.path().join("cd/x.wav"));
        assert_eq!(resolve(folder.path(), b"none\xe9"), folder.path().join("none\u{e9}"));
    }
}
