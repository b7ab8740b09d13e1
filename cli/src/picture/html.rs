//! A sheet as a page for the browser: one file that needs no network, with the audio in it or beside it.

use super::{
    palette::{Palette, Theme},
    sheet::{Lane, Sheet},
    text::font_faces,
};
use anyhow::{Context, Result};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use rollcall_classes::Family;
use serde_json::{Value, json};
use std::{
    fs::File,
    io::{self, Write},
    path::{Path, PathBuf},
};

const PAGE: &str = include_str!("html/page.html");
const STYLE: &str = include_str!("html/page.css");
const SCRIPTS: [&str; 4] = [
    include_str!("html/data.js"),
    include_str!("html/draw.js"),
    include_str!("html/view.js"),
    include_str!("html/page.js"),
];

/// Audio files up to this size go into the page; half an hour of MP3.
const EMBED_BYTES: u64 = 32 << 20;

/// Where the page's audio is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum AudioChoice {
    /// Inside the page up to 32 MB, else a link.
    #[default]
    Auto,
    /// Inside the page, whatever its size.
    Embed,
    /// A link to the file: small, but page and file must stay where they are to each other.
    Link,
    /// Nowhere: the page only shows.
    None,
}

/// Writes a page. `folder` is where it will stand, for a link to the audio.
///
/// # Errors
/// `out` cannot be written, or the audio that is to be embedded cannot be read.
pub fn write_html(
    sheet: &Sheet,
    theme: Theme,
    audio: AudioChoice,
    folder: &Path,
    out: &mut dyn Write,
) -> Result<()> {
    let data = data(sheet, theme).to_string();
    for piece in PAGE.split_inclusive("-->") {
        let (text, slot) = piece.rsplit_once("<!--").unwrap_or((piece, ""));
        out.write_all(text.as_bytes())?;
        match slot.trim_end_matches("-->").trim() {
            "title" => out.write_all(escape(&sheet.title).as_bytes())?,
            "theme" => out.write_all(if theme == Theme::Light { b"light" } else { b"dark" })?,
            "style" => {
                out.write_all(font_faces().as_bytes())?;
                out.write_all(STYLE.as_bytes())?;
            }
            // In a script element only these letters end the data before its end.
            "data" => out.write_all(data.replace('<', "\\u003c").as_bytes())?,
            "audio" => write_audio(&sheet.file, audio, folder, out)?,
            "scripts" => {
                for script in SCRIPTS {
                    out.write_all(script.as_bytes())?;
                }
            }
            other => out.write_all(other.as_bytes())?,
        }
    }
    Ok(())
}

/// The audio element's source, or nothing.
fn write_audio(file: &str, choice: AudioChoice, folder: &Path, out: &mut dyn Write) -> Result<()> {
    let path = Path::new(file);
    let bytes = path.metadata().ok().filter(std::fs::Metadata::is_file).map(|metadata| metadata.len());
    let (Some(bytes), true) = (bytes, choice != AudioChoice::None) else {
        return Ok(());
    };
    if choice == AudioChoice::Link || (choice == AudioChoice::Auto && bytes > EMBED_BYTES) {
        write!(out, " src=\"{}\"", escape(&link(path, folder)))?;
        return Ok(());
    }
    write!(out, " src=\"data:{};base64,", media_type(path))?;
    let mut source =
        File::open(path).with_context(|| format!("{file}: the audio cannot be put into the page"))?;
    let mut encoder = base64::write::EncoderWriter::new(&mut *out, &STANDARD);
    io::copy(&mut source, &mut encoder)?;
    encoder.finish()?;
    drop(encoder);
    out.write_all(b"\"")?;
    Ok(())
}

/// The way from the page's folder to the file, as a link.
fn link(path: &Path, folder: &Path) -> String {
    let (Ok(path), Ok(folder)) = (std::path::absolute(path), std::path::absolute(folder)) else {
        return encode(path);
    };
    let common = path.components().zip(folder.components()).take_while(|(a, b)| a == b).count();
    if common == 0 {
        // Another drive: no way leads there.
        return whole(&path);
    }
    let up = folder.components().skip(common).map(|_| "..".as_ref());
    let down = path.components().skip(common).map(|part| part.as_os_str().to_owned());
    let parts: Vec<std::ffi::OsString> =
        up.map(|part: &std::ffi::OsStr| part.to_owned()).chain(down).collect();
    encode(&parts.iter().collect::<PathBuf>())
}

/// An address for a path of Windows, with its drive or the machine that shares it.
fn whole(path: &Path) -> String {
    let url = encode(path);
    match url.strip_prefix("//") {
        Some(share) => format!("file://{share}"),
        None => format!("file:///{}", url.replacen("%3A", ":", 1)),
    }
}

