//! The senders of owners: making, verifying, changing and deleting them, and who may do what.

use super::{one, sealing, sender, told};
use crate::graphql::who::roles::everybody::{Everybody, NULL, STRANGER, WRONG, YES, input, mutation};
use crate::support::http::{Api, text};
use crate::support::letters::{letters, link};
use domain::Role;
use serde_json::{Value, json};

const NEWS: &str = "news@example.org";
const ABSENT: &str = "SENDER_NOT_FOUND";

/// How many letters with a link for a sender went to this address.
async fn asked(api: &Api, to: &str) -> usize {
    letters(&api.pool).await.iter().filter(|(kind, address, _)| kind == "verify_sender" && address == to).count()
}

#[tokio::test]
async fn a_sender_is_made_once_and_its_address_gets_a_letter() {
    let api = Api::start().await;
    let ann = api.owner("Ann").await;
    let new = json!({ "name": " News  desk ", "address": " News@Example.org ", "replyTo": "", "idempotencyKey": "a" });
    let made = ann.does("senderCreate", new.clone(), "sender { id }").await;
    let id = text(&made["sender"]["id"]);
    assert_eq!(
        one(&ann, &id).await,
        json!({
            "id": id, "name": "News desk", "address": "News@Example.org", "replyTo": null, "usable": false, "verifiedAt": null,
            "domainGranted": false, "revision": 1, "version": 1, "deletedAt": null, "owner": { "email": "ann@example.com" },
        })
    );
    assert_eq!(asked(&api, "News@Example.org").await, 1);
    let before = api.events().await;
    assert_eq!(ann.does("senderCreate", new, "sender { id }").await["sender"]["id"], id, "the same key");
    assert_eq!(api.events().await, before);

    let taken = ann.fails("senderCreate", json!({ "name": "", "address": NEWS })).await;
    assert_eq!(taken, told("SENDER_ADDRESS_TAKEN", "input.address"));
    let bad = ann.fails("senderCreate", json!({ "name": "a\nb", "address": "nobody", "replyTo": "no one" })).await;
    let codes: Vec<_> = bad.iter().map(|(code, field)| (code.as_str(), field.as_str())).collect();
    assert_eq!(
        codes,
        [
            ("FULL_NAME_NOT_A_LINE", "input.name"),
            ("EMAIL_INVALID", "input.address"),
            ("EMAIL_INVALID", "input.replyTo")
        ]
    );
    // Another owner may have the same address, of which each has to give proof; the letters there say whose it is to be.
    sender(&api.owner("Bob").await, NEWS).await;
    let query = "select payload -> 'Requested' -> 'kind' ->> 'owner' from events
                  where aggregate_type = 'notice' and payload -> 'Requested' -> 'kind' ->> 'kind' = 'verify_sender'
                  order by position";
    let whose: Vec<Option<String>> = sqlx::query_scalar(query).fetch_all(&api.pool).await.expect("letters");
    assert_eq!(whose, ["ann@example.com", "bob@example.com"].map(|email| Some(email.to_owned())));
}

#[tokio::test]
async fn a_senders_name_does_not_turn_the_address_behind_it() {
    let api = Api::start().await;
    let ann = api.owner("Ann").await;
    let turning = |name: &str| format!("\u{2067}{name}\u{202e}knab@eciffo\u{202c} ");
    let new = json!({ "name": turning("שרה"), "address": NEWS });
    let made = ann.does("senderCreate", new, "sender { id name }").await;
    assert_eq!(made["sender"]["name"], "שרהknab@eciffo");
    let change = json!({ "id": made["sender"]["id"], "name": turning("Ann ") });
    let changed = ann.does("senderChange", change, "sender { name }").await;
    assert_eq!(changed["sender"]["name"], "Ann knab@eciffo");
}

#[tokio::test]
async fn whoever_follows_the_link_verifies_the_address_once() {
    let api = Api::start().await;
    let ann = api.owner("Ann").await;
    let id = sender(&ann, NEWS).await;
    let token = link(&api, "verify_sender", NEWS, "ann@example.com").await;
    let nobody = api.anonymous();
    let wrong = nobody.fails("senderVerify", json!({ "token": "wrong" })).await;
    assert_eq!(wrong, told("LINK_INVALID", "input.token"));
    // A link of another kind proves something else.
    let other = link(&api, "verify_email", NEWS, "ann@example.com").await;
    assert_eq!(nobody.fails("senderVerify", json!({ "token": other })).await, told("LINK_INVALID", "input.token"));

    assert_eq!(nobody.does("senderVerify", json!({ "token": token }), "verified").await["verified"], true);
    let verified = one(&ann, &id).await;
    assert_eq!((&verified["usable"], &verified["revision"]), (&json!(true), &json!(1)));
    assert!(verified["verifiedAt"].is_string());
    assert_eq!(nobody.fails("senderVerify", json!({ "token": token })).await, told("LINK_INVALID", "input.token"));

    // Nobody writes to an address that is verified.
    let before = asked(&api, NEWS).await;
    ann.does("senderSendLink", json!({ "id": id }), "").await;
    assert_eq!(asked(&api, NEWS).await, before);
}

