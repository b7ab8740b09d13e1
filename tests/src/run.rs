//! The child: does what a plan says, on its main thread, and writes down what came of it.

use crate::feed::Feed;
use crate::format::{self, Library, Plugin, Ready};
use crate::keeping;
use crate::plan::{Plan, Process, Setting, Setup, Step, Value};
use crate::platform;
use crate::progress::Progress;
use crate::record::{Param, Record};
use crate::trouble::Trouble;
use std::{
    path::Path,
    sync::{atomic::AtomicU64, mpsc},
    thread,
    time::{Duration, Instant},
};

/// Time between two looks of the main thread at what the plugin wants.
const IDLE: Duration = Duration::from_millis(5);
/// Time between two samples of memory and meters.
const SAMPLE: Duration = Duration::from_millis(20);
/// Samples of memory that are kept.
const MOST_SAMPLES: usize = 4_096;

/// The state of a run.
struct Run<'a> {
    plan: &'a Plan,
    progress: &'a Progress,
    began: Instant,
    record: Record,
    library: Option<Box<dyn Library>>,
    plugins: Vec<Box<dyn Plugin>>,
    params: Vec<Param>,
    active: Option<(Setup, Ready)>,
    streams: u64,
}

/// Runs a plan in this process. A crash of the plugin is the process's own: see [`crate::launch`] for the parent.
pub(crate) fn run(plan: &Plan, progress: &Progress) -> Record {
    let mut run = Run {
        plan,
        progress,
        began: Instant::now(),
        record: Record::default(),
        library: None,
        plugins: Vec::new(),
        params: Vec::new(),
        active: None,
        streams: 0,
    };
    if let Err((step, trouble)) = run.all() {
        run.record.trouble = Some((step, trouble.to_string()));
    }
    run.manners();
    run.progress.step("destroying the instances".to_owned());
    run.plugins.clear();
    run.progress.step("closing the file".to_owned());
    run.library = None;
    run.sample_memory();
    run.record
}

