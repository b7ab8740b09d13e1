//! Whole music, for a teacher to hear.

use super::{Collection, Content, EACH};
use crate::base::stem::Split::{self, Train, Valid};
use crate::sources::packages::deb;

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

/// Music of games and of a telephone system.
pub(super) const MUSIC: &[Collection] = &[
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
    music("0ad-data", "usr/share/games/0ad/mods/public/public/audio/music", "CC BY-SA 3.0"),
    music("warzone2100-music", "usr/share/games/warzone2100/music", EACH),
    music("ufoai-music", "usr/share/games/ufoai/base/0music/music", EACH),
    music("nexuiz-music", "usr/share/games/nexuiz/data/music/sound/cdtracks", "GPL-2+"),
    music_of("enigma-data", "usr/share/games/enigma/music", EACH, Valid),
    music_of("btanks-data", "usr/share/games/btanks/data/tunes", EACH, Valid),
    music_of("neverball-common", "usr/share/games/neverball/bgm", EACH, Valid),
    music_of("pinball-data", "usr/share/games/pinball", EACH, Valid),
];
