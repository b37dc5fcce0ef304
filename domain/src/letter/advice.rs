//! What in a letter looks like a mistake, and may be none: told when it is written, looked at and sent, and in nobody's way.
//!
//! All of it is about the letter as it is written, whoever gets it. A few of each kind are told: whoever mends these sees the rest.

use super::links::{self, LinkFault};
use super::markdown;
use super::seen::{MOST, Seen, letters};
use super::template::{Known, Part, Template};
use crate::refusal::told_by_code;
use crate::{Code, Refusal};
use std::collections::BTreeSet;

/// How much HTML is shown of a letter, in bytes: Gmail cuts at 102 KB, and values of merge fields come to it.
const SHOWN: usize = 100 * 1024;

/// The longest address that is told as it is, in characters.
const LONGEST: usize = 80;

/// From how many characters on an HTML says a lot.
const A_LOT: usize = 300;

/// How many times as much it then says as a text that says too little.
const THIN: usize = 5;

/// Something that looks like a mistake, and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Advice {
    /// What of the letter it is about: `subject`, `text`, `html` or `markdown`.
    pub field: &'static str,
    /// The line of it, counted from 1.
    pub line: usize,
    /// What it is.
    pub finding: Finding,
}

/// What looks like a mistake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    /// A merge field of another program, which is sent as it is.
    Foreign {
        /// The field as it is written.
        found: String,
        /// What to write instead; `None` where that is not clear.
        instead: Option<String>,
    },
    /// A merge field without a fallback of which nothing is known for some of the owner's clients.
    FieldEmpty {
        /// The name of the merge field.
        name: String,
        /// For how many clients it is empty.
        clients: u64,
        /// How many clients were looked at.
        of: u64,
        /// Whether these are all that there are, and not only the first ones.
        all: bool,
    },
    /// The plain text says much less than the HTML.
    TextThin,
    /// The HTML is more than some programs show.
    HtmlCut {
        /// How long it is.
        bytes: usize,
    },
    /// An image of which those who do not see it learn nothing.
    ImageWithoutAlt {
        /// Where the image lies.
        address: String,
    },
    /// A link that leads nowhere.
    Link {
        /// The address as it is written, cut when it is long.
        address: String,
        /// What is wrong with it.
        fault: LinkFault,
    },
}

impl Refusal for Advice {
    fn code(&self) -> Code {
        match self.finding {
            Finding::Foreign { .. } => Code::MergeFieldForeign,
            Finding::FieldEmpty { .. } => Code::MergeFieldEmpty,
            Finding::TextThin => Code::TextThin,
            Finding::HtmlCut { .. } => Code::HtmlCut,
            Finding::ImageWithoutAlt { .. } => Code::ImageWithoutAlt,
            Finding::Link { .. } => Code::LinkBroken,
        }
    }

    fn field(&self) -> Option<&'static str> {
        Some(self.field)
    }
}

told_by_code!(Advice);

/// What looks like a mistake in a letter of two parts, whose owner has these fields; without HTML that is empty.
pub(crate) fn about(subject: &str, text: &str, html: &str, known: Known<'_>) -> Vec<Advice> {
    let mut advice = Vec::new();
    for (part, source) in Part::ALL.into_iter().zip([subject, text, html]) {
        advice.extend(foreign(part, part.name(), source, known));
    }
    let seen = Seen::of(html, false);
    let thin = seen.words >= A_LOT && letters(text) * THIN < seen.words;
    advice.extend(thin.then_some(Advice { field: "text", line: 1, finding: Finding::TextThin }));
    advice.extend(cut(html, "html"));
    let line = |at: usize| line(html, at);
    advice.extend(seen.images.iter().map(|(at, address)| image("html", line(*at), address)));
    let mut told = BTreeSet::new();
    advice.extend(broken("html", seen.links.into_iter(), |at, _| line(at), &mut told));
    let in_text = links::in_text(text);
    advice.extend(broken("text", in_text, |at, _| self::line(text, at), &mut told));
    advice
}

/// The same for one that was made of Markdown, which is what its writer knows.
pub(crate) fn about_markdown(subject: &str, source: &str, html: &str, known: Known<'_>) -> Vec<Advice> {
    let mut advice = foreign(Part::Subject, "subject", subject, known);
    advice.extend(foreign(Part::Text, "markdown", source, known));
    advice.extend(cut(html, "markdown"));
    let seen = Seen::of(html, true);
    let place = |address: &str| {
        let address = address.replace("&amp;", "&");
        line(source, if address.is_empty() { 0 } else { source.find(&address).unwrap_or_default() })
    };
    advice.extend(seen.images.iter().map(|(_, address)| image("markdown", place(address), address)));
    // As they are written: an address that runs a program is not in the HTML any more.
    let links = markdown::links(source);
    let links = links.iter().map(|(at, address)| (*at, address.as_str()));
    let place = |at, _: &str| line(source, markdown::place_of_link(source, at));
    advice.extend(broken("markdown", links, place, &mut BTreeSet::new()));
    advice
}