#[tokio::test]
async fn the_letter_goes_again_so_often_only_and_a_link_to_a_deleted_sender_works_no_more() {
    let api = Api::start().await;
    let ann = api.owner("Ann").await;
    let id = sender(&ann, NEWS).await;
    ann.does("senderSendLink", json!({ "id": id }), "sender { id }").await;
    assert_eq!(asked(&api, NEWS).await, 2);
    for _ in 2..5 {
        ann.does("senderSendLink", json!({ "id": id }), "").await;
    }
    let refused = ann.fails("senderSendLink", json!({ "id": id })).await;
    assert_eq!(refused, told("RATE_LIMITED", ""));
    assert_eq!(asked(&api, NEWS).await, 5);

    let token = link(&api, "verify_sender", NEWS, "ann@example.com").await;
    ann.does("senderDelete", json!({ "id": id }), "").await;
    let used = api.anonymous().fails("senderVerify", json!({ "token": token })).await;
    assert_eq!(used, told("LINK_INVALID", "input.token"));
}

#[tokio::test]
async fn a_sender_changes_by_revisions_and_a_deleted_one_stays_to_be_seen() {
    let api = Api::start().await;
    let ann = api.owner("Ann").await;
    let id = sender(&ann, NEWS).await;
    let select = "sender { name replyTo revision version }";
    let changed = ann.does("senderChange", json!({ "id": id, "replyTo": "ann@example.org" }), select).await;
    let expected = json!({ "name": "Newsdesk", "replyTo": "ann@example.org", "revision": 2, "version": 2 });
    assert_eq!(changed["sender"], expected);
    let same = ann.does("senderChange", json!({ "id": id, "name": "Newsdesk" }), select).await;
    assert_eq!(same["sender"], expected, "nothing changed");
    let stale = ann.fails("senderChange", json!({ "id": id, "name": "News", "expectedVersion": 1 })).await;
    assert_eq!(stale, told("STALE_VERSION", "input.expectedVersion"));
    let changed = ann.does("senderChange", json!({ "id": id, "name": "", "replyTo": "" }), select).await;
    assert_eq!(changed["sender"], json!({ "name": "", "replyTo": null, "revision": 3, "version": 3 }));

    let list = "query($search: String) { senders(filter: { search: $search }) { totalCount nodes { id } } }";
    for (search, count) in [(Value::Null, 1), (json!("NEWS@"), 1), (json!("desk"), 0)] {
        let listed = ann.ask(list, json!({ "search": search })).await["senders"].take();
        assert_eq!((&listed["totalCount"], listed["nodes"].as_array().map(Vec::len)), (&json!(count), Some(count)));
    }
    for _ in 0..2 {
        ann.does("senderDelete", json!({ "id": id }), "").await;
    }
    assert!(one(&ann, &id).await["deletedAt"].is_string());
    assert_eq!(ann.ask(list, json!({})).await["senders"]["totalCount"], 0);
    assert_eq!(ann.fails("senderChange", json!({ "id": id, "name": "x" })).await, told(ABSENT, "input.id"));
    // The address is free again.
    sender(&ann, NEWS).await;
}

#[tokio::test]
async fn a_granted_domain_needs_no_letter() {
    let api = sealing().await;
    let (ann, root) = (api.owner("Ann").await, api.person("Root", &[Role::Administrator]).await);
    root.does("senderDomainCreate", json!({ "domain": "example.org" }), "").await;
    let early = sender(&ann, "early@example.org").await;
    root.does("senderDomainGrant", json!({ "domain": "example.org", "userId": ann.id.to_string() }), "").await;
    let id = sender(&ann, NEWS).await;
    assert_eq!((asked(&api, NEWS).await, asked(&api, "early@example.org").await), (0, 1));
    for id in [&id, &early] {
        let seen = one(&ann, id).await;
        assert_eq!(
            (&seen["usable"], &seen["domainGranted"], &seen["verifiedAt"]),
            (&json!(true), &json!(true), &Value::Null)
        );
    }
    assert_eq!(one(&ann, &sender(&ann, "news@sub.example.org").await).await["usable"], false, "a domain and no other");
    let withdraw = json!({ "domain": "EXAMPLE.org.", "userId": ann.id.to_string() });
    root.does("senderDomainGrantWithdraw", withdraw, "").await;
    assert_eq!(one(&ann, &id).await["usable"], false);
}

