//! Lists: Relay connections with opaque cursors that name a place, never a number of rows to skip.

use crate::failure::Failure;
use crate::graphql::kit::context::Ask;
use crate::graphql::kit::scalars::int;
use crate::limits;
use crate::places::Place;
use async_graphql::{Context, Object, OutputType, SimpleObject, TypeName};
use projections::Listed;
use std::borrow::Cow;
use std::pin::Pin;

/// A page of a list. The types are this service's own and not async-graphql's, whose descriptions nobody could write.
pub(crate) struct List<T> {
    edges: Vec<Edge<T>>,
    /// The cursors of the first and the last row of the page, whether they are shown or left out.
    ends: Option<(String, String)>,
    after_another: bool,
    before_another: bool,
    total: Total,
}

struct Edge<T> {
    cursor: String,
    node: T,
}

/// Where a page is in its list.
#[derive(SimpleObject)]
struct PageInfo {
    /// Whether there is a page before this one: it begins after a cursor, or, if it was asked for from the end, the list has earlier
    /// items. Lists are paged through forwards only, but for those that have the argument `last`.
    has_previous_page: bool,
    /// Whether the list goes on after this page: it has later items, or the page was asked for from the end and ends before a cursor.
    has_next_page: bool,
    /// The cursor of the first item on the page; null if the page is empty. Pass it as `before` to get the page before, where there is
    /// such an argument.
    start_cursor: Option<String>,
    /// The cursor of the last item on the page; null if the page is empty. Pass it as `after` to get the next page.
    end_cursor: Option<String>,
}

impl<T: OutputType> TypeName for List<T> {
    fn type_name() -> Cow<'static, str> {
        format!("{}Connection", T::type_name()).into()
    }
}

impl<T: OutputType> TypeName for Edge<T> {
    fn type_name() -> Cow<'static, str> {
        format!("{}Edge", T::type_name()).into()
    }
}

/// A page of a list, in the form of a connection (GraphQL Cursor Connections Specification of Relay). The items of the
/// list are its `nodes`.
#[Object(name_type)]
impl<T: OutputType> List<T> {
    /// Where this page is in the list, with the cursor for the next page.
    async fn page_info(&self) -> PageInfo {
        PageInfo {
            has_previous_page: self.after_another,
            has_next_page: self.before_another,
            start_cursor: self.ends.as_ref().map(|(start, _)| start.clone()),
            end_cursor: self.ends.as_ref().map(|(_, end)| end.clone()),
        }
    }

    /// The items on the page, each with its cursor. An item that cannot be read is left out, and `errors` tell of it.
    async fn edges(&self) -> &[Edge<T>] {
        &self.edges
    }

    /// The items on the page, without their cursors. An item that cannot be read is left out, and `errors` tell of it.
    async fn nodes(&self) -> Vec<&T> {
        self.edges.iter().map(|edge| &edge.node).collect()
    }

    /// How many items the list has on all pages together, also those that cannot be read and are therefore left out of
    /// the page. Counting takes time that grows with them: ask for it only if you need it. Null only if it could not be
    /// read; then the top-level `errors` say why.
    async fn total_count(&self) -> Result<Option<i32>, Failure> {
        Ok(Some(int((self.total.0)().await?)))
    }
}

/// An item of a list with its cursor.
#[Object(name_type)]
impl<T: OutputType> Edge<T> {
    /// The item itself.
    async fn node(&self) -> &T {
        &self.node
    }

    /// The cursor of the item. Pass it as `after` to get the page that begins after this item.
    async fn cursor(&self) -> &str {
        &self.cursor
    }
}

/// Which page of a list is asked for.
pub(crate) struct Page<P> {
    pub(crate) after: Option<P>,
    first: usize,
}

impl<P: Place> Page<P> {
    pub(crate) fn new(first: Option<i32>, after: Option<&str>) -> Result<Self, Failure> {
        let first = first.unwrap_or(limits::DEFAULT_PAGE);
        let first = usize::try_from(first).ok().filter(|_| (1..=limits::PAGE).contains(&first)).ok_or_else(|| {
            let most = limits::PAGE;
            Failure::BadRequest(words::queries::Problem::First { most, first }.into())
        })?;
        let place = |text: &str| {
            P::from_cursor(text).ok_or_else(|| Failure::BadRequest(words::queries::Problem::Cursor.into()))
        };
        Ok(Self { after: after.map(place).transpose()?, first })
    }

    /// The same page, if its place is one that `fits` the list.
    pub(crate) fn only_if(self, fits: impl Fn(&P) -> bool) -> Result<Self, Failure> {
        if self.after.as_ref().is_some_and(|place| !fits(place)) {
            return Err(Failure::BadRequest(words::queries::Problem::CursorOfAnotherOrder.into()));
        }
        Ok(self)
    }

    /// How many rows to read: one more than to show tells whether there are more.
    pub(crate) fn limit(&self) -> i64 {
        i64::try_from(self.first).unwrap_or(i64::MAX - 1) + 1
    }

    /// The page with these rows.
    pub(crate) fn of<R, T: OutputType>(
        &self,
        rows: Vec<R>,
        place: impl Fn(&R) -> P,
        node: impl Fn(R) -> T,
        total: Total,
    ) -> List<T> {
        let rows = rows.into_iter().map(|row| (place(&row), row)).collect();
        self.gathered(rows, |row| Some(node(row)), total)
    }

    /// The page with those of these rows that read. Each of the others is an error of the list.
    pub(crate) fn of_read<R, T: OutputType>(
        &self,
        context: &Context<'_>,
        rows: Listed<P, R>,
        node: impl Fn(R) -> T,
        total: Total,
    ) -> List<T> {
        self.gathered(rows, |row| context.shown(row).map(&node), total)
    }

