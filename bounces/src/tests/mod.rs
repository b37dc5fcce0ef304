//! Whole messages, as servers and people send them, and as nobody should.

mod hostile;
mod samples;

use crate::{About, Reading, Says};

/// What is in all samples of the letter that they are about: where it comes back to, a link to leave, and its id.
const ADDRESS: &str = "b+k3x7qa2mz5@bounce.example.org";
const LINK: &str = "https://mail.example.org/u/k3x7qa2mz5";
const MESSAGE_ID: &str = "0190c5a4000070008000000000000001.12@news.example.org";

/// What was understood, in one line: what it says, and of reports the first recipient, who reports, and by which of address (A), link (L)
/// and message id (M) the letter can be found again.
fn shown(reading: &Reading) -> String {
    let recipient = reading.about.recipients.first().map_or("-", String::as_str);
    let by = reading.by.as_deref().unwrap_or("-");
    let says = match &reading.says {
        Says::Bounce(bounce) => {
            let dead = if bounce.dead { " dead" } else { "" };
            let code = bounce.code.as_deref().unwrap_or("-");
            format!("{}{dead} {code} {recipient} {by}", bounce.severity.name())
        }
        Says::Complaint { kind } => format!("complaint {} {recipient} {by}", kind.as_deref().unwrap_or("-")),
        Says::AutoReply => "auto-reply".to_owned(),
        Says::Challenge => "challenge".to_owned(),
        Says::Letter => "letter".to_owned(),
        Says::Unclear => "unclear".to_owned(),
    };
    format!("{says} {}", found(&reading.about))
}

fn found(about: &About) -> String {
    let marks = [("A", &about.addresses, ADDRESS), ("L", &about.links, LINK), ("M", &about.message_ids, MESSAGE_ID)];
    marks
        .into_iter()
        .map(|(mark, list, wanted)| if list.iter().any(|one| one == wanted) { mark } else { "-" })
        .collect()
}
