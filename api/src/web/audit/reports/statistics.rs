//! What was sent over a time, as a chart and as tables.

use super::counted::{Asked, Counted, PERIODS};
use crate::web::frame::answer::mend;
use crate::web::frame::chart::{Bars, Chart, Column, Series};
use crate::web::frame::{Answer, Layout, Mistakes, Place, Visit, page};
use crate::web::mailings::{Returned, returned};
use acts::mailings::recipients;
use askama::Template;
use projections::statistics::Attempts;
use url::form_urlencoded;
use uuid::Uuid;
use words::screens::feedback::Feedback;
use words::screens::recipients::Recipients;
use words::screens::reports::Reports;
use words::screens::statistics::Statistics as Words;

#[derive(Template)]
#[template(path = "audit/reports/statistics.html")]
struct Page {
    page: Layout,
    w: &'static Words,
    reports: &'static Reports,
    mistakes: Mistakes,
    from: String,
    to: String,
    periods: Vec<(&'static str, &'static str, bool)>,
    /// The mailing and the owner that were asked for, to ask for them again.
    kept: Vec<(&'static str, String)>,
    /// The same question for the files, without the mark that begins it.
    query: String,
    /// What was counted, if the question makes sense.
    shown: Option<Shown>,
}

struct Shown {
    chart: Chart,
    total: String,
    numbers: Vec<Number>,
    mailings: Vec<Row>,
    /// What was not sent: why, and how many letters.
    not_sent: Vec<(&'static str, String)>,
    b: &'static Feedback,
    /// What came back of the letters, as far as anything did.
    back: Vec<Returned>,
    only: Option<String>,
    all: String,
    zone: String,
    empty: bool,
    incomplete: bool,
}

struct Number {
    class: &'static str,
    label: &'static str,
    number: String,
}

struct Row {
    href: String,
    name: String,
    accepted: String,
    rejected: String,
    deferred: String,
    unknown: String,
    total: String,
}

/// `GET /reports/statistics`.
pub(crate) async fn shown(visit: Visit) -> Answer {
    let (fields, w) = (visit.query(), Words::of(visit.language()));
    let asked = Asked::read(&visit, &fields).await?;
    let kept: Vec<(&str, String)> = ["mailing", "owner"]
        .into_iter()
        .filter_map(|name| fields.some(name).map(|value| (name, value.to_owned())))
        .collect();
    let name = PERIODS.iter().find(|(_, by)| *by == asked.by).map_or("day", |(name, _)| *name);
    let question = |mailing: Option<&str>| {
        let mut written = form_urlencoded::Serializer::new(String::new());
        written.extend_pairs([("from", asked.from.as_str()), ("to", &asked.to), ("by", name)]);
        written.extend_pairs(kept.iter().filter(|(name, _)| *name == "owner"));
        written.extend_pairs(mailing.map(|mailing| ("mailing", mailing)));
        written.finish()
    };
    let only = fields.some("mailing");
    let labels = [w.day, w.week, w.month];
    let (mistakes, shown) = match asked.count(&visit).await? {
        Ok(counted) => (Mistakes::default(), Some(Shown::of(&visit, &asked, &counted, question))),
        Err(mistakes) => (mistakes, None),
    };
    let is_right = shown.is_some();
    let answer = Page {
        page: visit.layout(w.title, Place::Reports),
        w,
        reports: Reports::of(visit.language()),
        mistakes,
        from: asked.from.clone(),
        to: asked.to.clone(),
        periods: PERIODS.iter().zip(labels).map(|((name, by), label)| (*name, label, *by == asked.by)).collect(),
        query: question(only),
        kept,
        shown,
    };
    if is_right { page(&answer) } else { mend(&answer) }
}

impl Shown {
    fn of(visit: &Visit, asked: &Asked, counted: &Counted, question: impl Fn(Option<&str>) -> String) -> Self {
        let w = Words::of(visit.language());
        let number = |number: i64| visit.number(number);
        let row = |(id, name, attempts): &(Uuid, Option<String>, Attempts)| Row {
            href: format!("/reports/statistics?{}", question(Some(&id.to_string()))),
            name: name.clone().unwrap_or_else(|| w.no_name.to_owned()),
            accepted: number(attempts.accepted),
            rejected: number(attempts.rejected),
            deferred: number(attempts.deferred),
            unknown: number(attempts.unknown),
            total: number(attempts.accepted + attempts.failed()),
        };
        let only = asked.mailing.and_then(|_| counted.mailings.first()).and_then(|(_, name, _)| name.as_deref());
        let (total, bars) = (counted.total, chart(visit, counted));
        let parts = [
            ("part-accepted", w.accepted, total.accepted),
            ("part-rejected", w.rejected, total.rejected),
            ("part-deferred", w.deferred, total.deferred),
            ("part-unknown", w.unknown, total.unknown),
        ];
        Self {
            empty: bars.is_empty(),
            chart: bars.draw(),
            total: w.attempts.of((total.accepted + total.failed()).unsigned_abs()),
            numbers: parts.map(|(class, label, value)| Number { class, label, number: number(value) }).into(),
            mailings: counted.mailings.iter().map(row).collect(),
            not_sent: counted
                .total_not_sent
                .iter()
                .map(|(reason, letters)| {
                    (recipients::left_out(Recipients::of(visit.language()), *reason), number(*letters))
                })
                .collect(),
            b: Feedback::of(visit.language()),
            back: returned(visit.language(), &counted.came_back, total.accepted.unsigned_abs(), |_| None),
            only: only.map(|name| w.only.with(name)),
            all: format!("/reports/statistics?{}", question(None)),
            zone: visit.frame().times_in.with(counted.zone.name()),
            incomplete: counted.incomplete,
        }
    }
}

fn chart(visit: &Visit, counted: &Counted) -> Bars {
    let (w, language) = (Words::of(visit.language()), visit.language());
    let series = |label: &str, class, value: fn(&Attempts) -> i64| Series {
        label: label.to_owned(),
        class,
        values: counted.periods().map(|period| value(&period.attempts).unsigned_abs()).collect(),
    };
    let column = |period| {
        let (short, whole) = counted.said(language, &period);
        Column { short, whole }
    };
    Bars {
        language,
        title: w.chart.to_owned(),
        over: w.period,
        columns: counted.periods().map(column).collect(),
        series: vec![
            series(w.accepted, "part-accepted", |attempts| attempts.accepted),
            series(w.rejected, "part-rejected", |attempts| attempts.rejected),
            series(w.deferred, "part-deferred", |attempts| attempts.deferred),
            series(w.unknown, "part-unknown", |attempts| attempts.unknown),
        ],
    }
}
