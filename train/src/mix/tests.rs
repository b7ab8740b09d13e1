//! What is drawn of bands and pieces, and the truth of it.

use super::Mixer;
use super::band::MOST_PLAYERS;
use super::length::Length;
use super::mixer::draw_from;
use crate::base::seed;
use crate::base::stem::{Kind, Part, Split};
use crate::pool::maker::RECORDED_MUSIC;
use crate::pool::{Pool, PoolWriter};
use crate::sources::packages::FONTS;
use rollcall_engine::{HOP_SAMPLES, OPENMIC_CLASSES, SAMPLE_RATE_HZ};
use serde_json::json;
use std::collections::BTreeMap;

const LENGTH: Length = Length { columns: 20 };

fn class(name: &str) -> usize {
    crate::base::class::index(name).unwrap()
}

/// A tone of `hz` that sounds only from `start_s` to `end_s` of a piece of 8 s.
fn tone(hz: f32, level: f32, start_s: f32, end_s: f32) -> Vec<f32> {
    let at = |n: usize| n as f32 / SAMPLE_RATE_HZ as f32;
    let sound = |n| {
        if (start_s..end_s).contains(&at(n)) {
            level * (at(n) * hz * std::f32::consts::TAU).sin()
        } else {
            0.0
        }
    };
    (0..8 * SAMPLE_RATE_HZ as usize).map(sound).collect()
}

/// A pool with two pieces: one of piano, bass, drums and an oboe, one of nine classes.
fn pool(folder: &std::path::Path) -> Pool {
    let part = |class: &str, samples: Vec<f32>| Part {
        samples,
        kind: Kind::Band,
        class: class.into(),
        source: "R3".into(),
        split: Split::Train,
        licence: "MIT".into(),
        origin: "x".into(),
        extra: json!({"score": "tune"}),
    };
    let mut writer = PoolWriter::open(folder).unwrap();
    let four = [
        part("piano", tone(330.0, 0.3, 0.0, 8.0)),
        part("bass", tone(80.0, 0.3, 0.0, 3.5)),
        part("drums", tone(2_000.0, 0.3, 3.5, 8.0)),
        part("_none", tone(700.0, 0.3, 0.0, 8.0)),
    ];
    writer.add("band/four", &four).unwrap();
    let many: Vec<Part> =
        OPENMIC_CLASSES[..9].iter().map(|class| part(class, tone(440.0, 0.1, 0.0, 8.0))).collect();
    writer.add("band/many", &many).unwrap();
    writer.commit().unwrap();
    Pool::open(folder).unwrap()
}

fn mixer(augment: bool) -> (tempfile::TempDir, Mixer) {
    let folder = tempfile::tempdir().unwrap();
    let pool = pool(folder.path());
    let mixer = Mixer::new(pool, Split::Train, OPENMIC_CLASSES.len(), LENGTH, augment).unwrap();
    (folder, mixer)
}

#[test]
fn a_band_is_one_piece_with_the_truth_of_each_moment() {
    let (_folder, mixer) = mixer(false);
    assert!(mixer.has_bands());
    assert_eq!(mixer.classes_present(), 0, "a band's stems are no solos");
    let mut seen = (false, false);
    for index in 0..60 {
        let band = mixer.band(&mut seed::rng(5, &format!("band/{index}"))).unwrap();
        assert_eq!(band.samples.len(), LENGTH.samples());
        assert!(band.voices.len() <= MOST_PLAYERS);
        let of = |name: &str| band.voices.iter().find(|(c, _)| *c == class(name)).map(|(_, active)| active);
        // Bass and drums of the first piece never sound together: all stems are cut at the same place.
        if let (Some(bass), Some(drums)) = (of("bass"), of("drums"))
            && of("accordion").is_none()
        {
            let together = bass.iter().zip(drums).filter(|(b, d)| **b && **d).count();
            assert!(together <= 8, "{together} hops: the level is taken over three, and three more hang on");
            seen.0 = true;
        }
        seen.1 |= band.voices.len() == MOST_PLAYERS;
        for (voice, active) in &band.voices {
            let whole = active.iter().filter(|a| **a).count() > active.len() - 4;
            if whole {
                assert_eq!(band.target.clip[*voice], 1.0, "{}", OPENMIC_CLASSES[*voice]);
                assert!((0..LENGTH.windows()).all(|w| band.target.steps[w * 20 + voice] == 1.0));
            }
        }
        for c in (0..20).filter(|c| band.voices.iter().all(|(voice, _)| voice != c)) {
            assert_eq!(
                (band.target.clip[c], band.target.clip_weight[c]),
                (0.0, 1.0),
                "who is left out is absent"
            );
        }
        let step_s = HOP_SAMPLES as f32 / SAMPLE_RATE_HZ as f32;
        assert!((band.voices.first().map_or(3.2, |v| v.1.len() as f32 * step_s) - 3.2).abs() < 0.05);
    }
    assert_eq!(seen, (true, true), "both pieces were drawn");
}

