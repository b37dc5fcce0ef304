//! The text of a message as it comes over the wire, and where it ends (RFC 5321, sections 4.1.1.4 and 4.5.2).
//!
//! Only `CR LF . CR LF` ends it. A lone CR or LF is part of the text, whatever stands around it: servers that take `LF . LF` for an end,
//! too, let whoever writes a message put another one behind it ("SMTP smuggling").

/// What came last, as far as it matters to what comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// A line begins.
    Start,
    /// It began with a dot, which ends the text or is left out.
    Dot,
    /// After the dot came a CR.
    DotReturn,
    /// Somewhere in a line.
    Inside,
    /// A CR, after which a LF ends the line.
    Return,
}

/// A text that comes in pieces. It keeps the beginning and counts the rest.
#[derive(Debug)]
pub(super) struct Text {
    place: Place,
    kept: Vec<u8>,
    most: usize,
    size: u64,
}

/// What there was in a piece.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Fed {
    /// How many of its bytes are of the text or of its end. What comes after the end is the next command.
    pub(super) used: usize,
    /// Whether the text is over.
    pub(super) over: bool,
}

impl Text {
    /// None of it is there yet. At most so many bytes of it are kept.
    pub(super) fn keeping(most: usize) -> Self {
        Self { place: Place::Start, kept: Vec::new(), most, size: 0 }
    }

    /// What is kept of it, without the dots that were put in for the wire.
    pub(super) fn kept(&self) -> &[u8] {
        &self.kept
    }

    /// How many bytes all of it has.
    pub(super) fn size(&self) -> u64 {
        self.size
    }

    /// Takes in what came, up to the end of the text if that is among it.
    pub(super) fn feed(&mut self, piece: &[u8]) -> Fed {
        let mut used = 0;
        while let Some(&byte) = piece.get(used) {
            let plain = match self.place {
                // Most of a text goes here, so not byte by byte.
                Place::Inside => piece[used..].iter().position(|byte| *byte == b'\r').unwrap_or(piece.len() - used),
                Place::Start | Place::Dot | Place::DotReturn | Place::Return => 0,
            };
            if plain > 0 {
                self.add(&piece[used..used + plain]);
                used += plain;
                continue;
            }
            used += 1;
            if self.step(byte) {
                return Fed { used, over: true };
            }
        }
        Fed { used, over: false }
    }

    /// Takes in one byte; whether it ends the text.
    fn step(&mut self, byte: u8) -> bool {
        match (self.place, byte) {
            (Place::DotReturn, b'\n') => return true,
            (Place::Start, b'.') => self.place = Place::Dot,
            (Place::Dot, b'\r') => self.place = Place::DotReturn,
            (Place::DotReturn, _) => {
                // The dot was only put in, and the CR behind it is one of the text.
                self.add(b"\r");
                self.plain(byte);
            }
            (Place::Return, b'\n') => {
                self.add(b"\n");
                self.place = Place::Start;
            }
            (Place::Start | Place::Dot | Place::Inside | Place::Return, _) => self.plain(byte),
        }
        false
    }

    /// A byte of the text, which may be a CR.
    fn plain(&mut self, byte: u8) {
        self.add(&[byte]);
        self.place = if byte == b'\r' { Place::Return } else { Place::Inside };
    }

