//! Loads the chosen model, or the one that is built in with a word to the user.

use crate::ModelChoice;
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
pub(crate) fn chosen(choice: &ModelChoice) -> Result<Loaded, String> {
    let ModelChoice::Package { name, version, sha256, folder } = choice else {
        return embedded().map(|model| Loaded { model, notice: None });
    };
    let why = match read(folder) {
        Ok(package) if package.sha256() == sha256 => match share(package) {
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
    embedded().map(|model| Loaded { model, notice: Some(notice) })
}

/// Loads the package in a folder that the user picked just now.
///
/// # Errors
/// What is wrong with it.
pub(crate) fn picked(folder: &Path) -> Result<(Arc<Model>, ModelChoice), String> {
    let model = share(read(folder)?)?;
    let ModelIdentity { name, version, sha256, .. } = identity(&model);
    Ok((model, ModelChoice::Package { name, version, sha256, folder: folder.to_owned() }))
}

pub(crate) fn embedded() -> Result<Arc<Model>, String> {
    share(rollcall_models::embedded().map_err(|error| error.to_string())?)
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

fn read(folder: &Path) -> Result<Package, String> {
    rollcall_models::read_dir(folder).map_err(|error| error.to_string())
}

fn share(package: Package) -> Result<Arc<Model>, String> {
    let model = rollcall_models::shared(package).map_err(|error| error.to_string())?;
    let classes = model.classes().len();
    if classes > MAX_CLASSES {
        return Err(format!("the model has {classes} classes, but the plugin shows at most {MAX_CLASSES}"));
    }
    Ok(model)
}
