//! Birth and death of workers, in a process of its own so that its threads can be counted.

use rollcall_board::{Command, board};
use rollcall_tap::Pick;
use rollcall_worker::{ModelSlot, Worker};
use std::sync::Arc;

#[test]
fn a_thousand_lives_end_cleanly_at_any_point() {
    // Fewer under a tool that makes them slow (`cargo xtask test memcheck`).
    let lives = std::env::var("ROLLCALL_LIVES").map_or(1_000, |lives| lives.parse().expect("a number"));
    let threads = || std::fs::read_dir("/proc/self/task").map_or(0, Iterator::count);
    let before = threads();
    for life in 0..lives {
        let (writer, board, inbox) = board();
        let worker =
            Worker::spawn(writer, inbox, Arc::new(ModelSlot::default()), Box::new(|| {})).expect("a thread");
        if life % 10 == 0 {
            // Dropped while its model loads or its stream runs.
            let mut writer = worker.open(48_000.0, 512).expect("a rate");
            worker.link().set_freewheeling(life % 20 == 0);
            writer.write(&[[0.1; 512]], 512, Pick::Mono);
            if life % 3 == 0 {
                board.send(Command::Reset);
            }
            if life % 50 == 0 {
                // By now the model is being read, or built, or has just been.
                std::thread::sleep(std::time::Duration::from_millis(life % 7 * 15));
            }
        }
        drop(worker);
    }
    assert!(threads() <= before, "{} threads, {before} before", threads());
}
