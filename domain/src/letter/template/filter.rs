//! What stands behind the name of a merge field.
//!
//! `{{first_name|friend}}` has a fallback. `{{first_name | default: 'friend'}}` says the same as Liquid does, and
//! `default("friend")` as Jinja, Twig and Django do. `|url` and `|raw` say how the value is put into an address. Whatever else
//! has the form of a filter of those languages is none here: taken for a fallback it would be what a letter greets with.

/// How a value is put where it stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Mode {
    /// Percent-encoded inside of an address, as it is elsewhere.
    #[default]
    ByPlace,
    /// `|url`: percent-encoded wherever it stands.
    Url,
    /// `|raw`: not percent-encoded. It is still escaped in HTML.
    Raw,
    /// Whatever the filter: the value is an address of the service's own, which stands as it is. It is still escaped in HTML.
    Ours,
}

/// What was read.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Filters {
    pub(super) fallback: String,
    pub(super) mode: Mode,
}

/// Why it cannot be read.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Foreign {
    /// A filter of another language, as it is written.
    Filter(String),
    /// `default` without a text in quotation marks.
    Default,
}

/// Filters of Liquid, Jinja, Twig, Django, Handlebars and their relatives, as far as people use them in letters. Who wants one of
/// these words for a fallback writes `default: 'title'`.
const FILTERS: [&str; 94] = [
    "abs",
    "add",
    "addslashes",
    "append",
    "base64",
    "camelcase",
    "capfirst",
    "capitalize",
    "capitalize_first",
    "ceil",
    "concat",
    "convert_encoding",
    "cut",
    "date",
    "date_format",
    "downcase",
    "e",
    "escape",
    "escape_once",
    "escapejs",
    "fallback",
    "first",
    "firstof",
    "floatformat",
    "floor",
    "force_escape",
    "format",
    "format_date",
    "html",
    "html_escape",
    "humanize",
    "iriencode",
    "join",
    "json",
    "json_encode",
    "last",
    "lcfirst",
    "length",
    "linebreaks",
    "linebreaksbr",
    "ljust",
    "localize",
    "lower",
    "lowercase",
    "lowerCase",
    "lstrip",
    "ltrim",
    "md5",
    "newline_to_br",
    "nl2br",
    "pluralize",
    "prepend",
    "proper_case",
    "propercase",
    "properCase",
    "remove",
    "remove_first",
    "replace",
    "replace_first",
    "reverse",
    "rjust",
    "round",
    "rstrip",
    "rtrim",
    "safe",
    "sha1",
    "sha256",
    "size",
    "slice",
    "slugify",
    "split",
    "stringformat",
    "strip",
    "strip_html",
    "strip_newlines",
    "striptags",
    "times",
    "title",
    "titlecase",
    "titleize",
    "toLowerCase",
    "toUpperCase",
    "trim",
    "truncate",
    "truncatechars",
    "truncatewords",
    "ucfirst",
    "ucwords",
    "upcase",
    "upper",
    "uppercase",
    "url_encode",
    "urlencode",
    "wordcount",
];

/// Quotation marks that people and their editors put around a text, and what closes them.
const QUOTES: [(&str, &str); 14] = [
    ("'", "'"),
    ("\"", "\""),
    ("‘", "’"),
    ("’", "’"),
    ("“", "”"),
    ("”", "”"),
    ("„", "“"),
    ("«", "»"),
    ("&quot;", "&quot;"),
    ("&#39;", "&#39;"),
    ("&apos;", "&apos;"),
    ("&lsquo;", "&rsquo;"),
    ("&ldquo;", "&rdquo;"),
    ("&laquo;", "&raquo;"),
];

impl Filters {
    /// Reads what stands behind the first `|`.
    pub(super) fn read(text: &str) -> Result<Self, Foreign> {
        let (mut filters, mut plain) = (Self::default(), Vec::new());
        let mut rest = Some(text);
        while let Some(text) = rest {
            if let Some((default, behind)) = default(text)? {
                if filters.fallback.is_empty() {
                    filters.fallback = default;
                }
                rest = behind;
                continue;
            }
            let (piece, behind) = text.split_once('|').map_or((text, None), |(piece, behind)| (piece, Some(behind)));
            match piece.trim() {
                "url" => filters.mode = Mode::Url,
                "raw" => filters.mode = Mode::Raw,
                // `||` is "or" in other languages.
                "" if behind.is_some() => return Err(Foreign::Filter("|".to_owned())),
                word if is_filter(word) => return Err(Foreign::Filter(word.to_owned())),
                _ => plain.push(piece),
            }
            rest = behind;
        }
        let plain = plain.join("|");
        if !plain.trim().is_empty() {
            plain.trim().clone_into(&mut filters.fallback);
        }
        Ok(filters)
    }

    /// The same in letters that were written when everything behind `|` was the fallback, and are sent as they were.
    pub(super) fn read_as_before(text: &str) -> Self {
        Self::read(text).unwrap_or_else(|_| Self { fallback: text.trim().to_owned(), mode: Mode::ByPlace })
    }
}

