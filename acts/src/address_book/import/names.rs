//! What columns are called, by the programs and in the languages that people have.

use domain::custom_field::Key;
use serde::{Serialize, Serializer};
use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::LazyLock;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// What a column means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// The column has the addresses to which letters go.
    Email,
    /// The column has whole names.
    FullName,
    /// The column has first names.
    FirstName,
    /// The column has what stands between the first and the last name in a whole one.
    MiddleName,
    /// The column has last names.
    LastName,
    /// The column has remarks.
    Comment,
    /// The column has names of groups.
    Groups,
    /// The column has the moments when people agreed to get letters.
    ConsentAt,
}

/// A meaning is told by its usual name.
impl Serialize for Field {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl Field {
    /// All meanings that a column can have.
    pub const ALL: [Self; 8] = [
        Self::Email,
        Self::FullName,
        Self::FirstName,
        Self::MiddleName,
        Self::LastName,
        Self::Comment,
        Self::Groups,
        Self::ConsentAt,
    ];

    /// The usual name of a column with this meaning.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::FullName => "full_name",
            Self::FirstName => "first_name",
            Self::MiddleName => "middle_name",
            Self::LastName => "last_name",
            Self::Comment => "comment",
            Self::Groups => "groups",
            Self::ConsentAt => "consent_at",
        }
    }

    /// The meaning of this name, as requests and forms write it.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        let name = plain(name);
        Self::ALL.into_iter().find(|field| plain(field.name()) == name)
    }

    /// The names that this service itself has for it. They win over all others.
    fn own(self) -> &'static [&'static str] {
        match self {
            Self::Email => &["email", "email address"],
            Self::FullName => &["full name", "name"],
            Self::FirstName => &["first name"],
            Self::MiddleName => &["middle name"],
            Self::LastName => &["last name"],
            Self::Comment => &["comment", "comments"],
            Self::Groups => &["groups", "group"],
            Self::ConsentAt => &["consent at", "agreed on", "agreed at"],
        }
    }

    /// What others call it.
    fn others(self) -> &'static [&'static str] {
        match self {
            Self::Email => EMAIL,
            Self::FullName => FULL_NAME,
            Self::FirstName => FIRST_NAME,
            Self::MiddleName => MIDDLE_NAME,
            Self::LastName => LAST_NAME,
            Self::Comment => COMMENT,
            Self::Groups => GROUPS,
            Self::ConsentAt => CONSENT_AT,
        }
    }
}

/// What stands before the key of one of the owner's own fields in the name of a meaning: `field:city`.
const OWN_FIELD: &str = "field:";

/// What a column means: something that all clients have, or one of the owner's own fields.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// It is something that all clients have.
    Usual(Field),
    /// It is the owner's own field of this key.
    Custom(Key),
}

impl Meaning {
    /// The name under which requests, forms and reports have it, such as `email` or `field:city`.
    #[must_use]
    pub fn name(&self) -> Cow<'static, str> {
        match self {
            Self::Usual(field) => field.name().into(),
            Self::Custom(key) => format!("{OWN_FIELD}{key}").into(),
        }
    }

    /// The meaning of this name, as requests and forms write it.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        match name.trim().strip_prefix(OWN_FIELD) {
            Some(key) => Key::parse(key).ok().map(Self::Custom),
            None => Field::of_name(name).map(Self::Usual),
        }
    }

    /// What all clients have of it, if it is that.
    #[must_use]
    pub fn usual(&self) -> Option<Field> {
        match self {
            Self::Usual(field) => Some(*field),
            Self::Custom(_) => None,
        }
    }
}

impl From<Field> for Meaning {
    fn from(field: Field) -> Self {
        Self::Usual(field)
    }
}

/// A meaning is told by its name.
impl Serialize for Meaning {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.name())
    }
}

// What Google Contacts, Outlook, Thunderbird, Mailchimp, and people in their languages call it.

