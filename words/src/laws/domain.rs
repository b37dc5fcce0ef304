//! Examples of what the domain refuses.

use super::{Examples, examples};
use chrono::{DateTime, TimeDelta, Utc};
use domain::custom_field::Kind;
use domain::letter::{Advice, Finding, LinkFault};
use domain::{
    AddressFault, Code, CronError, CronExpression, CronFault, CronField, EmailAddress, EmailError, FullNameError,
    OverBudget, Part, Place, PostalAddressTooLong, Refusal, RelayNameError, Template, TemplateError, TimeZone,
    TimeZoneError, Totals, Why, WindowError, alignment, article, batch, client, custom_field, feedback, group, import,
    mailing, message, notice, rebuild, run, segment, sender, sender_domain, session, subscription, suppression, token,
    user,
};

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds)
}

fn every<T: Examples>() -> impl Iterator<Item = T> {
    T::examples().into_iter().map(|(_, example)| example)
}

fn template(text: &str) -> TemplateError {
    Template::parse(Part::Text, text).expect_err(text)
}

fn advice(field: &'static str, finding: Finding) -> Advice {
    Advice { field, line: 2, finding }
}

fn domain_name() -> sender_domain::DomainName {
    sender_domain::DomainName::parse("example.org").expect("a domain")
}

fn selector() -> sender_domain::Selector {
    sender_domain::Selector::parse("s20260501r").expect("a selector")
}

fn problem() -> TemplateError {
    TemplateError::UnknownField { name: "nickname".to_owned(), line: 2, own: vec![owned("city"), owned("age")] }
}

/// As parsing tells them, and every fault there is.
fn every_invalid_address() -> impl Iterator<Item = EmailError> {
    let texts = [
        "anna",
        "@example.com",
        "anna@",
        "anna@example..com",
        ".anna@example.com",
        "Anna <anna@example.com>",
        "anna@[192.0.2.1]",
        "anna@192.0.2.1",
        "anna@exa$mple.com",
        "\"an\tna\"@example.com",
        "anna@אa.example",
        &format!("{}@example.com", "x".repeat(65)),
        &format!("anna@{}.com", "x".repeat(64)),
    ];
    let parsed = texts.map(|text| EmailAddress::parse(text).expect_err(text));
    parsed.into_iter().chain(every().map(|fault| EmailError::Invalid { address: "anna".to_owned(), fault }))
}

/// As parsing tells them, and every field and fault there is.
fn every_wrong_field() -> impl Iterator<Item = CronError> {
    let texts = [
        "61 * * * *",
        "x * * * *",
        "0 9-25 * * *",
        "0 9,, * * *",
        "0 */0 * * *",
        "* * 0W * *",
        "* * * JUNY *",
        "* * * * 9",
        "* * * * MON#9",
        "@daily * * * *",
        "5-1 * * * *",
    ];
    let parsed = texts.map(|text| CronExpression::parse(text).expect_err(text));
    let wrong = |field, fault, value: &str| {
        let expression = format!("{value} * * * *");
        CronError::Field { expression, field, value: value.to_owned(), fault }
    };
    let fields = every().map(move |field| wrong(field, CronFault::Character, "x"));
    parsed.into_iter().chain(fields).chain(every().map(move |fault| wrong(CronField::Minute, fault, "61")))
}

fn owned(text: &str) -> String {
    text.to_owned()
}

/// The name of a key.
fn key() -> String {
    owned("mail2026")
}

