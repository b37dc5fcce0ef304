//! The messages that were not understood, and how it is with the ways on which they come.

use super::taken::told;
use crate::cli::output;
use crate::config::Config;
use crate::wire::Node;
use acts::intake::kept::{self, Kept};
use acts::intake::{self, Standing, Taken};
use acts::who::Operator;
use anyhow::{Context as _, ensure};
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use domain::feedback::Via;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::io::IsTerminal as _;
use uuid::Uuid;

/// Of so many days, with today, the counts are shown.
const DAYS: i64 = 7;

#[derive(Debug, clap::Subcommand)]
pub(super) enum Act {
    /// Show the messages that are kept because they were not understood, the newest first.
    List(Listing),
    /// Print one of them as it came in, as far as it is kept.
    Show(Named),
    /// Read one once more, after an update for example; it goes if it is understood.
    Again(Named),
    /// Throw one away.
    Dismiss(Named),
    /// Show how much came in during the last 7 days, by which way, and whether the ways are open.
    Standing,
}

#[derive(Debug, clap::Args)]
pub(super) struct Listing {
    /// How many at most.
    #[arg(long, value_name = "NUMBER", default_value = "100", value_parser = clap::value_parser!(u32).range(1..=1_000))]
    first: u32,
}

#[derive(Debug, clap::Args)]
pub(super) struct Named {
    /// The id of the message, as `list` shows it.
    id: Uuid,
}

impl Act {
    pub(super) async fn run(&self, config: &Config, json: bool) -> anyhow::Result<()> {
        let stop = crate::shutdown::token(config.shutdown_timeout)?;
        let node = Node::start(config, &stop).await?;
        let done = self.act(&node, json).await;
        node.close().await?;
        output::pour(&done?);
        Ok(())
    }

    /// What is to be printed when it is done.
    async fn act(&self, node: &Node, json: bool) -> anyhow::Result<Vec<u8>> {
        let services = &node.services;
        let by = Operator::of_this_host().administrator().right();
        let no_such = "there is no such message";
        let mut said = match self {
            Self::List(Listing { first }) => {
                let page = kept::page(services.pool(), &by, None, (*first).into()).await?;
                listed(&page.into_iter().map(|(_, kept)| kept).collect::<Vec<_>>(), json)
            }
            Self::Show(Named { id }) => {
                let (kept, message) = kept::get(services.pool(), &by, *id).await?.context(no_such)?;
                if !json && !std::io::stdout().is_terminal() {
                    return Ok(message);
                }
                shown(&kept, &message, json)
            }
            Self::Again(Named { id }) => {
                let taken = kept::again(services, &by, *id).await?.context(no_such)?;
                read_again(taken, json)
            }
            Self::Dismiss(Named { id }) => {
                ensure!(kept::dismiss(services, &by, *id).await?, no_such);
                if json { json!({ "dismissed": id }).to_string() } else { "It is thrown away.".to_owned() }
            }
            Self::Standing => standing(node, json).await?,
        };
        said.push('\n');
        Ok(said.into_bytes())
    }
}

