//! The plugin as a CLAP host sees it, entry point and all, linked into this process so that allocations can be counted.
#![cfg(not(debug_assertions))]
#![expect(unsafe_code, reason = "the plugin's entry point is a C symbol")]

mod common;

use clack_extensions::{
    latency::PluginLatency,
    params::{ParamInfoBuffer, PluginParams},
    render::{PluginRender, RenderMode},
    state::PluginState,
};
use clack_host::{entry::EntryDescriptor, prelude::*};
use std::time::{Duration, Instant};

struct Shared;

impl SharedHandler<'_> for Shared {
    fn request_restart(&self) {}
    fn request_process(&self) {}
    fn request_callback(&self) {}
}

struct TestHost;

impl HostHandlers for TestHost {
    type Shared<'a> = Shared;
    type MainThread<'a> = ();
    type AudioProcessor<'a> = ();
}

const ID: &std::ffi::CStr = c"org.rollcall.rollcall";

fn entry() -> PluginEntry {
    // Named so that the library, and with it the symbol, is linked in.
    let _ = rollcall_plugin::CHANNEL;
    unsafe extern "C" {
        static clap_entry: EntryDescriptor;
    }
    // SAFETY: nice-plug exports the symbol with this type; it is what every host loads.
    unsafe { PluginEntry::load_from_raw(&clap_entry, c"") }.expect("an entry")
}

fn instance(entry: &PluginEntry) -> PluginInstance<TestHost> {
    let info = HostInfo::new("Rollcall's tests", "Rollcall", "", "1").expect("text");
    PluginInstance::new(|_| Shared, |_| (), entry, ID, &info).expect("an instance")
}

fn values(instance: &mut PluginInstance<TestHost>) -> Vec<(String, f64)> {
    let params: PluginParams = instance.plugin_shared_handle().get_extension().expect("parameters");
    let handle = instance.plugin_handle();
    let mut buffer = ParamInfoBuffer::new();
    (0..params.count(&handle))
        .map(|index| {
            let info = params.get_info(&handle, index, &mut buffer).expect("a parameter");
            let (name, id) = (String::from_utf8_lossy(info.name).into_owned(), info.id);
            (name, params.get_value(&handle, id).expect("a value"))
        })
        .collect()
}

fn save(instance: &mut PluginInstance<TestHost>) -> Vec<u8> {
    let state: PluginState = instance.plugin_shared_handle().get_extension().expect("a state");
    let mut bytes = Vec::new();
    state.save(&instance.plugin_handle(), &mut bytes).expect("saved");
    bytes
}

/// nice-plug puts the length of the text before it, in eight bytes.
fn framed(text: &[u8]) -> Vec<u8> {
    [&(text.len() as u64).to_le_bytes(), text].concat()
}

fn load(instance: &mut PluginInstance<TestHost>, bytes: &[u8]) -> bool {
    let state: PluginState = instance.plugin_shared_handle().get_extension().expect("a state");
    state.load(&instance.plugin_handle(), &mut &bytes[..]).is_ok()
}

#[test]
fn scan_and_instances_are_quick() {
    let began = Instant::now();
    let entry = entry();
    let factory = entry.get_plugin_factory().expect("a factory");
    let names: Vec<_> = factory.plugin_descriptors().filter_map(|d| Some(d.name()?.to_owned())).collect();
    let scan = began.elapsed();
    assert_eq!(names, [c"Rollcall".to_owned()]);
    let began = Instant::now();
    drop(instance(&entry));
    let one = began.elapsed();
    println!("scan {scan:?}, instance made and dropped in {one:?}");
    assert!(scan < Duration::from_millis(100) && one < Duration::from_millis(100));
}

