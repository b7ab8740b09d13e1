//! Which family an instrument belongs to, where it stands in it, and what it is called.

use serde::{Deserialize, Serialize};

/// A group of instruments, in the order of the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Family {
    /// Voice and synthesizer.
    Voice,
    /// Keyboards.
    Keys,
    /// Plucked strings and bass.
    Plucked,
    /// Bowed strings.
    Strings,
    /// Woodwinds and brass.
    Winds,
    /// Drums, cymbals, mallets.
    Percussion,
    /// Classes of other models that are none of the above.
    Other,
}

impl Family {
    /// All of them, from the top of the screen down.
    pub const ALL: [Self; 7] =
        [Self::Voice, Self::Keys, Self::Plucked, Self::Strings, Self::Winds, Self::Percussion, Self::Other];

    /// Family of a class by its name: one of OpenMIC-2018's, or a well-known instrument that packages may add (`harp`, `french horn`);
    /// [`Family::Other`] for every other name.
    #[must_use]
    pub fn of(class: &str) -> Self {
        let plain = class.to_lowercase().replace(['_', '-'], " ");
        let is =
            |family: &Self| family.classes().contains(&class) || family.others().contains(&plain.as_str());
        Self::ALL.into_iter().find(is).unwrap_or(Self::Other)
    }

    /// Its classes, the more often heard first.
    #[must_use]
    pub fn classes(self) -> &'static [&'static str] {
        match self {
            Self::Voice => &["voice", "synthesizer"],
            Self::Keys => &["piano", "organ", "accordion"],
            Self::Plucked => &["guitar", "bass", "ukulele", "mandolin", "banjo"],
            Self::Strings => &["violin", "cello"],
            Self::Winds => &["flute", "clarinet", "saxophone", "trumpet", "trombone"],
            Self::Percussion => &["drums", "cymbals", "mallet_percussion"],
            Self::Other => &[],
        }
    }

    /// Well-known instruments outside of the 20, in small letters with spaces: where they stand if their package does not say.
    fn others(self) -> &'static [&'static str] {
        match self {
            Self::Voice => &["choir", "singer", "soloist", "speech", "theremin", "vocoder", "beatbox"],
            Self::Keys => &[
                "harpsichord",
                "celesta",
                "clavichord",
                "electric piano",
                "harmonium",
                "melodica",
                "bandoneon",
                "concertina",
                "pipe organ",
                "hammond organ",
            ],
            Self::Plucked => &[
                "harp",
                "lute",
                "oud",
                "sitar",
                "zither",
                "balalaika",
                "bouzouki",
                "koto",
                "pipa",
                "shamisen",
                "kora",
                "dulcimer",
                "electric guitar",
                "acoustic guitar",
                "double bass",
                "electric bass",
                "charango",
                "psaltery",
            ],
            Self::Strings => &[
                "viola",
                "contrabass",
                "strings",
                "fiddle",
                "hurdy gurdy",
                "erhu",
                "viola da gamba",
                "nyckelharpa",
            ],
            Self::Winds => &[
                "bassoon",
                "oboe",
                "english horn",
                "cor anglais",
                "french horn",
                "horn",
                "tuba",
                "piccolo",
                "recorder",
                "harmonica",
                "bagpipes",
                "pan flute",
                "shakuhachi",
                "duduk",
                "ocarina",
                "tin whistle",
                "cornet",
                "flugelhorn",
                "euphonium",
                "didgeridoo",
                "bass clarinet",
            ],
            Self::Percussion => &[
                "timpani",
                "bells",
                "gong",
                "tambourine",
                "tabla",
                "congas",
                "bongos",
                "djembe",
                "cajon",
                "triangle",
                "hi hat",
                "snare drum",
                "bass drum",
                "kick",
                "snare",
                "xylophone",
                "marimba",
                "vibraphone",
                "glockenspiel",
                "steel drum",
                "handpan",
                "claps",
                "castanets",
                "maracas",
                "shaker",
                "cowbell",
                "woodblock",
            ],
            Self::Other => &[],
        }
    }

    /// What it is called on screen.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Voice => "Voice & synth",
            Self::Keys => "Keys",
            Self::Plucked => "Plucked",
            Self::Strings => "Strings",
            Self::Winds => "Winds & brass",
            Self::Percussion => "Percussion",
            Self::Other => "Other",
        }
    }

    /// Its place in [`Family::ALL`].
    #[must_use]
    pub fn index(self) -> usize {
        self as usize
    }
}

