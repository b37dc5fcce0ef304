//! Who letters are from: an owner's senders.

use super::screen;

screen! {
    /// The words of an owner's senders: the list, the forms, and what is done with one.
    Senders in senders {
        texts {
            title, lead, empty, add, search, address, name, reply_to, status, verified, granted, unverified,
            verified_said, granted_said, unverified_said, new_title, new_lead, name_help, address_help, reply_to_help,
            change_title, send_link, send_link_said, delete, delete_said, deleted, gone, gone_said, owner,
            empty_of_others, revoked, revoked_said, revoke, revoke_said, revoke_stays, revoke_reason, revoke_reason_help,
            allow, allow_unverified, allow_granted, allow_deleted, allow_paused,
        }
        counted { count }
        filled {
            delete_asks, added, added_waits, saved, link_sent, new_granted, revoke_asks, revoked_done, allow_asks,
            allowed_done,
        }
    }
}
