//! `rollcall-train teacher`: check a teacher's folder, or hear a file with it.

use crate::audio::decode::decode;
use crate::teacher::Teacher;
use anyhow::{Context, Result, ensure};
use clap::{Args, Subcommand};
use rollcall_engine::{OPENMIC_CLASSES, SAMPLE_RATE_HZ};
use std::{
    fs::File,
    path::{Path, PathBuf},
};
use zip::ZipArchive;

/// Arguments of `rollcall-train teacher`.
#[derive(Debug, Args)]
pub struct TeacherArgs {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Hold front-end and network to the folder's own golden.npz.
    Check {
        /// Folder of the teacher.
        folder: PathBuf,
    },
    /// Print what the teacher hears in a file, as our 20 classes.
    Hear {
        /// Folder of the teacher.
        folder: PathBuf,
        /// Audio file.
        file: PathBuf,
    },
}

/// Greatest difference of log-mel, logits and embedding. The original ran in PyTorch: other FFT, other order of sums, through
/// 46 convolutions; its export to ONNX differs by 1e-5 already.
const TOLERANCE: f32 = 1e-3;

/// Runs `rollcall-train teacher`.
///
/// # Errors
/// A folder or file that cannot be used, or a teacher that is not what its golden data says.
pub fn run(args: TeacherArgs) -> Result<()> {
    match args.action {
        Action::Check { folder } => check(&folder),
        Action::Hear { folder, file } => {
            let teacher = Teacher::open(&folder)?;
            let samples = decode(&file, SAMPLE_RATE_HZ)?;
            for (class, p) in OPENMIC_CLASSES.iter().zip(teacher.judge(&teacher.listen(&samples)?)) {
                println!("{class:<18} {p:.3}");
            }
            Ok(())
        }
    }
}

fn check(folder: &Path) -> Result<()> {
    let teacher = Teacher::open(folder)?;
    let path = folder.join("golden.npz");
    let file = File::open(&path).with_context(|| path.display().to_string())?;
    let mut golden = ZipArchive::new(file).with_context(|| path.display().to_string())?;
    let mut array = |name: &str| -> Result<Vec<f32>> {
        let member = format!("{name}.npy");
        let file = golden.by_name(&member).with_context(|| format!("{member} in {}", path.display()))?;
        Ok(npyz::NpyFile::new(file)?.into_vec()?)
    };
    let (audio, log_mel) = (array("audio_32k")?, array("logmel")?);
    let (logits, embedding) = (array("logits")?, array("embedding")?);
    let heard = teacher.hear(&audio)?;
    let found = teacher.front_end().log_mel(&audio)?;
    for (name, found, expected) in [
        ("log-mel", &found, &log_mel),
        ("logits", &heard.logits, &logits),
        ("embedding", &heard.embedding, &embedding),
    ] {
        ensure!(
            found.len() == expected.len(),
            "{name}: {} values, golden has {}",
            found.len(),
            expected.len()
        );
        let off = found.iter().zip(expected).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        println!("{name}: {} values, greatest difference {off:.2e}", found.len());
        ensure!(off < TOLERANCE, "{name} is off by {off}, more than {TOLERANCE}");
    }
    Ok(())
}
