//! Many lives, side by side, one after the other, and long ones.

use crate::stage::{FORMATS, bundle, hold, set};
use rollcall_host::{Blocks, Mode, Plan, Process, Setup, Signal, Step};

fn short(seconds: f64) -> [Step; 3] {
    let process = Process::new(seconds, Blocks::HostLike(512), Signal::Notes);
    [Step::Activate(Setup::new(48_000.0, 512)), Step::Process(process), Step::Deactivate]
}

#[test]
fn sixteen_instances_side_by_side() {
    for format in FORMATS {
        let mut plan = Plan::new(bundle(format)).steps(short(1.0));
        plan.instances = 16;
        plan.timeout_s = 180.0;
        let claims = ["pass-through", "latency=0", "no-allocations", "no-edits"];
        let case = hold(&format!("{format}, 16 instances"), plan, &claims);
        assert_eq!(case.ran.record.make_s.len(), 16);
    }
}

#[test]
fn two_hundred_times_loaded_and_unloaded() {
    for format in FORMATS {
        let mut plan = Plan::new(bundle(format)).steps([Step::Reload { times: 100 }]);
        // Each of the other hundred lives has analysed audio before it ends.
        for _ in 0..10 {
            plan.steps.extend(short(0.02));
            plan.steps.push(Step::Reload { times: 10 });
        }
        plan.steps.extend(short(0.5));
        plan.timeout_s = 180.0;
        let case = hold(&format!("{format}, 200 lives"), plan, &["pass-through", "no-allocations"]);
        let mut make_s = case.ran.record.make_s.clone();
        assert_eq!(make_s.len(), 201);
        make_s.sort_unstable_by(f64::total_cmp);
        assert!(make_s[100] < 0.1, "half of the instances took more than {:.3} s to make", make_s[100]);
    }
}

/// An hour of audio as fast as it goes, said to be offline, so that all of it is analysed: memory stays flat but for the
/// history, which keeps 22,500 steps of 20 classes.
#[test]
fn an_hour_with_flat_memory() {
    let process = Process::new(3_600.0, Blocks::Fixed(4_096), Signal::Notes);
    let setup = Setup::new(16_000.0, 4_096).mode(Mode::Offline).layout(1, false);
    let mut plan = Plan::new(bundle("clap")).steps([
        set("MIDI controllers out", 1.0),
        Step::Activate(setup),
        Step::Process(process),
        Step::Deactivate,
    ]);
    plan.timeout_s = 1_500.0;
    let case = hold("an hour", plan, &["pass-through", "no-allocations", "growth<32", "events>=1000"]);
    let stream = &case.ran.record.streams[0];
    println!("an hour of audio in {:.0} s", stream.took_s);
    // It waited for its worker: nothing analyses an hour in a second.
    assert!(stream.took_s > 5.0, "an offline render of an hour took {} s: was it analysed?", stream.took_s);
}
