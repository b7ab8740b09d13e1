//! The worker's thread: looks, works, shows, sleeps.

mod show;
mod teach;

use crate::{
    Link, Mark, ModelChoice, ModelSlot, OpenError,
    disk::Writing,
    example::Excerpt,
    export::Job,
    file, load,
    session::{Gap, Session, engine_settings, hops},
    song::Song,
    stream::OpenTap,
    thinning::Thinning,
    turns,
};
use rollcall_board::{Command, ExportStatus, Inbox, Latest, ModelState, Settings, Status, Subject, Writer};
use rollcall_engine::{EngineError, Model};
use rollcall_tap::Item;
use std::{
    collections::VecDeque,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    sync::{Arc, mpsc},
    thread,
    time::{Duration, Instant},
};

/// How long the worker sleeps when there is nothing to do. The audio thread never wakes it: that would be a syscall.
const NAP: Duration = Duration::from_millis(12);
/// Audio taken out of the tap in one go: one column of the network, so that a turn is one inference long.
const CHUNK_S: f64 = 0.16;

pub(crate) struct Core {
    board: Writer,
    inbox: Inbox,
    opened: mpsc::Receiver<Result<OpenTap, OpenError>>,
    models: Arc<ModelSlot>,
    link: Arc<Link>,
    streams: VecDeque<OpenTap>,
    model: Option<Arc<Model>>,
    generation: Option<u64>,
    session: Option<Session>,
    settings: Settings,
    thinning: Thinning,
    export: Writing,
    examples: Writing,
    /// The stretch that is held for an example.
    selected: Option<Arc<Excerpt>>,
    file: Option<file::Job>,
    is_file_running: bool,
    buffer: Vec<f32>,
    /// Frames that are still to be left out of the first stream, whatever marks lie among them.
    skip_frames: usize,
    /// Why the host's stream can't be analysed, as the notice says it.
    refusal: Option<String>,
    status: Status,
    shown_status: Status,
    /// Told whenever the board shows something new, so that a window draws it.
    on_news: Box<dyn Fn() + Send>,
    began: Instant,
    shown: Option<Instant>,
    heard: Option<Instant>,
}

impl Core {
    pub(crate) fn new(
        board: Writer,
        inbox: Inbox,
        opened: mpsc::Receiver<Result<OpenTap, OpenError>>,
        models: Arc<ModelSlot>,
        link: Arc<Link>,
        on_news: Box<dyn Fn() + Send>,
    ) -> Self {
        Self {
            board,
            inbox,
            opened,
            models,
            link,
            streams: VecDeque::new(),
            model: None,
            generation: None,
            session: None,
            settings: Settings::default(),
            thinning: Thinning::new(),
            export: Writing::new("export"),
            examples: Writing::new("example"),
            selected: None,
            file: None,
            is_file_running: false,
            buffer: Vec::new(),
            skip_frames: 0,
            refusal: None,
            status: Status::default(),
            shown_status: Status::default(),
            on_news,
            began: Instant::now(),
            shown: None,
            heard: None,
        }
    }

    /// Works until the handle is dropped. A panic is shown on the board, and ends the analysis, not the host.
    pub(crate) fn run(mut self) {
        let result = catch_unwind(AssertUnwindSafe(|| {
            while !self.link.is_stopped() {
                if !self.turn() {
                    thread::park_timeout(NAP);
                }
            }
        }));
        if let Err(panic) = result {
            let what = panic.downcast_ref::<String>().map(String::as_str);
            let what = what.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no reason given");
            self.fail(format!(
                "the analysis stopped ({what}); remove and add the plugin again, and report this"
            ));
            self.board.show_status(self.status.clone());
        }
    }

    /// One look round; returns whether there was anything to do.
    fn turn(&mut self) -> bool {
        let mut worked = false;
        while let Some(command) = self.inbox.next() {
            self.obey(command);
            worked = true;
        }
        while let Ok(opened) = self.opened.try_recv() {
            self.open(opened);
        }
        let generation = self.models.generation();
        let wanted = self.link.is_wanted() || !self.streams.is_empty();
        if wanted && self.generation != Some(generation) {
            self.generation = Some(generation);
            self.load_chosen();
            worked = true;
        }
        worked |= self.hear();
        self.show();
        worked
    }

    /// A stream that can't be analysed is told of until there is another.
    fn open(&mut self, opened: Result<OpenTap, OpenError>) {
        match opened {
            Ok(stream) => {
                self.streams.push_back(stream);
                if let Some(refusal) = self.refusal.take()
                    && self.status.notice.as_ref() == Some(&refusal)
                {
                    self.status.notice = None;
                }
            }
            Err(error) => {
                let refusal = format!("{error}; audio passes, and nothing is heard");
                self.status.notice = Some(refusal.clone());
                self.refusal = Some(refusal);
            }
        }
    }

