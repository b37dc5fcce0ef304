use super::English;
use crate::suppressions::Problem;
use std::fmt;

impl English for Problem {
    fn english(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooManyAddresses { named, most } => {
                write!(
                    f,
                    "{named} addresses are named; at most {most} can be at once, and a file has any number of them"
                )
            }
            Self::Contended => write!(
                f,
                "others keep changing the same list; import the file again, addresses that are there already do no harm",
            ),
        }
    }
}
