//! The teacher's network in onnxruntime, where its library is given: at this network it is about four times as fast as tract.

use super::front_end::BANDS;
use super::{Heard, TeacherError};
use ort::{environment::Environment, session::Session, value::TensorRef};
use std::{
    path::Path,
    sync::{Mutex, OnceLock, PoisonError},
};

/// A session for each thread that asks at the same time; each runs on the thread that asks.
pub(super) struct Runtime {
    environment: &'static Environment,
    model: Vec<u8>,
    free: Mutex<Vec<Session>>,
}

impl Runtime {
    /// `library`: `libonnxruntime.so`, as it lies in PyPI's `onnxruntime`.
    ///
    /// # Errors
    /// A library that cannot be loaded, or a model that it refuses.
    pub(super) fn new(library: &Path, model: Vec<u8>) -> Result<Self, TeacherError> {
        static ENVIRONMENT: OnceLock<Result<Environment, String>> = OnceLock::new();
        let environment = ENVIRONMENT.get_or_init(|| {
            let builder = ort::init_from(library).map_err(|e| e.to_string())?;
            builder.build().map_err(|e| e.to_string())
        });
        let failed = |reason: String| TeacherError::Network { path: library.to_owned(), reason };
        let environment = environment.as_ref().map_err(|e| failed(e.clone()))?;
        let runtime = Self { environment, model, free: Mutex::default() };
        let first = runtime.session().map_err(|e| failed(e.to_string()))?;
        runtime.give_back(first);
        Ok(runtime)
    }

    /// What the network makes of a log-mel `[128, frames]`.
    pub(super) fn hear(&self, log_mel: &[f32]) -> ort::Result<Heard> {
        let free = self.free.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut session = match free {
            Some(session) => session,
            None => self.session()?,
        };
        let shape = [1usize, 1, BANDS, log_mel.len() / BANDS];
        let outputs = session.run(ort::inputs![TensorRef::from_array_view((shape, log_mel))?])?;
        let output =
            |i: usize| -> ort::Result<Vec<f32>> { Ok(outputs[i].try_extract_tensor::<f32>()?.1.to_vec()) };
        let heard = Heard { logits: output(0)?, embedding: output(1)? };
        drop(outputs);
        self.give_back(session);
        Ok(heard)
    }

    fn session(&self) -> ort::Result<Session> {
        let mut builder = Session::builder(self.environment)?.with_intra_threads(1)?;
        builder.commit_from_memory(&self.model)
    }

    fn give_back(&self, session: Session) {
        self.free.lock().unwrap_or_else(PoisonError::into_inner).push(session);
    }
}
