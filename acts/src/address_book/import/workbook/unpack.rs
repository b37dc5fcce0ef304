//! The parts of an archive that a table is made of, as an archive of ours.
//!
//! Archives of strangers may say one thing and hold another, and hold a thousand times what they weigh. So only what is needed is
//! unpacked, with bounds, into an archive that is not compressed: whoever reads that one reads what was looked at here.

use super::failed::{Failed, MIB, damaged, unsupported};
use super::metered::{Allowance, Metered};
use std::collections::HashSet;
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Seek, Write};
use words::import::{Bound, FileError, Kind};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

/// How much of an archive is read to know what is in it: more than a hundred for each of ten thousand parts.
const DIRECTORY: u64 = 4 * MIB;

/// How much all parts may be that are needed.
pub(super) const UNPACKED: u64 = 512 * MIB;

/// How much the parts may be that tell where things are, and how they look.
pub(super) const LEAD: u64 = 16 * MIB;

/// How much the texts may be that cells share: they are in memory.
pub(super) const SHARED: u64 = 64 * MIB;

/// How many texts cells may share. Each takes some memory besides.
const TEXTS: u64 = 1_500_000;

/// How much is read at a time.
const BLOCK: usize = 64 * 1024;

/// Of a document that is protected by a password: the name of what is encrypted in it, as it stands there (UTF-16).
const ENCRYPTED: &str = "EncryptedPackage";

/// A part of a workbook.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Lead,
    Shared,
    Sheet,
}

impl Part {
    /// What the part of this name is; `None` if nobody needs it, such as pictures.
    fn of(name: &str) -> Option<Self> {
        match name {
            "_rels/.rels" | "xl/workbook.xml" | "xl/_rels/workbook.xml.rels" | "xl/styles.xml" => Some(Self::Lead),
            "xl/sharedstrings.xml" => Some(Self::Shared),
            _ => {
                let sheet = name.strip_prefix("xl/worksheets/")?;
                let name = sheet.strip_suffix(".xml")?;
                (!name.contains('/')).then_some(Self::Sheet)
            }
        }
    }

    /// How large it may be, in bytes.
    fn most(self) -> u64 {
        match self {
            Self::Lead => LEAD,
            Self::Shared => SHARED,
            Self::Sheet => UNPACKED,
        }
    }
}

/// The parts of a workbook that are needed, in an archive of their own, at its beginning.
pub(super) fn parts(file: File) -> Result<File, Failed> {
    let allowance = Allowance::new(DIRECTORY);
    let mut archive = ZipArchive::new(Metered::new(BufReader::new(file), allowance.clone())).map_err(damaged)?;
    allowance.renew(u64::MAX);
    let names: Vec<Option<String>> = archive.file_names().map(|name| name.ok().map(|name| plain(&name))).collect();
    if !has(&names, "xl/workbook.xml") {
        return Err(unsupported(kind(&names, &mut archive)).into());
    }
    let mut needed = ZipWriter::new(BufWriter::new(tempfile::tempfile()?));
    let (mut seen, mut all) = (HashSet::new(), 0);
    for (index, name) in names.iter().enumerate() {
        let Some((name, part)) = name.as_deref().and_then(|name| Some((name, Part::of(name)?))) else { continue };
        if !seen.insert(name) {
            return Err(damaged(()));
        }
        let mut packed = archive.by_index(index).map_err(damaged)?;
        if packed.size() > part.most() {
            return Err(too_large(part.most()));
        }
        let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
        needed.start_file(name, options).map_err(io::Error::from)?;
        all += copied(&mut packed, &mut needed, part, UNPACKED - all)?;
    }
    let written = needed.finish().map_err(io::Error::from)?;
    let mut file = written.into_inner().map_err(|error| Failed::Machine(error.into_error()))?;
    file.rewind()?;
    Ok(file)
}

/// Copies a part, if it and all of them are no larger than they may be; how large it is.
fn copied(packed: &mut impl Read, to: &mut impl Write, part: Part, left: u64) -> Result<u64, Failed> {
    let (mut block, mut length, mut texts) = (vec![0; BLOCK], 0, Texts::default());
    loop {
        let read = packed.read(&mut block).map_err(damaged)?;
        if read == 0 {
            return Ok(length);
        }
        length += read as u64;
        if length > part.most() {
            return Err(too_large(part.most()));
        }
        if length > left {
            return Err(too_large(UNPACKED));
        }
        if part == Part::Shared {
            texts.read(&block[..read])?;
        }
        to.write_all(&block[..read])?;
    }
}

fn too_large(bytes: u64) -> Failed {
    FileError::WorkbookTooLarge { bound: Bound::Unpacked { most: bytes / MIB } }.into()
}

/// A name as it is compared: archives are made by many programs.
fn plain(name: &str) -> String {
    name.replace('\\', "/").trim_start_matches('/').to_ascii_lowercase()
}

fn has(names: &[Option<String>], wanted: &str) -> bool {
    names.iter().flatten().any(|name| name == wanted)
}

/// What an archive is that is no workbook.
fn kind<R: Read + Seek>(names: &[Option<String>], archive: &mut ZipArchive<R>) -> Kind {
    if has(names, "xl/workbook.bin") {
        return Kind::BinaryExcel;
    }
    let mut says = String::new();
    if let Ok(packed) = archive.by_name("mimetype") {
        // What does not read says nothing.
        let _ = packed.take(100).read_to_string(&mut says);
    }
    let is_of_apple = |name: &String| name.starts_with("index/") && name.strip_suffix(".iwa").is_some();
    if says.starts_with("application/vnd.oasis.opendocument") {
        Kind::OpenDocument
    } else if has(names, "index.zip") || names.iter().flatten().any(is_of_apple) {
        Kind::Numbers
    } else {
        Kind::Archive
    }
}

