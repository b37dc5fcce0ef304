//! What will run, told in advance.

use super::Periodicity;
use crate::{TimeZone, Window};
use chrono::{DateTime, Utc};

/// The moments at which runs will start by themselves.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Upcoming {
    /// Whether a run starts at once: its moment has come already.
    pub at_once: bool,
    /// The moments that lie ahead, in order.
    pub moments: Vec<DateTime<Utc>>,
}

impl Periodicity {
    /// The runs from `now` on, `most` of them at the most, when everything up to `after` has been dealt with and the plan is like
    /// this since `since`: what [`Periodicity::due`] will tell, as long as nothing is changed.
    #[must_use]
    pub fn upcoming(
        &self,
        window: &Window,
        zone: TimeZone,
        after: Option<DateTime<Utc>>,
        since: DateTime<Utc>,
        now: DateTime<Utc>,
        most: usize,
    ) -> Upcoming {
        let at_once = self.due(window, zone, after, since, now).run.is_some();
        let mut moments = Vec::new();
        let mut reached = Some(after.map_or(now, |after| after.max(now)));
        while moments.len() + usize::from(at_once) < most {
            let Some(next) = self.next(window, zone, reached) else { break };
            moments.push(next);
            reached = Some(next);
        }
        Upcoming { at_once, moments }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().expect("a moment")
    }

    #[test]
    fn what_is_ahead_is_told_from_now_on() {
        let window = Window::new(at("2026-05-04T09:00:00Z"), at("2026-05-08T00:00:00Z")).expect("a window");
        let days = |days: &[u32]| days.iter().map(|day| at(&format!("2026-05-{day:02}T09:00:00Z"))).collect::<Vec<_>>();
        for (periodicity, after, now, at_once, moments) in [
            (Periodicity::Daily, None, "2026-05-03T00:00:00Z", false, days(&[4, 5, 6])),
            (Periodicity::Daily, None, "2026-05-05T10:00:00Z", true, days(&[6, 7])),
            (Periodicity::Daily, Some("2026-05-05T09:00:00Z"), "2026-05-05T10:00:00Z", false, days(&[6, 7])),
            (Periodicity::Once, None, "2026-05-05T10:00:00Z", true, vec![]),
            (Periodicity::Once, Some("2026-05-04T09:00:00Z"), "2026-05-05T10:00:00Z", false, vec![]),
            (Periodicity::Daily, None, "2026-05-09T00:00:00Z", false, vec![]),
        ] {
            let (after, now) = (after.map(at), at(now));
            let upcoming = periodicity.upcoming(&window, TimeZone::UTC, after, now, now, 3);
            assert_eq!(upcoming, Upcoming { at_once, moments }, "{periodicity:?} {now}");
        }
    }
}
