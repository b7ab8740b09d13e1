//! Loads the chosen model, or the one that is built in with a word to the user.

use crate::{Link, ModelChoice};
use rollcall_board::{MAX_CLASSES, ModelIdentity};
use rollcall_engine::{Model, Package};
use std::{path::Path, sync::Arc};

/// What is there now, and what to tell.
pub(crate) struct Loaded {
    pub model: Arc<Model>,
    pub notice: Option<String>,
}

/// Loads what the state asks for. If it is missing or has changed, the embedded model takes its place, with a notice.
///
/// # Errors
/// Not even the embedded model can be built.
pub(crate) fn chosen(choice: &ModelChoice, link: &Link) -> Result<Loaded, String> {
    let ModelChoice::Package { name, version, sha256, folder } = choice else {
        return embedded(link).map(|model| Loaded { model, notice: None });
    };
    let why = match read(folder, link) {
        Ok(package) if package.sha256() == sha256 => match share(package, link) {
            Ok(model) => return Ok(Loaded { model, notice: None }),
            Err(why) => why,
        },
        Ok(package) => {
            let found = package.manifest();
            format!("the folder now holds {} {}", found.name, found.version)
        }
        Err(why) => why,
    };
    let notice = format!(
        "This project uses the model {name} {version}, which is not on this machine ({why}). The built-in model \
         listens instead. Put the package back to {} or load it from elsewhere; the project keeps its choice.",
        folder.display()
    );
    embedded(link).map(|model| Loaded { model, notice: Some(notice) })
}

/// Loads the package in a folder that the user picked just now.
///
/// # Errors
/// What is wrong with it.
pub(crate) fn picked(folder: &Path, link: &Link) -> Result<(Arc<Model>, ModelChoice), String> {
    let model = share(read(folder, link)?, link)?;
    let ModelIdentity { name, version, sha256, .. } = identity(&model);
    Ok((model, ModelChoice::Package { name, version, sha256, folder: folder.to_owned() }))
}

pub(crate) fn embedded(link: &Link) -> Result<Arc<Model>, String> {
    share(rollcall_models::embedded().map_err(|error| error.to_string())?, link)
}

pub(crate) fn identity(model: &Model) -> ModelIdentity {
    let manifest = model.manifest();
    ModelIdentity {
        name: manifest.name.clone(),
        version: manifest.version.clone(),
        sha256: model.package().sha256().to_owned(),
        licence: manifest.licence.clone(),
        provisional: manifest.training.provisional,
    }
}

fn read(folder: &Path, link: &Link) -> Result<Package, String> {
    rollcall_models::read_dir_unless(folder, &|| link.is_stopped()).map_err(|error| error.to_string())
}

fn share(package: Package, link: &Link) -> Result<Arc<Model>, String> {
    // Whoever removes the plugin waits for this thread: a network that nobody hears any more is not built.
    if link.is_stopped() {
        return Err("the plugin was removed".into());
    }
    let model = rollcall_models::shared(package).map_err(|error| error.to_string())?;
    let classes = model.classes().len();
    if classes > MAX_CLASSES {
        return Err(format!("the model has {classes} classes, but the plugin shows at most {MAX_CLASSES}"));
    }
    Ok(model)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_loaded_for_a_plugin_that_is_being_removed() {
        let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../models/default"));
        let link = Link::default();
        assert!(picked(folder, &link).is_ok());
        link.stop();
        assert!(picked(folder, &link).is_err_and(|why| why.contains("given up")));
        assert!(embedded(&link).is_err_and(|why| why.contains("removed")));
    }
}
