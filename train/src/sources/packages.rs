//! Where the material comes from: packages, licences, independence groups and splits.
//!
//! A *group* is what shares recordings: two SoundFonts made from the same samples, a kit, a player, a singer. A
//! group is in one split only; `rollcall-train data check` holds the pool to it.

use crate::base::stem::Split;
use std::path::{Path, PathBuf};

/// The program that reads chord charts (MMA), within its package.
pub const CHART_PROGRAM: &str = "usr/bin/mma";

/// The registry that a package comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Registry {
    /// `apt-get download` and `dpkg-deb -x`.
    Debian,
    /// `npm pack`.
    Npm,
}

/// A package to fetch.
#[derive(Debug, Clone, Copy)]
pub struct Package {
    /// Where from.
    pub registry: Registry,
    /// Its name there.
    pub name: &'static str,
}

impl Package {
    /// Its folder under the packages' folder.
    #[must_use]
    pub fn folder(&self, packages: &Path) -> PathBuf {
        match self.registry {
            Registry::Debian => packages.join("deb").join(self.name),
            Registry::Npm => packages.join("npm").join(self.name.replace('/', "_")),
        }
    }
}

pub(super) const fn deb(name: &'static str) -> Package {
    Package { registry: Registry::Debian, name }
}

pub(super) const fn npm(name: &'static str) -> Package {
    Package { registry: Registry::Npm, name }
}

/// What of a SoundFont is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Use {
    /// All melodic instruments and the drum kits.
    Everything,
    /// The same, and its choirs are sung.
    EverythingAndChoirs,
    /// Its synthesizers only: it is a synthesizer itself.
    Synthesizers,
    /// Only a drum kit on bank 0.
    KitOnly,
}

/// A SoundFont (.sf2).
#[derive(Debug, Clone, Copy)]
pub struct Font {
    /// Independence group, measured by comparing samples.
    pub group: &'static str,
    /// The package that holds it.
    pub package: Package,
    /// Path within the package.
    pub path: &'static str,
    /// Licence of the samples.
    pub licence: &'static str,
    /// Part of the data.
    pub split: Split,
    /// What of it is used.
    pub use_of: Use,
    /// Share of phrases that it gets, beside 1 for a good large font.
    pub weight: f32,
}

/// The SoundFonts. `opl3-soundfont` is an FM chip, so all that it plays is a synthesizer.
pub const FONTS: &[Font] = &[
    Font {
        group: "R3",
        package: deb("fluid-soundfont-gm"),
        path: "usr/share/sounds/sf2/FluidR3_GM.sf2",
        licence: "MIT",
        split: Split::Train,
        use_of: Use::EverythingAndChoirs,
        weight: 1.0,
    },
    Font {
        group: "EMU",
        package: deb("timgm6mb-soundfont"),
        path: "usr/share/sounds/sf2/TimGM6mb.sf2",
        licence: "GPL-2",
        split: Split::Train,
        use_of: Use::Everything,
        weight: 1.0,
    },
    Font {
        group: "SVX",
        package: npm("@coderline/alphatab"),
        path: "package/dist/soundfont/sonivox.sf2",
        licence: "Apache-2.0",
        split: Split::Train,
        use_of: Use::Everything,
        weight: 0.5,
    },
    Font {
        group: "FM",
        package: deb("opl3-soundfont"),
        path: "usr/share/sounds/sf2/OPL-3_FM_128M.sf2",
        licence: "LGPL-2.1+",
        split: Split::Train,
        use_of: Use::Synthesizers,
        weight: 1.0,
    },
    Font {
        group: "AVL",
        package: deb("avldrums.lv2-soundfont"),
        path: "usr/share/sounds/sf2/Black_Pearl_4_LV2.sf2",
        licence: "CC-BY-SA-3.0",
        split: Split::Train,
        use_of: Use::KitOnly,
        weight: 1.0,
    },
    Font {
        group: "AVL",
        package: deb("avldrums.lv2-soundfont"),
        path: "usr/share/sounds/sf2/Red_Zeppelin_4_LV2.sf2",
        licence: "CC-BY-SA-3.0",
        split: Split::Train,
        use_of: Use::KitOnly,
        weight: 1.0,
    },
    Font {
        group: "GU",
        package: deb("minuet-data"),
        path: "usr/share/minuet/soundfonts/GeneralUser-v1.47.sf2",
        licence: "GeneralUser GS 2.0",
        split: Split::Valid,
        use_of: Use::EverythingAndChoirs,
        weight: 1.0,
    },
];

/// How the pieces of a [`Scores`] are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Notation {
    /// MMA and its library of styles, for which chord charts are written here.
    Charts,
    /// MIDI files below this folder of the package.
    Midi(&'static str),
}

/// Pieces for a band; who plays them is up to the SoundFonts.
#[derive(Debug, Clone, Copy)]
pub struct Scores {
    /// The package that holds them.
    pub package: Package,
    /// How they are written.
    pub notation: Notation,
    /// Licence of the pieces.
    pub licence: &'static str,
    /// Whether all are for training: recordings of the same pieces are, too.
    pub train_only: bool,
}

/// The scores. A style or a file of them is in one part only.
pub const SCORES: &[Scores] = &[
    Scores { package: deb("mma"), notation: Notation::Charts, licence: "GPL-2+", train_only: false },
    Scores {
        package: deb("openttd-openmsx"),
        notation: Notation::Midi("usr/share/games/openttd/baseset/openmsx"),
        licence: "GPL-2",
        train_only: false,
    },
    Scores {
        package: deb("planetblupi-music-midi"),
        notation: Notation::Midi("usr/share/planetblupi/music"),
        licence: "GPL-3+",
        train_only: true,
    },
];
