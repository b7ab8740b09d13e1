#[cfg(all(feature = "log", not(feature = "tracing")))]
use log::error;
#[cfg(feature = "tracing")]
use tracing::error;

/// The system's clipboard, asked for when something is copied or pasted.
///
/// Under X11 it comes with two connections and a thread that nobody waits for: a window that is closed would leave
/// them for some moments, in which the host may unload the plugin.
#[derive(Default)]
pub(crate) struct Clipboard(Option<copypasta::ClipboardContext>);

impl Clipboard {
    pub(crate) fn get(&mut self) -> Option<&mut copypasta::ClipboardContext> {
        if self.0.is_none() {
            match copypasta::ClipboardContext::new() {
                Ok(context) => self.0 = Some(context),
                Err(e) => {
                    #[cfg(any(feature = "tracing", feature = "log"))]
                    error!("Failed to initialize clipboard: {}", e);

                    #[cfg(not(any(feature = "tracing", feature = "log")))]
                    let _ = e;
                }
            }
        }
        self.0.as_mut()
    }
}
