//! What a form sent, and what is wrong with it.

use super::Trouble;
use acts::Problem;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use domain::Language;
use percent_encoding::percent_decode;
use std::sync::Arc;
use url::form_urlencoded;

/// The fields of a form or of an address, in their order. A field can have several values, as ticked boxes have.
#[derive(Clone, Debug, Default)]
pub(crate) struct Fields(Arc<Vec<(String, String)>>);

impl Fields {
    /// The fields of a form (WHATWG URL, `application/x-www-form-urlencoded`); `None` if it is not in UTF-8. What looks like an
    /// escape and is none stands for itself, as browsers read it.
    pub(crate) fn of_form(bytes: &[u8]) -> Option<Self> {
        let pairs = bytes.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()).map(|pair| {
            let (name, value) = match pair.iter().position(|byte| *byte == b'=') {
                Some(place) => (&pair[..place], &pair[place + 1..]),
                None => (pair, &[][..]),
            };
            Some((unescaped(name)?, unescaped(value)?))
        });
        Some(Self(Arc::new(pairs.collect::<Option<_>>()?)))
    }

    /// The fields of a query. What is not in UTF-8 finds nothing.
    pub(crate) fn parse(bytes: &[u8]) -> Self {
        let pairs = form_urlencoded::parse(bytes);
        Self(Arc::new(pairs.map(|(name, value)| (name.into_owned(), value.into_owned())).collect()))
    }

    /// These fields.
    pub(crate) fn of(pairs: Vec<(String, String)>) -> Self {
        Self(Arc::new(pairs))
    }

    /// The value of a field; empty if it was not sent.
    pub(crate) fn text(&self, name: &str) -> &str {
        self.get(name).unwrap_or_default()
    }

    /// The value of a field; `None` if it was not sent, or if it is blank.
    pub(crate) fn some(&self, name: &str) -> Option<&str> {
        self.get(name).filter(|value| !value.trim().is_empty())
    }

    /// The value of a field; `None` if it was not sent.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// All values of a field.
    pub(crate) fn all(&self, name: &str) -> Vec<String> {
        self.0.iter().filter(|(key, _)| key == name).map(|(_, value)| value.clone()).collect()
    }

    /// Whether a box is ticked.
    pub(crate) fn ticked(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// The version that the form was made for; `None` if it does not say.
    pub(crate) fn version(&self) -> Option<i64> {
        self.text("expectedVersion").parse().ok()
    }

    /// The key with which the form makes a thing once, however often it is sent.
    pub(crate) fn key(&self) -> Option<String> {
        self.some("idempotencyKey").map(str::to_owned)
    }

    /// The fields without this one, and its value if it was sent.
    pub(super) fn without(self, name: &str) -> (Self, Option<String>) {
        let Some(value) = self.get(name).map(str::to_owned) else { return (self, None) };
        let others = self.0.iter().filter(|(other, _)| other != name).cloned().collect();
        (Self(Arc::new(others)), Some(value))
    }

    /// All fields with their values.
    pub(crate) fn pairs(&self) -> &[(String, String)] {
        &self.0
    }
}

/// A name or a value as it was before it was sent; `None` if it is no text.
fn unescaped(sent: &[u8]) -> Option<String> {
    let spaced: Vec<u8> = sent.iter().map(|byte| if *byte == b'+' { b' ' } else { *byte }).collect();
    String::from_utf8(percent_decode(&spaced).collect()).ok()
}

/// The fields of the form that was sent: none if the request has no such body.
impl<S: Sync> FromRequestParts<S> for Fields {
    type Rejection = Trouble;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        Ok(parts.extensions.get::<Self>().cloned().unwrap_or_default())
    }
}

/// One thing that is to mend.
#[derive(Clone, Debug)]
pub(crate) struct Mistake {
    /// The field of the form; empty if it is about the whole.
    pub(crate) field: String,
    /// A sentence that says what is wrong and what to do.
    pub(crate) said: String,
}

/// What is to mend in a form.
#[derive(Clone, Debug, Default)]
pub(crate) struct Mistakes(Vec<Mistake>);

impl Mistakes {
    /// The problems of an act. A form's fields have the names that the API's inputs have, with dots for what is inside.
    pub(crate) fn of(problems: &[Problem], language: Language) -> Self {
        let mistake =
            |problem: &Problem| Mistake { field: problem.field.join("."), said: sentence(problem.said.to(language)) };
        Self(problems.iter().map(mistake).collect())
    }

    /// One thing that is wrong with the whole.
    pub(crate) fn general(said: &str) -> Self {
        Self(vec![Mistake { field: String::new(), said: said.to_owned() }])
    }