/// Bass and drums are in both pieces, the piano in one.
#[test]
fn who_plays_in_most_pieces_rests_in_half_of_the_clips() {
    let (_folder, mixer) = mixer(false);
    let in_both: Vec<usize> = (0..20).filter(|&class| mixer.bands_of[class] == 2).collect();
    assert_eq!(in_both, [class("bass"), class("drums")]);
    let bands = (0..400).map(|index| mixer.band(&mut seed::rng(7, &format!("{index}"))).unwrap());
    let with_drums = bands.filter(|band| band.voices.iter().any(|(c, _)| *c == class("drums"))).count();
    assert!(
        (120..=200).contains(&with_drums),
        "{with_drums} of 400: some of the players are left out besides"
    );
}

#[test]
fn a_guest_of_a_band_is_of_another_class() {
    let folder = tempfile::tempdir().unwrap();
    drop(pool(folder.path()));
    let mut writer = PoolWriter::open(folder.path()).unwrap();
    for (unit, name) in [("p/piano", "piano"), ("p/violin", "violin")] {
        let part = Part {
            samples: tone(600.0, 0.3, 0.0, 8.0),
            kind: Kind::Phrase,
            class: name.into(),
            source: "x".into(),
            split: Split::Train,
            licence: "MIT".into(),
            origin: "x".into(),
            extra: json!({}),
        };
        writer.add(unit, &[part]).unwrap();
    }
    writer.commit().unwrap();
    let pool = Pool::open(folder.path()).unwrap();
    let mixer = Mixer::new(pool, Split::Train, OPENMIC_CLASSES.len(), LENGTH, false).unwrap();
    let mut violins = 0;
    for index in 0..200 {
        let band = mixer.band(&mut seed::rng(5, &format!("{index}"))).unwrap();
        let mut classes: Vec<usize> = band.voices.iter().map(|(class, _)| *class).collect();
        classes.sort_unstable();
        assert!(classes.windows(2).all(|two| two[0] < two[1]), "nobody plays twice: {classes:?}");
        // Where he is hardly heard, it is left unknown.
        let heard = band.target.clip[class("violin")] == 1.0;
        assert!(!heard || classes.contains(&class("violin")));
        violins += usize::from(heard);
    }
    // A guest in 6 of 10, and of piano and violin the one that no piece has.
    assert!((100..=140).contains(&violins), "{violins} of 200");
}

#[test]
fn what_is_varied_is_varied_alike_and_by_seed() {
    let (_folder, mixer) = mixer(true);
    let draw = |key: &str| mixer.band(&mut seed::rng(9, key)).unwrap();
    assert_eq!(draw("a").samples, draw("a").samples);
    assert_ne!(draw("a").samples, draw("b").samples);
    for index in 0..20 {
        let band = draw(&index.to_string());
        assert_eq!(band.samples.len(), LENGTH.samples());
        assert!(band.samples.iter().all(|s| s.is_finite() && s.abs() <= 1.01));
    }
}

#[test]
fn phrases_that_sound_all_the_time_are_known_to_play() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = PoolWriter::open(folder.path()).unwrap();
    let part = |class: &str, hz| Part {
        samples: tone(hz, 0.3, 0.0, 8.0),
        kind: Kind::Phrase,
        class: class.into(),
        source: class.into(),
        split: Split::Train,
        licence: "MIT".into(),
        origin: "x".into(),
        extra: json!({}),
    };
    writer.add("a", &[part("piano", 330.0)]).unwrap();
    writer.add("b", &[part("flute", 900.0)]).unwrap();
    writer.commit().unwrap();
    let pool = Pool::open(folder.path()).unwrap();
    let mixer = Mixer::new(pool, Split::Train, 20, LENGTH, false).unwrap();
    assert!(!mixer.has_bands());
    let clip = mixer.compose(2, &mut seed::rng(1, "x")).unwrap();
    assert_eq!((clip.target.clip[class("piano")], clip.target.clip[class("flute")]), (1.0, 1.0));
}

