//! Wishes to leave that come as a letter to the address which `List-Unsubscribe` names (RFC 2369, section 3.2).

use super::post::Post;
use crate::Services;
use crate::leaving::{self, Link};
use crate::refusal::Refused;
use bounces::{Reading, Says};
use domain::letter::{Purpose, ReturnPaths};

/// How many addresses of a message are tried.
const MOST: usize = 50;

/// The subject that mail programs write for their users, as the address in `List-Unsubscribe` has it.
const SUBJECT: &str = "unsubscribe";

/// The link of the letter whose recipient wishes to leave; none if the message is no such wish.
pub(super) async fn of(services: &Services, reading: &Reading, post: &Post<'_>) -> Result<Option<Link>, Refused> {
    let Some(paths) = services.returns.as_ref().filter(|_| is_one(reading) && !post.is_from_nobody()) else {
        return Ok(None);
    };
    for token in tokens(paths, post) {
        if let Some(link) = leaving::open(services, token).await? {
            return Ok(Some(link));
        }
    }
    Ok(None)
}

/// What may be the token of an address to leave.
fn tokens<'a>(paths: &ReturnPaths, post: &'a Post<'_>) -> Vec<&'a str> {
    let read = post.came_to().into_iter().take(MOST).filter_map(|address| paths.read(address));
    read.filter(|(purpose, _)| *purpose == Purpose::Unsubscribe).map(|(_, token)| token).collect()
}

/// Whether somebody wrote it who may wish something. Whatever they write there, they want no more. What a program has written says so
/// only with the subject that it was told: it may write for its user, and else is on holiday. So does what may come from a mail system:
/// there are people who read what comes to the postmaster.
fn is_one(reading: &Reading) -> bool {
    match reading.says {
        Says::Letter => true,
        Says::AutoReply | Says::Unclear => reading.subject.trim().eq_ignore_ascii_case(SUBJECT),
        Says::Bounce(_) | Says::Complaint { .. } | Says::Challenge => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::feedback::{Bounce, Severity};

    #[test]
    fn a_program_wishes_to_leave_only_in_so_many_words() {
        let bounce = Bounce { severity: Severity::Permanent, dead: true, code: None, words: None };
        for (says, subject, is_wish) in [
            (Says::Letter, "", true),
            (Says::Letter, "Re: News", true),
            (Says::AutoReply, "Unsubscribe ", true),
            (Says::AutoReply, "Out of office: unsubscribe", false),
            (Says::AutoReply, "", false),
            (Says::Challenge, SUBJECT, false),
            (Says::Bounce(bounce), SUBJECT, false),
            (Says::Complaint { kind: None }, SUBJECT, false),
            (Says::Unclear, SUBJECT, true),
            (Says::Unclear, "Undelivered Mail Returned to Sender", false),
            (Says::Unclear, "", false),
        ] {
            let reading = Reading { says, subject: subject.to_owned(), ..Reading::default() };
            assert_eq!(is_one(&reading), is_wish, "{reading:?}");
        }
    }
}
