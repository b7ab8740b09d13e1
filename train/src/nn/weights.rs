//! A head between training, where its weights lie in one vector as `[inputs, outputs]`, and packages, which have `[outputs, inputs]`.

use rollcall_head::attention::{Head, WIDTH};
use rollcall_head::dense::Dense;
use rollcall_import::{AttentionHead, Normalisation};

/// A layer as packages write it.
pub fn layer(of: &Dense, values: &[f32]) -> rollcall_import::Dense {
    let weight = &values[of.weight.clone()];
    rollcall_import::Dense {
        inputs: of.inputs,
        outputs: of.outputs,
        weight: (0..weight.len()).map(|at| weight[at % of.inputs * of.outputs + at / of.inputs]).collect(),
        bias: values[of.bias.clone()].to_vec(),
    }
}

/// A layer of a package, written where it lies in training.
pub fn restore(layer: &Dense, given: &rollcall_import::Dense, values: &mut [f32]) {
    for (at, w) in given.weight.iter().enumerate() {
        values[layer.weight.start + at % layer.inputs * layer.outputs + at / layer.inputs] = *w;
    }
    values[layer.bias.clone()].copy_from_slice(&given.bias);
}

/// The tensors of a head, by which packages write it; `input` is what makes its 128 of more.
pub fn attention_head(head: &Head, input: Option<&Dense>, values: &[f32]) -> AttentionHead {
    let layer = |of: &Dense| layer(of, values);
    AttentionHead {
        input: input.map(layer),
        convolutions: head.convs.iter().map(layer).collect(),
        normalisation: Normalisation::Group {
            weight: values[head.norm_weight.clone()].to_vec(),
            bias: values[head.norm_bias.clone()].to_vec(),
        },
        activity: layer(&head.activity),
        attention: layer(&head.attention),
    }
}

/// All layers before the last of a head that normalises in groups, as the paper's does; another head is left out.
pub fn restore_body(head: &Head, given: &AttentionHead, values: &mut [f32]) {
    let Normalisation::Group { weight, bias } = &given.normalisation else { return };
    assert!(given.convolutions.iter().all(|layer| layer.inputs == WIDTH && layer.outputs == WIDTH));
    head.convs.iter().zip(&given.convolutions).for_each(|(layer, given)| restore(layer, given, values));
    values[head.norm_weight.clone()].copy_from_slice(weight);
    values[head.norm_bias.clone()].copy_from_slice(bias);
}

#[cfg(test)]
mod tests {
    use super::*;
    use rollcall_head::params::Layout;

    #[test]
    fn what_is_written_is_restored() {
        let mut layout = Layout::default();
        let head = Head::new(&mut layout, 3);
        let values = layout.initialise(1);
        let written = attention_head(&head, None, &values);
        let mut restored = vec![0.0; values.len()];
        restore_body(&head, &written, &mut restored);
        restore(&head.activity, &written.activity, &mut restored);
        restore(&head.attention, &written.attention, &mut restored);
        assert_eq!(restored, values);
    }
}
