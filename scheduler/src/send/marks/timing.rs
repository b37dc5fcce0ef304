//! When a letter's mark is asked for: as late as its making permits, so that few letters are marked that have not left, and
//! early enough for no connection to wait for it.
//!
//! Usually that is when the relay has taken the recipient: the turn of DATA takes longer than a mark. A relay that is quicker
//! than that has its letters marked when they begin, and one that is quicker still has some letters marked that wait for a
//! connection, several with one statement.

use std::time::Duration;

/// So much more than expected is marked ahead, because statements do not all take the same time.
const SLACK: f64 = 1.25;

/// Statements gather letters for at most so many seconds.
const LONGEST_GATHERING: f64 = 0.010;

/// A relay that takes a thousand letters a second has its marks gathered for so many seconds.
const GATHERING: f64 = 0.0005;

/// A connection may wait for so much of a letter's time.
const TOLERATED: f64 = 0.03;

/// So much a measurement moves what is believed.
const STEP: f64 = 1.05;

/// What is believed, in seconds: medians, because a machine that is busy with other things makes some of the statements take
/// twenty times as long as the others.
#[derive(Clone, Copy, Debug)]
pub(super) struct Timing {
    /// A statement that makes marks.
    statement: f64,
    /// From a letter's beginning until its text could leave.
    to_the_text: f64,
    /// The same from the relay's word on the recipient.
    last_turn: f64,
}

/// When a letter is marked at the latest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum When {
    /// The relay has taken the recipient.
    Taken,
    /// Its transaction begins.
    Begins,
    /// So many letters before theirs begins.
    Ahead(usize),
}

impl Default for Timing {
    fn default() -> Self {
        Self { statement: 0.001, to_the_text: 0.010, last_turn: 0.003 }
    }
}

impl Timing {
    pub(super) fn took(&mut self, statement: Duration) {
        approach(&mut self.statement, statement);
    }

    pub(super) fn arrived(&mut self, began: Duration, neared: Duration) {
        approach(&mut self.to_the_text, began);
        approach(&mut self.last_turn, neared);
    }

    /// How long after the last statement the next one waits for company.
    pub(super) fn gathering(rate: f64) -> Duration {
        Duration::from_secs_f64((rate / 1_000.0 * GATHERING).clamp(0.0, LONGEST_GATHERING))
    }

    /// For a relay that takes so many letters a second over so many connections.
    pub(super) fn when(&self, rate: f64, wire: usize) -> When {
        let between = Self::gathering(rate).as_secs_f64().max(self.statement);
        // Who asks finds a statement under way as often as statements follow each other.
        let busy = (rate * between).min(1.0);
        let wait = self.statement + busy * between / 2.0;
        #[expect(clippy::cast_precision_loss, reason = "there are few connections")]
        let tolerated = if rate > 0.0 { wire as f64 / rate * TOLERATED } else { f64::INFINITY };
        if wait <= self.last_turn + tolerated {
            return When::Taken;
        }
        if wait <= self.to_the_text + tolerated {
            return When::Begins;
        }
        let lead = (self.statement + between) * SLACK - self.to_the_text;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is neither negative nor large")]
        let letters = (rate * lead).max(0.0).ceil() as usize;
        When::Ahead(letters)
    }
}

/// One step up or down, so that as many measurements lie above as below.
fn approach(believed: &mut f64, measured: Duration) {
    let next = if measured.as_secs_f64() > *believed { *believed * STEP } else { *believed / STEP };
    *believed = next.clamp(1e-5, 1.0);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_letter_is_marked_as_late_as_the_statement_permits() {
        for (statement, last_turn, to_the_text, rate, when) in [
            // A relay far away: all of it takes longer than a mark.
            (0.001, 0.020, 0.060, 100.0, When::Taken),
            // One nearby, which answers DATA at once and thinks about the letter.
            (0.001, 0.0002, 0.0010, 50.0, When::Taken),
            (0.001, 0.0002, 0.0014, 900.0, When::Begins),
            // One that takes whatever comes.
            (0.001, 0.0004, 0.0012, 8_000.0, When::Ahead(41)),
        ] {
            let timing = Timing { statement, to_the_text, last_turn };
            assert_eq!(timing.when(rate, 16), when, "{timing:?}");
        }
    }

    #[test]
    fn before_anything_is_known_letters_are_marked_late() {
        assert_eq!(Timing::default().when(0.0, 1), When::Taken);
    }

    #[test]
    fn the_faster_the_relay_the_more_letters_share_a_statement_and_never_for_long() {
        for (rate, milliseconds) in [(0.0, 0.0), (200.0, 0.1), (2_000.0, 1.0), (8_000.0, 4.0), (100_000.0, 10.0)] {
            assert!((Timing::gathering(rate).as_secs_f64() * 1_000.0 - milliseconds).abs() < 0.001, "{rate}");
        }
    }

    #[test]
    fn measurements_are_approached_from_both_sides_and_a_few_that_are_far_off_mean_little() {
        for first in [0.000_02, 0.9] {
            let mut timing = Timing { statement: first, ..Timing::default() };
            (0..200).for_each(|number| timing.took(Duration::from_millis(if number % 8 == 0 { 60_000 } else { 4 })));
            assert!((0.003..0.006).contains(&timing.statement), "{timing:?}");
        }
    }
}
