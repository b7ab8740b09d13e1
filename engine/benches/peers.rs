//! What `cargo xtask peers` asks for: a line in is one piece of work, a line out says that it is done.
//!
//! The asker takes the time, of this process and of the others that it asks in turn, so that all are measured alike.
//! `xtask/python/peers.py` has the list of what is asked, and writes BENCHMARKS.md.

use rollcall_engine::{
    Alone, Crew, Done, Engine, InputFormat, LogMelHop, Model, Package, Settings, Task,
    audio::{Intake, Resampler},
    logmel::LogMel,
};
use std::{
    collections::{BTreeMap, VecDeque},
    fs,
    hint::black_box,
    io::{BufRead, Write},
    path::{Path, PathBuf},
    sync::{Arc, mpsc},
    thread,
};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    if !(2..=3).contains(&arguments.len()) {
        println!(
            "`cargo xtask peers` runs this, with a stream package, a patch package and, perhaps, a quantised one"
        );
        return;
    }
    let mut bench = Bench::new(arguments.iter().map(PathBuf::from).collect());
    for line in std::io::stdin().lock().lines() {
        let line = line.expect("lines of text");
        let words: Vec<&str> = line.split_whitespace().collect();
        let answer = bench.work(words[0], &words[1..]);
        println!("{answer}");
        std::io::stdout().flush().expect("somebody listens");
    }
}

/// What is kept from one piece of work to the next.
struct Bench {
    folders: Vec<PathBuf>,
    models: BTreeMap<String, Arc<Model>>,
    engines: BTreeMap<String, Vec<Engine>>,
    memory: Vec<f32>,
}

/// A package's kind: `stream`, `patch` or `quantised`, and after a dash `tract` for the reference.
fn load(folders: &[PathBuf], kind: &str) -> Model {
    let at = ["stream", "patch", "quantised"].iter().position(|name| kind.starts_with(name));
    let folder = &folders[at.expect("a kind of package")];
    let read = |name: &str| fs::read(folder.join(name)).map_err(|e| e.to_string());
    let manifest = String::from_utf8(read("manifest.toml").expect("a manifest")).expect("UTF-8");
    let package =
        Package::assemble(&manifest, &mut |name, _| read(name).map(Into::into)).expect("a good package");
    let load = if kind.ends_with("-tract") { Model::load_reference } else { Model::load };
    load(package).expect("a good model")
}

/// Tones over noise that never rest: the gate stays open, and no arithmetic meets a zero.
fn sound(frames: usize, channels: usize, rate_hz: u32) -> Vec<f32> {
    let mut state = 1_u32;
    let mut noise = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / (1 << 24) as f32 - 0.5
    };
    let tone = |frame: usize| (frame as f32 * 440.0 * std::f32::consts::TAU / rate_hz as f32).sin();
    (0..frames * channels).map(|at| 0.3 * tone(at / channels) + 0.2 * noise()).collect()
}

fn spectrogram(seconds: usize) -> Vec<LogMelHop> {
    let mut hops = Vec::new();
    LogMel::new().push(&sound(seconds * 16_000 + 240, 1, 16_000), &mut |hop, _| hops.push(*hop));
    hops
}

/// A thread for each task, as many at the same time as were asked for.
struct Threads(usize, VecDeque<mpsc::Receiver<Done>>);

impl Crew for Threads {
    fn give(&mut self, task: Task) -> Option<Done> {
        let done = if self.1.len() == self.0 { self.take() } else { None };
        let (sender, receiver) = mpsc::channel();
        thread::spawn(move || drop(sender.send(task.run())));
        self.1.push_back(receiver);
        done
    }

    fn take(&mut self) -> Option<Done> {
        self.1.pop_front().map(|task| task.recv().expect("a task is always done"))
    }
}

impl Bench {
    fn new(folders: Vec<PathBuf>) -> Self {
        Self { folders, models: BTreeMap::new(), engines: BTreeMap::new(), memory: Vec::new() }
    }

    fn model(&mut self, kind: &str) -> Arc<Model> {
        let folders = &self.folders;
        Arc::clone(self.models.entry(kind.to_owned()).or_insert_with(|| Arc::new(load(folders, kind))))
    }

    /// Running engines, `count` of them.
    fn engines(&mut self, kind: &str, rate_hz: u32, channels: usize, count: usize) -> &mut [Engine] {
        let model = self.model(kind);
        let engines = self.engines.entry(format!("{kind} {rate_hz} {channels}")).or_default();
        while engines.len() < count {
            let format = InputFormat { sample_rate_hz: rate_hz, channels };
            let mut engine =
                Engine::new(Arc::clone(&model), format, Settings::default()).expect("good settings");
            engine.push(&sound(2 * rate_hz as usize, channels, rate_hz), &mut |_| {}).expect("it runs");
            engines.push(engine);
        }
        &mut engines[..count]
    }

