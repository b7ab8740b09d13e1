//! The plugin as a program, for people without a DAW: listens to a live input through JACK or ALSA.

fn main() -> std::process::ExitCode {
    if nice_plug::nice_export_standalone::<rollcall_plugin::Rollcall>() {
        std::process::ExitCode::SUCCESS
    } else {
        std::process::ExitCode::FAILURE
    }
}
