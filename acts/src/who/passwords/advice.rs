//! What zxcvbn advises, in English as it says it, and in Russian.

use domain::Said;
use zxcvbn::feedback::{Feedback, Suggestion, Warning};

/// That a password is easy to guess, why, and what would be better.
pub(super) fn on(feedback: Option<&Feedback>) -> Said {
    let mut said = Said::new("the password is easy to guess.", "пароль легко угадать.");
    let warning = feedback.and_then(Feedback::warning).map(|warning| (warning.to_string(), in_russian(warning)));
    let suggestions = feedback.map(Feedback::suggestions).unwrap_or_default();
    let suggestions = suggestions.iter().map(|suggestion| (suggestion.to_string(), suggested_in_russian(*suggestion)));
    for (en, ru) in warning.into_iter().chain(suggestions) {
        said = Said::filled(format!("{} {en}", said.en), format!("{} {ru}", said.ru));
    }
    said
}

fn in_russian(warning: Warning) -> &'static str {
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

fn suggested_in_russian(suggestion: Suggestion) -> &'static str {
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