    /// There is no thread to run on: that is all that is ever shown.
    pub(crate) fn refuse(mut self, why: String) {
        self.fail(why);
        self.board.show_status(self.status.clone());
    }

    fn obey(&mut self, command: Command) {
        match command {
            Command::Reset => self.reset(),
            Command::ResetPeaks => self.reset_peak(None),
            Command::ResetPeak(class) => self.reset_peak(Some(class)),
            Command::LoadModel(folder) => self.load_picked(&folder),
            Command::UseEmbeddedModel => self.load_embedded(),
            Command::DismissNotice => self.status.notice = None,
            Command::WindowOpened => self.link.want_model(),
            Command::Export { subject, folder, name, formats } => {
                let what = match subject {
                    Subject::Session => self
                        .session
                        .as_ref()
                        .map(|session| (session.header(name.clone()), self.board.history())),
                    Subject::File => self.file.as_ref().and_then(|file| file.header(self.thresholds())),
                };
                let job = what.map(|(header, history)| Job::new(header, history, folder, &name, formats));
                let link = Arc::clone(&self.link);
                self.status.export = match job {
                    Some(job) => self.export.start(move || job.run(&link)),
                    None => ExportStatus::Failed(
                        "there is nothing to export yet; play something, or wait until the file is analysed"
                            .into(),
                    ),
                };
            }
            Command::Select(stretch) => self.select(stretch),
            Command::Deselect => self.deselect(),
            Command::SaveExample { folder, class, plays } => self.save_example(folder, class, plays),
            Command::AnalyseFile(path) => self.analyse_file(path),
            Command::CloseFile => {
                self.file = None;
                self.board.show_file(None);
            }
        }
    }

    /// In the background, with the settings of now; the model is loaded first if none has been.
    fn analyse_file(&mut self, path: PathBuf) {
        self.file = None;
        self.link.want_model();
        if self.generation.is_none() {
            self.generation = Some(self.models.generation());
            self.load_chosen();
        }
        let Some(model) = &self.model else { return };
        let settings = engine_settings(&self.settings, hops(self.settings.update_ms));
        match file::Job::start(path, Arc::clone(model), settings) {
            Ok(job) => {
                self.board.show_file(Some(job.show()));
                self.file = Some(job);
                self.is_file_running = true;
            }
            Err(error) => self.status.notice = Some(error.to_string()),
        }
    }

    fn thresholds(&self) -> Vec<f32> {
        let shipped = self.model.iter().flat_map(|model| model.thresholds());
        shipped.map(|&shipped| self.settings.threshold(shipped)).collect()
    }

    fn reset(&mut self) {
        if let Some(session) = &mut self.session {
            session.reset(&mut self.board);
            self.status.session += 1;
        }
    }

    fn reset_peak(&mut self, class: Option<usize>) {
        if let Some(session) = &mut self.session {
            session.reset_peak(class, &mut self.board);
        }
    }

    fn load_chosen(&mut self) {
        self.status.model = ModelState::Loading;
        self.board.show_status(self.status.clone());
        match load::chosen(&self.models.get(), &self.link) {
            Ok(loaded) => {
                self.use_model(loaded.model);
                self.status.notice = loaded.notice;
            }
            Err(why) => self.fail(why),
        }
    }

    fn load_embedded(&mut self) {
        let generation = self.models.generation();
        match load::embedded(&self.link) {
            Ok(model) => self.take_model(model, ModelChoice::Embedded, generation),
            Err(why) => self.status.notice = Some(why),
        }
    }

    fn load_picked(&mut self, folder: &Path) {
        let generation = self.models.generation();
        match load::picked(folder, &self.link) {
            Ok((model, choice)) => self.take_model(model, choice, generation),
            Err(why) => {
                self.status.notice = Some(format!(
                    "{} is no model that can be used: {why}. The one before goes on.",
                    folder.display()
                ));
            }
        }
    }

    /// Takes what somebody has picked, unless a project was restored since its loading began at `generation`: its choice
    /// is loaded next.
    fn take_model(&mut self, model: Arc<Model>, choice: ModelChoice, generation: u64) {
        if self.models.keep(choice, generation) {
            self.generation = Some(generation);
            self.status.notice = None;
            self.use_model(model);
        }
    }

    /// A model begins a new session: its classes may be others.
    fn use_model(&mut self, model: Arc<Model>) {
        let song = self.session.take().map(Session::into_song);
        self.status.classes = model.classes().into();
        self.status.looks = model.looks().into();
        let others = model.events().into_iter().flat_map(|events| &events.others);
        self.status.others = others.map(|other| other.name.clone()).collect();
        self.status.model = ModelState::Ready(load::identity(&model));
        // Whatever stands on the board is of other classes.
        self.board.clear_history(model.classes().len());
        self.board.show_latest(Latest::default());
        self.board.set_outputs(&[]);
        self.model = Some(model);
        if let Some(rate_hz) = self.streams.front().map(|stream| stream.rate_hz) {
            self.begin(rate_hz, song.unwrap_or_default());
        }
    }

