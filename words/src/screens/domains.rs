//! Domains whose letters are signed: their keys, the records to enter, and the owners who may write from all of their addresses.

use super::screen;

screen! {
    /// The words of sender domains, for administrators.
    Domains in domains {
        texts {
            title, lead, empty, add, domain, signatures, owners, signed, unsigned, waiting,
            new_title, new_lead, domain_help, import_said,
            steps_title, step_enter, step_enter_said, step_wait, step_wait_said, step_activate, step_activate_said,
            keys_title, no_keys, key, algorithm, status, made, imported, key_made, key_active, key_retired,
            activate, activate_said, activate_retires, activate_all, activate_all_said, activate_all_then, retire, retire_said, retire_record, remove_key, remove_key_said,
            rotate, rotate_said, rotate_then,
            records_title, records_said, record_name, record_value, zone_line,
            grants_title, grants_said, no_grants, owner, since, withdraw, withdraw_said, owner_label, owner_help, grant, no_such_owner,
            remove, remove_said, removed, found_title,
        }
        counted { count, owners_of }
        filled {
            key_needed_until, record_of, activate_asks, activate_all_asks, retire_asks, remove_key_asks, rotate_asks, withdraw_asks, remove_asks,
            added, activated, activated_all, retired, key_removed, rotated, granted, withdrawn,
        }
    }
}
