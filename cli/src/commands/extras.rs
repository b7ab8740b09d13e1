//! What is made of an audio file besides results: a tagged copy, clips.

use crate::{
    analyze::Analysis,
    args::OutputArgs,
    clips,
    inputs::Input,
    output::{AtomicFile, Plan, named},
    tags,
};
use anyhow::{Context, Result, ensure};
use std::{ffi::OsStr, path::PathBuf};

/// What is wanted.
#[derive(Clone, Debug, Default)]
pub(super) struct Extras {
    is_tagging: bool,
    is_in_place: bool,
    cut: Option<PathBuf>,
    pad_s: f64,
}

impl Extras {
    pub(super) fn new(args: &OutputArgs) -> Result<Self> {
        let pad_s = args.pad.unwrap_or(0.0);
        ensure!((0.0..=60.0).contains(&pad_s), "--pad is {pad_s} s, but must be 0 to 60 s");
        Ok(Self { is_tagging: args.tag, is_in_place: args.in_place, cut: args.cut.clone(), pad_s })
    }

    /// What tells a batch with these from another one, for its journal: options and values.
    pub(super) fn identity(&self) -> Option<String> {
        let tag = self
            .is_tagging
            .then(|| String::from(if self.is_in_place { "--tag --in-place" } else { "--tag" }));
        let cut = self.cut.as_ref().map(|folder| format!("--cut {} --pad {}", folder.display(), self.pad_s));
        let all: Vec<String> = tag.into_iter().chain(cut).collect();
        (!all.is_empty()).then(|| all.join(" "))
    }

    /// Fails before any work if a file can have none of them.
    pub(super) fn check(&self, plan: &Plan, input: &Input, is_forced: bool) -> Result<()> {
        let is_wanted = self.is_tagging || self.cut.is_some();
        ensure!(
            !(is_wanted && input.is_stdin()),
            "--tag and --cut need a file that can be read again; save the stream to a file first"
        );
        if self.is_tagging {
            tags::check(&input.path)?;
            let copy = self.tagged(plan, input);
            AtomicFile::check(&copy, is_forced || self.is_in_place)
                .with_context(|| copy.display().to_string())?;
        }
        Ok(())
    }

    /// Files that will be made, or would be: what stands in their folders shows whether they can be.
    pub(super) fn places(&self, plan: &Plan, input: &Input) -> Vec<PathBuf> {
        let copy = self.is_tagging.then(|| self.tagged(plan, input));
        let clip = self.cut.as_ref().map(|folder| folder.join(&input.relative));
        copy.into_iter().chain(clip).collect()
    }

    /// Whether the file itself is changed.
    pub(super) fn changes_input(&self) -> bool {
        self.is_in_place
    }

    /// Makes them.
    pub(super) fn write(
        &self,
        plan: &Plan,
        input: &Input,
        analyses: &[Analysis],
        is_forced: bool,
    ) -> Result<()> {
        if let Some(folder) = &self.cut {
            for analysis in analyses {
                let mut base = folder.join(&input.relative).into_os_string();
                if let Some(channel) = analysis.one_of_each() {
                    base.push(format!(".ch{channel}"));
                }
                let ranges = &analysis.timeline.ranges;
                clips::write(&input.path, &PathBuf::from(base), ranges, self.pad_s, is_forced)
                    .context("--cut")?;
            }
        }
        if self.is_tagging {
            let Some(first) = analyses.first() else { return Ok(()) };
            let is_heard = |class: &&String| {
                let mut ranges = analyses.iter().flat_map(|analysis| &analysis.timeline.ranges);
                ranges.any(|range| range.class == **class)
            };
            let classes: Vec<String> = first.timeline.classes.iter().filter(is_heard).cloned().collect();
            let is_replaced = is_forced || self.is_in_place;
            tags::write(&input.path, &self.tagged(plan, input), &classes, is_replaced)?;
        }
        Ok(())
    }

    /// Where the tags go.
    fn tagged(&self, plan: &Plan, input: &Input) -> PathBuf {
        if self.is_in_place {
            return input.path.clone();
        }
        let base = plan.base(input);
        let stem = base.file_stem().unwrap_or(OsStr::new("audio"));
        let ending =
            base.extension().map_or_else(String::new, |ending| format!(".{}", ending.to_string_lossy()));
        base.with_file_name(named(stem, &format!(".tagged{ending}")))
    }
}
