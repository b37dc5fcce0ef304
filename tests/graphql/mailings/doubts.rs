//! Letters of which nobody knows whether they arrived, and letters that failed: what their owner can do about them.

use crate::support::http::{Api, Person, plan, text, with};
use crate::support::service::{Service, Working, found};
use crate::support::smtp_server::{Act, Offers, SmtpServer, Turn};
use chrono::TimeDelta;
use domain::Role;
use serde_json::{Value, json};
use std::time::Duration;

const RUN: &str = "query($id: ID!) { mailing(id: $id) { inDoubt relay runs(first: 3) { nodes {
    id status trigger resendOf { id } progress { planned accepted rejected unknown pending }
    undecided: deliveries(first: 4, filter: { undecided: true }) { totalCount nodes { id clientEmail } }
    deliveries(first: 4) { nodes { id clientEmail outcome doubt messageId attempts { number outcome } } }
    report { text totals { accepted unknown } } } }
    history(first: 60) { nodes { summary actor { name } } } } }";

struct Story {
    api: Api,
    server: SmtpServer,
    ann: Person,
    mailing: String,
    _engine: Working,
}

/// A mailing to anna, bea, carl and dora, whose finished run has these numbers.
async fn story(script: impl Fn(Turn<'_>) -> Act + Send + Sync + 'static, in_doubt: &str, done: [i64; 3]) -> Story {
    let api = Api::start().await;
    let server = SmtpServer::start(Offers::default()).await;
    server.play(script);
    let mut settings = Service::settings();
    settings.retry_pauses = vec![Duration::from_millis(30)];
    let engine = Service::work_with(&api.node, Service::relay(&server), settings);
    let ann = api.owner("Ann").await;
    let group = ann.group("Friends").await;
    for name in ["anna", "bea", "carl", "dora"] {
        ann.client(&format!("{name}@example.com"), &[&group]).await;
    }
    let input = with(plan(&ann.message().await, ""), "audience", json!({ "groupIds": [group] }));
    let input = with(input, "inDoubt", json!(in_doubt));
    let input = with(input, "endsAt", json!("2026-05-20T08:00:00Z"));
    let mailing = ann.does("mailingCreate", input, "mailing { id }").await;
    let story = Story { mailing: text(&mailing["mailing"]["id"]), api, server, ann, _engine: engine };
    story.run_with(done).await;
    story
}

impl Story {
    async fn seen(&self) -> Value {
        self.ann.ask(RUN, json!({ "id": self.mailing })).await["mailing"].clone()
    }

    /// Waits for a run with so many letters accepted, rejected and unknown that is finished.
    async fn run_with(&self, done: [i64; 3]) -> Value {
        found(&format!("a run is finished with {done:?}"), async || {
            let seen = self.seen().await;
            let runs = seen["runs"]["nodes"].as_array()?.clone();
            runs.into_iter().find(|run| {
                let progress = ["accepted", "rejected", "unknown"].map(|outcome| run["progress"][outcome].as_i64());
                run["status"] == "FINISHED" && progress == done.map(Some)
            })
        })
        .await
    }

    /// How many letters to this person the server took.
    fn letters_to(&self, name: &str) -> usize {
        self.server.received().iter().filter(|letter| letter.recipient.starts_with(name)).count()
    }
}

fn delivery(run: &Value, name: &str) -> Value {
    let email = format!("{name}@example.com");
    let deliveries = run["deliveries"]["nodes"].as_array().expect("deliveries");
    deliveries.iter().find(|one| one["clientEmail"] == email).expect("a delivery").clone()
}

/// The server takes bea's and carl's letters and does not say so.
fn swallow(turn: Turn<'_>) -> Act {
    match turn {
        Turn::Body(to) if to.starts_with("bea") || to.starts_with("carl") => Act::TakeAndHangUp,
        _ => Act::Usual,
    }
}

#[tokio::test]
async fn letters_in_doubt_are_named_and_their_owner_sends_one_again_or_leaves_it_or_sends_all_again() {
    let story = story(swallow, "HOLD", [2, 0, 2]).await;
    let run = story.run_with([2, 0, 2]).await;
    let id = json!({ "id": run["id"] });
    let undecided: Vec<_> =
        run["undecided"]["nodes"].as_array().expect("some").iter().map(|one| text(&one["clientEmail"])).collect();
    assert_eq!((undecided.len(), run["undecided"]["totalCount"].as_i64()), (2, Some(2)), "{undecided:?}");
    assert!(undecided.contains(&"bea@example.com".to_owned()) && undecided.contains(&"carl@example.com".to_owned()));
    assert!(text(&run["report"]["text"]).contains("2 are in doubt"));
    let bea = delivery(&run, "bea");
    assert_eq!((&bea["outcome"], &bea["doubt"]), (&json!("UNKNOWN"), &json!("OPEN")));
    story.server.play(|_| Act::Usual);

    // Carl's is left as it is.
    let carl = delivery(&run, "carl");
    let left = story.ann.does("deliveryAcceptUnknown", json!({ "id": carl["id"] }), "delivery { outcome doubt }").await;
    assert_eq!(left["delivery"], json!({ "outcome": "UNKNOWN", "doubt": "ACCEPTED" }));
    assert_eq!(story.run_with([2, 0, 2]).await["undecided"]["totalCount"], 1);

    // All that are left undecided are sent again: bea's.
    story.ann.does("runResendUnknown", id.clone(), "run { id }").await;
    let run = story.run_with([3, 0, 1]).await;
    assert_eq!((story.letters_to("bea"), story.letters_to("carl"), story.letters_to("anna")), (2, 1, 1));
    let bea = delivery(&run, "bea");
    assert_eq!((&bea["outcome"], &bea["doubt"]), (&json!("ACCEPTED"), &json!(null)));
    assert_eq!(bea["attempts"], json!([{ "number": 1, "outcome": "UNKNOWN" }, { "number": 2, "outcome": "ACCEPTED" }]));
    let message_id = text(&bea["messageId"]);
    let letters = story.server.received();
    let to_bea = letters.iter().filter(|letter| letter.recipient.starts_with("bea"));
    assert!(to_bea.map(|letter| String::from_utf8_lossy(&letter.letter)).all(|letter| letter.contains(&message_id)));
    assert_eq!(run["report"]["totals"], json!({ "accepted": 3, "unknown": 1 }), "the report is written again");

    // By name, also one that was left as it is. Repeating changes nothing.
    for _ in 0..3 {
        story.ann.does("runResendUnknown", id.clone(), "run { id }").await;
    }
    story.ann.does("deliveryResend", json!({ "id": carl["id"] }), "delivery { id }").await;
    let run = story.run_with([4, 0, 0]).await;
    assert_eq!((story.letters_to("carl"), story.server.received().len()), (2, 6));
    assert_eq!(run["undecided"]["totalCount"], 0);
    assert_eq!(
        story.ann.fails("deliveryResend", json!({ "id": carl["id"] })).await,
        [("NOT_IN_DOUBT".into(), "input.id".into())]
    );

    // Each decision is an event with its actor.
    let history = story.seen().await["history"]["nodes"].as_array().expect("a history").clone();
    for summary in ["Ann left 1 letter in doubt as it is.", "Ann had 1 letter in doubt sent again."] {
        let event = history.iter().find(|event| event["summary"] == summary);
        let event = event.unwrap_or_else(|| panic!("{summary} is not in {history:#?}"));
        assert_eq!(event["actor"]["name"], "Ann", "{summary}");
    }
}

#[tokio::test]
async fn only_the_owner_decides_about_letters_in_doubt_and_only_while_letters_may_be_sent() {
    let story = story(swallow, "HOLD", [2, 0, 2]).await;
    let run = story.run_with([2, 0, 2]).await;
    let bea = delivery(&run, "bea");
    let (run, bea) = (json!({ "id": run["id"] }), json!({ "id": bea["id"] }));
    let both = [
        ("runResendUnknown", &run),
        ("runAcceptUnknown", &run),
        ("runResendFailed", &run),
        ("deliveryResend", &bea),
        ("deliveryAcceptUnknown", &bea),
    ];
    let (eve, max) = (story.api.owner("Eve").await, story.api.person("Max", &[Role::Manager]).await);
    let events = story.api.events().await;
    for (mutation, input) in &both {
        assert_eq!(
            eve.fails(mutation, (*input).clone()).await,
            [("NOT_FOUND".into(), "input.id".into())],
            "{mutation}"
        );
        for nonsense in ["", "delivery.x.1", "delivery.00000000-0000-0000-0000-000000000000.-1"] {
            let errors = story.ann.fails(mutation, json!({ "id": nonsense })).await;
            assert_eq!(errors, [("NOT_FOUND".into(), "input.id".into())], "{mutation} {nonsense}");
        }
        let query = format!("mutation {{ {mutation}(input: {{ id: \"x\" }}) {{ userErrors {{ code }} }} }}");
        assert_eq!(max.post(&query, json!({})).await.code(), "FORBIDDEN", "{mutation}");
    }
    assert_eq!(story.ann.fails("runResendFailed", run.clone()).await, [("NOTHING_FAILED".into(), "input.id".into())]);

    // A paused mailing, and one whose window has ended, send nothing again.
    let mailing = json!({ "id": story.mailing });
    story.ann.does("mailingPause", mailing.clone(), "mailing { id }").await;
    assert_eq!(story.ann.fails("deliveryResend", bea.clone()).await[0].0, "MAILING_PAUSED");
    story.ann.does("mailingResume", mailing, "mailing { id }").await;
    // The window's end, which the session outlives, as it is used meanwhile.
    for _ in 0..3 {
        story.api.clock.advance(TimeDelta::days(9));
        story.seen().await;
    }
    assert_eq!(story.ann.fails("runResendUnknown", run.clone()).await[0].0, "WINDOW_ENDED");
    assert_eq!(story.letters_to("bea"), 1);
    assert!(story.api.events().await > events);

    // Leaving them as they are is always possible.
    story.ann.does("runAcceptUnknown", run, "run { id }").await;
    assert_eq!(story.run_with([2, 0, 2]).await["undecided"]["totalCount"], 0);
}

#[tokio::test]
async fn under_the_policy_resend_letters_in_doubt_are_sent_again_by_themselves() {
    let story = story(|_| Act::Usual, "RESEND", [4, 0, 0]).await;
    assert_eq!(story.seen().await["inDoubt"], "RESEND");
    story.server.play(swallow);
    // The newer run is the first in the list.
    story.api.clock.advance(TimeDelta::seconds(1));
    story.ann.does("mailingStart", json!({ "id": story.mailing }), "run { id }").await;
    let open = found("two are in doubt and will be sent again", async || {
        let run = story.seen().await["runs"]["nodes"][0].clone();
        (run["progress"]["unknown"] == 2 && run["progress"]["accepted"] == 2).then_some(run)
    })
    .await;
    assert_eq!(open["status"], "SENDING");
    assert_eq!(delivery(&open, "carl")["doubt"], "AGAIN");
    assert_eq!(open["undecided"]["totalCount"], 0, "nobody has to decide");

    story.server.play(|_| Act::Usual);
    story.api.clock.advance(TimeDelta::minutes(1));

    found("all are accepted", async || {
        let run = story.seen().await["runs"]["nodes"][0].clone();
        (run["progress"]["accepted"] == 4 && run["status"] == "FINISHED").then_some(())
    })
    .await;
    assert_eq!(story.letters_to("carl"), 3);
}

#[tokio::test]
async fn a_letter_in_doubt_that_is_refused_the_second_time_stays_unknown() {
    let story = story(swallow, "HOLD", [2, 0, 2]).await;
    let run = story.run_with([2, 0, 2]).await;
    story.server.play(|turn| match turn {
        Turn::Rcpt(to) if to.starts_with("bea") => Act::Say("550 5.1.1 no such user"),
        _ => Act::Usual,
    });

    story.ann.does("runResendUnknown", json!({ "id": run["id"] }), "run { id }").await;

    let run = story.run_with([3, 0, 1]).await;
    let bea = delivery(&run, "bea");
    assert_eq!((&bea["outcome"], &bea["doubt"]), (&json!("UNKNOWN"), &json!("OPEN")), "the first one may have arrived");
    assert_eq!(bea["attempts"], json!([{ "number": 1, "outcome": "UNKNOWN" }, { "number": 2, "outcome": "REJECTED" }]));
}

#[tokio::test]
async fn those_whose_letters_failed_are_tried_again_in_a_run_of_their_own() {
    let refuse = |turn: Turn<'_>| match turn {
        // Not dead: whoever is dead is not written to again.
        Turn::Rcpt(to) if to.starts_with("bea") || to.starts_with("carl") => Act::Say("552 5.2.2 mailbox full"),
        _ => Act::Usual,
    };
    let story = story(refuse, "HOLD", [2, 2, 0]).await;
    let first = story.run_with([2, 2, 0]).await;
    story.server.play(|turn| match turn {
        Turn::Rcpt(to) if to.starts_with("carl") => Act::Say("552 5.2.2 mailbox full"),
        _ => Act::Usual,
    });

    let answers = [
        story.ann.does("runResendFailed", json!({ "id": first["id"] }), "run { id trigger resendOf { id } }").await,
        story.ann.does("runResendFailed", json!({ "id": first["id"] }), "run { id trigger resendOf { id } }").await,
    ];

    let again = &answers[0]["run"];
    assert_eq!(again, &answers[1]["run"], "asking again is answered by the same run");
    assert_eq!((&again["trigger"], &again["resendOf"]["id"]), (&json!("RESEND_FAILED"), &first["id"]));
    let second = story.run_with([1, 1, 0]).await;
    assert_eq!((&second["id"], &second["progress"]["planned"]), (&again["id"], &json!(2)));
    assert_eq!((story.letters_to("anna"), story.letters_to("bea"), story.letters_to("carl")), (1, 1, 0));

    // What fails there is tried again from there.
    story.server.play(|_| Act::Usual);
    story.ann.does("runResendFailed", json!({ "id": second["id"] }), "run { id }").await;
    let third = story.run_with([1, 0, 0]).await;
    assert_eq!(third["resendOf"]["id"], second["id"]);
    assert_eq!(story.letters_to("carl"), 1);
}
