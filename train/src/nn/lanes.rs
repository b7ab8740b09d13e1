//! Loops over the channels of one position, each a function of its own, so that the compiler knows its slices apart and runs
//! them in the processor's widest lanes. All slices of a call are of one length.

/// Runs a loop in the widest lanes that the processor has. `work` must be marked `#[inline(always)]`, and so must what it calls.
#[inline(always)]
pub(super) fn widest(mut work: impl FnMut()) {
    /// By reference: a closure that is handed over by value is called through a function that nobody inlines.
    struct Work<'a, F>(&'a mut F);
    impl<F: FnMut()> pulp::NullaryFnOnce for Work<'_, F> {
        type Output = ();

        #[inline(always)]
        fn call(self) {
            (self.0)();
        }
    }
    pulp::Arch::new().dispatch(Work(&mut work));
}

/// Adds to sums and squares what `x` is more than `about`.
#[inline(always)]
pub(super) fn gather(sum: &mut [f32], squares: &mut [f32], x: &[f32], about: &[f32]) {
    for (((s, q), x), about) in sum.iter_mut().zip(squares).zip(x).zip(about) {
        let x = x - about;
        *s += x;
        *q += x * x;
    }
}

/// `best = max(best, x scale + shift)`.
#[inline(always)]
pub(super) fn greatest(best: &mut [f32], x: &[f32], scale: &[f32], shift: &[f32]) {
    for (((b, x), scale), shift) in best.iter_mut().zip(x).zip(scale).zip(shift) {
        let y = x * scale + shift;
        *b = if y > *b { y } else { *b };
    }
}

/// Where `x scale + shift` is the best and above 0, `d` is `upstream` and nobody wins any more; elsewhere `d` is 0.
#[inline(always)]
pub(super) fn winners(d: &mut [f32], best: &mut [f32], of: (&[f32], &[f32], &[f32]), upstream: &[f32]) {
    let (x, scale, shift) = of;
    for (((((d, b), x), scale), shift), u) in
        d.iter_mut().zip(best).zip(x).zip(scale).zip(shift).zip(upstream)
    {
        let wins = (x * scale + shift == *b) & (*b > 0.0);
        *d = if wins { *u } else { 0.0 };
        *b = if wins { -1.0 } else { *b };
    }
}

/// Adds `d` and `d x` to their sums.
#[inline(always)]
pub(super) fn tally(sum: &mut [f32], dot: &mut [f32], d: &[f32], x: &[f32]) {
    for (((s, t), d), x) in sum.iter_mut().zip(dot).zip(d).zip(x) {
        *s += d;
        *t += d * x;
    }
}

/// `out = offset + slope x`.
#[inline(always)]
pub(super) fn line(out: &mut [f32], x: &[f32], offset: &[f32], slope: &[f32]) {
    for (((o, x), offset), slope) in out.iter_mut().zip(x).zip(offset).zip(slope) {
        *o = offset + slope * x;
    }
}

/// `out += scale d`.
#[inline(always)]
pub(super) fn add_scaled(out: &mut [f32], d: &[f32], scale: &[f32]) {
    out.iter_mut().zip(d).zip(scale).for_each(|((o, d), s)| *o += s * d);
}

/// `out += by x`.
#[inline(always)]
pub(super) fn add(out: &mut [f32], x: &[f32], by: f32) {
    out.iter_mut().zip(x).for_each(|(o, x)| *o += by * x);
}
