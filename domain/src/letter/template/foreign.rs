//! Merge fields of other programs, which would be sent as they are.
//!
//! They look like ordinary text here, so they are no error; but whoever brings a letter from elsewhere brings them along, and it
//! goes to thousands. Some notations are nothing else (`*|FNAME|*`, `{% if %}`). Others may be anything (`[name]`, `${name}`, `-name-`), and
//! are told only where they hold a word that such fields have. Code is left alone: style sheets, scripts, `<code>`, and what stands
//! between backticks.

use super::{Known, Part};
use crate::custom_field::Key;
use std::collections::BTreeSet;
use unicode_normalization::UnicodeNormalization;

/// How many of them are told of one part of a letter.
const MOST: usize = 10;

/// The longest text between the signs of a field, in characters.
const LONGEST: usize = 60;

/// Something in a letter that looks like a merge field of another program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForeignField {
    /// The part of the letter in which it stands.
    pub part: Part,
    /// The field as it is written.
    pub found: String,
    /// The line of the text, counted from 1.
    pub line: usize,
    /// What to write instead; `None` where that is not clear.
    pub instead: Option<String>,
}

/// What is written here for a word that foreign fields have: none if that is not clear.
type Instead = Option<&'static str>;

/// What may stand between the signs.
#[derive(Clone, Copy)]
enum Inside {
    /// A name, whatever it is.
    AnyName,
    /// Anything that begins like a statement.
    Statement,
    /// A word that such fields have.
    Known,
    /// The same, with neither letters nor digits around the signs.
    KnownApart,
    /// The same in Latin letters without blanks: Word's merge fields look so, and so does what Russians quote.
    KnownInLatin,
    /// The same, or one of ours: what is encoded is sent as it is.
    Field,
}

/// Signs around fields, longer ones first. Editors encode some of them in links, our own among them.
const NOTATIONS: [(&str, &str, Inside); 35] = [
    ("*|", "|*", Inside::AnyName),
    ("*%7C", "%7C*", Inside::AnyName),
    ("*%7c", "%7c*", Inside::AnyName),
    ("%7B%7B", "%7D%7D", Inside::Field),
    ("%7b%7b", "%7d%7d", Inside::Field),
    ("&#123;&#123;", "&#125;&#125;", Inside::Field),
    ("{%", "%}", Inside::Statement),
    ("%7B%25", "%25%7D", Inside::Statement),
    ("%7b%25", "%25%7d", Inside::Statement),
    ("<%=", "%>", Inside::Statement),
    ("<%", "%>", Inside::Statement),
    ("&lt;%=", "%&gt;", Inside::Statement),
    ("%%=", "=%%", Inside::Statement),
    ("%%", "%%", Inside::AnyName),
    ("%5B", "%5D", Inside::Known),
    ("%5b", "%5d", Inside::Known),
    ("%7B", "%7D", Inside::Known),
    ("%7b", "%7d", Inside::Known),
    ("{$", "}", Inside::Known),
    ("{!", "}", Inside::Known),
    ("«", "»", Inside::KnownInLatin),
    ("&laquo;", "&raquo;", Inside::KnownInLatin),
    ("[[", "]]", Inside::Known),
    ("[%", "%]", Inside::Known),
    ("${", "}", Inside::Known),
    ("#{", "}", Inside::Known),
    ("{", "}", Inside::Known),
    ("<<", ">>", Inside::Known),
    ("&lt;&lt;", "&gt;&gt;", Inside::Known),
    ("[", "]", Inside::Known),
    ("##", "##", Inside::Known),
    ("%", "%", Inside::KnownApart),
    ("#", "#", Inside::KnownApart),
    ("$", "$", Inside::KnownApart),
    ("-", "-", Inside::KnownApart),
];

/// Of whom fields speak in other programs.
const HOLDERS: [&str; 14] = [
    "client",
    "contact",
    "customer",
    "data",
    "lead",
    "member",
    "merge",
    "person",
    "profile",
    "recipient",
    "subscriber",
    "sub",
    "user",
    "клиент",
];

/// Our own fields, as they are written.
const OURS: [(&str, &str); 6] = [
    ("full_name", "{{full_name}}"),
    ("first_name", "{{first_name}}"),
    ("last_name", "{{last_name}}"),
    ("email", "{{email}}"),
    ("comment", "{{comment}}"),
    ("unsubscribe_url", "{{unsubscribe_url}}"),
];

