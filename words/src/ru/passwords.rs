use super::Russian;
use crate::passwords::{Problem, Weak};
use std::fmt;
use zxcvbn::feedback::{Suggestion, Warning};

impl Russian for Problem {
    fn russian(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooShort { least } => write!(f, "в пароле не меньше {least} символов"),
            Self::TooLong { most } => write!(f, "в пароле не больше {most} байт"),
            Self::ControlCharacter => write!(
                f,
                "в пароле не бывает табуляции, переводов строки и других управляющих символов: некоторые \
                 клавиатуры и программы их теряют; используйте буквы, цифры, знаки и пробелы",
            ),
            Self::Busy { seconds } => {
                write!(f, "сейчас проверяется слишком много паролей: попробуйте снова через {seconds} с")
            }
        }
    }
}

impl Russian for Weak {
    fn russian(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "пароль легко угадать.")?;
        self.warning.iter().try_for_each(|warning| write!(f, " {}", warned(*warning)))?;
        self.suggestions.iter().try_for_each(|suggestion| write!(f, " {}", suggested(*suggestion)))
    }
}

fn warned(warning: Warning) -> &'static str {
    match warning {
        Warning::StraightRowsOfKeysAreEasyToGuess => "Ряды соседних клавиш легко угадать.",
        Warning::ShortKeyboardPatternsAreEasyToGuess => "Короткие узоры на клавиатуре легко угадать.",
        Warning::RepeatsLikeAaaAreEasyToGuess => "Повторы вроде \"aaa\" легко угадать.",
        Warning::RepeatsLikeAbcAbcAreOnlySlightlyHarderToGuess => {
            "Повторы вроде \"abcabcabc\" угадать лишь немногим труднее, чем \"abc\"."
        }
        Warning::ThisIsATop10Password => "Это один из 10 самых частых паролей.",
        Warning::ThisIsATop100Password => "Это один из 100 самых частых паролей.",
        Warning::ThisIsACommonPassword => "Это очень частый пароль.",
        Warning::ThisIsSimilarToACommonlyUsedPassword => "Это похоже на частый пароль.",
        Warning::SequencesLikeAbcAreEasyToGuess => "Последовательности вроде abc или 6543 легко угадать.",
        Warning::RecentYearsAreEasyToGuess => "Недавние годы легко угадать.",
        Warning::AWordByItselfIsEasyToGuess => "Одно слово легко угадать.",
        Warning::DatesAreOftenEasyToGuess => "Даты часто легко угадать.",
        Warning::NamesAndSurnamesByThemselvesAreEasyToGuess => "Имя или фамилию без других слов легко угадать.",
        Warning::CommonNamesAndSurnamesAreEasyToGuess => "Распространённые имена и фамилии легко угадать.",
    }
}

fn suggested(suggestion: Suggestion) -> &'static str {
    match suggestion {
        Suggestion::UseAFewWordsAvoidCommonPhrases => "Возьмите несколько слов, но не известную фразу.",
        Suggestion::NoNeedForSymbolsDigitsOrUppercaseLetters => "Знаки, цифры и заглавные буквы не обязательны.",
        Suggestion::AddAnotherWordOrTwo => "Добавьте ещё слово или два. Лучше редкие слова.",
        Suggestion::CapitalizationDoesntHelpVeryMuch => "Заглавные буквы почти не помогают.",
        Suggestion::AllUppercaseIsAlmostAsEasyToGuessAsAllLowercase => {
            "Одни заглавные буквы угадать почти так же легко, как одни строчные."
        }
        Suggestion::ReversedWordsArentMuchHarderToGuess => "Слова задом наперёд угадать ненамного труднее.",
        Suggestion::PredictableSubstitutionsDontHelpVeryMuch => {
            "Обычные замены вроде '@' вместо 'a' почти не помогают."
        }
        Suggestion::UseALongerKeyboardPatternWithMoreTurns => "Возьмите узор на клавиатуре длиннее и с поворотами.",
        Suggestion::AvoidRepeatedWordsAndCharacters => "Избегайте повторов слов и символов.",
        Suggestion::AvoidSequences => "Избегайте последовательностей.",
        Suggestion::AvoidRecentYears => "Избегайте недавних лет.",
        Suggestion::AvoidYearsThatAreAssociatedWithYou => "Избегайте лет, которые связаны с вами.",
        Suggestion::AvoidDatesAndYearsThatAreAssociatedWithYou => "Избегайте дат и лет, которые связаны с вами.",
    }
}
