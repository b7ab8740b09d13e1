//! A map of the convolutions, `[time, frequency, channels]`, with a border of zeros, laid out so that each of the nine
//! neighbours of every position lies at one fixed distance.

/// Positions of zeros before the map: the first position's upper left neighbour is one before it.
pub const LEAD: usize = 1;
/// Positions of zeros behind the map: products take 32 positions at a time, and may read as many beyond the last one.
const TAIL: usize = 64;

/// `[time + 2, frequency + 2, channels]`, the outermost rows and columns zero.
#[derive(Clone, Debug)]
pub struct Padded {
    /// Rows in time, border not counted.
    pub time: usize,
    /// Rows in frequency, border not counted.
    pub frequency: usize,
    /// Channels.
    pub channels: usize,
    data: Vec<f32>,
}

impl Padded {
    /// All zero.
    #[must_use]
    pub fn zeros(time: usize, frequency: usize, channels: usize) -> Self {
        let positions = LEAD + (time + 2) * (frequency + 2) + TAIL;
        Self { time, frequency, channels, data: vec![0.0; positions * channels] }
    }

    /// Positions of a row in time, its border counted.
    #[must_use]
    pub fn width(&self) -> usize {
        self.frequency + 2
    }

    /// Positions from the first row in time to the last, their borders in frequency counted.
    #[must_use]
    pub fn positions(&self) -> usize {
        self.time * self.width()
    }

    /// All values, from [`LEAD`] positions before the border on.
    #[must_use]
    pub fn data(&self) -> &[f32] {
        &self.data
    }

    /// `[channels]` of one position.
    #[must_use]
    pub fn at(&self, t: usize, f: usize) -> &[f32] {
        let start = self.index(t, f);
        &self.data[start..start + self.channels]
    }

    /// `[channels]` of one position, to write to.
    pub fn at_mut(&mut self, t: usize, f: usize) -> &mut [f32] {
        let start = self.index(t, f);
        &mut self.data[start..start + self.channels]
    }

    /// `[frequency, channels]` of one row in time, without its border.
    #[must_use]
    pub fn row(&self, t: usize) -> &[f32] {
        let start = self.index(t, 0);
        &self.data[start..start + self.frequency * self.channels]
    }

    /// The same to write to.
    pub fn row_mut(&mut self, t: usize) -> &mut [f32] {
        let start = self.index(t, 0);
        let length = self.frequency * self.channels;
        &mut self.data[start..start + length]
    }

    fn index(&self, t: usize, f: usize) -> usize {
        (LEAD + (t + 1) * self.width() + f + 1) * self.channels
    }
}
