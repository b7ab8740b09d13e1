//! The part of CHANGELOG.md that tells of one version.

use anyhow::{Result, bail};

/// What stands under a version's title. Without `is_final` that under *Unreleased*, where the version has no title yet.
///
/// # Errors
/// There is no such part, or nothing in it.
pub(super) fn part<'a>(changelog: &'a str, version: &str, is_final: bool) -> Result<&'a str> {
    let titled = |title: &str| {
        let begin = format!("## [{title}]");
        let at =
            changelog.match_indices(&begin).find(|(at, _)| *at == 0 || changelog[..*at].ends_with('\n'))?.0;
        let (_, rest) = changelog[at..].split_once('\n')?;
        let end = rest.find("\n## ").unwrap_or(rest.len());
        Some(rest[..end].trim())
    };
    let part = match titled(version) {
        None if !is_final => titled("Unreleased"),
        part => part,
    };
    match part {
        Some(part) if !part.is_empty() => Ok(part),
        _ => bail!(
            "CHANGELOG.md tells nothing of {version}: give what stands under Unreleased the title `## [{version}] - YEAR-MONTH-DAY`"
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "# Changelog\n\n## [Unreleased]\n\n- New.\n\n## [0.2.0] - 2026-12-01\n\n### Added\n\n- Two.\n\n## [0.1.0]\n\n- One.\n";

    #[test]
    fn the_part_of_a_version_ends_where_another_begins() {
        assert_eq!(part(TEXT, "0.2.0", true).unwrap(), "### Added\n\n- Two.");
        assert_eq!(part(TEXT, "0.1.0", true).unwrap(), "- One.");
    }

    #[test]
    fn what_has_no_title_yet_is_no_release() {
        assert_eq!(part(TEXT, "0.3.0", false).unwrap(), "- New.");
        let error = part(TEXT, "0.3.0", true).unwrap_err().to_string();
        assert!(error.contains("the title `## [0.3.0] - "), "{error}");
        assert!(part("## [0.3.0]\n\n## [0.2.0]\n- x\n", "0.3.0", true).is_err(), "nothing in it");
    }
}
