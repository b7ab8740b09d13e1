//! What the view remembers: saved with the plugin's state.

use crate::Family;
use serde::{Deserialize, Serialize};
use std::{collections::BTreeSet, ops::RangeInclusive};

/// Smallest window that everything fits into, in points.
pub const MIN_SIZE: [f32; 2] = [420.0, 320.0];
/// Largest window that is restored, in points: 8K.
pub const MAX_SIZE: [f32; 2] = [7_680.0, 4_320.0];
/// Factors on the size of everything.
pub const ZOOM: RangeInclusive<f32> = 0.5..=4.0;
/// Seconds of history across the window.
pub(crate) const SPAN_S: RangeInclusive<f64> = 4.0..=86_400.0;

/// Colours of the window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Appearance {
    /// Light on dark.
    #[default]
    Dark,
    /// Dark on light.
    Light,
}

/// Order of the meters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sort {
    /// By family, as in a score.
    #[default]
    Family,
    /// What was heard most lately comes first.
    Activity,
}

/// Where the history is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Placement {
    /// Beside the meters where there is room, else under them.
    #[default]
    Auto,
    /// In line with the meters.
    Beside,
    /// Under the meters.
    Below,
    /// Not shown.
    Hidden,
}

/// What the history's axis counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Axis {
    /// Minutes and seconds since the session began.
    #[default]
    Time,
    /// Bars of the song, where the host's transport ran.
    Bars,
}

/// Colours of the history.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HeatColours {
    /// A colour a family; lightness tells the activity.
    #[default]
    Family,
    /// Cividis for all: even steps of lightness for every kind of colour vision.
    Cividis,
}

/// What the view remembers. Fields of later versions are skipped, missing ones take their defaults.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ViewSettings {
    /// Size of the window in points, without the zoom.
    pub size: [f32; 2],
    /// Factor on the size of everything, in [`ZOOM`].
    pub zoom: f32,
    /// Colours of the window.
    pub appearance: Appearance,
    /// Order of the meters.
    pub sort: Sort,
    /// Families that are folded away.
    pub folded: BTreeSet<Family>,
    /// Where the history is.
    pub placement: Placement,
    /// Seconds of history across the window, 4 to 86,400.
    pub span_s: f64,
    /// What the history's axis counts.
    pub axis: Axis,
    /// Colours of the history.
    pub heat: HeatColours,
    /// Whether the attention is drawn over the history.
    pub attention: bool,
    /// Whether the live log-mel picture is shown.
    pub picture: bool,
    /// Folder of the last export.
    pub export_folder: String,
    /// Name of the last export.
    pub export_name: String,
    /// Formats of the last export: JSON, CSV, labels, PNG.
    pub export_formats: [bool; 4],
    /// Folder of examples; empty for the one among the user's data.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub examples_folder: String,
}

impl Default for ViewSettings {
    fn default() -> Self {
        Self {
            size: [1_040.0, 740.0],
            zoom: 1.0,
            appearance: Appearance::default(),
            sort: Sort::default(),
            folded: BTreeSet::new(),
            placement: Placement::default(),
            span_s: 60.0,
            axis: Axis::default(),
            heat: HeatColours::default(),
            attention: false,
            picture: true,
            export_folder: String::new(),
            export_name: String::from("rollcall"),
            export_formats: [true, true, true, true],
            examples_folder: String::new(),
        }
    }
}

impl ViewSettings {
    /// Brings every number back into its range: a state may come from anywhere.
    #[must_use]
    pub fn checked(mut self) -> Self {
        let default = Self::default();
        for (axis, size) in self.size.iter_mut().enumerate() {
            *size = if size.is_finite() {
                size.clamp(MIN_SIZE[axis], MAX_SIZE[axis])
            } else {
                default.size[axis]
            };
        }
        self.zoom = if self.zoom.is_finite() { self.zoom.clamp(*ZOOM.start(), *ZOOM.end()) } else { 1.0 };
        self.span_s = if self.span_s.is_finite() {
            self.span_s.clamp(*SPAN_S.start(), *SPAN_S.end())
        } else {
            default.span_s
        };
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_survive_a_round_trip() -> Result<(), serde_json::Error> {
        let settings = ViewSettings {
            zoom: 1.25,
            sort: Sort::Activity,
            folded: [Family::Winds, Family::Keys].into(),
            axis: Axis::Bars,
            ..ViewSettings::default()
        };
        let text = serde_json::to_string(&settings)?;
        assert_eq!(serde_json::from_str::<ViewSettings>(&text)?, settings);
        Ok(())
    }

    #[test]
    fn other_versions_load() -> Result<(), serde_json::Error> {
        let settings: ViewSettings = serde_json::from_str(r#"{"zoom": 2.0, "of_a_later_version": [1, 2]}"#)?;
        assert_eq!(settings, ViewSettings { zoom: 2.0, ..ViewSettings::default() });
        Ok(())
    }

    #[test]
    fn absurd_numbers_come_back_into_range() {
        let settings = ViewSettings {
            size: [f32::NAN, 1e9],
            zoom: f32::INFINITY,
            span_s: -5.0,
            ..ViewSettings::default()
        }
        .checked();
        assert_eq!(settings.size, [ViewSettings::default().size[0], MAX_SIZE[1]]);
        assert_eq!(settings.zoom, 1.0);
        assert_eq!(settings.span_s, *SPAN_S.start());
    }
}
