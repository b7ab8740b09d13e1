//! The `stream` kind: convolutions that slide over an endless spectrogram and compute every column once.

use super::build::expect_shape;
use super::dense::{Dense, QuantisedDense};
use super::detail::{self, Detail};
use super::onnx::Onnx;
use super::pulsed::{self, MAX_DELAY_COLUMNS, PlannedDense, Pulsed};
use super::quantised;
use super::recognise;
use super::runtime::{Hops, Runtime};
use super::stack::{Rows, Stack, StackState};
use super::window::{WINDOW_COLUMNS, Window};
use crate::{COLUMN_HOPS, EMBEDDING, EngineError, LogMelHop, MEL_BANDS, PackageError};
use rollcall_kernels::{Level, QuantisedLayer};
use std::{collections::VecDeque, iter, sync::Arc};
use tract_onnx::prelude::TypedSimpleState;

/// Columns that are convolved at once where many are to be had: their rows stay in the second-level cache, and every
/// weight is read once for all of them.
const PASS_COLUMNS: usize = 16;

/// The convolutions, and the dense layers behind them.
pub(crate) struct Columns {
    convolutions: Convolutions,
    dense: Windows,
    channels: usize,
    bands: usize,
    delay_columns: usize,
    detail: Option<Detail>,
    /// What a number of a column stands for.
    scale: f32,
}

enum Convolutions {
    Kernels(Stack),
    /// Of bytes; the numbers of a column are whole, from 0 to 255.
    Quantised(Stack<QuantisedLayer>),
    Tract(Pulsed),
}

enum Windows {
    Kernels(Dense),
    /// Of columns of [`Convolutions::Quantised`].
    Quantised(QuantisedDense),
    Tract(PlannedDense),
}

/// What the convolutions of one stream remember.
#[derive(Clone)]
pub(crate) struct ColumnsState {
    network: Arc<Columns>,
    convolutions: Progress,
    /// The newest columns, oldest first, each `[bands][channels]`.
    columns: VecDeque<Box<[f32]>>,
    /// What comes out of the convolutions.
    fresh: Vec<f32>,
}

#[derive(Clone)]
enum Progress {
    Kernels(StackState),
    /// With the bytes that come out.
    Quantised(StackState<u8>, Vec<u8>),
    Tract(TypedSimpleState),
}

impl Columns {
    /// Builds both halves and checks that they fit together.
    pub(super) fn load(columns: &mut Onnx, dense: &mut Onnx, runtime: Runtime) -> Result<Self, PackageError> {
        expect_shape(columns, "input shape", &columns.input(4)?, &[Some(1), Some(1), None, Some(MEL_BANDS)])?;
        if let Some(quantised) = runtime.level().and_then(|level| Self::quantised(columns, dense, level)) {
            return Ok(quantised);
        }
        let stack = runtime.level().and_then(|level| {
            let stack = Stack::new(&recognise::convolutions(columns)?, level);
            can_be_cut(&stack).then_some(stack)
        });
        let (channels, bands) = match &stack {
            Some(stack) => (Some(stack.channels()), Some(stack.bands())),
            None => (None, None),
        };
        expect_shape(columns, "output shape", &columns.output(4)?, &[Some(1), channels, None, bands])?;
        let (convolutions, channels, bands, delay_columns) = match stack {
            Some(stack) => {
                let (channels, bands, delay) = (stack.channels(), stack.bands(), stack.delay_columns());
                (Convolutions::Kernels(stack), channels, bands, delay)
            }
            None => {
                let pulsed = Pulsed::load(columns)?;
                let (channels, bands, delay) = (pulsed.channels, pulsed.bands, pulsed.delay_columns);
                (Convolutions::Tract(pulsed), channels, bands, delay)
            }
        };
        let window = [channels, WINDOW_COLUMNS, bands];
        pulsed::expect_windows(dense, window)?;
        let known = runtime.level().and_then(|level| Some((recognise::dense(dense, window)?, level)));
        let dense = match known {
            Some((layers, level)) => {
                expect_shape(dense, "output shape", &dense.output(2)?, &[None, Some(EMBEDDING)])?;
                Windows::Kernels(Dense::new(&layers, level))
            }
            None => Windows::Tract(PlannedDense::load(dense, window)?),
        };
        Ok(Self { convolutions, dense, channels, bands, delay_columns, detail: None, scale: 1.0 })
    }

