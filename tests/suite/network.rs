//! Networks in the words of scripts, as each network stack's own parser is shown them.

use mintage_test_support::Guest;
use std::fs;
use std::path::Path;

/// The scripts of `tests/fixtures/network`, by name.
pub fn scripts() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/network");
    let mut scripts: Vec<(String, String)> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| {
            let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
            (name, fs::read_to_string(path).unwrap())
        })
        .collect();
    scripts.sort();
    assert!(scripts.len() >= 8, "the networks are missing");
    scripts
}

/// A distribution after a script set up its network for a stack, its own interfaces taken out.
pub fn guest(layout: &str, stack: &str, script: &str) -> Guest {
    Guest::layout(layout)
        .with_file("/etc/network/if-pre-up.d/ifenslave", "#!/bin/sh\n")
        .with_file("/etc/network/if-pre-up.d/bridge", "#!/bin/sh\n")
        .ran(&format!(
            "network::renderer(\"{stack}\");\nnetwork::clear();\n{script}"
        ))
}
