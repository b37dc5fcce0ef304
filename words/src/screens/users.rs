//! Everybody's accounts, for those who look after the service.

use super::screen;

screen! {
    /// The words of the list of users and of the page of one.
    Users in users {
        texts {
            title, empty, search, role, any_role, state, any_state, blocked, not_blocked,
            email, full_name, no_name, roles, status, active, registered, time_zone, language, id,
            blocked_since, blocked_by, blocked_reason, by_command_line, has_title,
            block, unblock, block_said, block_stays, unblock_said, reason, block_reason_help, unblock_reason_help,
            not_you, roles_title, roles_said, role_means, grant, revoke, last_administrator, grant_said, revoke_said,
            manager_said, content_manager_said, administrator_said, owner_said, did, happened_to_theirs,
        }
        counted { count, clients, mailings, grant_going }
        filled { block_asks, unblock_asks, grant_manager, grant_content_manager, grant_administrator, revoke_manager, revoke_content_manager, revoke_administrator }
    }
}
