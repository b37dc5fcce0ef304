//! The demo's last words: where to look, as whom, and at what.

use super::people::OWNER;
use super::stage::Stage;
use domain::{MailingId, RunId};
use secrecy::ExposeSecret;
use std::fmt::Write as _;

/// What is told when everything is there: the measured mailing and its run, the one that is in progress, and a token for programs.
pub(super) fn text(stage: &Stage, (mailing, run): (MailingId, RunId), in_progress: MailingId, token: &str) -> String {
    let (mut text, home) = (String::new(), &stage.home);
    let _ = writeln!(text, "\nHome:      {home}\nMailbox:   http://{}/\n", stage.mailbox_page);
    let _ = writeln!(text, "Log in at {home}log-in as one of these:\n");
    for account in stage.people.presented() {
        let password = account.password.as_ref().map_or("(as before)", ExposeSecret::expose_secret);
        let _ = writeln!(text, "{:<21}  password: {password}\n    {}", account.person.email, account.person.shows);
    }
    let _ = write!(
        text,
        r"
What to look at first:

  {home}mailings/{in_progress}   a run in progress, one letter a second
  {home}mailings   mailings in every status, as {OWNER}
  {home}mailings/{mailing}   the one that was measured just now
  {home}reports   the weeks before
  http://{mailbox}/   every letter as it arrived

The weeks before were lived through with the clock turned back: plans, runs, attempts and reports have the times that they
would have had. When an event was written to the log is PostgreSQL's to say, so histories show that as today.

Addresses at some domains show what servers do on a bad day: refuse.example, later.example (puts off, then takes),
full.example (puts off always), doubt.example (hangs up after the text), slow.example. Write to them and see.
",
        mailbox = stage.mailbox_page,
    );
    let _ = write!(
        text,
        r"
For programs:

GraphiQL:  {home}graphiql
"
    );
    let _ = writeln!(text, "Authorization: Bearer {token}   (reads what {OWNER} may read, for 30 days)");
    let _ = write!(
        text,
        r#"
  mutation {{ sessionCreate(input: {{ email: "{OWNER}", password: "..." }}) {{ session {{ token }} userErrors {{ message }} }} }}

Who got what, when, and what did the mail server answer?

  {{ run(id: "{run}") {{
      progress {{ planned accepted rejected deferred unknown suppressed expired pending }}
      deliveries(first: 5) {{ nodes {{ clientEmail outcome messageId attempts {{ at code serverReply }} }} }}
      report {{ text }} }} }}

The whole history, with actor and time:

  {{ mailing(id: "{mailing}") {{ history(first: 20) {{ nodes {{ position at actor {{ name }} summary }} }} }} }}

Ctrl+C ends the demo; what it wrote stays."#
    );
    text
}
