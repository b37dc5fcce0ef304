//! What an id is of.

use sqlx::PgPool;
use uuid::Uuid;

/// What can be asked for by its id alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Noun {
    /// The id is a client's.
    Client,
    /// The id is that of a custom field.
    CustomField,
    /// The id is a group's.
    Group,
    /// The id is a segment's.
    Segment,
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
    /// The id is that of a letter of the service itself.
    Notice,
    /// The id is an import's.
    Import,
}

/// What the id is of, whoever may see it; none if it is nothing's.
pub async fn noun_of(pool: &PgPool, id: Uuid) -> Result<Option<Noun>, sqlx::Error> {
    let found = sqlx::query_scalar!(
        r#"select 'client' as "noun!" from clients where id = $1 union all
           select 'custom_field' from custom_fields where id = $1 union all
           select 'group' from groups where id = $1 union all
           select 'segment' from segments where id = $1 union all
           select 'message' from messages where id = $1 union all
           select 'mailing' from mailings where id = $1 union all
           select 'run' from runs where id = $1 union all
           select 'user' from users where id = $1 union all
           select 'article' from articles where id = $1 union all
           select 'notice' from notices where id = $1 union all
           select 'import' from imports where id = $1"#,
        id,
    )
    .fetch_optional(pool)
    .await?;
    Ok(found.as_deref().and_then(|noun| match noun {
        "client" => Some(Noun::Client),
        "custom_field" => Some(Noun::CustomField),
        "group" => Some(Noun::Group),
        "segment" => Some(Noun::Segment),
        "message" => Some(Noun::Message),
        "mailing" => Some(Noun::Mailing),
        "run" => Some(Noun::Run),
        "user" => Some(Noun::User),
        "article" => Some(Noun::Article),
        "notice" => Some(Noun::Notice),
        "import" => Some(Noun::Import),
        _ => None,
    }))
}