/// What such fields are called, in small letters, without anything between them; and what is written here instead.
const NAMES: [(Option<&str>, &[&str]); 6] = [
    (
        Some("{{first_name}}"),
        &[
            "firstname",
            "fname",
            "givenname",
            "first",
            "recipientfname",
            "yourfirstname",
            "имя",
            "имяклиента",
            "имяполучателя",
            "vorname",
            "prénom",
            "prenom",
            "primernombre",
            "voornaam",
            "fornavn",
            "förnamn",
            "etunimi",
            "imię",
            "imie",
            "jméno",
            "nombre",
            "nome",
            "імя",
            "ім'я",
        ],
    ),
    (
        Some("{{full_name}}"),
        &[
            "name",
            "fullname",
            "recipientname",
            "customername",
            "clientname",
            "contactname",
            "subscribername",
            "username",
            "yourname",
            "toname",
            "recipient",
            "фио",
            "полноеимя",
            "vollername",
            "nomcomplet",
            "nombrecompleto",
            "nomecompleto",
            "imięinazwisko",
            "anzeigename",
        ],
    ),
    (
        Some("{{last_name}}"),
        &[
            "lastname",
            "lname",
            "surname",
            "familyname",
            "yourlastname",
            "фамилия",
            "nachname",
            "familienname",
            "zuname",
            "nom",
            "nomdefamille",
            "apellido",
            "apellidos",
            "cognome",
            "sobrenome",
            "achternaam",
            "efternavn",
            "efternamn",
            "etternavn",
            "sukunimi",
            "nazwisko",
            "příjmení",
            "прізвище",
        ],
    ),
    (
        Some("{{email}}"),
        &[
            "email",
            "emailaddress",
            "recipientemail",
            "toemail",
            "почта",
            "адресэлектроннойпочты",
            "емейл",
            "emailadresse",
            "courriel",
            "correo",
            "correoelectrónico",
            "epost",
            "mailadresse",
        ],
    ),
    (Some("{{unsubscribe_url}}"), &["unsubscribe", "unsubscribeurl", "unsubscribelink", "unsub"]),
    (
        None,
        &[
            "middlename",
            "salutation",
            "company",
            "companyname",
            "phone",
            "phonenumber",
            "birthday",
            "отчество",
            "компания",
            "телефон",
            "anrede",
            "briefanrede",
            "firma",
            "telefon",
            "civilité",
            "civilite",
            "entreprise",
            "société",
            "empresa",
            "azienda",
            "titel",
            "ort",
            "plz",
        ],
    ),
];

/// What looks like a merge field of another program in a part of a letter, each once.
pub(super) fn find(part: Part, text: &str, known: Known<'_>) -> Vec<ForeignField> {
    let (mut found, mut seen) = (Vec::new(), BTreeSet::new());
    let mut at = 0;
    while at < text.len() && found.len() < MOST {
        let rest = &text[at..];
        if let Some(length) = skipped(part, rest) {
            at += length;
            continue;
        }
        if let Some((length, instead)) = foreign(&text[..at], rest, known) {
            if seen.insert(&rest[..length]) {
                let line = 1 + text[..at].matches('\n').count();
                found.push(ForeignField { part, found: rest[..length].to_owned(), line, instead });
            }
            at += length;
            continue;
        }
        // Nothing begins with a letter.
        let step = rest.char_indices().skip(1).find(|(_, c)| "*{<&%[$#-\\`«".contains(*c));
        at += step.map_or(rest.len(), |(step, _)| step);
    }
    found
}

/// How long what begins here is, if it is none of this module's business: our own fields, and code.
fn skipped(part: Part, rest: &str) -> Option<usize> {
    let until = |end: &str| rest.find(end).map_or(rest.len(), |at| at + end.len());
    if rest.starts_with("\\{{") || rest.starts_with("{{") {
        return Some(until("}}"));
    }
    if part != Part::Html {
        let code = rest.strip_prefix('`')?.split('\n').next()?;
        return code.find('`').map(|at| at + 2);
    }
    let tag = rest.strip_prefix('<')?;
    let name = ["style", "script", "code", "pre", "textarea"].into_iter().find(|name| {
        tag.get(..name.len()).is_some_and(|tag| tag.eq_ignore_ascii_case(name))
            && tag[name.len()..].starts_with(|c: char| c == '>' || c.is_ascii_whitespace())
    })?;
    let end = |at: &usize| {
        let end = rest[*at + 2..].get(..name.len());
        end.is_some_and(|end| end.eq_ignore_ascii_case(name))
    };
    Some(rest.match_indices("</").map(|(at, _)| at).find(end).map_or(rest.len(), |at| at + 2))
}

