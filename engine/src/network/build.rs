//! From a checked ONNX file to a plan that tract can run; its panics and its appetite are contained here.

use super::{
    onnx::{Dim, Onnx},
    ops,
};
use crate::{EngineError, PackageError};
use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};
use tract_onnx::{
    prelude::*,
    tract_core::internal::{bail, ensure},
};

/// Most elements of one tensor at run time: 256 MiB of floats. The largest of VGGish has 0.4 million.
const MAX_ELEMENTS: i64 = 64 << 20;

/// A network that can be run; weights are in the plan and exist once, however many states are spawned from it.
pub(super) type Plan = Arc<TypedSimplePlan>;

/// Runs a piece of tract and turns its errors and panics into text.
///
/// The panic hook is left alone: it is the host process's own.
pub(super) fn contained<T>(run: impl FnOnce() -> TractResult<T>) -> Result<T, String> {
    match catch_unwind(AssertUnwindSafe(run)) {
        Ok(result) => result.map_err(|e| format!("{e:#}")),
        Err(panic) => {
            let text = panic.downcast_ref::<String>().map(String::as_str);
            let text = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no message");
            Err(format!("tract panicked: {text}"))
        }
    }
}

/// As [`contained`], for a network that runs.
pub(super) fn running<T>(run: impl FnOnce() -> TractResult<T>) -> Result<T, EngineError> {
    contained(run).map_err(|reason| EngineError::Network { reason })
}

/// Types the graph for one 32-bit input of `shape(model)`. Takes the messages out of `onnx`: the weights of full VGGish
/// should not be in memory more often than they must.
pub(super) fn typed(
    onnx: &mut Onnx,
    shape: impl Fn(&InferenceModel) -> TVec<TDim>,
) -> TractResult<TypedModel> {
    let mut framework = tract_onnx::onnx().with_ignore_value_info(true);
    framework.op_register.0.retain(|operator, _| ops::allowed(operator));
    let proto = onnx.take_proto();
    let parsed = framework.parse(&proto, None)?;
    drop(proto);
    if let Some(name) = parsed.unresolved_inputs.first() {
        bail!("input {name} comes from nowhere");
    }
    let mut model = parsed.model;
    let fact = InferenceFact::dt_shape(f32::datum_type(), shape(&model));
    model.set_input_fact(0, fact)?;
    model.into_typed()?.into_decluttered()
}

/// Optimises a typed graph without symbols and makes a plan of it.
pub(super) fn plan(model: TypedModel) -> TractResult<Plan> {
    for node in &model.nodes {
        for output in &node.outputs {
            let elements = output.fact.shape.volume().to_i64()?;
            ensure!(
                elements <= MAX_ELEMENTS,
                "{} has {elements} elements, more than {MAX_ELEMENTS}",
                node.name
            );
        }
    }
    model.into_optimized()?.into_runnable()
}

/// Plans a network with a fixed input and one output of the expected shape.
pub(super) fn fixed(onnx: &mut Onnx, input: &[usize], output: &[usize]) -> Result<Plan, PackageError> {
    let built = contained(|| {
        let model = typed(onnx, |_| input.iter().map(|d| d.to_dim()).collect())?;
        let found: Vec<String> = model.output_fact(0)?.shape.iter().map(|d| d.to_string()).collect();
        Ok((found, plan(model)?))
    });
    let (found, plan) =
        built.map_err(|e| PackageError::new(onnx.file(), "network", e, "one that tract can run"))?;
    let expected: Vec<String> = output.iter().map(ToString::to_string).collect();
    if found != expected {
        let found = format!("[{}]", found.join(", "));
        return Err(PackageError::new(
            onnx.file(),
            "output shape",
            found,
            format!("[{}]", expected.join(", ")),
        ));
    }
    Ok(plan)
}

/// Checks a stated shape; `None` in `expected` allows whatever is there.
pub(super) fn expect_shape(
    onnx: &Onnx,
    what: &'static str,
    found: &[Dim],
    expected: &[Option<usize>],
) -> Result<(), PackageError> {
    let fits = |(found, expected): (&Dim, &Option<usize>)| match (found, expected) {
        (Dim::Fixed(n), Some(e)) => n == e,
        _ => true,
    };
    if found.len() == expected.len() && found.iter().zip(expected).all(fits) {
        return Ok(());
    }
    let any = |n: Option<usize>| n.map_or("any".to_owned(), |n| n.to_string());
    let found: Vec<String> =
        found.iter().map(|d| if let Dim::Fixed(n) = d { n.to_string() } else { "any".into() }).collect();
    let expected: Vec<String> = expected.iter().map(|e| any(*e)).collect();
    let (found, expected) = (found.join(", "), expected.join(", "));
    Err(PackageError::new(onnx.file(), what, format!("[{found}]"), format!("[{expected}]")))
}

/// Runs a file's own graph on values of this shape: its outputs, flattened.
pub(crate) fn probe<const OUTPUTS: usize>(
    onnx: &mut Onnx,
    shape: &[usize],
    values: &[f32],
) -> Result<[Vec<f32>; OUTPUTS], String> {
    contained(|| {
        let model = typed(onnx, |_| shape.iter().map(|d| d.to_dim()).collect())?;
        let input = Tensor::from_shape(shape, values)?;
        let outputs = plan(model)?.run(tvec!(input.into_tvalue()))?;
        let outputs: Vec<Vec<f32>> =
            outputs.iter().map(|t| Ok(floats(t)?.to_vec())).collect::<TractResult<_>>()?;
        let found = outputs.len();
        outputs.try_into().or_else(|_| bail!("{found} outputs instead of {OUTPUTS}"))
    })
}

/// The elements of a tensor of 32-bit floats, in row-major order.
pub(super) fn floats(tensor: &Tensor) -> TractResult<&[f32]> {
    tensor.try_as_plain_ram()?.as_slice::<f32>()
}
