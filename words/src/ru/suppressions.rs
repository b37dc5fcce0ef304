use super::Russian;
use crate::suppressions::Problem;
use std::fmt;

impl Russian for Problem {
    fn russian(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooManyAddresses { named, most } => {
                write!(
                    f,
                    "названо адресов: {named}; за один раз можно не больше {most}, а в файле их может быть сколько угодно"
                )
            }
            Self::Contended => write!(
                f,
                "этот список всё время меняет кто-то ещё; импортируйте файл ещё раз, те адреса, что уже есть, не помешают",
            ),
        }
    }
}