    /// Both halves in bytes, if the kernels know both. What the files claim of their shapes is not asked: it is all in their nodes.
    fn quantised(columns: &Onnx, dense: &Onnx, level: Level) -> Option<Self> {
        let stream = quantised::stream(columns, dense, WINDOW_COLUMNS)?;
        let stack = Stack::quantised(&stream, level).filter(can_be_cut)?;
        let (channels, bands, delay_columns) = (stack.channels(), stack.bands(), stack.delay_columns());
        let dense = Windows::Quantised(QuantisedDense::new(&stream, level)?);
        let (convolutions, scale) = (Convolutions::Quantised(stack), stream.columns.scale);
        Some(Self { convolutions, dense, channels, bands, delay_columns, detail: None, scale })
    }

    /// Reads `detail.onnx` besides.
    pub(super) fn add_detail(&mut self, onnx: &mut Onnx) -> Result<(), PackageError> {
        self.detail = Some(Detail::load(onnx, self.channels, self.bands, self.scale)?);
        Ok(())
    }

    /// Computes no details from now on.
    pub(super) fn forget_detail(&mut self) {
        self.detail = None;
    }

    /// Numbers of a window's detail; 0 where there is none.
    pub(super) fn detail_len(&self) -> usize {
        self.detail.as_ref().map_or(0, Detail::len)
    }

    pub(super) fn delay_columns(&self) -> usize {
        self.delay_columns
    }

    #[cfg(test)]
    pub(super) fn is_kernels(&self) -> bool {
        !matches!((&self.convolutions, &self.dense), (Convolutions::Tract(_), _) | (_, Windows::Tract(_)))
    }

    #[cfg(test)]
    pub(super) fn is_quantised(&self) -> bool {
        matches!((&self.convolutions, &self.dense), (Convolutions::Quantised(_), Windows::Quantised(_)))
    }

    /// Floats of a column.
    pub(super) fn column_len(&self) -> usize {
        self.channels * self.bands
    }

    pub(super) fn state(self: &Arc<Self>) -> Result<ColumnsState, EngineError> {
        let column = vec![0.0; self.column_len()].into_boxed_slice();
        Ok(ColumnsState {
            convolutions: self.begin()?,
            columns: iter::repeat_n(column, WINDOW_COLUMNS).collect(),
            fresh: Vec::with_capacity(self.column_len()),
            network: Arc::clone(self),
        })
    }

    fn begin(&self) -> Result<Progress, EngineError> {
        Ok(match &self.convolutions {
            Convolutions::Kernels(stack) => Progress::Kernels(stack.begin()),
            Convolutions::Quantised(stack) => Progress::Quantised(stack.begin(), Vec::new()),
            Convolutions::Tract(pulsed) => Progress::Tract(pulsed.begin()?),
        })
    }

