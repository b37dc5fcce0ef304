//! What an id is of.

use sqlx::PgPool;
use uuid::Uuid;

/// What can be asked for by its id alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Noun {
    /// The id is a client's.
    Client,
    /// The id is a group's.
    Group,
    /// The id is a message's.
    Message,
    /// The id is a mailing's.
    Mailing,
    /// The id is a run's.
    Run,
    /// The id is a user's.
    User,
    /// The id is an article's.
    Article,
    /// The id is that of a letter of the service itself, of this kind.
    Notice(String),
}

/// What the id is of, whoever may see it; none if it is nothing's.
pub async fn noun_of(pool: &PgPool, id: Uuid) -> Result<Option<Noun>, sqlx::Error> {
    let found = sqlx::query!(
        r#"select 'client' as "noun!", null as kind from clients where id = $1 union all
           select 'group', null from groups where id = $1 union all
           select 'message', null from messages where id = $1 union all
           select 'mailing', null from mailings where id = $1 union all
           select 'run', null from runs where id = $1 union all
           select 'user', null from users where id = $1 union all
           select 'article', null from articles where id = $1 union all
           select 'notice', kind from notices where id = $1"#,
        id,
    )
    .fetch_optional(pool)
    .await?;
    Ok(found.and_then(|row| match row.noun.as_str() {
        "client" => Some(Noun::Client),
        "group" => Some(Noun::Group),
        "message" => Some(Noun::Message),
        "mailing" => Some(Noun::Mailing),
        "run" => Some(Noun::Run),
        "user" => Some(Noun::User),
        "article" => Some(Noun::Article),
        "notice" => row.kind.map(Noun::Notice),
        _ => None,
    }))
}
