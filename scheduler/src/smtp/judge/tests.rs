use proptest::prelude::*;

use super::*;

/// The judgement in a word, and whether the connection is kept.
fn summary(phase: Phase, happening: Happening) -> (String, bool) {
    let Verdict { judgement, keep_connection, .. } = judge(phase, happening);
    let word = match judgement {
        Judgement::Accepted { .. } => "accepted".to_owned(),
        Judgement::Rejected { dead, blame, .. } => format!("rejected {blame:?}{}", if dead { " dead" } else { "" }),
        Judgement::Deferred { .. } => "deferred".to_owned(),
        Judgement::Unknown { .. } => "unknown".to_owned(),
        Judgement::NotTried { scope, .. } => format!("not tried {scope:?}"),
    };
    (word, keep_connection)
}

fn replied(phase: Phase, line: &str) -> (String, bool) {
    let (code, text) = line.split_once(' ').unwrap_or((line, ""));
    summary(phase, Happening::Reply(Reply::new(code.parse().expect("a code"), text)))
}

#[test]
#[expect(clippy::too_many_lines, reason = "a row for each reply that servers give")]
fn every_row_of_the_table() {
    use Phase::{Auth, Body, Connect, Data, Greeting, MailFrom, RcptTo, Tls};
    let rows: &[(&[Phase], &[&str], &str, bool)] = &[
        // connect, TLS, greeting, EHLO fails
        (
            &[Connect, Tls, Greeting],
            &["554 5.3.2 no service", "421 4.3.2 later", "502", "454 4.7.0 TLS not available", "550 5.7.28"],
            "not tried Relay",
            false,
        ),
        // AUTH refused
        (
            &[Auth],
            &["535 5.7.8 bad password", "534 5.7.9", "538", "500", "530", "432 4.7.12"],
            "not tried Credentials",
            false,
        ),
        (&[Auth], &["454 4.7.0 temporary", "451"], "not tried Relay", false),
        // 421 anywhere before the dot
        (
            &[Greeting, Auth, MailFrom, RcptTo, Data],
            &["421", "421 4.7.0 closing", "421 4.2.1"],
            "not tried Relay",
            false,
        ),
        // MAIL FROM 5xx
        (&[MailFrom], &["550 5.7.1 not you", "553", "501 5.1.7", "550", "552 5.3.4"], "not tried Sender", true),
        (&[RcptTo], &["550 5.1.8 sender's domain not found", "501 5.1.7"], "not tried Sender", true),
        // authentication required
        (&[MailFrom, RcptTo, Data], &["530 5.7.0 log in", "535", "538"], "not tried Credentials", false),
        // 451 4.3.x, 452 4.3.1
        (&[MailFrom, RcptTo, Data], &["451 4.3.0", "451 4.3.2 full", "452 4.3.1 no space"], "not tried Relay", true),
        (&[MailFrom], &["450", "451", "452", "450 4.1.8"], "not tried Relay", true),
        // too fast, by a code that says nothing else, or in words
        (
            &[MailFrom, RcptTo, Data, Body],
            &[
                "450 4.7.28",
                "452 4.5.3",
                "454 Throttling failure: Maximum sending rate exceeded.",
                "451 4.7.1 too much mail from you",
                "450 4.2.1 unusual rate of mail",
                "451 4.3.0 Ratelimit exceeded",
                "450 too many messages, slow down",
                "550 5.4.5 Daily user sending limit exceeded",
                "550 Domain has exceeded the max emails per hour (150/150)",
            ],
            "not tried Rate",
            true,
        ),
        (
            &[Greeting, Auth, MailFrom, RcptTo, Data, Body],
            &["421 4.7.28", "421 4.4.2 too many messages"],
            "not tried Rate",
            false,
        ),
        (&[Greeting], &["450 too much mail"], "not tried Rate", false),
        (&[Greeting], &["450 4.7.1 who are you", "450 4.7.25"], "not tried Relay", false),
        // policy, before anybody was named
        (&[MailFrom], &["450 4.7.25", "454", "454 4.7.1", "451 4.7.500", "450 4.7.1"], "not tried Rate", true),
        // policy, which may be about this recipient
        (
            &[RcptTo, Data, Body],
            &["450 4.7.25", "454", "454 4.7.1", "451 4.7.500", "450 4.7.0 not now"],
            "deferred",
            true,
        ),
        (
            &[RcptTo, Data, Body],
            &[
                "450 4.7.0 Greylisted",
                "451 greylisting in effect",
                "450 4.2.1 The user you are trying to contact is receiving mail at a rate that prevents more",
            ],
            "deferred",
            true,
        ),
        // too many at once
        (
            &[Greeting, Auth, MailFrom, RcptTo, Data, Body],
            &[
                "421 4.7.0 too many connections",
                "421 4.3.2 The maximum number of concurrent connections has exceeded a limit",
                "432 4.3.2",
                "432 4.3.2 STOREDRV.ClientSubmit; sender thread limit exceeded",
                "450 too many sessions",
            ],
            "not tried Connections",
            false,
        ),
        (&[Greeting], &["554 5.7.0 Too many connections"], "not tried Connections", false),
        // RCPT 450, 451, 452
        (
            &[RcptTo],
            &["450", "451", "452", "450 4.2.1", "451 4.4.1", "450 4.7.1 greylisted", "451 4.7.1", "452 4.2.2"],
            "deferred",
            true,
        ),
        (&[Data], &["450", "451 4.2.0"], "deferred", true),
        // RCPT 550, 551, 553
        (
            &[RcptTo],
            &[
                "550",
                "551",
                "553",
                "556",
                "550 5.1.1",
                "550 5.1.2",
                "553 5.1.3",
                "551 5.1.6",
                "556 5.1.10",
                "550 5.2.1",
                "501 5.1.3",
                "550 5.0.0",
                "550 4.1.1 disagrees",
            ],
            "rejected Recipient dead",
            true,
        ),
        // 552 5.2.2 mailbox full, and other refusals of a recipient
        (&[RcptTo], &["552 5.2.2", "552", "550 5.2.2", "550 5.4.1", "501", "550 5.1.0"], "rejected Recipient", true),
        (&[RcptTo], &["550 5.7.1", "554 5.7.1 relay access denied", "554"], "rejected Reputation", true),
        // after the dot: 2xx
        (&[Body], &["250 2.0.0 queued", "250", "251", "299"], "accepted", true),
        // after the dot: 4xx
        (&[Body], &["450", "451 4.3.0", "452 4.3.1", "454"], "deferred", true),
        (&[Body], &["421 4.3.0"], "deferred", false),
        // after the dot: 552 5.3.4, 554 5.6.x
        (&[Body, Data], &["552 5.3.4", "554 5.6.0", "554", "552", "550 5.6.1"], "rejected Message", true),
        // after the dot: 550 or 554 5.7.x
        (&[Body, Data], &["550", "554 5.7.1", "550 5.7.26", "550 5.0.0"], "rejected Reputation", true),
        // after the dot, but about the mailbox
        (&[Body, Data], &["550 5.1.1", "554 5.2.1"], "rejected Recipient dead", true),
        (&[Body, Data], &["552 5.2.2"], "rejected Recipient", true),
        // after the dot, but about the sender
        (&[Body, Data], &["550 5.1.7", "553 5.1.8"], "rejected Reputation", true),
        // wrong code for the phase
        (
            &[MailFrom, RcptTo, Data, Auth, Greeting],
            &["200", "334", "354 already", "503 5.5.1"],
            "not tried Relay",
            false,
        ),
        (&[Data], &["250", "554 5.5.1 no valid recipients"], "not tried Relay", false),
        (&[Body], &["354", "334", "199", "600", "0"], "unknown", false),
    ];
    for (phases, lines, word, keep) in rows {
        for phase in *phases {
            for line in *lines {
                // These two mean something of their own at AUTH and DATA.
                if (*phase == Auth && line.starts_with("503")) || (*phase == Data && line.starts_with("354")) {
                    continue;
                }
                assert_eq!(replied(*phase, line), ((*word).to_owned(), *keep), "{phase:?} {line}");
            }
        }
    }
}

