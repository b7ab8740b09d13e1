//! A made-up session on a real board: a song with parts that come and go, at the engine's pace. For tests and pictures.

use rollcall_board::{
    Another, Attention, Board, Change, Gesture, Inbox, Latest, LogMel, MEL_BANDS, Meter, ModelIdentity,
    ModelState, PICTURE_HOPS, Panel, Picture, RowData, Selected, Selection, Settings, SongPosition, Status,
    StreamRate, Stretch, WorkerState, Writer,
};
use std::{cell::RefCell, rc::Rc, sync::Arc};

use rollcall_classes::Look;

pub(crate) use rollcall_classes::OPENMIC as CLASSES;

pub(crate) const STEP_S: f64 = 0.16;
const TEMPO: f64 = 112.0;

/// Class, first second, last second, strength: a song of 150 s, then again.
const PARTS: &[(&str, f64, f64, f32)] = &[
    ("piano", 2.0, 44.0, 0.86),
    ("bass", 10.5, 74.0, 0.78),
    ("drums", 19.0, 74.0, 0.93),
    ("cymbals", 27.5, 66.0, 0.62),
    ("voice", 23.0, 40.0, 0.95),
    ("voice", 49.0, 72.0, 0.97),
    ("guitar", 36.0, 74.0, 0.74),
    ("violin", 58.0, 112.0, 0.81),
    ("cello", 66.0, 112.0, 0.70),
    ("saxophone", 78.0, 96.0, 0.88),
    ("piano", 74.0, 120.0, 0.72),
    ("organ", 100.0, 132.0, 0.58),
    ("trumpet", 112.0, 132.0, 0.84),
    ("drums", 96.0, 138.0, 0.90),
    ("bass", 96.0, 140.0, 0.80),
    ("voice", 104.0, 130.0, 0.92),
    ("synthesizer", 124.0, 148.0, 0.66),
];

/// Parameters as a host would keep them.
#[derive(Clone, Default)]
pub(crate) struct Host(pub(crate) Rc<RefCell<Settings>>, pub(crate) Rc<RefCell<Vec<(Change, Gesture)>>>);

impl Panel for Host {
    fn settings(&self) -> Settings {
        *self.0.borrow()
    }
    fn change(&self, change: Change, gesture: Gesture) {
        self.1.borrow_mut().push((change, gesture));
        let mut settings = self.0.borrow_mut();
        match change {
            Change::Bypass(v) => settings.bypass = v,
            Change::Input(v) => settings.input = v,
            Change::Channels(v) => settings.channels = v,
            Change::MemoryS(v) => settings.memory_s = v,
            Change::AttackMs(v) => settings.attack_ms = v,
            Change::ReleaseMs(v) => settings.release_ms = v,
            Change::UpdateMs(v) => settings.update_ms = v,
            Change::Sensitivity(v) => settings.sensitivity = v,
            Change::HoldS(v) => settings.hold_s = v,
            Change::Freeze(v) => settings.freeze = v,
            Change::ResetOnPlay(v) => settings.reset_on_play = v,
            Change::MidiCc(v) => settings.midi_cc = v,
            Change::MidiNotes(v) => settings.midi_notes = v,
            Change::KeepAudio(v) => settings.keep_audio = v,
        }
    }
}

/// A board with its writer, and the song's state.
pub(crate) struct Session {
    pub(crate) writer: Writer,
    pub(crate) board: Board,
    pub(crate) inbox: Inbox,
    pub(crate) host: Host,
    pub(crate) status: Status,
    pub(crate) meters: Vec<Meter>,
    pub(crate) another: Option<Another>,
    pub(crate) classes: Arc<[String]>,
    steps: u64,
    random: u32,
}

impl Session {
    /// A healthy session in which nothing was heard yet.
    pub(crate) fn new() -> Self {
        Self::of(&CLASSES)
    }

    /// The same with a model of other classes.
    pub(crate) fn of(classes: &[&str]) -> Self {
        let classes: Arc<[String]> = classes.iter().map(|class| String::from(*class)).collect();
        let (mut writer, board, inbox) = rollcall_board::board();
        let model = ModelIdentity {
            name: "rollcall-openmic".into(),
            version: "1.0.0".into(),
            sha256: "3f1c9a0b7d52".repeat(6)[..64].into(),
            licence: "Weights: CC BY-NC-SA 4.0, no commercial use of the weights".into(),
            provisional: false,
        };
        let status = Status {
            session: 1,
            classes: Arc::clone(&classes),
            others: Arc::from(["bagpipes", "harp"].map(String::from)),
            model: ModelState::Ready(model),
            state: WorkerState::Live,
            stream: Some(StreamRate { sample_rate_hz: 48_000 }),
            asked_interval_s: 0.16,
            interval_s: 0.16,
            inference_ms: 9.4,
            load: 0.062,
            lookahead_s: 0.62,
            ..Status::default()
        };
        writer.clear_history(classes.len());
        writer.show_status(status.clone());
        let threshold = |class: usize| 0.32 + 0.03 * (class * 7 % 11) as f32;
        let meters = (0..classes.len())
            .map(|class| Meter {
                threshold: threshold(class),
                shipped_threshold: threshold(class),
                since_active_s: f32::INFINITY,
                ..Meter::default()
            })
            .collect();
        Self {
            writer,
            board,
            inbox,
            host: Host::default(),
            status,
            meters,
            another: None,
            classes,
            steps: 0,
            random: 1,
        }
    }

