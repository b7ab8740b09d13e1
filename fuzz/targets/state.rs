//! libFuzzer on [`rollcall_fuzz::state`].
#![no_main]

rollcall_fuzz::target!(state);
