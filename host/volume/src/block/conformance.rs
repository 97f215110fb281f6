//! For tests: what every [`BlockDevice`] must do. Each implementation runs it.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "this is a test suite: it reports by panicking"
)]

use super::BlockDevice;
use crate::error::VolumeErrorKind;

/// Checks a writable device. `make` gives a new one of the length asked for, all zeros.
///
/// # Panics
/// When the device breaks the contract.
pub fn check<D: BlockDevice>(make: impl Fn(u64) -> D) {
    for len in [0, 1, 511, 4096, 4097, 1_000_000] {
        let device = make(len);
        assert_eq!(device.len(), len);
        assert_eq!(device.is_empty(), len == 0);
        assert!(device.is_writable());
        assert_eq!(content(&device), vec![0; usize::try_from(len).unwrap()]);
        refuses_what_passes_the_end(&device);
        device.flush().unwrap();
    }
    reads_what_was_written(&make(1_000_000));
    zeros_what_it_is_told_to(&make(1_000_000));
    serves_threads(&make(64 * 5000));
}

/// Checks a device that is not writable. `make` gives one of the length asked for.
///
/// # Panics
/// When the device breaks the contract.
pub fn check_read_only<D: BlockDevice>(make: impl Fn(u64) -> D) {
    let device = make(10_000);
    assert!(!device.is_writable());
    let before = content(&device);
    for data in [&b""[..], b"x", &[1; 10_000]] {
        let error = device.write_at(0, data).map(|()| "written");
        let empty_and_fine = data.is_empty() && error.is_ok();
        assert!(
            empty_and_fine || error.unwrap_err().kind() == VolumeErrorKind::ReadOnly,
            "a write to a read-only device is `ReadOnly`"
        );
    }
    assert_eq!(content(&device), before);
    device.flush().unwrap();
}

fn content(device: &dyn BlockDevice) -> Vec<u8> {
    let mut all = vec![0xaa; usize::try_from(device.len()).unwrap()];
    device.read_at(0, &mut all).unwrap();
    all
}

fn refuses_what_passes_the_end(device: &dyn BlockDevice) {
    let len = device.len();
    let before = content(device);
    for (offset, count) in [
        (len, 1),
        (len + 1, 0),
        (u64::MAX, 2),
        (0, len + 1),
        (len / 2, len + 1),
    ] {
        let mut buf = vec![9; usize::try_from(count).unwrap()];
        let read = device.read_at(offset, &mut buf).unwrap_err();
        assert_eq!(read.kind(), VolumeErrorKind::Io, "{count} at {offset}");
        let written = device.write_at(offset, &buf).unwrap_err();
        assert_eq!(written.kind(), VolumeErrorKind::Io, "{count} at {offset}");
    }
    device.read_at(len, &mut []).unwrap();
    device.write_at(len, &[]).unwrap();
    assert_eq!(content(device), before, "a refused write changed something");
}

/// Overlapping writes of many lengths at odd offsets, against a plain vector.
fn reads_what_was_written(device: &dyn BlockDevice) {
    let mut model = content(device);
    let mut state = 0x2545_f491_u64;
    for round in 0..300u64 {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        let length = [1, 7, 512, 4096, 4097, 20_000, 70_001][usize::try_from(round % 7).unwrap()];
        let room = model.len() - length;
        let mut offset = usize::try_from(state >> 33).unwrap() % room;
        if round % 3 == 0 {
            offset -= offset % 4096;
        }
        let data: Vec<u8> = (0..length)
            .map(|i| (i as u64 ^ state).to_le_bytes()[0])
            .collect();
        device.write_at(offset as u64, &data).unwrap();
        model[offset..offset + length].copy_from_slice(&data);
        let around = offset.saturating_sub(5000)..(offset + length + 5000).min(model.len());
        let mut read = vec![0; around.len()];
        device.read_at(around.start as u64, &mut read).unwrap();
        assert!(
            read == model[around],
            "round {round}: {length} bytes at {offset}"
        );
    }
    device.flush().unwrap();
    assert!(
        content(device) == model,
        "the whole device after all writes"
    );
}

/// Zeroes at odd places, whatever lies there, and knows where something else may be.
fn zeros_what_it_is_told_to(device: &dyn BlockDevice) {
    let mut model = vec![7; 1_000_000];
    device.write_at(0, &model).unwrap();
    for (offset, len) in [
        (5, 3),
        (4096, 4096),
        (100_000, 0),
        (8190, 300_000),
        (999_999, 1),
    ] {
        device.zero_at(offset as u64, len as u64).unwrap();
        model[offset..offset + len].fill(0);
        assert!(content(device) == model, "{len} zeros at {offset}");
    }
    device.write_at(200_000, b"again").unwrap();
    model[200_000..200_005].copy_from_slice(b"again");
    assert!(content(device) == model, "a write into zeros");
    for (offset, len) in [(999_999, 2), (1_000_001, 0), (u64::MAX, 2)] {
        let error = device.zero_at(offset, len).unwrap_err();
        assert_eq!(error.kind(), VolumeErrorKind::Io, "{len} at {offset}");
    }
    let mut at = 0;
    while let Some(data) = device.next_data(at).unwrap() {
        assert!(at <= data.start && data.start < data.end && data.end <= device.len());
        let [from, to] = [at, data.start].map(|at| usize::try_from(at).unwrap());
        assert!(model[from..to].iter().all(|byte| *byte == 0));
        at = data.end;
    }
    let rest = usize::try_from(at).unwrap();
    assert!(model[rest..].iter().all(|byte| *byte == 0));
    assert_eq!(device.next_data(device.len()).unwrap(), None);
}

/// Threads that write their own stripes, which share blocks at the borders.
fn serves_threads(device: &dyn BlockDevice) {
    std::thread::scope(|scope| {
        for thread in 0..4u8 {
            scope.spawn(move || {
                for stripe in (u64::from(thread)..64).step_by(4) {
                    device.write_at(stripe * 5000, &[thread; 5000]).unwrap();
                }
            });
        }
    });
    let all = content(device);
    for (stripe, bytes) in all.chunks(5000).enumerate() {
        let thread = u8::try_from(stripe % 4).unwrap();
        assert!(bytes.iter().all(|b| *b == thread), "stripe {stripe}");
    }
}
