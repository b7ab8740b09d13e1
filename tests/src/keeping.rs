//! Whether parameters keep what they are set to: while it processes, in a state, and in another instance that loads it.

use crate::format::{Block, Buffers, Library, Plugin, Ready};
use crate::plan::Setup;
use crate::record::Param;
use crate::transport::{Playhead, Transport};
use crate::trouble::Trouble;
use std::thread;

/// A float's value may be rounded to the plugin's own steps by so much.
const ROUNDED: f64 = 0.01;
/// What is the same number to 32 bits.
const SAME: f64 = 1e-6;
/// As a host would, at any rate.
const RATE_HZ: f64 = 48_000.0;
const FRAMES: u32 = 256;

/// Sets every parameter that can be set to its least value, its greatest and a random one, each time while it processes; saves,
/// sets all to something else, loads the state again, and gives it to an instance of its own. Says where a value is another.
pub(crate) fn faults(
    library: &dyn Library,
    id: Option<&str>,
    params: &[Param],
    seed: u64,
) -> Result<Vec<String>, Trouble> {
    let settable: Vec<&Param> = params.iter().filter(|param| !param.read_only && !param.hidden).collect();
    // Without a parameter there is nothing to keep, and perhaps no state.
    if settable.is_empty() {
        return Ok(Vec::new());
    }
    let mut random = fastrand::Rng::with_seed(seed ^ 0x6b65_6570);
    let mut found = Vec::new();
    for round in ["least", "greatest", "random"] {
        let mut values = |param: &&Param| {
            let value = match round {
                "least" => 0.0,
                "greatest" => 1.0,
                _ => random.f64(),
            };
            (param.id, value)
        };
        let wanted: Vec<(u32, f64)> = settable.iter().map(&mut values).collect();
        let others: Vec<(u32, f64)> = wanted.iter().map(|(id, value)| (*id, opposite(*value))).collect();
        let mut check = |plugin: &mut dyn Plugin, wanted: &[(u32, f64)], when: &str| {
            let values = plugin.values();
            for (param, value) in params.iter().zip(values) {
                let asked = wanted.iter().find(|(id, _)| *id == param.id).map(|(_, asked)| *asked);
                if let Some(asked) = asked
                    && (value - asked).abs() > slack(param, asked)
                {
                    let name = &param.name;
                    found.push(format!("`{name}` is {value} {when}, not the {round} value, {asked}"));
                }
            }
        };
        let mut plugin = library.make(id)?;
        let ready = plugin.activate(&Setup::new(RATE_HZ, FRAMES))?;
        change(&mut *plugin, &ready, &wanted, &mut |plugin, when| check(plugin, &wanted, when))?;
        let state = plugin.save()?;
        change(&mut *plugin, &ready, &others, &mut |plugin, when| check(plugin, &others, when))?;
        plugin.load(&state)?;
        check(&mut *plugin, &wanted, "after its own state was loaded");
        plugin.deactivate();
        let mut another = library.make(id)?;
        another.load(&state)?;
        check(&mut *another, &wanted, "in another instance that loaded the state");
        // What a controller says need not be what the processor has: its own state tells that.
        let again = another.save()?;
        let mut third = library.make(id)?;
        third.load(&again)?;
        check(&mut *third, &wanted, "in the state that the other instance saved");
    }
    found.truncate(20);
    Ok(found)
}

/// Far from a value.
fn opposite(value: f64) -> f64 {
    if value < 0.5 { 1.0 } else { 0.0 }
}

fn slack(param: &Param, asked: f64) -> f64 {
    match param.steps {
        _ if asked == 0.0 || asked == 1.0 => SAME,
        0 => ROUNDED,
        steps => 0.5 / f64::from(steps) + SAME,
    }
}

/// Sets parameters while it processes: the controller is told first, then comes a block of no frames.
fn change(
    plugin: &mut dyn Plugin,
    ready: &Ready,
    changes: &[(u32, f64)],
    check: &mut dyn FnMut(&mut dyn Plugin, &str),
) -> Result<(), Trouble> {
    let mut processor = plugin.processor()?;
    processor.begin()?;
    if plugin.tell(changes) {
        check(plugin, "in the controller that was told while it processes");
    }
    let result = thread::scope(|scope| {
        let audio = scope.spawn(|| {
            // A block of no frames needs no buffers either, where the format says so.
            let mut buffers = match processor.flushes_without_buffers() {
                true => Buffers::new(&[], &[], 0, false),
                false => Buffers::new(&ready.inputs, &ready.outputs, FRAMES, false),
            };
            buffers.fill(0, |_, _| 0.0);
            let playhead = Playhead::new(Transport::default(), RATE_HZ);
            let at_once: Vec<(u32, u32, f64)> = changes.iter().map(|(id, value)| (0, *id, *value)).collect();
            let (time, mut sent) = (playhead.now(), Vec::new());
            let mut block =
                Block { frames: 0, buffers: &mut buffers, time, changes: &at_once, sent: &mut sent };
            processor.process(&mut block).failed
        });
        audio.join()
    });
    if result.unwrap_or_else(|panic| std::panic::resume_unwind(panic)) {
        return Err(Trouble::refused("a block of no frames"));
    }
    check(plugin, "after a block of no frames");
    thread::scope(|scope| scope.spawn(move || drop(processor)).join())
        .unwrap_or_else(|panic| std::panic::resume_unwind(panic));
    check(plugin, "after processing has ended");
    Ok(())
}
