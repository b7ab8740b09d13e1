//! How much of an ONNX file is structure rather than weights, told from its bytes before anything is decoded.
//!
//! A decoder turns two bytes of an empty message into some hundred bytes of memory, so a file of the allowed size
//! could still ask for the machine's whole memory. Weights decode one to one. Bounding the rest bounds the whole.

/// Field numbers of `onnx.proto3` on the way to the weights: `ModelProto.graph`, `GraphProto.initializer`,
/// `TensorProto.float_data` and `TensorProto.raw_data`.
const GRAPH: u64 = 7;
const INITIALIZER: u64 = 5;
const WEIGHTS: [u64; 2] = [4, 9];

/// Bytes of a model file that are not the contents of its initialisers; `None` when the bytes are no message.
pub(super) fn structure_bytes(model: &[u8]) -> Option<usize> {
    let mut weights = 0;
    for_each_field(model, &mut |field, graph| {
        if field != GRAPH {
            return Some(());
        }
        for_each_field(graph, &mut |field, tensor| {
            if field != INITIALIZER {
                return Some(());
            }
            for_each_field(tensor, &mut |field, content| {
                if WEIGHTS.contains(&field) {
                    weights += content.len();
                }
                Some(())
            })
        })
    })?;
    Some(model.len() - weights)
}

/// Calls `visit` with the number and content of each length-delimited field and skips the others.
fn for_each_field<'a>(mut bytes: &'a [u8], visit: &mut dyn FnMut(u64, &'a [u8]) -> Option<()>) -> Option<()> {
    while !bytes.is_empty() {
        let key = varint(&mut bytes)?;
        match key & 7 {
            0 => {
                varint(&mut bytes)?;
            }
            1 => bytes = bytes.get(8..)?,
            2 => {
                let len = usize::try_from(varint(&mut bytes)?).ok()?;
                visit(key >> 3, bytes.get(..len)?)?;
                bytes = &bytes[len..];
            }
            5 => bytes = bytes.get(4..)?,
            _ => return None,
        }
    }
    Some(())
}

/// Base-128 number, least significant group first.
fn varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let (&byte, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::structure_bytes;
    use prost::Message;
    use tract_onnx::pb::{GraphProto, ModelProto, NodeProto, TensorProto};

    #[test]
    fn counts_all_but_the_weights() {
        let tensor = TensorProto { raw_data: vec![1; 300], float_data: vec![0.5; 100], ..Default::default() };
        let graph = GraphProto { initializer: vec![tensor], ..Default::default() };
        let model = ModelProto { graph: Some(graph), ir_version: 8, ..Default::default() };
        let bytes = model.encode_to_vec();
        assert_eq!(structure_bytes(&bytes), Some(bytes.len() - 700));
    }

    #[test]
    fn a_bomb_of_empty_nodes_is_all_structure() {
        let graph = GraphProto { node: vec![NodeProto::default(); 5000], ..Default::default() };
        let bytes = ModelProto { graph: Some(graph), ..Default::default() }.encode_to_vec();
        assert_eq!(structure_bytes(&bytes), Some(bytes.len()));
    }

    #[test]
    fn no_message_at_all() {
        assert_eq!(structure_bytes(&[0xff; 11]), None);
        assert_eq!(structure_bytes(&[7 << 3 | 2, 200, 1, 0]), None);
        assert_eq!(structure_bytes(&[3]), None);
    }
}