#[tokio::test]
async fn a_revoked_sender_is_neither_verified_nor_made_once_more_before_it_is_allowed_again() {
    let api = Api::start().await;
    let (ann, root) = (api.owner("Ann").await, api.person("Root", &[Role::Administrator]).await);
    let id = sender(&ann, NEWS).await;
    let token = link(&api, "verify_sender", NEWS, "ann@example.com").await;
    for (reason, code) in [(" ", "REASON_MISSING"), ("x".repeat(501).as_str(), "REASON_TOO_LONG")] {
        let refused = root.fails("senderRevoke", json!({ "id": id, "reason": reason })).await;
        assert_eq!(refused, told(code, "input.reason"));
    }
    let absent = root.fails("senderRevoke", json!({ "id": "nothing", "reason": "x" })).await;
    assert_eq!(absent, told(ABSENT, "input.id"));

    let reason = "It is another company’s.";
    for why in [reason, "asked twice"] {
        root.does("senderRevoke", json!({ "id": id, "reason": why }), "").await;
    }
    let query = "query($id: ID!) { sender(id: $id) { usable verifiedAt revokedAt revokedWhy version } }";
    let seen = async || ann.ask(query, json!({ "id": id })).await["sender"].take();
    let revoked = seen().await;
    assert_eq!(
        (&revoked["usable"], &revoked["revokedWhy"], &revoked["version"]),
        (&json!(false), &json!(reason), &json!(2))
    );
    assert!(revoked["revokedAt"].is_string(), "{revoked}");
    let before = api.events().await;
    assert_eq!(ann.fails("senderDelete", json!({ "id": id })).await, told("SENDER_REVOKED", "input.id"));
    assert_eq!(ann.fails("senderSendLink", json!({ "id": id })).await, told("SENDER_REVOKED", "input.id"));
    let again = ann.fails("senderCreate", json!({ "name": "", "address": NEWS })).await;
    assert_eq!(again, told("SENDER_ADDRESS_TAKEN", "input.address"));
    // A link of before ends with it, and one that comes all the same shows nothing.
    let meanwhile = link(&api, "verify_sender", NEWS, "ann@example.com").await;
    for (token, code) in [(&token, "LINK_INVALID"), (&meanwhile, "SENDER_REVOKED")] {
        let verify = api.anonymous().fails("senderVerify", json!({ "token": token })).await;
        assert_eq!(verify, told(code, "input.token"));
    }
    assert_eq!(api.events().await, before);

    for _ in 0..2 {
        root.does("senderAllow", json!({ "id": id }), "sender { revokedAt }").await;
    }
    let allowed = seen().await;
    assert_eq!(
        (&allowed["usable"], &allowed["revokedWhy"], &allowed["version"]),
        (&json!(false), &Value::Null, &json!(3))
    );
    for token in [&token, &meanwhile] {
        let before = api.anonymous().fails("senderVerify", json!({ "token": token })).await;
        assert_eq!(before, told("LINK_INVALID", "input.token"));
    }
    assert_eq!(seen().await["usable"], false);
    ann.does("senderSendLink", json!({ "id": id }), "").await;
    let anew = link(&api, "verify_sender", NEWS, "ann@example.com").await;
    api.anonymous().does("senderVerify", json!({ "token": anew }), "").await;
    assert_eq!(seen().await["usable"], true);
}

#[tokio::test]
async fn links_to_other_addresses_of_an_owner_and_to_others_with_the_same_address_go_on_when_a_sender_is_revoked() {
    let api = Api::start().await;
    let root = api.person("Root", &[Role::Administrator]).await;
    let (ann, bob) = (api.owner("Ann").await, api.owner("Bob").await);
    let id = sender(&ann, NEWS).await;
    sender(&ann, "other@example.org").await;
    sender(&bob, NEWS).await;
    let other = link(&api, "verify_sender", "other@example.org", "ann@example.com").await;
    let bobs = link(&api, "verify_sender", NEWS, "bob@example.com").await;
    // However the address was spelled in the letter.
    let spelled = link(&api, "verify_sender", "News@EXAMPLE.org", "ann@example.com").await;
    root.does("senderRevoke", json!({ "id": id, "reason": "not theirs" }), "").await;
    root.does("senderAllow", json!({ "id": id }), "").await;
    let before = api.anonymous().fails("senderVerify", json!({ "token": spelled })).await;
    assert_eq!(before, told("LINK_INVALID", "input.token"));
    for token in [other, bobs] {
        api.anonymous().does("senderVerify", json!({ "token": token }), "").await;
    }
}

