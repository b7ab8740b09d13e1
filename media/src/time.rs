//! Times as people write and read them: `83`, `83.5`, `1:23.5`, `1:02:03`.

/// Seconds as `m:ss` or `h:mm:ss`, with `decimals` digits (0 to 6) after the second, rounded down like a clock.
pub fn clock(seconds: f64, decimals: usize) -> String {
    let decimals = decimals.min(6);
    let scale = 10_u64.pow(decimals as u32);
    // A ten-millionth keeps 12.3 from being shown as 12.299.
    let ticks = (seconds.max(0.0) * scale as f64 + 1e-7 * scale as f64).floor() as u64;
    let (whole, part) = (ticks / scale, ticks % scale);
    let (hours, minutes, seconds) = (whole / 3600, whole / 60 % 60, whole % 60);
    let head = if hours > 0 {
        format!("{hours}:{minutes:02}:{seconds:02}")
    } else {
        format!("{minutes}:{seconds:02}")
    };
    if decimals == 0 { head } else { format!("{head}.{part:0decimals$}") }
}

/// Reads seconds, `m:ss` or `h:mm:ss`, each with or without decimals of the second.
///
/// # Errors
/// Says what is expected if it is none of these, negative, or not finite.
pub fn parse(text: &str) -> Result<f64, String> {
    let wrong = || format!("'{text}' is no time: write seconds (83.5), m:ss (1:23.5) or h:mm:ss (1:02:03)");
    let mut fields = text.rsplit(':');
    let seconds: f64 = fields.next().and_then(|field| field.parse().ok()).ok_or_else(wrong)?;
    let mut total_s = seconds;
    let mut unit_s = 60.0;
    let mut clocked = false;
    for field in fields {
        clocked = true;
        if unit_s > 3600.0 || field.is_empty() || !field.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(wrong());
        }
        let value: f64 = field.parse().map_err(|_| wrong())?;
        if unit_s < 3600.0 && text.matches(':').count() == 2 && value >= 60.0 {
            return Err(wrong());
        }
        total_s += value * unit_s;
        unit_s *= 60.0;
    }
    let in_range = total_s.is_finite() && seconds.is_sign_positive() && (!clocked || seconds < 60.0);
    if in_range { Ok(total_s) } else { Err(wrong()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clock_rounds_down_and_grows_hours() {
        assert_eq!(clock(0.0, 0), "0:00");
        assert_eq!(clock(59.999, 0), "0:59");
        assert_eq!(clock(12.3, 3), "0:12.300");
        assert_eq!(clock(3723.5, 1), "1:02:03.5");
        assert_eq!(clock(36_000.0, 0), "10:00:00");
    }

    #[test]
    fn parse_reads_every_form_and_refuses_the_rest() {
        for (text, seconds) in
            [("83", 83.0), ("83.5", 83.5), ("1:23.5", 83.5), ("1:02:03", 3723.0), ("90:00", 5400.0)]
        {
            assert_eq!(parse(text), Ok(seconds), "{text}");
        }
        for text in ["", ":", "-1", "1:60", "1:60:00", "a", "inf", "nan", "1:-2", "1:2:3:4", "-0:01"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
