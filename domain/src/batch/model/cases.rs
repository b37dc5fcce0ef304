//! Interleavings that nobody has thought of.

use super::{COUNT, InDoubt, Reply, Seen, Step, WORKERS, played};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;

fn any_reply() -> impl Strategy<Value = Reply> {
    prop_oneof![
        4 => Just(Reply::Take),
        2 => Just(Reply::Reject),
        2 => Just(Reply::Defer),
        1 => Just(Reply::TakeSilently),
        1 => Just(Reply::Lose),
        1 => Just(Reply::NotTried),
    ]
}

/// The first worker is the busiest, so that what it holds grows before something happens to it.
fn any_worker() -> impl Strategy<Value = usize> {
    prop_oneof![4 => Just(0), 2 => 1..WORKERS]
}

fn any_step() -> impl Strategy<Value = Step> {
    let place = || proptest::option::of(0..COUNT);
    prop_oneof![
        4 => any_worker().prop_map(Step::Claim),
        12 => (any_worker(), 0..=usize::from(COUNT)).prop_map(|(worker, most)| Step::Flush(worker, most)),
        6 => (any_worker(), 0..=usize::from(COUNT)).prop_map(|(worker, most)| Step::Promise(worker, most)),
        4 => any_worker().prop_map(Step::Mark),
        4 => any_worker().prop_map(Step::Begin),
        1 => Just(Step::LoseMarks),
        12 => (any::<usize>(), any_reply()).prop_map(|(number, reply)| Step::Letter(number, reply)),
        2 => any_worker().prop_map(Step::Crash),
        4 => (2..12_i64).prop_map(Step::Wait),
        1 => Just(Step::WindowEnds),
        5 => place().prop_map(Step::Resend),
        2 => place().prop_map(Step::Accept),
        2 => (0..COUNT).prop_map(Step::Unsubscribe),
        1 => any_worker().prop_map(Step::LeaveOut),
    ]
}

fn any_case() -> impl Strategy<Value = (InDoubt, bool, Vec<Step>)> {
    let policy = prop_oneof![Just(InDoubt::Hold), Just(InDoubt::Resend)];
    let steps = proptest::collection::vec(any_step(), 1..64);
    (
        policy,
        any::<bool>(),
        steps.prop_map(|steps| [Step::Claim(0), Step::Flush(0, 2)].into_iter().chain(steps).collect()),
    )
}

proptest! {
    #[test]
    fn whatever_the_order_of_claims_crashes_replies_and_orders_the_log_tells_the_truth_about_the_servers_list(
        (policy, takes_notice, steps) in any_case(),
    ) {
        played(policy, takes_notice, steps).come_to_an_end();
    }
}

/// A model that never gets into trouble proves nothing.
#[test]
fn the_cases_of_the_model_get_into_every_kind_of_trouble() {
    let mut runner = TestRunner::deterministic();
    let mut seen = [0; 19];
    let mut names = [""; 19];
    for _ in 0..256 {
        let (policy, takes_notice, steps) = any_case().new_tree(&mut runner).expect("a case").current();
        let mut world = played(policy, takes_notice, steps);
        world.come_to_an_end();
        for (kind, (name, times)) in world.seen.kinds().into_iter().enumerate() {
            names[kind] = name;
            seen[kind] += usize::from(times > 0);
        }
    }
    for (name, cases) in names.into_iter().zip(seen) {
        println!("{name}: {cases}");
        assert!(cases >= 5, "only {cases} of 256 cases have {name}");
    }
}

impl Seen {
    fn kinds(&self) -> [(&'static str, usize); 19] {
        [
            ("a crash in flight", self.crashes_in_flight),
            ("a lease lost in flight", self.leases_lost_in_flight),
            ("a conflict", self.conflicts),
            ("a conflict before the first byte", self.conflicts_before_the_first_byte),
            ("a worker that takes notice of a person", self.noticed),
            ("a doubt", self.doubts),
            ("a lost answer", self.lost_answers),
            ("a letter that arrives after its sender is gone", self.late_arrivals),
            ("an order to send again", self.resends),
            ("a letter left as it is", self.left),
            ("a letter given up in doubt", self.given_up_in_doubt),
            ("a refusal after a doubt", self.refused_in_doubt),
            ("a letter taken twice", self.taken_twice),
            ("a batch that completes again", self.completed_again),
            ("a letter that was promised and never began", self.never_begun),
            ("marks that are lost in flight", self.marks_lost_in_flight),
            ("a mark that is refused", self.marks_refused),
            ("a recipient who is left out", self.left_out),
            ("a recipient who is left out in doubt", self.left_out_in_doubt),
        ]
    }
}
