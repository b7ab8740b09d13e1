//! Orders, folds, and that nothing jumps.

use super::*;

fn roster() -> Roster {
    let mut roster = Roster::default();
    let classes = ["piano", "violin", "voice", "drums", "organ"];
    let families = classes.map(Family::of);
    roster.set_classes(&classes.map(String::from), &families, &BTreeSet::new());
    roster
}
fn meters(activities: [f32; 5]) -> Vec<Meter> {
    activities
        .map(|activity| Meter { activity, threshold: 0.5, active: activity >= 0.5, ..Meter::default() })
        .to_vec()
}
fn classes(places: &[Place]) -> Vec<usize> {
    places
        .iter()
        .filter_map(|place| match place.row {
            Row::Instrument(class) => Some(class),
            Row::Title(_) => None,
        })
        .collect()
}

#[test]
fn families_have_titles_and_fold() {
    let mut roster = roster();
    let (places, height) = roster.places(Sort::Family, Titles::All, &BTreeSet::new(), 10.0);
    assert_eq!(classes(&places), [2, 0, 4, 1, 3], "voice, keys, strings, percussion");
    assert!((height - (5.0 + 4.0 * TITLE)).abs() < 1e-5);
    let folded = BTreeSet::from([Family::Keys]);
    let (_, half_way) = roster.places(Sort::Family, Titles::All, &folded, 0.05);
    assert!(roster.moving() && half_way > height - 2.0 && half_way < height);
    let (places, height) = roster.places(Sort::Family, Titles::All, &folded, 10.0);
    let (_, settled) = roster.places(Sort::Family, Titles::All, &folded, 10.0);
    assert_eq!(classes(&places), [2, 1, 3]);
    assert!(
        (settled - (3.0 + 4.0 * TITLE)).abs() < 1e-5 && (height - settled).abs() < 1e-5 && !roster.moving()
    );
}

#[test]
fn noise_does_not_change_the_order() {
    let mut roster = roster();
    let settle = meters([0.6, 0.6, 0.1, 0.1, 0.1]);
    for _ in 0..100 {
        roster.observe(&settle, 0.1, false);
    }
    let (before, _) = roster.places(Sort::Activity, Titles::All, &BTreeSet::new(), 10.0);
    for i in 0..300 {
        let wobble = if i % 2 == 0 { 0.05 } else { -0.05 };
        roster.observe(&meters([0.6 + wobble, 0.6 - wobble, 0.1, 0.12 + wobble / 2.0, 0.1]), 0.1, false);
    }
    let (after, _) = roster.places(Sort::Activity, Titles::All, &BTreeSet::new(), 10.0);
    assert_eq!(classes(&before), classes(&after));
}

#[test]
fn who_plays_rises_to_the_top_by_gliding() {
    let mut roster = roster();
    roster.places(Sort::Activity, Titles::All, &BTreeSet::new(), 10.0);
    roster.observe(&meters([0.0, 0.0, 0.0, 0.9, 0.0]), 0.016, false);
    let (places, _) = roster.places(Sort::Activity, Titles::All, &BTreeSet::new(), 0.016);
    let drums = places.iter().find(|place| place.row == Row::Instrument(3)).map(|place| place.top);
    assert!(drums.is_some_and(|top| top > 2.0 && top < 4.0), "on its way: {drums:?}");
    assert!(roster.moving());
    let (places, _) = roster.places(Sort::Activity, Titles::All, &BTreeSet::new(), 10.0);
    assert_eq!((places[0].row, places[0].top, places[0].target), (Row::Instrument(3), 0.0, 0.0));
}

#[test]
fn nothing_moves_under_the_pointer() {
    let mut roster = roster();
    let (before, _) = roster.places(Sort::Activity, Titles::All, &BTreeSet::new(), 10.0);
    for _ in 0..50 {
        roster.observe(&meters([0.0, 0.0, 0.0, 0.9, 0.0]), 0.1, true);
    }
    let (after, _) = roster.places(Sort::Activity, Titles::All, &BTreeSet::new(), 10.0);
    assert_eq!(before, after);
}

#[test]
fn a_model_without_classes_has_no_rows() {
    let mut roster = Roster::default();
    roster.set_classes(&[], &[], &BTreeSet::new());
    roster.observe(&[], 0.1, false);
    assert_eq!(roster.places(Sort::Family, Titles::All, &BTreeSet::new(), 0.1), (Vec::new(), 0.0));
}

#[test]
fn small_windows_have_titles_only_of_folded_families() {
    let mut roster = roster();
    let (_, height) = roster.places(Sort::Family, Titles::Folded, &BTreeSet::new(), 10.0);
    assert!((height - 5.0).abs() < 1e-5);
    let folded = BTreeSet::from([Family::Keys]);
    roster.places(Sort::Family, Titles::Folded, &folded, 10.0);
    let (places, _) = roster.places(Sort::Family, Titles::Folded, &folded, 10.0);
    assert_eq!(classes(&places), [2, 1, 3]);
    assert!(places.iter().any(|place| place.row == Row::Title(Family::Keys)));
}
