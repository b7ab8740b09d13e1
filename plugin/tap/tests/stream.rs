//! The stream comes out in order, complete or accounted for, whatever the blocks and however slow the reader.

use proptest::prelude::*;
use ringbuf::{HeapRb, traits::Split};
use rollcall_queue::queue;
use rollcall_tap::{Event, Item, Pick, Reader, Writer, tap};

type Out = Writer<u32, ringbuf::HeapProd<Event<u32>>>;
type In = Reader<u32, ringbuf::HeapCons<Event<u32>>>;

/// Samples that lie side by side in the queue, at most.
const CHUNK: usize = 1024;

fn ends(samples: usize, events: usize) -> (Out, In) {
    tap(queue(samples), HeapRb::new(events).split())
}

fn bits(samples: &[f32]) -> Vec<u32> {
    samples.iter().map(|s| s.to_bits()).collect()
}

fn picked(channels: &[Vec<f32>], pick: Pick) -> Vec<f32> {
    let frames = channels.first().map_or(4, Vec::len);
    let (mut writer, mut reader) = ends(600, 4);
    writer.write(channels, frames, pick);
    let mut buffer = [9.0; 600];
    assert_eq!(reader.next(&mut buffer), Some(Item::Audio(frames)));
    assert_eq!(reader.next(&mut buffer[..1].to_vec()), None);
    buffer[..frames].to_vec()
}

#[test]
fn picks_are_what_they_say() {
    let (a, b, c) = (vec![0.1_f32, -0.5, f32::NAN], vec![0.2_f32, 0.25, 1.0], vec![0.7_f32, -1e-40, 0.0]);
    for pick in [Pick::Mono, Pick::Left, Pick::Right, Pick::Mid] {
        assert_eq!(
            bits(&picked(std::slice::from_ref(&a), pick)),
            bits(&a),
            "one channel passes bit for bit: {pick:?}"
        );
    }
    assert_eq!(picked(std::slice::from_ref(&a), Pick::Side), [0.0; 3]);
    assert_eq!(bits(&picked(&[a.clone(), b.clone()], Pick::Left)), bits(&a));
    assert_eq!(bits(&picked(&[a.clone(), b.clone()], Pick::Right)), bits(&b));
    assert_eq!(picked(&[b.clone(), c.clone()], Pick::Mid), [(0.2 + 0.7) * 0.5, (0.25 + -1e-40) * 0.5, 0.5]);
    assert_eq!(picked(&[b.clone(), c.clone()], Pick::Side), [(0.2 - 0.7) * 0.5, (0.25 - -1e-40) * 0.5, 0.5]);
    let third = 1.0 / 3.0_f32;
    assert_eq!(picked(&[b.clone(), c.clone(), b.clone()], Pick::Mono)[0], (0.2 + 0.7 + 0.2) * third);
    assert_eq!(picked(&[], Pick::Mono), [0.0; 4], "no channel at all is silence");
}

/// What comes out is never subnormal, whatever the channels and their lengths.
#[test]
fn no_mean_is_subnormal() {
    let tiny =
        [1e-40_f32, -1e-40, f32::MIN_POSITIVE, -1.5 * f32::MIN_POSITIVE, 3e-36, -2.9e-36, 8.0e-37, 0.25];
    for channels in 2..=49_usize {
        for frames in [1, 3, 31, 32, 100] {
            let block: Vec<Vec<f32>> = (0..channels)
                .map(|c| (0..frames + c % 2).map(|f| tiny[(f * 5 + c * 3) % tiny.len()]).collect())
                .collect();
            for pick in [Pick::Mono, Pick::Mid, Pick::Side] {
                let found = picked(&block, pick);
                assert!(
                    found.iter().all(|x| *x == 0.0 || x.is_normal()),
                    "{pick:?} of {channels}: {found:?}"
                );
            }
            let zeros = vec![vec![-1e-40_f32; frames]; channels];
            assert_eq!(bits(&picked(&zeros, Pick::Mono)), vec![(-0.0_f32).to_bits(); frames]);
        }
    }
}

