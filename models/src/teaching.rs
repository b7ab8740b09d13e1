//! What the default package has for those who teach on it and nobody else: two files more, in `models/teaching/`, which
//! `rollcall-train teaching` makes anew for a new package.

use crate::embedded;
use rollcall_engine::Package;
use std::borrow::Cow;

/// Names in a package, and contents.
static FILES: [(&str, &[u8]); 2] = [
    ("detail.onnx", include_bytes!("../teaching/detail.onnx")),
    ("negatives.safetensors", include_bytes!("../teaching/negatives.safetensors")),
];
/// What these were made by: a package with other weights has no use for them.
const MADE_BY: [&str; 2] = ["columns.onnx", "dense.onnx"];

/// The package with what was made for teaching on it; as it is if its network is not the default package's, or if it brings its own.
#[must_use]
pub fn for_teaching(package: Package) -> Package {
    let is_default = embedded().is_ok_and(|default| {
        MADE_BY.iter().all(|name| default.file(name).is_some() && default.file(name) == package.file(name))
    });
    let brings_its_own = FILES.iter().any(|(name, _)| package.file(name).is_some());
    if !is_default || brings_its_own {
        return package;
    }
    FILES.iter().fold(package, |package, (name, content)| package.with_file(name, Cow::Borrowed(content)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_network_alone_is_given_them_and_once() {
        let package = for_teaching(embedded().unwrap());
        assert_ne!(package.sha256(), embedded().unwrap().sha256());
        for (name, content) in FILES {
            assert_eq!(package.file(name), Some(content));
            let entry = package.manifest().files.iter().find(|file| file.name == name).unwrap();
            assert_eq!(entry.bytes, content.len() as u64);
        }
        assert_eq!(for_teaching(package.clone()).sha256(), package.sha256(), "it has them already");
        let other = embedded().unwrap().with_file("columns.onnx", Cow::Borrowed(b"another network"));
        assert_eq!(for_teaching(other.clone()).sha256(), other.sha256());
    }
}