impl Run<'_> {
    fn all(&mut self) -> Result<(), (usize, Trouble)> {
        self.open().map_err(|trouble| (0, trouble))?;
        let description = self.plugins[0].describe();
        self.params.clone_from(&description.params);
        self.record.plugin = description;
        for (index, step) in self.plan.steps.iter().enumerate() {
            self.progress.step(format!("step {index}: {}", name(step)));
            self.step(step).map_err(|trouble| (index, trouble))?;
            self.plugins.iter_mut().for_each(|plugin| plugin.idle());
        }
        Ok(())
    }

    fn open(&mut self) -> Result<(), Trouble> {
        self.progress.step("opening the file".to_owned());
        let began = Instant::now();
        let library = format::open(&self.plan.plugin)?;
        if self.record.open_s == 0.0 {
            self.record.open_s = began.elapsed().as_secs_f64();
        }
        self.progress.step("making instances".to_owned());
        for _ in 0..self.plan.instances.max(1) {
            let began = Instant::now();
            self.plugins.push(library.make(self.plan.id.as_deref())?);
            self.record.make_s.push(began.elapsed().as_secs_f64());
        }
        self.library = Some(library);
        self.sample_memory();
        Ok(())
    }

    fn step(&mut self, step: &Step) -> Result<(), Trouble> {
        match step {
            Step::Set(settings) => {
                let changes = settings.iter().map(|s| self.resolve(s)).collect::<Result<Vec<_>, _>>()?;
                self.plugins.iter_mut().try_for_each(|plugin| plugin.set(&changes))
            }
            Step::Activate(setup) => {
                let mut ready = Ready::default();
                for plugin in &mut self.plugins {
                    ready = plugin.activate(setup)?;
                }
                self.active = Some((setup.clone(), ready));
                Ok(())
            }
            Step::Process(process) => self.process(process),
            Step::Reset => self.reset(),
            Step::Deactivate => {
                self.active = None;
                self.plugins.iter_mut().for_each(|plugin| plugin.deactivate());
                Ok(())
            }
            Step::Save(slot) => {
                let state = self.plugins[0].save()?;
                self.record.states.insert(slot.clone(), state);
                Ok(())
            }
            Step::Load(slot) => {
                let state = self.kept(slot)?;
                self.plugins.iter_mut().try_for_each(|plugin| plugin.load(&state))
            }
            Step::LoadBytes(state) => self.plugins.iter_mut().try_for_each(|plugin| plugin.load(state)),
            Step::LoadFile(path) => {
                let what = || format!("reading the state {}", path.display());
                let state = std::fs::read(path).map_err(|source| Trouble::Io { what: what(), source })?;
                self.plugins.iter_mut().try_for_each(|plugin| plugin.load(&state))
            }
            Step::LoadBroken { from, count } => self.load_broken(from, *count),
            Step::Reload { times } => {
                for _ in 0..*times {
                    self.manners();
                    self.active = None;
                    self.plugins.clear();
                    self.library = None;
                    self.open()?;
                }
                Ok(())
            }
            Step::Read => {
                let values = self.plugins[0].values();
                self.record.values.push(values);
                Ok(())
            }
            Step::Layouts => {
                self.active = None;
                let found = self.plugins[0].contradictions();
                self.record.contradictions.extend(found);
                Ok(())
            }
            Step::Keeps => {
                let library =
                    self.library.as_deref().ok_or_else(|| Trouble::Plan("no file is open".to_owned()))?;
                let found = keeping::faults(library, self.plan.id.as_deref(), &self.params, self.plan.seed)?;
                self.record.contradictions.extend(found);
                Ok(())
            }
            Step::Wait { seconds } => {
                let end = Instant::now() + Duration::try_from_secs_f64(*seconds).unwrap_or_default();
                while Instant::now() < end {
                    self.plugins.iter_mut().for_each(|plugin| plugin.idle());
                    thread::sleep(IDLE.min(end.saturating_duration_since(Instant::now())));
                }
                self.sample_memory();
                Ok(())
            }
        }
    }

    fn kept(&self, slot: &str) -> Result<Vec<u8>, Trouble> {
        let state = self.record.states.get(slot).cloned();
        state.ok_or_else(|| Trouble::Plan(format!("no state was kept as `{slot}`")))
    }

    /// A setting as id and normalised value.
    fn resolve(&mut self, setting: &Setting) -> Result<(u32, f64), Trouble> {
        let wrong = |why: String| Trouble::Param { param: setting.param.clone(), why };
        let is_it = |param: &&Param| {
            param.name.eq_ignore_ascii_case(&setting.param) || param.id.to_string() == setting.param
        };
        let found = self.params.iter().find(is_it).map(|param| param.id);
        let id = found.ok_or_else(|| {
            let names: Vec<&str> = self.params.iter().map(|param| param.name.as_str()).collect();
            wrong(format!("there is none; there are {}", names.join(", ")))
        })?;
        let value = match &setting.value {
            Value::Normal(value) => *value,
            Value::Text(text) => self.plugins[0]
                .value_of(id, text)
                .ok_or_else(|| wrong(format!("the plugin cannot read `{text}` as its value")))?,
        };
        Ok((id, value))
    }

    /// Times and values of parameter changes in a stretch, given and random ones.
    fn automation(
        &mut self,
        process: &Process,
        rate_hz: f64,
        seed: u64,
    ) -> Result<Vec<(u64, u32, f64)>, Trouble> {
        let mut all = Vec::new();
        for (at_s, setting) in &process.automation {
            let (id, value) = self.resolve(setting)?;
            all.push(((at_s * rate_hz).max(0.0) as u64, id, value));
        }
        let may = |param: &&Param| param.automatable && !param.read_only && !param.hidden;
        let targets: Vec<u32> = self.params.iter().filter(may).map(|param| param.id).collect();
        let count = (process.random_automation_hz * process.seconds) as u64;
        let mut random = fastrand::Rng::with_seed(seed ^ 0x6175_746f);
        for _ in 0..if targets.is_empty() { 0 } else { count } {
            let id = targets[random.usize(0..targets.len())];
            all.push(((random.f64() * process.seconds * rate_hz) as u64, id, random.f64()));
        }
        all.sort_by_key(|(at, ..)| *at);
        Ok(all)
    }

    fn process(&mut self, process: &Process) -> Result<(), Trouble> {
        let no_setup = || Trouble::Plan("blocks before the plugin was activated".to_owned());
        let (setup, ready) = self.active.clone().ok_or_else(no_setup)?;
        self.streams += 1;
        let seed = self.plan.seed.wrapping_add(self.streams << 32);
        let automation = self.automation(process, setup.rate_hz, seed)?;
        let source = process.signal.open(self.plan.seed, setup.rate_hz)?;
        let mut processors = Vec::new();
        for plugin in &mut self.plugins {
            processors.push(plugin.processor()?);
        }
        let position = AtomicU64::new(0);
        let (told, tell) = mpsc::channel();
        let feed = Feed {
            setup: &setup,
            ready: &ready,
            process,
            seed,
            automation: &automation,
            source,
            progress: self.progress,
            position: &position,
            told,
        };
        let mut meters = Vec::new();
        let has_meters = self.params.iter().any(|param| param.read_only);
        let result = thread::scope(|scope| {
            let audio = thread::Builder::new().name("audio".to_owned()).spawn_scoped(scope, || {
                let result = feed.run(&mut processors);
                // On this thread, where they ran.
                drop(processors);
                result
            });
            let audio = audio
                .map_err(|source| Trouble::Io { what: "starting the audio thread".to_owned(), source })?;
            let mut sampled = Instant::now();
            while !audio.is_finished() {
                self.plugins.iter_mut().for_each(|plugin| plugin.idle());
                let changes: Vec<(u32, f64)> = tell.try_iter().collect();
                self.plugins[0].tell(&changes);
                if sampled.elapsed() >= SAMPLE {
                    sampled = Instant::now();
                    self.sample_memory();
                    if has_meters {
                        let frame = position.load(std::sync::atomic::Ordering::Relaxed);
                        meters.push((frame as f64 / setup.rate_hz, self.meters()));
                    }
                }
                thread::sleep(IDLE);
            }
            match audio.join() {
                Ok(result) => result,
                Err(panic) => std::panic::resume_unwind(panic),
            }
        });
        let changes: Vec<(u32, f64)> = tell.try_iter().collect();
        self.plugins[0].tell(&changes);
        let mut stream = result?;
        stream.meters = meters;
        self.record.streams.push(stream);
        self.sample_memory();
        Ok(())
    }

    fn meters(&mut self) -> Vec<f64> {
        let values = self.plugins[0].values();
        let read_only = self.params.iter().map(|param| param.read_only);
        values
            .into_iter()
            .zip(read_only)
            .filter(|(_, read_only)| *read_only)
            .map(|(value, _)| value)
            .collect()
    }

    fn reset(&mut self) -> Result<(), Trouble> {
        for plugin in &mut self.plugins {
            let mut processor = plugin.processor()?;
            let done = thread::scope(|scope| {
                let audio = scope.spawn(move || {
                    let begun = processor.begin();
                    processor.reset();
                    begun
                });
                audio.join()
            });
            done.unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
        }
        Ok(())
    }

    fn load_broken(&mut self, from: &str, count: u32) -> Result<(), Trouble> {
        let good = self.kept(from)?;
        let mut random = fastrand::Rng::with_seed(self.plan.seed ^ 0x7374_6174);
        for number in 0..count {
            let mut state = good.clone();
            match number % 4 {
                0 => state.truncate(random.usize(0..=good.len())),
                1 => state = (0..random.usize(0..2_000)).map(|_| random.u8(..)).collect(),
                2 => state.extend((0..random.usize(1..200)).map(|_| random.u8(..))),
                _ => {
                    for _ in 0..random.usize(1..8) {
                        if !state.is_empty() {
                            let at = random.usize(0..state.len());
                            state[at] = random.u8(..);
                        }
                    }
                }
            }
            self.progress.step(format!("broken state {number} of {count}"));
            for plugin in &mut self.plugins {
                self.record.broken_states_taken += u32::from(plugin.load(&state).is_ok());
            }
        }
        Ok(())
    }

    fn sample_memory(&mut self) {
        if self.record.resident_kib.len() >= MOST_SAMPLES {
            // Every second one is enough.
            let mut index = 0;
            self.record.resident_kib.retain(|_| {
                index += 1;
                index % 2 == 1
            });
        }
        self.record.resident_kib.push((self.began.elapsed().as_secs_f64(), platform::resident_kib()));
    }

    fn manners(&mut self) {
        for plugin in &self.plugins {
            let manners = plugin.manners();
            self.record.edits += manners.edits;
            self.record.log.extend(manners.log);
            self.record.misuse.extend(manners.misuse);
        }
        self.record.log.truncate(20);
        self.record.misuse.truncate(20);
    }
}

