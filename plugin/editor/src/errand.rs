//! What takes its time (a disk above all) on a thread of its own, so that it never holds up the window.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
        mpsc,
    },
    thread::{self, JoinHandle},
};

/// Whether nobody waits for an errand any more: it stops as soon as it can.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cancelled(Arc<AtomicBool>);

impl Cancelled {
    pub(crate) fn is_so(&self) -> bool {
        self.0.load(Relaxed)
    }
    #[cfg(test)]
    pub(crate) fn now() -> Self {
        Self(Arc::new(AtomicBool::new(true)))
    }
}

/// The errand's thread. Dropping it cancels the errand, then waits for its end: the plugin's code may be unloaded afterwards.
#[derive(Debug)]
struct Thread {
    cancelled: Cancelled,
    /// None if the system gave no thread.
    handle: Option<JoinHandle<()>>,
}

impl Thread {
    fn cancel(&self) {
        self.cancelled.0.store(true, Relaxed);
    }
}

impl Drop for Thread {
    fn drop(&mut self) {
        self.cancel();
        if let Some(handle) = self.handle.take() {
            // A panic in it has closed the channel, and was told.
            let _ = handle.join();
        }
    }
}

/// One errand. Dropping it cancels it, then waits for its end; [`Unwatched::take`] waits for nothing.
#[derive(Debug)]
pub(crate) struct Errand<T> {
    outcome: mpsc::Receiver<Result<T, String>>,
    thread: Thread,
}

impl<T: Send + 'static> Errand<T> {
    /// Begins it, on a thread of this name.
    pub(crate) fn begin(
        name: &str,
        run: impl FnOnce(&Cancelled) -> Result<T, String> + Send + 'static,
    ) -> Self {
        let (done, outcome) = mpsc::channel();
        let (cancelled, failed) = (Cancelled::default(), done.clone());
        let seen = cancelled.clone();
        let spawned = thread::Builder::new().name(name.into()).spawn(move || {
            // Whoever asked may have left.
            let _ = done.send(run(&seen));
        });
        let no_thread = |error| {
            let _ =
                failed.send(Err(format!("no thread for it: {error}. Close other programs and try again")));
        };
        let thread = Thread { cancelled, handle: spawned.map_err(no_thread).ok() };
        Self { outcome, thread }
    }

    /// The outcome, once: none while the errand runs. Errors say what to do.
    pub(crate) fn outcome(&self) -> Option<Result<T, String>> {
        match self.outcome.try_recv() {
            Ok(outcome) => Some(outcome),
            Err(mpsc::TryRecvError::Empty) => None,
            Err(mpsc::TryRecvError::Disconnected) => Some(Err("it failed; please report this".into())),
        }
    }

    /// Tells it that nobody waits for it any more.
    pub(crate) fn cancel(&self) {
        self.thread.cancel();
    }
}

/// Errands that nobody looks at any more: a disk that does not answer holds up nobody who goes on.
#[derive(Debug, Default)]
pub(crate) struct Unwatched(Vec<Thread>);

impl Unwatched {
    /// Takes one, which runs to its end unless it was cancelled, and lets go of those that have ended.
    pub(crate) fn take<T>(&mut self, errand: Errand<T>) {
        self.0.push(errand.thread);
        self.0.retain(|thread| thread.handle.as_ref().is_some_and(|handle| !handle.is_finished()));
    }
}

impl Drop for Unwatched {
    fn drop(&mut self) {
        // All of them first, so that they end side by side.
        self.0.iter().for_each(Thread::cancel);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::{Duration, Instant};

    #[test]
    fn those_that_are_left_hold_up_nobody_and_are_cancelled_when_the_window_goes() {
        let mut unwatched = Unwatched::default();
        let (says, said) = mpsc::channel();
        for _ in 0..2 {
            let says = says.clone();
            unwatched.take(Errand::begin("until cancelled", move |cancelled| {
                let began = Instant::now();
                while !cancelled.is_so() && began.elapsed() < Duration::from_secs(60) {
                    thread::yield_now();
                }
                let _ = says.send(cancelled.is_so());
                Ok(())
            }));
        }
        assert_eq!(said.try_recv(), Err(mpsc::TryRecvError::Empty), "nobody has stopped them yet");
        drop(unwatched);
        assert_eq!((said.try_recv(), said.try_recv()), (Ok(true), Ok(true)), "cancelled, then waited for");
    }

    #[test]
    fn one_that_is_left_uncancelled_does_what_it_was_sent_for() {
        let (answer, asked) = mpsc::channel::<()>();
        let (says, said) = mpsc::channel();
        let mut unwatched = Unwatched::default();
        unwatched.take(Errand::begin("until answered", move |cancelled| {
            let _ = asked.recv();
            let _ = says.send(cancelled.is_so());
            Ok(())
        }));
        drop(answer);
        assert_eq!(said.recv(), Ok(false));
    }

    #[test]
    fn a_panic_is_an_outcome() {
        let errand = Errand::<()>::begin("panics", |_| panic!("for the test"));
        let outcome = loop {
            match errand.outcome() {
                Some(outcome) => break outcome,
                None => thread::yield_now(),
            }
        };
        assert!(outcome.is_err_and(|why| why.contains("report")));
    }
}
