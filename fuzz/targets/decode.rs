//! libFuzzer on [`rollcall_fuzz::decode`].
#![no_main]

rollcall_fuzz::target!(decode);
