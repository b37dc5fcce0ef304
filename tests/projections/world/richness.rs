//! What a history must contain before it proves anything.

use sqlx::PgPool;

/// What has not happened yet. A history that lacks it proves nothing.
pub(super) async fn missing(pool: &PgPool) -> Vec<String> {
    let names: Vec<String> = sqlx::query_scalar(
        "select distinct aggregate_type || ' ' || event_type from events
         union select distinct 'outcome ' || outcome from deliveries
         union select distinct 'attempt ' || outcome from attempts
         union select distinct 'attempt ' || coalesce(attempt, outcome) from deliveries where attempts > 0
         union select distinct 'doubt ' || doubt from deliveries where doubt is not null
         union select distinct 'notice ' || coalesce(outcome, status) from notices
         union select distinct 'run ' || status || ' ' || trigger from runs
         union select distinct 'suppressed ' || suppression from deliveries where suppression is not null
         union select distinct 'left out after ' || attempt from deliveries where outcome = 'suppressed' and attempt is not null
         union select distinct 'reported ' || what from feedback
         union select distinct 'reported ' || one.what || ', then ' || other.what
          from feedback one join feedback other using (run_id, ordinal) where other.version > one.version
         union select distinct 'given up ' || (payload -> 'GaveUp' ->> 'reason') from events where event_type = 'GaveUp'
         union select a.outcome || ', then ' || coalesce(d.attempt, d.outcome)
          from attempts a join deliveries d using (run_id, ordinal)",
    )
    .fetch_all(pool)
    .await
    .expect("names");
    EVERYTHING.lines().map(|name| name.trim().to_owned()).filter(|name| !names.contains(name)).collect()
}

const EVERYTHING: &str = "user Registered
    user EmailVerified
    user ProfileChanged
    user PostalAddressChanged
    user EmailChanged
    user PasswordChanged
    user Blocked
    user Unblocked
    user RoleGranted
    user RoleRevoked
    group Created
    group Renamed
    group Published
    group Unpublished
    group Deleted
    client Added
    client Changed
    client FieldsChanged
    client JoinedGroup
    client LeftGroup
    client ConsentGiven
    client ConsentConfirmed
    client ConsentWithdrawn
    client Deleted
    custom_field Defined
    custom_field Renamed
    custom_field Removed
    article Drafted
    article Revised
    article Published
    article Unpublished
    article Deleted
    message Created
    message Revised
    message Deleted
    mailing Created
    mailing Changed
    mailing Paused
    mailing Suspended
    mailing Resumed
    mailing Disabled
    mailing Enabled
    mailing Cancelled
    mailing Completed
    mailing Deleted
    run Started
    run OccurrencesMissed
    run AudienceFrozen
    run ResendOrdered
    run Finished
    batch Planned
    batch LeftOut
    batch SendingStarted
    batch AttemptRecorded
    batch ResendOrdered
    batch DoubtAccepted
    batch GaveUp
    batch Completed
    notice Requested
    notice SendingStarted
    notice AttemptRecorded
    notice Expired
    notice waiting
    notice in_flight
    notice accepted
    notice rejected
    notice unknown
    notice expired
    suppression Suppressed
    suppression Lifted
    segment Created
    segment Changed
    segment Deleted
    sender Created
    sender Changed
    sender Verified
    sender Deleted
    sender_domain Added
    sender_domain KeyMade
    sender_domain KeyActivated
    sender_domain KeyRetired
    sender_domain KeyRemoved
    sender_domain Granted
    sender_domain GrantWithdrawn
    sender_domain Removed
    feedback BounceReported
    feedback Complained
    reported permanent
    reported temporary
    reported delayed
    reported complaint
    reported temporary, then permanent
    reported permanent, then temporary
    reported temporary, then temporary
    reported permanent, then complaint
    reported delayed, then permanent
    import Begun
    import Finished
    import UndoBegun
    import Undone
    suppressed same_mailbox
    suppressed cancelled
    suppressed unsubscribed
    suppressed dead
    left out after deferred
    outcome pending
    outcome accepted
    outcome rejected
    outcome deferred
    outcome unknown
    outcome suppressed
    outcome expired
    attempt accepted
    attempt rejected
    attempt deferred
    attempt unknown
    attempt not_tried
    run planning occurrence
    run sending occurrence
    run finished occurrence
    run missed occurrence
    run finished send_now
    given up window_ended
    given up cancelled
    doubt open
    doubt again
    doubt accepted
    unknown, then accepted
    unknown, then rejected
    unknown, then deferred
    deferred, then accepted";
