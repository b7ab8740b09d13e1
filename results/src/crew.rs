//! Threads that compute the network of one recording, while the thread that decodes it goes on.

use rollcall_engine::{Alone, Crew, Done, Task};
use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError, mpsc},
    thread,
};

/// Tasks that may be under way for each thread: one to compute and one to go on with.
const TASKS: usize = 2;

/// A crew of `threads` threads; with one, it is the thread that decodes.
pub(crate) fn crew(threads: usize) -> Box<dyn Crew> {
    if threads < 2 { Box::new(Alone) } else { Box::new(Threads::new(threads)) }
}

/// A task, and where what it comes to is waited for.
type Order = (Task, mpsc::SyncSender<Done>);

struct Threads {
    orders: Option<mpsc::Sender<Order>>,
    /// In the order of the tasks.
    under_way: VecDeque<mpsc::Receiver<Done>>,
    threads: Vec<thread::JoinHandle<()>>,
}

impl Threads {
    fn new(threads: usize) -> Self {
        let (orders, queue) = mpsc::channel::<Order>();
        let queue = Arc::new(Mutex::new(queue));
        let work = |_| {
            let queue = Arc::clone(&queue);
            thread::spawn(move || {
                loop {
                    let order = queue.lock().unwrap_or_else(PoisonError::into_inner).recv();
                    let Ok((task, to)) = order else { break };
                    // Nobody waits for it when the recording was given up.
                    let _ = to.send(task.run());
                }
            })
        };
        Self { orders: Some(orders), under_way: VecDeque::new(), threads: (0..threads).map(work).collect() }
    }
}

impl Crew for Threads {
    fn give(&mut self, task: Task) -> Option<Done> {
        let (to, done) = mpsc::sync_channel(1);
        let orders = self.orders.as_ref().expect("there are orders until it is dropped");
        orders.send((task, to)).expect("the threads wait for orders until it is dropped");
        self.under_way.push_back(done);
        if self.under_way.len() > TASKS * self.threads.len() {
            return self.take();
        }
        let done = self.under_way.front()?.try_recv().ok()?;
        self.under_way.pop_front();
        Some(done)
    }

    fn take(&mut self) -> Option<Done> {
        self.under_way.pop_front().map(|done| done.recv().expect("a task that panics is done, too"))
    }
}

impl Drop for Threads {
    fn drop(&mut self) {
        self.under_way.clear();
        self.orders = None;
        for thread in self.threads.drain(..) {
            // Its panic, had it one, was told already.
            let _ = thread.join();
        }
    }
}
