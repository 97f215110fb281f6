//! The conformance suite: what the contract of [`FileSystem`] means, as checks that every driver
//! passes.
//!
//! Each check is a named function that gets an empty filesystem of its own. A driver's tests say
//! what the filesystem can store ([`Capabilities`]); the suite checks that, and that everything
//! else is refused with `NotSupported`.

// A check fails by panicking: these are tests, also where another crate's tests call them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod content;
mod directories;
mod links;
mod metadata;
mod names;
mod rename;

use super::{FileKind, FileSystem, Metadata, Ownership, Timestamp};
use crate::error::{Result, VolumeErrorKind as Kind};
use crate::path::VolumePath;
use std::fmt::Debug;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// What the filesystem under test can store.
#[derive(Debug, Clone)]
pub struct Capabilities {
    /// More than one name for a file.
    pub hard_links: bool,
    /// Symbolic links.
    pub symlinks: bool,
    /// Owners other than root.
    pub owners: bool,
    /// Permission bits.
    pub modes: bool,
    /// Namespaces of the extended attributes that it takes; empty when it has none.
    pub xattrs: &'static [&'static str],
    /// Bytes that the value of one extended attribute can have in any case.
    pub xattr_bytes: usize,
    /// FIFOs and sockets.
    pub fifos: bool,
    /// Device nodes.
    pub devices: bool,
    /// `a` and `A` are two names.
    pub case_sensitive: bool,
    /// Names may be any bytes but `/` and NUL; else UTF-8 without control characters.
    pub any_names: bool,
    /// Holes take no space.
    pub sparse: bool,
    /// Steps of the time of change, in nanoseconds.
    pub time_step: u64,
    /// The first second that a time can have.
    pub first_second: i64,
    /// The time of last access is kept as precisely as the time of change; else by the day.
    pub access_times: bool,
}

impl Capabilities {
    /// Everything that Linux knows: memory, ext4 with large inodes.
    pub const LINUX: Self = Self {
        hard_links: true,
        symlinks: true,
        owners: true,
        modes: true,
        xattrs: &["user", "security", "trusted", "system"],
        xattr_bytes: 2000,
        fifos: true,
        devices: true,
        case_sensitive: true,
        any_names: true,
        sparse: true,
        time_step: 1,
        first_second: i32::MIN as i64,
        access_times: true,
    };

    /// What a FAT filesystem can store.
    pub const VFAT: Self = Self {
        hard_links: false,
        symlinks: false,
        owners: false,
        modes: false,
        xattrs: &[],
        xattr_bytes: 0,
        fifos: false,
        devices: false,
        case_sensitive: false,
        any_names: false,
        sparse: false,
        time_step: 2_000_000_000,
        first_second: 315_532_800,
        access_times: false,
    };
}

/// The time that the factory must open its filesystems with: 2023-11-14T22:13:20Z.
pub const TIME: Timestamp = Timestamp {
    seconds: 1_700_000_000,
    nanoseconds: 0,
};

