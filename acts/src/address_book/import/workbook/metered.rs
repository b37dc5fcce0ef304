//! Reading only so much.

use std::cell::Cell;
use std::io::{self, Read, Seek, SeekFrom};
use std::rc::Rc;

/// How many bytes may still be read. All that share it read from the same.
#[derive(Clone, Debug)]
pub(super) struct Allowance(Rc<Cell<u64>>);

impl Allowance {
    /// So many bytes.
    pub(super) fn new(bytes: u64) -> Self {
        Self(Rc::new(Cell::new(bytes)))
    }

    /// How many bytes are left.
    pub(super) fn left(&self) -> u64 {
        self.0.get()
    }

    /// So many bytes from here on, however many were left.
    pub(super) fn renew(&self, bytes: u64) {
        self.0.set(bytes);
    }
}

/// A file of which no more is read than is allowed: what parses it takes as much memory as it reads.
#[derive(Debug)]
pub(super) struct Metered<R> {
    file: R,
    allowance: Allowance,
}

impl<R> Metered<R> {
    /// The file, with what may be read of it.
    pub(super) fn new(file: R, allowance: Allowance) -> Self {
        Self { file, allowance }
    }
}

impl<R: Read> Read for Metered<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = self.allowance.0.get();
        let most = buffer.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        if most == 0 && !buffer.is_empty() {
            return Err(io::Error::other("more is read than is allowed"));
        }
        let length = self.file.read(&mut buffer[..most])?;
        self.allowance.0.set(left - length as u64);
        Ok(length)
    }
}

impl<R: Seek> Seek for Metered<R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.file.seek(to)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    #[test]
    fn no_more_is_read_than_is_allowed_until_more_is() {
        let allowance = Allowance::new(3);
        let mut file = Metered::new(Cursor::new(b"abcdef"), allowance.clone());
        let mut buffer = [0; 8];
        assert_eq!(file.read(&mut buffer).expect("some is allowed"), 3);
        assert!(file.read(&mut buffer).is_err());
        assert_eq!(allowance.left(), 0);
        allowance.renew(100);
        assert_eq!(file.read(&mut buffer).expect("more is allowed"), 3);
        assert_eq!(&buffer[..3], b"def");
        assert_eq!(file.read(&mut buffer).expect("that was all"), 0);
    }
}
