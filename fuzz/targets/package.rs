//! libFuzzer on [`rollcall_fuzz::package`].
#![no_main]

rollcall_fuzz::target!(package);
