//! Pictures that articles show, and where they lie.

use super::PictureError;
use std::fmt;

/// The largest picture, in bytes.
pub const MAX_PICTURE: usize = 2 * 1024 * 1024;

/// Where pictures lie.
const PLACE: &str = "/pictures/";

/// What a picture is, as its first bytes say. SVG is none of these: it is a program as much as a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PictureKind {
    /// Portable Network Graphics.
    Png,
    /// What cameras make.
    Jpeg,
    /// The Graphics Interchange Format, which may move.
    Gif,
    /// The web's own.
    WebP,
}

impl PictureKind {
    /// What these bytes are; `None` if they begin as no picture does.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Option<Self> {
        match bytes {
            [0x89, b'P', b'N', b'G', 0x0d, 0x0a, 0x1a, 0x0a, ..] => Some(Self::Png),
            [0xff, 0xd8, 0xff, ..] => Some(Self::Jpeg),
            [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => Some(Self::Gif),
            [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some(Self::WebP),
            _ => None,
        }
    }

    /// Checks that bytes are a picture that is not too large.
    pub fn judge(bytes: &[u8]) -> Result<Self, PictureError> {
        if bytes.len() > MAX_PICTURE {
            return Err(PictureError::TooLarge);
        }
        Self::of(bytes).ok_or(PictureError::NotAPicture)
    }

    /// The media type under which browsers show it.
    #[must_use]
    pub fn media(self) -> &'static str {
        match self {
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
            Self::Gif => "image/gif",
            Self::WebP => "image/webp",
        }
    }
}

/// What names a picture: a digest of its bytes (SHA-256), so that what lies at an address never changes.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct PictureName([u8; 32]);

impl PictureName {
    /// The name that is this digest.
    #[must_use]
    pub fn new(digest: [u8; 32]) -> Self {
        Self(digest)
    }

    /// The name in its written form: 64 hexadecimal digits in lower case. `None` for any other text.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let digit = |byte: u8| match byte {
            b'0'..=b'9' => Some(byte - b'0'),
            b'a'..=b'f' => Some(byte - b'a' + 10),
            _ => None,
        };
        let digits: &[u8; 64] = text.as_bytes().try_into().ok()?;
        let mut name = [0; 32];
        for (byte, pair) in name.iter_mut().zip(digits.chunks_exact(2)) {
            *byte = digit(pair[0])? << 4 | digit(pair[1])?;
        }
        Some(Self(name))
    }

    /// The name of the picture at an address of this service; `None` if it is the address of something else.
    #[must_use]
    pub fn at(address: &str) -> Option<Self> {
        Self::parse(address.strip_prefix(PLACE)?)
    }

    /// Where the picture lies: a path of this service.
    #[must_use]
    pub fn address(self) -> String {
        format!("{PLACE}{self}")
    }

    /// The digest.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Display for PictureName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for PictureName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_is_known_by_its_first_bytes_and_not_by_what_it_is_called() {
        for (bytes, kind) in [
            (&b"\x89PNG\r\n\x1a\n...."[..], Some(PictureKind::Png)),
            (b"\xff\xd8\xff\xe0....", Some(PictureKind::Jpeg)),
            (b"GIF89a....", Some(PictureKind::Gif)),
            (b"GIF87a", Some(PictureKind::Gif)),
            (b"RIFF\x10\0\0\0WEBPVP8 ", Some(PictureKind::WebP)),
            (b"RIFF\x10\0\0\0WAVEfmt ", None),
            (b"<svg xmlns=\"http://www.w3.org/2000/svg\"/>", None),
            (b"<!doctype html><script>alert(1)</script>", None),
            (b" \x89PNG\r\n\x1a\n", None),
            (b"GIF88a", None),
            (b"", None),
        ] {
            assert_eq!(PictureKind::of(bytes), kind, "{bytes:?}");
        }
    }

    #[test]
    fn a_picture_has_a_bound() {
        let mut bytes = b"GIF89a".to_vec();
        assert_eq!(PictureKind::judge(&bytes), Ok(PictureKind::Gif));
        bytes.resize(MAX_PICTURE, 0);
        assert_eq!(PictureKind::judge(&bytes), Ok(PictureKind::Gif));
        bytes.push(0);
        assert_eq!(PictureKind::judge(&bytes), Err(PictureError::TooLarge));
        assert_eq!(PictureKind::judge(b"hello"), Err(PictureError::NotAPicture));
    }

    #[test]
    fn an_address_has_one_name_and_one_spelling() {
        let name = PictureName::new(std::array::from_fn(|place| u8::try_from(place * 7).unwrap_or(255)));
        assert_eq!(PictureName::at(&name.address()), Some(name));
        let address = name.address();
        for other in [
            address.to_uppercase(),
            address.replace("/pictures/", "/Pictures/"),
            format!("{address}0"),
            format!("{address}?x"),
            format!("https://example.org{address}"),
            address.replacen('0', "+", 1),
            "/pictures/".to_owned(),
            "/pictures/../articles".to_owned(),
        ] {
            assert_eq!(PictureName::at(&other), None, "{other}");
        }
    }
}