fn name(step: &Step) -> &'static str {
    match step {
        Step::Set(_) => "set parameters",
        Step::Activate(_) => "activate",
        Step::Process(_) => "process",
        Step::Reset => "reset",
        Step::Deactivate => "deactivate",
        Step::Save(_) => "save state",
        Step::Load(_) | Step::LoadBytes(_) | Step::LoadFile(_) => "load state",
        Step::LoadBroken { .. } => "load broken states",
        Step::Reload { .. } => "unload and load",
        Step::Read => "read parameters",
        Step::Layouts => "ask for layouts",
        Step::Keeps => "set every parameter and read it back",
        Step::Wait { .. } => "wait",
    }
}

/// What the child program does: reads the plan in `folder`, runs it, leaves the record there.
///
/// # Errors
/// The folder is not one that [`crate::Launcher`] made.
pub fn child(folder: &Path) -> Result<(), Trouble> {
    platform::begin_child();
    let io = |what: &'static str| move |source| Trouble::Io { what: what.to_owned(), source };
    let plan = std::fs::read(folder.join("plan.json")).map_err(io("reading the plan"))?;
    let plan: Plan = serde_json::from_slice(&plan).map_err(|error| Trouble::Plan(error.to_string()))?;
    let progress = Progress::new(&folder.join("progress.txt"));
    let record = run(&plan, &progress);
    let json = serde_json::to_vec(&record).map_err(|error| Trouble::Plan(error.to_string()))?;
    // Under another name first: half a record must not pass for one.
    let part = folder.join("record.part");
    std::fs::write(&part, json).map_err(io("writing the record"))?;
    std::fs::rename(part, folder.join("record.json")).map_err(io("writing the record"))
}
