//! Pictures that articles show. They are kept as they were sent, and named by their bytes: the same picture twice is one.

use crate::Services;
use crate::refusal::{Problem, Refused};
use crate::who::rights::ArticleWriter;
use domain::article::{PictureKind, PictureName};
use sha2::{Digest, Sha256};
use sqlx::PgPool;
use words::quotas::{Noun, Reached};

/// A picture as it is shown.
#[derive(Clone, Debug)]
pub struct Picture {
    /// What it is, as its first bytes say.
    pub kind: PictureKind,
    /// The picture itself.
    pub bytes: Vec<u8>,
}

/// Keeps a picture, and names it. One that is there already is named again.
pub async fn add(services: &Services, by: ArticleWriter, bytes: &[u8]) -> Result<PictureName, Refused> {
    PictureKind::judge(bytes).map_err(|error| Problem::of(&error))?;
    let name = PictureName::new(Sha256::digest(bytes).into());
    let pool = services.pool();
    if sqlx::query_scalar!("select 1 from pictures where hash = $1", name.as_bytes())
        .fetch_optional(pool)
        .await?
        .is_some()
    {
        return Ok(name);
    }
    let most = services.quotas.bounds().pictures;
    let held = sqlx::query_scalar!(
        r#"select count(*) as "held!" from (select from pictures where added_by = $1 limit $2) as counted"#,
        by.id().0,
        i64::from(most),
    );
    if held.fetch_one(pool).await? >= i64::from(most) {
        return Err(Problem::of(&Reached { noun: Noun::Picture, most }).at(&["picture"]).into());
    }
    sqlx::query!(
        "insert into pictures (hash, bytes, added_by, added_at) values ($1, $2, $3, $4) on conflict (hash) do nothing",
        name.as_bytes(),
        bytes,
        by.id().0,
        services.now(),
    )
    .execute(pool)
    .await?;
    Ok(name)
}

/// The picture of this name, which everybody may see who knows it; `None` if there is none.
pub async fn get(pool: &PgPool, name: PictureName) -> Result<Option<Picture>, sqlx::Error> {
    let bytes = sqlx::query_scalar!("select bytes from pictures where hash = $1", name.as_bytes());
    let bytes = bytes.fetch_optional(pool).await?;
    Ok(bytes.and_then(|bytes| PictureKind::of(&bytes).map(|kind| Picture { kind, bytes })))
}
