//! The shipped model packages, and reading packages from disk.
//!
//! Thread: offline, and the worker.
//!
//! The only crate that reads a package's files; checking them is the engine's work.
//!
//! ```
//! use rollcall_engine::{Engine, InputFormat, Settings};
//!
//! let package = rollcall_models::embedded()?; // or: rollcall_models::read_dir("path/of/a/package".as_ref())?
//! println!("{} {}: {}", package.manifest().name, package.manifest().version, package.manifest().licence);
//! let model = rollcall_models::shared(package)?;
//! assert_eq!(model.classes().len(), model.thresholds().len());
//!
//! let format = InputFormat { sample_rate_hz: 44_100, channels: 2 };
//! let engine = Engine::new(model, format, Settings::default())?;
//! println!("a step is known {:.2} s after its centre", engine.lookahead_s());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![forbid(unsafe_code)]

mod cache;
mod default;
mod folder;
mod teaching;

pub use cache::shared;
pub use default::embedded;
pub use folder::{read_dir, read_dir_unless};
pub use teaching::for_teaching;
