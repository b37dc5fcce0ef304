//! The screens that `docs/pages.md` shows, with what they are shown for. With `PICTURES_DOCS=dir` the pictures are taken anew; they are
//! the same whoever takes them, as the clock is turned by hand and everybody has a name.

use super::browser::{Browser, Window, browse};
use crate::behaviours::stage::{Stage, created, newest_run_has};
use crate::support::http::{PASSWORD, Person, text, with};
use crate::support::smtp_server::{Act, Turn};
use serde_json::json;
use std::path::Path;

/// The pictures, in the order of the document.
const SHOWN: [&str; 3] = ["overview-new", "letter", "mailing"];

/// What the letter says.
const LETTER: &str = "# The week at the observatory\n\nDear {{first_name|reader}},\n\nthe dome is **open on Friday**, and the sky will be clear: \
                      [tell us when you come](https://observatory.example/friday).\n\n* Saturn, from nine\n* the Pleiades, from ten\n\n\
                      See you there,\n\nOlga\n";

/// People who write to the observatory, and what their mail servers do with its letter.
const PEOPLE: [(&str, &str); 12] = [
    ("Anna Petrova", "anna"),
    ("Boris Ivanov", "boris"),
    ("Clara Schmidt", "clara"),
    ("Dmitri Orlov", "busy"),
    ("Elif Demir", "elif"),
    ("Farid Aliyev", "moved"),
    ("Grace Hall", "grace"),
    ("Hana Sato", "hana"),
    ("Ivo Marić", "ivo"),
    ("Jana Nováková", "silent"),
    ("Kofi Mensah", "kofi"),
    ("Lucía Gómez", "lucia"),
];

#[tokio::test]
async fn the_screens_of_the_document_are_as_it_shows_them() {
    let document = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/pages.md");
    let document = std::fs::read_to_string(document).expect("the document is there");
    let shown: Vec<_> = document.split("](pictures/").skip(1).filter_map(|rest| rest.split_once(".png)")).collect();
    assert_eq!(shown.iter().map(|(name, _)| *name).collect::<Vec<_>>(), SHOWN, "it shows what is taken here");

    let stage = Stage::start().await;
    stage.server.play(|turn| match turn {
        Turn::Rcpt("moved@example.com") => Act::Say("550 5.1.1 No such user here"),
        Turn::Body("busy@example.com") => Act::Say("451 4.7.1 Greylisted, please come back later"),
        Turn::Body("silent@example.com") => Act::TakeAndHangUp,
        _ => Act::Usual,
    });
    let working = stage.works();
    let (_nora, olga) = (stage.api.owner("Nora").await, stage.api.owner("Olga").await);
    let (letter, mailing) = sent(&stage, &olga).await;
    browse(&stage.api.url(""), Window::DESK, async |browser| {
        browser.logs_in("nora@example.com", PASSWORD).await;
        browser.sees("Your first mailing").await;
        browser.is_shown_as(SHOWN[0], 800).await;
        browser.press("Log out").await;
        browser.logs_in("olga@example.com", PASSWORD).await;
        browser.open(&format!("/messages/{letter}")).await;
        browser.sees("Merge fields").await;
        browser.is_shown_as(SHOWN[1], 1_080).await;
        browser.open(&format!("/mailings/{mailing}")).await;
        browser.sees("Letters in doubt to decide about: 1").await;
        browser.is_shown_as(SHOWN[2], 1_160).await;
    })
    .await;
    working.stop().await;
}

/// A letter, and a mailing of it of which all has become that can become of a letter.
async fn sent(stage: &Stage, olga: &Person) -> (String, String) {
    let group = olga.group("Friends of the observatory").await;
    for (name, address) in PEOPLE {
        let new = json!({ "email": format!("{address}@example.com"), "fullName": name, "groupIds": [group] });
        olga.does("clientCreate", new, "").await;
    }
    let letter = json!({ "subject": "The week, {{first_name|reader}}", "markdown": LETTER });
    let letter = text(&olga.does("messageCreate", letter, "message { id }").await["message"]["id"]);
    let plan = with(stage.plan(&letter, &json!({ "groupIds": [group] })), "name", json!("The week at the observatory"));
    let mailing = created(olga, plan).await;
    let numbers = json!({ "planned": 12, "accepted": 9, "rejected": 1, "deferred": 1, "unknown": 1 });
    newest_run_has(olga, &mailing, &numbers).await;
    (letter, mailing)
}

impl Browser {
    /// Takes the picture of this name, if somebody wants it.
    async fn is_shown_as(&self, name: &str, height: u32) {
        let Some(dir) = std::env::var_os("PICTURES_DOCS") else { return };
        // When something was written is told by PostgreSQL, whose clock nobody turns.
        self.run("for (const time of document.querySelectorAll('time')) if (time.dateTime > '2026-05-06') time.textContent = '4 May 2026, 11:00'")
            .await;
        let file = Path::new(&dir).join(format!("{name}.png"));
        std::fs::write(file, self.picture_of("light", 1_200, height).await).expect("the picture can be kept");
    }
}
