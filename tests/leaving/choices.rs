//! What recipients choose on the page behind the link in a letter: which topics they want, and what becomes of that in the address
//! book and among those who are not written to. How the page looks, and what mail programs do with it, is in `pages/leaving.rs`.

use super::{publish, tell_group};
use crate::behaviours::stage::{Stage, created, finished, runs};
use crate::support::http::{Person, text, with};
use domain::client::{Card, Client, Source, Standing, State};
use domain::letter::leave_link::{Letterhead, Purpose};
use domain::{ClientId, GroupId, RunId, group};
use projections::LinkKeys;
use reqwest::StatusCode;
use reqwest::header::CONTENT_TYPE;
use serde_json::json;
use uuid::Uuid;

/// Ann's letter to Anna: of a mailing that goes to the topic "News", and to a group that nobody else knows of. Ann has another topic,
/// "Offers".
struct Scene {
    stage: Stage,
    ann: Person,
    anna: ClientId,
    news: GroupId,
    offers: GroupId,
    run: RunId,
    link: String,
    http: reqwest::Client,
}

/// A topic as the page has it.
#[derive(Clone, Debug)]
struct Offered {
    id: GroupId,
    /// What is sent if it is ticked.
    value: String,
    is_ticked: bool,
}

struct Page {
    status: StatusCode,
    body: String,
    boxes: Vec<Offered>,
}

impl Page {
    fn ticked(&self) -> Vec<GroupId> {
        self.boxes.iter().filter(|one| one.is_ticked).map(|one| one.id).collect()
    }

    fn offered(&self) -> Vec<GroupId> {
        self.boxes.iter().map(|one| one.id).collect()
    }

    /// What the form of topics sends with these ticked.
    fn choosing(&self, wanted: &[GroupId]) -> String {
        let shown = self.boxes.iter().map(|one| format!("shown={}", one.id));
        let wanted = self.boxes.iter().filter(|one| wanted.contains(&one.id));
        let fields: Vec<String> = shown.chain(wanted.map(|one| format!("topic={}", one.value))).collect();
        format!("{}&act=save", fields.join("&"))
    }
}

