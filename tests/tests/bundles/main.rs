//! The suites on the built bundles: what ships, loaded in a process of its own as a host loads it.

mod activities;
mod audio;
mod lives;
mod stage;
mod states;
