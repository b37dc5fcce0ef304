//! Keeping a file as it comes.

use super::{COMING, KEPT, LIFE, SILENCE};
use crate::Services;
use crate::refusal::{Problem, Refused};
use crate::who::rights::Owner;
use domain::Code;
use uuid::Uuid;

/// How long a piece of a file is.
const PIECE: usize = 512 * 1024;

/// How much of a name is kept, in characters.
const NAME: usize = 200;

/// When somebody may come again who sends too many files at the same time, in seconds.
const COME_AGAIN: u32 = 5;

/// A file of which some has come. What has come is forgotten when this is dropped before all is there.
#[derive(Debug)]
pub struct Keeping<'a> {
    services: &'a Services,
    id: Uuid,
    /// What has come and is no piece yet.
    rest: Vec<u8>,
    place: i32,
    size: usize,
    /// Whether all of it is there.
    whole: bool,
}

impl<'a> Keeping<'a> {
    /// Makes room for a file. Of the owner's files that are still coming, or whose coming broke off when a node died, the oldest
    /// go; one that is there as a whole stays, as nobody knows yet whether this one will ever be.
    pub async fn begin(services: &'a Services, owner: Owner, name: &str) -> Result<Self, Refused> {
        let (id, now) = (Uuid::now_v7(), services.now());
        let shown = name.chars().filter(|c| !c.is_control()).take(NAME).collect::<String>();
        sqlx::query!(
            "delete from uploads
              where owner_id = $1
                and (expires_at <= $2
                     or id in (select id from uploads where owner_id = $1 and size is null
                                order by created_at desc, id desc offset $3))",
            owner.id().0,
            now,
            // This one comes to these.
            COMING - 1,
        )
        .execute(services.pool())
        .await?;
        sqlx::query!(
            "insert into uploads (id, owner_id, name, created_at, expires_at) values ($1, $2, $3, $4, $5)",
            id,
            owner.id().0,
            shown.trim(),
            now,
            now + LIFE,
        )
        .execute(services.pool())
        .await?;
        Ok(Self { services, id, rest: Vec::new(), place: 0, size: 0, whole: false })
    }

    /// Whether nothing has come yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.size == 0
    }

    /// Keeps more of the file, if it may be so large.
    pub async fn add(&mut self, bytes: &[u8]) -> Result<(), Refused> {
        self.size += bytes.len();
        let most = self.services.quotas.bounds().file;
        if self.size > most {
            let most = most / 1024 / 1024;
            return Err(Problem::new(Code::FileTooLarge, &["file"], words::import::TooLarge { most }).into());
        }
        self.rest.extend_from_slice(bytes);
        while self.rest.len() >= PIECE {
            let rest = self.rest.split_off(PIECE);
            let piece = std::mem::replace(&mut self.rest, rest);
            self.write(&piece).await?;
        }
        Ok(())
    }

    /// The id of the file, all of which has come. The oldest of the owner's that are there, and that nobody is importing, go for it.
    pub async fn finish(mut self) -> Result<Uuid, Refused> {
        let rest = std::mem::take(&mut self.rest);
        if !rest.is_empty() {
            self.write(&rest).await?;
        }
        let size = i64::try_from(self.size).unwrap_or(i64::MAX);
        let mut transaction = self.services.pool().begin().await?;
        let whole = sqlx::query_scalar!("update uploads set size = $2 where id = $1 returning owner_id", self.id, size);
        let owner = whole.fetch_optional(&mut *transaction).await?.ok_or_else(overtaken)?;
        sqlx::query!(
            "delete from uploads where id in (
                 select id from uploads
                  where owner_id = $1 and size is not null and not (is_import and job is not null and beat_at > $2)
                  order by (id = $3) desc, created_at desc, id desc offset $4)",
            owner,
            self.services.now() - SILENCE,
            self.id,
            KEPT,
        )
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        self.whole = true;
        Ok(self.id)
    }

    /// Nothing is written once the same owner's newer files have taken the place.
    async fn write(&mut self, piece: &[u8]) -> Result<(), Refused> {
        let written = sqlx::query!(
            "insert into upload_pieces (upload_id, place, bytes)
             select id, $2, $3 from uploads where id = $1 for key share",
            self.id,
            self.place,
            piece,
        )
        .execute(self.services.pool())
        .await?;
        self.place += 1;
        if written.rows_affected() == 0 { Err(overtaken().into()) } else { Ok(()) }
    }
}

impl Drop for Keeping<'_> {
    /// However it ended: nobody has half of a file any use for, and it takes the room of one that is yet to come.
    fn drop(&mut self) {
        if self.whole {
            return;
        }
        let (pool, id) = (self.services.pool().clone(), self.id);
        let forget = async move {
            if let Err(error) = sqlx::query!("delete from uploads where id = $1", id).execute(&pool).await {
                tracing::debug!(upload = %id, %error, "half of a file of clients stays until its time is over");
            }
        };
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(forget);
        }
    }
}

/// Newer files of the same owner have taken the place of this one while it came.
fn overtaken() -> Problem {
    let words = words::requests::Problem::Busy { seconds: COME_AGAIN };
    Problem::new(Code::RateLimited, &["file"], words).in_seconds(COME_AGAIN)
}
