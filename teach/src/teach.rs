//! From a lesson to a package: every room in its turn.

use crate::bags::{self, Bag, Scene};
use crate::cache::Cache;
use crate::card::{self, Report};
use crate::confusion::{self, Told};
use crate::folds::Folds;
use crate::hear::{Heard, hear};
use crate::judge::judge;
use crate::lesson::{Lesson, MOST_IN_PLUGIN, Mode, Recording};
use crate::mixes::{Material, mixes};
use crate::settings::Settings;
use crate::sift::{drawn, name_twins, without_copies};
use crate::{package, shipped};
use anyhow::{Context, Result, ensure};
use rayon::prelude::*;
use rollcall_engine::{Model, Package};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// Bags of all recordings together, at most: 30 MB.
const MOST_BAGS: usize = 12_000;
/// Bags of one class, at most.
const MOST_BAGS_OF_CLASS: usize = 2_000;

/// How far it is.
#[derive(Clone, Copy, Debug)]
pub enum Progress<'a> {
    /// A recording was listened to, or found in the cache; so many of so many are done.
    Heard {
        /// Recordings done.
        done: usize,
        /// Of so many.
        of: usize,
        /// Which it was.
        name: &'a str,
    },
    /// Mixes were listened to.
    Mixed {
        /// Seconds of them.
        done_s: f64,
        /// Of so many.
        of_s: f64,
    },
    /// A class was learned.
    Fitted {
        /// Classes done.
        done: usize,
        /// Of so many.
        of: usize,
    },
}

/// What came of it.
#[derive(Clone, Debug)]
pub struct Taught {
    /// The folder of the package.
    pub folder: PathBuf,
    /// What it is worth.
    pub report: Report,
}

/// Teaches a lesson on top of a base package and writes a package into `folder`, which must not exist or be empty.
///
/// # Errors
/// What cannot be learned, read or written, in a sentence. What was heard until then is kept in the cache.
pub fn teach(
    base: &Package,
    lesson: &Lesson,
    settings: &Settings,
    folder: &Path,
    progress: &(dyn Fn(Progress<'_>) + Sync),
) -> Result<Taught> {
    lesson.check(base.manifest(), settings.mode)?;
    let clips = shipped::read(base)?;
    ensure!(
        lesson.classes.len() > 1 || !clips.is_empty() || lesson.recordings.iter().any(is_negative),
        "'{}' is the only class, and there is nothing to tell it from: give another class, recordings of other things with \
         --negatives, or a base package that brings music to learn beside (the default one does)",
        lesson.classes[0]
    );
    let jobs = rayon::ThreadPoolBuilder::new().num_threads(settings.jobs).build()?;
    jobs.install(|| Teaching::begin(base, lesson, settings, progress)?.finish(clips, folder))
}

fn is_negative(recording: &Recording) -> bool {
    recording.parts.iter().any(|part| !part.plays && part.class.is_none())
}

struct Teaching<'a> {
    base: &'a Package,
    model: Arc<Model>,
    /// Without what was left out.
    lesson: Lesson,
    hashes: Vec<String>,
    settings: &'a Settings,
    cache: Cache,
    folds: Folds,
    bags: Vec<Bag>,
    heard_s: Vec<f64>,
    notes: Vec<String>,
    progress: &'a (dyn Fn(Progress<'_>) + Sync),
}