/// Every code, and with every enhanced code that agrees with it and means something (RFC 3463, IANA's registry, and what
/// large receivers made up), in every phase.
#[test]
fn no_reply_whatsoever_breaks_the_laws() {
    use Phase::{Auth, Body, Connect, Data, Greeting, MailFrom, RcptTo, Tls};
    for phase in [Connect, Tls, Greeting, Auth, MailFrom, RcptTo, Data, Body] {
        for code in 100..=999_u16 {
            obeys_the_laws(phase, &Reply::new(code, "no more than a text"));
            if !matches!(code / 100, 2 | 4 | 5) {
                continue;
            }
            for subject in 0..=8 {
                for detail in (0..=32).chain([100, 250, 500, 999]) {
                    obeys_the_laws(phase, &Reply::new(code, &format!("{}.{subject}.{detail} and why", code / 100)));
                }
            }
        }
    }
}

#[track_caller]
fn obeys_the_laws(phase: Phase, reply: &Reply) {
    let Verdict { judgement, keep_connection, .. } = judge(phase, Happening::Reply(reply.clone()));
    let shown = format!("{phase:?}, {reply}: {judgement:?}");
    let class = reply.code / 100;
    let after_the_dot = phase == Phase::Body;
    let in_the_envelope = matches!(phase, Phase::MailFrom | Phase::RcptTo | Phase::Data);
    let (temporary, permanent) = (class == 4, class == 5);
    match &judgement {
        Judgement::Accepted { .. } => assert!(after_the_dot && class == 2, "{shown}"),
        Judgement::Deferred { .. } => {
            assert!(temporary && (after_the_dot || matches!(phase, Phase::RcptTo | Phase::Data)), "{shown}");
        }
        Judgement::Rejected { dead, blame, .. } => {
            assert!(permanent && (after_the_dot || matches!(phase, Phase::RcptTo | Phase::Data)), "{shown}");
            assert!(!dead || *blame == Blame::Recipient, "{shown}");
            let enhanced = reply.enhanced.map(|enhanced| (enhanced.subject, enhanced.detail));
            let gone = match enhanced {
                Some(code) if code != (0, 0) => [(1, 1), (1, 2), (1, 3), (1, 6), (1, 10), (2, 1)].contains(&code),
                _ => phase == Phase::RcptTo && matches!(reply.code, 550 | 551 | 553 | 556),
            };
            assert_eq!(*dead, gone, "{shown}");
        }
        Judgement::Unknown { .. } => assert!(after_the_dot && !matches!(class, 2 | 4 | 5), "{shown}"),
        Judgement::NotTried { scope, reply, .. } => {
            let about_us = matches!(scope, Scope::Rate | Scope::Connections);
            assert!((!after_the_dot || about_us) && reply.is_some(), "{shown}");
            match scope {
                Scope::Relay => {}
                Scope::Credentials => assert!(phase == Phase::Auth || in_the_envelope && permanent, "{shown}"),
                Scope::Sender => {
                    assert!(permanent && matches!(phase, Phase::MailFrom | Phase::RcptTo), "{shown}");
                }
                Scope::Rate | Scope::Connections => assert!(temporary, "{shown}"),
                Scope::Withdrawn => panic!("{shown}"),
            }
        }
    }
    // After the dot the class alone decides what kind of judgement it is, whatever else the relay says.
    if after_the_dot {
        assert_eq!(matches!(judgement, Judgement::Accepted { .. }), class == 2, "{shown}");
        let again = matches!(judgement, Judgement::Deferred { .. } | Judgement::NotTried { .. });
        assert_eq!(again, temporary, "{shown}");
        assert_eq!(matches!(judgement, Judgement::Rejected { .. }), permanent, "{shown}");
    }
    // Nobody goes on over a connection that closes, never opened, or is out of step.
    let closes = matches!(reply.code, 421 | 521);
    let opens = matches!(phase, Phase::Connect | Phase::Tls | Phase::Greeting | Phase::Auth);
    let out_of_step = if after_the_dot { !matches!(class, 2 | 4 | 5) } else { !temporary && !permanent };
    if closes || opens || out_of_step || (in_the_envelope && reply.code == 503) {
        assert!(!keep_connection, "{shown}");
    }
    // Whoever is refused learns the relay's words.
    if let Judgement::NotTried { why, .. } | Judgement::Unknown { why } = &judgement {
        assert!(why.contains(&reply.to_string()), "{shown}");
    }
}

