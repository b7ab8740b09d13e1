//! Whether the units that a controller lists hold together: the root among them, every parent, and every parameter's.

use super::module::wide_text;
use vst3::{ComPtr, Steinberg::Vst::*, Steinberg::kResultOk};

struct Unit {
    id: UnitID,
    parent: UnitID,
    name: String,
}

/// What contradicts itself in the units of a controller that has any (VST3 SDK, ivstunits.h). Without them there is the root alone.
pub(super) fn contradictions(controller: &ComPtr<IEditController>) -> Vec<String> {
    match controller.cast::<IUnitInfo>() {
        Some(units) => listed(&units).map_or_else(
            |index| vec![format!("it says nothing of unit {index}")],
            |units| faults(&units, &params(controller)),
        ),
        None => Vec::new(),
    }
}

/// All units that it counts, or the index of one that it says nothing of.
fn listed(units: &ComPtr<IUnitInfo>) -> Result<Vec<Unit>, i32> {
    // SAFETY: the controller is alive, and each call is given room for what it writes.
    unsafe {
        let unit = |index| {
            let mut info: UnitInfo = std::mem::zeroed();
            let is_told = units.getUnitInfo(index, &mut info) == kResultOk;
            let unit = Unit { id: info.id, parent: info.parentUnitId, name: wide_text(&info.name) };
            is_told.then_some(unit).ok_or(index)
        };
        (0..units.getUnitCount()).map(unit).collect()
    }
}

/// Every parameter's name, and the unit that it is said to belong to.
fn params(controller: &ComPtr<IEditController>) -> Vec<(String, UnitID)> {
    // SAFETY: the controller is alive, and each call is given room for what it writes.
    unsafe {
        let param = |index| {
            let mut info: ParameterInfo = std::mem::zeroed();
            let is_told = controller.getParameterInfo(index, &mut info) == kResultOk;
            is_told.then(|| (wide_text(&info.title), info.unitId))
        };
        (0..controller.getParameterCount()).filter_map(param).collect()
    }
}

fn faults(units: &[Unit], params: &[(String, UnitID)]) -> Vec<String> {
    let mut found = Vec::new();
    let has = |id: UnitID| units.iter().any(|unit| unit.id == id);
    if !has(kRootUnitId) {
        found.push(format!("{} units are listed, and the root is none of them", units.len()));
    }
    for (index, Unit { id, parent, name }) in units.iter().enumerate() {
        if *id < 0 || units[..index].iter().any(|unit| unit.id == *id) {
            found.push(format!("unit {index}, `{name}`, has the id {id}, which is none or another unit's"));
        }
        let is_root = *id == kRootUnitId;
        if is_root != (*parent == kNoParentUnitId) || (!is_root && (parent == id || !has(*parent))) {
            found.push(format!("unit {index}, `{name}`, has the parent {parent}"));
        }
        if name.is_empty() {
            found.push(format!("unit {index} has no name"));
        }
    }
    for (name, unit) in params.iter().filter(|(_, unit)| !has(*unit)) {
        found.push(format!("`{name}` belongs to unit {unit}, which is not listed"));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unit(id: UnitID, parent: UnitID, name: &str) -> Unit {
        Unit { id, parent, name: name.to_owned() }
    }

    #[test]
    fn units_that_hold_together_are_a_root_and_what_hangs_on_it() {
        let root = || unit(kRootUnitId, kNoParentUnitId, "Root");
        let gain = |unit| ("Gain".to_owned(), unit);
        assert_eq!(faults(&[root()], &[gain(kRootUnitId)]), [""; 0]);
        assert_eq!(faults(&[root(), unit(1, 0, "A"), unit(2, 1, "B")], &[gain(2)]), [""; 0]);
        let cases = [
            (vec![], "0 units are listed"),
            (vec![unit(1, kNoParentUnitId, "A")], "the root is none of them"),
            (vec![root(), unit(1, 0, "A"), unit(1, 0, "B")], "another unit's"),
            (vec![root(), unit(-3, 0, "A")], "has the id -3"),
            (vec![root(), unit(1, 7, "A")], "has the parent 7"),
            (vec![root(), unit(1, 1, "A")], "has the parent 1"),
            (vec![root(), unit(1, kNoParentUnitId, "A")], "has the parent -1"),
            (vec![root(), unit(1, 0, "")], "has no name"),
        ];
        for (units, words) in cases {
            let found = faults(&units, &[]);
            assert!(found.iter().any(|line| line.contains(words)), "{words}: {found:?}");
        }
        assert_eq!(faults(&[root()], &[gain(4)]), ["`Gain` belongs to unit 4, which is not listed"]);
    }
}
