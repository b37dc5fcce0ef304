//! Keeping a file as it comes.

use super::{KEPT, LIFE, SILENCE};
use crate::Services;
use crate::refusal::{Problem, Refused};
use crate::who::rights::Owner;
use domain::Code;
use uuid::Uuid;

/// How long a piece of a file is.
const PIECE: usize = 512 * 1024;

/// How much of a name is kept, in characters.
const NAME: usize = 200;

/// A file of which some has come.
#[derive(Debug)]
pub struct Keeping<'a> {
    services: &'a Services,
    id: Uuid,
    /// What has come and is no piece yet.
    rest: Vec<u8>,
    place: i32,
    size: usize,
}

impl<'a> Keeping<'a> {
    /// Makes room for a file: the oldest of the owner's that nobody is importing go.
    pub async fn begin(services: &'a Services, owner: Owner, name: &str) -> Result<Self, Refused> {
        let (id, now) = (Uuid::now_v7(), services.now());
        let shown = name.chars().filter(|c| !c.is_control()).take(NAME).collect::<String>();
        sqlx::query!(
            "delete from uploads u using (
                 select id, row_number() over (order by created_at desc) as place from uploads
                  where owner_id = $1 and not (is_import and job is not null and beat_at > $2)
             ) as old
              where u.id = old.id and (old.place >= $3 or u.expires_at <= $4)",
            owner.id().0,
            now - SILENCE,
            KEPT,
            now,
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
        Ok(Self { services, id, rest: Vec::new(), place: 0, size: 0 })
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

    /// The id of the file, all of which has come.
    pub async fn finish(mut self) -> Result<Uuid, Refused> {
        let rest = std::mem::take(&mut self.rest);
        if !rest.is_empty() {
            self.write(&rest).await?;
        }
        let size = i64::try_from(self.size).unwrap_or(i64::MAX);
        sqlx::query!("update uploads set size = $2 where id = $1", self.id, size).execute(self.services.pool()).await?;
        Ok(self.id)
    }

    /// Forgets what has come.
    pub async fn give_up(self) -> Result<(), Refused> {
        sqlx::query!("delete from uploads where id = $1", self.id).execute(self.services.pool()).await?;
        Ok(())
    }

    /// Nothing is written once the same owner's newer files have taken the place.
    async fn write(&mut self, piece: &[u8]) -> Result<(), Refused> {
        sqlx::query!(
            "insert into upload_pieces (upload_id, place, bytes)
             select id, $2, $3 from uploads where id = $1 for key share",
            self.id,
            self.place,
            piece,
        )
        .execute(self.services.pool())
        .await?;
        self.place += 1;
        Ok(())
    }
}
