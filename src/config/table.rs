//! The settings as they are in effect, for `skymailing config`.

use super::given::{Given, Source};
use clap::{ArgMatches, Args, Command, FromArgMatches, parser::ValueSource};
use url::Url;

use super::Config;

/// What stands in the place of a password.
const MASK: &str = "***";

/// The settings that are secrets as a whole.
const SECRETS: [&str; 4] = ["master_key", "mailgun_webhook_key", "postmark_webhook_password", "brevo_webhook_token"];

/// One line of `skymailing config`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// The environment variable.
    pub name: String,
    /// The value in effect, passwords masked; empty when there is none.
    pub value: String,
    /// Where it came from.
    pub source: Source,
    /// What it is for.
    pub meaning: String,
}

impl From<Setting> for api::Setting {
    fn from(Setting { name, value, source, meaning: _ }: Setting) -> Self {
        let source = match source {
            Source::Default => api::SettingSource::Default,
            Source::Environment => api::SettingSource::Environment,
            Source::Flag => api::SettingSource::Flag,
        };
        Self { name, value, source }
    }
}

impl FromArgMatches for Given {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let given = |id: &str| {
            let source = match matches.value_source(id)? {
                ValueSource::CommandLine => Source::Flag,
                ValueSource::EnvVariable => Source::Environment,
                _ => Source::Default,
            };
            let value = matches.get_raw(id)?.next_back()?.to_string_lossy();
            // Masked at once: a secret shall not lie around as text.
            let value = match (id, value.trim()) {
                (id, secret) if SECRETS.contains(&id) && !secret.is_empty() => MASK.to_owned(),
                (_, value) => all_masked(value),
            };
            Some((id.to_owned(), (value, source)))
        };
        let settings = Config::augment_args(Command::new("settings"));
        Ok(Self(settings.get_arguments().filter_map(|arg| given(arg.get_id().as_str())).collect()))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl Args for Given {
    fn augment_args(command: Command) -> Command {
        command
    }

    fn augment_args_for_update(command: Command) -> Command {
        command
    }
}

impl Config {
    /// Every setting with the value in effect, in the order of `--help`.
    #[must_use]
    pub fn table(&self) -> Vec<Setting> {
        let settings = Self::augment_args(Command::new("settings"));
        let line = |arg: &clap::Arg| {
            let id = arg.get_id().as_str();
            let (mut value, source) = self.given.0.get(id).cloned().unwrap_or((String::new(), Source::Default));
            if id == "public_url" {
                self.public_url().as_str().clone_into(&mut value);
            }
            let meaning = arg.get_help().map(ToString::to_string).unwrap_or_default();
            Setting { name: id.to_uppercase(), value, source, meaning }
        };
        settings.get_arguments().map(line).collect()
    }
}

/// A text as it is, except for the passwords of all URLs in it: there may be several, with white space or commas between.
fn all_masked(text: &str) -> String {
    if !text.contains("://") {
        return text.to_owned();
    }
    let mut shown = String::new();
    let mut rest = text;
    while !rest.is_empty() {
        let is_next = |at: &usize| {
            let tail = rest[*at..].trim_start_matches(|c: char| c == ',' || c.is_whitespace());
            tail.split_once("://").is_some_and(|(scheme, _)| scheme.bytes().all(|byte| byte.is_ascii_alphanumeric()))
        };
        let separators = rest.match_indices(|c: char| c == ',' || c.is_whitespace()).map(|(at, _)| at);
        let end = separators.skip_while(|at| *at == 0).find(is_next).unwrap_or(rest.len());
        let (url, tail) = rest.split_at(end);
        let start = tail.find(|c: char| c != ',' && !c.is_whitespace()).unwrap_or(tail.len());
        shown.push_str(&masked(url.trim_end_matches(|c: char| c == ',' || c.is_whitespace())));
        if start < tail.len() {
            shown.push(' ');
        }
        rest = &tail[start..];
    }
    shown
}

/// A text as it is, except for the password if it is a URL with one. PostgreSQL's URLs may also have it as a parameter.
fn masked(text: &str) -> String {
    let Ok(mut url) = Url::parse(text) else { return text.to_owned() };
    let has_parameter = url.query_pairs().any(|(name, _)| is_password(&name));
    if url.password().is_none() && !has_parameter {
        return text.to_owned();
    }
    if url.password().is_some() && url.set_password(Some(MASK)).is_err() {
        return MASK.to_owned();
    }
    if has_parameter {
        let pairs: Vec<(String, String)> = url.query_pairs().into_owned().collect();
        let pairs = pairs.iter().map(|(name, value)| (name, if is_password(name) { MASK } else { value }));
        url.query_pairs_mut().clear().extend_pairs(pairs);
    }
    url.into()
}

fn is_password(name: &str) -> bool {
    // A command may have secrets in it, too.
    name.contains("password") || name == "token_command"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_password_of_a_url_is_masked() {
        for (text, expected) in [
            ("postgres://ann:s3cret@db.example.org:5433/mail", "postgres://ann:***@db.example.org:5433/mail"),
            (
                "postgres://ann@db/mail?sslmode=disable&password=s3cret",
                "postgres://ann@db/mail?sslmode=disable&password=***",
            ),
            (
                "smtps://ann@smtp.example.org?auth=xoauth2&token_command=token+--key+s3cret",
                "smtps://ann@smtp.example.org?auth=xoauth2&token_command=***",
            ),
            ("smtps://ann%40example.org:s%40cret@smtp.example.org", "smtps://ann%40example.org:***@smtp.example.org"),
            ("smtp://127.0.0.1:1025", "smtp://127.0.0.1:1025"),
            ("127.0.0.1:8080", "127.0.0.1:8080"),
            ("SkyMailing <no-reply@localhost>", "SkyMailing <no-reply@localhost>"),
            ("", ""),
            (
                "smtp://ann:s3cret@a.example?name=a, smtps://bob:s3,cret@b.example?name=b",
                "smtp://ann:***@a.example?name=a smtps://bob:***@b.example?name=b",
            ),
            (
                "smtp://a.example,smtps://bob:s3cret@b.example?rate=100/s",
                "smtp://a.example smtps://bob:***@b.example?rate=100/s",
            ),
        ] {
            assert_eq!(all_masked(text), expected);
        }
    }
}
