//! All the pieces of which screens are made, on one page: for those who make screens, and for tests that look at them.

use super::mark::{Mark, Shape, Tone};
use super::when::When;
use super::{Answer, Layout, Mistakes, Place, Visit, page};
use acts::Problem;
use askama::Template;
use domain::Code;
use words::screens::look::Look as Words;

#[derive(Template)]
#[template(path = "frame/look.html")]
struct Look {
    page: Layout,
    w: &'static Words,
    marks: Vec<Mark>,
    /// The parts of a run's bar, by their classes and with what they are called.
    parts: [(&'static str, &'static str); 7],
    /// The colours, likewise.
    colours: [(&'static str, &'static str); 6],
    number: String,
    at: When,
    mistakes: Mistakes,
}

/// `GET /look`.
pub(crate) async fn look(visit: Visit) -> Answer {
    let (w, m) = (Words::of(visit.language()), visit.marks());
    let marks = [
        (Shape::Ring, Tone::Quiet, m.created),
        (Shape::Turning, Tone::Busy, m.running),
        (Shape::Tick, Tone::Good, m.completed),
        (Shape::Bars, Tone::Warn, m.paused),
        (Shape::Stop, Tone::Bad, m.disabled),
        (Shape::Cross, Tone::Bad, m.cancelled),
        (Shape::Question, Tone::Warn, m.unknown),
        (Shape::Clock, Tone::Busy, m.deferred),
        (Shape::Dash, Tone::Quiet, m.suppressed),
    ];
    let wrong = Problem::new(Code::EmailInvalid, &["email"], domain::EmailError::Missing);
    page(&Look {
        page: visit.layout(w.title, Place::None),
        w,
        marks: marks.map(|(shape, tone, label)| Mark::new(shape, tone, label)).into(),
        parts: [
            ("accepted", m.accepted),
            ("rejected", m.rejected),
            ("deferred", m.deferred),
            ("unknown", m.unknown),
            ("expired", m.expired),
            ("suppressed", m.suppressed),
            ("pending", m.pending),
        ],
        colours: [
            ("good", w.good),
            ("busy", w.busy),
            ("warn", w.warn),
            ("bad", w.bad),
            ("still", w.still),
            ("soft", w.soft),
        ],
        number: visit.number(1_234_567_u64),
        at: visit.when(visit.now()),
        mistakes: Mistakes::of(&[wrong], visit.language()),
    })
}
