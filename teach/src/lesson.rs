//! What is to be learned: classes, and recordings with what is known of them. Checked before any work.

use anyhow::{Result, bail, ensure};
use rollcall_classes::Look;
use rollcall_engine::package::{Kind, Manifest};
use std::{collections::BTreeMap, path::PathBuf};

/// Classes that the plugin's window shows at most (`rollcall_board::MAX_CLASSES`, which its tests hold to this).
pub const MOST_IN_PLUGIN: usize = 64;
/// Classes of a package (`engine/src/package/check.rs`).
const MOST: usize = 1024;

/// What becomes of the classes that the base package has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// They stay as they are, to the last bit, and the new ones join them.
    Add,
    /// The new ones take their place.
    Only,
}

/// What is known of a stretch of a recording.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    /// First second.
    pub start_s: f64,
    /// Last second; infinite: to the end.
    pub end_s: f64,
    /// The class that it is about, by its place in [`Lesson::classes`]; `None`: it is about all of them.
    pub class: Option<usize>,
    /// Whether that class plays. Of one that plays it is also known that the others do not, unless another part says so.
    pub plays: bool,
}

impl Part {
    /// About a recording from end to end.
    pub fn whole(class: Option<usize>, plays: bool) -> Self {
        Self { start_s: 0.0, end_s: f64::INFINITY, class, plays }
    }
}

/// A recording.
#[derive(Clone, Debug, PartialEq)]
pub struct Recording {
    /// The file.
    pub path: PathBuf,
    /// What it is called in messages.
    pub name: String,
    /// What it shares a player, an instrument or a session with: what is of one group is held out together.
    pub group: String,
    /// What is known of it.
    pub parts: Vec<Part>,
}

/// What is to be learned.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Lesson {
    /// Names of the classes.
    pub classes: Vec<String>,
    /// Recordings, in an order that does not depend on the machine.
    pub recordings: Vec<Recording>,
    /// How classes are shown, by name; those that are not in it as their names say.
    pub looks: BTreeMap<String, Look>,
    /// Whether somebody said which recordings belong together.
    pub is_grouped: bool,
}

impl Lesson {
    /// Whether a recording shows a class.
    pub(crate) fn shows(recording: &Recording, class: usize) -> bool {
        recording.parts.iter().any(|part| part.plays && part.class == Some(class))
    }

    /// Checks it against the package that it is to stand on.
    ///
    /// # Errors
    /// What cannot be learned, and what to do about it.
    pub fn check(&self, base: &Manifest, mode: Mode) -> Result<()> {
        ensure!(
            base.kind == Kind::Stream,
            "the base package {} is of kind `patch`, which computes six times as much a second and brings no music to learn beside: \
             name one of kind `stream` with --base (`rollcall model inspect` shows the kind), or leave --base out",
            base.name
        );
        ensure!(
            !self.classes.is_empty(),
            "there is no class to learn: give a folder with a folder of recordings for each class, or --labels"
        );
        self.check_names(base, mode)?;
        for (class, name) in self.classes.iter().enumerate() {
            ensure!(
                self.recordings.iter().any(|recording| Self::shows(recording, class)),
                "'{name}' has no recording: put some into its folder, or remove the folder"
            );
        }
        Ok(())
    }

    fn check_names(&self, base: &Manifest, mode: Mode) -> Result<()> {
        let kept = if mode == Mode::Add { base.classes.len() } else { 0 };
        let all = kept + self.classes.len();
        ensure!(all <= MOST, "{all} classes are more than the {MOST} that a package may have");
        for (class, name) in self.classes.iter().enumerate() {
            let fits = !name.is_empty() && name.len() <= 64 && !name.chars().any(char::is_control);
            ensure!(
                fits,
                "'{name}' is no name of a class: use 1 to 64 bytes without control characters; rename its folder"
            );
            if let Some(other) = self.classes[..class].iter().find(|other| plain(other) == plain(name)) {
                bail!(
                    "'{other}' and '{name}' are one name but for capitals, blanks and underscores: put their recordings into one \
                     folder, or give one of them another name"
                );
            }
            if mode == Mode::Add
                && let Some(taken) = base.classes.iter().find(|taken| plain(taken) == plain(name))
            {
                bail!(
                    "'{name}' is called as a class that {} has ('{taken}'), and --add leaves those as they are: give it a name of \
                     its own, as 'my {name}', or let your classes take the place of all others with --only",
                    base.name
                );
            }
        }
        Ok(())
    }
}

/// A name without what people don't tell names apart by.
fn plain(name: &str) -> String {
    name.to_lowercase().chars().filter(|c| !matches!(c, ' ' | '_' | '-')).collect()
}
