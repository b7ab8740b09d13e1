//! What files are known by.

use sha2::{Digest, Sha256};
use std::fmt::Write as _;

/// SHA-256 in 64 small hexadecimal digits, as `sha256sum` and `Cargo.lock` write it.
pub(crate) fn sha256(bytes: impl AsRef<[u8]>) -> String {
    let mut digits = String::new();
    for byte in Sha256::digest(bytes) {
        write!(digits, "{byte:02x}").expect("a String takes everything");
    }
    digits
}
