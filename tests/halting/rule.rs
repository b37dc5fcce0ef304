//! Whether a mailing may send stands in two languages: the domain's, for those who read streams, and SQL, for those who read
//! the read models. They say the same, whatever was done to a mailing.

use crate::support::service::Service;
use chrono::TimeDelta;
use domain::mailing::{self, Mailing};

/// What people and the service do to mailings, in an order that comes to every status, and every status twice over.
fn everything(service: &Service) -> Vec<mailing::Command> {
    let by = service.owner;
    let disable = || mailing::Command::Disable { reason: "complaints".to_owned() };
    let enable = || mailing::Command::Enable { reason: "talked to them".to_owned() };
    let suspend = mailing::Command::Suspend { reason: "refused".to_owned() };
    vec![
        mailing::Command::Pause { by },
        disable(),
        enable(),
        mailing::Command::Resume { by },
        suspend,
        mailing::Command::Resume { by },
        disable(),
        enable(),
    ]
}

/// What the domain and what SQL say, for moments before, in and after the window.
async fn both(service: &Service, mailing: domain::MailingId) -> Vec<(bool, bool)> {
    let state = service.node.services.store.load::<Mailing>(mailing.0).await.expect("readable").state;
    let mut said = Vec::new();
    for days in [-1, 0, 2, 400] {
        let at = service.clock.now() + TimeDelta::days(days);
        let by_sql: bool = sqlx::query_scalar(
            "select may_send(status, deleted_at, ends_at, $2) and not sends_no_more(status, deleted_at, ends_at, $2)
               from mailings where id = $1",
        )
        .bind(mailing.0)
        .bind(at)
        .fetch_one(&service.database.pool)
        .await
        .expect("it is there");
        said.push((state.may_send(at), by_sql));
    }
    said
}

#[tokio::test]
async fn the_rule_is_the_same_in_the_domain_and_in_sql() {
    let service = Service::start().await;
    let group = service.clients(1).await;
    let mut seen = Vec::new();
    for end in [
        mailing::Command::Cancel { by: service.owner },
        mailing::Command::Delete { by: service.owner },
        mailing::Command::Complete { now: service.clock.now() + TimeDelta::days(2) },
    ] {
        let mailing = service.mailing(group).await;
        seen.extend(both(&service, mailing).await);
        for command in everything(&service).into_iter().chain([end]) {
            service.tell(mailing, command.clone()).await;
            let said = both(&service, mailing).await;
            assert!(said.iter().all(|(domain, sql)| domain == sql), "after {command:?}: {said:?}");
            seen.extend(said);
        }
    }
    assert!(seen.contains(&(true, true)) && seen.contains(&(false, false)), "both answers were asked for");
}