    fn work(&mut self, what: &str, arguments: &[&str]) -> String {
        let text = |at: usize| *arguments.get(at).expect("an argument");
        let number = |at: usize| text(at).parse::<usize>().expect("a number");
        match what {
            // KIND COUNT: pushes of 160 ms of 16 kHz mono, each of which completes a window.
            "window" => {
                let block = sound(2560, 1, 16_000);
                let mut steps = 0;
                for _ in 0..number(1) {
                    let engine = &mut self.engines(text(0), 16_000, 1, 1)[0];
                    engine.push(&block, &mut |_| steps += 1).expect("it runs");
                }
                steps.to_string()
            }
            // KIND COUNT: windows 960 ms apart, of which a patch package shares nothing.
            "patch" => {
                let format = InputFormat { sample_rate_hz: 16_000, channels: 1 };
                let settings = Settings { update_hops: 96, ..Settings::default() };
                let mut engine = Engine::new(self.model(text(0)), format, settings).expect("good settings");
                let (block, mut steps) = (sound(16 * 960, 1, 16_000), 0);
                while steps < number(1) {
                    engine.push(&block, &mut |_| steps += 1).expect("it runs");
                }
                steps.to_string()
            }
            // KIND INSTANCES SECONDS: so many instances, each with so much 48 kHz stereo in blocks of 512 frames, in turn.
            "live" => {
                let second = sound(48_000, 2, 48_000);
                let mut steps = 0;
                for _ in 0..number(2) {
                    for block in second.chunks(1024) {
                        for engine in self.engines(text(0), 48_000, 2, number(1)) {
                            engine.push(block, &mut |_| steps += 1).expect("it runs");
                        }
                    }
                }
                steps.to_string()
            }
            // KIND SECONDS THREADS: a recording of 48 kHz stereo.
            "file" => {
                let format = InputFormat { sample_rate_hz: 48_000, channels: 2 };
                let crew: Box<dyn Crew> = match number(2) {
                    1 => Box::new(Alone),
                    threads => Box::new(Threads(2 * threads, VecDeque::new())),
                };
                let settings = Settings::default();
                let mut engine = Engine::ahead(self.model(text(0)), format, settings, crew).expect("good");
                let (second, mut steps) = (sound(48_000, 2, 48_000), 0);
                for _ in 0..number(1) {
                    engine.push(&second, &mut |_| steps += 1).expect("it runs");
                }
                engine.flush(&mut |_| steps += 1).expect("it runs");
                steps.to_string()
            }
            // KIND SECONDS: the network alone, over a spectrogram.
            "network" => {
                let hops = spectrogram(number(1));
                self.model(text(0)).represent(&hops).expect("it runs").len().to_string()
            }
            // SECONDS: only the spectrogram, which `network` makes too.
            "spectrogram" => spectrogram(number(0)).len().to_string(),
            // SECONDS: from 48 kHz stereo to hops.
            "front-end" => {
                let second = sound(48_000, 2, 48_000);
                let (mut intake, mut log_mel) = (Intake::new(2), LogMel::new());
                let mut resampler = Resampler::new(48_000).expect("a rate in range");
                let mut hops = 0;
                for block in (0..number(0)).flat_map(|_| second.chunks(1024)) {
                    intake.push(block, &mut |mono| {
                        resampler.push(mono, &mut |samples| log_mel.push(samples, &mut |_, _| hops += 1));
                    });
                }
                hops.to_string()
            }
            // KIND STEPS: the head, without pooling over a memory.
            "head" => {
                let step = [std::array::from_fn(|i| (i % 7) as f32 / 7.0)];
                let model = self.model(text(0));
                (0..number(1)).for_each(|_| drop(black_box(model.attend(black_box(&step)))));
                text(1).to_owned()
            }
            // KIND COUNT: reading, checking and building a package.
            "load" => {
                (0..number(1)).for_each(|_| drop(black_box(load(&self.folders, text(0)))));
                text(1).to_owned()
            }
            // COUNT: as many times 32 million multiply-adds; the answer is how many operations that were.
            "arithmetic" => (0..number(0)).map(|_| arithmetic()).sum::<u64>().to_string(),
            // COUNT: as many times half a billion products of bytes; the answer is how many operations that were, 0 without VNNI.
            "products" => (0..number(0)).map(|_| products()).sum::<u64>().to_string(),
            // COUNT: as many times 64 MiB are read; the answer is how many bytes that were.
            "bandwidth" => {
                self.memory.resize(16 << 20, 1.0);
                for _ in 0..number(0) {
                    black_box(self.memory.as_chunks::<16>().0.iter().fold([0; 16], folded));
                }
                ((64 << 20) * number(0)).to_string()
            }
            // KiB of this process in memory.
            "memory" => memory_kib().to_string(),
            // KIND INSTANCES: instances that have heard two seconds.
            "instances" => self.engines(text(0), 48_000, 2, number(1)).len().to_string(),
            other => panic!("no work is called {other}"),
        }
    }
}

