//! The table of rights, row by row: what everybody may do, and how whoever may not is refused. Refusals for a wrong role
//! are told (`FORBIDDEN`); somebody else's objects are not there (null, or `NOT_FOUND` for a mutation).

pub(crate) mod everybody;

use crate::support::http::{plan, text, with};
use crate::support::service::{Service, found, metadata};
use crate::support::smtp_server::{Offers, SmtpServer};
use acts::who::Operator;
use domain::Role;
use everybody::{ABSENT, Everybody, NULL, STRANGER, WRONG, YES, input, mutation};
use serde_json::json;

/// See also `articles.rs` for what is read, and `home.rs`.
#[tokio::test]
async fn read_the_home_page_and_the_blog() {
    let everybody = Everybody::start().await;
    let carl = &everybody.columns[3];
    let article = carl.does("articleCreate", json!({ "title": "News", "body": "News" }), "article { id }").await;
    let id = json!({ "id": article["article"]["id"] });
    carl.does("articlePublish", id.clone(), "").await;
    for query in [
        "{ homeStats { mailings runningMailings uniqueRecipients randomArticles { title } } }",
        "{ articles { nodes { title } } }",
        "{ article(slug: \"news\") { title html views } }",
    ] {
        everybody.expect(query, &json!({}), [YES; 5]).await;
    }
    everybody
        .expect("query($id: ID!) { node(id: $id) { ... on Article { title } } }", &id, [STRANGER, YES, YES, YES, YES])
        .await;
}

#[tokio::test]
async fn anything_but_the_home_page_and_the_blog_is_for_those_who_are_signed_in() {
    let everybody = Everybody::start().await;
    for query in [
        "{ clients { totalCount } }",
        "{ groups { totalCount } }",
        "{ messages { totalCount } }",
        "{ mailings { totalCount } }",
        "{ reports { totalCount } }",
    ] {
        everybody.expect(query, &json!({}), [STRANGER, YES, YES, YES, YES]).await;
    }
    // Nobody in particular is nobody.
    everybody.expect("{ viewer { id } }", &json!({}), [NULL, YES, YES, YES, YES]).await;
}

#[tokio::test]
async fn create_edit_delete_own_clients_groups_messages_mailings() {
    let everybody = Everybody::start().await;
    let rights = [STRANGER, YES, WRONG, WRONG, YES];
    let ann = &everybody.ann;
    let anns_mailing = plan(&ann.message().await, &ann.client("anna@example.com", &[]).await);
    for (name, fields) in [
        ("clientCreate", json!({ "email": "x@example.com" })),
        ("clientsImport", json!({ "csv": "email\ny@example.com\n" })),
        ("groupCreate", json!({ "name": "Friends" })),
        ("messageCreate", json!({ "subject": "Hello", "text": "x" })),
    ] {
        everybody.expect(&mutation(name), &input(&fields), rights).await;
    }
    // Out of other people's parts nobody makes a mailing.
    let out_of = [STRANGER, ABSENT, WRONG, WRONG, ABSENT];
    everybody.expect(&mutation("mailingCreate"), &input(&anns_mailing), out_of).await;

    // Those who have no such right may have owned things before they got their role.
    let roles: [(&str, &[Role], &str); 4] = [
        ("Owner", &[], YES),
        ("Manager", &[Role::Manager], WRONG),
        ("Content", &[Role::ContentManager], WRONG),
        ("Administrator", &[Role::Administrator], YES),
    ];
    for (name, roles, expected) in roles {
        let person = everybody.api.owner(name).await;
        let group = person.group("Friends").await;
        let client = person.client("anna@example.com", &[&group]).await;
        let message = person.message().await;
        let mailing = person.mailing(&message, &client).await;
        let services = &everybody.api.node.services;
        for role in roles {
            let id = person.id.to_string();
            let (_, receipt) =
                acts::who::users::grant(services, &Operator::of_this_host().administrator(), &id, *role, &metadata())
                    .await
                    .expect("granted");
            assert!(services.shown(receipt.position).await);
        }
        for (name, fields) in [
            ("mailingCreate", plan(&message, &client)),
            ("mailingUpdate", json!({ "id": mailing, "name": "Otherwise" })),
            ("mailingPause", json!({ "id": mailing })),
            ("mailingResume", json!({ "id": mailing })),
            ("mailingStart", json!({ "id": mailing })),
            ("mailingCancel", json!({ "id": mailing })),
            ("mailingDelete", json!({ "id": mailing })),
            ("clientUpdate", json!({ "id": client, "comment": "x" })),
            ("consentGive", json!({ "id": client, "wording": "News" })),
            ("consentWithdraw", json!({ "id": client })),
            ("clientDelete", json!({ "id": client })),
            ("messageUpdate", json!({ "id": message, "text": "Otherwise" })),
            ("messageDelete", json!({ "id": message })),
            ("groupPublish", json!({ "id": group, "title": "News" })),
            ("groupUnpublish", json!({ "id": group })),
            ("groupDelete", json!({ "id": group })),
        ] {
            everybody.expect_of(&person, &mutation(name), input(&fields), expected).await;
        }
    }
}

