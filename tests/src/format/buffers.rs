//! The audio buffers of one instance: channels in ports, with a guard after each so that a plugin that writes too far is
//! found out.

/// Samples after a channel's last frame that nobody may write to.
const GUARD_FRAMES: usize = 16;
/// What stands there: a NaN that no arithmetic makes.
const GUARD: f32 = f32::from_bits(0x7fb5_a5a5);
/// What stands in an output before the plugin writes to it.
const UNWRITTEN: f32 = f32::from_bits(0x7fb5_5a5a);

/// Buffers of all inputs and outputs.
#[derive(Debug)]
pub(crate) struct Buffers {
    pub(crate) inputs: Vec<Port>,
    pub(crate) outputs: Vec<Port>,
    in_place: bool,
}

/// A port's channels.
#[derive(Debug)]
pub(crate) struct Port {
    channels: Vec<Vec<f32>>,
    /// What the plugin gets: of the main input where processing is in place.
    pub(crate) pointers: Vec<*mut f32>,
    /// Whether all of this block's samples are 0: the host says so.
    pub(crate) is_silent: bool,
}

impl Port {
    fn new(channels: u32, max_frames: u32) -> Self {
        let mut channels = vec![vec![0.0_f32; max_frames as usize + GUARD_FRAMES]; channels as usize];
        let pointers = channels.iter_mut().map(Vec::as_mut_ptr).collect();
        Self { channels, pointers, is_silent: false }
    }

    /// One bit a channel, all of them if it is silent.
    pub(crate) fn silence(&self) -> u64 {
        match self.channels.len() {
            _ if !self.is_silent => 0,
            64.. => u64::MAX,
            channels => (1 << channels) - 1,
        }
    }

    fn refresh(&mut self) {
        let fresh = self.channels.iter_mut().map(Vec::as_mut_ptr);
        self.pointers.iter_mut().zip(fresh).for_each(|(old, fresh)| *old = fresh);
    }
}

impl Buffers {
    /// For these widths. In place only where the main input and output are equally wide.
    pub(crate) fn new(inputs: &[u32], outputs: &[u32], max_frames: u32, in_place: bool) -> Self {
        let ports = |widths: &[u32]| widths.iter().map(|width| Port::new(*width, max_frames)).collect();
        let (inputs, mut outputs): (Vec<Port>, Vec<Port>) = (ports(inputs), ports(outputs));
        let in_place = in_place
            && matches!((inputs.first(), outputs.first()), (Some(a), Some(b)) if a.pointers.len() == b.pointers.len());
        if in_place {
            outputs[0].pointers.clone_from(&inputs[0].pointers);
        }
        Self { inputs, outputs, in_place }
    }

    /// The plugin's pointers must be younger than the host's last access.
    fn refresh(&mut self) {
        self.inputs.iter_mut().chain(&mut self.outputs).for_each(Port::refresh);
        if self.in_place {
            self.outputs[0].pointers.clone_from(&self.inputs[0].pointers);
        }
    }

    /// Fills the inputs from `sample(channel over all ports, frame of the block)`, the outputs and guards with marks.
    pub(crate) fn fill(&mut self, frames: usize, mut sample: impl FnMut(usize, usize) -> f32) {
        let channels = self.inputs.iter_mut().flat_map(|port| &mut port.channels);
        for (number, channel) in channels.enumerate() {
            for (frame, value) in channel[..frames].iter_mut().enumerate() {
                *value = sample(number, frame);
            }
            channel[frames..frames + GUARD_FRAMES].fill(GUARD);
        }
        for channel in self.outputs.iter_mut().flat_map(|port| &mut port.channels) {
            channel[..frames].fill(UNWRITTEN);
            channel[frames..frames + GUARD_FRAMES].fill(GUARD);
        }
        for port in &mut self.inputs {
            let samples = port.channels.iter().flat_map(|channel| &channel[..frames]);
            port.is_silent = samples.into_iter().all(|sample| *sample == 0.0);
        }
        self.refresh();
    }

    /// Whether every input, and every output, is so quiet in this block that a host may let the plugin sleep.
    pub(crate) fn are_quiet(&self, frames: usize) -> (bool, bool) {
        let quiet = |channel: &Vec<f32>| crate::sleep::is_quiet(&channel[..frames]);
        let inputs = self.inputs.iter().flat_map(|port| &port.channels).all(quiet);
        (inputs, self.all_outputs().all(quiet))
    }

    /// The main output.
    pub(crate) fn main_output(&self) -> &[Vec<f32>] {
        let ports = if self.in_place { &self.inputs } else { &self.outputs };
        ports.first().map_or(&[], |port| &port.channels)
    }

    /// Every output's channels.
    pub(crate) fn all_outputs(&self) -> impl Iterator<Item = &Vec<f32>> {
        let rest = self.outputs.iter().skip(1).flat_map(|port| &port.channels);
        self.main_output().iter().chain(rest)
    }

    /// Samples beyond the block that were written to.
    pub(crate) fn overruns(&self, frames: usize) -> u64 {
        let channels = self.inputs.iter().chain(&self.outputs).flat_map(|port| &port.channels);
        let guards = channels.flat_map(|channel| &channel[frames..frames + GUARD_FRAMES]);
        guards.filter(|value| value.to_bits() != GUARD.to_bits()).count() as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guards_notice_and_in_place_shares() {
        let mut buffers = Buffers::new(&[2, 2], &[2], 64, true);
        assert_eq!(buffers.inputs[0].pointers, buffers.outputs[0].pointers);
        buffers.fill(10, |channel, frame| (channel * 100 + frame) as f32);
        assert_eq!(buffers.main_output()[1][3], 103.0);
        assert_eq!(buffers.overruns(10), 0);
        buffers.inputs[1].channels[0][10] = 0.0;
        assert_eq!(buffers.overruns(10), 1);
        let separate = Buffers::new(&[2], &[1], 64, true);
        assert_ne!(separate.inputs[0].pointers[0], separate.outputs[0].pointers[0]);
    }
}
