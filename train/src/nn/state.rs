//! A run on disk: weights, their running average and the optimiser's state, so that a killed run goes on.

use super::adam::Adam;
use super::params::Layout;
use crate::base::whole;
use anyhow::{Context, ensure};
use safetensors::{Dtype, SafeTensors, tensor::TensorView};
use std::{collections::HashMap, fs, path::Path};

/// Everything a run needs to go on.
#[derive(Clone, Debug)]
pub struct State {
    /// Weights as trained.
    pub values: Vec<f32>,
    /// Their exponential moving average: what is validated and shipped.
    pub average: Vec<f32>,
    /// Optimiser.
    pub adam: Adam,
    /// Steps done.
    pub step: u64,
}

impl State {
    /// A fresh start from these weights.
    pub fn new(layout: &Layout, values: Vec<f32>) -> Self {
        Self { average: values.clone(), values, adam: Adam::new(layout), step: 0 }
    }

    /// Writes the state, whole or not at all.
    ///
    /// # Errors
    /// The disk.
    pub fn save(&self, layout: &Layout, path: &Path) -> anyhow::Result<()> {
        let mut tensors = Vec::new();
        let parts = [
            ("values", &self.values),
            ("average", &self.average),
            ("first", &self.adam.first),
            ("second", &self.adam.second),
        ];
        for (part, flat) in parts {
            for entry in &layout.entries {
                let bytes: &[u8] = bytemuck::cast_slice(&flat[entry.range.clone()]);
                let view = TensorView::new(Dtype::F32, entry.shape.clone(), bytes)?;
                tensors.push((format!("{part}.{}", entry.name), view));
            }
        }
        let facts = HashMap::from([
            ("step".to_string(), self.step.to_string()),
            ("adam_steps".to_string(), self.adam.steps.to_string()),
        ]);
        whole::write_with(path, |beside| Ok(safetensors::serialize_to_file(tensors, Some(facts), beside)?))
    }

    /// Reads a state of exactly this layout.
    ///
    /// # Errors
    /// A file that is missing, damaged, or of another network.
    pub fn load(layout: &Layout, path: &Path) -> anyhow::Result<Self> {
        let bytes = fs::read(path).with_context(|| format!("reading {}", path.display()))?;
        let (_, header) = SafeTensors::read_metadata(&bytes)?;
        let fact = |name: &str| -> anyhow::Result<u64> {
            let facts = header.metadata().as_ref().context("no metadata")?;
            Ok(facts.get(name).with_context(|| format!("no {name}"))?.parse()?)
        };
        let tensors = SafeTensors::deserialize(&bytes)?;
        let read = |part: &str| -> anyhow::Result<Vec<f32>> {
            let mut flat = vec![0.0; layout.len()];
            for entry in &layout.entries {
                let name = format!("{part}.{}", entry.name);
                let tensor = tensors.tensor(&name).with_context(|| format!("{}: {name}", path.display()))?;
                ensure!(
                    tensor.shape() == entry.shape,
                    "{name} is {:?}, not {:?}",
                    tensor.shape(),
                    entry.shape
                );
                let to = flat[entry.range.clone()].iter_mut();
                to.zip(tensor.data().as_chunks::<4>().0).for_each(|(v, b)| *v = f32::from_le_bytes(*b));
            }
            Ok(flat)
        };
        let mut state = Self::new(layout, layout.initialise(0));
        (state.values, state.average) = (read("values")?, read("average")?);
        (state.adam.first, state.adam.second) = (read("first")?, read("second")?);
        (state.step, state.adam.steps) = (fact("step")?, fact("adam_steps")?);
        Ok(state)
    }
}
