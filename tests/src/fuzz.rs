//! Random runs: everything that a host may do, in any order, from a seed; and failures made smaller.

use crate::{
    Blocks, Mode, Move, Pace, Plan, Process, Setting, Setup, Signal, Step, Transport, Value,
    record::Description,
};
use std::path::Path;

/// Sample rates that hosts use, and some that they should not.
const RATES_HZ: [f64; 9] =
    [8_000.0, 16_000.0, 22_050.0, 44_100.0, 48_000.0, 88_200.0, 96_000.0, 192_000.0, 47_999.0];

/// The plan number `number` of a seed.
pub fn plan(plugin: &Path, about: &Description, seed: u64, number: u64) -> Plan {
    let own_seed = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(number);
    let mut random = fastrand::Rng::with_seed(own_seed);
    let mut plan = Plan::new(plugin);
    plan.id = Some(about.id.clone());
    plan.seed = own_seed;
    plan.instances = if random.u8(..8) == 0 { random.usize(2..5) } else { 1 };
    plan.timeout_s = 120.0;
    let width = about.outputs.first().map(|port| port.channels);
    let has_state = about.format != "clap" || about.extensions.iter().any(|name| name == "state");
    if has_state {
        plan.steps.push(Step::Save("first".to_owned()));
    }
    for _ in 0..random.usize(1..5) {
        if random.bool() && !about.params.is_empty() {
            plan.steps.push(Step::Set(vec![setting(about, &mut random)]));
        }
        let blocks = blocks(&mut random);
        let mut setup = Setup::new(RATES_HZ[random.usize(0..RATES_HZ.len())], blocks.max_frames());
        if random.u8(..3) == 0 {
            setup.mode = Mode::Offline;
        }
        setup.sidechain = random.bool();
        setup.channels = width.filter(|_| random.bool());
        plan.steps.push(Step::Activate(setup));
        for _ in 0..random.usize(1..4) {
            plan.steps.push(Step::Process(process(&blocks, about, &mut random)));
            match random.u8(..12) {
                0 => plan.steps.push(Step::Reset),
                1..=3 if !has_state => {}
                1 => plan.steps.push(Step::Save("later".to_owned())),
                2 => plan.steps.push(Step::Load("first".to_owned())),
                3 => plan.steps.push(Step::LoadBroken { from: "first".to_owned(), count: random.u32(1..6) }),
                4 if !about.params.is_empty() => {
                    plan.steps.push(Step::Set(vec![setting(about, &mut random)]))
                }
                5 => plan.steps.push(Step::Read),
                _ => {}
            }
        }
        plan.steps.push(Step::Deactivate);
        if random.u8(..6) == 0 {
            plan.steps.push(Step::Reload { times: random.u32(1..4) });
        }
    }
    plan
}

fn setting(about: &Description, random: &mut fastrand::Rng) -> Setting {
    let settable: Vec<_> = about.params.iter().filter(|param| !param.read_only).collect();
    let param = match settable.len() {
        0 => String::new(),
        count => settable[random.usize(0..count)].id.to_string(),
    };
    let value = [0.0, 1.0, millionths(random.f64())][random.usize(0..3)];
    Setting { param, value: Value::Normal(value) }
}

fn blocks(random: &mut fastrand::Rng) -> Blocks {
    match random.u8(..4) {
        0 => Blocks::Fixed(1 << random.u32(0..13)),
        1 => Blocks::Random { min: random.u32(0..2), max: random.u32(1..4_097) },
        2 => Blocks::HostLike(1 << random.u32(5..12)),
        _ => Blocks::List((0..random.usize(1..6)).map(|_| random.u32(0..2_000)).chain([1]).collect()),
    }
}

fn process(blocks: &Blocks, about: &Description, random: &mut fastrand::Rng) -> Process {
    let signal = match random.u8(..7) {
        0 => Signal::Silence,
        1 => Signal::Sine { hz: millionths(random.f64() * 8_000.0), dbfs: millionths(-60.0 * random.f64()) },
        2 => Signal::Noise { dbfs: millionths(-60.0 * random.f64()) },
        3 => Signal::Impulse { every_s: millionths(0.01 + random.f64()) },
        4 => Signal::Odd,
        5 => Signal::Denormal,
        _ => Signal::Notes,
    };
    // Single frames are dear: a call each.
    let seconds = if blocks.max_frames() < 16 { 0.05 } else { millionths(random.f64() * 1.5) };
    let mut process = Process::new(seconds, blocks.clone(), signal);
    process.in_place = random.bool();
    if !about.params.is_empty() && random.bool() {
        process.random_automation_hz = millionths(random.f64() * 200.0);
    }
    if random.u8(..10) == 0 {
        process.pace = Pace::Times(4.0);
    }
    process.transport = transport(seconds, random);
    process
}

