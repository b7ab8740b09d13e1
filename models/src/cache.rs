//! One copy of a model for all who listen with it in this process.

use rollcall_engine::{Model, Package, PackageError};
use std::{
    collections::HashMap,
    sync::{Arc, LazyLock, Mutex, PoisonError, Weak},
};

/// Where a model is while someone has it; locked while it is built.
type Place = Arc<Mutex<Weak<Model>>>;

/// A place for each package by its SHA-256. The map is locked for a look-up only; a place is locked while its model is
/// built, so that two instances that start together build it once, and other models do not wait.
static MODELS: LazyLock<Mutex<HashMap<String, Place>>> = LazyLock::new(Mutex::default);

/// Loads a package, or lends the copy that this process already has of the same package (same SHA-256).
///
/// The cache keeps no model alive: the last user's drop frees it. Loading blocks; never call it on a host's thread.
///
/// # Errors
/// Anything [`Model::load`] finds.
pub fn shared(package: Package) -> Result<Arc<Model>, PackageError> {
    let place = {
        let mut models = MODELS.lock().unwrap_or_else(PoisonError::into_inner);
        // A place that nobody uses or waits for is given up.
        models.retain(|_, place| {
            Arc::strong_count(place) > 1
                || place.lock().unwrap_or_else(PoisonError::into_inner).strong_count() > 0
        });
        Arc::clone(models.entry(package.sha256().to_owned()).or_default())
    };
    let mut model = place.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(model) = model.upgrade() {
        return Ok(model);
    }
    let loaded = Arc::new(Model::load(package)?);
    *model = Arc::downgrade(&loaded);
    Ok(loaded)
}
