//! How a revision of a message differs from the one before.

use projections::messages::Revision;
use similar::{ChangeTag, TextDiff};
use std::time::Duration;

/// How long comparing one part may take. After that the difference is still right, only not the smallest one.
const COMPARING: Duration = Duration::from_millis(50);

/// Something that a revision says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Piece {
    /// The subject.
    Subject,
    /// The plain text.
    Text,
    /// The HTML.
    Html,
    /// What text and HTML are made of.
    Markdown,
}

/// What mail programs get.
pub(crate) const PARTS: [Piece; 3] = [Piece::Subject, Piece::Text, Piece::Html];

/// What somebody wrote from whom both revisions have Markdown.
const SOURCES: [Piece; 2] = [Piece::Subject, Piece::Markdown];

impl Piece {
    /// Its name in a difference.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Subject => "subject",
            Self::Text => "text",
            Self::Html => "html",
            Self::Markdown => "markdown",
        }
    }

    /// What a revision says here; nothing if it has no such piece.
    fn of(self, revision: &Revision) -> &str {
        match self {
            Self::Subject => &revision.subject,
            Self::Text => &revision.text,
            Self::Html => revision.html.as_deref().unwrap_or_default(),
            Self::Markdown => revision.markdown.as_deref().unwrap_or_default(),
        }
    }
}

/// What people wrote: Markdown if both revisions have it, and the parts of the letter if not.
pub(crate) fn pieces(before: Option<&Revision>, revision: &Revision) -> &'static [Piece] {
    let in_markdown = revision.markdown.is_some() && before.is_none_or(|before| before.markdown.is_some());
    if in_markdown { &SOURCES } else { &PARTS }
}

/// Those of these pieces that a revision made different from the one before; in the first revision, those that say anything.
pub(crate) fn changed(pieces: &[Piece], before: Option<&Revision>, revision: &Revision) -> Vec<Piece> {
    let differs = |piece: &Piece| match before {
        Some(before) => piece.of(before) != piece.of(revision),
        None => !piece.of(revision).is_empty(),
    };
    pieces.iter().copied().filter(differs).collect()
}

/// The difference of these pieces, line by line, as a unified diff of those that changed.
pub(crate) fn diff(pieces: &[Piece], before: &Revision, revision: &Revision) -> String {
    let mut diffs = String::new();
    for piece in changed(pieces, Some(before), revision) {
        let (old, new) = (piece.of(before), piece.of(revision));
        let compared = TextDiff::configure().timeout(COMPARING).diff_lines(old, new);
        let (old_name, new_name) = (
            format!("{} (revision {})", piece.name(), before.revision),
            format!("{} (revision {})", piece.name(), revision.revision),
        );
        diffs.push_str(&compared.unified_diff().header(&old_name, &new_name).to_string());
    }
    diffs
}

/// What became of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Line {
    /// It stands in both revisions.
    Kept,
    /// It is new.
    Added,
    /// It is gone.
    Removed,
    /// Here are lines that stand in both and are far from any change.
    Skipped,
}

/// The same as [`diff`], piece by piece and line by line.
pub(crate) fn lines(pieces: &[Piece], before: &Revision, revision: &Revision) -> Vec<(Piece, Vec<(Line, String)>)> {
    let compared = changed(pieces, Some(before), revision).into_iter().map(|piece| {
        let compared = TextDiff::configure().timeout(COMPARING).diff_lines(piece.of(before), piece.of(revision));
        let mut lines = Vec::new();
        for group in compared.grouped_ops(3) {
            if !lines.is_empty() {
                lines.push((Line::Skipped, "…".to_owned()));
            }
            for change in group.iter().flat_map(|part| compared.iter_changes(part)) {
                let (line, sign) = match change.tag() {
                    ChangeTag::Equal => (Line::Kept, ' '),
                    ChangeTag::Insert => (Line::Added, '+'),
                    ChangeTag::Delete => (Line::Removed, '−'),
                };
                lines.push((line, format!("{sign} {}", change.value().trim_end_matches(['\r', '\n']))));
            }
        }
        (piece, lines)
    });
    compared.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::DateTime;
    use uuid::Uuid;

    fn revision(number: i32, subject: &str, text: &str, html: Option<&str>) -> Revision {
        Revision {
            message_id: Uuid::nil(),
            revision: number,
            subject: subject.to_owned(),
            text: text.to_owned(),
            html: html.map(str::to_owned),
            markdown: None,
            at: DateTime::UNIX_EPOCH,
        }
    }

    #[test]
    fn a_revision_tells_which_parts_are_different_and_how() {
        let first = revision(1, "Hello", "Dear Ann,\n\nhow are you?\n", None);
        let second = revision(2, "Hello", "Dear Ann,\n\nwho are you?\n", Some("<p>?</p>"));
        assert_eq!(changed(&PARTS, None, &first), [Piece::Subject, Piece::Text]);
        assert_eq!(changed(&PARTS, Some(&first), &second), [Piece::Text, Piece::Html]);
        assert_eq!(
            diff(&PARTS, &first, &second),
            "--- text (revision 1)\n+++ text (revision 2)\n@@ -1,3 +1,3 @@\n Dear Ann,\n \n-how are you?\n+who are you?\n\
             --- html (revision 1)\n+++ html (revision 2)\n@@ -0,0 +1 @@\n+<p>?</p>\n\\ No newline at end of file\n"
        );
        assert_eq!(changed(&PARTS, Some(&second), &second), []);
        assert_eq!(diff(&PARTS, &second, &second), "");
        let kept = |text: &str| (Line::Kept, format!("  {text}"));
        assert_eq!(
            lines(&PARTS[..2], &first, &second),
            [(
                Piece::Text,
                vec![
                    kept("Dear Ann,"),
                    kept(""),
                    (Line::Removed, "− how are you?".to_owned()),
                    (Line::Added, "+ who are you?".to_owned()),
                ]
            )]
        );
    }

    #[test]
    fn of_letters_in_markdown_that_is_compared() {
        let plain = revision(1, "Hello", "a\n", None);
        let first = Revision { markdown: Some("*a*\n".to_owned()), ..revision(2, "Hello", "a\n", Some("<em>a</em>")) };
        let second = Revision { markdown: Some("**a**\n".to_owned()), ..first.clone() };
        assert_eq!(pieces(Some(&plain), &first), PARTS);
        assert_eq!(pieces(None, &first), SOURCES);
        assert_eq!(changed(pieces(Some(&first), &second), Some(&first), &second), [Piece::Markdown]);
    }
}