/// A path as a URL writes it (RFC 3986, 2.3: what is not unreserved is percent-encoded).
fn encode(path: &Path) -> String {
    let mut url = String::new();
    for byte in path.to_string_lossy().bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                url.push(char::from(byte))
            }
            b'\\' => url.push('/'),
            other => url.push_str(&format!("%{other:02X}")),
        }
    }
    url
}

/// What browsers call a file's format, by its name.
fn media_type(path: &Path) -> &'static str {
    let extension = path.extension().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
    match extension.as_str() {
        "wav" | "wave" | "bwf" => "audio/wav",
        "flac" => "audio/flac",
        "mp3" | "mp2" | "mp1" | "mpa" => "audio/mpeg",
        "ogg" | "oga" | "opus" => "audio/ogg",
        "m4a" | "m4b" | "m4r" | "mp4" => "audio/mp4",
        "aac" => "audio/aac",
        "webm" | "mka" => "audio/webm",
        "aif" | "aiff" | "aifc" => "audio/aiff",
        _ => "application/octet-stream",
    }
}

/// Text within HTML and its attributes.
fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// Everything that the page's script draws.
fn data(sheet: &Sheet, theme: Theme) -> Value {
    let swing = |value: f32| (value.clamp(-1.0, 1.0) * 127.0).round() as i8 as u8;
    let wave: Vec<u8> = sheet.wave.iter().flat_map(|&(low, high)| [swing(low), swing(high)]).collect();
    let mel: Vec<u8> = sheet.mel.iter().flatten().copied().collect();
    let lane = |lane: &Lane| {
        let ranges: Vec<Value> =
            lane.ranges.iter().map(|range| json!([range.0, range.1, range.2, range.3])).collect();
        json!({
            "name": lane.name,
            "family": lane.family,
            "threshold": lane.threshold,
            "cells": STANDARD.encode(&lane.cells),
            "ranges": ranges,
            "share": sheet.share(lane),
            "weight": lane.weight,
        })
    };
    let families = Family::ALL.map(Family::label);
    let colours = |palette: &Palette| {
        let css = |colour: u32| format!("#{colour:06x}");
        json!({
            "ground": css(palette.ground), "panel": css(palette.panel), "track": css(palette.track),
            "line": css(palette.line), "text": css(palette.text), "muted": css(palette.muted),
            "faint": css(palette.faint), "accent": css(palette.accent), "warn": css(palette.warn),
            "families": palette.families.map(css),
            "mel": palette.mel.iter().map(|&colour| css(colour)).collect::<Vec<_>>(),
        })
    };
    json!({
        "title": sheet.title,
        "facts": sheet.facts,
        "warning": sheet.warning,
        "span": [sheet.span_s.0, sheet.span_s.1],
        "wave": { "step": sheet.wave_step_s, "data": STANDARD.encode(wave) },
        "mel": { "step": sheet.mel_step_s, "bands": rollcall_engine::MEL_BANDS, "data": STANDARD.encode(mel) },
        "cells": { "step": sheet.cell_s, "from": sheet.cells_from_s },
        "lanes": sheet.lanes.iter().map(lane).collect::<Vec<_>>(),
        "families": families,
        "theme": if theme == Theme::Light { "light" } else { "dark" },
        "colours": { "dark": colours(Theme::Dark.palette()), "light": colours(Theme::Light.palette()) },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_go_from_the_page_to_the_audio() {
        let link = |path: &str, folder: &str| link(Path::new(path), Path::new(folder));
        assert_eq!(link("/music/a b/ü.wav", "/music/out"), "../a%20b/%C3%BC.wav");
        assert_eq!(link("/music/x.wav", "/music"), "x.wav");
        assert_eq!(link("x#1.wav", ""), "x%231.wav");
        assert_eq!(whole(Path::new("D:\\Music\\a b.wav")), "file:///D:/Music/a%20b.wav");
        assert_eq!(whole(Path::new("\\\\nas\\Music\\x.wav")), "file://nas/Music/x.wav");
    }

    #[test]
    fn every_slot_of_the_page_is_known() {
        let slots =
            PAGE.split("<!--").skip(1).filter_map(|rest| rest.split_once("-->")).map(|slot| slot.0.trim());
        let mut slots: Vec<&str> = slots.collect();
        slots.sort_unstable();
        assert_eq!(slots, ["audio", "data", "scripts", "style", "theme", "title", "title"]);
        // Nothing of the page comes from anywhere else.
        assert!([PAGE, STYLE].iter().chain(&SCRIPTS).all(|text| !text.contains("http")));
    }
}
