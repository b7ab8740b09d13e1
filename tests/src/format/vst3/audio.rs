//! Buses and speaker arrangements.

use super::module::wide_text;
use crate::{plan::Setup, record::Port, trouble::Trouble};
use vst3::{
    ComPtr,
    Steinberg::{Vst::*, *},
};

const AUDIO: MediaType = MediaTypes_::kAudio as MediaType;
const EVENT: MediaType = MediaTypes_::kEvent as MediaType;
const INPUT: BusDirection = BusDirections_::kInput as BusDirection;
const OUTPUT: BusDirection = BusDirections_::kOutput as BusDirection;

/// The usual arrangement of so many channels (VST3 SDK, vstspeaker.h); any so many speakers beyond 7.1.
fn arrangement(channels: u32) -> SpeakerArrangement {
    match channels {
        0 => 0,
        1 => SpeakerArr::kMono,
        2 => SpeakerArr::kStereo,
        3 => SpeakerArr::k30Cine,
        4 => SpeakerArr::k40Music,
        5 => SpeakerArr::k50,
        6 => SpeakerArr::k51,
        7 => SpeakerArr::k70Cine,
        8 => SpeakerArr::k71Cine,
        more => (1_u64 << more.min(63)) - 1,
    }
}

/// All buses of one direction.
pub(super) fn ports(component: &ComPtr<IComponent>, is_input: bool) -> Vec<Port> {
    let direction = if is_input { INPUT } else { OUTPUT };
    // SAFETY: the component is alive, and the call is given room for what it writes.
    unsafe {
        (0..component.getBusCount(AUDIO, direction))
            .filter_map(|index| {
                let mut info: BusInfo = std::mem::zeroed();
                let found = component.getBusInfo(AUDIO, direction, index, &mut info) == kResultOk;
                found.then(|| Port {
                    name: wide_text(&info.name),
                    channels: info.channelCount.max(0) as u32,
                    main: info.busType == BusTypes_::kMain as BusType,
                })
            })
            .collect()
    }
}

/// Number of event buses of one direction.
pub(super) fn event_ports(component: &ComPtr<IComponent>, is_input: bool) -> u32 {
    // SAFETY: the component is alive.
    unsafe { component.getBusCount(EVENT, if is_input { INPUT } else { OUTPUT }) }.max(0) as u32
}

/// Asks for an arrangement of each bus; whether the processor takes them.
pub(super) fn takes(
    processor: &ComPtr<IAudioProcessor>,
    inputs: &[SpeakerArrangement],
    outputs: &[SpeakerArrangement],
) -> bool {
    let (mut inputs, mut outputs) = (inputs.to_vec(), outputs.to_vec());
    // SAFETY: the processor is alive, both lists are as long as is said.
    let answer = unsafe {
        processor.setBusArrangements(
            inputs.as_mut_ptr(),
            inputs.len() as i32,
            outputs.as_mut_ptr(),
            outputs.len() as i32,
        )
    };
    answer == kResultTrue
}

/// Asks for the layout of a set-up, and switches its buses on.
///
/// # Errors
/// The plugin takes neither the layout nor a like one.
pub(super) fn arrange(
    component: &ComPtr<IComponent>,
    processor: &ComPtr<IAudioProcessor>,
    setup: &Setup,
) -> Result<(), Trouble> {
    let widths = |is_input| {
        let ports = ports(component, is_input);
        ports.into_iter().map(|port| arrangement(setup.channels.unwrap_or(port.channels))).collect::<Vec<_>>()
    };
    let (inputs, outputs) = (widths(true), widths(false));
    // Without a sidechain: first as a layout of its own, then with its bus switched off.
    let few = if setup.sidechain { inputs.len() } else { inputs.len().min(1) };
    let ask = |count: usize| takes(processor, &inputs[..count], &outputs);
    let taken = ask(few) || (few < inputs.len() && ask(inputs.len()));
    if !taken && setup.channels.is_some() {
        let channels = setup.channels.unwrap_or(0);
        let has = |is_input| ports(component, is_input).first().map_or(0, |port| port.channels);
        if (has(true), has(false)) != (channels, channels) {
            let (i, o) = (has(true), has(false));
            return Err(Trouble::refused(format!("{channels} channels: it has {i} in and {o} out")));
        }
    }
    for (direction, is_input) in [(INPUT, true), (OUTPUT, false)] {
        for index in 0..ports(component, is_input).len() {
            let is_on = index == 0 || !is_input || setup.sidechain;
            // SAFETY: the component is alive, and the bus is there.
            unsafe { component.activateBus(AUDIO, direction, index as i32, TBool::from(is_on)) };
        }
        for index in 0..event_ports(component, is_input) {
            // SAFETY: as above.
            unsafe { component.activateBus(EVENT, direction, index as i32, 1) };
        }
    }
    Ok(())
}
