//! Why a text in Markdown is not rendered.

/// The largest HTML that a text may become, in bytes.
pub const MAX_HTML: usize = 8 * 1024 * 1024;

/// Why a text in Markdown is not rendered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Error {
    /// Quotes, lists, emphasis or elements of HTML are inside each other more than [`MAX_NESTING`](super::MAX_NESTING) deep.
    NestsTooDeep,
    /// It becomes more than [`MAX_HTML`] bytes of HTML.
    HtmlTooLarge,
}