    fn gathered<R, T>(&self, rows: Vec<(P, R)>, node: impl Fn(R) -> Option<T>, total: Total) -> List<T> {
        let more = rows.len() > self.first;
        let (mut edges, mut ends) = (Vec::new(), None);
        for (place, row) in rows.into_iter().take(self.first) {
            let cursor = place.cursor();
            ends = Some((ends.map_or_else(|| cursor.clone(), |(start, _)| start), cursor.clone()));
            edges.extend(node(row).map(|node| Edge { cursor, node }));
        }
        List { edges, ends, after_another: self.after.is_some(), before_another: more, total }
    }
}

/// Which page is asked for of a list that is paged through from both ends.
pub(crate) struct EitherPage<P> {
    pub(crate) after: Option<P>,
    pub(crate) before: Option<P>,
    /// Whether the items are counted from the end.
    pub(crate) from_end: bool,
    count: usize,
}

impl<P: Place> EitherPage<P> {
    /// The first so many items behind `after`, or the last so many before `before`; those at the end, if neither is said.
    pub(crate) fn new(
        first: Option<i32>,
        last: Option<i32>,
        after: Option<&str>,
        before: Option<&str>,
    ) -> Result<Self, Failure> {
        let most = limits::PAGE;
        let bad = |problem: words::queries::Problem| Failure::BadRequest(problem.into());
        let (count, from_end) = match (first, last) {
            (Some(_), Some(_)) => return Err(bad(words::queries::Problem::FirstAndLast)),
            (Some(first), None) if !(1..=most).contains(&first) => {
                return Err(bad(words::queries::Problem::First { most, first }));
            }
            (None, Some(last)) if !(1..=most).contains(&last) => {
                return Err(bad(words::queries::Problem::Last { most, last }));
            }
            (Some(first), None) => (first, false),
            (None, Some(last)) => (last, true),
            // Whoever goes on from a cursor goes on in its direction.
            (None, None) => (limits::DEFAULT_PAGE, after.is_none()),
        };
        let place = |text: Option<&str>, problem: words::queries::Problem| {
            text.map(|text| P::from_cursor(text).ok_or_else(|| bad(problem))).transpose()
        };
        Ok(Self {
            after: place(after, words::queries::Problem::Cursor)?,
            before: place(before, words::queries::Problem::CursorBefore)?,
            from_end,
            count: usize::try_from(count).unwrap_or(1),
        })
    }

    /// How many rows to read, from the end that is asked for: one more than to show tells whether there are more.
    pub(crate) fn limit(&self) -> usize {
        self.count + 1
    }

    /// The page with these rows, which are in the order of the direction that is asked for.
    pub(crate) fn of<R, T: OutputType>(
        &self,
        mut rows: Vec<R>,
        place: impl Fn(&R) -> P,
        node: impl Fn(R) -> T,
        total: Total,
    ) -> List<T> {
        let more = rows.len() > self.count;
        rows.truncate(self.count);
        if self.from_end {
            rows.reverse();
        }
        let edges: Vec<Edge<T>> =
            rows.into_iter().map(|row| Edge { cursor: place(&row).cursor(), node: node(row) }).collect();
        let ends = edges.first().zip(edges.last()).map(|(start, end)| (start.cursor.clone(), end.cursor.clone()));
        let (after_another, before_another) = if self.from_end {
            (more || self.after.is_some(), self.before.is_some())
        } else {
            (self.after.is_some(), more || self.before.is_some())
        };
        List { edges, ends, after_another, before_another, total }
    }
}

type Count = Pin<Box<dyn Future<Output = Result<i64, Failure>> + Send>>;

/// The number of all rows, counted only if it is asked for.
pub(crate) struct Total(Box<dyn Fn() -> Count + Send + Sync>);

impl Total {
    pub(crate) fn new<F, E>(count: impl Fn() -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<i64, E>> + Send + 'static,
        E: Into<Failure>,
    {
        Self(Box::new(move || {
            let counted = count();
            Box::pin(async move { counted.await.map_err(Into::into) })
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use projections::Cursor;

    #[test]
    fn a_cursor_of_another_list_is_refused() {
        let ordinal = Place::cursor(7_i32);
        for wrong in ["", "!", "AAAA", ordinal.as_str()] {
            assert!(Page::<Cursor>::new(None, Some(wrong)).is_err(), "{wrong}");
        }
        assert!(Page::<i32>::new(None, Some(&ordinal)).is_ok());
    }

    #[test]
    fn a_page_from_both_ends_is_one_or_the_other() {
        let page = |first, last, after: Option<&str>| EitherPage::<i64>::new(first, last, after, None);
        let seventh = Place::cursor(7_i64);
        for (first, last, after, expected) in [
            (None, None, None, Some((21, true))),
            (None, None, Some(seventh.as_str()), Some((21, false))),
            (Some(5), None, None, Some((6, false))),
            (None, Some(5), None, Some((6, true))),
            (Some(5), Some(5), None, None),
            (Some(0), None, None, None),
            (None, Some(101), None, None),
            (None, None, Some("!"), None),
        ] {
            let page = page(first, last, after).ok().map(|page| (page.limit(), page.from_end));
            assert_eq!(page, expected, "{first:?} {last:?} {after:?}");
        }
    }

    #[test]
    fn a_page_has_one_to_a_hundred_rows() {
        for (first, limit) in [
            (None, Some(21)),
            (Some(1), Some(2)),
            (Some(100), Some(101)),
            (Some(0), None),
            (Some(-1), None),
            (Some(101), None),
        ] {
            assert_eq!(Page::<i64>::new(first, None).ok().map(|page| page.limit()), limit, "{first:?}");
        }
    }
}
