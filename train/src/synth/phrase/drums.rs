//! Drum grooves: patterns of many styles, with fills, ghost notes and loose time.

use crate::base::seed::Chance;
use crate::synth::gm::Piece;
use fastrand::Rng;

/// One stroke.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Hit {
    /// Onset in seconds.
    pub time_s: f32,
    /// What is struck.
    pub piece: Piece,
    /// MIDI velocity, 1..=127.
    pub velocity: u8,
}

/// A passage for a drum kit.
#[derive(Debug, Clone, PartialEq)]
pub struct Groove {
    /// Strokes in order of time.
    pub hits: Vec<Hit>,
    /// Where it is cut, in seconds.
    pub length_s: f32,
    /// What it is, in words.
    pub words: Vec<&'static str>,
}

/// One bar: per piece a string of steps, `x` struck, `X` accented, `o` a ghost note.
type Bar = &'static [(Piece, &'static str)];

use Piece::{
    China, Crash, HatClosed, HatOpen, HatPedal, Kick, Ride, RideBell, SideStick, Snare, TomHigh, TomLow,
    TomMid,
};

/// Name, slowest and fastest tempo in beats a minute, beats a bar, swing (0 straight .. 1 triplets), the bar.
const STYLES: &[(&str, f32, f32, f32, f32, Bar)] = &[
    (
        "rock",
        90.0,
        150.0,
        4.0,
        0.0,
        &[(Kick, "X-------x-x-----"), (Snare, "----X-------X---"), (HatClosed, "x-x-x-x-x-x-x-x-")],
    ),
    (
        "rock",
        90.0,
        160.0,
        4.0,
        0.0,
        &[(Kick, "X-----x-x-------"), (Snare, "----X-------X---"), (HatOpen, "x---x---x---x---")],
    ),
    (
        "pop",
        80.0,
        130.0,
        4.0,
        0.0,
        &[(Kick, "X--x--x---x-----"), (Snare, "----X-------X---"), (HatClosed, "xoxoxoxoxoxoxoxo")],
    ),
    (
        "disco",
        105.0,
        132.0,
        4.0,
        0.0,
        &[
            (Kick, "X---X---X---X---"),
            (Snare, "----X-------X---"),
            (HatClosed, "x---x---x---x---"),
            (HatOpen, "--X---X---X---X-"),
        ],
    ),
    (
        "funk",
        88.0,
        116.0,
        4.0,
        0.15,
        &[(Kick, "X-x---x--x----x-"), (Snare, "----X-oo-o-oX--o"), (HatClosed, "x-xxx-x-x-xxx-x-")],
    ),
    (
        "shuffle",
        84.0,
        140.0,
        4.0,
        1.0,
        &[(Kick, "X-------X-------"), (Snare, "----X-------X---"), (Ride, "x-x-x-x-x-x-x-x-")],
    ),
    (
        "jazz",
        100.0,
        210.0,
        4.0,
        1.0,
        &[
            (Kick, "o-------o-------"),
            (Ride, "X---x-x-X---x-x-"),
            (HatPedal, "----x-------x---"),
            (Snare, "------o-------o-"),
        ],
    ),
    ("jazz brushes", 66.0, 130.0, 4.0, 0.8, &[(Snare, "x-o-x-o-x-o-x-o-"), (HatPedal, "----x-------x---")]),
    (
        "bossa",
        110.0,
        150.0,
        4.0,
        0.0,
        &[(Kick, "X-----x-X-----x-"), (SideStick, "x-----x-----x---"), (HatClosed, "x-x-x-x-x-x-x-x-")],
    ),
    (
        "samba",
        96.0,
        120.0,
        4.0,
        0.1,
        &[(Kick, "x--xX--xx--xX--x"), (Snare, "xoxxoxoxxoxxoxox"), (HatPedal, "--x---x---x---x-")],
    ),
    (
        "half time",
        120.0,
        160.0,
        4.0,
        0.0,
        &[(Kick, "X-----x-----x---"), (Snare, "--------X-------"), (Ride, "x---x---x---x---")],
    ),
    (
        "metal",
        150.0,
        200.0,
        4.0,
        0.0,
        &[(Kick, "XxXxXxXxXxXxXxXx"), (Snare, "----X-------X---"), (China, "X---X---X---X---")],
    ),
    (
        "punk",
        160.0,
        200.0,
        4.0,
        0.0,
        &[
            (Kick, "X---X---X---X---"),
            (Snare, "--X---X---X---X-"),
            (Crash, "X---------------"),
            (HatOpen, "x-x-x-x-x-x-x-x-"),
        ],
    ),
    (
        "hip hop",
        78.0,
        100.0,
        4.0,
        0.4,
        &[(Kick, "X--x---x--X-----"), (Snare, "----X-------X---"), (HatClosed, "x-x-x-x-x-xxx-x-")],
    ),
    (
        "reggae",
        70.0,
        90.0,
        4.0,
        0.3,
        &[(Kick, "--------X-------"), (SideStick, "--------X-------"), (HatClosed, "x-x-x-x-x-x-x-xo")],
    ),
    (
        "ballad",
        50.0,
        78.0,
        3.0,
        0.0,
        &[(Kick, "X-----x-----"), (Snare, "------X-----"), (HatClosed, "x-x-x-x-x-x-")],
    ),
    (
        "waltz",
        90.0,
        160.0,
        3.0,
        0.0,
        &[(Kick, "X-----------"), (Snare, "----x---x---"), (Ride, "x---x-x-x---")],
    ),
    (
        "march",
        96.0,
        124.0,
        4.0,
        0.0,
        &[(Kick, "X-------X-------"), (Snare, "x-xxx-xxx-xxxxxx"), (Crash, "X---------------")],
    ),
    ("train", 100.0, 140.0, 4.0, 0.0, &[(Kick, "X---x---X---x---"), (Snare, "ooXooXoXooXooXoX")]),
    (
        "breakbeat",
        100.0,
        140.0,
        4.0,
        0.1,
        &[(Kick, "X-X-------XX----"), (Snare, "----X--o-o--X--o"), (Ride, "x-x-x-x-x-x-x-x-")],
    ),
    (
        "drum and bass",
        160.0,
        178.0,
        4.0,
        0.0,
        &[
            (Kick, "X---------X-----"),
            (Snare, "----X-------X---"),
            (HatClosed, "x-x-x-x-x-x-x-x-"),
            (RideBell, "x-------x-------"),
        ],
    ),
    (
        "tribal",
        90.0,
        130.0,
        4.0,
        0.0,
        &[
            (Kick, "X---x---X---x---"),
            (TomLow, "x--x--x-x--x--x-"),
            (TomMid, "--x--x----x--x--"),
            (TomHigh, "------------x-xx"),
        ],
    ),
    (
        "house",
        118.0,
        130.0,
        4.0,
        0.0,
        &[(Kick, "X---X---X---X---"), (HatOpen, "--x---x---x---x-"), (Snare, "----x-------x--o")],
    ),
    ("cymbal swells", 60.0, 100.0, 4.0, 0.0, &[(Crash, "oooooooxxxxxXXXX"), (Kick, "X---------------")]),
    (
        "ride study",
        80.0,
        160.0,
        4.0,
        0.7,
        &[(Ride, "x-x-x-xxx-x-x-x-"), (RideBell, "X-------X-------"), (HatPedal, "----x-------x---")],
    ),
];

