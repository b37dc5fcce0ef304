//! The lines of a message: how they end, and where they begin.

/// The same bytes with lines that end in one sign, however they ended: CR LF, LF, or CR alone if there is no LF.
pub(crate) fn with_plain_ends(bytes: &[u8]) -> Vec<u8> {
    let only_cr = !bytes.contains(&b'\n');
    let mut plain = Vec::with_capacity(bytes.len());
    for (at, byte) in bytes.iter().enumerate() {
        match byte {
            b'\r' if only_cr => plain.push(b'\n'),
            b'\r' if bytes.get(at + 1) == Some(&b'\n') => {}
            other => plain.push(*other),
        }
    }
    plain
}

/// What comes after the empty lines at the beginning, which programs leave that hand messages on.
pub(super) fn without_empty_lines(bytes: &[u8]) -> &[u8] {
    let start = bytes.iter().position(|byte| *byte != b'\n').unwrap_or(bytes.len());
    &bytes[start..]
}
