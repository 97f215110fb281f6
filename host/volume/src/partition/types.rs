//! Names of partition types: those that a server's disk may have.

/// What a GPT type (in lower case) is for; empty for an unknown one.
pub fn gpt_type_name(guid: &str) -> &'static str {
    match guid {
        "c12a7328-f81f-11d2-ba4b-00a0c93ec93b" => "EFI system",
        "21686148-6449-6e6f-744e-656564454649" => "BIOS boot",
        "0fc63daf-8483-4772-8e79-3d69d8477de4" => "Linux filesystem",
        "0657fd6d-a4ab-43c4-84e5-0933c84b4f4f" => "Linux swap",
        "e6d6d379-f507-44c2-a23c-238f2a3df928" => "Linux LVM",
        "a19d880f-05fc-4d3b-a006-743f0f84911e" => "Linux RAID",
        "bc13c2ff-59e6-4262-a352-b275fd6f7172" => "Linux extended boot",
        "933ac7e1-2eb4-4f13-b844-0e14e2aef915" => "Linux home",
        "3b8f8425-20e0-4f3b-907f-1a25a76f98e8" => "Linux server data",
        "4d21b016-b534-45c2-a9fb-5c16e091fd2d" => "Linux variable data",
        "7ec6f557-3bc5-4aca-b293-16ef5df639d1" => "Linux temporary data",
        "44479540-f297-41b2-9af7-d131d5f0458a" => "Linux root (x86)",
        "4f68bce3-e8cd-4db1-96e7-fbcaf984b709" => "Linux root (x86-64)",
        "69dad710-2ce4-4e3c-b16c-21a1d49abed3" => "Linux root (ARM)",
        "b921b045-1df0-41c3-af44-4c6f280d3fae" => "Linux root (ARM 64)",
        "8484680c-9521-48c6-9c11-b0720656f69e" => "Linux /usr (x86-64)",
        "ca7d7ccb-63ed-4c53-861c-1742536059cc" => "Linux LUKS",
        "8da63339-0007-60c0-c436-083ac8230908" => "Linux reserved",
        "9e1a2d38-c612-4316-aa26-8b49521e5a8b" => "PowerPC PReP boot",
        "e3c9e316-0b5c-4db8-817d-f92df00215ae" => "Microsoft reserved",
        "ebd0a0a2-b9e5-4433-87c0-68b6b72699c7" => "Microsoft basic data",
        "de94bba4-06d1-4d40-a16a-bfd50179d6ac" => "Windows recovery",
        _ => "",
    }
}

/// What an MBR type is for; empty for an unknown one.
pub fn mbr_type_name(kind: u8) -> &'static str {
    match kind {
        0x01 => "FAT12",
        0x04 | 0x06 | 0x0e => "FAT16",
        0x07 => "NTFS or exFAT",
        0x0b | 0x0c => "FAT32",
        0x41 => "PowerPC PReP boot",
        0x82 => "Linux swap",
        0x83 => "Linux",
        0x8e => "Linux LVM",
        0xea => "Linux extended boot",
        0xef => "EFI system",
        0xfd => "Linux RAID",
        _ => "",
    }
}