/// A channel that is too short for the block goes on in silence, whatever is heard of it.
#[test]
fn a_short_channel_ends_in_silence() {
    let (long, short) = (vec![1.0_f32, 2.0, 3.0], vec![8.0_f32]);
    for (channels, pick, expected) in [
        (vec![long.clone(), short.clone()], Pick::Mono, [4.5, 1.0, 1.5]),
        (vec![long.clone(), short.clone()], Pick::Mid, [4.5, 1.0, 1.5]),
        (vec![long.clone(), short.clone()], Pick::Side, [-3.5, 1.0, 1.5]),
        (vec![long.clone(), short.clone()], Pick::Right, [8.0, 0.0, 0.0]),
        (vec![long.clone(), short.clone(), vec![]], Pick::Mono, [3.0, 2.0 / 3.0, 1.0]),
    ] {
        let found = picked(&channels, pick);
        assert!(found.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-6), "{pick:?}: {found:?}");
    }
    let (mut writer, mut reader) = ends(8, 4);
    writer.write(&[&short], 3, Pick::Left);
    let mut buffer = [9.0; 3];
    assert_eq!(reader.next(&mut buffer), Some(Item::Audio(3)));
    assert_eq!(buffer, [8.0, 0.0, 0.0]);
}

/// A block that goes on in another chunk is the same block.
#[test]
fn the_end_of_a_chunk_is_no_seam() {
    let block: [Vec<f32>; 3] = std::array::from_fn(|c| (0..100).map(|i| (c * 100 + i) as f32).collect());
    for pick in [Pick::Mono, Pick::Left, Pick::Right, Pick::Mid, Pick::Side] {
        let whole = picked(&block, pick);
        for start in [1, 37, 63, 99].map(|left| CHUNK - left) {
            let (mut writer, mut reader) = ends(2 * CHUNK, 4);
            let mut buffer = [9.0; 2 * CHUNK];
            writer.write(&[vec![0.0; start]], start, Pick::Left);
            assert_eq!(reader.next(&mut buffer), Some(Item::Audio(start)));
            writer.write(&block, 100, pick);
            assert_eq!(reader.next(&mut buffer), Some(Item::Audio(100)));
            assert_eq!(bits(&buffer[..100]), bits(&whole), "{pick:?} from {start}");
        }
    }
}

/// However many frames a block has, those with a way of their own among them: two channels of seeded noise, sample by sample.
#[test]
fn blocks_of_any_size_give_the_same_samples() {
    let mut state = 1_u32;
    let mut noise = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / (1 << 23) as f32 - 1.0
    };
    for frames in 1..=600 {
        let block: [Vec<f32>; 2] = std::array::from_fn(|_| (0..frames).map(|_| noise()).collect());
        let both = || block[0].iter().zip(&block[1]);
        let mid: Vec<f32> = both().map(|(l, r)| (l + r) * 0.5).collect();
        let side: Vec<f32> = both().map(|(l, r)| (l - r) * 0.5).collect();
        assert_eq!(bits(&picked(&block, Pick::Mono)), bits(&mid), "{frames} frames");
        assert_eq!(bits(&picked(&block, Pick::Mid)), bits(&mid), "{frames} frames");
        assert_eq!(bits(&picked(&block, Pick::Side)), bits(&side), "{frames} frames");
    }
}

#[test]
fn a_gap_is_where_the_queue_was_full() {
    let (mut writer, mut reader) = ends(CHUNK, 4);
    let room = writer.vacant_frames();
    assert!(room >= writer.capacity_frames());
    let mut buffer = vec![0.0; room + 8];
    writer.write(&[vec![1.0; room + 2]], room + 2, Pick::Mono);
    writer.write(&[[7.0]], 1, Pick::Mono);
    assert_eq!((writer.frames(), writer.lost_frames(), writer.vacant_frames()), (room as u64 + 3, 3, 0));
    assert_eq!(reader.next(&mut buffer), Some(Item::Audio(room)));
    assert_eq!(reader.next(&mut buffer), None, "the gap is told when it is over");
    assert!(writer.mark(42));
    writer.write(&[[8.0]], 1, Pick::Mono);
    assert_eq!(reader.next(&mut buffer), Some(Item::Lost(3)));
    assert_eq!(reader.next(&mut buffer), Some(Item::Mark(42)));
    assert_eq!(reader.next(&mut buffer), Some(Item::Audio(1)));
    assert_eq!((buffer[0], reader.frames()), (8.0, room as u64 + 4));
    writer.skip(100);
    writer.skip(20);
    assert!(!reader.is_closed());
    drop(writer);
    assert!(reader.is_closed());
    assert_eq!(reader.next(&mut buffer), Some(Item::Skipped(120)));
    assert_eq!(reader.next(&mut buffer), None);
}

