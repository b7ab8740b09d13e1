//! Packages: a good one with some of its bytes changed, and the hashes made to agree, so that the bytes get past them.

use crate::fixture::{FILES, Files, load};
use arbitrary::{Result, Unstructured};
use rollcall_engine::{Engine, InputFormat, Settings};
use sha2::{Digest, Sha256};
use std::{fmt::Write as _, sync::Arc};

/// Changes in one file.
const MOST_EDITS: usize = 12;

/// Loads a damaged package. It is refused with an error, or it runs, and then its activities lie in 0..=1.
pub fn package(data: &[u8]) {
    let Ok(files) = damage(&mut Unstructured::new(data)) else { return };
    match load(&files) {
        Ok(model) => run(model),
        Err(error) => {
            assert!(!error.found.is_empty() && !error.expected.is_empty(), "{error}");
            assert!(error.to_string().len() < 4_096, "{error}");
        }
    }
}

/// Two seconds of a buzz.
fn run(model: rollcall_engine::Model) {
    let format = InputFormat { sample_rate_hz: 16_000, channels: 1 };
    let mut engine = Engine::new(Arc::new(model), format, Settings::default()).expect("good settings");
    let buzz: Vec<f32> = (0..32_000_u16).map(|frame| f32::from(frame % 97) / 97.0 - 0.5).collect();
    let mut on_step = |step: &rollcall_engine::Step| {
        assert!(step.activity.iter().all(|value| (0.0..=1.0).contains(value)), "{:?}", step.activity);
    };
    // A network may fail when it runs, with an error.
    if engine.push(&buzz, &mut on_step).is_ok() {
        let _ = engine.flush(&mut on_step);
    }
}

fn damage(bytes: &mut Unstructured<'_>) -> Result<Files> {
    let mut files = bytes.choose(&*FILES)?.clone();
    let names: Vec<String> = files.keys().cloned().collect();
    let name = bytes.choose(&names)?;
    let content = files.get_mut(name).expect("it is one of them");
    if bytes.ratio(1, 16)? {
        let rest = bytes.len();
        *content = bytes.bytes(rest)?.to_vec();
    } else {
        for _ in 0..MOST_EDITS {
            if bytes.is_empty() || content.is_empty() {
                break;
            }
            edit(content, bytes)?;
        }
    }
    let content = content.clone();
    if name != "manifest.toml" {
        agree(&mut files, name, &content);
    }
    Ok(files)
}

fn edit(content: &mut Vec<u8>, bytes: &mut Unstructured<'_>) -> Result<()> {
    // Where networks say what they are, not in the weights, lies most of what can go wrong.
    let at = if bytes.arbitrary()? {
        bytes.int_in_range(0..=content.len() - 1)?
    } else {
        let short = content.len().min(2_048);
        let from_end = bytes.arbitrary()?;
        let at = bytes.int_in_range(0..=short - 1)?;
        if from_end { content.len() - 1 - at } else { at }
    };
    match bytes.int_in_range(0..=5)? {
        0 => content[at] = bytes.arbitrary()?,
        1 => content[at] ^= 1 << bytes.int_in_range(0..=7)?,
        2 => {
            let new: [u8; 4] = bytes.arbitrary()?;
            content.iter_mut().skip(at).zip(new).for_each(|(byte, new)| *byte = new);
        }
        3 => {
            let end = (at + bytes.int_in_range(1..=64)?).min(content.len());
            content.drain(at..end);
        }
        4 => {
            let length = bytes.int_in_range(1..=32)?;
            let new = bytes.bytes(length)?.to_vec();
            content.splice(at..at, new);
        }
        _ => {
            let end = (at + bytes.int_in_range(1..=256)?).min(content.len());
            let again = content[at..end].to_vec();
            content.splice(at..at, again);
        }
    }
    Ok(())
}

/// Makes the manifest state the size and hash that a file has now.
fn agree(files: &mut Files, name: &str, content: &[u8]) {
    let hash = Sha256::digest(content).iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    });
    let manifest = String::from_utf8_lossy(&files["manifest.toml"]).into_owned();
    let mut lines: Vec<String> = manifest.lines().map(str::to_owned).collect();
    if let Some(at) = lines.iter().position(|line| *line == format!("name = \"{name}\"")) {
        lines[at + 1] = format!("bytes = {}", content.len());
        lines[at + 2] = format!("sha256 = \"{hash}\"");
    }
    files.insert("manifest.toml".into(), lines.join("\n").into_bytes());
}
