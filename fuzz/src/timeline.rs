//! Timelines and settings files.

use rollcall::settings::Choices;
use rollcall_engine::timeline::{Timeline, cut_ranges};

/// Reads the bytes as a timeline and as a settings file. Each is refused, or read, and comes back the same when it is written
/// and read again; ranges can be cut from whatever timeline it is.
pub fn timeline(data: &[u8]) {
    let Ok(text) = str::from_utf8(data) else { return };
    if let Ok(read) = serde_json::from_str::<Timeline>(text) {
        let written = serde_json::to_string(&read).expect("a timeline is JSON");
        let again: Timeline = serde_json::from_str(&written).expect("own text");
        assert_eq!(again, read);
        let ends_s = (read.settings.start_s, read.settings.start_s + read.duration_s);
        cut_ranges(&read.times_s, &read.activity, &read.settings.ranges, read.hop_s, ends_s);
    }
    if let Ok(read) = toml::from_str::<Choices>(text) {
        // What is out of range is refused here.
        if read.engine().is_ok() {
            let again: Choices = toml::from_str(&read.to_toml()).expect("own text");
            assert_eq!(again, read);
        }
    }
}