/// Whether a document of the old kind holds a workbook that is encrypted.
pub(super) fn has_encrypted_package(file: &mut File) -> Result<bool, Failed> {
    let wanted: Vec<u8> = ENCRYPTED.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let mut block = vec![0; BLOCK];
    let mut ahead = Vec::new();
    loop {
        let read = file.read(&mut block)?;
        if read == 0 {
            return Ok(false);
        }
        ahead.extend_from_slice(&block[..read]);
        if ahead.windows(wanted.len()).any(|window| window == wanted) {
            return Ok(true);
        }
        // It may begin at the end of a block.
        let kept = ahead.len().min(wanted.len());
        ahead.drain(..ahead.len() - kept);
    }
}

/// Looks at the texts that cells share before they are taken into memory: how many there are, and how many are announced, as room
/// is made for these.
#[derive(Debug, Default)]
struct Texts {
    count: u64,
    /// The name of an element, as far as it has been read: how long it is without its prefix, and how it begins.
    name: Option<(usize, [u8; 2])>,
    announced: Announced,
}

impl Texts {
    const ELEMENT: [u8; 2] = *b"si";

    fn read(&mut self, block: &[u8]) -> Result<(), Failed> {
        for &byte in block {
            self.element(byte);
            self.announced.read(byte);
        }
        if self.count > TEXTS || self.announced.number > TEXTS {
            return Err(FileError::WorkbookTooLarge { bound: Bound::Texts { most: TEXTS } }.into());
        }
        Ok(())
    }

    /// Wherever a tag may begin, it is taken for one: too many is better than too few.
    fn element(&mut self, byte: u8) {
        self.name = match (byte, self.name) {
            (b'<', _) => Some((0, [0; 2])),
            (b':', Some(_)) => Some((0, [0; 2])),
            (b' ' | b'\t' | b'\r' | b'\n' | b'/' | b'>', Some((length, beginning))) => {
                self.count += u64::from(length == Self::ELEMENT.len() && beginning == Self::ELEMENT);
                None
            }
            (_, Some((length, mut beginning))) => {
                if let Some(place) = beginning.get_mut(length) {
                    *place = byte;
                }
                Some((length + 1, beginning))
            }
            (_, None) => None,
        };
    }
}

/// The largest number of texts that is announced.
#[derive(Debug, Default)]
struct Announced {
    /// How much of the name has been read.
    matched: usize,
    /// The number behind the name, as far as it has been read; before its first digit it is 0.
    reading: Option<u64>,
    number: u64,
}

impl Announced {
    const NAME: &'static [u8] = b"uniqueCount";

    fn read(&mut self, byte: u8) {
        if let Some(number) = self.reading {
            match byte {
                b'0'..=b'9' => {
                    let more = number.saturating_mul(10).saturating_add(u64::from(byte - b'0'));
                    self.reading = Some(more);
                    self.number = self.number.max(more);
                    return;
                }
                b' ' | b'\t' | b'\r' | b'\n' | b'=' | b'"' | b'\'' if number == 0 => return,
                _ => self.reading = None,
            }
        }
        self.matched = if Self::NAME.get(self.matched) == Some(&byte) {
            self.matched + 1
        } else {
            usize::from(Some(&byte) == Self::NAME.first())
        };
        if self.matched == Self::NAME.len() {
            (self.matched, self.reading) = (0, Some(0));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_parts_that_are_needed_are_taken() {
        for (name, part) in [
            ("_rels/.rels", Some(Part::Lead)),
            ("xl/workbook.xml", Some(Part::Lead)),
            ("xl/sharedstrings.xml", Some(Part::Shared)),
            ("xl/worksheets/sheet1.xml", Some(Part::Sheet)),
            ("xl/worksheets/_rels/sheet1.xml.rels", None),
            ("xl/worksheets/sub/sheet1.xml", None),
            ("xl/media/image1.png", None),
            ("docprops/app.xml", None),
        ] {
            assert_eq!(Part::of(name), part, "{name}");
        }
        assert_eq!(plain("\\XL\\Workbook.xml"), "xl/workbook.xml");
        assert_eq!(plain("/xl/workbook.xml"), "xl/workbook.xml");
    }

    fn refused(texts: &str) -> bool {
        let mut looked = Texts::default();
        // In pieces of one byte, so that nothing depends on where a block ends.
        texts.bytes().any(|byte| looked.read(&[byte]).is_err())
    }

    #[test]
    fn texts_are_counted_before_room_is_made_for_them() {
        let mut texts = Texts::default();
        texts
            .read(b"<sst uniqueCount=\"3\" count='4'><si><t>a</t></si><x:si/><si >b</si><sip/><t>si</t></sst>")
            .expect("few");
        assert_eq!((texts.count, texts.announced.number), (3, 3));

        assert!(!refused("<sst uniqueCount=\"1500000\">"));
        assert!(refused("<sst uniqueCount=\"1500001\">"));
        assert!(refused("<sst uniqueCount = '18446744073709551617'>"), "more than a number holds");
        assert!(refused("<sst count=\"1\" uniqueCount=\"4000000000\"><si/>"));
        assert!(!refused("<sst uniqueCount=\"\" count=\"1500001\">"));
        assert!(refused(&"<si/>".repeat(1_500_001)));
    }
}