/// A merge field that has no fallback in some place of a letter, so that nothing stands there for a client of whom nothing is
/// known: the first such place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bare {
    /// The name of the merge field.
    pub name: String,
    /// What of the letter it stands in: `subject`, `text`, `html` or `markdown`.
    pub field: &'static str,
    /// The line of it, counted from 1.
    pub line: usize,
}

impl Bare {
    /// The merge fields without a fallback in a letter, each once, but for the address and the link to leave by, which everybody
    /// has. If text and HTML were made of Markdown, the places are those of that.
    #[must_use]
    pub fn of(subject: &str, text: &str, html: Option<&str>, markdown: Option<&str>) -> Vec<Self> {
        let (body, of_html) = match markdown {
            Some(source) => ((Part::Text, "markdown", source), None),
            None => ((Part::Text, "text", text), html),
        };
        let parts =
            [Some((Part::Subject, "subject", subject)), Some(body), of_html.map(|html| (Part::Html, "html", html))];
        let mut all: Vec<Self> = Vec::new();
        for (part, field, source) in parts.into_iter().flatten() {
            for (name, at) in Template::bare_fields(part, source) {
                if !matches!(name.as_str(), "email" | "unsubscribe_url") && all.iter().all(|bare| bare.name != name) {
                    all.push(Self { name, field, line: line(source, at) });
                }
            }
        }
        all
    }

    /// What there is to say of it: for so many of an owner's clients there is nothing known; of all of them, or of the first ones
    /// that were looked at.
    #[must_use]
    pub fn empty_for(self, clients: u64, of: u64, all: bool) -> Advice {
        let Self { name, field, line } = self;
        Advice { field, line, finding: Finding::FieldEmpty { name, clients, of, all } }
    }
}

fn foreign(part: Part, field: &'static str, source: &str, known: Known<'_>) -> Vec<Advice> {
    let found = Template::foreign_fields(part, source, known).into_iter();
    let advice = found.map(|it| Advice {
        field,
        line: it.line,
        finding: Finding::Foreign { found: it.found, instead: it.instead },
    });
    advice.collect()
}

fn cut(html: &str, field: &'static str) -> Option<Advice> {
    let bytes = html.len();
    (bytes > SHOWN).then_some(Advice { field, line: 1, finding: Finding::HtmlCut { bytes } })
}

fn image(field: &'static str, line: usize, address: &str) -> Advice {
    Advice { field, line, finding: Finding::ImageWithoutAlt { address: shown(address) } }
}

/// Those of these links that lead nowhere, each address once. Their lines are counted only for those.
fn broken<'a>(
    field: &'static str,
    links: impl Iterator<Item = (usize, &'a str)>,
    line: impl Fn(usize, &str) -> usize,
    told: &mut BTreeSet<&'a str>,
) -> Vec<Advice> {
    let mut advice = Vec::new();
    for (at, address) in links {
        if told.len() == MOST {
            break;
        }
        let Some(fault) = links::fault(address) else { continue };
        if told.insert(address) {
            let (line, address) = (line(at, address), shown(address));
            advice.push(Advice { field, line, finding: Finding::Link { address, fault } });
        }
    }
    advice
}

fn line(text: &str, at: usize) -> usize {
    1 + text[..at].matches('\n').count()
}