/// Real music, and a piano that may play along.
#[test]
fn of_a_piece_only_the_guest_is_known_and_only_where_he_is_heard() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = PoolWriter::open(folder.path()).unwrap();
    let part = |kind, class: &str, samples| Part {
        samples,
        kind,
        class: class.into(),
        source: "x".into(),
        split: Split::Train,
        licence: "MIT".into(),
        origin: "x".into(),
        extra: json!({}),
    };
    writer.add("a", &[part(Kind::Phrase, "piano", tone(330.0, 0.3, 0.0, 8.0))]).unwrap();
    writer.add("b", &[part(Kind::Music, crate::base::class::MUSIC, tone(900.0, 0.1, 0.0, 8.0))]).unwrap();
    writer.commit().unwrap();
    let mixer = Mixer::new(Pool::open(folder.path()).unwrap(), Split::Train, 20, LENGTH, true).unwrap();
    assert!(mixer.has_pieces());
    let (mut guests, piano) = (0, class("piano"));
    for index in 0..120 {
        let target = mixer.piece(&mut seed::rng(3, &index.to_string())).unwrap().target;
        for c in (0..20).filter(|&c| c != piano) {
            assert_eq!(target.clip_weight[c], 0.0);
            assert!((0..LENGTH.windows()).all(|w| target.step_weight[w * 20 + c] == 0.0));
        }
        let steps: Vec<_> = (0..LENGTH.windows())
            .map(|w| (target.steps[w * 20 + piano], target.step_weight[w * 20 + piano]))
            .collect();
        let is_heard = target.clip_weight[piano] == 1.0;
        guests += usize::from(is_heard);
        assert_eq!(steps.contains(&(1.0, 1.0)), is_heard);
        assert!(
            steps.iter().all(|(plays, weight)| plays == weight),
            "where he pauses, somebody else may play"
        );
    }
    // A guest in a quarter of the clips, now and then too soft to be heard.
    assert!((15..45).contains(&guests), "{guests} of 120 clips");
}

/// Shares in which sources are drawn, by name.
fn drawn(sources: &BTreeMap<String, Vec<usize>>) -> BTreeMap<&str, f32> {
    const DRAWS: usize = 40_000;
    let mut rng = seed::rng(1, "sources");
    let mut shares: BTreeMap<&str, f32> = sources.keys().map(|name| (name.as_str(), 0.0)).collect();
    for _ in 0..DRAWS {
        let stems = draw_from(sources, &mut rng);
        let (name, _) = sources.iter().find(|(_, own)| own.as_slice() == stems).unwrap();
        *shares.get_mut(name.as_str()).unwrap() += 1.0 / DRAWS as f32;
    }
    shares
}

#[test]
fn sources_are_drawn_by_what_they_are_worth_and_the_root_of_their_stems() {
    let weight = |group: &str| FONTS.iter().find(|font| font.group == group).unwrap().weight;
    let least = FONTS.iter().map(|font| font.weight).fold(f32::MAX, f32::min);
    let poor = FONTS.iter().find(|font| font.weight == least).unwrap().group;
    assert!(weight(poor) < 1.0, "one is worth less than a player");
    let recorded = format!("{RECORDED_MUSIC}x");
    // As many stems each, but for the players, who have four times as many; and more than 60 count as 60.
    let stems = [(poor, 0..9), ("players", 9..45), (recorded.as_str(), 45..54), ("many", 100..1_000)];
    let sources: BTreeMap<String, Vec<usize>> =
        stems.into_iter().map(|(name, stems)| (name.to_owned(), stems.collect())).collect();
    let shares = drawn(&sources);
    let expected = [(poor, 3.0 * least), ("players", 6.0), (&recorded, 9.0), ("many", 60f32.sqrt())];
    let sum: f32 = expected.iter().map(|(_, weight)| weight).sum();
    for (name, weight) in expected {
        assert!((shares[name] - weight / sum).abs() < 0.01, "{name}: {shares:?}");
    }
}
