//! What is no instrument.

use super::{Collection, Content, EACH, Names};
use crate::base::stem::Split::{self, Development, Train, Valid};
use crate::sources::packages::deb;

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

/// Animals, vehicles and things of an ABC book, whose other sounds are instruments, tunes and people.
const QABCS: Names = Names::Only(
    "adjutant aesculapian_snake airplane albatross bear bicycle bird booby boot button camera_lens cat calf \
     chimpanzee chinchilla cow crane crow deer dice dog dolphin duck eagle-owl elephant emu excavator ferret fire \
     fish flamingo foal football frog giant_panda giraffe glove goose grasshopper guinea_fowl hamster hedgehog \
     helicopter heron hockey horse hyena ice_skate iguana iora jaguar jar jerboa jump_rope koala ladybug lion \
     lynx moose moth mouse newspaper newt otter owl paper_airplane pelican pen pheasant pig porcupine python \
     quadrocopter quail quetzal raccoon ratchet rhinoceros robot rocket rooster rubber_ball security_camera sheep \
     skateboard snail sparrow spider squirrel stork tiger tractor train turtle unicycle vulture wagon \
     walkie-talkie wallaby watch weevil whale wolf wood_grouse yak zebra zipline zipper",
);

/// Effects of games, mostly.
pub(super) const NOISES: &[Collection] = &[
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
    // The sound that is left out is among the noises of two games in training.
    noises_of(
        "enigma-sounds",
        "enigma-data",
        "usr/share/games/enigma/soundsets/enigma",
        Names::Without(&["boing"]),
        "GPL-2+",
        Valid,
    ),
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
    noises_of(
        "supertux-sounds",
        "supertux-data",
        "usr/share/games/supertux2/sounds",
        // These are among the noises of games in training.
        Names::Without(&["saw", "jump", "trampoline"]),
        "GPL-2+ / CC BY-SA",
        Development,
    ),
    noises("frozen-bubble-sounds", "frozen-bubble-data", "usr/share/games/frozen-bubble/snd", "GPL-2", Valid),
];