const EMAIL: &[&str] = &[
    "mail",
    "e-mail 1 - value",
    "primary email",
    "email adresse",
    "mailadresse",
    "e-mailadres",
    "e-postadress",
    "e-post",
    "epost",
    "e-postadresse",
    "sähköposti",
    "adresse e-mail",
    "adresse mail",
    "courriel",
    "adresse électronique",
    "correo",
    "correo electrónico",
    "adresse de messagerie",
    "indirizzo posta elettronica",
    "електронна адреса",
    "електронна пошта",
    "primäre e-mail-adresse",
    "subscriber",
    "user_email",
    "dirección de correo electrónico",
    "indirizzo e-mail",
    "indirizzo email",
    "posta elettronica",
    "endereço de e-mail",
    "correio eletrônico",
    "adres e-mail",
    "e-mailová adresa",
    "e-posta",
    "e-posta adresi",
    "эл. почта",
    "электронная почта",
    "почта",
    "адрес эл. почты",
    "адрес электронной почты",
    "электронный адрес",
    "емейл",
    "имейл",
    "емайл",
    "e-mail адрес",
    "адрес e-mail",
    "електронна пошта",
    "пошта",
    "メールアドレス",
    "电子邮件",
    "电子邮件地址",
    "电子邮箱",
    "邮箱",
    "이메일",
];
const FULL_NAME: &[&str] = &[
    "display name",
    "contact name",
    "anzeigename",
    "vollständiger name",
    "vor- und nachname",
    "nom complet",
    "nombre completo",
    "nome completo",
    "volledige naam",
    "fullständigt namn",
    "imię i nazwisko",
    "celé jméno",
    "ad soyad",
    "фио",
    "ф. и. о.",
    "полное имя",
    "имя полностью",
    "фамилия имя отчество",
    "фамилия имя",
    "фамилия и имя",
    "имя и фамилия",
    "имя фамилия",
    "піб",
    "повне ім'я",
    "氏名",
    "姓名",
    "名前",
    "이름",
];
const FIRST_NAME: &[&str] = &[
    "given name",
    "forename",
    "fname",
    "vorname",
    "rufname",
    "prénom",
    "primer nombre",
    "primeiro nome",
    "voornaam",
    "fornavn",
    "förnamn",
    "etunimi",
    "křestní jméno",
];
const MIDDLE_NAME: &[&str] =
    &["additional name", "zweiter vorname", "deuxième prénom", "segundo nombre", "отчество", "по батькові"];
const LAST_NAME: &[&str] = &[
    "family name",
    "surname",
    "lname",
    "nachname",
    "familienname",
    "nom de famille",
    "apellido",
    "apellidos",
    "cognome",
    "sobrenome",
    "apelido",
    "achternaam",
    "efternavn",
    "efternamn",
    "etternavn",
    "sukunimi",
    "nazwisko",
    "příjmení",
    "soyad",
    "soyadı",
    "фамилия",
    "прізвище",
];
const COMMENT: &[&str] = &[
    "note",
    "notes",
    "kommentar",
    "notiz",
    "notizen",
    "bemerkung",
    "bemerkungen",
    "commentaire",
    "remarques",
    "comentario",
    "comentarios",
    "notas",
    "note e commenti",
    "uwagi",
    "комментарий",
    "комментарии",
    "примечание",
    "примечания",
    "заметки",
    "заметка",
    "коментар",
];
const GROUPS: &[&str] =
    &["gruppe", "gruppen", "groupe", "groupes", "grupo", "grupos", "gruppi", "группа", "группы", "група", "групи"];

const CONSENT_AT: &[&str] = &[
    "consent date",
    "optin time",
    "opt in date",
    "einwilligung am",
    "einwilligungsdatum",
    "date du consentement",
    "дата согласия",
    "согласие от",
    "согласие дано",
    "дата згоди",
];

/// A whole name, unless there is a column for the first one and none for the last one: then the last one ("Vorname, Name").
const WHOLE_OR_LAST: [&str; 5] = ["name", "nom", "naam", "navn", "namn"];

/// The first name beside a column for the last one, and a whole name without ("Имя, Фамилия" and "Имя").
const FIRST_OR_WHOLE: [&str; 8] = ["имя", "nombre", "nome", "imię", "jméno", "ad", "adı", "ім'я"];

/// What the name of a column may mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Known {
    /// This, by a name of our own.
    Own(Field),
    /// This, by a name that others have for it.
    Other(Field),
    /// See [`WHOLE_OR_LAST`].
    WholeOrLast,
    /// See [`FIRST_OR_WHOLE`].
    FirstOrWhole,
}

/// All names that are known. A first line may have a hundred thousand of its own.
static KNOWN: LazyLock<HashMap<String, Known>> = LazyLock::new(|| {
    let others =
        Field::ALL.into_iter().flat_map(|field| field.others().iter().map(move |name| (*name, Known::Other(field))));
    let own = Field::ALL.into_iter().flat_map(|field| field.own().iter().map(move |name| (*name, Known::Own(field))));
    let first = FIRST_OR_WHOLE.into_iter().map(|name| (name, Known::FirstOrWhole));
    let whole = WHOLE_OR_LAST.into_iter().map(|name| (name, Known::WholeOrLast));
    // "name" is our own, and more than that.
    others.chain(own).chain(first).chain(whole).map(|(name, known)| (plain(name), known)).collect()
});

