//! The keys of the links in letters, which are the same for all processes of an installation.
//!
//! They are in no event and in no read model: who reads the log cannot make links, and a rebuild changes none. Links in letters work as
//! long as their key is there, so keys are added and never taken away.

use domain::letter::leave_link::{Letterhead, LinkKey, Purpose};
use sqlx::PgPool;
use std::fmt;
use std::sync::Arc;
use tokio::sync::OnceCell;

/// The keys, read from the database when they are first asked for. All clones share what was read.
#[derive(Clone, Default)]
pub struct LinkKeys(Arc<OnceCell<Vec<LinkKey>>>);

/// Shows no key.
impl fmt::Debug for LinkKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LinkKeys").field("read", &self.0.initialized()).finish_non_exhaustive()
    }
}

impl LinkKeys {
    /// The key that new links are made with. The first process of an installation that asks makes it.
    pub async fn newest(&self, pool: &PgPool) -> Result<&LinkKey, sqlx::Error> {
        self.all(pool).await?.first().ok_or(sqlx::Error::RowNotFound)
    }

    /// The letter that a token is of; `None` if none of the keys has made it.
    pub async fn read(&self, pool: &PgPool, purpose: Purpose, token: &str) -> Result<Option<Letterhead>, sqlx::Error> {
        Ok(self.all(pool).await?.iter().find_map(|key| key.read(purpose, token)))
    }

    /// The newest first.
    async fn all(&self, pool: &PgPool) -> Result<&[LinkKey], sqlx::Error> {
        let keys = self.0.get_or_try_init(|| async {
            let keys = stored(pool).await?;
            if !keys.is_empty() {
                return Ok(keys);
            }
            make(pool).await?;
            stored(pool).await
        });
        keys.await.map(Vec::as_slice)
    }
}

/// Makes the first key, unless another process has. It is made by PostgreSQL, so that it stands in no statement that somebody logs:
/// each of the UUIDs has 122 bits of its cryptographic randomness.
async fn make(pool: &PgPool) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into link_keys (version, key)
         select 1, sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()))
          where not exists (select from link_keys)
         on conflict do nothing"
    )
    .execute(pool)
    .await?;
    Ok(())
}

async fn stored(pool: &PgPool) -> Result<Vec<LinkKey>, sqlx::Error> {
    let rows = sqlx::query!("select version, key from link_keys order by version desc").fetch_all(pool).await?;
    let key = |version: i16, key: Vec<u8>| {
        let key = u8::try_from(version).ok().zip(<[u8; 32]>::try_from(key).ok());
        let key = key.map(|(version, key)| LinkKey::new(version, key));
        key.ok_or_else(|| sqlx::Error::Decode(format!("link_keys has a key {version} that is none").into()))
    };
    rows.into_iter().map(|row| key(row.version, row.key)).collect()
}
