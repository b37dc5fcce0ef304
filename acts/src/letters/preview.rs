//! How a letter will look: a message, or a draft of one, as a client would get it. Nothing is sent and nothing is written.

use super::messages::{Body, read};
use crate::Services;
use crate::address_book::clients as people;
use crate::refusal::input::{self, Problems};
use crate::refusal::{Fault, Problem, Refused};
use crate::who::Viewer;
use domain::client::check_comment;
use domain::custom_field::Key;
use domain::letter::{Advice, Bare, Ending, Footer, Known, MergeFields, Recipient, Templates};
use domain::message::Content;
use domain::{ClientId, Language, MessageId, OverBudget, Part, PostalAddress, Template, client, message};
use projections::{clients, custom_fields, messages, users};
use std::collections::{BTreeSet, HashMap};
use words::screens::preview::Preview as Words;
use words::{custom_fields as said, footer};

/// The letter that somebody wants to see, and for whom it is filled in.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// The id of a message that the viewer can read; `None` if the letter is a draft.
    pub message: Option<String>,
    /// The subject to show instead of the message's.
    pub subject: Option<String>,
    /// The plain text to show instead of the message's.
    pub text: Option<String>,
    /// The HTML to show instead of the message's; empty for none.
    pub html: Option<String>,
    /// What text and HTML are made of, instead of the message's.
    pub markdown: Option<String>,
    /// The id of a client whom the viewer can see; without one a made-up client's values are taken.
    pub client: Option<String>,
    /// Values instead of those of the client.
    pub sample: Sample,
}

/// Values of a client who need not exist; what is `None` is the client's own.
#[derive(Clone, Debug, Default)]
pub struct Sample {
    /// The e-mail address.
    pub email: Option<String>,
    /// The full name. With it, the client's own first and last name are not used.
    pub full_name: Option<String>,
    /// The first name.
    pub first_name: Option<String>,
    /// The last name.
    pub last_name: Option<String>,
    /// The comment.
    pub comment: Option<String>,
}

/// The letter as the client would get it.
#[derive(Clone, Debug)]
pub struct Preview {
    /// The subject, if it was asked for.
    pub subject: Option<String>,
    /// The plain text, if it was asked for.
    pub text: Option<String>,
    /// The HTML, if it was asked for and there is some.
    pub html: Option<String>,
    /// The merge fields that the letter uses, each once.
    pub fields: Vec<FieldUse>,
    /// What looks like a mistake and may be none.
    pub warnings: Vec<Advice>,
    /// The letter as it is written.
    pub content: Content,
    /// For whom it was filled in.
    pub recipient: Recipient,
}

/// A merge field that a letter uses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldUse {
    /// The name of the merge field.
    pub name: String,
    /// The value that stands there for this client.
    pub value: String,
    /// The parts in which nothing will stand there: the value is empty, and there is no fallback.
    pub missing_in: Vec<Part>,
    /// For how many of the viewer's own clients the value is empty, or of the first [`clients::LOOKED_AT`] of them; `None` if nobody
    /// asked, or if the viewer has no clients of their own.
    pub empty_for: Option<u64>,
}

/// What somebody wants to know of a letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asked {
    /// Whether the subject, the text and the HTML are filled in.
    pub parts: [bool; 3],
    /// Whether it is counted for how many of the viewer's own clients a merge field is empty.
    pub counts: bool,
}

impl Asked {
    /// Everything.
    pub const ALL: Self = Self { parts: [true; 3], counts: true };
}

/// The merge field that every letter has something for.
const LINK: &str = "unsubscribe_url";

/// The address of whoever gets a preview where nobody else is named.
pub const MADE_UP: &str = "anna.petrova@example.com";

/// Who gets a preview where nobody else is named, with a name in this language.
#[must_use]
pub fn made_up(language: Language) -> Recipient {
    let w = Words::of(language);
    let (full_name, last_name) = (w.sample_full_name.to_owned(), w.sample_last_name.to_owned());
    Recipient { email: MADE_UP.to_owned(), full_name, last_name, ..Recipient::default() }
}