examples! {
    alignment::Error {
        alignment::Error::DomainInvalid { .. } => {
            ["anna@example.org", "a\u{202e}b"].map(|domain| alignment::Error::DomainInvalid { domain: owned(domain) })
        },
        alignment::Error::DomainNotPublic { .. } => [alignment::Error::DomainNotPublic { domain: owned("mail_1.local") }],
        alignment::Error::SelectorInvalid { .. } => [alignment::Error::SelectorInvalid { selector: owned("my key") }],
        alignment::Error::SelectorsTooMany { .. } => [alignment::Error::SelectorsTooMany { named: 11 }],
    }
    alignment::NotAligned {
        alignment::NotAligned { .. } => [alignment::NotAligned {
            domain: owned("example.org"),
            return_path: Some(owned("bounce.example.org")),
            found: vec![alignment::What::SpfMissing, alignment::What::DkimMissing { selector: key() }],
        }],
    }
    alignment::What {
        alignment::What::NoAnswer { .. } => [alignment::What::NoAnswer {
            subject: alignment::Subject::Dmarc,
            name: owned("_dmarc.example.org"),
        }],
        alignment::What::SpfElsewhere { .. } => {
            [alignment::What::SpfElsewhere { domain: owned("bounce.example.org") }]
        },
        alignment::What::SpfGood { .. } => [alignment::What::SpfGood { lookups: 3 }],
        alignment::What::SpfMissing => [alignment::What::SpfMissing],
        alignment::What::SpfSeveral { .. } => [alignment::What::SpfSeveral { count: 2 }],
        alignment::What::SpfSyntax { .. } => [alignment::What::SpfSyntax { domain: owned("example.org"), term: owned("ip4:1.2.3") }],
        alignment::What::SpfLookups { .. } => [alignment::What::SpfLookups { lookups: 14 }],
        alignment::What::SpfLoop { .. } => [alignment::What::SpfLoop { domain: owned("example.org") }],
        alignment::What::SpfIncludeMissing { .. } => {
            [alignment::What::SpfIncludeMissing { domain: owned("_spf.example.org") }]
        },
        alignment::What::SpfOpen => [alignment::What::SpfOpen],
        alignment::What::SpfNeutral => [alignment::What::SpfNeutral],
        alignment::What::SpfNobody => [alignment::What::SpfNobody],
        alignment::What::SpfPtr => [alignment::What::SpfPtr],
        alignment::What::SpfPasses { .. } => [alignment::What::SpfPasses { address: owned("192.0.2.7") }],
        alignment::What::SpfFails { .. } => [alignment::What::SpfFails { address: owned("192.0.2.7") }],
        alignment::What::SpfSoftFails { .. } => [alignment::What::SpfSoftFails { address: owned("192.0.2.7") }],
        alignment::What::SpfSaysNothing { .. } => [alignment::What::SpfSaysNothing { address: owned("192.0.2.7") }],
        alignment::What::SpfBroken { .. } => [alignment::What::SpfBroken { address: owned("192.0.2.7") }],
        alignment::What::SpfUntold { .. } => [alignment::What::SpfUntold { address: owned("192.0.2.7") }],
        alignment::What::DkimNotNamed => [alignment::What::DkimNotNamed],
        alignment::What::DkimGood { .. } => {
            [alignment::What::DkimGood { selector: key(), algorithm: "RSA", bits: 2_048 }]
        },
        alignment::What::DkimMissing { .. } => [alignment::What::DkimMissing { selector: key() }],
        alignment::What::DkimSeveral { .. } => [alignment::What::DkimSeveral { selector: key(), count: 2 }],
        alignment::What::DkimSyntax { .. } => [alignment::What::DkimSyntax { selector: key(), tag: owned("p") }],
        alignment::What::DkimRevoked { .. } => [alignment::What::DkimRevoked { selector: key() }],
        alignment::What::DkimShort { .. } => [alignment::What::DkimShort { selector: key(), bits: 512 }],
        alignment::What::DkimWeak { .. } => [alignment::What::DkimWeak { selector: key(), bits: 1_024 }],
        alignment::What::DkimTesting { .. } => [alignment::What::DkimTesting { selector: key() }],
        alignment::What::DkimHash { .. } => [alignment::What::DkimHash { selector: key() }],
        alignment::What::DkimNotMail { .. } => [alignment::What::DkimNotMail { selector: key() }],
        alignment::What::DkimAlgorithm { .. } => {
            [alignment::What::DkimAlgorithm { selector: key(), algorithm: owned("dsa") }]
        },
        alignment::What::DmarcGood { .. } => {
            use alignment::dmarc::Action;
            [Action::None, Action::Quarantine, Action::Reject]
                .map(|action| alignment::What::DmarcGood { action, domain: owned("example.org") })
        },
        alignment::What::DmarcMissing => [alignment::What::DmarcMissing],
        alignment::What::DmarcSeveral { .. } => [alignment::What::DmarcSeveral { count: 2 }],
        alignment::What::DmarcSyntax { .. } => [alignment::What::DmarcSyntax { tag: "p" }],
        alignment::What::MxGood { .. } => [alignment::What::MxGood { hosts: 2 }],
        alignment::What::DomainUnknown => [alignment::What::DomainUnknown],
        alignment::What::MxMissing => [alignment::What::MxMissing],
        alignment::What::MxNothing => [alignment::What::MxNothing],
        alignment::What::MxNull => [alignment::What::MxNull],
        alignment::What::MxHostUnknown { .. } => [alignment::What::MxHostUnknown { host: owned("mx1.example.org") }],
        alignment::What::MxHostsUnknown { .. } => [alignment::What::MxHostsUnknown { hosts: 2 }],
        alignment::What::ReturnPathFits { .. } => [alignment::What::ReturnPathFits { domain: owned("example.org") }],
        alignment::What::ReturnPathElsewhere { .. } => {
            [alignment::What::ReturnPathElsewhere { domain: owned("example.net") }]
        },
        alignment::What::ReturnPathArrives { .. } => {
            ["mx.example.org", "bounce.example.org"].map(|host| alignment::What::ReturnPathArrives {
                domain: owned("bounce.example.org"),
                host: owned(host),
            })
        },
        alignment::What::ReturnPathDeaf { .. } => [alignment::What::ReturnPathDeaf { domain: owned("example.org") }],
    }
    article::Error {
        article::Error::NotFound => [article::Error::NotFound],
        article::Error::AlreadyExists => [article::Error::AlreadyExists],
        article::Error::TitleEmpty => [article::Error::TitleEmpty],
        article::Error::TitleNotALine => [article::Error::TitleNotALine],
        article::Error::TitleTooLong { .. } => [article::Error::TitleTooLong { length: 201 }],
        article::Error::TitleTaken { .. } => [article::Error::TitleTaken { slug: "spring-2".to_owned() }],
        article::Error::BodyEmpty => [article::Error::BodyEmpty],
        article::Error::BodyTooLong { .. } => [article::Error::BodyTooLong { bytes: 2_000_000 }],
        article::Error::NestsTooDeep => [article::Error::NestsTooDeep],
        article::Error::HtmlTooLarge => [article::Error::HtmlTooLarge],
        article::Error::ImageInvalid { .. } => [article::Error::ImageInvalid { url: "x1".to_owned() }],
        article::Error::ImageTooLong { .. } => [article::Error::ImageTooLong { length: 2_001 }],
    }
    article::PictureError {
        article::PictureError::NotAPicture => [article::PictureError::NotAPicture],
        article::PictureError::TooLarge => [article::PictureError::TooLarge],
    }
    batch::Error {
        batch::Error::NotPlanned => [batch::Error::NotPlanned],
        batch::Error::WrongSize { .. } => [batch::Error::WrongSize { recipients: 501 }],
        batch::Error::NoSuchRecipient { .. } => [batch::Error::NoSuchRecipient { place: 7 }],
        batch::Error::NotInFlight { .. } => [batch::Error::NotInFlight { place: 7 }],
        batch::Error::NotWaiting { .. } => [batch::Error::NotWaiting { place: 7 }],
        batch::Error::NotInDoubt { .. } => [batch::Error::NotInDoubt { place: 7 }],
        batch::Error::StillInFlight { .. } => [batch::Error::StillInFlight { place: 7 }],
    }
    client::Error {
        client::Error::NotFound => [client::Error::NotFound],
        client::Error::AlreadyExists => [client::Error::AlreadyExists],
        client::Error::EmailTaken { .. } => [client::Error::EmailTaken { email: "anna2@example.com".to_owned() }],
        client::Error::CommentTooLong { .. } => [client::Error::CommentTooLong { length: 2_001 }],
        client::Error::WordingEmpty => [client::Error::WordingEmpty],
        client::Error::WordingTooLong { .. } => [client::Error::WordingTooLong { length: 2_002 }],
        client::Error::ConsentMissing => [client::Error::ConsentMissing],
    }
    Why {
        Why::Accepted => [Why::Accepted],
        Why::Rejected => [Why::Rejected],
        Why::Deferred => [Why::Deferred],
        Why::Pending => [Why::Pending],
        Why::InDoubt => [Why::InDoubt],
        Why::Expired => [Why::Expired],
        Why::SameMailbox => [Why::SameMailbox],
        Why::Cancelled => [Why::Cancelled],
        Why::Suppressed(_) => suppression::Reason::ALL.map(Why::Suppressed),
        Why::NoClient => [Why::NoClient],
        Why::AddedLater => [Why::AddedLater],
        Why::DeletedBefore => [Why::DeletedBefore],
        Why::OtherAddress => [Why::OtherAddress],
        Why::NotInAudience => [Why::NotInAudience],
        Why::LeftOut => [Why::LeftOut],
        Why::NotFailed => [Why::NotFailed],
        Why::BeingPlanned => [Why::BeingPlanned],
        Why::Missed => [Why::Missed],
        Why::NotStarted => [Why::NotStarted],
    }
    client::Subscribed {
        client::Subscribed::Absent => [client::Subscribed::Absent],
        client::Subscribed::Suppressed => [client::Subscribed::Suppressed],
        client::Subscribed::Withdrawn => [client::Subscribed::Withdrawn],
        client::Subscribed::Given => [client::Subscribed::Given],
        client::Subscribed::Confirmed => [client::Subscribed::Confirmed],
        client::Subscribed::Unsaid => [client::Subscribed::Unsaid],
    }
    custom_field::Error {
        custom_field::Error::NotFound => [custom_field::Error::NotFound],
        custom_field::Error::KeyTaken { .. } => [custom_field::Error::KeyTaken { key: owned("city") }],
        custom_field::Error::KeyInvalid { .. } => [custom_field::Error::KeyInvalid { key: owned("7 dwarfs") }],
        custom_field::Error::KeyReserved { .. } => [custom_field::Error::KeyReserved { key: owned("email") }],
        custom_field::Error::LabelEmpty => [custom_field::Error::LabelEmpty],
        custom_field::Error::LabelTooLong { .. } => [custom_field::Error::LabelTooLong { length: 102 }],
        custom_field::Error::LabelNotALine => [custom_field::Error::LabelNotALine],
        custom_field::Error::ValueInvalid { .. } => Kind::ALL.map(|kind| {
            custom_field::Error::ValueInvalid { key: owned("age"), kind, value: owned("1,500") }
        }),
        custom_field::Error::TextTooLong { .. } => {
            [custom_field::Error::TextTooLong { key: owned("city"), length: 1_001 }]
        },
    }
    group::Error {
        group::Error::NotFound => [group::Error::NotFound],
        group::Error::AlreadyExists => [group::Error::AlreadyExists],
        group::Error::NameEmpty => [group::Error::NameEmpty],
        group::Error::NameTooLong { .. } => [group::Error::NameTooLong { length: 102 }],
        group::Error::NameNotALine => [group::Error::NameNotALine],
        group::Error::DescriptionTooLong { .. } => [group::Error::DescriptionTooLong { length: 502 }],
        group::Error::NameTaken { .. } => [group::Error::NameTaken { name: "7 dwarfs".to_owned() }],
    }
    import::Error {
        import::Error::NotFound => [import::Error::NotFound],
        import::Error::AlreadyExists => [import::Error::AlreadyExists],
        import::Error::TakenBack => [import::Error::TakenBack],
    }
    rebuild::Error {
        rebuild::Error::NotFound => [rebuild::Error::NotFound],
        rebuild::Error::AlreadyExists => [rebuild::Error::AlreadyExists],
    }
    session::Error {
        session::Error::AlreadyExists => [session::Error::AlreadyExists],
    }
    feedback::Error {
        feedback::Error::TooManyReports => [feedback::Error::TooManyReports],
    }
    suppression::Error {
        suppression::Error::NotFound => [suppression::Error::NotFound],
        suppression::Error::NotYours => [suppression::Error::NotYours],
        suppression::Error::ComplaintStays => [suppression::Error::ComplaintStays],
        suppression::Error::OnlyOwnLeaving => [suppression::Error::OnlyOwnLeaving],
        suppression::Error::ReasonMissing => [suppression::Error::ReasonMissing],
        suppression::Error::ReasonTooLong { .. } => [suppression::Error::ReasonTooLong { length: 501 }],
        suppression::Error::NoteTooLong { .. } => [suppression::Error::NoteTooLong { length: 502 }],
    }
    token::Error {
        token::Error::AlreadyExists => [token::Error::AlreadyExists],
    }
    mailing::Error {
        mailing::Error::NotFound => [mailing::Error::NotFound],
        mailing::Error::AlreadyExists => [mailing::Error::AlreadyExists],
        mailing::Error::NameEmpty => [mailing::Error::NameEmpty],
        mailing::Error::NameTooLong { .. } => [mailing::Error::NameTooLong { length: 201 }],
        mailing::Error::NameNotALine => [mailing::Error::NameNotALine],
        mailing::Error::AudienceEmpty => [mailing::Error::AudienceEmpty],
        mailing::Error::Window(_) => every().map(mailing::Error::Window),
        mailing::Error::WindowEnded { .. } => [mailing::Error::WindowEnded { end: at(90) }],
        mailing::Error::StartTooOld { .. } => [mailing::Error::StartTooOld { start: at(90), earliest: at(91) }],
        mailing::Error::WindowNotOpen { .. } => [mailing::Error::WindowNotOpen { start: at(90) }],
        mailing::Error::NeverDue => [mailing::Error::NeverDue],
        mailing::Error::Paused => [mailing::Error::Paused],
        mailing::Error::Disabled => [mailing::Error::Disabled],
        mailing::Error::Cancelled => [mailing::Error::Cancelled],
        mailing::Error::Completed => [mailing::Error::Completed],
        mailing::Error::ReasonMissing => [mailing::Error::ReasonMissing],
        mailing::Error::ReasonTooLong { .. } => [mailing::Error::ReasonTooLong { length: 501 }],
    }
    mailing::Obstacle {
        mailing::Obstacle::TimeZoneUnknown { .. } => {
            [mailing::Obstacle::TimeZoneUnknown { zone: "Mars/Olympus_Mons".to_owned() }]
        },
    }
    message::Error {
        message::Error::NotFound => [message::Error::NotFound],
        message::Error::AlreadyExists => [message::Error::AlreadyExists],
        message::Error::SubjectEmpty => [message::Error::SubjectEmpty],
        message::Error::SubjectNotALine => [message::Error::SubjectNotALine],
        message::Error::SubjectTooLong { .. } => [message::Error::SubjectTooLong { length: 311 }],
        message::Error::TextEmpty => [message::Error::TextEmpty],
        message::Error::BodyTooLong { .. } => [message::Error::BodyTooLong { field: "text", bytes: 2_000_000 }],
        message::Error::MarkdownEmpty => [message::Error::MarkdownEmpty],
        message::Error::MarkdownNotAlone => [message::Error::MarkdownNotAlone],
        message::Error::MarkdownNestsTooDeep => [message::Error::MarkdownNestsTooDeep],
        message::Error::MarkdownTooLarge => [message::Error::MarkdownTooLarge],
        message::Error::MergeField { .. } => [
            message::Error::MergeField { field: "markdown", problem: problem() },
            message::Error::MergeField { field: "subject", problem: template("{{x}}") },
            message::Error::MergeField { field: "html", problem: problem() },
        ],
        message::Error::TooLarge { .. } => {
            [message::Error::TooLarge { part: Part::Html, bytes: 62_000_001, merge_field: owned("comment"), times: 5_957 }]
        },
    }
    notice::Error {
        notice::Error::AlreadyRequested => [notice::Error::AlreadyRequested],
        notice::Error::NotRequested => [notice::Error::NotRequested],
        notice::Error::NotWaiting => [notice::Error::NotWaiting],
        notice::Error::NotInFlight => [notice::Error::NotInFlight],
    }
    segment::Error {
        segment::Error::NotFound => [segment::Error::NotFound],
        segment::Error::AlreadyExists => [segment::Error::AlreadyExists],
        segment::Error::NameTaken { .. } => [segment::Error::NameTaken { name: owned("7 dwarfs") }],
        segment::Error::ConditionsMissing => [segment::Error::ConditionsMissing],
        segment::Error::ConditionsTooMany { .. } => [segment::Error::ConditionsTooMany { count: 21 }],
        segment::Error::NeedleEmpty => [segment::Error::NeedleEmpty],
        segment::Error::NeedleTooLong { .. } => [segment::Error::NeedleTooLong { length: 201 }],
        segment::Error::DaysOutOfRange { .. } => [0, 3_661].map(|days| segment::Error::DaysOutOfRange { days }),
        segment::Error::NotComparable { .. } => [segment::Error::NotComparable { key: owned("favourite_city") }],
    }
    sender::Error {
        sender::Error::NotFound => [sender::Error::NotFound],
        sender::Error::AlreadyExists => [sender::Error::AlreadyExists],
        sender::Error::AddressTaken { .. } => [sender::Error::AddressTaken { address: "news@example.org".to_owned() }],
        sender::Error::NotVerified { .. } => [sender::Error::NotVerified { address: "news@example.org".to_owned() }],
        sender::Error::Revoked { .. } => [sender::Error::Revoked { address: "news@example.org".to_owned() }],
        sender::Error::ReasonMissing => [sender::Error::ReasonMissing],
        sender::Error::ReasonTooLong { .. } => [sender::Error::ReasonTooLong { length: 501 }],
    }
    sender_domain::Error {
        sender_domain::Error::NotFound => [sender_domain::Error::NotFound],
        sender_domain::Error::Taken { .. } => [sender_domain::Error::Taken { domain: domain_name() }],
        sender_domain::Error::DomainInvalid { .. } => [sender_domain::Error::DomainInvalid { domain: "localhost".to_owned() }],
        sender_domain::Error::SelectorInvalid { .. } => [sender_domain::Error::SelectorInvalid { selector: "-a".to_owned() }],
        sender_domain::Error::SelectorTaken { .. } => [sender_domain::Error::SelectorTaken { selector: selector() }],
        sender_domain::Error::KeyNotFound { .. } => [sender_domain::Error::KeyNotFound { selector: selector() }],
        sender_domain::Error::KeyActive { .. } => [sender_domain::Error::KeyActive { selector: selector() }],
        sender_domain::Error::KeyStillNeeded { .. } => {
            [sender_domain::Error::KeyStillNeeded { selector: selector(), until: at(60) }]
        },
    }
    PostalAddressTooLong {
        PostalAddressTooLong { .. } => [PostalAddressTooLong { length: 301 }],
    }
    run::Error {
        run::Error::Missed => [run::Error::Missed],
        run::Error::NotSending => [run::Error::NotSending],
        run::Error::FrozenOtherwise { .. } => [run::Error::FrozenOtherwise { before: 3, planned: 4 }],
        run::Error::DoesNotAddUp { .. } => [run::Error::DoesNotAddUp { planned: 5, totals: Totals::default() }],
        run::Error::NotDone { .. } => [run::Error::NotDone { open: 22 }],
    }
    subscription::Error {
        subscription::Error::NotFound => [subscription::Error::NotFound],
        subscription::Error::AlreadyExists => [subscription::Error::AlreadyExists],
        subscription::Error::TopicsMissing => [subscription::Error::TopicsMissing],
        subscription::Error::TopicsTooMany { .. } => [subscription::Error::TopicsTooMany { chosen: 16 }],
        subscription::Error::WordingEmpty => [subscription::Error::WordingEmpty],
        subscription::Error::WordingTooLong { .. } => [subscription::Error::WordingTooLong { length: 2_001 }],
        subscription::Error::Expired => [subscription::Error::Expired],
    }
    user::Error {
        user::Error::NotFound => [user::Error::NotFound],
        user::Error::AlreadyRegistered => [user::Error::AlreadyRegistered],
        user::Error::EmailTaken => [user::Error::EmailTaken],
        user::Error::AdministratorsOnly => [user::Error::AdministratorsOnly],
        user::Error::LastAdministrator => [user::Error::LastAdministrator],
        user::Error::ReasonMissing => [user::Error::ReasonMissing],
        user::Error::ReasonTooLong { .. } => [user::Error::ReasonTooLong { length: 501 }],
    }
    EmailError {
        EmailError::Missing => [EmailError::Missing],
        EmailError::TooLong { .. } => [EmailError::TooLong { octets: 3_000 }],
        EmailError::Invalid { .. } => {
            every_invalid_address()
        },
    }
    AddressFault {
        AddressFault::NoAt => [AddressFault::NoAt],
        AddressFault::LocalEmpty => [AddressFault::LocalEmpty],
        AddressFault::LocalTooLong => [AddressFault::LocalTooLong],
        AddressFault::Quoted => [AddressFault::Quoted],
        AddressFault::DomainEmpty => [AddressFault::DomainEmpty],
        AddressFault::DomainTooLong => [AddressFault::DomainTooLong],
        AddressFault::DotAlone => [AddressFault::DotAlone],
        AddressFault::LabelTooLong => [AddressFault::LabelTooLong],
        AddressFault::DomainUnknowable => [AddressFault::DomainUnknowable],
        AddressFault::DomainCharacter => [AddressFault::DomainCharacter],
        AddressFault::DomainNumber => [AddressFault::DomainNumber],
        AddressFault::Brackets => [AddressFault::Brackets],
        AddressFault::NotBare => [AddressFault::NotBare],
        AddressFault::Character => [AddressFault::Character],
    }
    CronError {
        CronError::TooLong { .. } => [CronError::TooLong { length: 3_000 }],
        CronError::FieldCount { .. } => ["@daily", ""].map(|text| CronExpression::parse(text).expect_err(text)),
        CronError::Field { .. } => every_wrong_field(),
        CronError::NeverFires { .. } => [CronError::NeverFires { expression: "0 0 30 2 *".to_owned() }],
    }
    CronField {
        CronField::Minute => [CronField::Minute],
        CronField::Hour => [CronField::Hour],
        CronField::DayOfMonth => [CronField::DayOfMonth],
        CronField::Month => [CronField::Month],
        CronField::DayOfWeek => [CronField::DayOfWeek],
        CronField::Whole => [CronField::Whole],
    }
    CronFault {
        CronFault::EmptyItem => [CronFault::EmptyItem],
        CronFault::Number => [CronFault::Number],
        CronFault::NumberOutOfBounds => [CronFault::NumberOutOfBounds],
        CronFault::RangeOutOfBounds => [CronFault::RangeOutOfBounds],
        CronFault::SteppedRangeOutOfBounds => [CronFault::SteppedRangeOutOfBounds],
        CronFault::Range => [CronFault::Range],
        CronFault::SteppedRange => [CronFault::SteppedRange],
        CronFault::StartOfRange => [CronFault::StartOfRange],
        CronFault::RangeStart => [CronFault::RangeStart],
        CronFault::Start => [CronFault::Start],
        CronFault::EndOfRange => [CronFault::EndOfRange],
        CronFault::RangeEnd => [CronFault::RangeEnd],
        CronFault::StepSyntax => [CronFault::StepSyntax],
        CronFault::Step => [CronFault::Step],
        CronFault::StepZero => [CronFault::StepZero],
        CronFault::StepTooLarge => [CronFault::StepTooLarge],
        CronFault::Nth => [CronFault::Nth],
        CronFault::NthOutOfBounds => [CronFault::NthOutOfBounds],
        CronFault::NthNotHere => [CronFault::NthNotHere],
        CronFault::LastNotHere => [CronFault::LastNotHere],
        CronFault::Weekday => [CronFault::Weekday],
        CronFault::WeekdayOutOfBounds => [CronFault::WeekdayOutOfBounds],
        CronFault::Character => [CronFault::Character],
        CronFault::Other(_) => [CronFault::Other("something new".to_owned())],
    }
    FullNameError {
        FullNameError::NotALine => [FullNameError::NotALine],
        FullNameError::TooLong { .. } => [FullNameError::TooLong { length: 3_000 }],
    }
    OverBudget {
        OverBudget { .. } => Part::ALL.map(|part| OverBudget { part }),
    }
    Advice {
        Advice { finding: Finding::Foreign { .. }, .. } => [Some("{{full_name}}"), None].map(|instead| {
            advice("html", Finding::Foreign { found: "[name]".to_owned(), instead: instead.map(owned) })
        }),
        Advice { finding: Finding::FieldEmpty { .. }, .. } => [(1_006, true), (100_000, false)].map(|(of, all)| {
            advice("text", Finding::FieldEmpty { name: owned("first_name"), clients: 12, of, all })
        }),
        Advice { finding: Finding::TextThin, .. } => [advice("text", Finding::TextThin)],
        Advice { finding: Finding::HtmlCut { .. }, .. } => [advice("html", Finding::HtmlCut { bytes: 204_801 })],
        Advice { finding: Finding::ImageWithoutAlt { .. }, .. } => ["html", "markdown"].map(|field| {
            advice(field, Finding::ImageWithoutAlt { address: "https://example.org/cat.jpg".to_owned() })
        }),
        Advice { finding: Finding::Link { .. }, .. } => [
            LinkFault::Empty,
            LinkFault::NoScheme,
            LinkFault::Program,
            LinkFault::Local,
            LinkFault::Invalid,
        ]
        .map(|fault| advice("html", Finding::Link { address: "example.org/a".to_owned(), fault })),
    }
    RelayNameError {
        RelayNameError => [RelayNameError],
    }
    TemplateError {
        TemplateError::UnknownField { .. } => [problem(), template("\n{{nam3}}")],
        TemplateError::UnknownFilter { .. } => [template("{{email | upcase}}")],
        TemplateError::DefaultMissing { .. } => [template("{{email|default}}")],
        TemplateError::InProgram { .. } => [Template::parse(Part::Html, "<a onclick='{{email}}'>").expect_err("a program")],
        TemplateError::InSubject { .. } => {
            [Template::parse(Part::Subject, "{{unsubscribe_url}}").expect_err("a subject")]
        },
        TemplateError::Unclosed { .. } => [template("{{email")],
    }
    TimeZoneError {
        TimeZoneError::Unknown { .. } => {
            ["Europe/Berlni", "Atlantis", "Atlantis/Downtown"].map(|text| TimeZone::parse(text).expect_err(text))
        },
    }
    WindowError {
        WindowError::Reversed { .. } => [
            WindowError::Reversed { start: at(60), end: at(0) },
            WindowError::Reversed { start: at(30), end: at(29) + TimeDelta::milliseconds(500) },
        ],
        WindowError::Empty { .. } => [at(0), at(60)].map(|at| WindowError::Empty { at }),
        WindowError::YearOutOfRange { .. } => [WindowError::YearOutOfRange { year: 1066 }],
    }
}

