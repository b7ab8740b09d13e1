//! The system's clipboard, asked for when something is copied or pasted.

use copypasta::{ClipboardContext, ClipboardProvider};

/// Opened by its first use. Under X11 it comes with two connections and a thread that nobody waits for: a window without one leaves
/// nothing behind for the moments in which the host may unload the plugin.
#[derive(Default)]
pub(crate) struct Clipboard(Option<ClipboardContext>);

impl Clipboard {
    pub(crate) fn copy(&mut self, text: String) {
        let copied =
            self.open().and_then(|clipboard| clipboard.set_contents(text).map_err(|e| e.to_string()));
        if let Err(error) = copied {
            tracing::warn!("nothing was copied: {error}");
        }
    }

    /// None if the clipboard holds no text.
    pub(crate) fn paste(&mut self) -> Option<String> {
        let pasted = self.open().and_then(|clipboard| clipboard.get_contents().map_err(|e| e.to_string()));
        pasted.inspect_err(|error| tracing::warn!("nothing was pasted: {error}")).ok()
    }

    fn open(&mut self) -> Result<&mut ClipboardContext, String> {
        if self.0.is_none() {
            self.0 = Some(ClipboardContext::new().map_err(|error| error.to_string())?);
        }
        self.0.as_mut().ok_or_else(|| "there is no clipboard".to_owned())
    }
}