/// One check by its name.
#[derive(Debug, Clone, Copy)]
pub struct Check {
    /// Name of its function.
    pub name: &'static str,
    run: fn(&mut Case<'_>),
}

/// Calls the macro `$then` with its arguments and the module and name of every check.
#[doc(hidden)]
#[macro_export]
macro_rules! each_filesystem_check {
    ([$($then:tt)*] $arguments:tt) => {
        $($then)*! { $arguments
            content::new_files_are_empty
            content::reads_and_writes_go_to_their_offset
            content::reading_ends_at_the_end
            content::writing_past_the_end_leaves_zeros
            content::an_empty_write_changes_nothing
            content::cutting_forgets_what_was_cut
            content::growing_adds_zeros
            content::replacing_content_keeps_the_file
            content::replacing_content_streams_big_files
            content::a_failing_source_is_an_error
            content::many_appends_make_one_file
            content::holes_take_no_space
            content::content_is_for_regular_files
            content::no_file_is_longer_than_possible
            directories::the_root_is_an_empty_directory
            directories::directories_count_their_directories
            directories::entries_come_sorted
            directories::only_directories_have_entries
            directories::a_thousand_entries
            directories::directories_nest_deeply
            directories::what_exists_is_not_made_again
            directories::making_needs_a_directory
            directories::files_are_removed_as_files
            directories::directories_are_removed_when_empty
            directories::removed_names_are_free_again
            directories::failed_calls_change_nothing
            directories::space_comes_back
            directories::finished_means_read_only
            links::hard_links_are_one_file
            links::hard_links_refuse_what_they_must
            links::symlinks_hold_any_target
            links::bad_targets_are_refused
            links::no_link_is_followed_at_the_end
            links::no_link_is_followed_on_the_way
            links::nodes_are_what_they_were_made
            metadata::new_things_have_their_owner_and_mode
            metadata::nothing_is_inherited
            metadata::modes_are_twelve_bits
            metadata::owners_are_numbers
            metadata::times_are_set
            metadata::times_before_1970
            metadata::changes_leave_the_declared_time
            metadata::reading_leaves_no_time
            metadata::xattrs_are_set_replaced_and_removed
            metadata::xattrs_refuse_what_they_must
            metadata::an_acl_goes_with_the_mode
            names::names_have_up_to_255_bytes
            names::names_of_any_bytes
            names::names_with_control_characters
            names::names_that_look_odd
            names::names_and_case
            rename::renaming_moves_a_file
            rename::renaming_replaces_a_file
            rename::renaming_onto_itself_does_nothing
            rename::renaming_between_names_of_one_file_does_nothing
            rename::renaming_moves_a_directory
            rename::renaming_replaces_only_an_empty_directory
            rename::renaming_refuses_the_other_kind
            rename::renaming_refuses_its_own_subtree
            rename::renaming_needs_both_places
        }
    };
}

macro_rules! table {
    ([] $($module:ident :: $name:ident)*) => {
        /// Every check.
        pub const CHECKS: &[Check] = &[
            $(Check { name: stringify!($name), run: $module::$name },)*
        ];
    };
}
each_filesystem_check!([table] []);

/// Makes one `#[test]` for each check, from a factory (`fn() -> Box<dyn FileSystem>`, of empty
/// filesystems opened with [`TIME`](crate::filesystem::conformance::TIME)) and [`Capabilities`].
#[macro_export]
macro_rules! filesystem_conformance {
    ($factory:expr, $capabilities:expr) => {
        $crate::each_filesystem_check!([$crate::filesystem_conformance] [$factory, $capabilities]);
    };
    ([$factory:expr, $capabilities:expr] $($module:ident :: $name:ident)*) => {
        $(#[test]
        fn $name() {
            $crate::filesystem::conformance::run_check(
                stringify!($name),
                $factory(),
                &$capabilities,
            );
        })*
    };
}

/// Runs the check called `name` on an empty filesystem and finishes it.
///
/// # Panics
/// When the check fails or does not exist.
pub fn run_check(name: &str, mut fs: Box<dyn FileSystem>, can: &Capabilities) {
    let check = CHECKS.iter().find(|check| check.name == name);
    let check = check.unwrap_or_else(|| panic!("there is no check `{name}`"));
    (check.run)(&mut Case {
        fs: fs.as_mut(),
        can,
    });
    fs.finish()
        .unwrap_or_else(|error| panic!("finish after `{name}` failed: {error}"));
}

/// Runs every check, each on a filesystem of its own.
///
/// # Panics
/// With the names of the checks that failed.
pub fn run_suite(factory: impl FnMut() -> Box<dyn FileSystem>, capabilities: &Capabilities) {
    run_suite_then(factory, capabilities, |_| {});
}

/// As [`run_suite`], and calls `then` with the name of each check after its filesystem was
/// finished: the place for the format's own checker.
///
/// # Panics
/// With the names of the checks after which anything failed.
pub fn run_suite_then(
    mut factory: impl FnMut() -> Box<dyn FileSystem>,
    capabilities: &Capabilities,
    mut then: impl FnMut(&'static str),
) {
    let mut failed = Vec::new();
    for check in CHECKS {
        // The panic of one check must not keep the others from being run and named.
        let run = AssertUnwindSafe(|| {
            run_check(check.name, factory(), capabilities);
            then(check.name);
        });
        if catch_unwind(run).is_err() {
            failed.push(check.name);
        }
    }
    assert!(failed.is_empty(), "checks that failed: {failed:?}");
}

/// The filesystem under test, with the short forms that the checks are written in.
struct Case<'a> {
    fs: &'a mut dyn FileSystem,
    can: &'a Capabilities,
}

impl Case<'_> {
    #[track_caller]
    fn file(&mut self, path: &str, content: &[u8]) {
        let path = at(path);
        self.fs
            .create_file(&path, Ownership::root(0o644))
            .unwrap_or_else(|error| panic!("{error}"));
        if !content.is_empty() {
            self.fs.write_at(&path, 0, content).unwrap();
        }
    }

