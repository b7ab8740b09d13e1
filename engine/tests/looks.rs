//! What a package says of how its classes are shown: read, written again, and refused where it means nothing.

mod common;

use common::Files;
use rollcall_classes::{Family, Look, Mark};
use rollcall_engine::{Model, PackageError};

fn load(looks: &str) -> Result<Model, PackageError> {
    let mut files = Files::fixture("stream");
    let manifest = files.manifest().replacen("[front_end]", &format!("{looks}\n[front_end]"), 1);
    files.0.insert("manifest.toml".into(), manifest.into_bytes());
    files.load()
}

#[test]
fn a_package_says_how_its_classes_are_shown() {
    let model = load(
        "[looks]\nbanjo = { family = \"strings\", colour = \"#C08040\", icon = \"person\" }\nvoice = { colour = \"#102030\" }",
    );
    let model = model.unwrap();
    let looks = model.looks();
    let look = |class: &str| looks[model.classes().iter().position(|known| known == class).unwrap()];
    assert_eq!((look("banjo").family, look("banjo").icon), (Some(Family::Strings), Some(Mark::Person)));
    assert_eq!(look("banjo").colour.map(|colour| colour.hex()), Some(0xC0_8040));
    assert_eq!(
        (look("voice").family, look("voice").colour.map(|colour| colour.hex())),
        (None, Some(0x10_2030))
    );
    assert_eq!((looks.len(), look("piano")), (20, Look::default()));
    // Packages are written from what was read.
    let mut files = Files::fixture("stream");
    files.0.insert("manifest.toml".into(), toml::to_string(model.manifest()).unwrap().into_bytes());
    assert_eq!(files.load().unwrap().manifest(), model.manifest());
}

#[test]
fn what_means_nothing_is_refused() {
    for (looks, what, said) in [
        ("[looks.oud]\nfamily = \"plucked\"", "looks", "names out of classes"),
        ("[looks.banjo]\nfamily = \"horns\"", "content", "winds"),
        ("[looks.banjo]\ncolour = \"red\"", "content", "write it as #rrggbb"),
        ("[looks.banjo]\nicon = \"tuba\"", "content", "horn"),
        ("[looks.banjo]\ncolor = \"#ff0000\"", "content", "colour"),
    ] {
        let error = load(looks).map(|_| ()).unwrap_err();
        assert_eq!((error.file.as_str(), error.what), ("manifest.toml", what), "{error}");
        assert!(error.to_string().contains(said), "{error}");
    }
}