    fn add(&mut self, bytes: &[u8]) {
        self.size = self.size.saturating_add(bytes.len() as u64);
        let room = self.most.saturating_sub(self.kept.len());
        self.kept.extend_from_slice(&bytes[..bytes.len().min(room)]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The text of these bytes, and what is left of them after its end; none if it does not end.
    fn read(bytes: &[u8]) -> Option<(Vec<u8>, &[u8])> {
        let mut text = Text::keeping(usize::MAX);
        let fed = text.feed(bytes);
        fed.over.then(|| (text.kept().to_vec(), &bytes[fed.used..]))
    }

    /// As a client puts a text on the wire.
    fn stuffed(text: &[u8]) -> Vec<u8> {
        let (mut wire, mut last) = (Vec::new(), *b"\r\n");
        for byte in text {
            if last == *b"\r\n" && *byte == b'.' {
                wire.push(b'.');
            }
            wire.push(*byte);
            last = [last[1], *byte];
        }
        wire.extend_from_slice(b".\r\n");
        wire
    }

    #[test]
    fn a_text_ends_with_a_dot_on_a_line_of_its_own() {
        for (wire, text, rest) in [
            (&b".\r\n"[..], &b""[..], &b""[..]),
            (b".\r\nQUIT\r\n", b"", b"QUIT\r\n"),
            (b"a\r\n.\r\n", b"a\r\n", b""),
            (b"a\r\n..\r\n.b\r\n...c\r\n.\r\nMAIL", b"a\r\n.\r\nb\r\n..c\r\n", b"MAIL"),
            (b"\r\n\r\n.\r\n", b"\r\n\r\n", b""),
            (b"\0\xff\r\n.\r\n", b"\0\xff\r\n", b""),
        ] {
            assert_eq!(read(wire), Some((text.to_vec(), rest)), "{wire:?}");
        }
    }

    /// As they are known from servers that were talked into taking two messages for one.
    #[test]
    fn nothing_else_ends_a_text() {
        for end in [
            "\n.\n",
            "\n.\r\n",
            "\r\n.\n",
            "\r.\r",
            "\r.\r\n",
            "\r\n.\r",
            "\n.\r",
            "\r\n\0.\r\n",
            "\r\n.\0\r\n",
            "\r\n .\r\n",
            "\r\n.\r\r\n",
            "\r\r\n.\n",
            "\n\n.\r\n",
            "\r\n. \r\n",
        ] {
            let wire = format!("a{end}b");
            assert_eq!(read(wire.as_bytes()), None, "{end:?}");
            let wire = format!("a{end}MAIL FROM:<>\r\n.\r\n");
            let (text, rest) = read(wire.as_bytes()).expect("it ends where it ends");
            assert!(rest.is_empty() && text.ends_with(b"MAIL FROM:<>\r\n"), "{end:?}");
        }
    }

    #[test]
    fn what_is_stuffed_and_ends_nothing_loses_its_dot_alone() {
        let (text, _) = read(b"a\r\n.\rb\r\n.\nc\r\n.\r\r\nd\r\n.\r\n").expect("it ends");
        assert_eq!(text, b"a\r\n\rb\r\n\nc\r\n\r\r\nd\r\n");
    }

    #[test]
    fn only_the_beginning_is_kept_and_all_is_counted() {
        let mut text = Text::keeping(10);
        for _ in 0..1_000 {
            assert!(!text.feed(b"..2345678\r\n").over);
        }
        assert_eq!(text.feed(b".\r\n"), Fed { used: 3, over: true });
        assert_eq!((text.kept(), text.size()), (&b".2345678\r\n"[..], 10_000));
        assert!(text.kept.capacity() < 100);
    }

    proptest! {
        #[test]
        fn a_text_comes_as_it_was_written_however_it_is_cut(
            text in "(\\.|\r\n|\r|\n|a|\u{e9}|\0){0,40}", cuts in proptest::collection::vec(1..9_usize, 0..60), next in ".{0,9}",
        ) {
            // Whoever writes a text ends its last line.
            let text = [text.as_bytes(), b"\r\n"].concat();
            let wire = [&stuffed(&text)[..], next.as_bytes()].concat();
            let (mut read, mut at) = (Text::keeping(usize::MAX), 0_usize);
            for cut in cuts.into_iter().chain(std::iter::repeat(usize::MAX)) {
                let piece = &wire[at..at.saturating_add(cut).min(wire.len())];
                let fed = read.feed(piece);
                at += fed.used;
                if fed.over {
                    break;
                }
                prop_assert_eq!(fed.used, piece.len());
                prop_assert!(at < wire.len());
            }
            prop_assert_eq!(read.kept(), &text[..]);
            prop_assert_eq!(read.size(), text.len() as u64);
            prop_assert_eq!(&wire[at..], next.as_bytes());
        }

        #[test]
        fn whatever_comes_is_taken_in_without_fault(bytes: Vec<u8>, most in 0..50_usize) {
            let mut text = Text::keeping(most);
            let fed = text.feed(&bytes);
            prop_assert!(fed.used <= bytes.len() && (fed.over || fed.used == bytes.len()));
            prop_assert!(text.kept().len() <= most && text.size() <= bytes.len() as u64);
        }
    }
}
