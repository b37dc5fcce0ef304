//! What happened, event by event.

use super::screen;
use domain::StreamKind;

screen! {
    /// The words of the log of events, of the page of one event, and of the histories of single things.
    Log in log {
        texts {
            title, parts, who_got_what, lead, search, kind, any_kind, actor, anybody, me, service, command_line,
            more, event_type, event_type_help, user, user_help, owner, owner_help, from, to, wrong_day, reversed,
            only_one, only_course, no_more, searched_through, when, who, address, about,
            newest, newer, older, csv, json_lines,
            facts, name, more_like_it, version, event_id, request, course, all_of_course, all_of_it,
            cause, no_cause, effects, no_effects, more_effects, takes_too_long,
            for_programs, for_programs_said, data, data_said, cut, whole,
            of_client, of_run, with_parts, without_parts, nothing_yet,
            kind_user, kind_client, kind_group, kind_message, kind_mailing, kind_run, kind_batch, kind_notice, kind_article,
            kind_session, kind_token, kind_rebuild, kind_suppression, kind_sender, kind_sender_domain, kind_custom_field,
            kind_segment, kind_import, kind_subscription, kind_feedback,
        }
        counted { count }
        filled { event_of, history_of }
    }
}

impl Log {
    /// What something is called to which an event can happen.
    #[must_use]
    pub fn of_kind(&self, kind: StreamKind) -> &'static str {
        match kind {
            StreamKind::User => self.kind_user,
            StreamKind::Client => self.kind_client,
            StreamKind::Group => self.kind_group,
            StreamKind::Message => self.kind_message,
            StreamKind::Mailing => self.kind_mailing,
            StreamKind::Run => self.kind_run,
            StreamKind::Batch => self.kind_batch,
            StreamKind::Notice => self.kind_notice,
            StreamKind::Article => self.kind_article,
            StreamKind::Session => self.kind_session,
            StreamKind::Token => self.kind_token,
            StreamKind::Rebuild => self.kind_rebuild,
            StreamKind::Suppression => self.kind_suppression,
            StreamKind::Sender => self.kind_sender,
            StreamKind::SenderDomain => self.kind_sender_domain,
            StreamKind::CustomField => self.kind_custom_field,
            StreamKind::Segment => self.kind_segment,
            StreamKind::Import => self.kind_import,
            StreamKind::Subscription => self.kind_subscription,
            StreamKind::Feedback => self.kind_feedback,
        }
    }
}
