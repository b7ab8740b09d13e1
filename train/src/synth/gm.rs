//! General MIDI programs as instruments: class, register and manner of playing.

use crate::base::class::NONE;

/// How an instrument is played, which decides what is written for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manner {
    /// One note at a time, breathed or bowed: may be tied, swells and vibrates.
    Line,
    /// One note at a time, struck or plucked and left to ring; now and then two.
    Plucked,
    /// Both hands: chords, broken chords, melody, melody over chords.
    Keys,
    /// Held chords and lines, no decay: organ, accordion, pads.
    Sustained,
    /// Strummed and picked chords, and lines.
    Strings,
    /// Bass lines.
    Bass,
    /// Bars and bells: lines, double stops and rolls.
    Mallets,
}

/// A melodic instrument.
#[derive(Debug, Clone, Copy)]
pub struct Instrument {
    /// One of the 20 classes, or `_none`.
    pub class: &'static str,
    /// General MIDI programs that are it, from 0.
    pub programs: &'static [u8],
    /// How it is played.
    pub manner: Manner,
    /// Lowest MIDI key in common use.
    pub low: u8,
    /// Highest MIDI key in common use.
    pub high: u8,
}

const fn of(class: &'static str, programs: &'static [u8], manner: Manner, low: u8, high: u8) -> Instrument {
    Instrument { class, programs, manner, low, high }
}

/// Melodic instruments (General MIDI 1, level 1 sound set; ranges after common orchestration tables).
///
/// No font here has a real ukulele or mandolin: their presets of that name are guitars, and are left out. So are synthetic
/// basses (38, 39) and strings (50, 51), which are made to pass for what they are not.
pub const INSTRUMENTS: &[Instrument] = &[
    of("accordion", &[21, 23], Manner::Sustained, 48, 89),
    of("banjo", &[105], Manner::Strings, 50, 86),
    of("bass", &[32, 33, 34, 35, 36, 37], Manner::Bass, 28, 60),
    of("cello", &[42], Manner::Line, 36, 76),
    of("clarinet", &[71], Manner::Line, 50, 91),
    of("flute", &[73], Manner::Line, 60, 94),
    of("flute", &[72], Manner::Line, 74, 103),
    of("guitar", &[24, 25, 26, 27], Manner::Strings, 40, 83),
    of("guitar", &[28, 29, 30], Manner::Strings, 40, 86),
    of("mallet_percussion", &[9], Manner::Mallets, 72, 103),
    of("mallet_percussion", &[8], Manner::Mallets, 60, 103),
    of("mallet_percussion", &[11], Manner::Mallets, 53, 89),
    of("mallet_percussion", &[12], Manner::Mallets, 45, 91),
    of("mallet_percussion", &[13], Manner::Mallets, 60, 103),
    of("organ", &[16, 17, 18, 19, 20], Manner::Sustained, 36, 91),
    of("piano", &[0, 1, 2, 3], Manner::Keys, 24, 100),
    of("piano", &[4, 5], Manner::Keys, 33, 91),
    of("saxophone", &[64], Manner::Line, 56, 88),
    of("saxophone", &[65], Manner::Line, 49, 81),
    of("saxophone", &[66], Manner::Line, 44, 76),
    of("saxophone", &[67], Manner::Line, 36, 69),
    of("synthesizer", &[80, 81, 82, 83, 84, 85, 86, 87], Manner::Line, 40, 93),
    of("synthesizer", &[62, 63, 88, 89, 90, 91, 92, 93, 94, 95], Manner::Sustained, 38, 88),
    of("trombone", &[57], Manner::Line, 40, 74),
    of("trumpet", &[56], Manner::Line, 54, 86),
    of("trumpet", &[59], Manner::Line, 54, 84),
    of("violin", &[40], Manner::Line, 55, 98),
    // Not among the 20: the model must leave its meters down.
    of(NONE, &[46, 15], Manner::Strings, 36, 96),
    of(NONE, &[22], Manner::Line, 60, 91),
    of(NONE, &[104, 106, 107, 108], Manner::Plucked, 48, 84),
    of(NONE, &[47, 113, 114, 115], Manner::Plucked, 40, 72),
    of(NONE, &[60, 58], Manner::Line, 36, 76),
    of(NONE, &[68, 69, 70], Manner::Line, 46, 88),
    of(NONE, &[41], Manner::Line, 48, 84),
    of(NONE, &[74, 75, 77, 78, 79, 109, 111], Manner::Line, 60, 91),
    of(NONE, &[6, 7], Manner::Keys, 36, 88),
    of(NONE, &[120, 121, 122, 123, 124, 125, 126, 127], Manner::Sustained, 48, 72),
];

