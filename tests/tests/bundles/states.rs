//! States: round trips, broken ones, and one whose model is gone.

use crate::stage::{FORMATS, bundle, hold, set};
use rollcall_host::{Blocks, Plan, Process, Setup, Signal, Step};

fn keep(name: &str) -> Step {
    Step::Save(name.to_owned())
}

fn give(name: &str) -> Step {
    Step::Load(name.to_owned())
}

#[test]
fn states_come_back_to_the_byte_also_after_broken_ones() {
    for format in FORMATS {
        let plan = Plan::new(bundle(format)).steps([
            keep("default"),
            set("Memory", 0.25),
            set("Freeze", 1.0),
            // A host tells a VST3 processor of parameters with its next block.
            Step::Activate(Setup::new(48_000.0, 64)),
            Step::Process(Process::new(0.01, Blocks::Fixed(64), Signal::Silence)),
            Step::Deactivate,
            keep("changed"),
            Step::Read,
            Step::LoadBroken { from: "changed".to_owned(), count: 400 },
            give("changed"),
            Step::Read,
            keep("again"),
            Step::Reload { times: 1 },
            give("changed"),
            Step::Read,
            keep("after reload"),
            give("default"),
            keep("default again"),
            // And while it processes.
            Step::Activate(Setup::new(48_000.0, 64)),
            Step::Process(Process::new(0.1, Blocks::Fixed(64), Signal::Notes)),
            give("changed"),
            Step::LoadBroken { from: "changed".to_owned(), count: 50 },
            give("changed"),
            Step::Process(Process::new(0.1, Blocks::Fixed(64), Signal::Notes)),
            Step::Deactivate,
            keep("while active"),
        ]);
        let case = hold(&format!("{format}, states"), plan, &["pass-through", "no-edits"]);
        let states = &case.ran.record.states;
        assert_ne!(states["default"], states["changed"], "{format}");
        for same in ["again", "after reload", "while active"] {
            assert_eq!(states[same], states["changed"], "{format}: `{same}` is not what was saved");
        }
        assert_eq!(states["default again"], states["default"], "{format}");
        let values = &case.ran.record.values;
        assert_eq!(values[0], values[1], "{format}: values before and after broken states");
        assert_eq!(values[0], values[2], "{format}: values after a reload");
    }
}

/// A project whose model package is not on this machine: audio passes, nothing is reported, and the choice is kept, so that the
/// project is whole where the package is there.
#[test]
fn a_missing_model_costs_no_audio_and_stays_chosen() {
    for format in FORMATS {
        let saved = hold(
            &format!("{format}, a state"),
            Plan::new(bundle(format)).steps([keep("own")]),
            &["no-edits"],
        );
        let state = String::from_utf8_lossy(&saved.ran.record.states["own"]).into_owned();
        let text = &state[state.find('{').expect("JSON")..];
        let mut json: serde_json::Value = serde_json::from_str(text).expect("nice-plug's JSON");
        let choice =
            r#"{"kind":"package","name":"gone","version":"9","sha256":"00","folder":"/nowhere/gone"}"#;
        json["fields"]["model"] = choice.into();
        json["params"]["midi_cc"]["bool"] = true.into();
        let text = json.to_string();
        // CLAP's stream has no end that nice-plug could see: it puts the length before the text.
        let length = if format == "clap" { (text.len() as u64).to_le_bytes().to_vec() } else { Vec::new() };
        let plan = Plan::new(bundle(format)).steps([
            Step::LoadBytes([length, text.into_bytes()].concat()),
            Step::Activate(Setup::new(48_000.0, 512)),
            Step::Process(Process::new(1.0, Blocks::Fixed(512), Signal::Notes)),
            Step::Wait { seconds: 0.3 },
            Step::Process(Process::new(1.0, Blocks::Fixed(512), Signal::Notes)),
            Step::Deactivate,
            keep("after"),
        ]);
        let case =
            hold(&format!("{format}, model missing"), plan, &["pass-through", "latency=0", "no-allocations"]);
        let after = String::from_utf8_lossy(&case.ran.record.states["after"]).into_owned();
        assert!(after.contains("/nowhere/gone"), "{format}: the choice is lost: {after}");
    }
}
