//! What is not as it should be, and what to do about it.

use crate::stage::clock_text;
use rollcall_board::{
    ExportStatus, FileJob, FileState, Input, Latest, ModelState, Settings, Status, WorkerState,
};

/// How bad it is; the worst comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Weight {
    /// Nothing is analysed.
    Broken,
    /// Something was lost or is slower than asked for.
    Care,
    /// Good to know.
    Note,
}

/// What a click on a piece of advice does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Remedy {
    OpenModel,
    OpenExport,
    OpenTeach,
    Unfreeze,
    Unbypass,
    Reset,
    UseMain,
    Slower,
    Dismiss,
    CloseFile,
}

impl Remedy {
    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::OpenModel => "Load another model",
            Self::OpenExport | Self::OpenTeach => "Change folder",
            Self::Unfreeze => "Go on (F)",
            Self::Unbypass => "Resume",
            Self::Reset => "Reset counters (R)",
            Self::UseMain => "Use main input",
            Self::Slower => "Update less often",
            Self::Dismiss => "Dismiss",
            Self::CloseFile => "Close file",
        }
    }
}

/// One piece of advice.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Advice {
    pub(crate) weight: Weight,
    pub(crate) text: String,
    pub(crate) remedies: Vec<Remedy>,
}

/// All that is not as it should be, the worst first.
pub(crate) fn advice(
    status: &Status,
    latest: &Latest,
    settings: &Settings,
    file: Option<&FileJob>,
) -> Vec<Advice> {
    let mut found = Vec::new();
    let mut say = |weight, text: String, remedies: &[Remedy]| {
        found.push(Advice { weight, text, remedies: remedies.to_vec() });
    };
    match &status.model {
        ModelState::Failed(why) => say(
            Weight::Broken,
            format!("No model can be used: {why}. Load another package, or install Rollcall again."),
            &[Remedy::OpenModel],
        ),
        ModelState::Ready(model) if model.provisional => say(
            Weight::Note,
            format!("{} {} is a provisional model: expect mistakes.", model.name, model.version),
            &[Remedy::OpenModel],
        ),
        ModelState::Ready(_) | ModelState::Loading => {}
    }
    if let Some(notice) = &status.notice {
        say(Weight::Care, notice.clone(), &[Remedy::OpenModel, Remedy::Dismiss]);
    }
    match status.state {
        WorkerState::Bypassed => {
            say(Weight::Care, "The analysis is bypassed: nothing is heard.".into(), &[Remedy::Unbypass]);
        }
        WorkerState::Frozen => say(
            Weight::Note,
            format!("Frozen at {}: the analysis goes on behind it.", clock_text(latest.time_s, false)),
            &[Remedy::Unfreeze],
        ),
        WorkerState::Idle | WorkerState::Live | WorkerState::Offline => {}
    }
    slow(status, &mut say);
    lost(status, &mut say);
    if settings.input == Input::Sidechain && latest.steps > 0 && latest.level_dbfs == f32::NEG_INFINITY {
        let text = "The sidechain is silent. Send a track to it in the host, or listen to the main input.";
        say(Weight::Care, text.into(), &[Remedy::UseMain]);
    }
    if let ExportStatus::Failed(why) = &status.export {
        say(Weight::Care, format!("Not exported: {why}"), &[Remedy::OpenExport]);
    }
    if let ExportStatus::Failed(why) = &status.example {
        say(Weight::Care, format!("No example was saved: {why}"), &[Remedy::OpenTeach]);
    }
    if let Some(FileJob { state: FileState::Failed(why), path, .. }) = file {
        let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
        say(Weight::Care, format!("{name} can't be analysed: {why}"), &[Remedy::CloseFile]);
    }
    found.sort_by_key(|advice| advice.weight);
    found
}

/// The machine does not keep up.
fn slow(status: &Status, say: &mut impl FnMut(Weight, String, &[Remedy])) {
    if status.asked_interval_s > 0.0 && status.interval_s > status.asked_interval_s * 1.05 {
        let text = format!(
            "This machine can't keep up: it updates every {:.0} ms instead of {:.0} ms. Update less often, or close \
             other instances.",
            status.interval_s * 1e3,
            status.asked_interval_s * 1e3,
        );
        say(Weight::Care, text, &[Remedy::Slower]);
    }
}

/// Audio that was not heard, and samples that were no audio.
fn lost(status: &Status, say: &mut impl FnMut(Weight, String, &[Remedy])) {
    let counters = status.counters;
    let rate = status.stream.map_or(0, |stream| stream.sample_rate_hz);
    let lost = counters.gap_frames + counters.skipped_frames;
    if lost > 0 && rate > 0 {
        let seconds = lost as f64 / f64::from(rate);
        let all = (counters.frames + counters.gap_frames).max(1);
        let text = format!(
            "{seconds:.2} s of audio ({:.1} %) was left out because the analysis fell behind; the sound itself was \
             not touched. Update less often, or close other instances.",
            lost as f64 / all as f64 * 100.0,
        );
        say(Weight::Care, text, &[Remedy::Slower, Remedy::Reset]);
    }
    if counters.replaced_samples > 0 {
        let text = format!(
            "{} samples were not numbers, or absurdly loud, and counted as silence. Look at the plugin before \
             Rollcall in the chain.",
            counters.replaced_samples
        );
        say(Weight::Care, text, &[Remedy::Reset]);
    }
}

/// What stands in the headline while nobody plays, and a line that explains it.
pub(crate) fn silence(status: &Status, latest: &Latest) -> (&'static str, &'static str) {
    match (&status.model, status.state) {
        (ModelState::Failed(_), _) => ("No model", "Nothing is analysed until a model is loaded."),
        (ModelState::Loading, _) => ("Loading the model\u{2026}", "Audio waits for it; nothing is lost."),
        (_, WorkerState::Bypassed) => ("Bypassed", "The analysis is switched off."),
        (_, WorkerState::Idle) if latest.steps == 0 => {
            ("Press play", "No audio has come from the host yet. You can also open an audio file (O).")
        }
        (_, WorkerState::Idle) => ("Waiting for audio", "The host sends none."),
        _ if latest.steps == 0 => {
            ("Listening\u{2026}", "The first names come about a second after the sound.")
        }
        _ if !latest.gate_open => ("Silence", "Too quiet to tell who plays."),
        _ => ("Nobody I know", "None of the instruments is above its threshold."),
    }
}

#[cfg(test)]
#[path = "advice_tests.rs"]
mod tests;
