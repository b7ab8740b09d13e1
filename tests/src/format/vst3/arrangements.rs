//! Whether a processor that says yes to an arrangement of its buses keeps its word.

use super::audio::{ports, takes};
use vst3::{ComPtr, Steinberg::Vst::*};

/// What hosts ask for (VST3 SDK, vstspeaker.h).
const USUAL: &[(&str, SpeakerArrangement)] = &[
    ("mono", SpeakerArr::kMono),
    ("left alone", 1),
    ("stereo", SpeakerArr::kStereo),
    ("stereo surround", SpeakerArr::kStereoSurround),
    ("LCR", SpeakerArr::k30Cine),
    ("LRS", SpeakerArr::k30Music),
    ("LRCS", SpeakerArr::k40Cine),
    ("quadro", SpeakerArr::k40Music),
    ("3.1", SpeakerArr::k31Cine),
    ("5.0", SpeakerArr::k50),
    ("5.1", SpeakerArr::k51),
    ("6.0", SpeakerArr::k60Cine),
    ("6.1", SpeakerArr::k61Cine),
    ("7.0", SpeakerArr::k70Cine),
    ("7.0 music", SpeakerArr::k70Music),
    ("7.1", SpeakerArr::k71Cine),
    ("7.1 music", SpeakerArr::k71Music),
];

/// Asks for every pair of usual arrangements, one for the main buses and one for the others, and for the first input alone,
/// while it is inactive. Says what contradicts itself; leaves the buses as they were.
pub(super) fn contradictions(
    component: &ComPtr<IComponent>,
    processor: &ComPtr<IAudioProcessor>,
) -> Vec<String> {
    let mut found = Vec::new();
    let before = [true, false].map(|is_input| told(processor, is_input, ports(component, is_input).len()));
    let [inputs, outputs] = [&before[0], &before[1]].map(Vec::len);
    for (main_name, main) in USUAL {
        for (aux_name, aux) in USUAL {
            let list = |count: usize| (0..count).map(|bus| if bus == 0 { *main } else { *aux }).collect();
            for count in [inputs, inputs.min(1)] {
                // The same again where there is but one.
                if count < 2 && main != aux {
                    continue;
                }
                let asked = [list(count), list(outputs)];
                let what =
                    format!("buses in {main_name}, the others in {aux_name}, {count} of {inputs} inputs");
                found.extend(ask(component, processor, asked, &what));
            }
        }
    }
    let _ = takes(processor, &before[0], &before[1]);
    found
}

/// Asks for these and reads back what there is.
fn ask(
    component: &ComPtr<IComponent>,
    processor: &ComPtr<IAudioProcessor>,
    asked: [Vec<SpeakerArrangement>; 2],
    what: &str,
) -> Vec<String> {
    let mut found = Vec::new();
    let is_taken = takes(processor, &asked[0], &asked[1]);
    for (is_input, asked) in [true, false].into_iter().zip(asked) {
        let side = if is_input { "input" } else { "output" };
        let ports = ports(component, is_input);
        let told = told(processor, is_input, ports.len());
        if is_taken && told.len() != asked.len() {
            found.push(format!("{what}: taken, but there are {} {side}s", told.len()));
        }
        for (bus, (told, asked)) in told.iter().zip(&asked).enumerate() {
            if is_taken && told != asked {
                found.push(format!("{what}: taken, but {side} {bus} is {told:#x} and not {asked:#x}"));
            }
        }
        for (bus, (told, port)) in told.iter().zip(&ports).enumerate() {
            if told.count_ones() != port.channels {
                let channels = port.channels;
                found.push(format!("{what}: {side} {bus} is {told:#x} and has {channels} channels"));
            }
        }
    }
    found
}

fn told(processor: &ComPtr<IAudioProcessor>, is_input: bool, buses: usize) -> Vec<SpeakerArrangement> {
    let direction = if is_input { BusDirections_::kInput } else { BusDirections_::kOutput } as BusDirection;
    (0..buses)
        .map(|bus| {
            let mut arrangement = 0;
            // SAFETY: the processor is alive, and the call is given room for what it writes.
            unsafe { processor.getBusArrangement(direction, bus as i32, &mut arrangement) };
            arrangement
        })
        .collect()
}
