//! A row for each goal: what was measured, what was to be reached, and whether it was.

use serde_json::{Value, json};

/// What a number has to be.
#[derive(Clone, Copy)]
pub(crate) enum Goal {
    AtLeast(f64),
    Under(f64),
    /// It is told, and nothing was promised.
    None,
}

/// The rows so far.
#[derive(Default)]
pub(crate) struct Rows(Vec<Value>);

impl Rows {
    /// Prints a row and keeps it.
    #[expect(clippy::print_stdout, reason = "a benchmark prints its numbers")]
    pub(crate) fn add(&mut self, what: &str, measured: f64, unit: &str, goal: Goal) {
        let (met, told, number) = match goal {
            Goal::AtLeast(least) => (Some(measured >= least), format!("at least {least}"), Some(least)),
            Goal::Under(most) => (Some(measured < most), format!("under {most}"), Some(most)),
            Goal::None => (None, String::new(), None),
        };
        let verdict = match met {
            Some(true) => "met",
            Some(false) => "MISSED",
            None => "",
        };
        println!("{what:<66} {measured:>10.2} {unit:<10} {told:<14} {verdict}");
        self.0.push(json!({ "what": what, "measured": measured, "unit": unit, "goal": number, "met": met }));
    }

    /// Prints all of them in one line for programs.
    #[expect(clippy::print_stdout, reason = "a benchmark prints its numbers")]
    pub(crate) fn print(self) {
        println!("{}", json!({ "rows": self.0 }));
    }
}
