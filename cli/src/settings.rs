//! Settings of an analysis: defaults, then a TOML file, then the command line; saved again as TOML.

use crate::args::ChoiceArgs;
use anyhow::{Context, Result, bail, ensure};
use rollcall_engine::{
    COLUMN_HOPS, HOP_SAMPLES, Model, SAMPLE_RATE_HZ, Settings,
    timeline::{MERGE_GAP_S, MIN_DURATION_S, RangeSettings},
};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, fs, path::Path};

/// Seconds of one hop.
const HOP_S: f64 = HOP_SAMPLES as f64 / SAMPLE_RATE_HZ as f64;

/// A settings file. Everything may be left out; what is there, holds.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Choices {
    /// Threshold of all classes, 0..=1; without it the model's own.
    pub threshold: Option<f64>,
    /// Seconds between two steps.
    pub update_s: Option<f64>,
    /// Seconds that the attention pools over.
    pub memory_s: Option<f64>,
    /// Time constant of a rising activity, seconds.
    pub attack_s: Option<f64>,
    /// Time constant of a falling activity, seconds.
    pub release_s: Option<f64>,
    /// A closed gate opens at this level.
    pub gate_open_dbfs: Option<f64>,
    /// An open gate closes below this level.
    pub gate_close_dbfs: Option<f64>,
    /// Shorter ranges are dropped, seconds.
    pub min_duration_s: Option<f64>,
    /// Closer ranges are joined, seconds.
    pub merge_gap_s: Option<f64>,
    /// Thresholds of single classes, 0..=1.
    pub thresholds: BTreeMap<String, f64>,
}

impl Choices {
    /// Reads a settings file.
    ///
    /// # Errors
    /// A file that cannot be read, or TOML with an unknown key or a wrong type: names the line.
    pub fn load(path: &Path) -> Result<Self> {
        let text = fs::read_to_string(path).with_context(|| format!("{}: cannot be read", path.display()))?;
        toml::from_str(&text).with_context(|| {
            format!("{}: is no settings file; make one with --save-settings FILE", path.display())
        })
    }

    /// The text of a settings file.
    pub fn to_toml(&self) -> String {
        let body = toml::to_string(self).expect("numbers and names are always TOML");
        format!(
            "# Settings of `rollcall analyze`; use with --settings FILE. Seconds, dBFS, and thresholds of 0 to 1.\n{body}"
        )
    }

    /// What the command line says.
    ///
    /// # Errors
    /// A threshold that is no number and no `class=number`.
    pub fn from_args(args: &ChoiceArgs) -> Result<Self> {
        let mut choices = Self {
            update_s: args.update,
            memory_s: args.memory,
            attack_s: args.attack,
            release_s: args.release,
            min_duration_s: args.min_duration,
            merge_gap_s: args.merge_gap,
            ..Self::default()
        };
        for text in &args.threshold {
            let (class, number) =
                text.split_once('=').map_or((None, text.as_str()), |(class, number)| (Some(class), number));
            let Ok(threshold) = number.trim().parse() else {
                bail!("--threshold {text}: write a number (0.5), or a class and a number (voice=0.6)");
            };
            match class {
                Some(class) => drop(choices.thresholds.insert(class.trim().to_owned(), threshold)),
                None => choices.threshold = Some(threshold),
            }
        }
        Ok(choices)
    }

    /// `self`, and `below` where `self` says nothing. A threshold for all classes covers every one of `below`'s.
    #[must_use]
    pub fn over(self, below: Self) -> Self {
        let mut thresholds = if self.threshold.is_some() { BTreeMap::new() } else { below.thresholds };
        thresholds.extend(self.thresholds);
        Self {
            threshold: self.threshold.or(below.threshold),
            update_s: self.update_s.or(below.update_s),
            memory_s: self.memory_s.or(below.memory_s),
            attack_s: self.attack_s.or(below.attack_s),
            release_s: self.release_s.or(below.release_s),
            gate_open_dbfs: self.gate_open_dbfs.or(below.gate_open_dbfs),
            gate_close_dbfs: self.gate_close_dbfs.or(below.gate_close_dbfs),
            min_duration_s: self.min_duration_s.or(below.min_duration_s),
            merge_gap_s: self.merge_gap_s.or(below.merge_gap_s),
            thresholds,
        }
    }

    /// Every default written out, but for thresholds: those are the model's, unless chosen.
    pub fn defaults() -> Self {
        let engine = Settings::default();
        let plain = |value: f32| Some(f64::from((value * 1000.0).round()) / 1000.0);
        Self {
            threshold: None,
            update_s: Some((engine.update_hops as f64 * HOP_S * 1000.0).round() / 1000.0),
            memory_s: plain(engine.memory_s),
            attack_s: plain(engine.attack_s),
            release_s: plain(engine.release_s),
            gate_open_dbfs: plain(engine.gate.open_dbfs),
            gate_close_dbfs: plain(engine.gate.close_dbfs),
            min_duration_s: Some(MIN_DURATION_S),
            merge_gap_s: Some(MERGE_GAP_S),
            thresholds: BTreeMap::new(),
        }
    }