fn folded(mut sums: [u32; 16], numbers: &[f32; 16]) -> [u32; 16] {
    sums.iter_mut().zip(numbers).for_each(|(sum, x)| *sum ^= x.to_bits());
    sums
}

fn memory_kib() -> u64 {
    let status = fs::read_to_string(Path::new("/proc/self/status")).expect("Linux");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("a line on memory");
    line.trim().trim_end_matches(" kB").parse().expect("a number")
}

/// Multiply-adds on registers, as fast as the core's widest instructions allow.
fn arithmetic() -> u64 {
    const ROUNDS: u64 = 1 << 20;
    #[cfg(target_arch = "x86_64")]
    {
        if is_x86_feature_detected!("avx512f") {
            // SAFETY: the line above found the instructions.
            black_box(unsafe { wide::avx512(ROUNDS) });
            return ROUNDS * 16 * 16 * 2;
        }
        if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
            // SAFETY: the line above found the instructions.
            black_box(unsafe { wide::avx2(ROUNDS) });
            return ROUNDS * 12 * 8 * 2;
        }
    }
    let mut sums = [1.0_f32; 64];
    for _ in 0..ROUNDS {
        sums.iter_mut().for_each(|sum| *sum = *sum * 0.5 + 0.25);
    }
    black_box(sums);
    ROUNDS * 64 * 2
}

/// Products of bytes, added up in registers, as fast as VNNI allows.
fn products() -> u64 {
    #[cfg(target_arch = "x86_64")]
    {
        const ROUNDS: u64 = 1 << 19;
        if is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512vnni") {
            // SAFETY: the line above found the instructions.
            black_box(unsafe { wide::avx512_vnni(ROUNDS) });
            return ROUNDS * 16 * 64 * 2;
        }
        if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("avxvnni") {
            // SAFETY: the line above found the instructions.
            black_box(unsafe { wide::avx_vnni(ROUNDS) });
            return ROUNDS * 12 * 32 * 2;
        }
    }
    0
}

#[cfg(target_arch = "x86_64")]
mod wide {
    use std::{arch::x86_64::*, hint::black_box};

    #[target_feature(enable = "avx512f,avx512vnni")]
    pub(super) fn avx512_vnni(rounds: u64) -> [i32; 16] {
        let (x, w) = (black_box(_mm512_set1_epi32(0x0102_0304)), black_box(_mm512_set1_epi32(0x0101_0101)));
        let mut sums = [_mm512_setzero_si512(); 16];
        for _ in 0..rounds {
            sums.iter_mut().for_each(|sum| *sum = _mm512_dpbusd_epi32(*sum, x, w));
        }
        sums.map(|sum| _mm512_reduce_add_epi32(sum))
    }

    #[target_feature(enable = "avx2,avxvnni")]
    pub(super) fn avx_vnni(rounds: u64) -> [i32; 12] {
        let (x, w) = (black_box(_mm256_set1_epi32(0x0102_0304)), black_box(_mm256_set1_epi32(0x0101_0101)));
        let mut sums = [_mm256_setzero_si256(); 12];
        for _ in 0..rounds {
            sums.iter_mut().for_each(|sum| *sum = _mm256_dpbusd_avx_epi32(*sum, x, w));
        }
        sums.map(|sum| _mm256_extract_epi32::<0>(sum))
    }

    #[target_feature(enable = "avx512f")]
    pub(super) fn avx512(rounds: u64) -> [f32; 16] {
        let (half, quarter) = (_mm512_set1_ps(0.5), _mm512_set1_ps(0.25));
        let mut sums = [_mm512_set1_ps(1.0); 16];
        for _ in 0..rounds {
            sums.iter_mut().for_each(|sum| *sum = _mm512_fmadd_ps(*sum, half, quarter));
        }
        sums.map(|sum| _mm512_reduce_add_ps(sum))
    }

    #[target_feature(enable = "avx2,fma")]
    pub(super) fn avx2(rounds: u64) -> [f32; 12] {
        let (half, quarter) = (_mm256_set1_ps(0.5), _mm256_set1_ps(0.25));
        let mut sums = [_mm256_set1_ps(1.0); 12];
        for _ in 0..rounds {
            sums.iter_mut().for_each(|sum| *sum = _mm256_fmadd_ps(*sum, half, quarter));
        }
        sums.map(|sum| _mm256_cvtss_f32(sum))
    }
}
