//! Which stretch of time the history shows: follows the newest step, scrolls, zooms, and holds a picked moment.

use crate::settings::SPAN_S;

/// The stretch of time on screen.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Window {
    /// Seconds across.
    span_s: f64,
    /// Right end, or `None` to follow the newest step.
    end_s: Option<f64>,
    /// The moment whose values are read.
    picked_s: Option<f64>,
}

impl Window {
    pub(crate) fn new(span_s: f64) -> Self {
        Self { span_s, end_s: None, picked_s: None }
    }
    pub(crate) fn span_s(&self) -> f64 {
        self.span_s
    }
    /// Left and right end, given the newest moment.
    pub(crate) fn range(&self, now_s: f64) -> (f64, f64) {
        let end_s = self.end_s.unwrap_or(now_s);
        (end_s - self.span_s, end_s)
    }
    pub(crate) fn follows(&self) -> bool {
        self.end_s.is_none()
    }
    pub(crate) fn picked_s(&self) -> Option<f64> {
        self.picked_s
    }

    /// Back to the newest step.
    pub(crate) fn follow(&mut self) {
        self.end_s = None;
        self.picked_s = None;
    }
    /// Stands still.
    pub(crate) fn hold(&mut self, now_s: f64) {
        self.end_s.get_or_insert(now_s);
    }
    /// Moves by so many seconds; reaching the newest step follows it again. The song's beginning stays in view.
    pub(crate) fn scroll(&mut self, by_s: f64, first_s: f64, now_s: f64) {
        let least = (first_s + self.span_s).min(now_s);
        let end_s = (self.end_s.unwrap_or(now_s) + by_s).max(least);
        self.end_s = (end_s < now_s).then_some(end_s);
        if self.picked_s.is_some() {
            self.hold(now_s);
        }
    }
    /// Shows `factor` times as long a stretch; the moment at `around` (0 left, 1 right) stays where it is.
    pub(crate) fn zoom(&mut self, factor: f64, around: f64, first_s: f64, now_s: f64) {
        let (begin_s, _) = self.range(now_s);
        let fixed_s = begin_s + around * self.span_s;
        self.span_s = (self.span_s * factor).clamp(*SPAN_S.start(), *SPAN_S.end());
        if !self.follows() {
            self.end_s = Some(fixed_s + (1.0 - around) * self.span_s);
            self.scroll(0.0, first_s, now_s);
        }
    }
    pub(crate) fn set_span(&mut self, span_s: f64) {
        self.span_s = span_s.clamp(*SPAN_S.start(), *SPAN_S.end());
    }
    /// Reads a moment; the window stands still meanwhile.
    pub(crate) fn pick(&mut self, time_s: f64, now_s: f64) {
        self.picked_s = Some(time_s);
        self.hold(now_s);
        // A moment outside, reached with the keys, is brought into view.
        let (begin_s, end_s) = self.range(now_s);
        if time_s < begin_s {
            self.end_s = Some(time_s + self.span_s);
        } else if time_s > end_s {
            self.end_s = Some(time_s);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn follows_until_scrolled_and_again_at_the_end() {
        let mut window = Window::new(60.0);
        assert_eq!(window.range(100.0), (40.0, 100.0));
        window.scroll(-10.0, 0.0, 100.0);
        assert_eq!(window.range(130.0), (30.0, 90.0), "stands still while time goes on");
        window.scroll(100.0, 0.0, 130.0);
        assert!(window.follows());
    }
    #[test]
    fn stops_at_the_beginning() {
        let mut window = Window::new(60.0);
        window.scroll(-1e6, 0.0, 500.0);
        assert_eq!(window.range(500.0), (0.0, 60.0));
        window.scroll(-5.0, 0.0, 30.0);
        assert!(window.follows(), "less than a window of history has nowhere to go");
    }
    #[test]
    fn zooming_keeps_the_moment_under_the_pointer() {
        let mut window = Window::new(60.0);
        window.scroll(-100.0, 0.0, 500.0);
        window.zoom(0.5, 0.25, 0.0, 500.0);
        assert_eq!(window.range(500.0), (347.5, 377.5));
        window.zoom(1e9, 0.5, 0.0, 500.0);
        assert_eq!(window.span_s(), *SPAN_S.end());
    }
    #[test]
    fn a_picked_moment_holds_the_window_and_comes_into_view() {
        let mut window = Window::new(60.0);
        window.pick(95.0, 100.0);
        assert_eq!((window.range(200.0), window.picked_s()), ((40.0, 100.0), Some(95.0)));
        window.pick(20.0, 200.0);
        assert_eq!(window.range(200.0), (20.0, 80.0));
        window.follow();
        assert_eq!((window.follows(), window.picked_s()), (true, None));
    }
}
