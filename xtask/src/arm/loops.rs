//! The inner loops of a built program for 64-bit Arm, as objdump lists it: how many instructions each takes for its multiply-adds.

use std::{collections::BTreeMap, ops::RangeInclusive};

/// A loop that has no other loop with multiply-adds in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Loop {
    /// Multiply-adds of a register with four lanes.
    pub(crate) products: usize,
    /// All instructions, its own branch among them.
    pub(crate) instructions: usize,
    /// Whether it widens numbers of 16 bits.
    pub(crate) widens: bool,
}

impl Loop {
    /// Instructions for each multiply-add.
    pub(crate) fn cost(&self) -> f64 {
        self.instructions as f64 / self.products as f64
    }
}

struct Instruction<'a> {
    at: u64,
    name: &'a str,
    operands: &'a str,
}

/// Each loop with multiply-adds, of what `objdump --disassemble --no-show-raw-insn` says.
pub(crate) fn inner(listing: &str) -> Vec<Loop> {
    let code: Vec<Instruction<'_>> = listing.lines().filter_map(instruction).collect();
    let places: BTreeMap<u64, usize> = code.iter().enumerate().map(|(index, one)| (one.at, index)).collect();
    let products = |body: &RangeInclusive<usize>| {
        let body = &code[body.clone()];
        body.iter().filter(|one| one.name == "fmla" && one.operands.contains(".4s")).count()
    };
    // A branch backwards closes a loop.
    let closed = code.iter().enumerate().filter_map(|(end, one)| {
        let begin = *places.get(&destination(one)?)?;
        (begin <= end).then_some(begin..=end)
    });
    let loops: Vec<RangeInclusive<usize>> = closed.filter(|body| products(body) > 0).collect();
    let is_inner = |body: &&RangeInclusive<usize>| {
        !loops
            .iter()
            .any(|other| other != *body && body.contains(other.start()) && body.contains(other.end()))
    };
    let inner = loops.iter().filter(is_inner);
    inner
        .map(|body| Loop {
            products: products(body),
            instructions: body.clone().count(),
            widens: code[body.clone()].iter().any(|one| one.name.starts_with("fcvtl")),
        })
        .collect()
}

/// A line of the listing: address, name and operands, with tabs between them.
fn instruction(line: &str) -> Option<Instruction<'_>> {
    let (at, rest) = line.trim_start().split_once(":\t")?;
    let (name, operands) = rest.split_once('\t').unwrap_or((rest, ""));
    Some(Instruction { at: u64::from_str_radix(at, 16).ok()?, name: name.trim(), operands })
}

/// Where a branch goes to: `cbz x0, 5c2fc <name+0x10>`. Calls come back, and are none.
fn destination(one: &Instruction<'_>) -> Option<u64> {
    let branches = matches!(one.name, "b" | "cbz" | "cbnz" | "tbz" | "tbnz") || one.name.starts_with("b.");
    let address = one.operands.split(" <").next()?.rsplit(", ").next()?;
    if branches { u64::from_str_radix(address.trim(), 16).ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_inner_loops_are_counted() {
        let listing = "\
0000000000000010 <run>:
  10:\tmov\tx1, #0x0
  14:\tldr\tq1, [x0], #16
  18:\tfcvtl\tv1.4s, v1.4h
  1c:\tfmla\tv0.4s, v1.4s, v2.s[0]
  20:\tfmla\tv3.4s, v1.4s, v2.s[1]
  24:\tsubs\tx1, x1, #0x1
  28:\tb.ne\t14 <run+0x4>  // b.any
  2c:\tfmla\tv0.4s, v1.4s, v2.4s
  30:\tcbnz\tx2, 2c <run+0x1c>
  34:\tbl\t10 <run>
  38:\ttbz\tw3, #0, 10 <run>
  3c:\tb\t40 <run+0x30>
  40:\tret
";
        assert_eq!(
            inner(listing),
            [
                Loop { products: 2, instructions: 6, widens: true },
                Loop { products: 1, instructions: 2, widens: false }
            ]
        );
        assert_eq!(inner(listing)[0].cost(), 3.0);
        assert!(inner("").is_empty());
    }
}
