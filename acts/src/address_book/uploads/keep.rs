//! Keeping a file as it comes.

use super::file::File;
use super::{COMING, KEPT, LIFE, SILENCE};
use crate::Services;
use crate::address_book::import::{ImportError, workbook};
use crate::refusal::{Fault, Problem, Refused};
use crate::who::rights::Owner;
use domain::Code;
use projections::ReadError;
use tokio::io::AsyncReadExt as _;
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
    owner: Owner,
    id: Uuid,
    /// What has come and is no piece yet.
    rest: Vec<u8>,
    place: i32,
    size: usize,
    /// Whether it begins like a workbook, which is kept as the table that becomes of it.
    is_workbook: bool,
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
        Ok(Self { services, owner, id, rest: Vec::new(), place: 0, size: 0, is_workbook: false, whole: false })
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
    ///
    /// A workbook becomes a table here, once, and not whenever somebody looks at it.
    pub async fn finish(mut self) -> Result<Uuid, Refused> {
        self.write_rest().await?;
        if self.is_workbook {
            self.become_table().await?;
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

    /// Takes the table that becomes of the workbook in its place.
    async fn become_table(&mut self) -> Result<(), Refused> {
        let size = u64::try_from(self.size).unwrap_or(u64::MAX);
        let pieces = File::new(self.services.pool().clone(), self.id, size);
        let opened = workbook::opened(self.services, self.owner.id(), pieces).await;
        let mut table = opened.map_err(refused)?;
        sqlx::query!("delete from upload_pieces where upload_id = $1", self.id).execute(self.services.pool()).await?;
        (self.place, self.size, self.is_workbook) = (0, 0, false);
        let mut piece = vec![0; PIECE];
        loop {
            let length = table.read(&mut piece).await.map_err(Fault::from)?;
            if length == 0 {
                return self.write_rest().await;
            }
            self.add(&piece[..length]).await?;
        }
    }

    async fn write_rest(&mut self) -> Result<(), Refused> {
        let rest = std::mem::take(&mut self.rest);
        if rest.is_empty() { Ok(()) } else { self.write(&rest).await }
    }

    /// Nothing is written once the same owner's newer files have taken the place.
    async fn write(&mut self, piece: &[u8]) -> Result<(), Refused> {
        if self.place == 0 {
            self.is_workbook = workbook::is_likely(piece);
        }
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

/// Why a workbook does not become a table.
fn refused(error: ImportError) -> Refused {
    match error {
        ImportError::File(error) => Problem::of(&error).into(),
        ImportError::Group(problem) | ImportError::Refused(problem) => problem.into(),
        ImportError::Busy(problem) => problem.at(&["file"]).into(),
        ImportError::Input(error) => Fault::from(error).into(),
        ImportError::Unreadable(error) => ReadError::Unreadable(error).into(),
        ImportError::Store(error) => error.into(),
    }
}

/// Newer files of the same owner have taken the place of this one while it came.
fn overtaken() -> Problem {
    let words = words::requests::Problem::Busy { seconds: COME_AGAIN };
    Problem::new(Code::RateLimited, &["file"], words).in_seconds(COME_AGAIN)
}
