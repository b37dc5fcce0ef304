//! What is reported of letters that mail servers took: bounces and complaints, once and again, in whichever order. As a counter has it:
//! another throw of the dice would make another history.

use domain::{
    BatchId, FeedbackId, Outcome, ReportId,
    batch::{Progress, Recipient},
    feedback::{Bounce, Command, Feedback, Letter, Report, Severity, Via},
};
use uuid::Uuid;

use super::World;

/// What a report says of a letter.
#[derive(Clone, Copy)]
enum Said {
    GoneForGood,
    PutOff,
    /// It goes on being tried.
    Late,
    Complaint,
    /// The last report comes again, by another way.
    TheSameAgain,
}

impl World {
    /// Something is reported of a letter of one of these batches.
    pub(super) async fn hear(&mut self, batches: &[BatchId]) {
        let Some(id) = batches.get(self.turns % batches.len().max(1)) else { return };
        let batch = self.batch(*id).await;
        let Some(slice) = batch.slice() else { return };
        let accepted: Vec<(u32, Recipient)> = (0_u32..)
            .zip(&slice.deliveries)
            .filter(|(_, delivery)| delivery.progress == Progress::Settled(Outcome::Accepted))
            .map(|(place, delivery)| (place, delivery.recipient))
            .collect();
        let Some((place, Recipient(client, revision))) = accepted.get(self.heard % accepted.len().max(1)).copied()
        else {
            return;
        };
        let ordinal = slice.number * 500 + place;
        let (run, mailing, owner) = (slice.run, slice.mailing, slice.owner);
        self.hear_of(Letter { run, ordinal, mailing, owner, client, revision }).await;
    }

    async fn hear_of(&mut self, letter: Letter) {
        let stream = FeedbackId::derive(letter.run, letter.ordinal / 500);
        let all: &[Said] = match self.heard % 8 {
            0 => &[Said::PutOff],
            1 => &[Said::PutOff, Said::GoneForGood, Said::TheSameAgain],
            2 => &[Said::GoneForGood, Said::PutOff],
            3 => &[Said::Complaint, Said::Complaint],
            4 => &[Said::GoneForGood, Said::TheSameAgain, Said::Complaint],
            5 => &[Said::Late],
            6 => &[Said::Late, Said::GoneForGood],
            _ => &[Said::PutOff, Said::PutOff, Said::Complaint],
        };
        self.heard += 1;
        let mut last = None;
        for said in all {
            let command = match (said, last.clone()) {
                (Said::GoneForGood, _) => self.bounce(letter, Severity::Permanent),
                (Said::PutOff, _) => self.bounce(letter, Severity::Temporary),
                (Said::Late, _) => self.bounce(letter, Severity::Delayed),
                (Said::Complaint, _) => {
                    let kind = self.reports.is_multiple_of(2).then(|| "abuse".to_owned());
                    Command::Complain { letter, report: self.report(), kind }
                }
                (Said::TheSameAgain, Some(Command::ReportBounce { letter, report, bounce })) => {
                    Command::ReportBounce { letter, report: Report { via: Via::Imap, at: self.now, ..report }, bounce }
                }
                (Said::TheSameAgain, _) => continue,
            };
            last = Some(command.clone());
            self.execute::<Feedback>(stream.0, command).await;
        }
    }

    fn bounce(&mut self, letter: Letter, severity: Severity) -> Command {
        let report = self.report();
        let told = self.reports.is_multiple_of(3);
        let bounce = Bounce {
            severity,
            dead: severity == Severity::Permanent && told,
            code: told.then(|| "5.1.1".to_owned()),
            words: told.then(|| format!("no such user {}", self.reports)),
        };
        Command::ReportBounce { letter, report, bounce }
    }

    /// A report of which nobody has heard.
    fn report(&mut self) -> Report {
        self.reports += 1;
        let id = ReportId(Uuid::from_u128(u128::try_from(self.reports).expect("a number")));
        let by = self.reports.is_multiple_of(2).then(|| "mx.example.org".to_owned());
        Report { id, via: Via::ALL[self.reports % Via::ALL.len()], by, at: self.now }
    }
}