impl Known {
    pub(super) fn of(name: &str) -> Option<Self> {
        // None has so many letters.
        if name.len() > 200 { None } else { KNOWN.get(&plain(name)).copied() }
    }
}

/// `E-Mail`, `e mail`, `EMAIL` and `é-mail` are one name.
pub(super) fn plain(name: &str) -> String {
    let letters = name.nfkd().filter(|c| c.is_alphanumeric() && !is_combining_mark(*c));
    letters.flat_map(char::to_lowercase).map(|c| if c == 'ı' { 'i' } else { c }).collect()
}

/// Whether somebody may believe that a column of this name is imported as a name or an address.
pub(super) fn looks_like_a_name_or_an_address(name: &str) -> bool {
    const PARTS: [&str; 17] = [
        "name",
        "mail",
        "vorname",
        "prenom",
        "apellid",
        "cognome",
        "voornaam",
        "nazwisk",
        "correo",
        "courriel",
        "имя",
        "фамил",
        "отчеств",
        "почт",
        "пошт",
        "фио",
        "adress",
    ];
    let name = plain(name);
    PARTS.iter().any(|part| name.contains(&plain(part))) || name == "address" || name == "адрес"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_means_two_things() {
        let mut meanings: Vec<(String, String)> = Vec::new();
        for field in Field::ALL {
            let names = field.own().iter().chain(field.others());
            meanings.extend(names.map(|name| (plain(name), field.name().to_owned())));
        }
        meanings.retain(|(name, _)| name != "name");
        meanings.extend(WHOLE_OR_LAST.iter().map(|name| (plain(name), "whole or last".to_owned())));
        meanings.extend(FIRST_OR_WHOLE.iter().map(|name| (plain(name), "first or whole".to_owned())));
        meanings.sort();
        meanings.dedup();
        for pair in meanings.windows(2) {
            assert_ne!(pair[0].0, pair[1].0, "{pair:?}");
        }
        assert!(meanings.iter().all(|(name, _)| !name.is_empty()));
    }

    #[test]
    fn a_meaning_is_read_by_the_name_that_it_has() {
        let city = Meaning::Custom(Key::parse("city").expect("a key"));
        assert_eq!(city.name(), "field:city");
        let usual = Field::ALL.map(Meaning::Usual);
        for meaning in usual.iter().chain([&city]) {
            assert_eq!(Meaning::of_name(&meaning.name()).as_ref(), Some(meaning));
        }
        assert_eq!(Meaning::of_name(" field:City "), Some(city));
        assert_eq!(
            ["field:", "field:1", "field:email", "phone", ""].map(Meaning::of_name),
            [None, None, None, None, None]
        );
    }

    #[test]
    fn what_programs_write_is_known() {
        for (name, known) in [
            ("E-mail 1 - Value", Some(Known::Other(Field::Email))),
            ("E-mail Address", Some(Known::Own(Field::Email))),
            ("E-Mail-Adresse", Some(Known::Other(Field::Email))),
            ("Адрес эл. почты", Some(Known::Other(Field::Email))),
            ("First Name", Some(Known::Own(Field::FirstName))),
            ("PRE\u{301}NOM", Some(Known::Other(Field::FirstName))),
            ("Family Name", Some(Known::Other(Field::LastName))),
            ("Отчество", Some(Known::Other(Field::MiddleName))),
            ("Name", Some(Known::WholeOrLast)),
            ("ИМЯ", Some(Known::FirstOrWhole)),
            ("Agreed on", Some(Known::Own(Field::ConsentAt))),
            ("OPTIN_TIME", Some(Known::Other(Field::ConsentAt))),
            ("Phone", None),
            ("", None),
            ("--", None),
        ] {
            assert_eq!(Known::of(name), known, "{name}");
        }
        for (name, looks) in [
            ("Middle Initial Name", true),
            ("E-mail 2 Address", true),
            ("Дополнительная почта", true),
            ("Имя питомца", true),
            ("Phone", false),
            ("Город", false),
        ] {
            assert_eq!(looks_like_a_name_or_an_address(name), looks, "{name}");
        }
    }
}
