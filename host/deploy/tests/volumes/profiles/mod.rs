//! Server profiles: their whole life, by real workers, and what is left when the service is killed.

mod crash;
mod life;
mod many;
mod offers;
mod servers;
mod upkeep;

use crate::cases::Case;

pub const CASES: &[Case] = &[
    ("a_server_gets_its_volume", life::deployed),
    ("a_redeployed_server_is_the_same_host", life::redeployed),
    ("a_failed_redeployment_changes_nothing", life::failed),
    (
        "without_an_exporter_nothing_changes_and_nothing_is_held",
        life::out_of_reach,
    ),
    ("a_secret_does_not_become_a_text", life::hidden),
    ("a_live_session_is_not_cut_off", life::live),
    ("a_profile_is_moved_renamed_and_deleted", life::changed),
    ("an_address_is_a_servers_for_life", life::addressed),
    ("a_server_with_a_bmc_is_started", life::started),
    ("volumes_are_kept_for_as_long_as_wished", upkeep::expired),
    (
        "a_profile_that_cannot_be_read_hides_no_other",
        upkeep::unreadable,
    ),
    ("a_hundred_at_once_are_all_deployed", many::hundred),
    (
        "what_is_offered_anew_comes_between_no_task",
        offers::offered_anew,
    ),
    ("a_kill_anywhere_leaves_no_orphan", crash::everywhere),
];
