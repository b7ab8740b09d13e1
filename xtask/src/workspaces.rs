//! The two workspaces that this repository is built as: the plugin's stands on crates that are patched first, and everything else
//! builds without them.

/// One of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Workspace {
    /// Program, engine, trainer, wheel, harness, and this program.
    Main,
    /// The plugin, its window and its other rooms.
    Plugin,
}

impl Workspace {
    pub(crate) const BOTH: [Self; 2] = [Self::Main, Self::Plugin];

    /// What a file is called that is written for each of them.
    pub(crate) fn suffix(self) -> &'static str {
        match self {
            Self::Main => "",
            Self::Plugin => "-plugin",
        }
    }

    /// From the root.
    pub(crate) fn manifest(self) -> &'static str {
        match self {
            Self::Main => "Cargo.toml",
            Self::Plugin => "plugin/Cargo.toml",
        }
    }

    /// From the root.
    pub(crate) fn lock(self) -> &'static str {
        match self {
            Self::Main => "Cargo.lock",
            Self::Plugin => "plugin/Cargo.lock",
        }
    }
}