impl<'a> Teaching<'a> {
    fn begin(
        base: &'a Package,
        lesson: &Lesson,
        settings: &'a Settings,
        progress: &'a (dyn Fn(Progress<'_>) + Sync),
    ) -> Result<Self> {
        let cache = Cache::open(&settings.cache, base.manifest())?;
        let mut notes = Vec::new();
        let lesson = drawn(lesson, settings, &mut notes);
        let model = Model::load_with_detail(base.clone())
            .map(Arc::new)
            .with_context(|| format!("the base package {}", base.manifest().name))?;
        let (mut lesson, hashes) = without_copies(lesson, &mut notes)?;
        let heard = listen(&model, &lesson, &hashes, &cache, settings.jobs, progress)?;
        let (mut kept, mut kept_hashes, mut kept_heard) = (Vec::new(), Vec::new(), Vec::new());
        for ((recording, hash), heard) in lesson.recordings.into_iter().zip(hashes).zip(heard) {
            match heard {
                Err(error) => notes.push(format!("{}: {error:#}; it is left out", recording.name)),
                Ok(heard) if heard.steps.is_empty() => {
                    notes.push(format!("{}: is silent; it is left out", recording.name));
                }
                Ok(heard) => {
                    notes.extend(heard.note.iter().map(|note| format!("{}: {note}", recording.name)));
                    kept.push(recording);
                    kept_hashes.push(hash);
                    kept_heard.push(heard);
                }
            }
        }
        lesson.recordings = kept;
        name_twins(&lesson, &kept_heard, &mut notes);
        for (class, name) in lesson.classes.iter().enumerate() {
            ensure!(
                lesson.recordings.iter().any(|recording| Lesson::shows(recording, class)),
                "'{name}' has no recording in which anything can be heard: {}",
                notes.join("; ")
            );
        }
        let folds = Folds::new(&lesson, &lesson.recordings.iter().collect::<Vec<_>>(), settings.seed);
        let bags = cut(&lesson, &kept_heard, &folds);
        let heard_s = kept_heard.iter().map(|heard| heard.duration_s).collect();
        Ok(Self {
            base,
            model,
            lesson,
            hashes: kept_hashes,
            settings,
            cache,
            folds,
            bags,
            heard_s,
            notes,
            progress,
        })
    }

    fn finish(mut self, clips: Vec<shipped::Clip>, folder: &Path) -> Result<Taught> {
        let material = Material {
            model: &self.model,
            lesson: &self.lesson,
            hashes: &self.hashes,
            bags: &self.bags,
            folds: self.folds.count,
            heard_s: self.heard_s.iter().sum(),
        };
        let mixed_s = Mutex::new(0.0);
        let on_mixed = |done_s: f64, of_s: f64| {
            let mut mixed_s = mixed_s.lock().unwrap_or_else(PoisonError::into_inner);
            *mixed_s += done_s;
            (self.progress)(Progress::Mixed { done_s: *mixed_s, of_s });
        };
        let mixed = mixes(&material, self.settings.seed, &self.cache, &on_mixed)?;
        let mixes = mixed.len();
        let manifest = self.base.manifest();
        let own = &manifest.classes[..manifest.own_classes()];
        let first_unit = self.lesson.recordings.len();
        let width = rollcall_engine::EMBEDDING + self.model.detail_len();
        if let Some(clip) = clips.first().filter(|clip| clip.width != width) {
            anyhow::bail!(
                "{} of the base package {} holds {} numbers a step, but its network gives {width}: make it again with `rollcall-train \
                 teaching negatives`",
                shipped::FILE,
                manifest.name,
                clip.width
            );
        }
        let shipped = shipped::bags(&clips, own, &self.lesson.classes, self.folds.count, first_unit);
        if shipped.is_empty() {
            self.notes.push(format!(
                "the base package {} brings no music to learn beside: give recordings of other things with --negatives",
                manifest.name
            ));
        }
        self.bags.extend(mixed);
        self.bags.extend(shipped);
        let on_fitted = |done, of| (self.progress)(Progress::Fitted { done, of });
        let judged = judge(&self.bags, self.folds.count, self.settings.seed, &on_fitted);
        let confusions = self.confusions(&judged, &clips);
        self.warn();
        let report = Report::new(
            &self.lesson,
            &self.heard_s,
            &judged,
            self.folds.count,
            mixes,
            confusions,
            self.notes,
        );
        package::write(self.base, &self.lesson, self.settings, &judged, &report, folder)?;
        Ok(Taught { folder: folder.into(), report })
    }

    fn confusions(&self, judged: &crate::judge::Judged, clips: &[shipped::Clip]) -> Vec<String> {
        let manifest = self.base.manifest();
        let beside = |bag: &Bag| {
            let rows = bag.rows(0..bag.steps());
            let windows = rows.chunks_exact(bag.width).filter_map(<[f32]>::split_first_chunk);
            let clip = self.model.attend_with(windows).clip;
            let heard = clip.iter().zip(&manifest.thresholds).zip(&manifest.classes);
            heard.filter(|((p, t), _)| p >= t).map(|(_, name)| name.clone()).collect()
        };
        let shipped = |clip: usize| {
            let playing = clips[clip].classes.iter().zip(&manifest.classes).filter(|(plays, _)| **plays);
            playing.map(|(_, name)| name.clone()).collect()
        };
        confusion::words(&Told {
            classes: &self.lesson.classes,
            thresholds: &judged.thresholds,
            bags: &self.bags,
            said: &judged.said,
            beside: &beside,
            shipped: &shipped,
            has_base: self.settings.mode == Mode::Add,
        })
    }

    /// What is too little, and what is too much.
    fn warn(&mut self) {
        let kept = if self.settings.mode == Mode::Add { self.base.manifest().classes.len() } else { 0 };
        let all = kept + self.lesson.classes.len();
        if all > MOST_IN_PLUGIN {
            self.notes.push(format!(
                "{all} classes are more than the {MOST_IN_PLUGIN} that the plugin shows: it will refuse this package, and the program \
                 and Python take it; teach fewer, or leave the others out with --only"
            ));
        }
        for (class, name) in self.lesson.classes.iter().enumerate() {
            let own = self.lesson.recordings.iter().zip(&self.heard_s);
            let own: Vec<(&Recording, f64)> = own
                .filter(|(recording, _)| Lesson::shows(recording, class))
                .map(|(recording, s)| (recording, *s))
                .collect();
            let groups: std::collections::BTreeSet<&str> =
                own.iter().map(|(recording, _)| recording.group.as_str()).collect();
            let seconds: f64 = own.iter().map(|(_, s)| s).sum();
            self.notes.extend(card::too_little(
                name,
                own.len(),
                groups.len(),
                self.lesson.is_grouped,
                seconds,
            ));
        }
    }
}

