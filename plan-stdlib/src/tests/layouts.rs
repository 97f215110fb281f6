//! What brings a state about does so once, on the files of every distribution that there is a
//! layout of.

use crate::test_world::{TestWorld, run_in};
use mintage_volume::tree::VolumeTree;

const LAYOUTS: [&str; 4] = ["debian-12", "ubuntu-24.04", "rhel-9", "sles-15"];

/// Calls that change something the first time, and nothing the second.
const CALLS: [&str; 17] = [
    "service::write(\"app\", \"[Service]\\nExecStart=/bin/true\\n[Install]\\nWantedBy=multi-user.target\\n\")",
    "service::enable(\"app\")",
    "service::drop_in(\"app\", \"limits\", \"[Service]\\nLimitNOFILE=1024\\n\")",
    "service::disable(\"app\")",
    "service::mask(\"app-2\")",
    "service::unmask(\"app-2\")",
    "fstab::ensure(\"/srv/data\", #{ device: \"UUID=6f2c\", type: \"xfs\" })",
    "fstab::add_option(\"/srv/data\", \"_netdev\")",
    "fstab::remove_option(\"/srv/data\", \"_netdev\")",
    "fstab::remove(\"/srv/data\")",
    "swap::ensure(\"UUID=3c\")",
    "kernel::add_argument(\"mitigations=auto,nosmt\")",
    "kernel::set_argument(\"console\", \"ttyS1\")",
    "kernel::remove_argument(\"mitigations\")",
    "kernel::load_module(\"br_netfilter\")",
    "first_boot::add(\"join\", \"exit 0\\n\")",
    "time_sync::set_servers([\"ntp1.example.com\", \"2001:db8::1\"])",
];

#[test]
fn a_second_call_changes_nothing_on_any_distribution() {
    for layout in LAYOUTS {
        let mut world = TestWorld::layout(layout);
        for call in CALLS {
            for (time, is_changed) in [("first", true), ("second", false)] {
                let before = contents(&world.tree);
                let script = format!("if {call} != {is_changed} {{ fail(\"the {time} time\"); }}");
                let (after, result) = run_in(world, &script);
                world = after;
                result.unwrap_or_else(|error| panic!("{layout}: {call}: {}", error.message));
                let is_same = before == contents(&world.tree);
                assert_eq!(is_same, !is_changed, "{layout}: {call}, the {time} time");
            }
        }
    }
}

/// Every path with its kind, mode and content.
fn contents(tree: &VolumeTree) -> Vec<(Vec<u8>, String)> {
    let entries = tree.walk("/", 100_000).unwrap().into_iter();
    entries
        .map(|entry| {
            let path = entry.path.as_bytes().to_vec();
            let content = tree.read(&path, 1 << 20).ok();
            let target = tree.read_link(&path).ok();
            let found = format!(
                "{:?} {:o} {content:?} {target:?}",
                entry.metadata.kind, entry.metadata.mode
            );
            (path, found)
        })
        .collect()
}
