//! A network ready to run.

use crate::ahead::TASK_COLUMNS;
use crate::events::Events;
use crate::head::{HeadStep, Heads, Pool};
use crate::network::{Hops, Network, NetworkState, PostProcessor, Runtime, Window};
use crate::package::{EventTable, Manifest};
use crate::{COLUMN_HOPS, EMBEDDING, EngineError, LogMelHop, PATCH_HOPS, Package, PackageError};
use rollcall_kernels::Level;
use std::fmt;

/// A network ready to run, shared by all engines (the weights exist once).
pub struct Model {
    package: Package,
    pub(crate) network: Network,
    pub(crate) post_processor: PostProcessor,
    pub(crate) heads: Heads,
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
        Self::build(package, Runtime::Kernels(Level::best()), false)
    }

    /// As [`Model::load`], and its steps have the detail of their windows ([`crate::Step::detail`]) whether or not a head reads it: for those
    /// who train heads.
    ///
    /// # Errors
    /// See [`PackageError`].
    pub fn load_with_detail(package: Package) -> Result<Self, PackageError> {
        Self::build(package, Runtime::Kernels(Level::best()), true)
    }

    /// As [`Model::load`], with all of the network computed by tract: the reference that the kernels are held to.
    ///
    /// # Errors
    /// See [`PackageError`].
    pub fn load_reference(package: Package) -> Result<Self, PackageError> {
        Self::build(package, Runtime::Tract, false)
    }

    pub(crate) fn build(
        mut package: Package,
        runtime: Runtime,
        keeps_detail: bool,
    ) -> Result<Self, PackageError> {
        let mut network = Network::load(&mut package, runtime)?;
        let heads = Heads::load(&mut package, network.detail_len())?;
        if !(keeps_detail || heads.read_details()) {
            network.forget_detail();
        }
        let events = Events::load(&mut package)?;
        let post_processor = PostProcessor::load(&package)?;
        Ok(Self { package, network, post_processor, heads, events })
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
                    embeddings.push(network.embed(&Hops::new())?.embedding);
                }
            }
        }
        Ok(embeddings)
    }

    /// What `detail.onnx` is given of each window of 96 hops in a spectrogram, one every 16 hops: the mean of its columns,
    /// `[bands][channels]`; nothing of a package of kind `patch`. For those who make such a layer.
    ///
    /// # Errors
    /// The network library failing.
    pub fn column_means(&self, spectrogram: &[LogMelHop]) -> Result<Vec<Vec<f32>>, EngineError> {
        let mut means = Vec::new();
        let mut state = self.network.state()?;
        let first = PATCH_HOPS / COLUMN_HOPS + self.network.delay_columns();
        for (column, hops) in spectrogram.chunks_exact(COLUMN_HOPS).enumerate() {
            state.advance(&hops.iter().copied().collect())?;
            if column + 1 >= first {
                means.extend(state.column_mean());
            }
        }
        Ok(means)
    }

    /// Numbers of the detail that each step has beside its embedding; 0 where the package has no `detail.onnx`, or no head reads it.
    pub fn detail_len(&self) -> usize {
        self.network.detail_len()
    }

    /// What the attention head says of a sequence of representations, all of them in one memory: it knows no silence and leaves out none
    /// ([`crate::Engine::clip`] pools the windows that its gate let through).
    ///
    /// Heads of added classes that want the detail of a window, too, are asked as if it were all 0: [`Model::attend_with`] has it.
    pub fn attend(&self, representations: &[[f32; EMBEDDING]]) -> Attended {
        let detail = vec![0.0; self.detail_len()];
        self.attend_with(representations.iter().map(|representation| (representation, &detail[..])))
    }

    /// As [`Model::attend`], each representation with the detail of its window, [`Model::detail_len`] numbers.
    pub fn attend_with<'a>(
        &self,
        windows: impl Iterator<Item = (&'a [f32; EMBEDDING], &'a [f32])>,
    ) -> Attended {
        let mut pool = Pool::new(self.heads.classes());
        let run = |(representation, detail): (&[f32; EMBEDDING], &[f32])| {
            let mut step = HeadStep::new(self.heads.classes());
            self.heads.step(&Window { embedding: *representation, detail: detail.into() }, &mut step);
            pool.add(&step);
            step
        };
        let steps: Vec<HeadStep> = windows.map(run).collect();
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