#[test]
fn states_come_back_and_broken_ones_do_no_damage() {
    let entry = entry();
    let mut first = instance(&entry);
    let default = save(&mut first);
    let text = str::from_utf8(&default[8..]).expect("JSON");
    let changed_text = text.replace(r#""memory":{"f32":3.0}"#, r#""memory":{"f32":7.5}"#);
    assert_ne!(changed_text, text);
    let changed = framed(changed_text.as_bytes());
    assert!(load(&mut first, &changed));
    let values_then = values(&mut first);
    let memory = values_then.iter().find(|(name, _)| name == "Memory").expect("a parameter").1;
    // nice-plug gives CLAP hosts normalised values: 7.5 of 1 to 30.
    assert!((memory - 6.5 / 29.0).abs() < 1e-6, "{memory}");
    assert_eq!(save(&mut first), changed);

    let mut seed = 1_u64;
    let mut random = || {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (seed >> 33) as usize
    };
    for cut in 0..changed.len() {
        assert!(!load(&mut first, &changed[..cut]), "{cut} bytes of a state were taken");
        let text = &changed_text.as_bytes()[..cut.min(changed_text.len() - 1)];
        assert!(!load(&mut first, &framed(text)), "{cut} bytes of a text were taken");
    }
    assert_eq!(values(&mut first), values_then);
    for _ in 0..500 {
        let noise: Vec<u8> = (0..random() % 400).map(|_| random() as u8).collect();
        load(&mut first, &noise);
        load(&mut first, &framed(&noise));
        let mut flipped = changed.clone();
        let at = random() % flipped.len();
        flipped[at] = random() as u8;
        load(&mut first, &flipped);
    }
    assert!(load(&mut first, &changed));
    assert_eq!(values(&mut first), values_then);
    assert_eq!(save(&mut first), changed);
    // Of an older version: without most parameters and fields, with one that is gone, and one beyond all bounds.
    let old =
        br#"{"version":"0.0.1","params":{"hold":{"f32":3e38},"gone":{"f32":1.0}},"fields":{"view":"{}"}}"#;
    assert!(load(&mut first, &framed(old)));
    let old_values = values(&mut first);
    assert!(old_values.iter().all(|(_, value)| value.is_finite()));
    let infinite = br#"{"version":"0.0.1","params":{"hold":{"f32":1e39}},"fields":{}}"#;
    assert!(!load(&mut first, &framed(infinite)), "no 32-bit number");
    assert_eq!(values(&mut first), old_values);
    assert!(load(&mut instance(&entry), &default));
}

/// What version 0.1.0 saved: an own view, an own model that is on no machine, and values that are no defaults.
const STATE_0_1_0: &str = r#"{"version":"0.1.0","params":{"attack":{"f32":20.0},"bypass":{"bool":true},"channels":{"string":"side"},"freeze":{"bool":true},"hold":{"f32":2.5},"input":{"string":"sidechain"},"memory":{"f32":15.5},"midi_cc":{"bool":true},"midi_notes":{"bool":true},"release":{"f32":1000.0},"reset":{"bool":false},"reset_on_play":{"bool":true},"sensitivity":{"f32":-10.0},"update":{"i32":3}},"fields":{"model":"{\"kind\":\"package\",\"name\":\"mine\",\"version\":\"3\",\"sha256\":\"00\",\"folder\":\"/nowhere\"}","view":"{\"size\":[640.0,480.0],\"zoom\":1.5,\"appearance\":\"light\",\"sort\":\"activity\",\"folded\":[\"winds\"],\"placement\":\"below\",\"span_s\":120.0,\"axis\":\"bars\",\"heat\":\"cividis\",\"attention\":true,\"picture\":false,\"export_folder\":\"out\",\"export_name\":\"take\",\"export_formats\":[true,false,true,false]}"}}"#;

#[test]
fn a_state_of_version_0_1_0_comes_back_whole() {
    let entry = entry();
    let mut plugin = instance(&entry);
    assert!(load(&mut plugin, &framed(STATE_0_1_0.as_bytes())));
    let saved = save(&mut plugin);
    // With what is newer.
    let with_newer = STATE_0_1_0.replacen(r#""memory":"#, r#""keep_audio":{"bool":true},"memory":"#, 1);
    assert_eq!(str::from_utf8(&saved[8..]).expect("JSON"), with_newer);
    let shown: Vec<String> = texts(&mut plugin).into_iter().map(|(_, text)| text).collect();
    let expected = [
        "On",
        "Sidechain",
        "Side",
        "15.5 s",
        "20 ms",
        "1000 ms",
        "640 ms",
        "-10.0 dB",
        "2.5 s",
        "On",
        "Ready",
        "On",
        "On",
        "On",
        "On",
    ];
    assert_eq!(shown, expected);
}

/// Name and text of each parameter as it stands.
fn texts(instance: &mut PluginInstance<TestHost>) -> Vec<(String, String)> {
    let params: PluginParams = instance.plugin_shared_handle().get_extension().expect("parameters");
    let handle = instance.plugin_handle();
    let mut buffer = ParamInfoBuffer::new();
    (0..params.count(&handle))
        .map(|index| {
            let info = params.get_info(&handle, index, &mut buffer).expect("a parameter");
            let (name, id) = (String::from_utf8_lossy(info.name).into_owned(), info.id);
            let value = params.get_value(&handle, id).expect("a value");
            let mut room = [0; 64];
            let text = params.value_to_text(&handle, id, value, &mut room).expect("a text");
            (name, String::from_utf8_lossy(text).trim_end_matches('\0').to_owned())
        })
        .collect()
}

fn text_is_number(name: &str) -> bool {
    ["Memory", "Attack", "Release", "Update interval", "Sensitivity", "Hold"].contains(&name)
}

#[test]
fn every_parameter_s_texts_go_both_ways() {
    let entry = entry();
    let mut plugin = instance(&entry);
    let params: PluginParams = plugin.plugin_shared_handle().get_extension().expect("parameters");
    let handle = plugin.plugin_handle();
    let mut buffer = ParamInfoBuffer::new();
    assert_eq!(params.count(&handle), 15);
    for index in 0..params.count(&handle) {
        let info = params.get_info(&handle, index, &mut buffer).expect("a parameter");
        let (name, id) = (String::from_utf8_lossy(info.name).into_owned(), info.id);
        let (min, max) = (info.min_value, info.max_value);
        for step in 0..=8 {
            let value = min + (max - min) * f64::from(step) / 8.0;
            let mut room = [[0; 64]; 2];
            let [one, two] = &mut room;
            let text = params.value_to_text(&handle, id, value, one).expect("a text");
            let text = String::from_utf8_lossy(text).trim_end_matches('\0').to_owned();
            let c_text = std::ffi::CString::new(text.clone()).expect("no zero in it");
            let back = params.text_to_value(&handle, id, &c_text);
            let back = back.unwrap_or_else(|| panic!("{name} does not take its own text {text:?}"));
            let again = params.value_to_text(&handle, id, back, two).expect("a text");
            assert_eq!(String::from_utf8_lossy(again).trim_end_matches('\0'), text, "{name}");
        }
        // nice-plug takes any text for a switch, and what is not "on" for off.
        let is_number = text_is_number(&name);
        assert!(!is_number || params.text_to_value(&handle, id, c"nonsense").is_none(), "{name}");
    }
}

#[test]
fn a_render_through_clap_is_bit_exact_without_allocation_in_real_time() {
    let entry = entry();
    for mode in [RenderMode::Realtime, RenderMode::Offline] {
        let mut plugin = instance(&entry);
        let render: PluginRender = plugin.plugin_shared_handle().get_extension().expect("a render mode");
        render.set(&plugin.plugin_handle(), mode).expect("a mode");
        let latency: PluginLatency = plugin.plugin_shared_handle().get_extension().expect("a latency");
        let config =
            PluginAudioConfiguration { sample_rate: 48_000.0, min_frames_count: 1, max_frames_count: 1_024 };
        let processor = plugin.activate(|_, _| (), config).expect("active");
        assert_eq!(latency.get(&plugin.plugin_handle()), 0);
        let mut processor = processor.start_processing().expect("started");
        let mut input_ports = AudioPorts::with_capacity(4, 2);
        let mut output_ports = AudioPorts::with_capacity(2, 1);
        for block in 0..400_usize {
            let frames = [1_024, 1, 333, 64][block % 4];
            let sample = |i: usize| {
                if i.is_multiple_of(97) { f32::NAN } else { ((i * 31) % 200) as f32 / 100.0 - 1.0 }
            };
            let mut main: Vec<Vec<f32>> =
                (0..2).map(|c| (0..frames).map(|f| sample(block + f + c)).collect()).collect();
            let mut side = main.clone();
            let mut out = vec![vec![0.5_f32; frames]; 2];
            let (result, allocations) = {
                let inputs =
                    input_ports.with_input_buffers([&mut main, &mut side].map(|bus| AudioPortBuffer {
                        latency: 0,
                        channels: AudioPortBufferType::f32_input_only(
                            bus.iter_mut().map(InputChannel::variable),
                        ),
                    }));
                let mut outputs = output_ports.with_output_buffers([AudioPortBuffer {
                    latency: 0,
                    channels: AudioPortBufferType::f32_output_only(out.iter_mut().map(Vec::as_mut_slice)),
                }]);
                let mut events = EventBuffer::new();
                common::count(|| {
                    processor.process(
                        &inputs,
                        &mut outputs,
                        &InputEvents::empty(),
                        &mut OutputEvents::from_buffer(&mut events),
                        None,
                        None,
                    )
                })
            };
            result.expect("processed");
            if mode == RenderMode::Realtime && block > 0 {
                assert_eq!(allocations, 0, "block {block}");
            }
            let bits = |bus: &[Vec<f32>]| bus.iter().flatten().map(|s| s.to_bits()).collect::<Vec<_>>();
            assert_eq!(bits(&out), bits(&main), "block {block}");
        }
        plugin.deactivate(processor.stop_processing());
    }
}

#[test]
fn a_bus_that_the_host_leaves_out_is_not_read() {
    // So much that the system takes it back when it is dropped: whoever reads it then is ended.
    const MUCH: usize = 16 << 20;
    const FRAMES: usize = 64;
    let entry = entry();
    let mut plugin = instance(&entry);
    let config =
        PluginAudioConfiguration { sample_rate: 48_000.0, min_frames_count: 1, max_frames_count: 64 };
    let mut processor =
        plugin.activate(|_, _| (), config).expect("active").start_processing().expect("started");
    let (mut ins, mut outs) = (AudioPorts::with_capacity(4, 2), AudioPorts::with_capacity(2, 1));
    // Of what the host says of its buses, the sidechain is behind the end of the second block's list.
    for buses in [2, 1] {
        let mut side: Vec<Vec<f32>> = vec![vec![0.0; if buses == 2 { MUCH } else { 0 }]; 2];
        let mut main = vec![vec![0.25_f32; FRAMES]; 2];
        let mut out = vec![vec![0.0_f32; FRAMES]; 2];
        {
            let side = side.iter_mut().map(|channel| &mut channel[..FRAMES.min(MUCH * (buses - 1))]);
            let side: Vec<&mut [f32]> = side.collect();
            let main: Vec<&mut [f32]> = main.iter_mut().map(Vec::as_mut_slice).collect();
            let inputs =
                ins.with_input_buffers([main, side].into_iter().take(buses).map(|bus| AudioPortBuffer {
                    latency: 0,
                    channels: AudioPortBufferType::f32_input_only(
                        bus.into_iter().map(InputChannel::variable),
                    ),
                }));
            let mut outputs = outs.with_output_buffers([AudioPortBuffer {
                latency: 0,
                channels: AudioPortBufferType::f32_output_only(out.iter_mut().map(Vec::as_mut_slice)),
            }]);
            let (none, mut void) = (InputEvents::empty(), OutputEvents::void());
            processor.process(&inputs, &mut outputs, &none, &mut void, None, None).expect("processed");
        }
        assert_eq!(out, main, "{buses} buses");
    }
    plugin.deactivate(processor.stop_processing());
}
