//! Examples of what can be done says.

use super::{Examples, examples};
use crate::senders::KeyFault;
use crate::{
    accounts, address_book, import, mailings, passwords, quotas, requests, rights, senders, suppressions, tokens,
};
use chrono::{DateTime, TimeDelta};
use domain::feedback::guard::Share;
use domain::group;
use zxcvbn::feedback::{Suggestion, Warning};

fn every<T: Examples>() -> impl Iterator<Item = T> {
    T::examples().into_iter().map(|(_, example)| example)
}

fn owned(text: &str) -> String {
    text.to_owned()
}

examples! {
    accounts::Problem {
        accounts::Problem::Credentials => [accounts::Problem::Credentials],
        accounts::Problem::Blocked => [accounts::Problem::Blocked],
        accounts::Problem::NotVerified => [accounts::Problem::NotVerified],
        accounts::Problem::OwnAddressNotVerified => [accounts::Problem::OwnAddressNotVerified],
        accounts::Problem::PasswordWrong => [accounts::Problem::PasswordWrong],
        accounts::Problem::LinkInvalid => [accounts::Problem::LinkInvalid],
    }
    address_book::Problem {
        address_book::Problem::TooManyIds { .. } => [address_book::Problem::TooManyIds { named: 1_001, most: 1_000 }],
        address_book::Problem::TooManyClients { .. } => [address_book::Problem::TooManyClients { named: 1_001, most: 1_000 }],
        address_book::Problem::TooManyFields { .. } => [address_book::Problem::TooManyFields { most: 50 }],
        address_book::Problem::TooManyValues { .. } => [address_book::Problem::TooManyValues { named: 51, most: 50 }],
        address_book::Problem::FieldTwice { .. } => [address_book::Problem::FieldTwice { key: owned("city") }],
        address_book::Problem::Contended => [address_book::Problem::Contended],
        address_book::Problem::ConsentInFuture { .. } => {
            [address_book::Problem::ConsentInFuture { at: DateTime::UNIX_EPOCH + TimeDelta::seconds(90) }]
        },
        address_book::Problem::NetworkAddressInvalid => [address_book::Problem::NetworkAddressInvalid],
        address_book::Problem::SegmentNeedsName => [address_book::Problem::SegmentNeedsName],
        address_book::Problem::TooSlow { .. } => [address_book::Problem::TooSlow { seconds: 4 }],
    }
    mailings::Problem {
        mailings::Problem::CronUnexpected => [mailings::Problem::CronUnexpected],
        mailings::Problem::MessageDeleted => [mailings::Problem::MessageDeleted],
        mailings::Problem::NoRun => [mailings::Problem::NoRun],
        mailings::Problem::NoDelivery => [mailings::Problem::NoDelivery],
        mailings::Problem::RunNotFinished => [mailings::Problem::RunNotFinished],
        mailings::Problem::NothingFailed => [mailings::Problem::NothingFailed],
        mailings::Problem::NothingInDoubt => [mailings::Problem::NothingInDoubt],
        mailings::Problem::TransactionalNotAllowed => [mailings::Problem::TransactionalNotAllowed],
        mailings::Problem::AudiencePartDeleted => [mailings::Problem::AudiencePartDeleted],
        mailings::Problem::LeftOutBy { .. } => [mailings::Problem::LeftOutBy { mailing: owned("News of 2026") }],
    }
    mailings::Halt {
        mailings::Halt::SenderNotUsable => [mailings::Halt::SenderNotUsable],
        mailings::Halt::SenderDeleted => [mailings::Halt::SenderDeleted],
        mailings::Halt::SenderRevoked => [mailings::Halt::SenderRevoked],
        mailings::Halt::SenderOfRunRevoked => [mailings::Halt::SenderOfRunRevoked],
        mailings::Halt::SenderOfRunNotShown => [mailings::Halt::SenderOfRunNotShown],
        mailings::Halt::SegmentDeleted => [mailings::Halt::SegmentDeleted],
        mailings::Halt::LeftOutGroupDeleted => [mailings::Halt::LeftOutGroupDeleted],
        mailings::Halt::GroupOfSegmentDeleted => [mailings::Halt::GroupOfSegmentDeleted],
        mailings::Halt::Unsigned { .. } => [mailings::Halt::Unsigned {
            domain: "example.org".to_owned(),
            why: "the key s1: its private half is not there (see MASTER_KEY)".to_owned(),
        }],
        mailings::Halt::TooManyBounces { .. } => [
            mailings::Halt::TooManyBounces { bounced: 51, accepted: 1_000, limit: Share(5_000) },
            mailings::Halt::TooManyBounces { bounced: 1_234_567, accepted: 2_000_000, limit: Share(12_345) },
        ],
        mailings::Halt::TooManyComplaints { .. } => {
            [mailings::Halt::TooManyComplaints { complained: 4, accepted: 1_000, limit: Share(300) }]
        },
    }
    mailings::Stopped {
        mailings::Stopped::OwnerBlocked => [mailings::Stopped::OwnerBlocked],
    }
    senders::Problem {
        senders::Problem::MasterKeyMissing => [senders::Problem::MasterKeyMissing],
        senders::Problem::MasterKeyOther => [senders::Problem::MasterKeyOther],
        senders::Problem::Key(_) => [
            KeyFault::NoKey,
            KeyFault::Encrypted,
            KeyFault::Unreadable,
            KeyFault::OtherAlgorithm,
            KeyFault::TooShort { bits: 1_024 },
            KeyFault::TooLong { bits: 8_192 },
            KeyFault::OddLength { bits: 2_049 },
            KeyFault::Unsound,
        ]
        .map(senders::Problem::Key),
        senders::Problem::TooManyKeys { .. } => [senders::Problem::TooManyKeys { most: 10 }],
    }
    suppressions::Problem {
        suppressions::Problem::TooManyAddresses { .. } => [suppressions::Problem::TooManyAddresses { named: 1_001, most: 1_000 }],
        suppressions::Problem::Contended => [suppressions::Problem::Contended],
    }
    requests::Problem {
        requests::Problem::StaleVersion { .. } => [requests::Problem::StaleVersion { expected: 3, actual: 5 }],
        requests::Problem::KeyReused => [requests::Problem::KeyReused],
        requests::Problem::Conflict => [requests::Problem::Conflict],
        requests::Problem::KeyInvalid { .. } => [requests::Problem::KeyInvalid { most: 200 }],
        requests::Problem::TextInvalid => [requests::Problem::TextInvalid],
        requests::Problem::NoMoment { .. } => [requests::Problem::NoMoment { text: "tomorrow".to_owned() }],
        requests::Problem::TooManyTries { .. } => [requests::Problem::TooManyTries { seconds: 7 }],
        requests::Problem::Busy { .. } => [requests::Problem::Busy { seconds: 7 }],
    }
    rights::Lacking {
        rights::Lacking::Owner => [rights::Lacking::Owner],
        rights::Lacking::Watcher => [rights::Lacking::Watcher],
        rights::Lacking::ArticleWriter => [rights::Lacking::ArticleWriter],
        rights::Lacking::Administrator => [rights::Lacking::Administrator],
        rights::Lacking::Session => [rights::Lacking::Session],
        rights::Lacking::Person => [rights::Lacking::Person],
    }
    tokens::Problem {
        tokens::Problem::TooMany { .. } => [tokens::Problem::TooMany { most: 50 }],
        tokens::Problem::NameEmpty => [tokens::Problem::NameEmpty],
        tokens::Problem::NameNotALine => [tokens::Problem::NameNotALine],
        tokens::Problem::NameTooLong { .. } => [tokens::Problem::NameTooLong { length: 101, most: 100 }],
        tokens::Problem::Expiry { .. } => [tokens::Problem::Expiry { days: 366 }],
    }
    passwords::Problem {
        passwords::Problem::TooShort { .. } => [passwords::Problem::TooShort { least: 10 }],
        passwords::Problem::TooLong { .. } => [passwords::Problem::TooLong { most: 1_024 }],
        passwords::Problem::ControlCharacter => [passwords::Problem::ControlCharacter],
        passwords::Problem::Busy { .. } => [passwords::Problem::Busy { seconds: 7 }],
    }
    passwords::Weak {
        passwords::Weak { .. } => every()
            .map(|warning| passwords::Weak { warning: Some(warning), suggestions: Vec::new() })
            .chain(every().map(|suggestion| passwords::Weak { warning: None, suggestions: vec![suggestion] })),
    }
    Warning {
        Warning::StraightRowsOfKeysAreEasyToGuess => [Warning::StraightRowsOfKeysAreEasyToGuess],
        Warning::ShortKeyboardPatternsAreEasyToGuess => [Warning::ShortKeyboardPatternsAreEasyToGuess],
        Warning::RepeatsLikeAaaAreEasyToGuess => [Warning::RepeatsLikeAaaAreEasyToGuess],
        Warning::RepeatsLikeAbcAbcAreOnlySlightlyHarderToGuess => [Warning::RepeatsLikeAbcAbcAreOnlySlightlyHarderToGuess],
        Warning::ThisIsATop10Password => [Warning::ThisIsATop10Password],
        Warning::ThisIsATop100Password => [Warning::ThisIsATop100Password],
        Warning::ThisIsACommonPassword => [Warning::ThisIsACommonPassword],
        Warning::ThisIsSimilarToACommonlyUsedPassword => [Warning::ThisIsSimilarToACommonlyUsedPassword],
        Warning::SequencesLikeAbcAreEasyToGuess => [Warning::SequencesLikeAbcAreEasyToGuess],
        Warning::RecentYearsAreEasyToGuess => [Warning::RecentYearsAreEasyToGuess],
        Warning::AWordByItselfIsEasyToGuess => [Warning::AWordByItselfIsEasyToGuess],
        Warning::DatesAreOftenEasyToGuess => [Warning::DatesAreOftenEasyToGuess],
        Warning::NamesAndSurnamesByThemselvesAreEasyToGuess => [Warning::NamesAndSurnamesByThemselvesAreEasyToGuess],
        Warning::CommonNamesAndSurnamesAreEasyToGuess => [Warning::CommonNamesAndSurnamesAreEasyToGuess],
    }
    Suggestion {
        Suggestion::UseAFewWordsAvoidCommonPhrases => [Suggestion::UseAFewWordsAvoidCommonPhrases],
        Suggestion::NoNeedForSymbolsDigitsOrUppercaseLetters => [Suggestion::NoNeedForSymbolsDigitsOrUppercaseLetters],
        Suggestion::AddAnotherWordOrTwo => [Suggestion::AddAnotherWordOrTwo],
        Suggestion::CapitalizationDoesntHelpVeryMuch => [Suggestion::CapitalizationDoesntHelpVeryMuch],
        Suggestion::AllUppercaseIsAlmostAsEasyToGuessAsAllLowercase => [Suggestion::AllUppercaseIsAlmostAsEasyToGuessAsAllLowercase],
        Suggestion::ReversedWordsArentMuchHarderToGuess => [Suggestion::ReversedWordsArentMuchHarderToGuess],
        Suggestion::PredictableSubstitutionsDontHelpVeryMuch => [Suggestion::PredictableSubstitutionsDontHelpVeryMuch],
        Suggestion::UseALongerKeyboardPatternWithMoreTurns => [Suggestion::UseALongerKeyboardPatternWithMoreTurns],
        Suggestion::AvoidRepeatedWordsAndCharacters => [Suggestion::AvoidRepeatedWordsAndCharacters],
        Suggestion::AvoidSequences => [Suggestion::AvoidSequences],
        Suggestion::AvoidRecentYears => [Suggestion::AvoidRecentYears],
        Suggestion::AvoidYearsThatAreAssociatedWithYou => [Suggestion::AvoidYearsThatAreAssociatedWithYou],
        Suggestion::AvoidDatesAndYearsThatAreAssociatedWithYou => [Suggestion::AvoidDatesAndYearsThatAreAssociatedWithYou],
    }
    quotas::Reached {
        quotas::Reached { .. } => every().map(|noun| quotas::Reached { noun, most: 1_234 }),
    }
    quotas::Noun {
        quotas::Noun::Client => [quotas::Noun::Client],
        quotas::Noun::Group => [quotas::Noun::Group],
        quotas::Noun::Segment => [quotas::Noun::Segment],
        quotas::Noun::Suppression => [quotas::Noun::Suppression],
        quotas::Noun::Message => [quotas::Noun::Message],
        quotas::Noun::Mailing => [quotas::Noun::Mailing],
        quotas::Noun::Sender => [quotas::Noun::Sender],
        quotas::Noun::Picture => [quotas::Noun::Picture],
        quotas::Noun::RevisionOfMessage => [quotas::Noun::RevisionOfMessage],
        quotas::Noun::RevisionOfArticle => [quotas::Noun::RevisionOfArticle],
        quotas::Noun::SizeOfMessage => [quotas::Noun::SizeOfMessage],
    }
    import::TooLarge {
        import::TooLarge { .. } => [import::TooLarge { most: 64 }],
    }
    import::FieldsTooMany {
        import::FieldsTooMany { .. } => [import::FieldsTooMany { most: 50 }],
    }
    import::BrokenOff {
        import::BrokenOff { .. } => [import::BrokenOff { error: owned("connection reset") }],
    }
    import::FileError {
        import::FileError::Empty => [import::FileError::Empty],
        import::FileError::Unsupported { .. } => every().map(|kind| import::FileError::Unsupported { kind }),
        import::FileError::Protected => [import::FileError::Protected],
        import::FileError::WorkbookBroken => [import::FileError::WorkbookBroken],
        import::FileError::WorkbookTooLarge { .. } => {
            every().map(|bound| import::FileError::WorkbookTooLarge { bound })
        },
        import::FileError::NotUtf8 { .. } => every().map(|found| import::FileError::NotUtf8 { found }),
        import::FileError::HeaderBroken { .. } => every().map(|reason| import::FileError::HeaderBroken { reason }),
        import::FileError::EmailColumnMissing { .. } => {
            [import::FileError::EmailColumnMissing { found: owned("name, phone") }]
        },
        import::FileError::ColumnUnknown { .. } => {
            [import::FileError::ColumnUnknown { name: owned("full name"), found: owned("name, phone") }]
        },
        import::FileError::MappingInvalid { .. } => [import::FileError::MappingInvalid { text: owned("phone") }],
        import::FileError::FieldMappedTwice { .. } => [import::FileError::FieldMappedTwice {
            field: owned("full_name"),
            first: owned("name"),
            second: owned("full name"),
        }],
        import::FileError::ColumnMappedTwice { .. } => {
            [import::FileError::ColumnMappedTwice { column: owned("name"), first: owned("comment"), second: owned("full_name") }]
        },
        import::FileError::ColumnTwice { .. } => [import::FileError::ColumnTwice {
            first: owned("name"),
            second: owned("full name"),
            meaning: owned("full_name"),
        }],
        import::FileError::FieldUnknown { .. } => ["city, age", ""]
            .map(|found| import::FileError::FieldUnknown { key: owned("town"), found: owned(found) }),
    }
    import::Kind {
        import::Kind::OldExcel => [import::Kind::OldExcel],
        import::Kind::BinaryExcel => [import::Kind::BinaryExcel],
        import::Kind::OpenDocument => [import::Kind::OpenDocument],
        import::Kind::Numbers => [import::Kind::Numbers],
        import::Kind::Archive => [import::Kind::Archive],
    }
    import::Bound {
        import::Bound::File { .. } => [import::Bound::File { most: 100 }],
        import::Bound::Unpacked { .. } => [import::Bound::Unpacked { most: 512 }],
        import::Bound::Texts { .. } => [import::Bound::Texts { most: 1_500_000 }],
        import::Bound::Table { .. } => [import::Bound::Table { most: 256 }],
        import::Bound::Cells { .. } => [import::Bound::Cells { most: 20_000_000 }],
        import::Bound::Rows { .. } => [import::Bound::Rows { most: 1_048_576 }],
    }
    import::Found {
        import::Found::Utf16 => [import::Found::Utf16],
        import::Found::Utf16OrNoText => [import::Found::Utf16OrNoText],
        import::Found::OtherEncoding => [import::Found::OtherEncoding],
        import::Found::NoText => [import::Found::NoText],
    }
    import::Broken {
        import::Broken::Quotes => [import::Broken::Quotes],
        import::Broken::Endless => [import::Broken::Endless],
    }
    import::RowError {
        import::RowError::DuplicateInFile { .. } => {
            [import::RowError::DuplicateInFile { first: 7, email: owned("anna@example.com") }]
        },
        import::RowError::TooManyFields { .. } => [(5, 4), (1, 21)]
            .map(|(has, columns)| import::RowError::TooManyFields { has, columns }),
        import::RowError::Group { .. } => {
            [import::RowError::Group { name: owned("friends"), error: group::Error::NameTooLong { length: 102 } }]
        },
        import::RowError::Unchanged { .. } => [import::RowError::Unchanged { email: owned("anna@example.com") }],
        import::RowError::NotThere { .. } => [import::RowError::NotThere { email: owned("anna@example.com") }],
        import::RowError::MomentInvalid { .. } => [import::RowError::MomentInvalid { value: owned("05/01/2026") }],
        import::RowError::QuotesBroken => [import::RowError::QuotesBroken],
        import::RowError::TooLong { .. } => [import::RowError::TooLong { most: 64 }],
        import::RowError::NotUtf8 => [import::RowError::NotUtf8],
        import::RowError::Nul => [import::RowError::Nul],
    }
    import::Notable {
        import::Notable::TakenForEmpty { .. } => [(1, 2), (12, 7)].map(|(cells, line)| {
            import::Notable::TakenForEmpty { column: "full_name".into(), word: "NULL", cells, line }
        }),
        import::Notable::SeveralAddresses { .. } => [(1, 0), (2, 5)].map(|(cells, unnamed)| {
            let addresses = vec![(3, owned("anna@example.org")), (4, owned("bob@example.org"))];
            import::Notable::SeveralAddresses { cells, left_out: import::LeftOut { addresses, unnamed } }
        }),
        import::Notable::ColumnIgnored { .. } => [import::Notable::ColumnIgnored { column: owned("Company name") }],
        import::Notable::SheetsIgnored { .. } => [1, 3].map(|others| {
            import::Notable::SheetsIgnored { sheet: owned("Clients"), others }
        }),
    }
}