/// The text of `default: '...'` or `default('...')`, and what follows its `|`; none if this is something else.
fn default(text: &str) -> Result<Option<(String, Option<&str>)>, Foreign> {
    let Some(behind) = text.trim_start().strip_prefix("default") else { return Ok(None) };
    let argument = behind.trim_start();
    let (bracket, argument) = if let Some(argument) = argument.strip_prefix('(') {
        (true, argument.trim_start())
    } else if let Some(argument) = argument.strip_prefix(':') {
        (false, argument.trim_start())
    } else if argument.is_empty() || argument.starts_with('|') {
        return Err(Foreign::Default);
    } else if behind.len() > argument.len() && QUOTES.iter().any(|(open, _)| argument.starts_with(open)) {
        // As Go's templates have it.
        (false, argument)
    } else {
        return Ok(None);
    };
    let quoted = QUOTES.iter().find_map(|(open, close)| argument.strip_prefix(open)?.split_once(close));
    let (value, mut behind) = quoted.ok_or(Foreign::Default)?;
    for option in [", true", ",true", ", allow_false: true"] {
        behind = behind.strip_prefix(option).unwrap_or(behind);
    }
    behind = behind.trim();
    if bracket {
        behind = behind.strip_prefix(')').ok_or(Foreign::Default)?.trim_start();
    }
    match behind.strip_prefix('|') {
        Some(behind) => Ok(Some((value.to_owned(), Some(behind)))),
        None if behind.is_empty() => Ok(Some((value.to_owned(), None))),
        None => Err(Foreign::Default),
    }
}

/// Whether it is a filter of another language, with its arguments.
fn is_filter(piece: &str) -> bool {
    let end = piece.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(piece.len());
    let (name, arguments) = piece.split_at(end);
    if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) {
        return false;
    }
    let known = FILTERS.contains(&name);
    let arguments = arguments.trim_start();
    let argument = |text: &str| {
        let text = text.trim_start();
        text.starts_with(|c: char| c.is_ascii_digit()) || QUOTES.iter().any(|(open, _)| text.starts_with(open))
    };
    if let Some(inside) = piece[end..].strip_prefix('(').and_then(|inside| inside.strip_suffix(')')) {
        return known || inside.trim().is_empty() || argument(inside);
    }
    match arguments.strip_prefix(':') {
        // `Note: 5` is what somebody would say.
        Some(inside) => known || (name.starts_with(|c: char| c.is_ascii_lowercase()) && argument(inside)),
        None => known && arguments.is_empty(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fallback(text: &str) -> Result<String, Foreign> {
        Filters::read(text).map(|filters| filters.fallback)
    }

    #[test]
    fn a_fallback_is_what_it_says() {
        for (text, expected) in [
            ("friend", "friend"),
            (" dear friend ", "dear friend"),
            ("a|b", "a|b"),
            ("a | b", "a | b"),
            ("", ""),
            (" ", ""),
            ("friend(s)", "friend(s)"),
            ("Note: 5 items", "Note: 5 items"),
            ("дорогой друг", "дорогой друг"),
            ("customer", "customer"),
            ("default customer", "default customer"),
            ("defaults", "defaults"),
            ("<i>none</i>", "<i>none</i>"),
            ("https://example.org/", "https://example.org/"),
            ("Sir or Madam (if any)", "Sir or Madam (if any)"),
        ] {
            assert_eq!(fallback(text).as_deref(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn default_is_understood_however_it_is_written() {
        for text in [
            " default: 'friend' ",
            "default:\"friend\"",
            "default:'friend'",
            " default : 'friend'",
            "default('friend')",
            " default( \"friend\" ) ",
            "default('friend', true)",
            "default: 'friend', allow_false: true",
            "default: ‘friend’",
            "default: “friend”",
            "default: «friend»",
            "default: &quot;friend&quot;",
            "default: &#39;friend&#39;",
            "default \"friend\"",
            "default: 'friend' | raw",
            "url | default: 'friend'",
        ] {
            assert_eq!(fallback(text).as_deref(), Ok("friend"), "{text}");
        }
        assert_eq!(fallback("default: 'a|b'").as_deref(), Ok("a|b"));
        assert_eq!(fallback("default: 'title'").as_deref(), Ok("title"));
        assert_eq!(fallback("default: ''").as_deref(), Ok(""));
        for text in
            ["default", "default | url", "default: friend", "default: customer.name", "default('friend'", "default:"]
        {
            assert_eq!(fallback(text), Err(Foreign::Default), "{text}");
        }
    }

    #[test]
    fn a_filter_of_another_language_is_no_fallback() {
        for (text, filter) in [
            (" capitalize ", "capitalize"),
            ("upcase", "upcase"),
            ("title", "title"),
            ("truncate: 10", "truncate: 10"),
            ("truncate(10)", "truncate(10)"),
            ("replace: 'a', 'b'", "replace: 'a', 'b'"),
            ("anything: 'x'", "anything: 'x'"),
            ("anything('x')", "anything('x')"),
            ("upper()", "upper()"),
            ("default: 'friend' | capitalize", "capitalize"),
            ("capitalize | default: 'friend'", "capitalize"),
            ("friend | escape", "escape"),
            ("| 'friend'", "|"),
        ] {
            assert_eq!(fallback(text), Err(Foreign::Filter(filter.to_owned())), "{text}");
            assert_eq!(Filters::read_as_before(text).fallback, text.trim(), "{text}");
        }
    }

    #[test]
    fn url_and_raw_say_how_a_value_is_put_into_an_address() {
        for (text, mode, fallback) in [
            ("url", Mode::Url, ""),
            ("raw", Mode::Raw, ""),
            (" friend | url ", Mode::Url, "friend"),
            ("raw|friend", Mode::Raw, "friend"),
            ("default: 'x' | raw", Mode::Raw, "x"),
            ("friend", Mode::ByPlace, "friend"),
        ] {
            assert_eq!(Filters::read(text), Ok(Filters { fallback: fallback.to_owned(), mode }), "{text}");
        }
    }
}
