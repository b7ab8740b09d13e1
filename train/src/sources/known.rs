//! Real recordings whose players are known from their makers' own words: what the development part's real music is made of.

use crate::base::stem::SoftLabel;
use rollcall_engine::OPENMIC_CLASSES;

/// One recording and who plays in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Known {
    /// Path within its collection's folder.
    pub file: &'static str,
    /// Classes that are heard.
    pub players: &'static [&'static str],
    /// What is known of all other classes.
    pub others: Others,
}

/// What is known of the classes that are not named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Others {
    /// Nobody else plays.
    Absent,
    /// Nobody else plays, but whether these are heard depends on whom one asks.
    AbsentBut(&'static [&'static str]),
    /// Nothing.
    Unknown,
}

const fn alone(file: &'static str, players: &'static [&'static str]) -> Known {
    Known { file, players, others: Others::Absent }
}

const fn among_others(file: &'static str, players: &'static [&'static str]) -> Known {
    Known { file, players, others: Others::Unknown }
}

/// GCompris's instruments, each played alone; those that are none of the 20 classes are among them.
pub const GCOMPRIS: &[Known] = &[
    alone("accordion.ogg", &["accordion"]),
    alone("banjo.ogg", &["banjo"]),
    alone("cello.ogg", &["cello"]),
    alone("clarinet.ogg", &["clarinet"]),
    Known { file: "cymbal.ogg", players: &["cymbals"], others: Others::AbsentBut(&["drums"]) },
    Known { file: "drum_kit.ogg", players: &["drums"], others: Others::AbsentBut(&["cymbals"]) },
    alone("electric_guitar.ogg", &["guitar"]),
    alone("flute_traversiere.ogg", &["flute"]),
    alone("guitar.ogg", &["guitar"]),
    alone("organ.ogg", &["organ"]),
    alone("piano.ogg", &["piano"]),
    alone("saxophone.ogg", &["saxophone"]),
    alone("snare_drum.ogg", &["drums"]),
    alone("trombone.ogg", &["trombone"]),
    alone("trumpet.ogg", &["trumpet"]),
    alone("violin.ogg", &["violin"]),
    Known { file: "bongo.ogg", players: &[], others: Others::AbsentBut(&["drums"]) },
    Known { file: "timpani.ogg", players: &[], others: Others::AbsentBut(&["drums"]) },
    Known { file: "tambourine.ogg", players: &[], others: Others::AbsentBut(&["drums", "cymbals"]) },
    alone("castanets.ogg", &[]),
    alone("harmonica.ogg", &[]),
    alone("harp.ogg", &[]),
    alone("horn.ogg", &[]),
    alone("maracas.ogg", &[]),
    alone("triangle.ogg", &[]),
    alone("tuba.ogg", &[]),
];

/// GCompris's music of the world, as far as its credits tell who plays: a fiddler, a tenor and a singer with
/// orchestras, players of drums.
pub const WORLD: &[Known] = &[
    among_others("music/ireland.ogg", &["violin"]),
    among_others("music/italy.ogg", &["voice"]),
    among_others("music/middleeast.ogg", &["voice"]),
    among_others("music/japan.ogg", &["drums"]),
    among_others("music/africa.ogg", &["drums"]),
];

/// Guitar tracks of songs, apart from their bands.
pub const MULDJORD: &[Known] = &[
    alone("armygeddon/guitar.ogg", &["guitar"]),
    alone("chaos_god/guitar.ogg", &["guitar"]),
    alone("internal_degeneration/guitar.ogg", &["guitar"]),
    alone("mutilated_mime/guitar.ogg", &["guitar"]),
];

/// Guitar tracks of another band's songs.
pub const SECTOID: &[Known] = &[
    alone("Escape from chaosland/guitar.ogg", &["guitar"]),
    alone("Feelings/guitar.ogg", &["guitar"]),
    alone("Metal madness/guitar.ogg", &["guitar"]),
    alone("War of freedom/guitar.ogg", &["guitar"]),
];

impl Known {
    /// The label of a segment of the stem `id`.
    pub fn label(&self, id: &str, start_s: f32, length_s: f32) -> SoftLabel {
        let plays = |class: &&str| self.players.contains(class);
        let told = |class: &&str| {
            plays(class)
                || match self.others {
                    Others::Absent => true,
                    Others::AbsentBut(but) => !but.contains(class),
                    Others::Unknown => false,
                }
        };
        SoftLabel {
            id: id.to_owned(),
            start_s,
            length_s,
            probability: std::array::from_fn(|c| f32::from(u8::from(plays(&OPENMIC_CLASSES[c])))),
            known: std::array::from_fn(|c| told(&OPENMIC_CLASSES[c])),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_player_is_a_class() {
        for known in [GCOMPRIS, WORLD, MULDJORD, SECTOID].concat() {
            let but = match known.others {
                Others::AbsentBut(but) => but,
                _ => &[],
            };
            for class in known.players.iter().chain(but) {
                assert!(OPENMIC_CLASSES.contains(class), "{}: {class}", known.file);
            }
        }
    }

    #[test]
    fn what_nobody_tells_is_not_called_absent() {
        let of = |known: &Known, class: &str| {
            let label = known.label("x#0", 0.0, 10.0);
            let at = OPENMIC_CLASSES.iter().position(|c| *c == class).unwrap();
            label.known[at].then_some(label.probability[at])
        };
        let kit = GCOMPRIS.iter().find(|k| k.file == "drum_kit.ogg").unwrap();
        assert_eq!((of(kit, "drums"), of(kit, "cymbals"), of(kit, "piano")), (Some(1.0), None, Some(0.0)));
        assert_eq!((of(&WORLD[1], "voice"), of(&WORLD[1], "violin")), (Some(1.0), None));
    }
}