/// What people may be told of their requests.
fn of_people() -> impl Iterator<Item = Code> {
    fn codes<T: Examples + Refusal>() -> impl Iterator<Item = Code> {
        every::<T>().map(|refusal| refusal.code())
    }
    codes::<article::Error>()
        .chain(codes::<client::Error>())
        .chain(codes::<custom_field::Error>())
        .chain(codes::<group::Error>())
        .chain(codes::<import::Error>())
        .chain(codes::<mailing::Error>())
        .chain(codes::<message::Error>())
        .chain(codes::<sender::Error>())
        .chain(codes::<sender_domain::Error>())
        .chain(codes::<PostalAddressTooLong>())
        .chain(codes::<subscription::Error>())
        .chain(codes::<suppression::Error>())
        .chain(codes::<user::Error>())
        .chain(codes::<EmailError>())
        .chain(codes::<CronError>())
        .chain(codes::<FullNameError>())
        .chain(codes::<TimeZoneError>())
        .chain(codes::<TemplateError>())
        .chain(codes::<WindowError>())
        .chain(codes::<RelayNameError>())
        .chain(codes::<alignment::Error>())
        .chain(codes::<alignment::NotAligned>())
        .chain(codes::<OverBudget>())
}

#[test]
fn what_people_are_refused_has_a_code_that_they_are_told() {
    for code in of_people() {
        assert!(!code.places().contains(&Place::Engine), "{code}: {:?}", code.places());
    }
    for obstacle in every::<mailing::Obstacle>() {
        assert!(obstacle.code().places().contains(&Place::Obstacle));
    }
    for advice in every::<Advice>() {
        assert_eq!(advice.code().places(), [Place::LetterWarning]);
    }
}