/// Fills in a letter: those of subject, text and HTML that are asked for. A few at a time of each account.
///
/// It is a letter of a mailing that goes to many, as nearly all do: with the viewer's postal address if they have one, and with a footer in
/// their language where it does not say how to leave. Its link to leave leads below `home`, the service's address as browsers see it with a slash at its end, to a page that says
/// that this was no letter of anybody.
pub async fn preview(
    services: &Services,
    viewer: &Viewer,
    wanted: Wanted,
    asked: Asked,
    home: &str,
) -> Result<Preview, Refused> {
    let turn = services.quotas.rendering().take(viewer.id()).await?;
    let postal_address = users::postal_address(services.pool(), viewer.id()).await?;
    let leaving = Leaving { link: format!("{home}u/sample"), language: viewer.user().language, postal_address };
    let (written, recipient) = gather(services, viewer, wanted).await?;
    // The turn goes with the work, which goes on when the request is given up.
    let work = move || (made(&written, recipient, &leaving, asked.parts), turn);
    let (made, turn) = tokio::task::spawn_blocking(work).await.map_err(Fault::from)?;
    let mut made = made?;
    if asked.counts && viewer.may_own() {
        count(services, viewer, &mut made).await?;
    }
    drop(turn);
    Ok(made)
}

/// Counts for how many of the viewer's clients the letter's merge fields are empty, and warns of those that have no fallback.
async fn count(services: &Services, viewer: &Viewer, made: &mut Preview) -> Result<(), sqlx::Error> {
    if made.fields.iter().all(|field| matches!(field.name.as_str(), "email" | LINK)) {
        return Ok(());
    }
    let names = made.fields.iter().map(|field| field.name.clone());
    let own: Vec<String> = names.filter(|name| !MergeFields::NAMES.contains(&name.as_str())).collect();
    let lacking = clients::lacking(services.pool(), viewer.id()).await?;
    let without = clients::without(services.pool(), viewer.id(), &own).await?;
    let empty = |name: &str| without.get(name).copied().unwrap_or_else(|| lacking.of(name)).unsigned_abs();
    for field in &mut made.fields {
        field.empty_for = Some(empty(&field.name));
    }
    let content = &made.content;
    let bare = Bare::of(content.subject(), content.text(), content.html(), content.markdown());
    let empty = bare.into_iter().filter_map(|bare| {
        let clients = empty(&bare.name);
        (clients > 0).then(|| bare.empty_for(clients, lacking.looked_at.unsigned_abs(), lacking.is_of_all()))
    });
    made.warnings.extend(empty);
    Ok(())
}

/// How a letter says how to leave that nobody gets, and where its owner is found.
struct Leaving {
    link: String,
    /// Of the footer.
    language: Language,
    /// Where whoever writes is found, if they have said it.
    postal_address: Option<PostalAddress>,
}

/// A letter as it was sent or read, before it is judged.
struct Written {
    subject: String,
    text: String,
    html: Option<String>,
    markdown: Option<String>,
    /// The fields of their owner's own that it may name.
    known: BTreeSet<Key>,
}

fn made(written: &Written, recipient: Recipient, leaving: &Leaving, asked: [bool; 3]) -> Result<Preview, Refused> {
    let body = match &written.markdown {
        Some(source) => Body::Markdown(source),
        None => Body::Parts { text: &written.text, html: written.html.as_deref() },
    };
    let content = read(&written.subject, body, Known::These(&written.known))?;
    render(content, recipient, leaving, &written.known, asked).map_err(|error| Problem::of(&error).into())
}

async fn gather(services: &Services, viewer: &Viewer, wanted: Wanted) -> Result<(Written, Recipient), Refused> {
    let mut problems = Problems::default();
    let Wanted { message, subject, text, html, markdown, client, sample } = wanted;
    let old = match message {
        Some(id) => problems.take(revision(services, viewer, &id).await?),
        None => None,
    };
    let client = match client {
        Some(id) => problems.take(person(services, viewer, &id).await?),
        None => Some(made_up(viewer.user().language)),
    };
    let client = client.and_then(|client| sampled(client, sample, &mut problems));
    let given = problems.take(Body::given(text.as_deref(), html.as_deref(), markdown.as_deref()));
    let in_markdown = matches!(given, Some(Some(Body::Markdown(_))));
    let gives_parts = matches!(given, Some(Some(Body::Parts { .. })));
    // Of a message that is not there nothing more is told.
    let (true, Some(client)) = (problems.is_empty(), client) else { return Err(problems.into()) };
    let mut known = custom_fields::keys(services.pool(), viewer.id()).await?;
    // A message that is there says what it says, also one that somebody else shares, and one that is older than what became of a field.
    if let Some(old) = &old {
        let old = Templates::stored(&old.subject, &old.text, old.html.as_deref());
        known.extend(old.map(|old| old.custom_fields()).unwrap_or_default());
    }
    let (old_subject, old_text, old_html, old_markdown) =
        old.map(|old| (old.subject, old.text, old.html, old.markdown)).unwrap_or_default();
    let written = Written {
        subject: subject.unwrap_or(old_subject),
        text: text.unwrap_or(old_text),
        html: html.or(old_html),
        markdown: if in_markdown { markdown } else { old_markdown.filter(|_| !gives_parts) },
        known,
    };
    Ok((written, client))
}