/// Family of a class and its place within it: those of the 20 first.
#[must_use]
pub fn place(class: &str) -> (Family, usize) {
    place_in(Family::of(class), class)
}

fn place_in(family: Family, class: &str) -> (Family, usize) {
    (family, family.classes().iter().position(|known| *known == class).unwrap_or(usize::MAX))
}

/// Classes in the order of the screen, each with its family: by family, then by place, then as the model has them.
#[must_use]
pub fn screen_order(classes: &[String], families: &[Family]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..classes.len()).collect();
    let family = |class: usize| families.get(class).copied().unwrap_or(Family::Other);
    order.sort_by_key(|&class| (place_in(family(class), &classes[class]), class));
    order
}

/// A class name for people: `mallet_percussion` is "Mallets", as instrument libraries call it; of others the underscores
/// become spaces and the first letter a capital.
#[must_use]
pub fn display_name(class: &str) -> String {
    if class == "mallet_percussion" {
        return "Mallets".into();
    }
    let mut text = class.replace('_', " ");
    if let Some(first) = text.get_mut(0..1) {
        first.make_ascii_uppercase();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_openmic_class_has_a_family_and_a_place() {
        let classes = crate::OPENMIC.map(String::from);
        assert!(classes.iter().all(|class| Family::of(class) != Family::Other));
        assert_eq!(Family::ALL.map(|family| family.classes().len()).iter().sum::<usize>(), 20);
        assert_eq!(Family::ALL.map(Family::index), [0, 1, 2, 3, 4, 5, 6]);
        assert_eq!(Family::of("room hum"), Family::Other);
        let families = classes.each_ref().map(|class| Family::of(class));
        let order = screen_order(&classes, &families);
        assert!(order.windows(2).all(|pair| Family::of(&classes[pair[0]]) <= Family::of(&classes[pair[1]])));
        let mut sorted = order.clone();
        sorted.sort_unstable();
        assert_eq!(sorted, (0..20).collect::<Vec<_>>(), "a permutation of the classes");
    }

    #[test]
    fn well_known_instruments_stand_with_their_kin_behind_the_twenty() {
        for (class, family) in [
            ("harp", Family::Plucked),
            ("Hurdy-Gurdy", Family::Strings),
            ("french_horn", Family::Winds),
            ("Anna's violin", Family::Other),
        ] {
            assert_eq!(Family::of(class), family, "{class}");
        }
        for family in Family::ALL {
            for other in family.others() {
                assert_eq!(Family::of(other), family, "{other} stands in one family alone");
                assert!(!crate::OPENMIC.contains(other), "{other}");
            }
        }
        let classes = ["harp", "zither", "banjo", "guitar"].map(String::from);
        assert_eq!(screen_order(&classes, &[Family::Plucked; 4]), [3, 2, 0, 1]);
        // What a package says of its class goes before its name.
        let said = [Family::Other, Family::Keys, Family::Plucked, Family::Plucked];
        assert_eq!(screen_order(&classes, &said), [1, 3, 2, 0]);
    }

    #[test]
    fn names_are_for_people() {
        assert_eq!(display_name("mallet_percussion"), "Mallets");
        assert_eq!(display_name("steel_drum"), "Steel drum");
        assert_eq!(display_name("élan"), "élan", "a name that does not begin with ASCII stays whole");
        assert_eq!(display_name(""), "");
    }
}
