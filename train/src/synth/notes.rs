//! What a recorded note's file name says: its pitch, or the piece of the drum kit.

use super::gm::Piece;

/// MIDI pitch, with its fraction, from a file name; `None` when it says nothing certain.
///
/// Understands note names (`A#3`, `C4#`, `Eb5`, `fs6`: C4 is 60), frequencies in Hz (`127_391.99544`,
/// `1184.329`) and a MIDI key by itself (`48`) or behind a touch (`soft_48`).
#[must_use]
pub fn pitch(name: &str) -> Option<f32> {
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    hertz(stem).or_else(|| note_name(stem)).or_else(|| midi_key(stem))
}

fn hertz(stem: &str) -> Option<f32> {
    let number = stem.rsplit('_').next()?.split('-').next()?;
    let four_digits = stem.contains('_') && number.len() == 4;
    if !(number.contains('.') || four_digits) {
        return None;
    }
    let hz: f32 = number.parse().ok()?;
    (20.0..6_000.0).contains(&hz).then(|| 69.0 + 12.0 * (hz / 440.0).log2())
}

fn midi_key(stem: &str) -> Option<f32> {
    let (before, number) = stem.rsplit_once('_').unwrap_or(("", stem));
    let key: u8 = number.parse().ok()?;
    // Other collections number their takes so: only behind these words, or by itself and on a piano, it is known to be the key.
    let is_key =
        if before.is_empty() { (21..=108).contains(&key) } else { ["soft", "hard"].contains(&before) };
    (is_key && key < 128).then_some(f32::from(key))
}

/// The last token that is a note name and nothing else.
fn note_name(stem: &str) -> Option<f32> {
    let tokens = stem.split([' ', '_', '-', '.']).filter(|t| !t.is_empty());
    tokens.filter_map(|token| parse_note(&token.to_ascii_lowercase())).next_back()
}

fn parse_note(token: &str) -> Option<f32> {
    let mut chars = token.chars();
    let base = match chars.next()? {
        'c' => 0,
        'd' => 2,
        'e' => 4,
        'f' => 5,
        'g' => 7,
        'a' => 9,
        'b' => 11,
        _ => return None,
    };
    let rest: Vec<char> = chars.collect();
    let (accidental, octave) = match rest.as_slice() {
        [o] => (0, *o),
        ['#' | 's', o] | [o, '#'] => (1, *o),
        ['b', o] => (-1, *o),
        _ => return None,
    };
    let octave = octave.to_digit(10)? as i32;
    Some((12 * (octave + 1) + base + accidental) as f32)
}

/// Words that name a piece of the kit, most particular first.
const PIECES: &[(&str, Piece)] = &[
    ("sidestick", Piece::SideStick),
    ("side stick", Piece::SideStick),
    ("rimclick", Piece::SideStick),
    ("stickrim", Piece::SideStick),
    ("bassdrum", Piece::Kick),
    ("bass drum", Piece::Kick),
    ("kick", Piece::Kick),
    ("snare", Piece::Snare),
    ("floortom", Piece::TomLow),
    ("tomfloor", Piece::TomLow),
    ("tom3", Piece::TomLow),
    ("lowtom", Piece::TomLow),
    ("tomlow", Piece::TomLow),
    ("tom-low", Piece::TomLow),
    ("tom-lo", Piece::TomLow),
    ("tom2", Piece::TomMid),
    ("midtom", Piece::TomMid),
    ("tommid", Piece::TomMid),
    ("tom-mid", Piece::TomMid),
    ("tom", Piece::TomHigh),
    ("openclang", Piece::HatOpen),
    ("halfopen", Piece::HatOpen),
    ("semiopen", Piece::HatOpen),
    ("hihat op", Piece::HatOpen),
    ("hihatop", Piece::HatOpen),
    ("hihat-op", Piece::HatOpen),
    ("openhat", Piece::HatOpen),
    ("hatopen", Piece::HatOpen),
    ("hhopen", Piece::HatOpen),
    ("hhpedal", Piece::HatPedal),
    ("hatpedal", Piece::HatPedal),
    ("hihatfoot", Piece::HatPedal),
    ("pedalhihat", Piece::HatPedal),
    ("hihat", Piece::HatClosed),
    ("hhclosed", Piece::HatClosed),
    ("hhclang", Piece::HatClosed),
    ("hat", Piece::HatClosed),
    ("ridebell", Piece::RideBell),
    ("bell", Piece::RideBell),
    ("ride", Piece::Ride),
    ("splash", Piece::Splash),
    ("china", Piece::China),
    ("crash", Piece::Crash),
    ("clash", Piece::Crash),
    ("cymbal", Piece::Crash),
];