    /// Uniform in -0.5..0.5; xorshift, so that every picture is the same.
    fn noise(&mut self) -> f32 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 17;
        self.random ^= self.random << 5;
        (self.random >> 8) as f32 / (1 << 24) as f32 - 0.5
    }

    fn target(&self, class: usize, time_s: f64) -> f32 {
        let time_s = time_s % 150.0;
        if !CLASSES.contains(&&*self.classes[class]) {
            // Now and then, each at another time.
            let since_s = (time_s + 23.0 * class as f64) % 90.0;
            return if since_s < 11.0 { 0.6 + 0.3 * (class % 2) as f32 } else { 0.0 };
        }
        let parts =
            PARTS.iter().filter(|part| part.0 == self.classes[class] && time_s >= part.1 && time_s < part.2);
        parts.map(|part| part.3).fold(0.0, f32::max)
    }

    /// What the package says of a class's looks.
    pub(crate) fn look(&mut self, class: &str, look: Look) {
        let mut looks = self.status.looks.to_vec();
        looks.resize(self.classes.len(), Look::default());
        looks[self.classes.iter().position(|known| known == class).expect("one of its classes")] = look;
        self.status.looks = looks.into();
        self.show_status();
    }

    /// As the worker shows a stretch that was selected, of a model that heard its classes there.
    pub(crate) fn select(&mut self, begin_s: f64, end_s: f64) {
        let (classes, session) = (Arc::clone(&self.classes), self.status.session);
        let peaks = self.meters.iter().map(|meter| meter.activity).collect();
        let stretch = Stretch { session, begin_s, end_s };
        self.status.selected = Selected::Ready(Selection { stretch, missing_s: 0.4, classes, peaks });
        self.status.kept_s = Some((begin_s - 20.0, end_s + 20.0));
        self.show_status();
    }

    /// Plays on for so many seconds.
    pub(crate) fn play(&mut self, seconds: f64) {
        for _ in 0..(seconds / STEP_S).round() as u64 {
            self.step();
        }
        if self.steps > 0 {
            // The newest alone: nobody has seen the others.
            let picture = self.picture(0.48 + (self.steps - 1) as f64 * STEP_S);
            self.writer.show_picture(picture);
        }
    }

    fn step(&mut self) {
        let time_s = 0.48 + self.steps as f64 * STEP_S;
        self.steps += 1;
        for class in 0..self.classes.len() {
            let beat = (time_s * TEMPO / 60.0 + class as f64 * 0.37).fract() as f32;
            let target = self.target(class, time_s);
            let wobble = self.noise() * 0.22 - if target > 0.0 { beat * 0.18 } else { 0.0 };
            let stray = if self.noise() > 0.492 { 0.25 } else { 0.03 };
            let instant =
                (target + wobble * target.max(0.2) + stray * self.noise().abs()).clamp(0.005, 0.995);
            let meter = &mut self.meters[class];
            let keep = if instant > meter.activity { 0.35 } else { 0.72 };
            meter.instant = instant;
            meter.activity = instant + (meter.activity - instant) * keep;
            meter.posterior = meter.activity;
            meter.peak = meter.peak.max(meter.activity);
            let above = meter.activity >= meter.threshold;
            meter.since_active_s = if above { 0.0 } else { meter.since_active_s + STEP_S as f32 };
            meter.active = above || meter.since_active_s <= 0.5;
        }
        self.publish(time_s);
    }

    /// Shows given activities for one step.
    pub(crate) fn step_with(&mut self, activities: &[f32]) {
        let time_s = 0.48 + self.steps as f64 * STEP_S;
        self.steps += 1;
        for (meter, &activity) in self.meters.iter_mut().zip(activities) {
            meter.activity = activity;
            meter.peak = meter.peak.max(activity);
            meter.active = activity >= meter.threshold;
        }
        self.publish(time_s);
    }

    fn publish(&mut self, time_s: f64) {
        let beats = time_s * TEMPO / 60.0;
        let bar = (beats / 4.0).floor();
        let position = SongPosition {
            playing: true,
            song_s: Some(time_s),
            beats: Some(beats),
            bar: Some((bar as i32, (beats - bar * 4.0) as f32)),
            tempo_bpm: Some(TEMPO),
        };
        let activity: Vec<f32> = self.meters.iter().map(|meter| meter.activity).collect();
        let level_dbfs = -19.0 + 4.0 * (beats as f32 * 0.7).sin();
        self.writer.append(&RowData {
            time_s,
            position,
            level_dbfs,
            gate_open: true,
            after_gap: false,
            another: self.another,
            hops: 16,
            activity: &activity,
        });
        self.writer.show_latest(Latest {
            steps: self.steps,
            time_s,
            position,
            meters: self.meters.clone(),
            perhaps: self.another.map(|another| another.instrument),
            level_dbfs,
            gate_open: true,
            peak_dbfs: level_dbfs + 9.0,
        });
        self.status.counters.frames = (time_s * 48_000.0) as u64;
        self.show_status();
    }

    pub(crate) fn show_status(&mut self) {
        self.writer.show_status(self.status.clone());
    }

    /// Shows the newest step again, changed.
    pub(crate) fn show_latest(&mut self, change: impl FnOnce(&mut Latest)) {
        let mut latest = (*self.board.latest()).clone();
        change(&mut latest);
        self.writer.show_latest(latest);
    }

    /// Harmonics under a falling spectrum, with beats; and attention on the loud steps.
    fn picture(&self, time_s: f64) -> Picture {
        let end = (time_s * 100.0) as u64;
        let hop = |i: u64| {
            let t = i as f64 / 100.0;
            let beat = (t * TEMPO / 60.0).fract() as f32;
            let note = ((t * TEMPO / 60.0) as u64 * 7 % 12) as f32;
            std::array::from_fn(|band| {
                let band_f = band as f32;
                let fall = 150.0 - 1.5 * band_f;
                let hit = (1.0 - beat).powi(6) * (30.0 + band_f * 0.9);
                let harmonics: f32 = (1..9)
                    .map(|n| {
                        let centre = 6.0 + note + 15.0 * (n as f32).log2();
                        let width = 0.7 + 0.04 * n as f32;
                        70.0 / n as f32 * (-((band_f - centre) / width).powi(2)).exp()
                    })
                    .sum();
                let grain = ((i * 31 + band as u64 * 17).wrapping_mul(2_654_435_761) >> 7 & 31) as f32;
                (fall - 55.0 + hit + harmonics * (0.6 + 0.4 * (1.0 - beat)) + grain).clamp(0.0, 255.0) as u8
            })
        };
        let hops: Vec<[u8; MEL_BANDS]> = (end.saturating_sub(PICTURE_HOPS as u64)..end).map(hop).collect();
        let steps = (3.0 / STEP_S) as usize;
        let times_s: Vec<f64> = (0..steps).map(|i| time_s - (steps - 1 - i) as f64 * STEP_S).collect();
        let mut weights = vec![0.0; steps * self.classes.len()];
        for class in 0..self.classes.len() {
            let raw: Vec<f64> = times_s
                .iter()
                .map(|t| {
                    (2.2 * ((t + class as f64 * 0.23) * TEMPO / 60.0 * std::f64::consts::TAU / 2.0).sin())
                        .exp()
                })
                .collect();
            let sum: f64 = raw.iter().sum();
            for (step, value) in raw.iter().enumerate() {
                weights[step * self.classes.len() + class] = (value / sum) as f32;
            }
        }
        Picture { log_mel: LogMel { hops, end }, attention: Attention { times_s, weights } }
    }
}