    fn begin(&mut self, rate_hz: u32, song: Song) {
        let Some(model) = &self.model else { return };
        match Session::begin(model, rate_hz, self.settings, song, &mut self.board) {
            Ok(session) => {
                self.session = Some(session);
                self.status.session += 1;
            }
            Err(error) => self.fail(error.to_string()),
        }
    }

    /// No more analysis with this model; audio is thrown away.
    fn fail(&mut self, why: String) {
        self.status.model = ModelState::Failed(why);
        self.model = None;
        self.session = None;
        self.board.set_outputs(&[]);
    }

    /// Takes the next chunk out of the first stream.
    fn hear(&mut self) -> bool {
        let Some(stream) = self.streams.front_mut() else { return false };
        let rate_hz = f64::from(stream.rate_hz);
        let Some(session) = &mut self.session else {
            if self.model.is_none() {
                return self.throw_away();
            }
            let rate_hz = stream.rate_hz;
            self.begin(rate_hz, Song::default());
            return true;
        };
        if session.rate_hz() != stream.rate_hz
            && let Err(error) = session.change_rate(stream.rate_hz)
        {
            self.fail(error.to_string());
            return true;
        }
        let backlog_s = stream.reader.waiting_frames() as f64 / rate_hz;
        // Looked at before the samples: what comes after it was closed is nothing.
        let closed = stream.reader.is_closed();
        // What waits of a closed stream can't become more: there is time for all of it.
        let is_complete = closed || self.link.is_freewheeling();
        let leave_out_s = self.thinning.look(
            session.asked_hops(),
            backlog_s,
            self.began.elapsed().as_secs_f64(),
            is_complete,
        );
        session.set_hops(self.thinning.hops());
        self.skip_frames = match leave_out_s {
            _ if is_complete => 0,
            // One that has begun goes on to its end: a gap is one gap.
            Some(seconds) if self.skip_frames == 0 => (seconds * rate_hz) as usize,
            _ => self.skip_frames,
        };
        if self.skip_frames > 0 {
            let gone = stream.reader.discard(self.skip_frames);
            self.skip_frames -= gone;
            session.gap(gone as u64, Gap::Skipped);
            self.link.add_taken(gone as u64);
        }
        self.buffer.resize((rate_hz * CHUNK_S) as usize, 0.0);
        let result = match stream.reader.next(&mut self.buffer) {
            None if closed => {
                self.streams.pop_front();
                self.skip_frames = 0;
                let _turn = turns::take();
                session.flush(&mut self.board)
            }
            None => return false,
            // It came after the rest was left out.
            Some(Item::Audio(frames)) if self.skip_frames > 0 => {
                self.skip_frames = self.skip_frames.saturating_sub(frames);
                self.link.add_taken(frames as u64);
                session.gap(frames as u64, Gap::Skipped);
                Ok(())
            }
            Some(Item::Audio(frames)) => {
                self.heard = Some(Instant::now());
                self.link.add_taken(frames as u64);
                let _turn = turns::take();
                session.push(&self.buffer[..frames], &mut self.board)
            }
            Some(Item::Lost(frames)) => {
                session.gap(frames, Gap::Lost);
                Ok(())
            }
            Some(Item::Skipped(frames)) => {
                self.heard = Some(Instant::now());
                session.gap(frames, Gap::Bypassed);
                Ok(())
            }
            Some(Item::Mark(mark)) => {
                self.link.add_taken(1);
                self.mark(mark);
                Ok(())
            }
        };
        if let Err(error) = result {
            self.fail(describe(&error));
        }
        true
    }

    /// Without a model: what comes is lost, but the settings are kept for when there is one.
    fn throw_away(&mut self) -> bool {
        let Some(stream) = self.streams.front_mut() else { return false };
        let closed = stream.reader.is_closed();
        let gone = stream.reader.discard(usize::MAX);
        self.link.add_taken(gone as u64);
        match stream.reader.next(&mut [0.0]) {
            Some(Item::Mark(mark)) => {
                self.link.add_taken(1);
                if let Mark::Settings(settings) = mark {
                    self.settings = settings;
                }
            }
            Some(_) => {}
            None if closed => {
                self.streams.pop_front();
            }
            None => return false,
        }
        true
    }

    fn mark(&mut self, mark: Mark) {
        let Some(session) = &mut self.session else { return };
        match mark {
            Mark::Settings(settings) => {
                self.settings = settings;
                session.set_settings(settings, &mut self.board);
            }
            Mark::Reset => self.reset(),
            Mark::Transport(transport) => {
                session.mark(transport);
                if transport.started && self.settings.reset_on_play {
                    self.reset();
                }
            }
        }
    }
}

fn describe(error: &EngineError) -> String {
    format!("{error}. Load another model, or go back to the built-in one.")
}
