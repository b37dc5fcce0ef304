//! Pages of lists: the rows, and the way to the next ones.

use super::{Fields, Trouble, Visit};
use crate::places::Place;
use askama::Template;
use askama::filters::HtmlSafe;
use projections::{Listed, Read};
use url::form_urlencoded;
use words::screens::frame::Frame;

/// How many rows a page has.
pub(crate) const ROWS: usize = 50;

/// A page of a list.
#[derive(Clone, Debug)]
pub(crate) struct Rows<R> {
    /// The rows that read.
    pub(crate) rows: Vec<R>,
    /// The way to the other pages.
    pub(crate) pager: Pager,
}

/// The way to the other pages of a list, and what is missing on this one.
#[derive(Clone, Debug, Template)]
#[template(path = "frame/pager.html")]
pub(crate) struct Pager {
    w: &'static Frame,
    /// The address of the first page, if this one is another.
    first: Option<String>,
    /// The address of the next page, if there is one.
    next: Option<String>,
    /// How many rows of this page do not read.
    left_out: u64,
}

impl HtmlSafe for Pager {}

impl Pager {
    /// Whether there is no other page, and nothing is missing on this one.
    pub(super) fn is_alone(&self) -> bool {
        self.first.is_none() && self.next.is_none() && self.left_out == 0
    }
}

/// What is searched for. No text in PostgreSQL has a NUL, so whatever has one finds nothing.
pub(crate) fn searched(query: &Fields) -> Option<String> {
    query.some("search").map(|text| text.replace('\0', "\u{ffff}"))
}

/// Where a page of a list begins, as its address says with `after`; nothing for the first one. An address that is mistyped
/// leads to no page.
pub(crate) fn place<P: Place>(visit: &Visit) -> Result<Option<P>, Trouble> {
    match visit.query().some("after") {
        None => Ok(None),
        Some(text) => P::from_cursor(text).map(Some).ok_or(Trouble::Absent),
    }
}

/// How many rows to read: one more than to show tells whether there are more.
pub(crate) fn limit() -> i64 {
    i64::try_from(ROWS).unwrap_or(i64::MAX - 1) + 1
}

impl<R> Rows<R> {
    /// The page with these rows, of which one more than is shown was read.
    pub(crate) fn of<P: Place>(visit: &Visit, rows: Vec<R>, place: impl Fn(&R) -> P) -> Self {
        Self::of_read(visit, rows.into_iter().map(|row| (place(&row), Ok(row))).collect())
    }

    /// The same of a list that is at another address than the one that is asked for, as after a form about its rows.
    pub(crate) fn of_at<P: Place>(
        visit: &Visit,
        (path, query): (&str, &Fields),
        rows: Vec<R>,
        place: impl Fn(&R) -> P,
    ) -> Self {
        Self::of_read_at(visit, (path, query), rows.into_iter().map(|row| (place(&row), Ok(row))).collect())
    }

    /// The page with those of these rows that read. The others are counted, and named in the log.
    pub(crate) fn of_read<P: Place>(visit: &Visit, read: Listed<P, R>) -> Self {
        Self::of_read_at(visit, (visit.path(), &visit.query()), read)
    }

    fn of_read_at<P: Place>(visit: &Visit, (path, query): (&str, &Fields), read: Listed<P, R>) -> Self {
        let more = read.len() > ROWS;
        let (mut rows, mut left_out, mut last) = (Vec::with_capacity(read.len()), 0, None);
        for (place, row) in read.into_iter().take(ROWS) {
            last = Some(place);
            match shown(visit, row) {
                Some(row) => rows.push(row),
                None => left_out += 1,
            }
        }
        let address = |after: Option<String>| {
            let mut written = form_urlencoded::Serializer::new(String::new());
            let kept = query.pairs().iter().filter(|(name, value)| name != "after" && !value.is_empty());
            written.extend_pairs(kept).extend_pairs(after.map(|after| ("after", after)));
            let written = written.finish();
            if written.is_empty() { path.to_owned() } else { format!("{path}?{written}") }
        };
        let first = query.some("after").map(|_| address(None));
        let next = last.filter(|_| more).map(|place| address(Some(place.cursor())));
        Self { rows, pager: Pager { w: visit.frame(), first, next, left_out } }
    }

    /// The same page of what is shown of each row.
    pub(crate) fn map<T>(self, shown: impl FnMut(R) -> T) -> Rows<T> {
        Rows { rows: self.rows.into_iter().map(shown).collect(), pager: self.pager }
    }
}

/// A row that reads; what does not is named in the log.
pub(crate) fn shown<T>(visit: &Visit, row: Read<T>) -> Option<T> {
    row.inspect_err(|error| {
        tracing::error!(request_id = %visit.caller().request_id, %error, "a row of a list does not read");
    })
    .ok()
}
