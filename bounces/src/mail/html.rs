//! The words of HTML. It is not shown to anybody, only searched for what a mail server says, so that nothing of it has to be right.

/// The names of elements whose contents nobody sees.
const UNSEEN: [&str; 4] = ["style", "script", "head", "title"];

/// The names of elements that stand within a line.
const WITHIN_A_LINE: [&str; 9] = ["a", "b", "i", "u", "em", "strong", "font", "span", "tt"];

/// What the entities that mail servers use stand for.
const ENTITIES: [(&str, char); 7] =
    [("lt", '<'), ("gt", '>'), ("amp", '&'), ("quot", '"'), ("apos", '\''), ("nbsp", ' '), ("shy", '\u{ad}')];

/// The longest name of an entity, with its number.
const LONGEST_ENTITY: usize = 10;

/// The text without its tags, each of which ends a line unless it is one that stands within a line.
pub(crate) fn words(html: &str) -> String {
    let mut words = String::with_capacity(html.len());
    let mut unseen: Option<&str> = None;
    let mut rest = html;
    while let Some(at) = rest.find(['<', '&']) {
        let (before, here) = rest.split_at(at);
        if unseen.is_none() {
            words.push_str(before);
        }
        if let Some(comment) = here.strip_prefix("<!--") {
            rest = comment.find("-->").map_or("", |end| &comment[end + 3..]);
        } else if let Some(tag) = here.strip_prefix('<') {
            let Some(end) = tag.find('>') else {
                // A sign, or a tag that was cut off.
                rest = here;
                break;
            };
            let (name, closes) = name(&tag[..end]);
            let named = UNSEEN.into_iter().find(|unseen| name.eq_ignore_ascii_case(unseen));
            match (unseen, named) {
                (None, Some(name)) if !closes => unseen = Some(name),
                (Some(open), Some(name)) if closes && open == name => unseen = None,
                (None, _) => words.push_str(between(name, &tag[..end])),
                (Some(_), _) => {}
            }
            rest = &tag[end + 1..];
        } else {
            let (sign, after) = entity(here);
            if unseen.is_none() {
                words.push(sign);
            }
            rest = after;
        }
    }
    if unseen.is_none() {
        words.push_str(rest);
    }
    words
}

/// The name of a tag, and whether it is a closing one.
fn name(tag: &str) -> (&str, bool) {
    let bare = tag.strip_prefix('/').unwrap_or(tag);
    let end = bare.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(bare.len());
    (&bare[..end], tag.starts_with('/'))
}

/// What stands in the place of a tag. An address in angle brackets that somebody forgot to write as entities is no tag.
fn between<'t>(name: &str, tag: &'t str) -> &'t str {
    if tag.contains('@') && !tag.contains([' ', '=']) {
        return tag;
    }
    if WITHIN_A_LINE.iter().any(|within| name.eq_ignore_ascii_case(within)) { "" } else { "\n" }
}

/// The sign that an entity stands for, and what follows it.
fn entity(text: &str) -> (char, &str) {
    let bare = &text[1..];
    let named = bare.bytes().take(LONGEST_ENTITY).position(|byte| byte == b';').and_then(|end| {
        let name = &bare[..end];
        let number = match name.strip_prefix('#') {
            Some(number) => match number.strip_prefix(['x', 'X']) {
                Some(number) => u32::from_str_radix(number, 16).ok().and_then(char::from_u32),
                None => number.parse().ok().and_then(char::from_u32),
            },
            None => ENTITIES.iter().find(|(known, _)| *known == name).map(|(_, sign)| *sign),
        };
        number.map(|sign| (sign, &bare[end + 1..]))
    });
    named.unwrap_or(('&', bare))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_people_see_is_kept() {
        for (html, expected) in [
            ("a<br>b", "a\nb"),
            ("<p><b>User</b> <a href='x'>un</a>known</p>", "\nUser unknown\n"),
            ("<td>550</td><td>5.1.1</td>", "\n550\n\n5.1.1\n"),
            ("<HTML><head><title>x</title></head><style>p { }</STYLE>seen", "\nseen"),
            ("&lt;kim@example.org&gt;&#58;&#x20;gone&nbsp;&copy", "<kim@example.org>: gone &copy"),
            ("to <kim@example.org>: gone", "to kim@example.org: gone"),
            ("a<!-- <b> -->b<!-- c", "ab"),
            ("a < b", "a < b"),
            ("&;&#;&#x110000;", "&;&#;&#x110000;"),
            ("<script>x</style>y</script>z", "z"),
        ] {
            assert_eq!(words(html), expected, "{html}");
        }
    }

    proptest! {
        #[test]
        fn whatever_somebody_writes_is_read_without_fault(html in "[<>&;#/! a-z-]{0,60}|.{0,60}") {
            let _ = words(&html);
        }
    }
}