/// The sampled choirs: voice, but only from fonts whose choir was sung.
pub static CHOIRS: Instrument = of("voice", &[52, 53], Manner::Sustained, 43, 81);

/// Every melodic instrument, the choirs at last.
pub fn all() -> impl Iterator<Item = &'static Instrument> {
    INSTRUMENTS.iter().chain([&CHOIRS])
}

/// The instrument that a program of General MIDI is; `None` for sections, effects and what no class is certain of.
#[must_use]
pub fn of_program(program: u8) -> Option<&'static Instrument> {
    all().find(|instrument| instrument.programs.contains(&program))
}

/// A piece of the drum kit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs, reason = "the names of a drum kit's pieces say it all")]
pub enum Piece {
    Kick,
    Snare,
    SideStick,
    TomHigh,
    TomMid,
    TomLow,
    HatClosed,
    HatPedal,
    HatOpen,
    Ride,
    RideBell,
    Crash,
    Splash,
    China,
}

impl Piece {
    /// Every piece.
    pub const ALL: [Piece; 14] = [
        Piece::Kick,
        Piece::Snare,
        Piece::SideStick,
        Piece::TomHigh,
        Piece::TomMid,
        Piece::TomLow,
        Piece::HatClosed,
        Piece::HatPedal,
        Piece::HatOpen,
        Piece::Ride,
        Piece::RideBell,
        Piece::Crash,
        Piece::Splash,
        Piece::China,
    ];

    /// Its class: what is of bronze is `cymbals`, the rest `drums`.
    #[must_use]
    pub fn class(self) -> &'static str {
        if self >= Piece::HatClosed { "cymbals" } else { "drums" }
    }

    /// The piece on a key of the General MIDI percussion map; `None` for what is no part of a kit, as congas and shakers.
    #[must_use]
    pub fn of_key(key: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|piece| piece.keys().contains(&key))
    }

    /// Keys of the General MIDI percussion map that are this piece.
    #[must_use]
    pub fn keys(self) -> &'static [u8] {
        match self {
            Piece::Kick => &[36, 35],
            Piece::Snare => &[38, 40],
            Piece::SideStick => &[37],
            Piece::TomHigh => &[50, 48],
            Piece::TomMid => &[47, 45],
            Piece::TomLow => &[43, 41],
            Piece::HatClosed => &[42],
            Piece::HatPedal => &[44],
            Piece::HatOpen => &[46],
            Piece::Ride => &[51, 59],
            Piece::RideBell => &[53],
            Piece::Crash => &[49, 57],
            Piece::Splash => &[55],
            Piece::China => &[52],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_program_is_two_instruments() {
        let mut seen = [""; 128];
        for instrument in all() {
            assert!(instrument.class == NONE || crate::base::class::index(instrument.class).is_some());
            assert!(instrument.low + 11 < instrument.high && instrument.high < 128);
            for &program in instrument.programs {
                assert_eq!(seen[program as usize], "", "program {program}");
                seen[program as usize] = instrument.class;
            }
        }
        // The classes that honest presets exist for.
        for (program, class) in [
            (0, "piano"),
            (21, "accordion"),
            (33, "bass"),
            (40, "violin"),
            (42, "cello"),
            (56, "trumpet"),
            (57, "trombone"),
            (66, "saxophone"),
            (71, "clarinet"),
            (73, "flute"),
            (105, "banjo"),
            (12, "mallet_percussion"),
            (19, "organ"),
            (81, "synthesizer"),
            (46, NONE),
            (22, NONE),
        ] {
            assert_eq!(seen[program], class);
        }
    }

    #[test]
    fn pieces_of_the_kit_split_into_drums_and_cymbals() {
        assert_eq!(Piece::TomLow.class(), "drums");
        assert_eq!(Piece::HatClosed.class(), "cymbals");
        assert_eq!(Piece::China.class(), "cymbals");
        let mut keys: Vec<u8> = Piece::ALL.iter().flat_map(|p| p.keys()).copied().collect();
        keys.sort_unstable();
        let count = keys.len();
        keys.dedup();
        assert_eq!(keys.len(), count, "a key is two pieces");
    }
}