/// What may happen on the audio thread.
#[derive(Clone, Debug)]
enum Do {
    Write(usize),
    Skip(usize),
    Mark,
    Read(usize),
    Discard(usize),
}

fn deeds() -> impl Strategy<Value = Vec<Do>> {
    let deed = prop_oneof![
        4 => (0_usize..1_500).prop_map(Do::Write),
        1 => (0_usize..300).prop_map(Do::Skip),
        1 => Just(Do::Mark),
        4 => (1_usize..1_500).prop_map(Do::Read),
        1 => (1_usize..100).prop_map(Do::Discard),
    ];
    proptest::collection::vec(deed, 0..200)
}

proptest! {
    /// Every sample is its own frame number, every mark too: so order, place and completeness all show.
    #[test]
    fn everything_comes_out_in_its_place(deeds in deeds(), samples in 1_usize..4_000, events in 1_usize..6) {
        let (mut writer, mut reader) = ends(samples, events);
        let mut buffer = vec![0.0; 1_500];
        let (mut frame, mut lost) = (0_u64, 0_u64);
        let mut take = |reader: &mut In, most: usize| {
            let at = reader.frames();
            let item = reader.next(&mut buffer[..most]);
            match item {
                Some(Item::Audio(n)) => for (i, s) in buffer[..n].iter().enumerate() {
                    assert_eq!(*s, (at + i as u64) as f32);
                },
                Some(Item::Mark(mark)) => assert_eq!(u64::from(mark), at),
                Some(Item::Lost(n)) => lost += n,
                Some(Item::Skipped(_)) | None => {}
            }
            item.is_some()
        };
        for deed in deeds {
            match deed {
                Do::Write(n) => {
                    let block: Vec<f32> = (0..n).map(|i| (frame + i as u64) as f32).collect();
                    writer.write(&[block], n, Pick::Mono);
                    frame += n as u64;
                }
                Do::Skip(n) => { writer.skip(n); frame += n as u64; }
                Do::Mark => { writer.mark(frame as u32); }
                Do::Read(n) => { take(&mut reader, n); }
                Do::Discard(n) => { reader.discard(n); }
            }
            assert_eq!(writer.frames(), frame);
        }
        let dropped = writer.lost_frames();
        // What is still pending is told as soon as there is room.
        while !writer.mark(frame as u32) {
            while take(&mut reader, 1_500) {}
        }
        while take(&mut reader, 1_500) {}
        assert_eq!(reader.frames(), frame);
        assert_eq!(lost, dropped);
    }
}

#[test]
fn two_threads_agree() {
    let (mut writer, mut reader) = ends(1_000, 8);
    let total = 3_000_000_u64;
    let audio = std::thread::spawn(move || {
        let mut block = [0.0_f32; 257];
        let mut at = 0_u64;
        while at < total {
            let frames = 1 + (at % 257) as usize;
            // 2^24 frames and more would not be whole in f32.
            block.iter_mut().enumerate().for_each(|(i, s)| *s = ((at + i as u64) % (1 << 24)) as f32);
            if at.is_multiple_of(7) {
                writer.mark((at % (1 << 24)) as u32);
            }
            writer.write(&[&block[..]], frames, Pick::Mono);
            at += frames as u64;
            if at.is_multiple_of(64) {
                std::thread::yield_now();
            }
        }
        (at, writer.lost_frames())
    });
    let mut buffer = [0.0; 300];
    let (mut lost, mut marks) = (0, 0);
    loop {
        let (closed, at) = (reader.is_closed(), reader.frames());
        match reader.next(&mut buffer) {
            Some(Item::Audio(n)) => {
                for (i, s) in buffer[..n].iter().enumerate() {
                    assert_eq!(*s, ((at + i as u64) % (1 << 24)) as f32);
                }
            }
            Some(Item::Mark(mark)) => {
                assert_eq!(u64::from(mark), at % (1 << 24));
                marks += 1;
            }
            Some(Item::Lost(n)) => lost += n,
            Some(Item::Skipped(n)) => panic!("nothing was skipped, but {n} frames"),
            None if closed => break,
            None => std::hint::spin_loop(),
        }
    }
    let (end, dropped) = audio.join().unwrap();
    assert!(marks > 0);
    assert!(lost <= dropped && reader.frames() + (dropped - lost) == end, "{lost} {dropped} {end}");
}
