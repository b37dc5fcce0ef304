//! Complaints: a recipient told their provider that a letter was unwanted (RFC 5965).

use crate::answer;
use crate::mail::address::{addresses, domain};
use crate::mail::{Fields, Mail, Role};
use crate::returned::Returned;
use crate::rules::Kind;
use crate::told::{Says, Told};

/// How many addresses one field has at the most.
const MOST_ADDRESSES: usize = 5;

/// How long the name of a kind may be.
const LONGEST_KIND: usize = 40;

/// What reports in this form are that are no complaints: that a letter was taken for unwanted by mistake, and that its signature or its
/// sender could not be proved (RFC 6591).
const NO_COMPLAINTS: [&str; 3] = ["not-spam", "auth-failure", "dkim"];

/// What a message says that is such a report; none if it is none.
pub(crate) fn read(mail: &Mail<'_>, returned: &Returned) -> Option<Told> {
    let by = domain(&mail.fields.words("from"));
    let Some(part) = mail.of(Role::Complaint).next() else {
        return without_form(mail, returned).then(|| Told {
            says: Says::Complaint { kind: None },
            by,
            ..Told::default()
        });
    };
    let (mut fields, _) = Fields::read(&part.bytes());
    for group in Fields::groups(&part.bytes(), 10).into_iter().skip(1) {
        fields = fields.and(group);
    }
    let of = |names: &[&str]| -> Vec<String> {
        let values = names.iter().flat_map(|name| fields.all(name));
        values.flat_map(|value| addresses(value, MOST_ADDRESSES)).collect()
    };
    let kind =
        fields.get("feedback-type").map(|kind| kind.chars().take(LONGEST_KIND).collect::<String>().to_lowercase());
    let says = match kind {
        Some(kind) if NO_COMPLAINTS.contains(&kind.as_str()) => Says::AutoReply,
        kind => Says::Complaint { kind },
    };
    Some(Told {
        says,
        by: by.or_else(|| {
            fields.get("reporting-mta").and_then(|name| name.split(';').next_back()).map(|name| name.trim().to_owned())
        }),
        recipients: of(&["original-rcpt-to", "removal-recipient", "original-recipient", "final-recipient"]),
        names: true,
        senders: of(&["original-mail-from"]),
        message_ids: fields.all("original-message-id").map(str::to_owned).collect(),
    })
}

/// Whether it is a complaint that has not the form for it, by the marks of the letter that came with it.
fn without_form(mail: &Mail<'_>, returned: &Returned) -> bool {
    std::iter::once(&mail.fields).chain(&returned.letters).any(|fields| answer::has_mark(fields, Kind::Complaint))
}
