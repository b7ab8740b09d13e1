//! Audio through the bundles: untouched, without latency, without an allocation, whatever host, rate, block or layout.

use crate::stage::{FORMATS, bundle, hold, set};
use rollcall_host::{
    Blocks, Mode, Pace, Plan, Process, Setting, Setup, Signal, Step, Transport, Value, check::checks,
    matrix::Matrix,
};

const UNTOUCHED: [&str; 5] = ["pass-through", "latency=0", "no-allocations", "no-edits", "no-events"];

/// NaN of all kinds, infinities and subnormals in, in place and with separate buffers in turn, empty blocks among them, rate,
/// block size, layout and mode changed in one life of the plugin.
#[test]
fn every_bit_passes_in_every_rate_block_layout_and_mode() {
    let matrix = Matrix {
        rates_hz: vec![8_000.0, 44_100.0, 48_000.0, 192_000.0],
        blocks: vec![
            Blocks::Fixed(64),
            Blocks::Fixed(4_096),
            Blocks::Random { min: 0, max: 2_048 },
            Blocks::HostLike(512),
            Blocks::List(vec![0, 0, 1, 0, 777]),
        ],
        layouts: vec![None, Some((1, false)), Some((2, false)), Some((6, true)), Some((8, false))],
        modes: vec![Mode::Realtime, Mode::Offline],
        seconds: 0.1,
        signal: Signal::Odd,
        seed: 4,
    };
    for format in FORMATS {
        for (name, plan) in matrix.plans(&bundle(format), None) {
            let case = hold(&format!("{format}, {name}"), plan, &UNTOUCHED);
            assert_eq!(case.ran.record.streams.len(), 10);
        }
    }
}

#[test]
fn rates_change_in_one_life_and_denormals_pass() {
    for format in FORMATS {
        let mut steps = Vec::new();
        for (turn, rate_hz) in
            [48_000.0, 44_100.0, 384_000.0, 8_000.0, 47_999.0, 48_000.0].into_iter().enumerate()
        {
            let blocks = Blocks::Random { min: 0, max: [64, 4_096, 16_384][turn % 3] };
            steps.push(Step::Activate(Setup::new(rate_hz, blocks.max_frames())));
            for signal in [Signal::Denormal, Signal::Notes] {
                let mut process = Process::new(0.2, blocks.clone(), signal);
                process.in_place = turn % 2 == 0;
                steps.extend([Step::Process(process), Step::Reset]);
            }
            // Without deactivating every other time: hosts do.
            if turn % 2 == 0 {
                steps.push(Step::Deactivate);
            }
        }
        hold(&format!("{format}, rates change"), Plan::new(bundle(format)).steps(steps), &UNTOUCHED);
    }
}

#[test]
fn automation_transport_and_bypass_touch_no_sample() {
    let script = "loop=1-1.5,jump@0.3=1,stop@0.6,play@0.7,tempo@0.8=333,jump@1.2=-3";
    for format in FORMATS {
        let mut process = Process::new(2.0, Blocks::HostLike(256), Signal::Odd);
        process.transport = script.parse::<Transport>().expect("a script");
        process.random_automation_hz = 300.0;
        let steps = [Step::Activate(Setup::new(48_000.0, 256)), Step::Process(process), Step::Deactivate];
        let claims = ["pass-through", "latency=0", "no-allocations", "no-edits"];
        // Destroyed at once after the last parameter change.
        hold(&format!("{format}, automation"), Plan::new(bundle(format)).steps(steps), &claims);
    }
}

#[test]
fn an_impulse_comes_out_in_its_own_frame() {
    for format in FORMATS {
        let process = Process::new(0.2, Blocks::Fixed(441), Signal::Impulse { every_s: 9.0 });
        let steps = [Step::Activate(Setup::new(44_100.0, 441)), Step::Process(process)];
        hold(
            &format!("{format}, impulse"),
            Plan::new(bundle(format)).steps(steps),
            &["latency=0", "delay=0"],
        );
    }
}

/// The meters are readable without the window only by those who ask: MIDI is silent until it is switched on.
#[test]
fn live_blocks_take_next_to_nothing_of_their_time() {
    for format in FORMATS {
        let mut process = Process::new(3.0, Blocks::Fixed(128), Signal::Notes);
        process.pace = Pace::Times(1.0);
        let steps = [
            set("MIDI controllers out", 1.0),
            Step::Activate(Setup::new(48_000.0, 128)),
            Step::Process(process),
            Step::Deactivate,
        ];
        // The median, which a loaded machine cannot spoil.
        let claims = ["pass-through", "no-allocations", "no-edits", "p50<1%", "events>=20"];
        hold(&format!("{format}, live"), Plan::new(bundle(format)).steps(steps), &claims);
    }
}

/// What validators check, with both kinds of MIDI on; and it sleeps, once all that was heard is over.
#[test]
fn validators_checks_hold_and_it_sleeps_when_all_is_over() {
    let on = |param: &str| Setting { param: param.to_owned(), value: Value::Normal(1.0) };
    let settings = ["MIDI controllers out", "MIDI notes out"].map(on);
    for format in FORMATS {
        for check in checks(&bundle(format), None, &settings, 2.0) {
            let mut claims: Vec<&str> = check.claims.iter().map(String::as_str).collect();
            let is_asleep = claims.contains(&"at-rest");
            claims.extend(if is_asleep { &["sleeps", "events>=20", "no-edits"][..] } else { &["no-edits"] });
            hold(&format!("{format}, {}", check.name), check.plan, &claims);
        }
    }
}