#[tokio::test]
async fn see_another_users_clients_and_groups() {
    let everybody = Everybody::start().await;
    let group = everybody.ann.group("Friends").await;
    let client = everybody.ann.client("anna@example.com", &[&group]).await;
    let rights = [STRANGER, NULL, YES, NULL, YES];
    everybody.expect("query($id: ID!) { client(id: $id) { email } }", &json!({ "id": client }), rights).await;
    everybody.expect("query($id: ID!) { group(id: $id) { name } }", &json!({ "id": group }), rights).await;
    for id in [&client, &group] {
        everybody.expect("query($id: ID!) { node(id: $id) { id } }", &json!({ "id": id }), rights).await;
    }
    for list in ["clients", "groups"] {
        let query = format!("{{ {list}(scope: ALL) {{ totalCount }} }}");
        everybody.expect(&query, &json!({}), [STRANGER, WRONG, YES, WRONG, YES]).await;
    }
}

#[tokio::test]
async fn see_another_users_mailings_runs_deliveries_reports_and_history() {
    let everybody = Everybody::start().await;
    let server = SmtpServer::start(Offers::default()).await;
    let engine = Service::work_with(&everybody.api.node, Service::relay(&server), Service::settings());
    let ann = &everybody.ann;
    let mailing = ann.mailing(&ann.message().await, &ann.client("anna@example.com", &[]).await).await;
    let query = "query($id: ID!) { mailing(id: $id) { history { nodes { id } }
                                     runs { nodes { id status deliveries { nodes { id } } } } } }";
    let seen = found("the run is finished", async || {
        let seen = ann.ask(query, json!({ "id": mailing })).await;
        (seen["mailing"]["runs"]["nodes"][0]["status"] == "FINISHED").then_some(seen)
    })
    .await;
    engine.stop().await;
    let run = &seen["mailing"]["runs"]["nodes"][0];
    let (run, delivery) = (text(&run["id"]), text(&run["deliveries"]["nodes"][0]["id"]));
    let event = text(&seen["mailing"]["history"]["nodes"][0]["id"]);

    let rights = [STRANGER, NULL, YES, NULL, YES];
    for (query, id) in [
        ("query($id: ID!) { mailing(id: $id) { name history { totalCount } } }", &mailing),
        ("query($id: ID!) { run(id: $id) { status } }", &run),
        ("query($id: ID!) { delivery(id: $id) { outcome } }", &delivery),
        ("query($id: ID!) { report(runId: $id) { text } }", &run),
    ] {
        everybody.expect(query, &json!({ "id": id }), rights).await;
    }
    for id in [&mailing, &run, &delivery, &format!("report.{run}"), &event] {
        everybody.expect("query($id: ID!) { node(id: $id) { id } }", &json!({ "id": id }), rights).await;
    }
    everybody.expect("{ mailings(scope: ALL) { totalCount } }", &json!({}), [STRANGER, WRONG, YES, WRONG, YES]).await;
    everybody.expect("{ reports(scope: ALL) { totalCount } }", &json!({}), [STRANGER, WRONG, YES, WRONG, YES]).await;
}