/// How long the foreign field is that begins here, and what is written here instead.
fn foreign(before: &str, rest: &str, known: Known<'_>) -> Option<(usize, Option<String>)> {
    NOTATIONS.iter().find_map(|(open, close, inside)| {
        let opened = rest.strip_prefix(open)?;
        // A long text is not looked through again for each sign that opens one.
        let end = opened.char_indices().nth(LONGEST).map_or(opened.len(), |(at, _)| at);
        let length = opened[..end].find(close)?;
        let (name, behind) = (&opened[..length], &opened[length + close.len()..]);
        let of_its_owner = |field: Key| Some((open.len() + length + close.len(), Some(format!("{{{{{field}}}}}"))));
        let instead = match inside {
            Inside::AnyName if is_name(name) => match (instead(name).flatten(), owners(name, known)) {
                (None, Some(field)) => return of_its_owner(field),
                (instead, _) => instead,
            },
            Inside::Statement
                if name.trim_start_matches("%20").trim_start_matches(['-', ' ']).starts_with(char::is_alphabetic) =>
            {
                instead(name).flatten()
            }
            Inside::Known => instead(name)?,
            Inside::KnownApart => {
                let apart = !before.ends_with(char::is_alphanumeric) && !behind.starts_with(char::is_alphanumeric);
                instead(name).filter(|_| apart && !name.contains(char::is_whitespace))?
            }
            Inside::KnownInLatin => {
                let latin = |c: char| c.is_alphabetic() && (c.is_ascii() || ('\u{c0}'..'\u{250}').contains(&c));
                instead(name).filter(|_| name.chars().all(|c| latin(c) || c == '_'))?
            }
            Inside::Field => match owners(decoded(name).trim(), known) {
                Some(field) => return of_its_owner(field),
                None => ours(name).or_else(|| instead(name))?,
            },
            Inside::AnyName | Inside::Statement => return None,
        };
        Some((open.len() + length + close.len(), instead.map(str::to_owned)))
    })
}

/// One of our own fields of this name, with or without a filter.
fn ours(name: &str) -> Option<Instead> {
    let name = decoded(name);
    OURS.iter().find(|(field, _)| *field == name.trim()).map(|(_, written)| Some(*written))
}

/// What stands before the filters, as far as it is encoded.
fn decoded(name: &str) -> String {
    let name = name.replace("%20", " ").replace("%7C", "|").replace("%7c", "|");
    name.split('|').next().unwrap_or_default().to_owned()
}

/// The field of the owner's own that is called so, in any case.
fn owners(name: &str, known: Known<'_>) -> Option<Key> {
    let Known::These(keys) = known else { return None };
    Key::parse(name).ok().filter(|key| keys.contains(key))
}

fn is_name(text: &str) -> bool {
    text.starts_with(char::is_alphabetic) && text.chars().all(|c| c.is_alphanumeric() || "_:.-".contains(c))
}

/// What is written here for a field of this name, if it is one that such fields have.
fn instead(name: &str) -> Option<Instead> {
    let name: String = name.split(['|', ',']).next().unwrap_or_default().trim().nfc().collect();
    let mut parts = name.split(['.', ':']).map(plain);
    let first = parts.next().unwrap_or_default();
    let last = parts.next_back();
    let known = |name: &str| NAMES.iter().find(|(_, names)| names.contains(&name)).map(|(instead, _)| *instead);
    match last {
        None => known(&first),
        Some(last) if HOLDERS.contains(&first.as_str()) && !last.is_empty() => Some(known(&last).flatten()),
        Some(_) => None,
    }
    .filter(|_| name.chars().all(|c| c.is_alphanumeric() || " _-.:".contains(c)))
}

