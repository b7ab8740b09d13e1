//! Several files at the same time, results in the order of the files.

use std::{
    collections::BTreeMap,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Condvar, Mutex, PoisonError, mpsc},
    thread,
};

/// Results that may wait for an earlier one, for each thread: bounds memory when the first file is the longest.
const AHEAD: usize = 4;

struct Queue {
    next: usize,
    delivered: usize,
}

/// Runs `work` on every item, on `jobs` threads, and hands the results to `deliver` in the items' order, as soon as
/// they and all before them are there. A panic in `work` becomes `Err` with its message.
pub fn in_order<T: Sync, R: Send>(
    items: &[T],
    jobs: usize,
    work: impl Fn(&T) -> R + Sync,
    mut deliver: impl FnMut(usize, Result<R, String>),
) {
    let jobs = jobs.clamp(1, items.len().max(1));
    let window = jobs * AHEAD;
    let queue = Mutex::new(Queue { next: 0, delivered: 0 });
    let moved_on = Condvar::new();
    let (sender, receiver) = mpsc::channel();
    thread::scope(|scope| {
        for _ in 0..jobs {
            let sender = sender.clone();
            let (queue, moved_on, work) = (&queue, &moved_on, &work);
            scope.spawn(move || {
                loop {
                    let index = {
                        let guard = queue.lock().unwrap_or_else(PoisonError::into_inner);
                        let is_waiting = |queue: &mut Queue| {
                            queue.next < items.len() && queue.next >= queue.delivered + window
                        };
                        let mut guard =
                            moved_on.wait_while(guard, is_waiting).unwrap_or_else(PoisonError::into_inner);
                        guard.next += 1;
                        guard.next - 1
                    };
                    let Some(item) = items.get(index) else { break };
                    let result = catch_unwind(AssertUnwindSafe(|| work(item))).map_err(|panic| {
                        let text = panic.downcast_ref::<String>().map(String::as_str);
                        text.or(panic.downcast_ref::<&str>().copied()).unwrap_or("unknown").to_owned()
                    });
                    if sender.send((index, result)).is_err() {
                        break;
                    }
                }
            });
        }
        drop(sender);
        let mut early = BTreeMap::new();
        let mut next = 0;
        for (index, result) in receiver {
            early.insert(index, result);
            while let Some(result) = early.remove(&next) {
                deliver(next, result);
                next += 1;
                queue.lock().unwrap_or_else(PoisonError::into_inner).delivered = next;
                moved_on.notify_all();
            }
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{
        sync::atomic::{AtomicUsize, Ordering},
        time::Duration,
    };

    #[test]
    fn order_is_kept_nothing_is_lost_and_few_wait() {
        let items: Vec<usize> = (0..200).collect();
        for jobs in [1, 3, 8] {
            let started = AtomicUsize::new(0);
            let mut delivered = Vec::new();
            in_order(
                &items,
                jobs,
                |&item| {
                    started.fetch_add(1, Ordering::SeqCst);
                    if item == 0 {
                        thread::sleep(Duration::from_millis(50));
                        assert!(started.load(Ordering::SeqCst) <= jobs * AHEAD + 1);
                    }
                    item * 2
                },
                |index, result| delivered.push((index, result.expect("no panic"))),
            );
            assert_eq!(delivered, items.iter().map(|&item| (item, item * 2)).collect::<Vec<_>>());
        }
    }

    #[test]
    fn a_panic_fails_its_item_alone() {
        let mut results = Vec::new();
        in_order(&[1, 2, 3], 2, |&item| assert_ne!(item, 2, "two"), |_, result| results.push(result.is_ok()));
        assert_eq!(results, [true, false, true]);
    }
}