/// Pieces that a fill runs over.
const FILL: [Piece; 4] = [Snare, TomHigh, TomMid, TomLow];

/// Writes a groove of `seconds`.
#[must_use]
pub fn groove(seconds: f32, rng: &mut Rng) -> Groove {
    let &(name, slow, fast, beats, swing, bar) = rng.pick(STYLES);
    let beat_s = 60.0 / rng.between(slow, fast);
    let start_s = if rng.with(0.25) { rng.between(0.2, 1.5) } else { rng.between(0.0, 0.1) };
    let end_s = seconds - if rng.with(0.3) { rng.between(0.8, 2.5) } else { 0.05 };
    let loudness = rng.between(55.0, 112.0);
    let looseness_s = rng.between(0.001, 0.009);
    let fill_every = *rng.pick(&[2, 4, 4, 99]);
    let crash_after_fill = rng.with(0.6);
    // Some passages leave a piece out: drums alone, cymbals alone, no kick.
    let without = if rng.with(0.3) { Some(*rng.pick(bar)) } else { None };
    let mut hits = Vec::new();
    let mut strike = |time_s: f32, piece: Piece, accent: f32, rng: &mut Rng| {
        let time_s = (time_s + looseness_s * rng.normal()).max(0.0);
        let velocity = (loudness + accent + 5.0 * rng.normal()).round().clamp(15.0, 127.0) as u8;
        if time_s < end_s {
            hits.push(Hit { time_s, piece, velocity });
        }
    };
    let bar_s = beats * beat_s;
    for number in 0..((end_s - start_s) / bar_s).ceil() as usize {
        let bar_start_s = start_s + number as f32 * bar_s;
        let fills = (number + 1) % fill_every == 0;
        let fill_from = if fills { beats - *rng.pick(&[1.0, 2.0]) } else { beats };
        for &(piece, steps) in bar.iter().filter(|p| without.is_none_or(|w| w.0 != p.0)) {
            for (step, stroke) in steps.bytes().enumerate() {
                let beat = step as f32 * beats / steps.len() as f32;
                // Now and then a stroke is left out or added.
                let stroke = if rng.with(0.03) { *rng.pick(b"-xo") } else { stroke };
                let accent = match stroke {
                    b'X' => 14.0,
                    b'x' => 0.0,
                    b'o' => -32.0,
                    _ => continue,
                };
                if beat < fill_from || piece == Kick {
                    // Swung eighths move to the third triplet, swung sixteenths likewise within their eighth.
                    let late = match step % 4 {
                        2 if swing > 0.5 => swing / 6.0,
                        1 | 3 => swing / 12.0,
                        _ => 0.0,
                    };
                    strike(bar_start_s + (beat + late) * beat_s, piece, accent, rng);
                }
            }
        }
        if fills {
            let parts = if beat_s > 0.4 { 4 } else { 2 };
            let count = ((beats - fill_from) * parts as f32) as usize;
            for n in 0..count {
                if rng.with(0.85) {
                    let piece = FILL[(n * 4 / count + usize::from(rng.with(0.2))).min(3)];
                    let time_s = bar_start_s + (fill_from + n as f32 / parts as f32) * beat_s;
                    strike(time_s, piece, 4.0 + n as f32, rng);
                }
            }
            if crash_after_fill {
                strike(bar_start_s + bar_s, Crash, 12.0, rng);
            }
        }
    }
    hits.sort_by(|a, b| a.time_s.total_cmp(&b.time_s).then(a.piece.cmp(&b.piece)));
    Groove { hits, length_s: seconds, words: vec!["percussive", "groove", name] }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::seed;

    #[test]
    fn grooves_repeat_from_their_seed_and_use_both_classes() {
        let mut classes = std::collections::HashSet::new();
        for n in 0..200 {
            let write = || groove(8.0, &mut seed::rng(n, "groove"));
            assert_eq!(write(), write());
            let hits = write().hits;
            assert!(hits.iter().all(|h| h.time_s < 8.0 && h.velocity >= 15));
            classes.extend(hits.iter().map(|h| h.piece.class()));
        }
        assert_eq!(classes.len(), 2);
    }

    #[test]
    fn every_bar_divides_its_beats() {
        for (name, slow, fast, beats, _, bar) in STYLES {
            assert!(slow < fast, "{name}");
            for (_, steps) in *bar {
                assert_eq!(steps.len(), 4 * *beats as usize, "{name}");
            }
        }
    }
}