fn listed(page: &[Kept], json: bool) -> String {
    if json {
        return Value::Array(page.iter().map(for_programs).collect()).to_string();
    }
    if page.is_empty() {
        return "There are none.".to_owned();
    }
    page.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn shown(kept: &Kept, message: &[u8], json: bool) -> String {
    let text = String::from_utf8_lossy(message);
    if json {
        let mut told = for_programs(kept);
        told["message"] = text.into();
        return told.to_string();
    }
    harmless(&text.replace("\r\n", "\n"))
}

fn read_again(taken: Taken, json: bool) -> String {
    if json {
        return json!({ "taken": taken.name() }).to_string();
    }
    match taken {
        Taken::Kept => "It is still not understood, or its letter not found: it stays.".to_owned(),
        Taken::Bounce
        | Taken::Delay
        | Taken::Complaint
        | Taken::Unsubscribed
        | Taken::Known
        | Taken::AutoReply
        | Taken::Challenge => format!("{} It is no longer kept.", told(taken)),
    }
}

fn for_programs(kept: &Kept) -> Value {
    json!({
        "id": kept.id,
        "via": kept.via.name(),
        "received_at": kept.received_at,
        "envelope_to": kept.envelope_to,
        "from": kept.from,
        "subject": kept.subject,
        "size": kept.size,
    })
}

fn line(kept: &Kept) -> String {
    let Kept { id, via, received_at, from, subject, size, envelope_to: _ } = kept;
    let text = format!("{id}  {}  {}  {size} bytes  {from}  {subject}", moment(*received_at), via.name());
    harmless(&text.replace(['\r', '\n', '\t'], " "))
}

/// A text that tells a terminal nothing but to show it: strangers have written it.
fn harmless(text: &str) -> String {
    let harmless = |c: char| if c.is_control() && !matches!(c, '\n' | '\t') { '\u{fffd}' } else { c };
    text.chars().map(harmless).collect()
}

/// What is known of a way.
#[derive(Debug, Default)]
struct Way {
    state: Option<Standing>,
    counts: BTreeMap<Taken, i64>,
}

async fn standing(node: &Node, json: bool) -> anyhow::Result<String> {
    let pool = node.services.pool();
    let since = (node.services.now() - TimeDelta::days(DAYS - 1)).date_naive();
    let mut ways: BTreeMap<Via, Way> = BTreeMap::new();
    for state in intake::standing(pool).await? {
        let via = state.via;
        ways.entry(via).or_default().state = Some(state);
    }
    for count in intake::counts(pool, since).await? {
        *ways.entry(count.via).or_default().counts.entry(count.taken).or_default() += count.messages;
    }
    if json {
        return Ok(Value::Array(ways.iter().map(|(via, way)| way.for_programs(*via)).collect()).to_string());
    }
    if ways.is_empty() {
        return Ok(format!("Nothing has come in for {DAYS} days."));
    }
    Ok(ways.iter().map(|(via, way)| format!("{}: {}", via.name(), way.told())).collect::<Vec<_>>().join("\n"))
}

impl Way {
    fn for_programs(&self, via: Via) -> Value {
        let counts = self.counts.iter().map(|(taken, messages)| (taken.name().to_owned(), json!(messages)));
        let state = self.state.as_ref();
        json!({
            "via": via.name(),
            "error": state.and_then(|state| state.error.as_ref()),
            "since": state.and_then(|state| state.since),
            "looked_at": state.map(|state| state.looked_at),
            "counts": Value::Object(counts.collect::<Map<_, _>>()),
        })
    }

    fn told(&self) -> String {
        let counts = self.counts.iter().map(|(taken, messages)| format!("{messages} {}", taken.name()));
        let counts = counts.collect::<Vec<_>>().join(", ");
        let counts = if counts.is_empty() { format!("nothing for {DAYS} days") } else { counts };
        let Some(state) = &self.state else { return counts };
        let since = state.since.unwrap_or(state.looked_at);
        match &state.error {
            Some(error) => format!("{counts}; nothing comes in since {}: {}", moment(since), harmless(error)),
            None => format!("{counts}; looked into at {}", moment(state.looked_at)),
        }
    }
}

fn moment(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_strangers_wrote_tells_a_terminal_nothing() {
        let kept = Kept {
            id: Uuid::nil(),
            via: Via::Imap,
            received_at: DateTime::UNIX_EPOCH,
            envelope_to: None,
            from: "Eve\u{1b}[2J <eve@example.org>".to_owned(),
            subject: "one\r\ntwo\u{7}".to_owned(),
            size: 7,
        };
        let told = line(&kept);
        assert!(!told.contains(char::is_control), "{told:?}");
        assert!(told.ends_with("imap  7 bytes  Eve\u{fffd}[2J <eve@example.org>  one  two\u{fffd}"), "{told}");
        assert_eq!(shown(&kept, b"a\r\nb\tc\x1bd\xff", false), "a\nb\tc\u{fffd}d\u{fffd}");
    }
}
