//! What holds for everything that is said in two languages, wherever in this crate or in its faces it is said.

use crate::address_book::import::FileError;
use crate::address_book::import::warning::Notable;
use crate::quotas::{Noun, QuotaReached};
use crate::who::passwords;
use domain::{Refusal, Said};
use std::path::Path;

fn is_cyrillic(text: &str) -> bool {
    text.chars().any(|c| matches!(c, 'а'..='я' | 'ё' | 'А'..='Я'))
}

fn numbers(text: &str) -> Vec<&str> {
    let mut numbers: Vec<_> = text.split(|c: char| !c.is_ascii_digit()).filter(|part| !part.is_empty()).collect();
    numbers.sort_unstable();
    numbers
}

/// What is filled in between braces.
fn filled_in(text: &str) -> Vec<&str> {
    let mut names: Vec<_> = text.split('{').skip(1).filter_map(|rest| rest.split('}').next()).collect();
    names.sort_unstable();
    names
}

/// The two texts in quotation marks behind each of these beginnings of a call.
fn pairs<'a>(source: &'a str, call: &str) -> Vec<(&'a str, &'a str)> {
    let text = |source: &'a str| -> Option<(&'a str, &'a str)> {
        let (_, text) = source.split_once('"')?;
        let mut escaped = false;
        let end = text.find(|c| {
            let ends = c == '"' && !escaped;
            escaped = c == '\\' && !escaped;
            ends
        })?;
        Some((&text[..end], &text[end + 1..]))
    };
    let both = |rest| text(rest).and_then(|(en, rest)| text(rest).map(|(ru, _)| (en, ru)));
    source.split(call).skip(1).filter_map(both).collect()
}

fn sources(folder: &Path, sources: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).expect("the sources are there").flatten() {
        if entry.path().is_dir() {
            self::sources(&entry.path(), sources);
        } else if entry.file_name() != "laws.rs" {
            sources.push(std::fs::read_to_string(entry.path()).expect("a source is text"));
        }
    }
}

#[test]
fn what_is_written_in_both_languages_is_the_same_in_both() {
    let mut all = Vec::new();
    for folder in ["src", "../api/src"] {
        sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder), &mut all);
    }
    // What comes from another error, in whole or in parts, is not written beside its translation.
    let written = |(en, _): &(&str, &str)| !is_cyrillic(en) && !en.starts_with("{} ");
    let plain = all.iter().flat_map(|source| pairs(source, "Said::new("));
    let filled = all.iter().flat_map(|source| pairs(source, "Said::filled(")).filter(written);
    let mut count = 0;
    for (en, ru) in plain.chain(filled) {
        assert!(!is_cyrillic(en) && is_cyrillic(ru), "{en} / {ru}");
        assert_eq!(numbers(en), numbers(ru), "{en} / {ru}");
        // A length comes with its noun in Russian.
        let counted = |name: &str| name == "length" && ru.contains("{}");
        let told = |name: &&str| ru.contains(&format!("{{{name}}}")) || counted(name);
        assert!(filled_in(en).iter().all(told), "{en} / {ru}");
        count += 1;
    }
    assert!(count > 40, "{count}");
}

#[test]
fn a_file_is_refused_in_russian_with_the_same_names() {
    let (first, second) = ("name".to_owned(), "full name".to_owned());
    for error in [
        FileError::Empty,
        FileError::NotUtf8 { found: Said::new("no text", "— не текст") },
        FileError::HeaderBroken { reason: Said::new("it does not end", "она не кончается") },
        FileError::EmailColumnMissing { found: "name, phone".to_owned() },
        FileError::ColumnTwice { first, second, meaning: "full_name" },
        FileError::ColumnUnknown { name: "full name".to_owned(), found: "name, phone".to_owned() },
        FileError::MappingInvalid { text: "phone".to_owned() },
    ] {
        let (english, russian) = (error.to_string(), error.in_russian());
        assert!(is_cyrillic(&russian) && !is_cyrillic(&english), "{russian}");
        assert_eq!(numbers(&english), numbers(&russian));
        for name in ["phone", "full name", "full_name"] {
            assert_eq!(english.contains(name), russian.contains(name), "{english} / {russian}");
        }
    }
}

#[test]
fn an_import_warns_in_russian_with_the_same_names() {
    for (cells, line) in [(1, 2), (12, 7)] {
        let notable = Notable::TakenForEmpty { column: "full_name", word: "NULL", cells, line };
        let (english, russian) = (notable.to_string(), notable.in_russian());
        assert!(is_cyrillic(&russian) && !is_cyrillic(&english), "{russian}");
        assert_eq!(numbers(&english), numbers(&russian));
        assert!(russian.contains("\"NULL\"") && russian.contains("full_name"), "{russian}");
    }
}

#[test]
fn a_bound_of_an_account_is_told_in_russian_with_the_same_number() {
    use Noun::{Client, Group, Mailing, Message, RevisionOfArticle, RevisionOfMessage};
    for noun in [Client, Group, Message, Mailing, RevisionOfMessage, RevisionOfArticle] {
        let reached = QuotaReached { noun, most: 1_234 };
        let (english, russian) = (reached.to_string(), reached.in_russian());
        assert!(is_cyrillic(&russian) && !is_cyrillic(&english), "{russian}");
        assert_eq!((numbers(&english), numbers(&russian)), (vec!["1234"], vec!["1234"]));
    }
}

#[tokio::test]
async fn advice_on_passwords_is_told_in_russian_sentence_by_sentence() {
    for password in ["1234567890", "aaaaaaaaaaaa", "qwertyuiop", "petrova2001", "drowssap1234", "abcabcabcabc"] {
        let hashing = passwords::Hashing::default();
        let turn = hashing.turn(hashing.asker(None).expect("there is room")).await.expect("a turn");
        let judged = passwords::problem(turn, &password.into(), &["petrova@example.org"]).await;
        let (_, problem) = judged.expect("it is judged");
        let Said { en, ru } = problem.expect("it is weak").said;
        assert!(is_cyrillic(&ru) && !is_cyrillic(&en), "{ru}");
        assert_eq!(en.matches(". ").count(), ru.matches(". ").count(), "{en} / {ru}");
    }
}