    /// One thing that is wrong with one field.
    pub(crate) fn at_field(field: &str, said: &str) -> Self {
        Self(vec![Mistake { field: field.to_owned(), said: said.to_owned() }])
    }

    /// The same, with what is said of one field said of another.
    #[must_use]
    pub(crate) fn moved(mut self, from: &str, to: &str) -> Self {
        for mistake in &mut self.0 {
            if mistake.field == from {
                to.clone_into(&mut mistake.field);
            }
        }
        self
    }

    /// The same, with what is said of the parts of a field said of the field.
    #[must_use]
    pub(crate) fn gathered(mut self, field: &str) -> Self {
        let is_part = |other: &str| other.strip_prefix(field).is_some_and(|part| part.starts_with('.'));
        for mistake in self.0.iter_mut().filter(|mistake| is_part(&mistake.field)) {
            field.clone_into(&mut mistake.field);
        }
        self
    }

    /// The same, with what is said of any other field than this one said of the whole.
    #[must_use]
    pub(crate) fn about_the_whole_but(mut self, field: &str) -> Self {
        for mistake in self.0.iter_mut().filter(|mistake| mistake.field != field) {
            mistake.field.clear();
        }
        self
    }

    /// What is wrong with one field.
    pub(crate) fn at(&self, field: &str) -> Vec<&str> {
        self.0.iter().filter(|mistake| mistake.field == field).map(|mistake| mistake.said.as_str()).collect()
    }

    /// Whether something is wrong with one field.
    pub(crate) fn is_at(&self, field: &str) -> bool {
        self.0.iter().any(|mistake| mistake.field == field)
    }

    /// Everything that is wrong.
    pub(crate) fn all(&self) -> &[Mistake] {
        &self.0
    }

    /// How much is wrong.
    pub(crate) fn count(&self) -> u64 {
        self.0.len() as u64
    }
}

/// A sentence of the service as it stands alone: with a capital and a full stop.
pub(crate) fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let mut whole: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
    whole.push_str(letters.as_str());
    if !whole.ends_with(['.', '!', '?', '\u{2026}']) {
        whole.push('.');
    }
    whole
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_read_as_browsers_send_it() {
        let form = "email=ann%40example.org&groupIds=a&groupIds=b&fullName=%D0%81+%26&&shared=on&x";
        let fields = Fields::of_form(form.as_bytes()).expect("it is in UTF-8");
        assert_eq!(fields.pairs(), Fields::parse(form.as_bytes()).pairs(), "an address is read in the same way");
        assert_eq!((fields.text("email"), fields.text("fullName")), ("ann@example.org", "Ё &"));
        assert_eq!(fields.all("groupIds"), ["a", "b"]);
        assert!(fields.ticked("shared") && fields.ticked("x") && !fields.ticked("y"));
        assert_eq!((fields.some("x"), fields.get("x"), fields.get("y")), (None, Some(""), None));
    }

    #[test]
    fn a_form_is_text_whatever_is_sent() {
        for (form, value) in [
            (&b"x=%"[..], Some("%")),
            (b"x=%zz%4", Some("%zz%4")),
            (b"x=%00", Some("\0")),
            (b"x=\xd0\x81", Some("\u{401}")),
            (b"x=%EF%BF%BD", Some("\u{fffd}")),
            (b"x=%D0", None),
            (b"x=%ED%A0%80", None),
            (b"\xff=x", None),
        ] {
            let fields = Fields::of_form(form);
            assert_eq!(fields.as_ref().map(|fields| fields.text("x")), value, "{form:?}");
        }
        let (fields, gone) = Fields::of_form(b"x=1&y=2&x=3").expect("it is in UTF-8").without("x");
        assert_eq!((fields.pairs().len(), gone.as_deref()), (1, Some("1")));
    }

    #[test]
    fn what_is_said_of_parts_of_a_field_is_said_of_the_field() {
        let at = |field: &str| Mistake { field: field.to_owned(), said: "x".to_owned() };
        let mistakes = Mistakes(["rows.1.name", "rows.1", "rows.10.name", "name"].map(at).into()).gathered("rows.1");
        let fields: Vec<&str> = mistakes.all().iter().map(|mistake| mistake.field.as_str()).collect();
        assert_eq!(fields, ["rows.1", "rows.1", "rows.10.name", "name"]);
    }

    #[test]
    fn a_sentence_stands_alone() {
        for (text, whole) in [("the name is too long", "The name is too long."), ("ёж", "Ёж."), ("Really?", "Really?")]
        {
            assert_eq!(sentence(text), whole);
        }
    }
}
