//! Refusals, with the clock on the wall.

use crate::support::process::skymailing;
use crate::support::smtp_server::{Act, Offers, SmtpServer, Turn};
use crate::support::visitor::{Visitor, create_ann};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicUsize, Ordering};

/// The end of the seventh of the numbered behaviours of `docs/product.md`; its beginning is in `tests/behaviours/trouble.rs`. See
/// also `tests/sending.rs`, and there for the window's end.
#[tokio::test]
async fn behaviour_07_temporary_refusals_are_tried_again_after_growing_pauses_and_permanent_ones_are_not() {
    let database = crate::support::database().await;
    let server = SmtpServer::start(Offers::default()).await;
    let refusals = AtomicUsize::new(0);
    server.play(move |turn| match turn {
        Turn::Rcpt("dead@example.org") => Act::Say("550 5.1.1 no such mailbox"),
        Turn::Rcpt("busy@example.org") if refusals.fetch_add(1, Ordering::Relaxed) < 2 => {
            Act::Say("450 4.2.0 greylisted")
        }
        _ => Act::Usual,
    });
    create_ann(&database.url).await;
    let serve = skymailing(&["serve"]).set("DATABASE_URL", &database.url).set("RETRY_PAUSES", "1s,2s");
    let mut serve = serve.set("SMTP_URL", format!("smtp://{}", server.address())).start();
    let ann = Visitor::ann(&serve.serves().await).await;
    let csv = "email\nbob@example.org\nbusy@example.org\ndead@example.org\n";
    ann.does("clientsImport", json!({ "csv": csv }), "report { imported }").await;

    let mailing = ann.plans_a_mailing().await;
    let run = ann.sees_through(&mailing).await;

    let attempts = |address: &str| {
        let all = run["deliveries"]["nodes"].as_array().expect("deliveries");
        let one = all.iter().find(|delivery| delivery["clientEmail"] == address).expect("a delivery");
        one["attempts"].as_array().expect("attempts").clone()
    };
    let outcomes =
        |address: &str| attempts(address).into_iter().map(|mut one| one["outcome"].take()).collect::<Vec<_>>();
    assert_eq!(outcomes("bob@example.org"), ["ACCEPTED"]);
    assert_eq!(outcomes("dead@example.org"), ["REJECTED"]);
    assert_eq!(outcomes("busy@example.org"), ["DEFERRED", "DEFERRED", "ACCEPTED"]);
    let at = |attempt: &Value| attempt["at"].as_str().unwrap_or_default().parse::<DateTime<Utc>>().expect("a time");
    let times: Vec<_> = attempts("busy@example.org").iter().map(at).collect();
    for (pair, pause) in times.windows(2).zip([1, 2]) {
        // How much longer is up to the machine.
        assert!(pair[1] - pair[0] >= TimeDelta::seconds(pause), "{pause} s: {times:?}");
    }
    assert_eq!(server.received().len(), 2);
}