#[tokio::test]
async fn edit_or_delete_another_users_clients_messages_mailings() {
    let everybody = Everybody::start().await;
    let ann = &everybody.ann;
    let group = ann.group("Friends").await;
    let (client, message) = (ann.client("anna@example.com", &[&group]).await, ann.message().await);
    let mailing = ann.mailing(&message, &client).await;
    for (name, fields) in [
        ("clientUpdate", json!({ "id": client, "comment": "x" })),
        ("clientDelete", json!({ "id": client })),
        ("consentGive", json!({ "id": client, "wording": "News" })),
        ("consentWithdraw", json!({ "id": client })),
        ("groupPublish", json!({ "id": group, "title": "News" })),
        ("groupUnpublish", json!({ "id": group })),
        ("groupDelete", json!({ "id": group })),
        ("messageUpdate", json!({ "id": message, "text": "x" })),
        ("messageDelete", json!({ "id": message })),
        ("mailingUpdate", json!({ "id": mailing, "name": "x" })),
        ("mailingStart", json!({ "id": mailing })),
        ("mailingCancel", json!({ "id": mailing })),
        ("mailingDelete", json!({ "id": mailing })),
    ] {
        everybody.expect(&mutation(name), &input(&fields), [STRANGER, ABSENT, WRONG, WRONG, ABSENT]).await;
    }
}

#[tokio::test]
async fn disable_and_enable_any_mailing_with_a_reason() {
    let everybody = Everybody::start().await;
    let ann = &everybody.ann;
    let mailing = ann.mailing(&ann.message().await, &ann.client("anna@example.com", &[]).await).await;
    let with_reason = |reason: &str| input(&json!({ "id": mailing, "reason": reason }));
    for (name, reason) in [("mailingDisable", "complaints"), ("mailingEnable", "settled")] {
        let rights = [STRANGER, WRONG, YES, WRONG, YES];
        everybody.expect(&mutation(name), &with_reason(reason), rights).await;
    }
    // Not without one.
    let rights = [STRANGER, WRONG, "REASON_MISSING", WRONG, "REASON_MISSING"];
    everybody.expect(&mutation("mailingDisable"), &with_reason(" "), rights).await;
    // An owner pauses and resumes what is theirs, and nobody else does.
    for name in ["mailingPause", "mailingResume"] {
        let id = input(&json!({ "id": mailing }));
        everybody.expect_of(ann, &mutation(name), id.clone(), YES).await;
        everybody.expect(&mutation(name), &id, [STRANGER, ABSENT, WRONG, WRONG, ABSENT]).await;
    }
}

#[tokio::test]
async fn list_users() {
    let everybody = Everybody::start().await;
    let rights = [STRANGER, WRONG, YES, WRONG, YES];
    everybody.expect("{ users { totalCount nodes { email roles } } }", &json!({}), rights).await;
    // One by one, those whom one may not see are not there.
    let ann = json!({ "id": everybody.ann.id.to_string() });
    for query in ["query($id: ID!) { user(id: $id) { email } }", "query($id: ID!) { node(id: $id) { id } }"] {
        everybody.expect(query, &ann, [STRANGER, NULL, YES, NULL, YES]).await;
        for person in &everybody.columns[1..] {
            let oneself = json!({ "id": person.id.to_string() });
            everybody.expect_of(person, query, oneself, YES).await;
        }
    }
}

