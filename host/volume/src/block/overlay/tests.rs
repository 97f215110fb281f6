//! Tests of the copy-on-write overlay.

use super::super::{Fault, FaultyDevice, FileDevice, MemoryDevice, conformance};
use super::*;
use proptest::prelude::*;

const LEN: u64 = 10 * BLOCK + 77;

fn overlay_on(base: Arc<dyn BlockDevice>, budget: u64) -> Overlay {
    let scratch = Arc::new(MemoryDevice::new(base.len()));
    Overlay::new(base, scratch, budget).unwrap()
}

fn content(device: &dyn BlockDevice) -> Vec<u8> {
    let mut all = vec![0; usize::try_from(device.len()).unwrap()];
    device.read_at(0, &mut all).unwrap();
    all
}

/// Bytes that differ from block to block.
fn patterned() -> Arc<MemoryDevice> {
    let bytes: Vec<u8> = (0..LEN).map(|i| (i / 100).to_le_bytes()[0]).collect();
    Arc::new(MemoryDevice::from(bytes.as_slice()))
}

#[test]
fn conforms_over_memory_and_over_a_read_only_file_with_a_scratch_file() {
    conformance::check(|len| overlay_on(Arc::new(MemoryDevice::new(len)), u64::MAX));
    conformance::check(|len| {
        let file = || {
            let file = tempfile::tempfile().unwrap();
            file.set_len(len).unwrap();
            file
        };
        let base = Arc::new(FileDevice::read_only(file()).unwrap());
        let scratch = Arc::new(FileDevice::writable(file()).unwrap());
        Overlay::new(base, scratch, u64::MAX).unwrap()
    });
}

#[test]
fn the_base_is_never_written_to() {
    let base = Arc::new(FaultyDevice::new(patterned()).with(Fault::WritesFrom(0)));
    let overlay = overlay_on(base.clone(), u64::MAX);
    overlay.write_at(100, b"changed").unwrap();
    overlay.write_at(5 * BLOCK, &[3; 9000]).unwrap();
    overlay.flush().unwrap();
    overlay.settle().unwrap();
    assert_eq!(base.traffic().writes, 0);
    assert_eq!(content(&*base), content(&*patterned()));
}

#[test]
fn changed_ranges_are_merged_and_end_with_the_device() {
    let overlay = overlay_on(patterned(), u64::MAX);
    for offset in [BLOCK * 2, LEN - 1, BLOCK * 3 + 5, 0] {
        overlay.write_at(offset, b"\xff").unwrap();
    }
    let expected = [0..BLOCK, BLOCK * 2..BLOCK * 4, BLOCK * 10..LEN];
    assert_eq!(overlay.changed(), expected);
}

#[test]
fn a_block_written_back_to_what_it_was_settles() {
    let base = patterned();
    let overlay = overlay_on(base.clone(), 3 * BLOCK);
    let before = content(&*base);
    for offset in [0, BLOCK, LEN - 1] {
        overlay.write_at(offset, b"\xff").unwrap();
    }
    overlay.write_at(0, &before[..1]).unwrap();
    overlay
        .write_at(LEN - 1, &before[before.len() - 1..])
        .unwrap();
    assert_eq!(overlay.settle().unwrap(), 2);
    assert_eq!(overlay.changed(), std::slice::from_ref(&(BLOCK..2 * BLOCK)));
    // What settled counts no more, and a new change starts from the base again.
    overlay.write_at(7, b"\xfe").unwrap();
    overlay.write_at(8 * BLOCK, b"\xfe").unwrap();
    let mut expected = before;
    for (at, byte) in [(4096, 0xff), (7, 0xfe), (8 * 4096, 0xfe)] {
        expected[at] = byte;
    }
    assert_eq!(content(&overlay), expected);
}

#[test]
fn the_budget_stops_a_write_before_it_changes_anything() {
    let overlay = overlay_on(patterned(), 2 * BLOCK);
    overlay.write_at(0, b"one").unwrap();
    overlay.write_at(1, b"still the first block").unwrap();
    let before = content(&overlay);
    let error = overlay.write_at(BLOCK - 1, &[0; 8192]).unwrap_err();
    assert_eq!(error.kind(), VolumeErrorKind::LimitReached);
    assert_eq!(
        error.to_string(),
        "cannot change more of the volume: the limit of 8192 changed bytes is reached"
    );
    assert_eq!(content(&overlay), before);
    overlay.write_at(BLOCK - 1, &[0; 4097]).unwrap();
}