/// A word of a name, without what programs put between its parts.
fn plain(word: &str) -> String {
    word.trim().chars().filter(|c| !" _-".contains(*c)).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(part: Part, text: &str) -> Vec<(String, usize, Option<String>)> {
        find(part, text, Known::None).into_iter().map(|field| (field.found, field.line, field.instead)).collect()
    }

    #[test]
    fn fields_of_other_programs_are_found_with_what_is_written_here() {
        for (text, field, instead) in [
            ("Dear *|FNAME|*,", "*|FNAME|*", "{{first_name}}"),
            ("Dear *|LNAME|*,", "*|LNAME|*", "{{last_name}}"),
            ("Здравствуйте, [Фамилия]!", "[Фамилия]", "{{last_name}}"),
            ("*|MC:SUBJECT|*", "*|MC:SUBJECT|*", ""),
            ("*|IF:VIP|* x", "*|IF:VIP|*", ""),
            ("Dear %recipient.name%", "%recipient.name%", "{{full_name}}"),
            ("%recipient.city%", "%recipient.city%", ""),
            ("Dear %FIRSTNAME%!", "%FIRSTNAME%", "{{first_name}}"),
            ("Dear %%First_Name%%!", "%%First_Name%%", "{{first_name}}"),
            ("[[name]]", "[[name]]", "{{full_name}}"),
            ("[[firstname]]", "[[firstname]]", "{{first_name}}"),
            ("Hi ${name}", "${name}", "{{full_name}}"),
            ("Hi ${Recipient.FirstName}", "${Recipient.FirstName}", "{{first_name}}"),
            ("Hi {first_name}", "{first_name}", "{{first_name}}"),
            ("Hi {NAME},", "{NAME}", "{{full_name}}"),
            ("Hi #{name}", "#{name}", "{{full_name}}"),
            ("Hi [First Name],", "[First Name]", "{{first_name}}"),
            ("Здравствуйте, [Имя]!", "[Имя]", "{{first_name}}"),
            ("Здравствуйте, {Имя}!", "{Имя}", "{{first_name}}"),
            ("Hi <<First Name>>", "<<First Name>>", "{{first_name}}"),
            ("Hi ##name##", "##name##", "{{full_name}}"),
            ("Hi #name#", "#name#", "{{full_name}}"),
            ("Hi $name$", "$name$", "{{full_name}}"),
            ("Hi -first_name-,", "-first_name-", "{{first_name}}"),
            ("Hi -name-", "-name-", "{{full_name}}"),
            ("{% if first_name %}", "{% if first_name %}", ""),
            ("{%- endif -%}", "{%- endif -%}", ""),
            ("<%= name %>", "<%= name %>", "{{full_name}}"),
            ("https://example.org/?u=%EMAIL%", "%EMAIL%", "{{email}}"),
            ("{{first_name}} {email}", "{email}", "{{email}}"),
            ("https://example.org/?e=%7B%7Bemail%7D%7D", "%7B%7Bemail%7D%7D", "{{email}}"),
            ("https://example.org/?e=%7b%7b%20email%20%7d%7d&a", "%7b%7b%20email%20%7d%7d", "{{email}}"),
            ("https://example.org/?c=%7B%7Bcomment%7Curl%7D%7D", "%7B%7Bcomment%7Curl%7D%7D", "{{comment}}"),
            ("&#123;&#123;first_name&#125;&#125;", "&#123;&#123;first_name&#125;&#125;", "{{first_name}}"),
            ("https://example.org/?e=*%7CEMAIL%7C*", "*%7CEMAIL%7C*", "{{email}}"),
            ("https://example.org/?e=%5BEMAIL%5D", "%5BEMAIL%5D", "{{email}}"),
            ("https://example.org/?e=%7Bemail%7D", "%7Bemail%7D", "{{email}}"),
            ("https://example.org/%7B%25%20if%20x%20%25%7D", "%7B%25%20if%20x%20%25%7D", ""),
            ("Hallo [VORNAME],", "[VORNAME]", "{{first_name}}"),
            ("Hallo {Vorname}!", "{Vorname}", "{{first_name}}"),
            ("Guten Tag %ANREDE%", "%ANREDE%", ""),
            ("Bonjour [PRE\u{301}NOM]", "[PRE\u{301}NOM]", "{{first_name}}"),
            ("Hola *|NOMBRE|*", "*|NOMBRE|*", "{{first_name}}"),
            ("Hi {$name}", "{$name}", "{{full_name}}"),
            ("Hi {$contact.first_name}", "{$contact.first_name}", "{{first_name}}"),
            ("Hi {!Contact.FirstName}", "{!Contact.FirstName}", "{{first_name}}"),
            ("Hallo «Vorname»!", "«Vorname»", "{{first_name}}"),
            ("Dear «First_Name»,", "«First_Name»", "{{first_name}}"),
            ("Hi %%=v(@FirstName)=%%", "%%=v(@FirstName)=%%", ""),
            ("<% if vip %>", "<% if vip %>", ""),
        ] {
            assert_eq!(
                found(Part::Text, text),
                [(field.to_owned(), 1, Some(instead.to_owned()).filter(|it| !it.is_empty()))],
                "{text}"
            );
        }
        assert_eq!(
            found(Part::Html, "<p>\n<a href='*|UNSUB|*'>&lt;&lt;Email&gt;&gt;</a>\n*|UNSUB|*"),
            [
                ("*|UNSUB|*".to_owned(), 2, Some("{{unsubscribe_url}}".to_owned())),
                ("&lt;&lt;Email&gt;&gt;".to_owned(), 2, Some("{{email}}".to_owned()))
            ]
        );
    }

    #[test]
    fn what_is_called_as_a_field_of_the_owners_own_is_written_as_that() {
        let keys = [Key::parse("city").expect("a key")].into();
        for (text, field, instead) in [
            ("From *|CITY|*", "*|CITY|*", Some("{{city}}")),
            ("From *|TOWN|*", "*|TOWN|*", None),
            ("https://example.org/?c=%7B%7Bcity%7Curl%7D%7D", "%7B%7Bcity%7Curl%7D%7D", Some("{{city}}")),
            ("https://example.org/?e=%7B%7Bemail%7D%7D", "%7B%7Bemail%7D%7D", Some("{{email}}")),
        ] {
            let found = find(Part::Text, text, Known::These(&keys));
            let found: Vec<_> = found.iter().map(|field| (field.found.as_str(), field.instead.as_deref())).collect();
            assert_eq!(found, [(field, instead)], "{text}");
        }
        assert_eq!(find(Part::Text, "[city] %7B%7Btown%7D%7D", Known::These(&keys)), []);
    }

    #[test]
    fn ordinary_text_raises_no_alarm() {
        for text in [
            "50% off, 20 % off everything, 100%",
            "50%off%today",
            "from ${5} to ${10}, $5-$10, $name",
            "*| and |* and *|*, *| |*",
            "[1], [x], [sic], [[1]], [[ ]], [Unsubscribe here](https://example.org)",
            "well-known-name, e-mail-address, co-name-d, - name - ",
            "a-name-b",
            "{ } {} {0} {1,2} {a: b}",
            "{{first_name}} {{ email | url }} \\{{name}}",
            "if (a < b && c >> d) { return name; }",
            "use `${name}` or `{name}` in your code",
            "#1, #name, ## Heading ##, # name",
            "https://example.org/%D0%98%D0%BC%D1%8F%20name%20",
            "C# and #hashtags# and $$",
            "{%} 5 %} {% %}",
            "<3 <<>> «Имя»",
            "le champ « nom », поле «Фамилия», «Name der Rose», «Hallo»",
            "https://example.org/?a%5B%5D=1&b%5Bkey%5D=2&c=%7B%22name%22%3A1%7D",
            "https://example.org/%D0%98%D0%BC%D1%8F%7B%7D",
            "[Titel des Films], {$}, {$5}, {!important}, <% %>",
            "%name, 5%name%5",
        ] {
            assert_eq!(found(Part::Text, text), [], "{text}");
        }
        for html in [
            "<style>a[name] { color: red } {name}</style>",
            "<SCRIPT>var a = `${name}`;</SCRIPT >",
            "<code>${name}</code> and <pre class=x>[name]</pre>",
            "<!--[if mso]><table width=\"100%\"><![endif]-->",
            "<style>.name{color:red}@media print{.email{color:blue}}</style>",
            "<p style=\"color:red\" class=\"{name-x}\">p{margin:0}</p>",
            "&laquo;Имя&raquo; &#123; &#125;",
            "<td width=\"50%\" style=\"width:50%\">50%</td>",
        ] {
            assert_eq!(found(Part::Html, html), [], "{html}");
        }
    }

    #[test]
    fn each_is_told_once_and_not_too_many() {
        assert_eq!(found(Part::Text, "[name]\n[name] [NAME]").len(), 2);
        let many = (0..100).fold(String::new(), |text, number| text + &format!("*|F{number}|* "));
        assert_eq!(find(Part::Text, &many, Known::None).len(), MOST);
        // Signs that open something and nothing that closes it.
        assert_eq!(find(Part::Text, &"*|{%[[${<<".repeat(50_000), Known::None), []);
        assert_eq!(find(Part::Html, &"<style>".repeat(50_000), Known::None), []);
    }
}
