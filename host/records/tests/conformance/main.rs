//! What the store promises, over every database that it runs on. Each check has a fresh one.

// Tests fail by a panic that says what went wrong.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)]

mod access;
mod addresses;
mod atomicity;
mod damage;
mod documents;
mod durability;
mod events;
mod fencing;
mod idempotency;
mod names;
mod order;
mod proxy;
mod queries;
mod references;
mod samples;
mod server;
mod store;
mod threads;
mod upkeep;

/// Each check is a test over each database.
macro_rules! over_all_databases {
    ($($module:ident::$check:ident),* $(,)?) => {
        mod sqlite {
            $(#[test]
            fn $check() {
                crate::$module::$check(&crate::store::Store::sqlite());
            })*
        }
        mod postgres {
            $(#[test]
            fn $check() {
                if let Some(store) = crate::store::Store::postgres() {
                    crate::$module::$check(&store);
                }
            })*
        }
    };
}

over_all_databases! {
    access::users_are_one_whatever_the_letter_case,
    access::somebody_can_always_administer,
    access::sessions_end_when_they_should,
    access::what_ends_with_a_change_of_a_user,
    access::tokens_are_found_until_they_end,
    access::the_audit_log_is_read_newest_first,
    addresses::an_address_is_given_once,
    atomicity::an_error_undoes_everything,
    atomicity::a_panic_undoes_everything,
    damage::a_newer_schema_is_refused,
    damage::a_corrupt_record_is_named_and_not_shown,
    damage::errors_show_no_values,
    documents::what_is_stored_is_read_back,
    documents::versions_are_kept,
    documents::a_change_meant_for_another_version_is_refused,
    documents::any_text_is_kept,
    durability::what_was_acknowledged_survives_a_kill,
    events::events_come_in_the_order_of_commits,
    events::observers_see_the_order_of_commits,
    fencing::who_lost_the_lease_cannot_write,
    idempotency::a_key_is_used_once,
    idempotency::after_a_crash_a_key_tells_whether_its_work_was_done,
    idempotency::what_has_no_resource_is_noted_too,
    idempotency::a_key_is_forgotten_after_a_day,
    names::names_are_unique_within_a_kind,
    names::names_have_a_longest,
    order::both_databases_sort_alike,
    order::the_oldest_come_first,
    order::pages_are_parts_of_one_order,
    queries::filters_select_what_they_say,
    queries::hostile_values_are_only_values,
    queries::what_cannot_be_asked_is_named,
    references::what_is_needed_must_exist,
    references::what_is_used_cannot_be_deleted,
    references::a_new_reference_and_a_deletion_cannot_both_win,
    references::uses_are_told_for_a_page,
    threads::sixteen_threads_read_and_write,
    upkeep::a_check_finds_what_does_not_agree,
    upkeep::what_is_old_is_forgotten,
}
