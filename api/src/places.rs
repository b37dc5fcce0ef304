//! Places in lists, as they are written in cursors and in the addresses of pages: opaque, and never a number of rows to skip.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use projections::Cursor;
use projections::clients::{self, Key, Order};
use projections::feedback;
use uuid::Uuid;

/// A place in a list.
pub(crate) trait Place: Clone {
    /// The place as it is written in an answer or an address.
    fn cursor(self) -> String {
        URL_SAFE_NO_PAD.encode(self.bytes())
    }

    /// The place that such a text names; none if it names none of this kind.
    fn from_cursor(text: &str) -> Option<Self> {
        Self::from_bytes(&URL_SAFE_NO_PAD.decode(text).ok()?)
    }

    fn bytes(self) -> Vec<u8>;
    fn from_bytes(bytes: &[u8]) -> Option<Self>;
}

impl Place for Cursor {
    fn bytes(self) -> Vec<u8> {
        [self.at.timestamp_micros().to_be_bytes().as_slice(), self.id.as_bytes()].concat()
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (at, id) = bytes.split_first_chunk()?;
        Some(Self { at: moment(*at)?, id: Uuid::from_slice(id).ok()? })
    }
}

/// A time that a list may have. Cursors can be made up, and PostgreSQL does not know every time that there is.
fn moment(bytes: [u8; 8]) -> Option<DateTime<Utc>> {
    let micros = i64::from_be_bytes(bytes);
    DateTime::from_timestamp_micros(micros).filter(|_| micros >= 0)
}

/// Marks places of lists that have several orders. As the first byte of a moment it stands for a time that no list has.
const ORDERED: u8 = 0x80;

impl Place for clients::Place {
    fn bytes(self) -> Vec<u8> {
        let order = self.order();
        let key = match order.key {
            Key::Created => 0,
            Key::Email => 2,
            Key::FullName => 4,
        };
        let (id, place) = match self {
            Self::At(_, Cursor { at, id }) => (id, at.timestamp_micros().to_be_bytes().to_vec()),
            Self::Text(_, text, id) => (id, text.into_bytes()),
        };
        [&[ORDERED | key | u8::from(order.descending)], id.as_bytes().as_slice(), &place].concat()
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (&mark, rest) = bytes.split_first()?;
        let (id, place) = rest.split_first_chunk()?;
        let id = Uuid::from_bytes(*id);
        let order = |key| Order { key, descending: mark & 1 == 1 };
        let text = |key| {
            // No text in PostgreSQL has a NUL.
            let text = String::from_utf8(place.to_vec()).ok().filter(|text| !text.contains('\0'))?;
            Some(Self::Text(order(key), text, id))
        };
        match mark & !1 {
            0x80 => {
                let at = moment(place.try_into().ok()?)?;
                Some(Self::At(order(Key::Created), Cursor { at, id }))
            }
            0x82 => text(Key::Email),
            0x84 => text(Key::FullName),
            _ => None,
        }
    }
}

impl Place for feedback::Place {
    fn bytes(self) -> Vec<u8> {
        let (at, ordinal, version) =
            (self.at.timestamp_micros().to_be_bytes(), self.ordinal.to_be_bytes(), self.version.to_be_bytes());
        [at.as_slice(), self.run.as_bytes(), &ordinal, &version].concat()
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (at, rest) = bytes.split_first_chunk()?;
        let (run, rest) = rest.split_first_chunk()?;
        let (ordinal, version) = rest.split_first_chunk()?;
        Some(Self {
            at: moment(*at)?,
            run: Uuid::from_bytes(*run),
            ordinal: i32::from_be_bytes(*ordinal),
            version: i64::from_be_bytes(version.try_into().ok()?),
        })
    }
}

impl Place for i64 {
    fn bytes(self) -> Vec<u8> {
        self.to_be_bytes().to_vec()
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self::from_be_bytes)
    }
}

impl Place for i32 {
    fn bytes(self) -> Vec<u8> {
        self.to_be_bytes().to_vec()
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        // Cursors can be made up, and what comes after a place has one, too.
        bytes.try_into().ok().map(Self::from_be_bytes).filter(|place| (0..Self::MAX).contains(place))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_survives_being_a_cursor() {
        let place = Cursor { at: DateTime::from_timestamp_micros(1_777_000_000_123_456).unwrap(), id: Uuid::now_v7() };
        assert_eq!(Cursor::from_bytes(&place.bytes()), Some(place));
        assert_eq!(i64::from_bytes(&Place::bytes(-5_i64)), Some(-5));
        assert_eq!(i32::from_bytes(&Place::bytes(7_i32)), Some(7));
        for nowhere in [-1, i32::MIN, i32::MAX] {
            assert_eq!(i32::from_bytes(&Place::bytes(nowhere)), None, "{nowhere}");
        }
        let place = feedback::Place { at: place.at, run: place.id, ordinal: 7, version: 2 };
        let bytes = place.bytes();
        assert_eq!(feedback::Place::from_bytes(&bytes), Some(place));
        assert_eq!((Cursor::from_bytes(&bytes), clients::Place::from_bytes(&bytes)), (None, None));
        assert_eq!(feedback::Place::from_bytes(&bytes[..35]), None);
    }

    #[test]
    fn a_place_in_an_order_survives_being_a_cursor_and_is_none_of_another_list() {
        let cursor = Cursor { at: DateTime::from_timestamp_micros(1_777_000_000_123_456).unwrap(), id: Uuid::now_v7() };
        for descending in [false, true] {
            let order = |key| Order { key, descending };
            for place in [
                clients::Place::At(order(Key::Created), cursor),
                clients::Place::Text(order(Key::Email), "anna@example.com".to_owned(), cursor.id),
                // As long as a moment and an id.
                clients::Place::Text(order(Key::Email), "a@ab.cd".to_owned(), cursor.id),
                clients::Place::Text(order(Key::FullName), String::new(), cursor.id),
                clients::Place::Text(order(Key::FullName), "Ёлка".to_owned(), cursor.id),
            ] {
                let bytes = place.clone().bytes();
                assert_eq!(Cursor::from_bytes(&bytes), None);
                assert_eq!(clients::Place::from_bytes(&bytes), Some(place));
            }
        }
        assert_eq!(clients::Place::from_bytes(&cursor.bytes()), None);
    }
}
