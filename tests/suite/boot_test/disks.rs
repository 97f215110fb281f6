//! Disks that boot, and such that do not.

use mintage_test_support::lane;
use std::fs;

/// Debian's kernel with a few files of its own; it boots by BIOS and by UEFI.
pub const TINY: &str = "tiny-linux/tiny-linux.img";

pub fn tiny() -> Vec<u8> {
    fs::read(lane::cache(TINY)).unwrap()
}

/// Nothing to boot from.
pub fn zeros() -> Vec<u8> {
    vec![0; 4 << 20]
}

/// The tiny Linux with a kernel that finds no first program; blanks fill up.
pub fn panics() -> Vec<u8> {
    let (from, to) = (b"root=LABEL=root ro", b"rdinit=/absent x  ");
    let mut disk = tiny();
    let places: Vec<usize> = memchr::memmem::find_iter(&disk, from).collect();
    assert!(!places.is_empty());
    for place in places {
        disk[place..place + from.len()].copy_from_slice(to);
    }
    disk
}

/// A boot sector that does nothing, for ever: `jmp $`.
pub fn silent() -> Vec<u8> {
    boot_sector(&[0xeb, 0xfe])
}

/// A boot sector that says what a terminal would act upon, for ever.
pub fn hostile() -> Vec<u8> {
    let mut code = vec![
        0x31, 0xc0, // xor ax, ax
        0x8e, 0xd8, // mov ds, ax
        0xbe, 0x1d, 0x7c, // begin: mov si, text
        0xac, // next: lodsb
        0x84, 0xc0, // test al, al
        0x74, 0xf8, // jz begin
        0x88, 0xc4, // mov ah, al
        0xba, 0xfd, 0x03, // mov dx, 0x3fd: the state of the first serial port
        0xec, // wait: in al, dx
        0xa8, 0x20, // test al, 0x20: it takes a byte
        0x74, 0xfb, // jz wait
        0x88, 0xe0, // mov al, ah
        0xb2, 0xf8, // mov dl, 0xf8: its data
        0xee, // out dx, al
        0xeb, 0xea, // jmp next
    ];
    // Where the text is, as the firmware loads it: at 0x7c00.
    assert_eq!(code.len(), 0x1d);
    code.extend(b"\x1b]0;owned\x07\x1b[31m\x9b2J\x01\r\0");
    boot_sector(&code)
}

fn boot_sector(code: &[u8]) -> Vec<u8> {
    let mut disk = vec![0; 1 << 20];
    disk[..code.len()].copy_from_slice(code);
    disk[510..512].copy_from_slice(&[0x55, 0xaa]);
    disk
}