#[tokio::test]
async fn block_and_unblock_users_with_a_reason() {
    let everybody = Everybody::start().await;
    everybody.api.person("Second", &[Role::Administrator]).await;
    let victim = |id: String, reason: &str| input(&json!({ "id": id, "reason": reason }));
    let [_, _, _, _, root] = &everybody.columns;
    for (name, reason) in [("userBlock", "complaints"), ("userUnblock", "settled")] {
        let ann = victim(everybody.ann.id.to_string(), reason);
        everybody.expect(&mutation(name), &ann, [STRANGER, WRONG, YES, WRONG, YES]).await;
        // Managers have no power over administrators.
        let second = everybody.api.account(&format!("Third{name}"), &[Role::Administrator]).await;
        let second = victim(second.to_string(), reason);
        everybody.expect(&mutation(name), &second, [STRANGER, WRONG, WRONG, WRONG, YES]).await;
        // Nobody is there by that id.
        let nobody = victim(uuid::Uuid::now_v7().to_string(), reason);
        everybody.expect(&mutation(name), &nobody, [STRANGER, WRONG, ABSENT, WRONG, ABSENT]).await;
    }
    let ann = victim(everybody.ann.id.to_string(), "");
    let rights = [STRANGER, WRONG, "REASON_MISSING", WRONG, "REASON_MISSING"];
    everybody.expect(&mutation("userBlock"), &ann, rights).await;
    // Managers are no administrators: another manager's word goes.
    let mary = everybody.api.account("Mary", &[Role::Manager]).await;
    let mary = victim(mary.to_string(), "complaints");
    everybody.expect(&mutation("userBlock"), &mary, [STRANGER, WRONG, YES, WRONG, YES]).await;
    everybody.expect_of(root, &mutation("userBlock"), with(mary, "reason", json!("again")), YES).await;
}

#[tokio::test]
async fn grant_and_revoke_roles_and_rebuild_projections() {
    let everybody = Everybody::start().await;
    let rights = [STRANGER, WRONG, WRONG, WRONG, YES];
    for name in ["roleGrant", "roleRevoke"] {
        for role in ["MANAGER", "CONTENT_MANAGER", "ADMINISTRATOR"] {
            let fields = json!({ "id": everybody.ann.id.to_string(), "role": role });
            everybody.expect(&mutation(name), &input(&fields), rights).await;
        }
        // Nobody helps themselves.
        for person in &everybody.columns[1..4] {
            let fields = input(&json!({ "id": person.id.to_string(), "role": "ADMINISTRATOR" }));
            everybody.expect_of(person, &mutation(name), fields, WRONG).await;
        }
    }
    everybody.expect("{ projections { name } }", &json!({}), rights).await;
    everybody.expect("{ service { queues { runs } } }", &json!({}), rights).await;
    let clients = input(&json!({ "name": "clients" }));
    everybody.expect(&mutation("projectionRebuild"), &clients, rights).await;
    let nothing = input(&json!({ "name": "nothing" }));
    everybody.expect(&mutation("projectionRebuild"), &nothing, [STRANGER, WRONG, WRONG, WRONG, ABSENT]).await;
}

/// See also `articles.rs`.
#[tokio::test]
async fn write_and_edit_articles() {
    let everybody = Everybody::start().await;
    let rights = [STRANGER, WRONG, WRONG, YES, YES];
    for (number, (person, right)) in everybody.columns.iter().zip(rights).enumerate() {
        let fields = json!({ "title": format!("News {number}"), "body": "News" });
        everybody.expect_of(person, &mutation("articleCreate"), input(&fields), right).await;
    }
    // Their own or another's.
    let carl = &everybody.columns[3];
    let article = carl.does("articleCreate", json!({ "title": "News", "body": "News" }), "article { id }").await;
    let id = json!({ "id": article["article"]["id"] });
    for (name, fields) in [
        ("articleUpdate", with(id.clone(), "body", json!("Otherwise"))),
        ("articlePublish", id.clone()),
        ("articleUnpublish", id.clone()),
    ] {
        everybody.expect(&mutation(name), &input(&fields), rights).await;
    }
    everybody.expect("{ articles(scope: ALL) { totalCount } }", &json!({}), rights).await;
    // Asking twice is fine.
    everybody.expect(&mutation("articleDelete"), &input(&id), rights).await;
}
