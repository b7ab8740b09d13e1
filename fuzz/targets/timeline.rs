//! libFuzzer on [`rollcall_fuzz::timeline`].
#![no_main]

rollcall_fuzz::target!(timeline);
