//! The front-end as a whole: any partition gives the same bits, `reset` equals new, no fault in the input
//! reaches a feature, nothing allocates after construction.

use proptest::{collection::vec, prelude::*, sample::select};
use rollcall_engine::{
    LogMelHop, MEL_BANDS,
    audio::{Intake, LARGEST_SAMPLE, Resampler},
    logmel::{HopPower, LogMel},
};

struct FrontEnd {
    intake: Intake,
    resampler: Resampler,
    log_mel: LogMel,
}

/// What came out: samples at 16 kHz as bits, hops as bits, powers.
#[derive(Clone, Debug, Default, PartialEq)]
struct Heard {
    samples: Vec<u32>,
    hops: Vec<[u32; MEL_BANDS]>,
    powers: Vec<HopPower>,
}

impl FrontEnd {
    fn new(rate_hz: u32, channels: usize) -> Self {
        let resampler = Resampler::new(rate_hz).expect("a rate in range");
        Self { intake: Intake::new(channels), resampler, log_mel: LogMel::new() }
    }

    fn push(&mut self, interleaved: &[f32], heard: &mut Heard) {
        let Self { intake, resampler, log_mel } = self;
        intake.push(interleaved, &mut |mono| {
            resampler.push(mono, &mut |samples| heard.take(log_mel, samples));
        });
    }

    fn flush(&mut self, heard: &mut Heard) {
        self.resampler.flush(&mut |samples| heard.take(&mut self.log_mel, samples));
    }

    fn reset(&mut self) {
        self.intake.reset();
        self.resampler.reset();
        self.log_mel.reset();
    }
}

impl Heard {
    fn take(&mut self, log_mel: &mut LogMel, samples: &[f32]) {
        self.samples.extend(samples.iter().map(|x| x.to_bits()));
        log_mel.push(samples, &mut |hop: &LogMelHop, power| {
            self.hops.push(hop.map(f32::to_bits));
            self.powers.push(power);
        });
    }
}

/// Samples as they come, most of them audio, some of them faults.
fn any_sample() -> impl Strategy<Value = f32> {
    prop_oneof![20 => -1.0..1.0_f32, 2 => -2000.0..2000.0_f32, 1 => any::<f32>(), 1 => Just(f32::NAN)]
}

/// Every usual rate, some odd ones, and any other.
fn any_rate() -> impl Strategy<Value = u32> {
    const USUAL: &[u32] = &[8_000, 11_025, 16_000, 22_050, 32_000, 44_100, 44_101, 48_000, 96_000];
    prop_oneof![4 => select(USUAL), 1 => 8_000..100_000_u32]
}

/// Interleaved frames of 1 to 6 channels, about a tenth of a second of them.
fn any_frames() -> impl Strategy<Value = (usize, Vec<f32>)> {
    (1..=6_usize, 0..6_000_usize)
        .prop_flat_map(|(channels, frames)| (Just(channels), vec(any_sample(), channels * frames)))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn any_partition_gives_the_same_bits(
        rate_hz in any_rate(),
        (channels, frames) in any_frames(),
        blocks in vec(0..2_000_usize, 1..20),
    ) {
        let (mut whole, mut cut) = (Heard::default(), Heard::default());
        let mut front_end = FrontEnd::new(rate_hz, channels);
        front_end.push(&frames, &mut whole);
        front_end.flush(&mut whole);
        let replaced = front_end.intake.replaced();

        // The same engine after `reset`, in blocks of these sizes over and over: a reset that leaves anything
        // behind shows here as well.
        front_end.reset();
        let (mut rest, mut sizes) = (frames.as_slice(), blocks.iter().cycle());
        // A run of empty blocks only would never end.
        prop_assume!(blocks.iter().any(|&size| size > 0));
        while !rest.is_empty() {
            let size = sizes.next().expect("a cycle has no end") * channels;
            let (now, later) = rest.split_at(size.min(rest.len()));
            front_end.push(now, &mut cut);
            rest = later;
        }
        front_end.flush(&mut cut);
        prop_assert_eq!(replaced, front_end.intake.replaced());
        prop_assert_eq!(whole, cut);
    }

    #[test]
    fn no_fault_reaches_a_feature(rate_hz in any_rate(), faults in vec(any::<f32>(), 1..20_000)) {
        let mut heard = Heard::default();
        let mut front_end = FrontEnd::new(rate_hz, 1);
        front_end.push(&faults, &mut heard);
        front_end.flush(&mut heard);
        let audible = |x: &f32| (f32::MIN_POSITIVE..=LARGEST_SAMPLE).contains(&x.abs());
        let bad = faults.iter().filter(|x| !audible(x) && **x != 0.0).count();
        prop_assert_eq!(front_end.intake.replaced(), bad as u64);
        for &bits in &heard.samples {
            // The filter's coefficients sum to 1 with an absolute sum below 3, which bounds what it can make
            // of 1000.
            prop_assert!(f32::from_bits(bits).abs() < 3.0 * LARGEST_SAMPLE);
        }
        for &bits in heard.hops.iter().flatten() {
            // From ln 0.01 to the band of a full-scale square of that size.
            let value = f32::from_bits(bits);
            prop_assert!((-4.7..20.0).contains(&value), "{value}");
        }
    }
}

#[test]
fn denormals_are_silence() {
    // A sum of several channels is 0 before it could be replaced.
    for (channels, replaced) in [(1, 48_000), (2, 0), (3, 0)] {
        let mut heard = Heard::default();
        let mut front_end = FrontEnd::new(48_000, channels);
        let tiny = f32::MIN_POSITIVE / 3.0;
        front_end.push(&vec![tiny; channels * 48_000], &mut heard);
        front_end.flush(&mut heard);
        assert_eq!(front_end.intake.replaced(), replaced, "{channels} channels");
        assert!(heard.samples.iter().all(|&bits| bits == 0));
        assert!(heard.hops.iter().flatten().all(|&bits| bits == (0.01_f64.ln() as f32).to_bits()));
    }
}

#[test]
fn nothing_allocates_after_construction() {
    for rate_hz in [8_000, 11_025, 16_000, 44_100, 44_101, 48_000, 384_000] {
        let (mut intake, mut log_mel) = (Intake::new(2), LogMel::new());
        let mut resampler = Resampler::new(rate_hz).expect("a rate in range");
        let second: Vec<f32> = (0..2 * rate_hz).map(|n| (n as f32 * 0.1).sin()).collect();
        let mut hops = 0;
        let allocations = allocation_counter::measure(|| {
            for block in second.chunks(2 * 333) {
                intake.push(block, &mut |mono| {
                    resampler.push(mono, &mut |samples| log_mel.push(samples, &mut |_, _| hops += 1));
                });
            }
            resampler.flush(&mut |samples| log_mel.push(samples, &mut |_, _| hops += 1));
            intake.reset();
            resampler.reset();
            log_mel.reset();
        });
        assert_eq!(allocations.count_total, 0, "{rate_hz} Hz");
        assert_eq!(hops, 98, "{rate_hz} Hz");
    }
}
