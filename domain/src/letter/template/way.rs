//! How a value is written where its merge field stands.

use super::Part;
use super::filter::Mode;
use super::html::{Html, Place};
use super::links::Links;
use super::url::{Spot, addressee, component, whole};

/// How a value is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// As it is.
    Plain,
    /// Escaped in a text or between quotation marks of HTML.
    Html,
    /// Escaped in a tag of HTML, where nothing is around it.
    Bare,
    /// As one value of an address.
    Component,
    /// The same in a program in an address: what it is decoded to is no program either.
    Twice,
    /// As the addressee of `mailto:`.
    Addressee,
    /// As an address that begins with it, if it may be one; else as one value of an address.
    Whole,
}

/// What has been read of a part before a merge field.
pub(super) enum Before {
    /// Nothing in a subject can be clicked.
    Subject,
    Text(Links),
    Html(Html),
}

impl Before {
    pub(super) fn of(part: Part) -> Self {
        match part {
            Part::Subject => Self::Subject,
            Part::Text => Self::Text(Links::default()),
            Part::Html => Self::Html(Html::default()),
        }
    }

    pub(super) fn push(&mut self, text: &str) {
        match self {
            Self::Subject => {}
            Self::Text(links) => links.push(text),
            Self::Html(html) => html.push(text),
        }
    }

    /// Whether nobody sees what stands where the merge field is that comes now.
    pub(super) fn is_hidden(&self) -> bool {
        match self {
            Self::Subject | Self::Text(_) => false,
            Self::Html(html) => html.is_hidden(),
        }
    }

    /// How the value of the merge field is written that comes now, and whether it stands in a program, where no way is safe.
    pub(super) fn way(&mut self, mode: Mode) -> (Way, bool) {
        match (self, mode) {
            (Self::Html(html), mode) => {
                let place = html.field();
                (Way::in_html(place, mode), matches!(place, Place::Program { .. }))
            }
            (Self::Text(links), mode) => (Way::in_text(links.field(), mode), false),
            (Self::Subject, Mode::Url) => (Way::Component, false),
            (Self::Subject, Mode::ByPlace | Mode::Raw | Mode::Ours) => (Way::Plain, false),
        }
    }
}

impl Way {
    fn in_text(spot: Option<Spot>, mode: Mode) -> Self {
        match (mode, spot) {
            (Mode::Raw | Mode::Ours, _) | (Mode::ByPlace, None) => Self::Plain,
            (Mode::ByPlace, Some(Spot::Addressee)) => Self::Addressee,
            (Mode::ByPlace | Mode::Url, _) => Self::Component,
        }
    }

    fn in_html(place: Place, mode: Mode) -> Self {
        let (spot, as_it_is) = match place {
            Place::Quoted | Place::Program { quoted: true } => (None, Self::Html),
            Place::Bare | Place::Program { quoted: false } => (None, Self::Bare),
            Place::Url { spot, quoted } => (Some(spot), if quoted { Self::Html } else { Self::Bare }),
        };
        match (spot, mode) {
            (_, Mode::Ours) => as_it_is,
            // What a client says is never a program, whatever the filter.
            (Some(Spot::Program), _) => Self::Twice,
            (_, Mode::Url) | (Some(Spot::Scheme), _) | (Some(Spot::Inside), Mode::ByPlace) => Self::Component,
            (Some(Spot::Start), Mode::ByPlace | Mode::Raw) => Self::Whole,
            (Some(Spot::Addressee), Mode::ByPlace) => Self::Addressee,
            (None, Mode::ByPlace | Mode::Raw) | (Some(Spot::Addressee | Spot::Inside), Mode::Raw) => as_it_is,
        }
    }

    /// Writes a value.
    pub(super) fn write<E>(self, value: &str, out: &mut impl FnMut(&str) -> Result<(), E>) -> Result<(), E> {
        match self {
            Self::Plain => out(value),
            Self::Html => escape(value, out),
            Self::Bare => escape_all(value, out),
            Self::Component => out(&component(value)),
            Self::Twice => out(&component(&component(value))),
            Self::Addressee => out(&addressee(value)),
            Self::Whole => match whole(value) {
                Some(url) => escape(&url, out),
                None => out(&component(value)),
            },
        }
    }

    /// The fallback as it is written. It is the author's own text or HTML, but in an address it stands for a value. Where the
    /// field may be all of the address, so may the fallback, and it may lead wherever its author wants.
    pub(super) fn fallback(self, part: Part, text: &str) -> String {
        if matches!(self, Self::Plain | Self::Html | Self::Bare | Self::Whole) {
            return text.to_owned();
        }
        let text = if part == Part::Html { unescaped(text) } else { text.to_owned() };
        let mut written = String::new();
        let Ok(()) = self.write(&text, &mut |text| {
            written.push_str(text);
            Ok::<_, std::convert::Infallible>(())
        });
        written
    }

    /// The most bytes that a character of a value becomes, and one of an e-mail address, which is an octet there.
    pub(super) fn most(self) -> (usize, usize) {
        match self {
            Self::Plain => (4, 1),
            // As a quotation mark does.
            Self::Html | Self::Bare => (6, 6),
            Self::Component | Self::Addressee => (12, 3),
            Self::Whole => (12, 5),
            Self::Twice => (20, 5),
        }
    }
}

fn escape<E>(text: &str, out: &mut impl FnMut(&str) -> Result<(), E>) -> Result<(), E> {
    let mut rest = text;
    while let Some(at) = rest.find(['&', '<', '>', '"', '\'']) {
        out(&rest[..at])?;
        out(match rest.as_bytes()[at] {
            b'&' => "&amp;",
            b'<' => "&lt;",
            b'>' => "&gt;",
            b'"' => "&quot;",
            _ => "&#39;",
        })?;
        rest = &rest[at + 1..];
    }
    out(rest)
}

/// Escapes everything that could mean something in a tag, blanks first of all.
fn escape_all<E>(text: &str, out: &mut impl FnMut(&str) -> Result<(), E>) -> Result<(), E> {
    let mut rest = text;
    while let Some(at) = rest.find(|c: char| c.is_ascii() && !c.is_ascii_alphanumeric()) {
        out(&rest[..at])?;
        out(&format!("&#{};", rest.as_bytes()[at]))?;
        rest = &rest[at + 1..];
    }
    out(rest)
}

/// What an author's HTML says, as far as it is written with the usual references.
fn unescaped(html: &str) -> String {
    let references = [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#39;", "'"),
        ("&apos;", "'"),
        ("&nbsp;", " "),
        ("&amp;", "&"),
    ];
    references.iter().fold(html.to_owned(), |text, (reference, sign)| text.replace(reference, sign))
}