#[test]
fn what_is_no_reply_is_the_relays_problem_before_the_dot_and_unknown_after_it() {
    use Phase::{Auth, Body, Connect, Data, Greeting, MailFrom, RcptTo, Tls};
    for phase in [Connect, Tls, Greeting, Auth, MailFrom, RcptTo, Data, Body] {
        for happening in
            [Happening::Lost("reset".to_owned()), Happening::TimedOut, Happening::Garbage("HTTP/1.1".to_owned())]
        {
            let word = if phase == Body { "unknown" } else { "not tried Relay" };
            assert_eq!(summary(phase, happening), (word.to_owned(), false), "{phase:?}");
        }
    }
}

#[test]
fn what_we_decline_ourselves_has_its_own_blame() {
    for (phase, word, keep) in [
        (Phase::Tls, "not tried Relay", false),
        (Phase::Auth, "not tried Credentials", false),
        (Phase::MailFrom, "not tried Sender", true),
        (Phase::RcptTo, "rejected Recipient", true),
        (Phase::Data, "rejected Message", true),
        (Phase::Body, "unknown", false),
    ] {
        assert_eq!(summary(phase, Happening::Refused("no SMTPUTF8".to_owned())), (word.to_owned(), keep), "{phase:?}");
    }
}

fn any_phase() -> impl Strategy<Value = Phase> {
    use Phase::{Auth, Body, Connect, Data, Greeting, MailFrom, RcptTo, Tls};
    proptest::sample::select(vec![Connect, Tls, Greeting, Auth, MailFrom, RcptTo, Data, Body])
}

fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![any::<String>(), "[245]\\.[0-9]{1,3}\\.[0-9]{1,3} .*", "[a-z@<>\" .:]{0,40}"]
}

fn any_happening() -> impl Strategy<Value = Happening> {
    prop_oneof![
        (any::<u16>(), any_text()).prop_map(|(code, text)| Happening::Reply(Reply::new(code, &text))),
        (200..600_u16, any_text()).prop_map(|(code, text)| Happening::Reply(Reply::new(code, &text))),
        any::<String>().prop_map(Happening::Lost),
        Just(Happening::TimedOut),
        any::<String>().prop_map(Happening::Garbage),
        any::<String>().prop_map(Happening::Refused),
    ]
}

proptest! {
    #[test]
    fn after_the_dot_only_a_final_reply_says_what_became_of_the_letter(happening in any_happening()) {
        let final_reply = matches!(&happening, Happening::Reply(reply) if matches!(reply.code, 200..=299 | 400..=599));
        let unknown = matches!(judge(Phase::Body, happening).judgement, Judgement::Unknown { .. });
        prop_assert_eq!(unknown, !final_reply);
    }

    #[test]
    fn before_the_dot_nothing_is_accepted_or_unknown(phase in any_phase(), happening in any_happening()) {
        prop_assume!(phase != Phase::Body);
        let judgement = judge(phase, happening).judgement;
        let claims_to_know = matches!(judgement, Judgement::Accepted { .. } | Judgement::Unknown { .. });
        prop_assert!(!claims_to_know);
    }
}
