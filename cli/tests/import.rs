//! `rollcall model import`: a package from published weights in small, which the program then takes.

mod program;

use program::{assert_code, rollcall, stderr, stdout};
use std::path::Path;

fn golden(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../import/tests/golden").join(name);
    path.to_str().expect("UTF-8").to_owned()
}

#[test]
fn published_weights_become_a_package() {
    let folder = tempfile::tempdir().unwrap();
    let (vggish, pca, head) = (golden("vggish.legacy.pth"), golden("pca.npz"), golden("head.pth"));
    let import = ["model", "import", "--vggish", &vggish, "--pca", &pca, "--head", &head, "package"];
    let done = rollcall(folder.path(), &import);
    assert_code(&done, 0);
    assert!(stdout(&done).contains("million parameters"));
    let verified = rollcall(folder.path(), &["model", "verify", "package"]);
    assert_code(&verified, 0);
    assert!(stdout(&verified).starts_with("OK: audioset-vggish"));
    let shown = stdout(&rollcall(folder.path(), &["model", "inspect", "package"]));
    assert!(shown.contains("PCA whitening, 8 bit") && shown.contains("batch normalisation"), "{shown}");

    assert!(
        shown.contains("threshold (provisional)") && stderr(&done).contains("thresholds are provisional"),
        "{shown}"
    );
    let unwhitened =
        rollcall(folder.path(), &["model", "import", "--vggish", &vggish, "--head", &head, "raw"]);
    assert_code(&unwhitened, 1);
    assert!(stderr(&unwhitened).contains("--raw-head") && !folder.path().join("raw").exists());

    let again = rollcall(folder.path(), &import);
    assert_code(&again, 1);
    assert!(stderr(&again).contains("is there already"));
    let headless = rollcall(folder.path(), &["model", "import", "--vggish", &vggish, "bare"]);
    assert_code(&headless, 0);
    assert!(stderr(&headless).contains("untrained"));
    let arrays = rollcall(folder.path(), &["model", "import", "--vggish", &golden("arrays.pth"), "none"]);
    assert_code(&arrays, 1);
    assert!(stderr(&arrays).contains("no tensor at all"));
    assert!(!folder.path().join("none").exists());
}