    #[track_caller]
    fn dir(&mut self, path: &str) {
        self.fs
            .create_dir(&at(path), Ownership::root(0o755))
            .unwrap_or_else(|error| panic!("{error}"));
    }

    #[track_caller]
    fn symlink(&mut self, path: &str, target: &str) {
        self.fs
            .create_symlink(&at(path), target.as_bytes(), Ownership::root(0o777))
            .unwrap_or_else(|error| panic!("{error}"));
    }

    /// The whole content of a file.
    #[track_caller]
    fn content(&self, path: &str) -> Vec<u8> {
        self.content_at(&at(path))
    }

    #[track_caller]
    fn content_at(&self, path: &VolumePath) -> Vec<u8> {
        let len = self.metadata_at(path).len;
        let mut content = vec![0xaa; usize::try_from(len).unwrap() + 1];
        let count = self.fs.read_at(path, 0, &mut content).unwrap();
        content.truncate(count);
        assert_eq!(count as u64, len, "length read of {path}");
        content
    }

    #[track_caller]
    fn metadata(&self, path: &str) -> Metadata {
        self.metadata_at(&at(path))
    }

    #[track_caller]
    fn metadata_at(&self, path: &VolumePath) -> Metadata {
        self.fs
            .metadata(path)
            .unwrap_or_else(|error| panic!("{error}"))
    }

    /// The names in a directory; `lost+found`, which mkfs makes, does not count.
    #[track_caller]
    fn names(&self, path: &str) -> Vec<String> {
        let entries = self.fs.read_dir(&at(path)).unwrap();
        let names = entries
            .into_iter()
            .map(|entry| String::from_utf8(entry.name));
        names
            .map(|name| name.expect("a name made of UTF-8"))
            .filter(|name| name != "lost+found")
            .collect()
    }

    #[track_caller]
    fn missing(&self, path: &str) {
        refused(self.fs.metadata(&at(path)), Kind::NotFound);
    }

    /// Everything below `path` that can be seen, for a comparison of before and after.
    fn picture(&self, path: &VolumePath) -> Vec<(String, Metadata, Vec<u8>)> {
        let metadata = self.metadata_at(path);
        let content = match metadata.kind {
            FileKind::File => self.content_at(path),
            FileKind::Symlink => self.fs.read_link(path).unwrap(),
            _ => Vec::new(),
        };
        let mut below = Vec::new();
        if metadata.kind == FileKind::Directory {
            for entry in self.fs.read_dir(path).unwrap() {
                below.extend(self.picture(&path.join(&entry.name).unwrap()));
            }
        }
        let mut all = vec![(path.to_string(), metadata, content)];
        all.append(&mut below);
        all
    }
}

/// A path, from a text that is one.
#[track_caller]
fn at(path: &str) -> VolumePath {
    VolumePath::parse(path).unwrap()
}

/// Checks that a call was refused with an error of `kind`.
#[track_caller]
fn refused<T: Debug>(result: Result<T>, kind: Kind) {
    match result {
        Ok(value) => panic!("must fail with {kind:?}, but gave {value:?}"),
        Err(error) => assert_eq!(error.kind(), kind, "{error}"),
    }
}