fn transport(seconds: f64, random: &mut fastrand::Rng) -> Transport {
    let mut transport =
        Transport { known: random.u8(..5) > 0, playing: random.bool(), ..Transport::default() };
    transport.tempo_bpm = [120.0, 20.0, 999.0, 97.3][random.usize(0..4)];
    transport.signature = [(4, 4), (3, 4), (7, 8), (1, 1)][random.usize(0..4)];
    transport.start_s = [0.0, -2.0, 3_600.0][random.usize(0..3)];
    if random.u8(..3) == 0 {
        transport.loop_s = Some((transport.start_s, millionths(transport.start_s + 0.02 + random.f64())));
    }
    for _ in 0..random.usize(0..4) {
        let action = match random.u8(..4) {
            0 => Move::Play,
            1 => Move::Stop,
            2 => Move::Jump(millionths(random.f64() * 100.0)),
            _ => Move::Tempo(millionths(20.0 + random.f64() * 300.0)),
        };
        transport.moves.push((millionths(random.f64() * seconds), action));
    }
    transport.moves.sort_by(|a, b| a.0.total_cmp(&b.0));
    transport
}

/// A smaller plan that still fails, as `fails` says. Tries, in rounds until nothing helps: fewer steps, one instance, shorter
/// stretches, and plainer ones. `fails` is called at most `most` times.
pub fn minimise(plan: &Plan, most: usize, mut fails: impl FnMut(&Plan) -> bool) -> Plan {
    let mut best = plan.clone();
    let mut tries = 0;
    loop {
        let mut helped = false;
        for candidate in smaller(&best) {
            if tries == most {
                return best;
            }
            tries += 1;
            if fails(&candidate) {
                best = candidate;
                helped = true;
                break;
            }
        }
        if !helped {
            return best;
        }
    }
}

/// Plans that are a little smaller, the boldest first.
fn smaller(plan: &Plan) -> Vec<Plan> {
    let mut all = Vec::new();
    let mut with = |change: &dyn Fn(&mut Plan)| {
        let mut candidate = plan.clone();
        change(&mut candidate);
        if candidate != *plan {
            all.push(candidate);
        }
    };
    let count = plan.steps.len();
    with(&|plan| plan.steps.truncate(count.div_ceil(2)));
    with(&|plan| drop(plan.steps.drain(..count / 2)));
    for index in (0..count).rev() {
        with(&|plan| drop(plan.steps.remove(index)));
    }
    with(&|plan| plan.instances = 1);
    for index in 0..count {
        let stretch = |plan: &mut Plan, change: &dyn Fn(&mut Process)| {
            if let Step::Process(process) = &mut plan.steps[index] {
                change(process);
            }
        };
        with(&|plan| {
            stretch(plan, &|process| {
                process.seconds = if process.seconds < 0.01 { process.seconds } else { process.seconds / 2.0 }
            })
        });
        with(&|plan| stretch(plan, &|process| process.random_automation_hz = 0.0));
        with(&|plan| stretch(plan, &|process| process.transport = Transport::default()));
        with(&|plan| stretch(plan, &|process| process.signal = Signal::Silence));
        with(&|plan| stretch(plan, &|process| process.pace = Pace::Fast));
        with(&|plan| stretch(plan, &|process| process.in_place = false));
        with(&|plan| stretch(plan, &|process| process.blocks = Blocks::Fixed(process.blocks.max_frames())));
    }
    all
}

/// Few enough digits that JSON gives the number back to the last bit.
fn millionths(number: f64) -> f64 {
    (number * 1e6).round() / 1e6
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Param;

    fn about() -> Description {
        let params = vec![Param { id: 7, automatable: true, ..Param::default() }];
        Description { id: "x".to_owned(), params, ..Description::default() }
    }

    #[test]
    fn a_seed_is_a_plan() {
        let path = Path::new("x.clap");
        for number in 0..200 {
            let one = plan(path, &about(), 5, number);
            assert_eq!(one, plan(path, &about(), 5, number));
            let json = serde_json::to_string(&one).expect("JSON");
            assert_eq!(
                serde_json::from_str::<Plan>(&json).expect("a plan"),
                one,
                "the line that reproduces it"
            );
        }
        assert_ne!(plan(path, &about(), 5, 0), plan(path, &about(), 6, 0));
    }

    #[test]
    fn a_failure_is_made_small() {
        let large = (0..).map(|number| plan(Path::new("x.clap"), &about(), 1, number));
        let is_bad = |plan: &Plan| {
            plan.steps.iter().any(|step| matches!(step, Step::Process(p) if matches!(p.signal, Signal::Odd)))
        };
        let large =
            large.take(500).filter(is_bad).max_by_key(|plan| plan.steps.len()).expect("one with odd samples");
        let small = minimise(&large, 500, is_bad);
        assert_eq!(small.steps.len(), 1, "{small:?}");
        let Step::Process(process) = &small.steps[0] else { panic!("{small:?}") };
        assert!(process.seconds < 0.02 && process.random_automation_hz == 0.0 && !process.in_place);
    }
}
