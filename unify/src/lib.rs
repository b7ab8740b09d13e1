//! No code: turns on, for every member of the workspace, the features that some member needs of the dependencies below
//! tract. Without it cargo compiles tract (seven minutes of one core) anew for each crate that is built on its own.
#![no_std]
