//! Who letters are from, over HTTP alone: an owner's senders with the page behind the link in the letter, and sender domains with
//! their keys, records and grants.

use super::reader::{Reader, hidden, location};
use crate::support::dns_server::DnsServer;
use crate::support::http::{Api, Person};
use crate::support::letters::{letters, link};
use acts::senders::{Dns, Senders};
use chrono::TimeDelta;
use dkim::MasterKey;
use domain::Role;
use reqwest::StatusCode;
use reqwest::header::{CACHE_CONTROL, ORIGIN, REFERRER_POLICY};

const NEWS: &str = "news@example.org";

/// A page that is there, as text.
async fn page(reader: &Reader, path: &str) -> String {
    let (status, page) = reader.get(path).await;
    assert_eq!(status, StatusCode::OK, "{path}: {page}");
    page
}

/// Sends a form that is right, which leads to this page.
async fn does(reader: &Reader, path: &str, fields: &[(&str, &str)], to: &str) {
    let answer = reader.post(path, fields).await;
    let (status, led) = (answer.status(), location(&answer).to_owned());
    let said = answer.text().await.expect("a page");
    assert_eq!((status, led.as_str()), (StatusCode::SEE_OTHER, to), "{path}: {said}");
}

/// Sends a form with something wrong, and returns the page that says so.
async fn fails(reader: &Reader, path: &str, fields: &[(&str, &str)]) -> String {
    let answer = reader.post(path, fields).await;
    assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY, "{path}");
    answer.text().await.expect("a page")
}

/// The id of the sender with this address, as the list leads to it.
pub(super) async fn sender(reader: &Reader, address: &str) -> String {
    let list = page(reader, "/senders").await;
    let (before, _) =
        list.split_once(&format!("\"><bdi>{address}</bdi>")).unwrap_or_else(|| panic!("{address}: {list}"));
    before.rsplit("/senders/").next().expect("an id").to_owned()
}

/// How many letters with a link for a sender went to this address.
async fn asked(api: &Api, to: &str) -> usize {
    let all = letters(&api.pool).await;
    all.iter().filter(|(kind, address, _)| kind == "verify_sender" && address == to).count()
}

/// A service that seals keys.
async fn sealing() -> Api {
    let master = MasterKey::generate().expect("there is randomness");
    Api::serving_as(|services| services.master_key = Some(master)).await
}

/// The names of the keys of a domain that stand in its page, in their order.
fn selectors(page: &str) -> Vec<String> {
    let name = |part: &str| part.split('<').next().unwrap_or_default().to_owned();
    page.split("<th scope=\"row\"><code>").skip(1).map(name).collect()
}

async fn with_plan(ann: &Person, sender: &str) -> Vec<(&'static str, String)> {
    let client = ann.client("anna@example.com", &[]).await;
    [
        ("name", "News".to_owned()),
        ("messageId", ann.message().await),
        ("sender", sender.to_owned()),
        ("audience.clientIds", client),
        ("when", "now".to_owned()),
        ("endsAt", "2026-06-04T10:00".to_owned()),
        ("timeZone", "Europe/Berlin".to_owned()),
        ("periodicity.kind", "ONCE".to_owned()),
        ("inDoubt", "HOLD".to_owned()),
    ]
    .into()
}

