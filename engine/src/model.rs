//! A network ready to run.

use crate::ahead::TASK_COLUMNS;
use crate::events::Events;
use crate::head::{Head, HeadStep, Pool};
use crate::network::{Hops, Network, NetworkState, PostProcessor, Runtime};
use crate::package::{EventTable, Manifest};
use crate::{COLUMN_HOPS, EMBEDDING, EngineError, LogMelHop, PATCH_HOPS, Package, PackageError};
use rollcall_kernels::Level;
use std::fmt;

/// A network ready to run, shared by all engines (the weights exist once).
pub struct Model {
    package: Package,
    pub(crate) network: Network,
    pub(crate) post_processor: PostProcessor,
    pub(crate) head: Head,
    pub(crate) events: Option<Events>,
}

impl Model {
    /// Checks shapes, opset and weights, and builds the network. Panics of the network library become errors.
    ///
    /// Takes up to seconds for a large package; belongs on a worker thread.
    ///
    /// # Errors
    /// See [`PackageError`].
    pub fn load(package: Package) -> Result<Self, PackageError> {
        Self::build(package, Runtime::Kernels(Level::best()))
    }

    /// As [`Model::load`], with all of the network computed by tract: the reference that the kernels are held to.
    ///
    /// # Errors
    /// See [`PackageError`].
    pub fn load_reference(package: Package) -> Result<Self, PackageError> {
        Self::build(package, Runtime::Tract)
    }

    pub(crate) fn build(mut package: Package, runtime: Runtime) -> Result<Self, PackageError> {
        let head = Head::load(&mut package)?;
        let events = Events::load(&mut package)?;
        let post_processor = PostProcessor::load(&package)?;
        let network = Network::load(&mut package, runtime)?;
        Ok(Self { package, network, post_processor, head, events })
    }

    /// The package it was built from, without the networks' files (their weights live on in the model).
    pub fn package(&self) -> &Package {
        &self.package
    }

    /// The manifest.
    pub fn manifest(&self) -> &Manifest {
        self.package.manifest()
    }

    /// The post-processed embedding of each window of 96 hops in a spectrogram, one every 16 hops, as an engine that is
    /// fed hop by hop has them: a `stream` package gives none for the last windows, which it must see 32 hops beyond.
    ///
    /// # Errors
    /// The network library failing.
    pub fn represent(&self, spectrogram: &[LogMelHop]) -> Result<Vec<[f32; EMBEDDING]>, EngineError> {
        let mut embeddings = self.embed(spectrogram)?;
        embeddings.iter_mut().for_each(|embedding| self.post_processor.apply(embedding));
        Ok(embeddings)
    }

    /// As [`Model::represent`], before post-processing.
    pub(crate) fn embed(&self, spectrogram: &[LogMelHop]) -> Result<Vec<[f32; EMBEDDING]>, EngineError> {
        let mut network = NetworkState::Known(Box::new(self.network.known()));
        let (columns, context) = (spectrogram.len() / COLUMN_HOPS, self.network.context_columns());
        let first = PATCH_HOPS / COLUMN_HOPS + self.network.delay_columns();
        let mut embeddings = Vec::new();
        for start in (0..columns).step_by(TASK_COLUMNS) {
            let end = columns.min(start + TASK_COLUMNS);
            let wanted: Vec<bool> = (start..end).map(|column| column + 1 >= first).collect();
            let hops = &spectrogram[start.saturating_sub(context) * COLUMN_HOPS..end * COLUMN_HOPS];
            let piece = self.network.piece(hops, &wanted)?;
            network.known().expect("it is made so").take(piece, &wanted)?;
            for _ in start..end {
                network.advance(&Hops::new())?;
                if network.known().is_some_and(|known| known.is_wanted()) {
                    embeddings.push(network.embed(&Hops::new())?);
                }
            }
        }
        Ok(embeddings)
    }

    /// What the attention head says of a sequence of representations, all of them in one memory: it knows no silence and leaves out none
    /// ([`crate::Engine::clip`] pools the windows that its gate let through).
    pub fn attend(&self, representations: &[[f32; EMBEDDING]]) -> Attended {
        let mut pool = Pool::new(self.head.classes());
        let mut steps = vec![HeadStep::new(self.head.classes()); representations.len()];
        for (step, representation) in steps.iter_mut().zip(representations) {
            self.head.step(representation, step);
            pool.add(step);
        }
        Attended {
            clip: pool.posterior().collect(),
            attention: steps.iter().map(|step| pool.attention(step).collect()).collect(),
            activity: steps.into_iter().map(|step| step.activity.into_vec()).collect(),
        }
    }

    /// Names of the classes, in the order of every activity.
    pub fn classes(&self) -> &[String] {
        &self.manifest().classes
    }

    /// How the package wants each class to be shown, in the order of the classes.
    pub fn looks(&self) -> Vec<rollcall_classes::Look> {
        let looks = &self.manifest().looks;
        self.classes().iter().map(|class| looks.get(class).copied().unwrap_or_default()).collect()
    }

    /// The events that the package can tell, and the instruments among them that are none of the classes.
    pub fn events(&self) -> Option<&EventTable> {
        self.manifest().events.as_ref()
    }

    /// Threshold of each class, in the order of the classes, 0..=1.
    pub fn thresholds(&self) -> &[f32] {
        &self.manifest().thresholds
    }
}

impl fmt::Debug for Model {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Model({:?})", self.package)
    }
}

/// What the attention head says of a sequence of steps (`head.onnx`), one value a class, all in 0..=1.
#[derive(Clone, Debug, PartialEq)]
pub struct Attended {
    /// Attention-pooled posterior.
    pub clip: Vec<f32>,
    /// Activity of each step.
    pub activity: Vec<Vec<f32>>,
    /// Attention of each step; sums to 1 over the steps.
    pub attention: Vec<Vec<f32>>,
}
