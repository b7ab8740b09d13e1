//! libFuzzer on [`rollcall_fuzz::engine`].
#![no_main]

rollcall_fuzz::target!(engine);
