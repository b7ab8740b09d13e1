//! A row of values that never grows beyond a bound: when it is full, neighbours become one.

/// Values that can be made one.
pub trait Fold {
    /// Takes in the value beside it.
    fn fold(&mut self, other: &Self);
}

/// At most `2 * HALF` values, each standing for as many inputs as any other but the last.
#[derive(Clone, Debug)]
pub struct Folding<T> {
    half: usize,
    inputs_per_value: u64,
    /// Inputs in the last value.
    last: u64,
    values: Vec<T>,
}

impl<T: Fold> Folding<T> {
    /// Of at most `2 * half` values.
    pub fn new(half: usize) -> Self {
        Self { half, inputs_per_value: 1, last: 0, values: Vec::new() }
    }

    /// Takes the next input.
    pub fn push(&mut self, input: T) {
        if self.last > 0 && self.last < self.inputs_per_value {
            self.last += 1;
            if let Some(value) = self.values.last_mut() {
                value.fold(&input);
            }
            return;
        }
        if self.values.len() == 2 * self.half {
            self.halve();
            self.push(input);
            return;
        }
        self.values.push(input);
        self.last = 1;
    }

    fn halve(&mut self) {
        for index in 0..self.half {
            let (first, rest) = self.values.split_at_mut(2 * index + 1);
            first[2 * index].fold(&rest[0]);
            self.values.swap(index, 2 * index);
        }
        self.values.truncate(self.half);
        self.last = 2 * self.inputs_per_value;
        self.inputs_per_value *= 2;
    }

    /// Values so far.
    pub fn values(&self) -> &[T] {
        &self.values
    }

    /// How many inputs each value stands for.
    pub fn inputs_per_value(&self) -> u64 {
        self.inputs_per_value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Fold for Vec<u32> {
        fn fold(&mut self, other: &Self) {
            self.extend(other);
        }
    }

    #[test]
    fn every_input_stays_in_order_and_the_row_stays_short() {
        for count in [0_u32, 1, 7, 8, 9, 16, 17, 31, 100, 1_000] {
            let mut row = Folding::new(4);
            for input in 0..count {
                row.push(vec![input]);
            }
            assert!(row.values().len() <= 8);
            assert_eq!(row.values().concat(), (0..count).collect::<Vec<_>>(), "{count}");
            let whole = row.values().split_last().map_or(&[][..], |(_, whole)| whole);
            assert!(whole.iter().all(|value| value.len() as u64 == row.inputs_per_value()), "{count}");
        }
    }
}