/// The boxes of the page.
fn boxes(body: &str) -> Vec<Offered> {
    let rest = body.split("<input type=\"checkbox\"").skip(1);
    let one = |rest: &str| {
        let tag = rest.split('>').next().expect("a tag ends");
        let value = tag.split("value=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("it has a value");
        let id = value.split('.').next().and_then(|id| id.parse().ok()).expect("it names a topic");
        Offered { id, value: value.to_owned(), is_ticked: tag.contains(" checked") }
    };
    rest.map(one).collect()
}

async fn group_of(person: &Person, name: &str) -> GroupId {
    person.group(name).await.parse().expect("an id")
}

async fn link(stage: &Stage, run: RunId, ordinal: u32) -> String {
    let keys = LinkKeys::default();
    let key = keys.newest(&stage.api.pool).await.expect("there is a key");
    format!("/u/{}", key.token(Purpose::Unsubscribe, Letterhead { run, ordinal }))
}

/// The run of a mailing that has sent its letters to these groups.
async fn sent(stage: &Stage, person: &Person, groups: &[GroupId], kind: &str) -> RunId {
    let message = person.message().await;
    let groups: Vec<String> = groups.iter().map(GroupId::to_string).collect();
    let plan = stage.plan(&message, &json!({ "groupIds": groups }));
    let plan = with(with(plan, "periodicity", json!({ "kind": "DAILY" })), "kind", json!(kind));
    let mailing = created(person, plan).await;
    let engine = stage.works();
    let run = text(&runs(&finished(person, &mailing, 1).await)[0]["id"]);
    engine.stop().await;
    run.parse().expect("an id")
}

impl Scene {
    async fn start() -> Self {
        let stage = Stage::start().await;
        let ann = stage.api.owner("Ann").await;
        let (news, offers) = (group_of(&ann, "Readers").await, group_of(&ann, "Bargains").await);
        let regulars = group_of(&ann, "Regulars who complain").await;
        let services = &stage.api.node.services;
        publish(services, ann.id, news, "News", "Once a <b>week</b>").await;
        publish(services, ann.id, offers, "Offers", "").await;
        let groups = [news.to_string(), regulars.to_string()];
        let anna = ann.client("anna@example.com", &[&groups[0], &groups[1]]).await.parse().expect("an id");
        let run = sent(&stage, &ann, &[news, regulars], "BULK").await;
        let link = link(&stage, run, 0).await;
        Self { stage, ann, anna, news, offers, run, link, http: reqwest::Client::new() }
    }

    async fn page(&self, request: reqwest::RequestBuilder) -> Page {
        let response = request.send().await.expect("the server answers");
        let status = response.status();
        let body = response.text().await.expect("the answer arrives");
        Page { status, boxes: boxes(&body), body }
    }

    async fn get(&self) -> Page {
        self.page(self.http.get(self.stage.api.url(&self.link))).await
    }

    async fn post(&self, body: impl Into<String>) -> Page {
        let request = self.http.post(self.stage.api.url(&self.link));
        self.page(request.header(CONTENT_TYPE, "application/x-www-form-urlencoded").body(body.into())).await
    }

    /// What stands in Ann's address book; `None` if Anna does not.
    async fn card(&self, client: ClientId) -> Option<Card> {
        match self.stage.api.node.services.store.load::<Client>(client.0).await.expect("it can be read").state {
            Client::Present(card) => Some(card),
            Client::Absent | Client::Deleted { .. } => None,
        }
    }

    async fn is_in(&self, topic: GroupId) -> bool {
        self.card(self.anna).await.is_some_and(|card| card.groups.contains(&topic))
    }

    async fn consent(&self, topic: GroupId) -> Option<State> {
        self.card(self.anna).await?.consent(Some(topic)).map(Standing::state)
    }

    /// Where Anna is not written to.
    async fn not_written_to(&self) -> Vec<Uuid> {
        let query = "select scope_id from suppressed where mailbox = 'anna@example.com' and reason = 'unsubscribed'
                      order by scope_id";
        sqlx::query_scalar(query).fetch_all(&self.stage.api.pool).await.expect("the guard can be read")
    }

    async fn events(&self) -> i64 {
        self.stage.api.events().await
    }
}

/// From now on nobody can write an event of this name.
async fn hold(scene: &Scene, event_type: &str) {
    let held = format!(
        "create function this_is_held() returns trigger language plpgsql as $$
         begin
             raise exception 'the story holds this';
         end
         $$;
         create trigger this_is_held before insert on events
             for each row when (new.event_type = '{event_type}') execute function this_is_held()"
    );
    sqlx::raw_sql(&held).execute(&scene.stage.api.pool).await.expect("it is held");
}

async fn let_go(scene: &Scene) {
    let free = "drop trigger this_is_held on events; drop function this_is_held()";
    sqlx::raw_sql(free).execute(&scene.stage.api.pool).await.expect("it goes on");
}

#[tokio::test]
async fn recipients_leave_topics_come_to_others_and_leave_everything() {
    let scene = Scene::start().await;
    let (news, offers) = (scene.news, scene.offers);
    let before = scene.events().await;
    let page = scene.get().await;
    assert_eq!((page.offered(), page.ticked()), (vec![news, offers], vec![news]), "{}", page.body);
    assert!(page.body.contains("Once a &#60;b&#62;week&#60;/b&#62;"), "{}", page.body);
    assert!(page.body.contains(&format!("name=\"leave\" value=\"{news}\"")), "{}", page.body);
    assert!(!page.body.contains(&format!("name=\"leave\" value=\"{offers}\"")), "the letter was not of it");
    assert!(!page.body.contains("value=\"mailing\""), "leaving its topic is leaving it: {}", page.body);
    assert!(!page.body.contains("Readers") && !page.body.contains("Regulars"), "those names are Ann's alone");

    // A box that was ticked by somebody else is no consent.
    assert_eq!(scene.post(page.choosing(&[news])).await.status, StatusCode::OK);
    assert_eq!(scene.events().await, before, "nothing was chosen that was not so");

    for said in ["twice is once", "and says so"] {
        let page = scene.post(format!("leave={news}")).await;
        assert_eq!(page.status, StatusCode::OK);
        assert!(page.body.contains("You get no more letters of this topic"), "{said}: {}", page.body);
        assert!(page.ticked().is_empty(), "{said}");
        assert_eq!(scene.events().await, before + 2, "{said}: not written to, and not in the group");
    }
    assert_eq!((scene.not_written_to().await, scene.is_in(news).await), (vec![news.0], false));

    let form = scene.get().await.choosing(&[news, offers]);
    let mut chosen = Vec::new();
    for _ in 0..2 {
        let page = scene.post(&*form).await;
        assert!(page.body.contains("Your choice is kept") && !page.body.contains("role=\"alert\""), "{}", page.body);
        assert_eq!(page.ticked(), [news, offers]);
        chosen.push(scene.events().await);
    }
    assert_eq!(chosen[0], chosen[1], "twice is once");
    assert!(scene.not_written_to().await.is_empty());
    let card = scene.card(scene.anna).await.expect("she is there");
    for (topic, title) in [(news, "News"), (offers, "Offers")] {
        assert!(card.groups.contains(&topic));
        let standing = card.consent(Some(topic)).expect("she agreed");
        assert_eq!(standing.state(), State::Confirmed, "the link came to her address");
        assert_eq!(standing.consent.source, Source::Letter { run: scene.run, ordinal: 0 });
        assert!(standing.consent.wording.contains(title) && standing.consent.wording.contains("Ann"));
        let agreement = standing.consent.wording.split_once(": ").expect("the title, and what is agreed to").1;
        assert!(page.body.contains(agreement), "she has read {agreement:?}: {}", page.body);
    }

    let page = scene.post(form.replace(&format!("topic={news}."), "x=")).await;
    assert_eq!(page.ticked(), [offers]);
    assert_eq!((scene.not_written_to().await, scene.is_in(news).await), (vec![news.0], false));
    assert_eq!(scene.consent(news).await, Some(State::Withdrawn));

    // A mail program's button is for everything, and whoever leaves everything agrees to nothing.
    assert_eq!(scene.post("List-Unsubscribe=One-Click").await.status, StatusCode::OK);
    let mut all = vec![scene.ann.id.0, news.0];
    all.sort_unstable();
    assert_eq!(scene.not_written_to().await, all);
    assert_eq!(scene.consent(offers).await, Some(State::Withdrawn));
    assert!(scene.is_in(offers).await, "so that taking it back is enough");
    let page = scene.get().await;
    assert!(page.boxes.is_empty() && page.body.contains("To get single topics only"), "{}", page.body);
    let page = scene.post(&*form).await;
    assert!(page.body.contains("No topic was added, as you get no letters from this sender at all."), "{}", page.body);
    assert_eq!((scene.not_written_to().await, scene.is_in(news).await), (all, false));

    let page = scene.post("act=back").await;
    assert_eq!(page.ticked(), [offers], "{}", page.body);
    assert_eq!(scene.not_written_to().await, [news.0], "what was left by itself stays left");
    assert_eq!(scene.consent(offers).await, Some(State::Withdrawn), "and taking it back is no new consent");
}

#[tokio::test]
async fn a_link_is_about_its_own_owners_topics_in_the_words_that_were_read() {
    let scene = Scene::start().await;
    let services = &scene.stage.api.node.services;
    let (news, offers) = (scene.news, scene.offers);
    let bob = scene.stage.api.owner("Bob").await;
    let gossip = group_of(&bob, "Gossip").await;
    publish(services, bob.id, gossip, "Gossip", "").await;
    let private = group_of(&scene.ann, "Private").await;

    let page = scene.get().await;
    assert!(!page.offered().contains(&gossip) && !page.body.contains("Gossip"), "{}", page.body);
    let before = scene.events().await;
    let foreign = format!("shown={gossip}&topic={gossip}.abcdefghijkl&act=save");
    let refused = scene.post(foreign).await;
    assert!(refused.body.contains("so no topic was added"), "{}", refused.body);
    for leave in [gossip.to_string(), private.to_string(), Uuid::nil().to_string(), "x'--".to_owned()] {
        assert_eq!(scene.post(format!("leave={leave}")).await.status, StatusCode::UNPROCESSABLE_ENTITY, "{leave}");
    }
    for body in ["act=save".to_owned(), format!("act=save&shown={gossip}"), "act=save&topic=.&shown=".to_owned()] {
        assert!(!scene.post(&*body).await.status.is_server_error(), "{body}");
    }
    assert_eq!(scene.events().await, before);

    // The letter of another owner, to the same address, has that owner's topics.
    bob.client("anna@example.com", &[&gossip.to_string()]).await;
    let run = sent(&scene.stage, &bob, &[gossip], "TRANSACTIONAL").await;
    let other = Scene { link: link(&scene.stage, run, 0).await, ..scene };
    let page = other.get().await;
    assert_eq!((page.offered(), page.ticked()), (vec![gossip], vec![gossip]), "{}", page.body);
    assert!(!page.body.contains("name=\"leave\""), "leaving stops no transactional mailing: {}", page.body);
    let scene = Scene { link: link(&other.stage, other.run, 0).await, ..other };
    let services = &scene.stage.api.node.services;

    // What has another name by now was not agreed to.
    let form = scene.get().await.choosing(&[news, offers]);
    publish(services, scene.ann.id, offers, "Bargains", "").await;
    let before = scene.events().await;
    let page = scene.post(&*form).await;
    assert!(page.body.contains("What this sender offers has changed meanwhile"), "{}", page.body);
    assert_eq!((scene.events().await, page.ticked()), (before, vec![news]));

    // A topic that nobody can come to any more is there for those who got the letter by it, to be left for good.
    tell_group(services, offers, group::Command::Unpublish { by: scene.ann.id }).await;
    tell_group(services, news, group::Command::Unpublish { by: scene.ann.id }).await;
    let page = scene.get().await;
    assert_eq!((page.offered(), page.ticked()), (vec![news], vec![news]));
    assert!(page.body.contains("This topic takes no new readers") && !page.body.contains("Readers"), "{}", page.body);
    let page = scene.post(format!("leave={news}")).await;
    assert!(page.body.contains("you cannot come back to it here") && page.boxes.is_empty(), "{}", page.body);
    assert_eq!((scene.not_written_to().await, scene.is_in(news).await), (vec![news.0], false));
}

#[tokio::test]
async fn whoever_is_not_in_the_address_book_any_more_leaves_all_the_same_and_comes_to_nothing() {
    let scene = Scene::start().await;
    let (news, offers) = (scene.news, scene.offers);
    let form = scene.get().await.choosing(&[news, offers]);
    // It was somebody else's letter: the client's address is mended.
    let mended = json!({ "id": scene.anna.to_string(), "email": "hanna@example.com" });
    scene.ann.does("clientUpdate", mended, "").await;
    let before = scene.events().await;
    let page = scene.get().await;
    assert!(
        page.boxes.is_empty() && page.body.contains("Your address is not in this sender’s address book"),
        "{}",
        page.body
    );
    let page = scene.post(&*form).await;
    assert!(page.body.contains("no topic can be added here"), "{}", page.body);
    assert_eq!(scene.events().await, before, "nobody chooses for somebody else");

    scene.ann.does("clientDelete", json!({ "id": scene.anna.to_string() }), "").await;
    let page = scene.post(format!("leave={news}")).await;
    assert!(page.body.contains("You get no more letters of this topic"), "{}", page.body);
    assert_eq!(scene.not_written_to().await, [news.0]);

    // Whoever has the address by now is its holder.
    let anew: ClientId = scene.ann.client("anna@example.com", &[]).await.parse().expect("an id");
    let page = scene.get().await;
    assert_eq!((page.offered(), page.ticked()), (vec![news, offers], vec![]), "{}", page.body);
    scene.post(page.choosing(&[offers])).await;
    let card = scene.card(anew).await.expect("she is there");
    assert_eq!(card.groups.into_iter().collect::<Vec<_>>(), [offers]);
    assert_eq!(scene.not_written_to().await, [news.0]);
}

#[tokio::test]
async fn what_breaks_off_in_the_middle_leaves_fewer_letters_and_is_done_by_doing_it_again() {
    let scene = Scene::start().await;
    let (news, offers) = (scene.news, scene.offers);

    hold(&scene, "LeftGroup").await;
    let page = scene.post(format!("leave={news}")).await;
    assert_eq!(page.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(page.body.contains(&format!("name=\"leave\" value=\"{news}\"")), "it can be pressed again: {}", page.body);
    assert_eq!((scene.not_written_to().await, scene.is_in(news).await), (vec![news.0], true));
    assert!(scene.get().await.ticked().is_empty(), "it counts already");
    let_go(&scene).await;
    assert_eq!(scene.post(format!("leave={news}")).await.status, StatusCode::OK);
    assert_eq!((scene.not_written_to().await, scene.is_in(news).await), (vec![news.0], false));

    let form = scene.get().await.choosing(&[news, offers]);
    hold(&scene, "Lifted").await;
    let page = scene.post(&*form).await;
    assert_eq!(page.status, StatusCode::SERVICE_UNAVAILABLE);
    let kept = page.body.matches("<input type=\"hidden\"").count();
    assert_eq!(kept, 4, "the choice is sent again by the button: {}", page.body);
    assert_eq!((scene.not_written_to().await, scene.is_in(news).await), (vec![news.0], true));
    assert_eq!(scene.get().await.ticked(), [offers], "no letter of the news comes yet");
    let_go(&scene).await;
    let before = scene.events().await;
    assert_eq!(scene.post(&*form).await.ticked(), [news, offers]);
    assert_eq!(scene.events().await, before + 1, "what was agreed to is not agreed to twice");
    assert!(scene.not_written_to().await.is_empty());

    hold(&scene, "ConsentWithdrawn").await;
    assert_eq!(scene.post("List-Unsubscribe=One-Click").await.status, StatusCode::SERVICE_UNAVAILABLE, "come again");
    assert_eq!(scene.not_written_to().await, [scene.ann.id.0], "and it counts already");
    assert_eq!(scene.consent(news).await, Some(State::Confirmed));
    let_go(&scene).await;
    assert_eq!(scene.post("List-Unsubscribe=One-Click").await.status, StatusCode::OK);
    assert_eq!(scene.consent(news).await, Some(State::Withdrawn));
}