fn borrowed<'a>(fields: &'a [(&'static str, String)]) -> Vec<(&'a str, &'a str)> {
    fields.iter().map(|(name, value)| (*name, value.as_str())).collect()
}

#[tokio::test]
async fn a_sender_is_made_once_and_mistakes_keep_what_was_typed() {
    let api = Api::start().await;
    let reader = Reader::of(&api, &api.owner("Ann").await);
    let empty = page(&reader, "/senders").await;
    assert!(empty.contains("You have no sender yet") && empty.contains("href=\"/senders/new\""), "{empty}");
    assert!(page(&reader, "/clients").await.contains("href=\"/senders\""), "the menu leads there");

    let before = api.events().await;
    let key = hidden(&page(&reader, "/senders/new").await, "idempotencyKey");
    let bad = [("idempotencyKey", key.as_str()), ("name", "<b>News</b>"), ("address", "nobody"), ("replyTo", "no one")];
    let form = fails(&reader, "/senders", &bad).await;
    for field in ["address", "replyTo"] {
        assert!(form.contains(&format!("id=\"{field}-wrong\"")), "{field}: {form}");
    }
    assert!(form.contains("value=\"&#60;b&#62;News&#60;/b&#62;\"") && form.contains("value=\"no one\""), "{form}");
    assert_eq!(api.events().await, before);

    let good = [("idempotencyKey", key.as_str()), ("name", "<b>News</b>"), ("address", NEWS), ("replyTo", "")];
    for _ in 0..2 {
        does(&reader, "/senders", &good, "/senders").await;
    }
    assert_eq!(asked(&api, NEWS).await, 1, "the form that is sent twice is sent once");
    let list = page(&reader, "/senders").await;
    assert!(list.contains("1 sender<") && list.contains("Not confirmed"), "{list}");
    assert!(list.contains("&#60;b&#62;News") && !list.contains("<b>News"), "{list}");
    assert!(page(&reader, "/senders?search=nobody").await.contains("Nothing was found."));

    let taken = fails(&reader, "/senders", &[("name", ""), ("address", "NEWS@example.org")]).await;
    assert!(taken.contains("id=\"address-wrong\""), "{taken}");
}

#[tokio::test]
async fn the_link_in_the_letter_confirms_an_address_when_its_button_is_pressed_and_only_once() {
    let api = Api::start().await;
    let ann = api.owner("Ann").await;
    let (reader, nobody) = (Reader::of(&api, &ann), Reader::of(&api, &api.anonymous()));
    does(&reader, "/senders", &[("name", "News"), ("address", NEWS)], "/senders").await;
    let token = link(&api, "verify_sender", NEWS, "ann@example.com").await;
    let before = api.events().await;
    let path = format!("/senders/verify?token={token}");
    for asks in [&nobody, &reader] {
        let form = page(asks, &path).await;
        assert!(form.contains("method=\"post\" action=\"/senders/verify\""), "{form}");
        assert!(form.contains(&format!("value=\"{token}\"")), "{form}");
        assert!(form.contains(NEWS) && form.contains("ann@example.com"), "whose sender is confirmed: {form}");
    }
    assert_eq!(api.events().await, before, "scanners open every link");
    assert!(page(&reader, "/senders").await.contains("Not confirmed"));

    let request = nobody.http.post(format!("{}/senders/verify", nobody.base)).header(ORIGIN, "null");
    let pressed = request.form(&[("token", token.as_str())]).send().await.expect("the server answers");
    assert_eq!((pressed.status(), location(&pressed)), (StatusCode::SEE_OTHER, "/senders/verify/done"));
    assert_eq!(pressed.headers()[REFERRER_POLICY], "no-referrer");
    assert_eq!(pressed.headers()[CACHE_CONTROL], "no-store");
    assert_eq!(api.events().await, before + 1);
    assert!(page(&nobody, "/senders/verify/done").await.contains("href=\"/log-in\""));
    assert!(page(&reader, "/senders/verify/done").await.contains("href=\"/senders\">To your senders"));
    let list = page(&reader, "/senders").await;
    assert!(list.contains("Confirmed") && !list.contains("/link\""), "there is nothing to wait for: {list}");

    for token in [token.as_str(), "", "guessed"] {
        let spent = page(&nobody, &format!("/senders/verify?token={token}")).await;
        assert!(!spent.contains(NEWS), "a link that does not work tells nothing: {spent}");
        let again = fails(&nobody, "/senders/verify", &[("token", token)]).await;
        assert!(again.contains("Ask for a new letter among your senders"), "{again}");
    }
    assert_eq!(api.events().await, before + 1);
}

#[tokio::test]
async fn the_link_is_sent_again_as_long_as_it_is_waited_for() {
    let api = Api::start().await;
    let reader = Reader::of(&api, &api.owner("Ann").await);
    does(&reader, "/senders", &[("name", ""), ("address", NEWS)], "/senders").await;
    let id = sender(&reader, NEWS).await;
    let path = format!("/senders/{id}/link");
    does(&reader, &path, &[], "/senders").await;
    assert_eq!(asked(&api, NEWS).await, 2);
    let (status, _) = reader.get(&path).await;
    assert_eq!((status, asked(&api, NEWS).await), (StatusCode::SEE_OTHER, 2), "a GET sends nothing");

    let token = link(&api, "verify_sender", NEWS, "ann@example.com").await;
    does(&reader, "/senders/verify", &[("token", &token)], "/senders/verify/done").await;
    does(&reader, &path, &[], "/senders").await;
    assert_eq!(asked(&api, NEWS).await, 2, "it is known to be theirs");
    let bob = Reader::of(&api, &api.owner("Bob").await);
    assert_eq!(bob.post(&path, &[]).await.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_sender_is_called_otherwise_or_deleted_by_its_owner_and_keeps_its_address() {
    let api = Api::start().await;
    let (reader, bob) = (Reader::of(&api, &api.owner("Ann").await), Reader::of(&api, &api.owner("Bob").await));
    does(&reader, "/senders", &[("name", "News"), ("address", NEWS)], "/senders").await;
    let path = format!("/senders/{}", sender(&reader, NEWS).await);
    let form = page(&reader, &path).await;
    assert!(!form.contains("name=\"address\"") && form.contains(NEWS), "{form}");
    let version = hidden(&form, "expectedVersion");

    let changed = [("expectedVersion", version.as_str()), ("name", "Letters"), ("replyTo", "desk@example.org")];
    does(&reader, &path, &changed, &path).await;
    let form = page(&reader, &path).await;
    assert!(form.contains("value=\"Letters\"") && form.contains("value=\"desk@example.org\""), "{form}");
    let stale = [("expectedVersion", version.as_str()), ("name", "Others"), ("replyTo", "")];
    let told = fails(&reader, &path, &stale).await;
    assert!(told.contains("Somebody has changed this") && told.contains("value=\"Others\""), "{told}");
    let back = [("name", "Letters"), ("replyTo", "")];
    does(&reader, &path, &back, &path).await;
    assert!(!page(&reader, &path).await.contains("desk@example.org"), "replies go to the sender again");

    let before = api.events().await;
    for (path, fields) in [(path.clone(), &back[..]), (format!("{path}/delete"), &[][..])] {
        assert_eq!(bob.get(&path).await.0, StatusCode::NOT_FOUND, "{path}");
        assert_eq!(bob.post(&path, fields).await.status(), StatusCode::NOT_FOUND, "{path}");
    }
    let question = page(&reader, &format!("{path}/delete")).await;
    assert!(question.contains("Delete the sender news@example.org?"), "{question}");
    assert_eq!(api.events().await, before, "asking changes nothing");
    does(&reader, &format!("{path}/delete"), &[], "/senders").await;
    assert_eq!(reader.get(&path).await.0, StatusCode::NOT_FOUND);
    assert!(page(&reader, "/senders").await.contains("You have no sender yet"));
}

#[tokio::test]
async fn an_administrator_revokes_somebodys_sender_whose_owner_reads_why() {
    let api = Api::start().await;
    let (ann, root) = (api.owner("Ann").await, api.person("Root", &[Role::Administrator]).await);
    let (ann, root) = (Reader::of(&api, &ann), Reader::of(&api, &root));
    does(&ann, "/senders", &[("name", "News"), ("address", NEWS)], "/senders").await;
    let all = page(&root, "/senders?of=all").await;
    assert!(all.contains(NEWS) && all.contains("ann@example.com") && !all.contains("/link\""), "{all}");
    let path = format!("/senders/{}", sender(&ann, NEWS).await);
    let one = page(&root, &path).await;
    assert!(one.contains("ann@example.com") && one.contains(&format!("{path}/revoke")), "{one}");
    assert!(!one.contains("name=\"replyTo\"") && !one.contains(&format!("{path}/delete")), "it is not theirs: {one}");

    let (revoke, allow) = (format!("{path}/revoke"), format!("{path}/allow"));
    for judging in [&revoke, &allow] {
        assert_eq!(ann.get(judging).await.0, StatusCode::FORBIDDEN);
        assert_eq!(ann.post(judging, &[("reason", "x")]).await.status(), StatusCode::FORBIDDEN);
    }
    let before = api.events().await;
    assert!(page(&root, &revoke).await.contains("Revoke the sender news@example.org?"));
    assert!(fails(&root, &revoke, &[("reason", " ")]).await.contains("id=\"reason-wrong\""));
    assert_eq!(api.events().await, before, "asking changes nothing");
    does(&root, &revoke, &[("reason", "It is <b>theirs</b>.")], &path).await;
    let one = page(&ann, &path).await;
    assert!(one.contains("Revoked") && one.contains("It is &#60;b&#62;theirs&#60;/b&#62;."), "{one}");
    assert!(!one.contains(&format!("{path}/delete")) && !one.contains(&format!("{path}/link")), "{one}");
    assert!(page(&root, &allow).await.contains("Its owner can have a link sent to the address again"));
    does(&root, &allow, &[], &path).await;
    let one = page(&ann, &path).await;
    assert!(one.contains("Not confirmed") && one.contains(&format!("{path}/link")), "{one}");
}

#[tokio::test]
async fn an_administrator_revokes_a_sender_that_its_owner_has_deleted() {
    let api = Api::start().await;
    let (ann, root) = (api.owner("Ann").await, api.person("Root", &[Role::Administrator]).await);
    let (ann, root) = (Reader::of(&api, &ann), Reader::of(&api, &root));
    let news = [("name", "News"), ("address", NEWS)];
    does(&ann, "/senders", &news, "/senders").await;
    let path = format!("/senders/{}", sender(&ann, NEWS).await);
    does(&ann, &format!("{path}/delete"), &[], "/senders").await;
    assert_eq!(ann.get(&path).await.0, StatusCode::NOT_FOUND);
    assert!(!page(&root, "/senders?of=all").await.contains(NEWS));
    let one = page(&root, &path).await;
    assert!(one.contains("Deleted") && one.contains(&format!("{path}/revoke")), "{one}");

    does(&root, &format!("{path}/revoke"), &[("reason", "It is theirs.")], &path).await;
    assert!(page(&root, "/senders?of=all").await.contains(NEWS));
    let one = page(&ann, &path).await;
    assert!(one.contains("Revoked") && one.contains("It is theirs."), "{one}");
    assert!(!one.contains("name=\"replyTo\"") && !one.contains(&format!("{path}/delete")), "it stays deleted: {one}");
    assert!(fails(&ann, "/senders", &news).await.contains("id=\"address-wrong\""));

    assert!(page(&root, &format!("{path}/allow")).await.contains("they can add the address again"));
    does(&root, &format!("{path}/allow"), &[], &path).await;
    assert_eq!(ann.get(&path).await.0, StatusCode::NOT_FOUND);
    does(&ann, "/senders", &news, "/senders").await;
}

#[tokio::test]
async fn a_mailing_names_its_sender_who_is_told_before_it_is_planned() {
    let api = Api::start().await;
    let ann = api.owner("Ann").await;
    let reader = Reader::of(&api, &ann);
    let fields = [("name", "News & more"), ("address", NEWS), ("replyTo", "desk@example.org")];
    does(&reader, "/senders", &fields, "/senders").await;
    let id = sender(&reader, NEWS).await;
    let form = page(&reader, "/mailings/new").await;
    let closed = format!("<option value=\"{id}\" disabled>News &#38; more &#60;news@example.org&#62; (not confirmed)");
    assert!(form.contains("The service’s own address") && form.contains(&closed), "{form}");

    let plan = with_plan(&ann, &id).await;
    let form = fails(&reader, "/mailings/check", &borrowed(&plan)).await;
    assert!(form.contains("id=\"sender-wrong\"") && form.contains("href=\"#sender\""), "{form}");
    assert!(form.contains(&format!("<option value=\"{id}\" selected>")), "what was chosen is kept: {form}");

    let token = link(&api, "verify_sender", NEWS, "ann@example.com").await;
    does(&reader, "/senders/verify", &[("token", &token)], "/senders/verify/done").await;
    let check = reader.post("/mailings/check", &borrowed(&plan)).await;
    assert_eq!(check.status(), StatusCode::OK);
    let check = check.text().await.expect("a page");
    assert!(check.contains("News &#38; more &#60;news@example.org&#62;"), "{check}");
    assert!(check.contains("Replies go to desk@example.org."), "{check}");

    let mut plan = plan;
    plan.push(("now", hidden(&check, "now")));
    let made = reader.post("/mailings", &borrowed(&plan)).await;
    assert_eq!(made.status(), StatusCode::SEE_OTHER);
    let path = location(&made).to_owned();
    assert!(page(&reader, &path).await.contains("News &#38; more &#60;news@example.org&#62;"));
    let form = page(&reader, &format!("{path}/edit")).await;
    assert!(form.contains(&format!("<option value=\"{id}\" selected>")), "{form}");

    // Whoever deletes it is told on the page of the mailing, and its form says so instead of naming another one.
    does(&reader, &format!("/senders/{id}/delete"), &[], "/senders").await;
    assert!(page(&reader, &path).await.contains("(deleted)"));
    let form = page(&reader, &format!("{path}/edit")).await;
    assert!(form.contains(&format!("<option value=\"{id}\" selected>")) && form.contains("(deleted)"), "{form}");
}

#[tokio::test]
async fn a_domain_has_records_to_copy_and_its_letters_are_signed_once_somebody_activates_its_keys() {
    let api = sealing().await;
    let reader = Reader::of(&api, &api.person("Root", &[Role::Administrator]).await);
    let empty = page(&reader, "/system/domains").await;
    assert!(empty.contains("There is no domain yet") && empty.contains("href=\"/system/domains/new\""), "{empty}");
    assert!(page(&reader, "/system").await.contains("href=\"/system/domains\""));
    let wrong = fails(&reader, "/system/domains", &[("domain", "news@<b>")]).await;
    assert!(wrong.contains("id=\"domain-wrong\"") && wrong.contains("value=\"news@&#60;b&#62;\""), "{wrong}");

    let path = "/system/domains/example.org";
    does(&reader, "/system/domains", &[("domain", " Example.ORG. ")], path).await;
    assert!(fails(&reader, "/system/domains", &[("domain", "example.org")]).await.contains("id=\"domain-wrong\""));
    let one = page(&reader, path).await;
    let first = selectors(&one);
    assert_eq!(first, ["s20260504r", "s20260504e"].map(str::to_owned), "{one}");
    for selector in &first {
        let name = format!("<pre class=\"copy\">{selector}._domainkey.example.org</pre>");
        assert!(one.contains(&name), "{name} is not in {one}");
        assert!(one.contains(&format!("{selector}._domainkey.example.org. IN TXT")), "{one}");
    }
    assert!(one.contains("<pre class=\"copy\">v=DKIM1; k=rsa; p=MII"), "{one}");
    assert!(one.contains("<pre class=\"copy\">v=DKIM1; k=ed25519; p="), "{one}");
    assert!(one.contains("How letters come to be signed") && !one.contains("PRIVATE"), "{one}");
    assert!(page(&reader, "/system/domains").await.contains("Keys wait for you"));

    let before = api.events().await;
    let asks = ["activate", "rotate", "remove", "keys/s20260504r/activate", "keys/s20260504r/remove"];
    for ask in asks {
        page(&reader, &format!("{path}/{ask}")).await;
    }
    assert_eq!(api.events().await, before, "asking changes nothing");
    let several = page(&reader, &format!("{path}/activate")).await;
    assert!(several.contains("Letters are signed with them") && several.contains("Their records"), "{several}");
    does(&reader, &format!("{path}/activate"), &[], path).await;
    assert_eq!(page(&reader, path).await.matches("Signs letters").count(), 2);
    assert!(page(&reader, "/system/domains").await.contains("Letters are signed"));

    // New ones take the place of the old ones when they are activated, and not before.
    api.clock.advance(TimeDelta::days(1));
    does(&reader, &format!("{path}/rotate"), &[], path).await;
    let one = page(&reader, path).await;
    assert_eq!(selectors(&one).len(), 4, "{one}");
    assert_eq!((one.matches("Signs letters").count(), one.matches("Waits for its record").count()), (2, 2), "{one}");
    let asked = page(&reader, &format!("{path}/keys/s20260505r/activate")).await;
    assert!(asked.contains("It takes the place of the key with the same algorithm"), "{asked}");
    does(&reader, &format!("{path}/keys/s20260505r/activate"), &[], path).await;
    let one = page(&reader, path).await;
    assert!(one.contains("Retired") && one.contains("Its record is needed until"), "{one}");
    assert!(!one.contains("keys/s20260504r/remove"), "letters that are on their way need it: {one}");
    let early = reader.post(&format!("{path}/keys/s20260504r/remove"), &[]).await;
    assert_eq!(early.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let early = reader.post(&format!("{path}/remove"), &[]).await;
    assert_eq!(early.status(), StatusCode::UNPROCESSABLE_ENTITY, "keys sign");

    api.clock.advance(TimeDelta::days(7));
    does(&reader, &format!("{path}/keys/s20260504r/remove"), &[], path).await;
    assert!(!page(&reader, path).await.contains("s20260504r"));
    for selector in ["s20260504e", "s20260505r"] {
        does(&reader, &format!("{path}/keys/{selector}/retire"), &[], path).await;
    }
    assert!(!page(&reader, path).await.contains("Signs letters"));
    api.clock.advance(TimeDelta::days(7));
    does(&reader, &format!("{path}/remove"), &[], "/system/domains").await;
    assert_eq!(reader.get(path).await.0, StatusCode::NOT_FOUND);
    for nowhere in ["/system/domains/example.net", &format!("{path}/keys/x/activate"), &format!("{path}/keys/x/burn")] {
        assert_eq!(reader.get(nowhere).await.0, StatusCode::NOT_FOUND, "{nowhere}");
    }
}

#[tokio::test]
async fn activating_keys_twice_is_activating_them_once_and_keys_that_were_passed_over_wait_for_nobody() {
    let api = sealing().await;
    let reader = Reader::of(&api, &api.person("Root", &[Role::Administrator]).await);
    let path = "/system/domains/example.org";
    does(&reader, "/system/domains", &[("domain", "example.org")], path).await;
    api.clock.advance(TimeDelta::days(1));
    does(&reader, &format!("{path}/rotate"), &[], path).await;
    let button = format!("href=\"{path}/activate\"");
    assert!(page(&reader, path).await.contains(&button));
    for _ in 0..2 {
        does(&reader, &format!("{path}/activate"), &[], path).await;
        let one = page(&reader, path).await;
        assert_eq!((one.matches("Signs letters").count(), one.matches("Retired").count()), (2, 0), "{one}");
        assert!(!one.contains(&button), "nobody wants those that were made first: {one}");
    }
    for selector in ["s20260505r", "s20260505e"] {
        does(&reader, &format!("{path}/keys/{selector}/retire"), &[], path).await;
    }
    let list = page(&reader, "/system/domains").await;
    assert!(list.contains("No key signs") && !list.contains("Keys wait for you"), "{list}");
}

#[tokio::test]
async fn without_a_master_key_no_domain_is_added_and_the_form_says_why() {
    let api = Api::start().await;
    let reader = Reader::of(&api, &api.person("Root", &[Role::Administrator]).await);
    let before = api.events().await;
    let form = fails(&reader, "/system/domains", &[("domain", "example.org")]).await;
    assert!(form.contains("MASTER_KEY") && form.contains("value=\"example.org\""), "{form}");
    assert_eq!(api.events().await, before);
}

#[tokio::test]
async fn whoever_is_granted_a_domain_confirms_no_address_in_it() {
    let api = sealing().await;
    let (ann, root) = (api.owner("Ann").await, api.person("Root", &[Role::Administrator]).await);
    let (reader, root) = (Reader::of(&api, &ann), Reader::of(&api, &root));
    let path = "/system/domains/example.org";
    does(&root, "/system/domains", &[("domain", "example.org")], path).await;
    let grants = format!("{path}/grants");
    for owner in ["", "nobody", "nobody@example.com"] {
        let form = fails(&root, &grants, &[("owner", owner)]).await;
        assert!(form.contains("id=\"owner-wrong\""), "{owner}: {form}");
    }
    let before = api.events().await;
    for _ in 0..2 {
        does(&root, &grants, &[("owner", "Ann@Example.com")], path).await;
    }
    assert_eq!(api.events().await, before + 1, "twice is once");
    assert!(page(&root, path).await.contains("<bdi>ann@example.com</bdi>"));
    assert!(page(&root, "/system/domains").await.contains("1 owner<"));

    does(&reader, "/senders", &[("name", ""), ("address", NEWS)], "/senders").await;
    assert_eq!(asked(&api, NEWS).await, 0, "nobody is asked");
    assert!(page(&reader, "/senders").await.contains("Domain granted"));
    let withdraw = format!("{grants}/{}/withdraw", ann.id);
    assert!(page(&root, &withdraw).await.contains("Withdraw the domain from ann@example.com?"));
    does(&root, &withdraw, &[], path).await;
    assert!(page(&root, path).await.contains("Nobody so far."));
    assert!(page(&reader, "/senders").await.contains("Not confirmed"));
    let one = page(&reader, &format!("/senders/{}", sender(&reader, NEWS).await)).await;
    assert!(one.contains("Send the link again") && !one.contains("A letter with a link went"), "none went: {one}");
}

#[tokio::test]
async fn the_name_service_is_asked_about_a_domain_and_its_keys_when_somebody_wants_that() {
    let server = DnsServer::start().await;
    server.text("example.org", "v=spf1 ip4:192.0.2.0/24 -all");
    let master = MasterKey::generate().expect("there is randomness");
    let (dns, from) = (Dns::new(Some(server.at())), "example.org".to_owned());
    let senders = Senders { dns, from, ..Senders::default() };
    let api = Api::serving_as(|services| (services.master_key, services.senders) = (Some(master), senders)).await;
    let reader = Reader::of(&api, &api.person("Root", &[Role::Administrator]).await);
    let path = "/system/domains/example.org";
    does(&reader, "/system/domains", &[("domain", "example.org")], path).await;
    let one = page(&reader, path).await;
    assert!(one.contains("href=\"/system/domains/example.org?check=yes#check\"") && !one.contains("DMARC"), "{one}");
    let one = page(&reader, &format!("{path}?check=yes")).await;
    for found in ["SPF", "DMARC", "<pre class=\"copy\">_dmarc.example.org</pre>", "there is no key s20260504r"] {
        assert!(one.to_lowercase().contains(&found.to_lowercase()), "{found} is not in {one}");
    }
}

#[tokio::test]
async fn senders_and_domains_are_for_those_whose_they_are() {
    let api = sealing().await;
    let [nobody, ann, max, root] = [
        api.anonymous(),
        api.owner("Ann").await,
        api.person("Max", &[Role::Manager]).await,
        api.person("Root", &[Role::Administrator]).await,
    ]
    .map(|person| Reader::of(&api, &person));
    does(&root, "/system/domains", &[("domain", "example.org")], "/system/domains/example.org").await;
    let before = api.events().await;
    let (domain, forbidden) = ([("domain", "example.net")], StatusCode::FORBIDDEN);
    for (path, fields) in [
        ("/system/domains", &domain[..]),
        ("/system/domains/example.org/activate", &[][..]),
        ("/system/domains/example.org/rotate", &[][..]),
        ("/system/domains/example.org/keys/s20260504r/activate", &[][..]),
        ("/system/domains/example.org/grants", &[("owner", "ann@example.com")][..]),
        ("/system/domains/example.org/remove", &[][..]),
    ] {
        for (reader, status) in [(&nobody, StatusCode::UNAUTHORIZED), (&ann, forbidden), (&max, forbidden)] {
            assert_eq!(reader.post(path, fields).await.status(), status, "{path}");
        }
    }
    for path in ["/system/domains", "/system/domains/new", "/system/domains/example.org"] {
        for (reader, status) in [(&nobody, StatusCode::UNAUTHORIZED), (&ann, forbidden), (&max, forbidden)] {
            assert_eq!(reader.get(path).await.0, status, "{path}");
        }
    }
    let new = [("name", ""), ("address", NEWS)];
    for (reader, status) in [(&nobody, StatusCode::UNAUTHORIZED), (&max, forbidden)] {
        assert_eq!(reader.get("/senders").await.0, status);
        assert_eq!(reader.post("/senders", &new).await.status(), status);
    }
    assert_eq!(api.events().await, before);
}

#[tokio::test]
async fn owners_say_in_their_profile_where_they_can_be_reached_by_post() {
    let api = Api::start().await;
    let reader = Reader::of(&api, &api.owner("Ann").await);
    let form = page(&reader, "/profile").await;
    let version = hidden(&form, "expectedVersion");
    assert!(form.contains("name=\"postalAddress\""), "{form}");
    let fields = |address: &str| {
        let fields =
            [("fullName", "Ann"), ("language", "en"), ("timeZone", "Europe/Berlin"), ("postalAddress", address)];
        fields.map(|(name, value)| (name, value.to_owned()))
    };
    let long = fails(&reader, "/profile", &borrowed(&fields(&"<b>".repeat(101)))).await;
    assert!(long.contains("id=\"postalAddress-wrong\"") && long.contains("&#60;b&#62;&#60;b&#62;"), "{long}");
    assert_eq!(hidden(&page(&reader, "/profile").await, "expectedVersion"), version, "nothing has changed");

    does(&reader, "/profile", &borrowed(&fields("Ann & Co.\r\n\r\n  1 Main   Street  ")), "/profile").await;
    assert!(page(&reader, "/profile").await.contains("Ann &#38; Co.\n1 Main Street</textarea>"));
    does(&reader, "/profile", &borrowed(&fields(" ")), "/profile").await;
    assert!(!page(&reader, "/profile").await.contains("Main Street"));

    let carl = Reader::of(&api, &api.person("Carl", &[Role::ContentManager]).await);
    assert!(!page(&carl, "/profile").await.contains("postalAddress"), "who has no mailings is not asked");
}
