//! The fields of a header, read from whatever stands there.

use super::charset;
use mail_parser::HeaderValue;
use mail_parser::parsers::MessageStream;

/// How many fields of one header are read.
const MOST_FIELDS: usize = 2_000;

/// How many bytes of one field are read.
const LONGEST_VALUE: usize = 8 * 1024;

/// How many bytes the name of a field may have.
const LONGEST_NAME: usize = 80;

/// The fields of a header, in the order in which they stand there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Fields(Vec<Field>);

/// A field of a header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Field {
    /// Its name in small letters.
    pub(crate) name: String,
    /// What it says, in one line, as it was written.
    pub(crate) value: String,
}

impl Fields {
    /// Reads a header, and tells what follows after the empty line at its end. Lines that are no fields are passed over.
    pub(crate) fn read(bytes: &[u8]) -> (Self, &[u8]) {
        let mut fields: Vec<(String, Vec<u8>)> = Vec::new();
        let mut rest = bytes;
        let mut goes_on = false;
        while !rest.is_empty() {
            let (line, after) = next_line(rest);
            rest = after;
            if line.is_empty() {
                break;
            }
            if line[0] == b' ' || line[0] == b'\t' {
                if let Some((_, value)) = fields.last_mut().filter(|_| goes_on) {
                    append(value, b" ");
                    append(value, line.trim_ascii());
                }
            } else if let Some((name, value)) = field(line).filter(|_| fields.len() < MOST_FIELDS) {
                let mut kept = Vec::new();
                append(&mut kept, value.trim_ascii());
                fields.push((name, kept));
                goes_on = true;
            } else {
                goes_on = false;
            }
        }
        let read = |(name, value): (String, Vec<u8>)| Field { name, value: charset::guessed(&value).trim().to_owned() };
        (Self(fields.into_iter().map(read).collect()), rest)
    }

    /// The groups of fields that empty lines part, as reports have them.
    pub(crate) fn groups(bytes: &[u8], most: usize) -> Vec<Self> {
        let mut groups = Vec::new();
        let mut rest = bytes;
        while !rest.is_empty() && groups.len() < most {
            let (group, after) = Self::read(rest);
            rest = after;
            if !group.0.is_empty() {
                groups.push(group);
            }
        }
        groups
    }

    /// All of them.
    #[cfg(test)]
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Field> {
        self.0.iter()
    }

    /// Whether there is one with this name.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// What the first one with this name says that says anything.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.all(name).next()
    }

    /// What all say that have this name and say anything.
    pub(crate) fn all<'f>(&'f self, name: &str) -> impl Iterator<Item = &'f str> {
        let named = move |field: &&Field| field.name == name && !field.value.is_empty();
        self.0.iter().filter(named).map(|field| field.value.as_str())
    }

    /// What the first one with this name says in words, which it may have encoded (RFC 2047); empty if there is none.
    pub(crate) fn words(&self, name: &str) -> String {
        self.get(name).map(decoded).unwrap_or_default()
    }

    /// The same fields with those after them.
    pub(crate) fn and(mut self, more: Self) -> Self {
        self.0.extend(more.0);
        self
    }

    /// The fields apart, each group beginning at a field with one of these names.
    pub(crate) fn parted_at(self, begins: impl Fn(&Self, &Field) -> bool) -> Vec<Self> {
        let mut groups = vec![Self::default()];
        for field in self.0 {
            let begins = groups.last().is_some_and(|group| begins(group, &field));
            if begins {
                groups.push(Self::default());
            }
            if let Some(group) = groups.last_mut() {
                group.0.push(field);
            }
        }
        groups
    }
}

/// Whether a line looks like the first one of a field.
pub(crate) fn is_field(line: &[u8]) -> bool {
    field(line).is_some()
}

/// The next line without its end, and what comes after it.
pub(crate) fn next_line(bytes: &[u8]) -> (&[u8], &[u8]) {
    match bytes.iter().position(|byte| *byte == b'\n') {
        Some(end) => (&bytes[..end], &bytes[end + 1..]),
        None => (bytes, &[]),
    }
}

/// The name and what it says.
fn field(line: &[u8]) -> Option<(String, &[u8])> {
    let colon = line.iter().take(LONGEST_NAME + 2).position(|byte| *byte == b':')?;
    let name = line[..colon].trim_ascii_end();
    let good = !name.is_empty() && name.iter().all(u8::is_ascii_graphic);
    good.then(|| (String::from_utf8_lossy(name).to_ascii_lowercase(), &line[colon + 1..]))
}

/// Appends so much that the value does not become too long.
fn append(value: &mut Vec<u8>, more: &[u8]) {
    let room = LONGEST_VALUE.saturating_sub(value.len());
    value.extend_from_slice(&more[..more.len().min(room)]);
}

/// The words that a field's encoded words (RFC 2047) stand for.
fn decoded(value: &str) -> String {
    if !value.contains("=?") {
        return value.to_owned();
    }
    let line = format!("{value}\n");
    match MessageStream::new(line.as_bytes()).parse_unstructured() {
        HeaderValue::Text(text) => text.trim().to_owned(),
        _ => value.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(fields: &Fields) -> Vec<String> {
        fields.iter().map(|field| format!("{}={}", field.name, field.value)).collect()
    }

    #[test]
    fn a_header_is_read_with_its_folded_lines_until_the_empty_one() {
        let (fields, rest) =
            Fields::read(b"From kim Mon Jan 1\nSubject: a\n\tb\n  c\nTO :x\nnonsense\n folded\nX:\n\nbody\n");
        assert_eq!(shown(&fields), ["subject=a b c", "to=x", "x="]);
        assert_eq!(rest, b"body\n");
        assert_eq!((fields.get("x"), fields.get("to"), fields.has("nonsense")), (None, Some("x"), false));
    }

    #[test]
    fn words_are_decoded() {
        for (written, read) in [
            ("=?UTF-8?B?0J/RgNC40LLQtdGC?=", "Привет"),
            ("=?koi8-r?Q?=F0=D2=C9=D7=C5=D4?= Kim", "Привет Kim"),
            ("plain = words", "plain = words"),
            ("=?broken", "=?broken"),
        ] {
            let (fields, _) = Fields::read(format!("Subject: {written}\n").as_bytes());
            assert_eq!(fields.words("subject"), read);
        }
        assert_eq!(Fields::default().words("subject"), "");
    }

    #[test]
    fn groups_of_fields_are_parted_by_empty_lines() {
        let groups = Fields::groups(b"\n\na: 1\nb: 2\n\n\nc: 3\n\nno field\n\nd: 4", 10);
        let shown: Vec<Vec<String>> = groups.iter().map(shown).collect();
        assert_eq!(shown, [vec!["a=1", "b=2"], vec!["c=3"], vec!["d=4"]]);
        assert_eq!(Fields::groups(&b"a: 1\n\n".repeat(1_000), 10).len(), 10);
    }

    #[test]
    fn more_than_anybody_writes_is_not_kept() {
        let (fields, _) = Fields::read(&b"a: 1\n".repeat(10_000));
        assert_eq!(fields.iter().count(), MOST_FIELDS);
        let (fields, _) =
            Fields::read(format!("a: {}\n {}\nb: 2\n", "x".repeat(600_000), "y".repeat(9_000)).as_bytes());
        assert_eq!(fields.get("a").map(str::len), Some(LONGEST_VALUE));
        assert_eq!(fields.get("b"), Some("2"));
    }
}