/// The piece of the drum kit that a file name tells of.
#[must_use]
pub fn piece(name: &str) -> Option<Piece> {
    let name = name.to_ascii_lowercase();
    // Names of two letters and a number, as drum machines have them: `bd1050`, `sd0075`, `lt00`.
    const SHORT: &[(&str, Piece)] = &[
        ("bd", Piece::Kick),
        ("sd", Piece::Snare),
        ("sn", Piece::Snare),
        ("rs", Piece::SideStick),
        ("lt", Piece::TomLow),
        ("mt", Piece::TomMid),
        ("ht", Piece::TomHigh),
        ("tm", Piece::TomMid),
        ("ft", Piece::TomLow),
        ("t1", Piece::TomHigh),
        ("t2", Piece::TomMid),
        ("hh", Piece::HatClosed),
        ("ho", Piece::HatOpen),
        ("rd", Piece::Ride),
        ("rc", Piece::Ride),
        ("cc", Piece::Crash),
        ("cr", Piece::Crash),
        ("sr", Piece::SideStick),
    ];
    let short = || {
        let digit =
            |at: usize| name.as_bytes().get(at).is_some_and(|b| b.is_ascii_digit() || b"_.-".contains(b));
        SHORT.iter().find(|(word, _)| name.starts_with(word) && digit(2)).map(|(_, piece)| *piece)
    };
    PIECES.iter().find(|(word, _)| name.contains(word)).map(|(_, piece)| *piece).or_else(short)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pitches() {
        for (name, want) in [
            ("Banjo_Common - A#3.wav", Some(58.0)),
            ("Banjo_Common - G4_2.wav", Some(67.0)),
            ("mandolin D5#.wav", Some(75.0)),
            ("mandolin C6.wav", Some(84.0)),
            ("3-Eb5.wav", Some(75.0)),
            ("organ tutti E4.wav", Some(64.0)),
            ("gb3_pp_rr4.wav", Some(54.0)),
            ("grand f a1.wav", Some(33.0)),
            ("soft_48.wav", Some(48.0)),
            ("36.mp3", Some(36.0)),
            ("12.wav", None),
            ("120.wav", None),
            ("Fs6.mp3", Some(90.0)),
            ("06_c4_hard.wav", Some(60.0)),
            ("bar_f_23.flac", None),
            ("nor_m_1_6.flac", None),
            ("alt_f_31.flac", None),
            ("wacky_synth2.mp3", None),
            ("glock gliss up 02.wav", None),
        ] {
            assert_eq!(pitch(name), want, "{name}");
        }
        for (name, want) in [("127_391.99544.wav", 67.0), ("80_1772.wav", 93.1), ("1318.60-001.wav", 88.0)] {
            assert!((pitch(name).unwrap() - want).abs() < 0.1, "{name}");
        }
    }

    #[test]
    fn pieces() {
        for (name, want) in [
            ("SnareRightHand#6.flac", Some(Piece::Snare)),
            ("TomHigh#4.flac", Some(Piece::TomHigh)),
            ("tom2RH08-norm.wav", Some(Piece::TomMid)),
            ("processed bassdrum roll 03.wav", Some(Piece::Kick)),
            ("bd1050.ogg", Some(Piece::Kick)),
            ("HHOpenClang#3.flac", Some(Piece::HatOpen)),
            ("hihat cl 02 lh 03.wav", Some(Piece::HatClosed)),
            ("crash 17 edge 02.wav", Some(Piece::Crash)),
            ("RideBell#1.flac", Some(Piece::RideBell)),
            ("violin.wav", None),
        ] {
            assert_eq!(piece(name), want, "{name}");
        }
    }
}
