//! Each objective learns: on made-up patches its loss falls, and its measure on held-out ones rises above chance.

use fastrand::Rng;
use rollcall_train::nn::params::{Layout, normal};
use rollcall_train::paper::first_stage::{
    Align, AlignSizes, Corpus, Denoise, Encoder, EncoderShape, Epoch, Events, Example, InputScale, Noise,
    Objective, Optimiser, Run, Textual, Training, WordVectors,
};
use std::{fs, path::Path};

const KINDS: usize = 4;

/// A hump over frequency whose place is the example's kind and whose height and width vary, in noise.
fn example(rng: &mut Rng) -> Example {
    let kind = rng.usize(..KINDS);
    let (centre, width) = (8.0 + 16.0 * kind as f32 + 4.0 * rng.f32(), 3.0 + 3.0 * rng.f32());
    let height = 5.0 + 5.0 * rng.f32();
    let patch = (0..96 * 64).map(|i| {
        let band = (i % 64) as f32;
        height * (-((band - centre) / width).powi(2)).exp() - 2.0 + 0.3 * normal(rng)
    });
    let patch = patch.collect();
    let events = (0..KINDS).map(|k| if k == kind { 0.9 } else { 0.02 }).collect();
    Example { patch, words: vec![kind], tags: vec![kind, KINDS + usize::from(height > 7.5)], events }
}

fn corpus() -> Corpus {
    let mut rng = Rng::with_seed(4);
    let mut part = |n: usize| (0..n).map(|_| example(&mut rng)).collect();
    let (train, valid) = (part(96), part(32));
    let names = |n: usize| (0..n).map(|i| format!("w{i}")).collect();
    Corpus { train, valid, words: names(KINDS), tags: names(KINDS + 2) }
}

fn training(rate: f32, epochs: usize) -> Training {
    Training { optimiser: Optimiser::Adam, rate, batch: 16, epochs, patience: 10 }
}

fn network(
    make: impl FnOnce(&mut Layout, &Corpus) -> Box<dyn Objective>,
) -> (Layout, Encoder, Box<dyn Objective>, Corpus) {
    let (mut layout, corpus) = (Layout::default(), corpus());
    let shape = EncoderShape {
        channels: [4, 4, 8, 8, 8, 8],
        hidden: vec![32],
        mean_over_time: true,
        input: InputScale::default(),
    };
    let encoder = Encoder::new(&mut layout, &shape);
    let objective = make(&mut layout, &corpus);
    (layout, encoder, objective, corpus)
}

/// Trains, and returns the epoch before training and the one that was kept.
fn learn(
    make: impl FnOnce(&mut Layout, &Corpus) -> Box<dyn Objective>,
    rate: f32,
    epochs: usize,
    folder: &Path,
) -> (Epoch, Epoch) {
    let (layout, encoder, objective, corpus) = network(make);
    let training = training(rate, epochs);
    let run =
        Run { encoder: &encoder, objective: &*objective, layout: &layout, training: &training, seed: 1 };
    let done = run.pretrain(&corpus, folder, &mut |_| ()).unwrap();
    (done.curve[0], done.best())
}

fn textual(layout: &mut Layout, corpus: &Corpus) -> Box<dyn Objective> {
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), "w0 1 0 0.2 0\nw1 0 1 0 0.3\nw2 -1 0 0 1\nw3 0 -1 1 0\n").unwrap();
    let vectors = WordVectors::load(file.path(), &corpus.words).unwrap();
    Box::new(Textual::new(layout, &corpus.words, &vectors).unwrap())
}

fn denoise(noise: Noise) -> impl FnOnce(&mut Layout, &Corpus) -> Box<dyn Objective> {
    move |layout, corpus| Box::new(Denoise::new(layout, noise, [16, 8, 8], corpus.band_means()))
}

fn align(layout: &mut Layout, corpus: &Corpus) -> Box<dyn Objective> {
    Box::new(Align::new(layout, corpus.tags.len(), &AlignSizes { hidden: vec![16], output: 16 }))
}

fn events(layout: &mut Layout, _: &Corpus) -> Box<dyn Objective> {
    Box::new(Events::new(layout, KINDS))
}

#[test]
fn textual_description_learns() {
    let folder = tempfile::tempdir().unwrap();
    let (start, best) = learn(textual, 3e-3, 12, folder.path());
    assert!(best.valid_loss < 0.7 * start.valid_loss, "{start:?} {best:?}");
    assert!(best.valid_measure > 0.8, "0.5 is chance: {best:?}");
}

#[test]
fn denoising_learns() {
    for noise in [Noise::Additive, Noise::Multiplicative] {
        let folder = tempfile::tempdir().unwrap();
        let (start, best) = learn(denoise(noise), 5e-3, 30, folder.path());
        assert!(best.valid_loss < 0.6 * start.valid_loss, "{noise:?} {start:?} {best:?}");
        assert!(best.valid_measure > 0.1, "{noise:?}, 0 is knowing each band's mean: {best:?}");
    }
}

#[test]
fn tag_alignment_learns() {
    let folder = tempfile::tempdir().unwrap();
    let (start, best) = learn(align, 3e-3, 15, folder.path());
    assert!(best.valid_loss < 0.95 * start.valid_loss, "{start:?} {best:?}");
    assert!(best.valid_measure > 3.0 / 16.0, "1 in 16 is chance: {best:?}");
}

#[test]
fn events_by_a_teacher_learn() {
    let folder = tempfile::tempdir().unwrap();
    let (start, best) = learn(events, 3e-3, 12, folder.path());
    assert!(best.valid_loss < 0.8 * start.valid_loss, "{start:?} {best:?}");
    assert!(best.valid_measure > 0.8, "0.5 is chance: {best:?}");
}

/// A kill in the middle of the third epoch costs that epoch and changes nothing; a finished run is read back.
#[test]
fn a_killed_run_goes_on_to_the_same_bits() {
    let (layout, encoder, objective, corpus) = network(align);
    let training = training(1e-3, 4);
    let run =
        Run { encoder: &encoder, objective: &*objective, layout: &layout, training: &training, seed: 2 };
    let (whole, killed) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let expected = run.pretrain(&corpus, whole.path(), &mut |_| ()).unwrap();
    let died = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        let mut batches = 0;
        run.pretrain(&corpus, killed.path(), &mut |_| {
            batches += 1;
            assert!(batches < 17, "killed");
        })
    }));
    assert!(died.is_err());
    let found = run.pretrain(&corpus, killed.path(), &mut |_| ()).unwrap();
    assert!(found.values == expected.values, "other weights");
    assert_eq!(found.curve, expected.curve);
    let read = |folder: &Path| fs::read_to_string(folder.join("curve.csv")).unwrap();
    assert_eq!(read(whole.path()), read(killed.path()));
    let again = run.pretrain(&corpus, killed.path(), &mut |_| panic!("trained again")).unwrap();
    assert!(again.values == expected.values);
}

#[test]
fn too_little_is_refused() {
    let (layout, encoder, objective, mut corpus) = network(events);
    corpus.valid.truncate(1);
    let training = training(1e-3, 1);
    let run =
        Run { encoder: &encoder, objective: &*objective, layout: &layout, training: &training, seed: 2 };
    let folder = tempfile::tempdir().unwrap();
    let refused = run.pretrain(&corpus, folder.path(), &mut |_| ()).unwrap_err().to_string();
    assert!(refused.contains("1 validation patches"), "{refused}");
}
