//! What `rollcall teach` learns a user's classes beside: what a package shows beside its embedding ([`detail`]), embeddings of the 20
//! classes' music, which a package brings ([`negatives`]), and audio to mix with, which the program brings ([`backing`]).

pub mod backing;
pub mod detail;
pub mod negatives;