/// The client with the sample's values, as far as it has some.
fn sampled(client: Recipient, sample: Sample, problems: &mut Problems) -> Option<Recipient> {
    let email = problems.take(sample.email.as_deref().map(people::email).transpose().map_err(in_sample));
    let full_name = problems.take(sample.full_name.as_deref().map(people::full_name).transpose().map_err(in_sample));
    let name = |name: Option<String>, field| {
        name.as_deref().map(|name| people::name(name, field)).transpose().map_err(in_sample)
    };
    let first_name = problems.take(name(sample.first_name, "firstName"));
    let last_name = problems.take(name(sample.last_name, "lastName"));
    let comment = problems.take(sample.comment.map(comment).transpose().map_err(in_sample));
    let (email, full_name, first_name, last_name, comment) = (email?, full_name?, first_name?, last_name?, comment?);
    // A name of the sample's own has nothing to do with the other one's parts.
    let (own_first, own_last) =
        if full_name.is_some() { Default::default() } else { (client.first_name, client.last_name) };
    Some(Recipient {
        email: email.map_or(client.email, |email| email.as_str().to_owned()),
        full_name: full_name.map_or(client.full_name, |name| name.as_str().to_owned()),
        first_name: first_name.map_or(own_first, |name| name.as_str().to_owned()),
        last_name: last_name.map_or(own_last, |name| name.as_str().to_owned()),
        comment: comment.unwrap_or(client.comment),
        fields: client.fields,
    })
}

fn comment(text: String) -> Result<String, Problem> {
    check_comment(&text).map_err(|error| Problem::of(&error))?;
    input::text(text, &["comment"])
}

fn in_sample(problem: Problem) -> Problem {
    let field: Vec<String> = problem.field.clone();
    let path: Vec<&str> = std::iter::once("sample").chain(field.iter().map(String::as_str)).collect();
    problem.at(&path)
}

async fn revision(
    services: &Services,
    viewer: &Viewer,
    id: &str,
) -> Result<Result<messages::Revision, Problem>, sqlx::Error> {
    let unknown = || Err(Problem::of(&message::Error::NotFound).at(&["messageId"]));
    let Ok(id) = id.parse::<MessageId>() else { return Ok(unknown()) };
    let row = messages::get(services.pool(), viewer.letters(), id).await?;
    let Some(row) = row.filter(|row| row.deleted_at.is_none()) else { return Ok(unknown()) };
    Ok(messages::revision(services.pool(), id, row.revision).await?.map_or_else(unknown, Ok))
}

async fn person(services: &Services, viewer: &Viewer, id: &str) -> Result<Result<Recipient, Problem>, sqlx::Error> {
    let unknown = || Err(Problem::of(&client::Error::NotFound).at(&["clientId"]));
    let Ok(id) = id.parse::<ClientId>() else { return Ok(unknown()) };
    let row = clients::get(services.pool(), viewer.reads(), id).await?.filter(|row| row.deleted_at.is_none());
    let person = |row: clients::Client| Recipient {
        email: row.email,
        full_name: row.full_name,
        first_name: row.first_name.unwrap_or_default(),
        last_name: row.last_name.unwrap_or_default(),
        comment: row.comment,
        fields: row.fields,
    };
    Ok(row.map_or_else(unknown, |row| Ok(person(row))))
}