/// Classes that a person may have taught: with those of OpenMIC 60.
pub(crate) const TAUGHT: [&str; 40] = [
    "hurdy-gurdy",
    "harp",
    "oud",
    "harmonica",
    "bassoon",
    "oboe",
    "tuba",
    "french horn",
    "viola",
    "double bass",
    "choir",
    "soloist",
    "Anna's violin",
    "our room's hum",
    "steel_drum",
    "tabla",
    "sitar",
    "koto",
    "theremin",
    "celesta",
    "harpsichord",
    "glockenspiel",
    "timpani",
    "english horn",
    "piccolo",
    "recorder",
    "bagpipes",
    "lute",
    "zither",
    "balalaika",
    "electric guitar",
    "congas",
    "claps",
    "bass clarinet",
    "the long pad of the second synthesizer",
    "patch 17",
    "patch 18",
    "applause",
    "street",
    "rain",
];

/// OpenMIC's classes and as many of those that a person may have taught.
pub(crate) fn with_taught(count: usize) -> Session {
    let classes: Vec<&str> = CLASSES.into_iter().chain(TAUGHT.into_iter().take(count)).collect();
    Session::of(&classes)
}

/// Place of a class in [`CLASSES`].
pub(crate) fn class(name: &str) -> usize {
    CLASSES.iter().position(|class| *class == name).expect("a class of OpenMIC")
}