fn shown(address: &str) -> String {
    let mut shown: String =
        address.trim().chars().take(LONGEST).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if address.trim().chars().nth(LONGEST).is_some() {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    fn about(subject: &str, text: &str, html: &str) -> Vec<Advice> {
        super::about(subject, text, html, Known::None)
    }

    fn about_markdown(subject: &str, source: &str, html: &str) -> Vec<Advice> {
        super::about_markdown(subject, source, html, Known::None)
    }

    fn told(advice: &[Advice]) -> Vec<(&'static str, &'static str, usize)> {
        advice.iter().map(|one| (one.code().as_str(), one.field, one.line)).collect()
    }

    #[test]
    fn a_letter_like_others_gets_no_advice() {
        let html = "<p>Dear {{first_name}}, <a href=\"https://example.org/?e={{email}}\">come</a> \
                    <img src=\"https://example.org/a.png\" alt=\"\"><img src=p.gif width=1 height=1>";
        assert_eq!(about("Hello", "Dear {{first_name}}, https://example.org", html), []);
        assert_eq!(about("Hello", "Come", ""), []);
    }

    #[test]
    fn what_looks_like_a_mistake_is_told_with_its_place() {
        let html = "<p>*|FNAME|*\n<a href=\"www.example.org\">a</a><a href=''>b</a>\n<img src='https://example.org/a.png'>\
                    <!-- <a href='x'> --><style><a href='y'></style><a href='www.example.org'>c</a>";
        assert_eq!(
            told(&about("[[name]]", "See\nhttp://localhost:80/a.", html)),
            [
                ("MERGE_FIELD_FOREIGN", "subject", 1),
                ("MERGE_FIELD_FOREIGN", "html", 1),
                ("IMAGE_WITHOUT_ALT", "html", 3),
                ("LINK_BROKEN", "html", 2),
                ("LINK_BROKEN", "html", 2),
                ("LINK_BROKEN", "text", 2),
            ]
        );
    }

    #[test]
    fn a_text_that_leaves_out_nearly_everything_is_thin() {
        let html = format!("<p>{}</p>", "Some words. ".repeat(50));
        assert_eq!(told(&about("s", "Open this in a browser.", &html)), [("TEXT_THIN", "text", 1)]);
        assert_eq!(about("s", &"Some words. ".repeat(20), &html), []);
        assert_eq!(about("s", "-", &format!("<style>{}</style><p>Hello", "a { b: c } ".repeat(200))), []);
    }

    #[test]
    fn html_that_is_cut_is_told() {
        let html = format!("<p>{}", "a ".repeat(SHOWN / 2));
        let advice = about("s", &html[3..], &html);
        assert_eq!(advice.first().map(|one| &one.finding), Some(&Finding::HtmlCut { bytes: SHOWN + 3 }));
    }

    #[test]
    fn of_many_a_few_are_told() {
        let html = (0..50)
            .fold(String::new(), |html, number| html + &format!("<a href='p{number}'>x</a><img src='i{number}'>"));
        let codes: Vec<_> = about("s", "t", &html).into_iter().map(|one| one.code()).collect();
        assert_eq!(codes.iter().filter(|code| **code == Code::LinkBroken).count(), MOST);
        assert_eq!(codes.iter().filter(|code| **code == Code::ImageWithoutAlt).count(), MOST);
    }

    #[test]
    fn of_markdown_the_places_are_those_of_the_source() {
        let source = "Hello\n\n[a](www.example.org/?a=b&c=d)\n\n*|FNAME|* [b]()\n";
        let html = "<p><a href=\"www.example.org/?a=b&amp;c=d\">a</a> <a>b</a><img src=\"c.png\" alt=\"\">";
        assert_eq!(
            told(&about_markdown("s", source, html)),
            [
                ("MERGE_FIELD_FOREIGN", "markdown", 5),
                ("IMAGE_WITHOUT_ALT", "markdown", 1),
                ("LINK_BROKEN", "markdown", 3),
                ("LINK_BROKEN", "markdown", 5),
            ]
        );
    }

    #[test]
    fn a_program_that_markdown_has_emptied_is_told_where_it_was_written() {
        let source = "Dear {{first_name\n|friend}},\n\n[a](https://example.org/) [b](javascript:alert(1))\n\n\
                      <a href='vbscript:x'>c</a> and <me@example.org>\n";
        let html = "<p>Dear {{first_name|friend}},</p><a href=\"https://example.org/\">a</a> <a>b</a> <a>c</a>";
        let advice = about_markdown("s", source, html);
        assert_eq!(told(&advice), [("LINK_BROKEN", "markdown", 4), ("LINK_BROKEN", "markdown", 6)]);
        let program = |address: &str| Finding::Link { address: address.to_owned(), fault: LinkFault::Program };
        let found: Vec<_> = advice.into_iter().map(|one| one.finding).collect();
        assert_eq!(found, [program("javascript:alert(1)"), program("vbscript:x")]);
    }

    #[test]
    fn a_field_without_a_fallback_is_known_with_its_first_place() {
        let bare = |bare: &[Bare]| bare.iter().map(|it| (it.name.clone(), it.field, it.line)).collect::<Vec<_>>();
        let of = |name: &str, field, line| (name.to_owned(), field, line);
        let text = "Dear {{first_name|friend}},\n\\{{last_name}} {{ comment }}\n{{comment}} {{email}} {{first_name}}";
        assert_eq!(
            bare(&Bare::of("{{full_name}}", text, Some("<p>{{last_name|url}}"), None)),
            [
                of("full_name", "subject", 1),
                of("comment", "text", 2),
                of("first_name", "text", 3),
                of("last_name", "html", 1)
            ]
        );
        assert_eq!(bare(&Bare::of("s", "-", Some("-"), Some("a\n{{comment}}"))), [of("comment", "markdown", 2)]);
        assert_eq!(bare(&Bare::of("s", "{{city|there}}, {{age}}", None, None)), [of("age", "text", 1)]);
        assert_eq!(bare(&Bare::of("s", "{{first_name|default: 'you'}}", None, None)), []);
    }

    #[test]
    fn whatever_the_html_is_looking_at_it_ends() {
        for html in ["<", "<a", "<a href", "<!--", "<a <a", "</", "<style>", "<é", "a < b <a href='x'>"] {
            about("s", "t", html);
            about("s", "t", &html.repeat(10_000));
        }
    }
}