/// The letter, in the parts that somebody asked for, and what all its parts use.
fn render(
    content: Content,
    recipient: Recipient,
    leaving: &Leaving,
    known: &BTreeSet<Key>,
    [subject_asked, text_asked, html_asked]: [bool; 3],
) -> Result<Preview, OverBudget> {
    // What was parsed once is a template.
    let template = |part, text: &str| Template::parse_with(part, text, Known::Every).ok();
    let (subject, text) = (template(Part::Subject, content.subject()), template(Part::Text, content.text()));
    let html = content.html().and_then(|html| template(Part::Html, html));
    let parts = [(Part::Subject, &subject), (Part::Text, &text), (Part::Html, &html)];
    let all = parts.iter().flat_map(|(_, template)| template.iter());
    let named = all.flat_map(Template::custom_fields).cloned().collect();
    let custom = said::values(&recipient.fields, &named, leaving.language);
    let fields = MergeFields { unsubscribe_url: &leaving.link, custom: &custom, ..recipient.merge_fields() };
    // For each merge field, the parts that use it, and whether one of the uses in the part has no fallback.
    let mut parts_of: HashMap<String, Vec<(Part, bool)>> = HashMap::new();
    for (part, template) in parts {
        for (name, fallback) in template.iter().flat_map(Template::fields) {
            let places = parts_of.entry(name.to_owned()).or_default();
            match places.last_mut().filter(|(last, _)| *last == part) {
                Some((_, bare)) => *bare |= fallback.is_empty(),
                None => places.push((part, fallback.is_empty())),
            }
        }
    }
    let used = fields.values().filter_map(|(name, value)| {
        let missing = |(part, bare): &(Part, bool)| (*bare && value.is_empty()).then_some(*part);
        let missing_in = parts_of.get(name)?.iter().filter_map(missing).collect();
        Some(FieldUse { name: name.to_owned(), value: value.to_owned(), missing_in, empty_for: None })
    });
    let used: Vec<FieldUse> = used.collect();
    let (subject, text) = (subject.filter(|_| subject_asked), text.filter(|_| text_asked));
    let html = html.filter(|_| html_asked);
    // As letters have it: see the engine.
    let (subject, text, html) = (
        subject.map(|subject| subject.render(&fields)).transpose()?,
        text.map(|text| text.render(&fields)).transpose()?,
        html.map(|html| html.render(&fields)).transpose()?,
    );
    let words = footer::of(leaving.language);
    let footer = Footer { text: words.text, link: words.link, url: &leaving.link, postal_address: None };
    let lacks_link = |part| parts_of.get(LINK).is_none_or(|places| places.iter().all(|(place, _)| *place != part));
    let postal_address = leaving.postal_address.as_ref().map(PostalAddress::as_str);
    let ending = |part| Ending { leave: lacks_link(part).then_some(footer), postal_address };
    let text = text.map(|text| ending(Part::Text).below_text(&text));
    let html = html.map(|html| ending(Part::Html).below_html(&html));
    let (html_source, markdown, known) = (content.html(), content.markdown(), Known::These(known));
    let warnings = Content::warnings(content.subject(), content.text(), html_source, markdown, known);
    Ok(Preview { subject, text, html, fields: used, warnings, content, recipient })
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::custom_field::{Number, Value};

    fn render(
        content: Content,
        recipient: Recipient,
        leaving: &Leaving,
        asked: [bool; 3],
    ) -> Result<Preview, OverBudget> {
        super::render(content, recipient, leaving, &BTreeSet::new(), asked)
    }

    fn person(comment: &str) -> Recipient {
        Recipient { comment: comment.to_owned(), ..made_up(Language::En) }
    }

    fn leaving() -> Leaving {
        let link = "https://mail.example.org/u/sample".to_owned();
        Leaving { link, language: Language::En, postal_address: None }
    }

    #[test]
    fn a_letter_names_the_postal_address_that_letters_have() {
        let postal_address = PostalAddress::parse("Trees & Friends\nLime Street {{email}} 1").expect("short enough");
        let leaving = Leaving { postal_address, ..leaving() };
        let letter = Content::parse("s", "{{unsubscribe_url}}", Some("<body>Hi</body>")).expect("right");
        let seen = render(letter, person(""), &leaving, [true; 3]).expect("it fits");
        let text = format!("{}\n\n-- \nTrees & Friends\nLime Street {{{{email}}}} 1\n", leaving.link);
        assert_eq!(seen.text, Some(text));
        let html = seen.html.expect("HTML");
        let address = html.find("Trees &amp; Friends<br>Lime Street {{email}} 1</p>").expect("the address");
        assert!(html.find(footer::of(Language::En).link).is_some_and(|link| address < link), "{html}");
    }

    #[test]
    fn a_part_that_does_not_say_how_to_leave_has_the_footer_that_letters_have() {
        let words = footer::of(Language::En);
        let letter = Content::parse("s", "{{email}}", Some("<a href=\"{{unsubscribe_url}}\">x</a>")).expect("right");
        let seen = render(letter, person(""), &leaving(), [true; 3]).expect("it fits");
        let expected = format!("{MADE_UP}\n\n-- \n{}\n{}\n", words.text, leaving().link);
        assert_eq!(seen.text, Some(expected));
        assert_eq!(seen.html, Some(format!("<a href=\"{}\">x</a>", leaving().link)));
        let used: Vec<_> = seen.fields.iter().map(|field| (field.name.as_str(), field.missing_in.len())).collect();
        assert_eq!(used, [("email", 0), ("unsubscribe_url", 0)]);

        let letter = Content::parse("s", "{{unsubscribe_url}}", Some("<p>Hi</p>")).expect("right");
        let seen = render(letter, person(""), &leaving(), [true; 3]).expect("it fits");
        assert_eq!(seen.text, Some(leaving().link));
        assert!(seen.html.is_some_and(|html| html.contains(words.link) && html.contains(&leaving().link)));
    }

    #[test]
    fn the_postal_address_stands_in_every_part_also_where_it_says_itself_how_to_leave() {
        let postal_address = PostalAddress::parse("Lime Street 1\nRiga").expect("short enough");
        let leaving = Leaving { postal_address, ..leaving() };
        let letter = Content::parse("s", "Hi", Some("<a href=\"{{unsubscribe_url}}\">x</a>")).expect("right");
        let seen = render(letter, person(""), &leaving, [true; 3]).expect("it fits");
        assert!(seen.text.is_some_and(|text| text.contains("\n\n-- \nLime Street 1\nRiga\n\n")), "above how to leave");
        assert!(seen.html.is_some_and(|html| html.contains("Lime Street 1<br>Riga")));
    }

    #[test]
    fn only_what_was_asked_for_is_rendered_and_all_of_the_letter_is_looked_at() {
        let letter = Content::parse("{{first_name}}", "{{comment}} {{comment|-}}", Some("{{comment}}")).expect("right");
        for asked in [[false, false, false], [true, false, true], [false, true, false]] {
            let seen = render(letter.clone(), person(""), &leaving(), asked).expect("it fits");
            assert_eq!([seen.subject.is_some(), seen.text.is_some(), seen.html.is_some()], asked);
            let fields: Vec<_> =
                seen.fields.iter().map(|field| (field.name.as_str(), field.missing_in.clone())).collect();
            let missing = vec![Part::Text, Part::Html];
            assert_eq!(fields, [("first_name", vec![]), ("comment", missing)]);
        }
    }

    #[test]
    fn what_the_client_has_in_the_owners_own_fields_is_shown_in_the_language_of_the_letter() {
        let key = |text: &str| Key::parse(text).expect("a key");
        let known = [key("age"), key("city")].into();
        let subject = "{{age}} in {{city}}";
        let letter = Content::parse_with(subject, "Hi", None, Known::These(&known)).expect("right");
        let age = Number::read("18.5").map(Value::Number).expect("a number");
        let anna = Recipient { fields: [(key("age"), age)].into(), ..person("") };
        let leaving = Leaving { language: Language::Ru, ..leaving() };
        let seen = super::render(letter, anna, &leaving, &known, [true; 3]).expect("it fits");
        assert_eq!(seen.subject.as_deref(), Some("18,5 in "));
        let used: Vec<_> =
            seen.fields.iter().map(|it| (it.name.as_str(), it.value.as_str(), it.missing_in.len())).collect();
        assert_eq!(used, [("age", "18,5", 0), ("city", "", 1)]);
    }

    #[test]
    fn a_value_that_no_client_could_have_does_not_get_beyond_the_budget() {
        let letter = Content::parse("s", &"{{comment}}".repeat(100), None).expect("right");
        let seen = render(letter, person(&"c".repeat(100_000)), &leaving(), [true; 3]);
        assert_eq!(seen.err(), Some(OverBudget { part: Part::Text }));
    }
}