    /// Columns of a piece of a spectrogram, one after the other, less those that the border reaches which is not there:
    /// all that begin `delay_columns` or more before its end and, unless it begins where the spectrogram does, after its
    /// beginning.
    pub(super) fn piece(&self, hops: &[LogMelHop], at_beginning: bool) -> Result<Vec<f32>, EngineError> {
        let mut columns = Vec::new();
        match &self.convolutions {
            Convolutions::Kernels(stack) => {
                let mut stream = if at_beginning { stack.begin() } else { stack.begin_within().0 };
                for hops in hops.chunks(PASS_COLUMNS * COLUMN_HOPS) {
                    stack.advance(&mut stream, hops.iter(), &mut columns);
                }
            }
            Convolutions::Quantised(stack) => {
                let mut stream = if at_beginning { stack.begin() } else { stack.begin_within().0 };
                let mut bytes = Vec::new();
                for hops in hops.chunks(PASS_COLUMNS * COLUMN_HOPS) {
                    stack.advance(&mut stream, hops.iter(), &mut bytes);
                }
                columns.extend(bytes.iter().map(|&byte| f32::from(byte)));
            }
            Convolutions::Tract(pulsed) => {
                let mut state = pulsed.begin()?;
                // What comes out at first is before the beginning.
                let early = self.delay_columns * if at_beginning { 1 } else { 2 };
                for (pulse, hops) in hops.chunks_exact(COLUMN_HOPS).enumerate() {
                    pulsed::advance(&mut state, hops.iter(), &mut columns)?;
                    if pulse < early {
                        columns.clear();
                    }
                }
            }
        }
        Ok(columns)
    }

    /// What comes of windows, each given by its columns, oldest first. How many are computed at once changes no bit.
    pub(super) fn embed<'a, W: Iterator<Item = &'a [f32]> + Clone>(
        &self,
        windows: impl Iterator<Item = W> + Clone,
    ) -> Result<Vec<Window>, EngineError> {
        let embeddings = match &self.dense {
            Windows::Kernels(dense) => dense.embed(windows.clone()),
            Windows::Quantised(dense) => dense.embed(windows.clone()),
            Windows::Tract(dense) => {
                windows.clone().map(|window| dense.embed(window)).collect::<Result<_, _>>()?
            }
        };
        let detail = |window: W| self.detail.as_ref().map_or_else(Box::default, |detail| detail.of(window));
        let both = embeddings.into_iter().zip(windows);
        Ok(both.map(|(embedding, window)| Window { embedding, detail: detail(window) }).collect())
    }
}

/// Whether a piece of a spectrogram loses as much at its beginning as at its end, and not too much.
fn can_be_cut<L: Rows>(stack: &Stack<L>) -> bool {
    let delay = stack.delay_columns();
    delay <= MAX_DELAY_COLUMNS && stack.begin_within().1 == delay
}

impl ColumnsState {
    pub(super) fn advance(&mut self, hops: &Hops) -> Result<(), EngineError> {
        self.fresh.clear();
        match (&mut self.convolutions, &self.network.convolutions) {
            (Progress::Kernels(stream), Convolutions::Kernels(stack)) => {
                stack.advance(stream, pulsed::newest(hops), &mut self.fresh);
            }
            (Progress::Quantised(stream, bytes), Convolutions::Quantised(stack)) => {
                bytes.clear();
                stack.advance(stream, pulsed::newest(hops), bytes);
                self.fresh.extend(bytes.iter().map(|&byte| f32::from(byte)));
            }
            (Progress::Tract(state), _) => pulsed::advance(state, pulsed::newest(hops), &mut self.fresh)?,
            (Progress::Kernels(_) | Progress::Quantised(..), _) => {
                unreachable!("a state is of its network's kind")
            }
        }
        for fresh in self.fresh.chunks_exact(self.network.column_len()) {
            self.columns.rotate_left(1);
            self.columns.back_mut().expect("there are always six").copy_from_slice(fresh);
        }
        Ok(())
    }

    #[cfg(test)]
    pub(super) fn newest_column(&self) -> &[f32] {
        &self.columns[WINDOW_COLUMNS - 1]
    }

    pub(super) fn embed(&mut self) -> Result<Window, EngineError> {
        let window = self.columns.iter().map(|column| &**column);
        let mut windows = self.network.embed(iter::once(window))?;
        Ok(windows.pop().expect("one comes of one"))
    }

    /// The mean of the newest window's columns.
    pub(super) fn mean(&self) -> Vec<f32> {
        let mut mean = detail::mean(self.columns.iter().map(|column| &**column));
        mean.iter_mut().for_each(|x| *x *= self.network.scale);
        mean
    }
}
