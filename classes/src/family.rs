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

    /// Family of a class of OpenMIC-2018; [`Family::Other`] for a name that is none of them.
    #[must_use]
    pub fn of(class: &str) -> Self {
        Self::ALL.into_iter().find(|family| family.classes().contains(&class)).unwrap_or(Self::Other)
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

/// Family of a class and its place within it.
#[must_use]
pub fn place(class: &str) -> (Family, usize) {
    let family = Family::of(class);
    (family, family.classes().iter().position(|known| *known == class).unwrap_or(0))
}

/// Classes in the order of the screen: by family, then by place, then as the model has them.
#[must_use]
pub fn screen_order(classes: &[String]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..classes.len()).collect();
    order.sort_by_key(|&class| (place(&classes[class]), class));
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
        assert_eq!(Family::of("theremin"), Family::Other);
        let order = screen_order(&classes);
        assert!(order.windows(2).all(|pair| Family::of(&classes[pair[0]]) <= Family::of(&classes[pair[1]])));
        let mut sorted = order.clone();
        sorted.sort_unstable();
        assert_eq!(sorted, (0..20).collect::<Vec<_>>(), "a permutation of the classes");
    }

    #[test]
    fn names_are_for_people() {
        assert_eq!(display_name("mallet_percussion"), "Mallets");
        assert_eq!(display_name("steel_drum"), "Steel drum");
        assert_eq!(display_name("élan"), "élan", "a name that does not begin with ASCII stays whole");
        assert_eq!(display_name(""), "");
    }
}
