//! Meters of a plugin as a host can read them without its window: MIDI controllers and parameters that it sets itself.

use crate::record::{Record, Sent, Stretch};

/// Where a value comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Meter {
    /// A MIDI controller: channel from 1, number.
    Cc(u8, u8),
    /// A parameter that the plugin sends or sets, by name or id.
    Param(String),
}

impl Meter {
    /// Every value with the second of the stream at which it was reported: 0..=1, in order.
    pub fn series(&self, record: &Record, stream: &Stretch) -> Vec<(f64, f64)> {
        let time_s = |frame: u64| frame as f64 / stream.setup.rate_hz;
        match self {
            Self::Cc(channel, number) => stream
                .events
                .iter()
                .filter_map(|event| match event.what {
                    Sent::Cc(c, n, value) if (c, n) == (*channel, *number) => {
                        Some((time_s(event.frame), f64::from(value) / 127.0))
                    }
                    _ => None,
                })
                .collect(),
            Self::Param(wanted) => {
                let params = &record.plugin.params;
                let is_it = |p: &&crate::record::Param| {
                    p.name.eq_ignore_ascii_case(wanted) || p.id.to_string() == *wanted
                };
                let Some(param) = params.iter().find(is_it) else { return Vec::new() };
                let sent = stream.events.iter().filter_map(|event| match event.what {
                    Sent::Param(id, value) if id == param.id => Some((time_s(event.frame), value)),
                    _ => None,
                });
                let column = params.iter().filter(|p| p.read_only).position(|p| p.id == param.id);
                let sampled =
                    stream.meters.iter().filter_map(|(at, values)| Some((*at, *values.get(column?)?)));
                let mut all: Vec<(f64, f64)> = sent.chain(sampled).collect();
                all.sort_by(|a, b| a.0.total_cmp(&b.0));
                all
            }
        }
    }
}

/// The value in force at a time: the last one reported by then.
pub fn value_at(series: &[(f64, f64)], time_s: f64) -> Option<f64> {
    let after = series.partition_point(|(at, _)| *at <= time_s);
    Some(series.get(after.checked_sub(1)?)?.1)
}

impl std::fmt::Display for Meter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Cc(channel, number) => write!(f, "cc:{channel}:{number}"),
            Self::Param(name) => write!(f, "param:{name}"),
        }
    }
}

/// `cc:CHANNEL:NUMBER` or `param:NAME`.
impl std::str::FromStr for Meter {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let bad = || format!("`{text}` is no meter: cc:CHANNEL:NUMBER (channel from 1) or param:NAME");
        if let Some(name) = text.strip_prefix("param:") {
            return Ok(Self::Param(name.to_owned()));
        }
        let (channel, number) =
            text.strip_prefix("cc:").and_then(|rest| rest.split_once(':')).ok_or_else(bad)?;
        match (channel.parse(), number.parse()) {
            (Ok(channel @ 1..=16), Ok(number @ 0..=127)) => Ok(Self::Cc(channel, number)),
            _ => Err(bad()),
        }
    }
}