/// Listens to all recordings on all cores; those that were heard before are read from the cache.
fn listen(
    model: &Arc<Model>,
    lesson: &Lesson,
    hashes: &[String],
    cache: &Cache,
    jobs: usize,
    progress: &(dyn Fn(Progress<'_>) + Sync),
) -> Result<Vec<Result<Heard>>> {
    let of = lesson.recordings.len();
    let done = std::sync::atomic::AtomicUsize::new(0);
    // Cores that have no recording of their own share those there are.
    let threads = (jobs / of.max(1)).max(1);
    let one = |(recording, hash): (&Recording, &String)| -> Result<Result<Heard>> {
        let heard = match cache.get(hash) {
            Some(heard) => Ok(heard),
            None => match hear(model, &recording.path, threads, &|_| ()) {
                Ok(heard) => {
                    cache.put(hash, &heard).context("--cache")?;
                    Ok(heard)
                }
                Err(error) => Err(error),
            },
        };
        let done = 1 + done.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        progress(Progress::Heard { done, of, name: &recording.name });
        Ok(heard)
    };
    lesson.recordings.par_iter().zip(hashes).map(one).collect()
}

/// The bags of all recordings, each class's evenly from its recordings.
fn cut(lesson: &Lesson, heard: &[Heard], folds: &Folds) -> Vec<Bag> {
    let classes = lesson.classes.len();
    let of_class = MOST_BAGS_OF_CLASS.min(MOST_BAGS / classes.max(1));
    let recordings_of = |class: usize| lesson.recordings.iter().filter(|r| Lesson::shows(r, class)).count();
    let of_each: Vec<usize> =
        (0..classes).map(|class| (of_class / recordings_of(class).max(1)).max(2)).collect();
    let negatives = (of_class / lesson.recordings.iter().filter(|r| is_negative(r)).count().max(1)).max(2);
    let mut units: BTreeMap<&str, usize> = BTreeMap::new();
    let mut bags = Vec::new();
    for (source, (recording, heard)) in lesson.recordings.iter().zip(heard).enumerate() {
        let next = units.len();
        let unit = *units.entry(recording.group.as_str()).or_insert(next);
        let most = (0..classes)
            .filter(|class| Lesson::shows(recording, *class))
            .map(|class| of_each[class])
            .max()
            .unwrap_or(negatives);
        let template = Bag {
            width: heard.steps.width,
            embeddings: Vec::new(),
            truth: Vec::new(),
            scene: Scene::Alone,
            source,
            fold: folds.of(&recording.group),
            unit,
            span_s: (0.0, 0.0),
        };
        bags.extend(bags::cut(&heard.steps, &recording.parts, classes, most, &template));
    }
    bags
}