#[tokio::test]
async fn a_deleted_sender_that_is_revoked_holds_its_address_until_it_is_allowed_again() {
    let api = Api::start().await;
    let (ann, root) = (api.owner("Ann").await, api.person("Root", &[Role::Administrator]).await);
    let id = sender(&ann, NEWS).await;
    ann.does("senderDelete", json!({ "id": id }), "").await;
    let select = "sender { id usable deletedAt revokedWhy }";
    for why in ["It is another company’s.", "asked twice"] {
        let revoke = json!({ "id": id, "reason": why });
        let revoked = root.does("senderRevoke", revoke, select).await["sender"].take();
        assert!(revoked["deletedAt"].is_string() && revoked["usable"] == false, "{revoked}");
        assert_eq!((&revoked["id"], &revoked["revokedWhy"]), (&json!(id), &json!("It is another company’s.")));
    }
    let again = json!({ "name": "", "address": "NEWS@example.org" });
    assert_eq!(ann.fails("senderCreate", again).await, told("SENDER_ADDRESS_TAKEN", "input.address"));
    let list = "{ senders { totalCount nodes { id } } }";
    let listed = ann.ask(list, json!({})).await["senders"].take();
    assert_eq!(listed, json!({ "totalCount": 1, "nodes": [{ "id": id }] }), "it is there to be read why");
    ann.does("senderDelete", json!({ "id": id }), "").await;

    let allowed = root.does("senderAllow", json!({ "id": id }), select).await["sender"].take();
    assert!(allowed["deletedAt"].is_string() && allowed["revokedWhy"].is_null(), "{allowed}");
    assert_eq!(ann.ask(list, json!({})).await["senders"]["totalCount"], 0);
    let anew = sender(&ann, NEWS).await;
    let revoke = json!({ "id": id, "reason": "It is another company’s." });
    assert_eq!(
        root.does("senderRevoke", revoke, "sender { id }").await["sender"]["id"],
        anew,
        "whoever has the address"
    );
}

#[tokio::test]
async fn somebody_elses_sender_is_seen_by_those_who_watch_changed_by_nobody_and_judged_by_administrators() {
    let everybody = Everybody::start().await;
    let id = sender(&everybody.ann, NEWS).await;
    let query = "query($id: ID!) { sender(id: $id) { id } }";
    everybody.expect(query, &json!({ "id": id }), [STRANGER, NULL, YES, NULL, YES]).await;
    everybody.expect("{ senders { totalCount } }", &json!({}), [STRANGER, YES, YES, YES, YES]).await;
    everybody.expect("{ senders(scope: ALL) { totalCount } }", &json!({}), [STRANGER, WRONG, YES, WRONG, YES]).await;
    for (name, fields) in [
        ("senderChange", json!({ "id": id, "name": "x" })),
        ("senderDelete", json!({ "id": id })),
        ("senderSendLink", json!({ "id": id })),
    ] {
        everybody.expect(&mutation(name), &input(&fields), [STRANGER, ABSENT, WRONG, WRONG, ABSENT]).await;
    }
    for (name, fields) in
        [("senderRevoke", json!({ "id": id, "reason": "not theirs" })), ("senderAllow", json!({ "id": id }))]
    {
        everybody.expect(&mutation(name), &input(&fields), [STRANGER, WRONG, WRONG, WRONG, YES]).await;
    }
    let new = input(&json!({ "name": "", "address": "x@example.org" }));
    everybody.expect(&mutation("senderCreate"), &new, [STRANGER, YES, WRONG, WRONG, YES]).await;
}

#[tokio::test]
async fn a_postal_address_is_set_by_its_user_and_seen_by_those_who_watch() {
    let api = Api::start().await;
    let (ann, max) = (api.owner("Ann").await, api.person("Max", &[Role::Manager]).await);
    let select = "viewer { postalAddress version }";
    let set = ann.does("profileUpdate", json!({ "postalAddress": " Lime  Street 1\r\n\r\nTown " }), select).await;
    assert_eq!(set["viewer"], json!({ "postalAddress": "Lime Street 1\nTown", "version": 3 }));
    let long = ann.fails("profileUpdate", json!({ "postalAddress": "x".repeat(301) })).await;
    assert_eq!(long, told("POSTAL_ADDRESS_TOO_LONG", "input.postalAddress"));
    let query = "query($id: ID!) { user(id: $id) { postalAddress } }";
    let seen = max.ask(query, json!({ "id": ann.id.to_string() })).await;
    assert_eq!(seen["user"]["postalAddress"], "Lime Street 1\nTown");
    let taken = ann.does("profileUpdate", json!({ "postalAddress": "" }), select).await;
    assert_eq!(taken["viewer"]["postalAddress"], Value::Null);
    assert_eq!(ann.does("profileUpdate", json!({ "fullName": "Ann B." }), select).await["viewer"]["version"], 5);
}
