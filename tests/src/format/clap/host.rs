//! What a CLAP plugin may ask of its host.

use crate::counting;
use crate::format::Manners;
use clack_extensions::{
    audio_ports::{AudioPortRescanFlags, HostAudioPorts, HostAudioPortsImpl},
    latency::{HostLatency, HostLatencyImpl},
    log::{HostLog, HostLogImpl, LogSeverity},
    params::{HostParams, HostParamsImplMainThread, HostParamsImplShared, ParamClearFlags, ParamRescanFlags},
    state::{HostState, HostStateImpl},
    thread_check::{HostThreadCheck, HostThreadCheckImpl},
};
use clack_host::{prelude::*, utils::ClapId};
use std::{
    cell::Cell,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread::ThreadId,
};

thread_local! {
    /// Whether this thread feeds blocks.
    pub(super) static IS_AUDIO: Cell<bool> = const { Cell::new(false) };
}

/// Log lines that are kept.
const MOST_LINES: usize = 20;

/// Shared by all threads of an instance.
pub(super) struct Shared {
    main: ThreadId,
    /// The plugin wants its main-thread callback.
    pub(super) callback: AtomicBool,
    pub(super) manners: Arc<Mutex<Manners>>,
}

impl Shared {
    pub(super) fn new(manners: Arc<Mutex<Manners>>) -> Self {
        Self { main: std::thread::current().id(), callback: AtomicBool::new(false), manners }
    }

    fn note(&self, note: impl FnOnce(&mut Manners)) {
        counting::paused(|| note(&mut self.manners.lock().unwrap_or_else(PoisonError::into_inner)));
    }
}

impl SharedHandler<'_> for Shared {
    fn request_restart(&self) {}
    fn request_process(&self) {}
    fn request_callback(&self) {
        self.callback.store(true, Ordering::Release);
    }
}

impl HostThreadCheckImpl for Shared {
    fn is_main_thread(&self) -> bool {
        std::thread::current().id() == self.main
    }
    fn is_audio_thread(&self) -> bool {
        IS_AUDIO.get()
    }
}

impl HostLogImpl for Shared {
    fn log(&self, severity: LogSeverity, message: &str) {
        self.note(|manners| {
            match severity {
                LogSeverity::HostMisbehaving | LogSeverity::PluginMisbehaving => {
                    manners.misuse.push(message.to_owned());
                }
                _ => manners.log.push(format!("{severity}: {message}")),
            }
            manners.log.truncate(MOST_LINES);
            manners.misuse.truncate(MOST_LINES);
        });
    }
}

impl HostParamsImplShared for Shared {
    fn request_flush(&self) {
        self.callback.store(true, Ordering::Release);
    }
}

/// Callbacks on the main thread.
pub(super) struct Main<'a>(&'a Shared);

impl<'a> Main<'a> {
    pub(super) fn new(shared: &'a Shared) -> Self {
        Self(shared)
    }
}

impl<'a> MainThreadHandler<'a> for Main<'a> {}

impl HostParamsImplMainThread for Main<'_> {
    fn rescan(&self, _: ParamRescanFlags) {}
    fn clear(&self, _: ClapId, _: ParamClearFlags) {}
}

impl HostAudioPortsImpl for Main<'_> {
    fn is_rescan_flag_supported(&self, _: AudioPortRescanFlags) -> bool {
        true
    }
    fn rescan(&self, _: AudioPortRescanFlags) {}
}

impl HostLatencyImpl for Main<'_> {
    fn changed(&self) {}
}

impl HostStateImpl for Main<'_> {
    fn mark_dirty(&self) {
        self.0.note(|manners| manners.edits += 1);
    }
}

/// This host.
pub(super) struct Host;

impl HostHandlers for Host {
    type Shared<'a> = Shared;
    type MainThread<'a> = Main<'a>;
    type AudioProcessor<'a> = ();

    fn declare_extensions(builder: &mut HostExtensions<'_, Self>, _: &Self::Shared<'_>) {
        builder
            .register::<HostAudioPorts>()
            .register::<HostLatency>()
            .register::<HostLog>()
            .register::<HostParams>()
            .register::<HostState>()
            .register::<HostThreadCheck>();
    }
}
