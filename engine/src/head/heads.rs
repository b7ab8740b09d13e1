//! The heads of a model, side by side on one embedding: that of `head.onnx`, then those of added classes.

use super::{Head, HeadStep};
use crate::network::Window;
use crate::{Package, PackageError, package::HEAD};

/// All heads of a model. What one of them says does not depend on the others.
pub(crate) struct Heads {
    heads: Vec<Head>,
}

impl Heads {
    /// Reads `head.onnx` and the files of added classes, for windows with details of so many numbers.
    pub(crate) fn load(package: &mut Package, detail: usize) -> Result<Self, PackageError> {
        let manifest = package.manifest();
        let own = (HEAD.to_owned(), manifest.own_classes(), manifest.head_normalisation);
        let added =
            manifest.added.iter().map(|head| (head.file.clone(), head.classes, head.head_normalisation));
        let files: Vec<_> = [own].into_iter().chain(added).collect();
        let load = |(file, classes, normalisation): (String, usize, _)| {
            Head::load(package, &file, classes, normalisation, detail)
        };
        Ok(Self { heads: files.into_iter().map(load).collect::<Result<_, _>>()? })
    }

    /// Classes of all heads.
    pub(crate) fn classes(&self) -> usize {
        self.heads.iter().map(|head| head.classes).sum()
    }

    /// Whether one of them reads the detail of a window.
    pub(crate) fn read_details(&self) -> bool {
        self.heads.iter().any(|head| head.input.is_some())
    }

    /// Classes of `head.onnx`: the first so many.
    pub(crate) fn own_classes(&self) -> usize {
        self.heads[0].classes
    }

    /// Runs the heads on what the network made of one step, post-processed.
    pub(crate) fn step(&self, window: &Window, out: &mut HeadStep) {
        let mut first = 0;
        for head in &self.heads {
            head.step(window, out.part(first..first + head.classes));
            first += head.classes;
        }
    }
}