    /// What the engine is to do.
    ///
    /// # Errors
    /// A value out of its range, with the range.
    pub fn engine(&self) -> Result<Settings> {
        let mut settings = Settings::default();
        if let Some(update_s) = self.update_s {
            let columns = update_s / (COLUMN_HOPS as f64 * HOP_S);
            let is_whole = (1.0..=6.0).contains(&columns.round()) && (columns - columns.round()).abs() < 1e-6;
            ensure!(is_whole, "update is {update_s} s, but must be 0.16, 0.32, 0.48, 0.64, 0.8 or 0.96 s");
            settings.update_hops = columns.round() as usize * COLUMN_HOPS;
        }
        let set =
            |target: &mut f32, choice: Option<f64>| *target = choice.map_or(*target, |value| value as f32);
        set(&mut settings.memory_s, self.memory_s);
        set(&mut settings.attack_s, self.attack_s);
        set(&mut settings.release_s, self.release_s);
        set(&mut settings.gate.open_dbfs, self.gate_open_dbfs);
        set(&mut settings.gate.close_dbfs, self.gate_close_dbfs);
        settings.check()?;
        Ok(settings)
    }

    /// How ranges are cut for this model.
    ///
    /// # Errors
    /// A class that the model does not know, or a value out of its range.
    pub fn ranges(&self, model: &Model) -> Result<RangeSettings> {
        let check = |name: &str, value: f64| {
            ensure!((0.0..=1.0).contains(&value), "threshold {name} is {value}, but must be 0 to 1");
            Ok(value as f32)
        };
        let mut thresholds = model.thresholds().to_vec();
        if let Some(threshold) = self.threshold {
            thresholds.fill(check("of all classes", threshold)?);
        }
        for (class, &threshold) in &self.thresholds {
            let Some(index) = model.classes().iter().position(|known| known == class) else {
                bail!("the model knows no class '{class}'; its classes are: {}", model.classes().join(" "));
            };
            thresholds[index] = check(&format!("of {class}"), threshold)?;
        }
        let duration = |name: &str, value: Option<f64>, default: f64| {
            let value = value.unwrap_or(default);
            ensure!((0.0..=3600.0).contains(&value), "{name} is {value} s, but must be 0 to 3600 s");
            Ok(value)
        };
        Ok(RangeSettings {
            thresholds,
            min_duration_s: duration("min-duration", self.min_duration_s, MIN_DURATION_S)?,
            merge_gap_s: duration("merge-gap", self.merge_gap_s, MERGE_GAP_S)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::{collection::btree_map, option, prelude::*};

    prop_compose! {
        fn any_choices()(
            numbers in proptest::collection::vec(option::of(any::<f64>().prop_filter("a number", |x| x.is_finite())), 9),
            thresholds in btree_map(any::<String>(), 0.0..=1.0_f64, 0..5),
        ) -> Choices {
            let mut numbers = numbers.into_iter();
            let mut next = || numbers.next().flatten();
            Choices {
                threshold: next(),
                update_s: next(),
                memory_s: next(),
                attack_s: next(),
                release_s: next(),
                gate_open_dbfs: next(),
                gate_close_dbfs: next(),
                min_duration_s: next(),
                merge_gap_s: next(),
                thresholds,
            }
        }
    }

    proptest! {
        #[test]
        fn every_settings_file_comes_back_as_it_was(choices in any_choices()) {
            prop_assert_eq!(toml::from_str::<Choices>(&choices.to_toml()).expect("own text"), choices);
        }
    }

    #[test]
    fn toml_round_trip_and_layers() {
        let mut file = Choices::defaults();
        file.thresholds.insert("voice".into(), 0.7);
        assert_eq!(toml::from_str::<Choices>(&file.to_toml()).expect("own text"), file);
        let args = ChoiceArgs {
            threshold: vec!["0.4".into(), "piano=0.2".into()],
            memory: Some(5.0),
            ..ChoiceArgs::default()
        };
        let choices = Choices::from_args(&args).expect("good arguments").over(file);
        assert_eq!(
            (choices.threshold, choices.memory_s, choices.release_s),
            (Some(0.4), Some(5.0), Some(0.3))
        );
        assert_eq!(choices.thresholds, BTreeMap::from([("piano".into(), 0.2)]));
    }

    #[test]
    fn defaults_are_the_engine_s_own() {
        assert_eq!(Choices::defaults().engine().expect("defaults"), Settings::default());
        assert_eq!(Choices::default().engine().expect("nothing chosen"), Settings::default());
    }

    #[test]
    fn values_out_of_range_say_the_range() {
        for (choices, part) in [
            (Choices { update_s: Some(0.2), ..Choices::default() }, "0.16"),
            (Choices { update_s: Some(f64::NAN), ..Choices::default() }, "0.16"),
            (Choices { memory_s: Some(31.0), ..Choices::default() }, "1 to 30"),
            (Choices { attack_s: Some(-1.0), ..Choices::default() }, "0 to 10"),
        ] {
            assert!(choices.engine().expect_err("out of range").to_string().contains(part));
        }
        assert!(toml::from_str::<Choices>("memroy_s = 3").is_err());
    }
}