#[test]
fn a_failing_device_leaves_unchanged_blocks_as_the_base_has_them() {
    for fault in [
        Fault::Write(0),
        Fault::Write(1),
        Fault::Write(2),
        Fault::WriteAfterBytes(9000),
    ] {
        let base = patterned();
        let scratch = Arc::new(FaultyDevice::new(Arc::new(MemoryDevice::new(LEN))).with(fault));
        let overlay = Overlay::new(base.clone(), scratch, u64::MAX).unwrap();
        let error = overlay.write_at(100, &[0xee; 9000]).unwrap_err();
        let help = error.help_text().unwrap_or_default();
        assert!(help.contains("changes are kept"), "{fault:?}: {error}");
        assert_eq!(content(&overlay), content(&*base), "{fault:?}");
        assert!(overlay.changed().is_empty());
    }
    let base = Arc::new(FaultyDevice::new(patterned()).with(Fault::Read(0)));
    let overlay = overlay_on(base, u64::MAX);
    overlay
        .write_at(100, b"needs the rest of its block")
        .unwrap_err();
    assert!(overlay.changed().is_empty());
}

#[test]
fn whole_blocks_are_not_read_first_and_reads_are_not_split() {
    let base = Arc::new(FaultyDevice::new(Arc::new(MemoryDevice::new(1 << 30))));
    let overlay = overlay_on(base.clone(), u64::MAX);
    overlay.write_at(BLOCK, &[1; 8192]).unwrap();
    assert_eq!(base.traffic().reads, 0);
    overlay.read_at(0, &mut vec![0; 1 << 20]).unwrap();
    assert_eq!(base.traffic().reads, 2);
}

#[test]
fn the_delta_must_fit() {
    let base: Arc<dyn BlockDevice> = Arc::new(MemoryDevice::new(LEN));
    let short = Arc::new(MemoryDevice::new(LEN - 1));
    let error = Overlay::new(base, short, 1).unwrap_err();
    assert_eq!(error.kind(), VolumeErrorKind::InvalidArgument);
}

proptest! {
    #[test]
    fn the_set_of_blocks_equals_an_ordered_set(blocks in prop::collection::vec(0u64..400, 0..120),
                                                removed in prop::collection::vec(0u64..400, 0..40),
                                                from in 0u64..400, span in 0u64..200) {
        let mut set = BlockSet::default();
        let mut model = std::collections::BTreeSet::new();
        for block in blocks {
            set.insert(block);
            model.insert(block);
        }
        for block in removed {
            set.remove(block);
            model.remove(&block);
        }
        prop_assert_eq!(set.len, model.len() as u64);
        prop_assert_eq!(set.iter().collect::<Vec<_>>(), model.iter().copied().collect::<Vec<_>>());
        let last = from + span;
        prop_assert_eq!(set.count(from, last), model.range(from..=last).count() as u64);
        let inside = model.contains(&from);
        let end = (from + 1..last + 1).find(|b| model.contains(b) != inside).unwrap_or(last + 1);
        prop_assert_eq!(set.run(from, last + 1), (inside, end));
    }
}

#[test]
fn zeros_cost_no_budget_until_they_are_written_to() {
    let scratch = Arc::new(MemoryDevice::new(LEN));
    let overlay = Overlay::new(patterned(), scratch, BLOCK).unwrap();
    overlay.zero_at(BLOCK, 8 * BLOCK).unwrap();
    assert_eq!(
        overlay.changed().as_slice(),
        &[Range {
            start: BLOCK,
            end: 9 * BLOCK
        }]
    );
    overlay.write_at(2 * BLOCK + 5, b"x").unwrap();
    let mut expected = content(&*patterned());
    expected[4096..9 * 4096].fill(0);
    expected[2 * 4096 + 5] = b'x';
    assert!(content(&overlay) == expected);
    let error = overlay.write_at(3 * BLOCK, b"y").unwrap_err();
    assert_eq!(error.kind(), VolumeErrorKind::LimitReached);
    overlay.zero_at(2 * BLOCK, BLOCK).unwrap();
    overlay.write_at(3 * BLOCK, b"y").unwrap();
}
