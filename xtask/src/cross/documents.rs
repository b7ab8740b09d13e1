//! Two answers in JSON to the same question, from two systems: the same words, and numbers that lie how far apart.

use serde_json::Value;

/// The greatest distance of two numbers that stand in the same place.
///
/// # Errors
/// Anything else differs; the message says where.
fn distance(there: &Value, here: &Value) -> Result<f64, String> {
    match (there, here) {
        (Value::Object(a), Value::Object(b)) if a.len() == b.len() => {
            let each = a.iter().map(|(key, value)| match b.get(key) {
                Some(other) => distance(value, other).map_err(|what| format!("{key}: {what}")),
                None => Err(format!("{key}: missing here")),
            });
            greatest(each)
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            let pairs = a.iter().zip(b).enumerate();
            greatest(pairs.map(|(at, (a, b))| distance(a, b).map_err(|what| format!("{at}: {what}"))))
        }
        (Value::Number(a), Value::Number(b)) => match (a.as_f64(), b.as_f64()) {
            (Some(a), Some(b)) => Ok((a - b).abs()),
            _ => Err(format!("{a}, here {b}")),
        },
        _ if there == here => Ok(0.0),
        _ => Err(format!("{there}, here {here}")),
    }
}

/// Why two documents are not the same within so much, if they are not.
pub(super) fn apart(there: &Value, here: &Value, within: f64) -> Option<String> {
    match distance(there, here) {
        Ok(distance) if distance <= within => None,
        Ok(distance) => Some(format!("two numbers lie {distance:e} apart")),
        Err(what) => Some(what),
    }
}

fn greatest(mut each: impl Iterator<Item = Result<f64, String>>) -> Result<f64, String> {
    each.try_fold(0.0, |most, one| one.map(|one| f64::max(most, one)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn numbers_may_differ_in_their_last_digits_and_nothing_else_may() {
        let here = json!({ "file": "a", "activity": [[0.5, 0.25]], "incomplete": null });
        let with = |key: &str, value: Value| {
            let mut there = here.clone();
            there[key] = value;
            apart(&there, &here, 1e-5)
        };
        assert_eq!(with("activity", json!([[0.500_004, 0.25]])), None);
        assert!(
            with("activity", json!([[0.5, 0.251]]))
                .is_some_and(|said| said.starts_with("two numbers lie 1.0"))
        );
        assert_eq!(
            with("activity", json!([[0.5, "x"]])).as_deref(),
            Some("activity: 0: 1: \"x\", here 0.25")
        );
        assert!(with("activity", json!([[0.5]])).is_some() && with("file", json!("b")).is_some());
        assert!(with("more", json!(1)).is_some() && with("incomplete", json!(0)).is_some());
    }

    #[test]
    fn the_distance_is_the_greatest() {
        let of = |a: Value, b: Value| distance(&a, &b);
        assert_eq!(of(json!([1.0, { "x": 2.5 }]), json!([1.25, { "x": 2.0 }])), Ok(0.5));
        assert_eq!(of(json!(["a", true, null]), json!(["a", true, null])), Ok(0.0));
    }
}
