//! Looking at a file and importing it, in tasks that leave word of how far they are.

use super::file::File;
use super::{Column, Look, SILENCE, Summary, Wishes};
use crate::Services;
use crate::address_book::import::{self as reading, ImportError, ImportReport, Progress, Target};
use crate::refusal::Refused;
use crate::who::rights::Owner;
use domain::Language;
use eventstore::Metadata;
use sqlx::types::Json;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::MissedTickBehavior;
use uuid::Uuid;
use words::Sentence as _;

/// How often a task leaves word.
const BEAT: Duration = Duration::from_secs(1);

/// Begins to look at a file: what an import with these wishes would do. A look that is going on is given up for it, an import is
/// not. Whether it was begun.
pub async fn look(into: &Target<'_>, id: Uuid, wishes: Wishes) -> Result<bool, Refused> {
    Job::new(into, id, wishes).begin(false).await
}

/// Begins to import a file with these wishes, or to go on where an import ended early. If somebody is importing it, or has done
/// so, nothing is begun. Whether it was.
pub async fn import(into: &Target<'_>, id: Uuid, wishes: Wishes) -> Result<bool, Refused> {
    Job::new(into, id, wishes).begin(true).await
}

/// Work at a file.
struct Job {
    services: Services,
    owner: Owner,
    id: Uuid,
    /// The task's own name, by which it sees whether another one has taken its place.
    name: Uuid,
    wishes: Wishes,
    metadata: Metadata,
    language: Language,
}

/// How work ended.
enum End {
    Looked(Look),
    Imported(ImportReport),
    /// Before anything was imported, with why; the file is then as it was after its last look.
    Refused(String),
    /// Before the end of the file, with what is told of it.
    BrokeOff(String),
}

impl Job {
    fn new(into: &Target<'_>, id: Uuid, wishes: Wishes) -> Self {
        let Target { services, owner, metadata, language } = *into;
        let (services, metadata) = (services.clone(), metadata.clone());
        Self { services, owner, id, name: Uuid::new_v4(), wishes, metadata, language }
    }

    async fn begin(self, is_import: bool) -> Result<bool, Refused> {
        let now = self.services.now();
        let file = sqlx::query!(
            r#"update uploads set is_import = $3, job = $4, beat_at = $5, wishes = $6, progress = '{}', said = null
                where id = $1 and owner_id = $2 and size is not null and report is null and expires_at > $5
                  and not (is_import and job is not null and beat_at > $7)
            returning size as "size!", name"#,
            self.id,
            self.owner.id().0,
            is_import,
            self.name,
            now,
            Json(&self.wishes) as _,
            now - SILENCE,
        )
        .fetch_optional(self.services.pool())
        .await?;
        let Some(file) = file else { return Ok(false) };
        let (size, name) = (u64::try_from(file.size).unwrap_or(0), file.name);
        tokio::spawn(async move { self.run(is_import, (size, &name)).await });
        Ok(true)
    }

    async fn run(self, is_import: bool, file: (u64, &str)) {
        let progress = Arc::new(Mutex::new(Progress::default()));
        let work = self.work(is_import, file, &progress);
        tokio::pin!(work);
        let mut beats = tokio::time::interval(BEAT);
        beats.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let end = loop {
            tokio::select! {
                end = &mut work => break end,
                _ = beats.tick() => {
                    let so_far = *progress.lock().unwrap_or_else(PoisonError::into_inner);
                    match self.beat(so_far).await {
                        // Thrown away, or another task's by now, or nobody's who may write.
                        Ok(false) => return,
                        Ok(true) => {}
                        Err(error) => tracing::warn!(upload = %self.id, %error, "work at a file of clients leaves no word"),
                    }
                }
            }
        };
        let so_far = *progress.lock().unwrap_or_else(PoisonError::into_inner);
        if let Err(error) = self.end(end, so_far).await {
            tracing::warn!(upload = %self.id, %error, "the end of work at a file of clients is not told");
        }
    }

    async fn work(&self, is_import: bool, (size, name): (u64, &str), progress: &Mutex<Progress>) -> End {
        let (services, how) = (&self.services, self.wishes.how(!is_import, (self.id, name)));
        let file = || File::new(services.pool().clone(), self.id, size);
        let mut look = Look { wishes: self.wishes.clone(), ..Look::default() };
        if !is_import {
            let own = match reading::own_fields(services, self.owner, &how.new_fields).await {
                Ok(own) => own,
                Err(error) => {
                    tracing::error!(upload = %self.id, %error, "a look at a file of clients broke off");
                    return End::BrokeOff(String::new());
                }
            };
            match reading::first_line(services, self.owner, file(), &how.mapping, &own).await {
                Ok(line) => {
                    look.columns = line.columns.into_iter().map(Column::from).collect();
                    if let Some(refused) = line.refused {
                        look.refused = Some(self.refusal(&refused));
                        return End::Looked(look);
                    }
                }
                Err(error) => return self.broke_off(error, Some(look)),
            }
        }
        let into = Target { services, owner: self.owner, metadata: &self.metadata, language: self.language };
        let tell = |so_far| *progress.lock().unwrap_or_else(PoisonError::into_inner) = so_far;
        match reading::import_as(&how, into, file(), tell, |_| {}).await {
            Ok(report) if is_import => {
                if let Some(position) = report.position {
                    services.shown(position).await;
                }
                End::Imported(report)
            }
            Ok(report) => End::Looked(Look { summary: Some(report.into()), ..look }),
            Err(error) => self.broke_off(error, (!is_import).then_some(look)),
        }
    }

    fn refusal(&self, error: &words::import::FileError) -> (String, String) {
        (domain::Refusal::code(error).as_str().to_owned(), error.told(self.language))
    }

    /// What becomes of the file: a look, if it is one, tells what is wrong with it, so that it can be mended.
    fn broke_off(&self, error: ImportError, look: Option<Look>) -> End {
        let refused = |(code, said): (String, String)| match look {
            Some(look) => End::Looked(Look { refused: Some((code, said)), ..look }),
            None => End::Refused(said),
        };
        match error {
            ImportError::File(error) => refused(self.refusal(&error)),
            ImportError::Group(problem) | ImportError::Refused(problem) => {
                refused((problem.code.as_str().to_owned(), problem.said.to(self.language).to_owned()))
            }
            ImportError::Busy(problem) => End::BrokeOff(problem.said.to(self.language).to_owned()),
            ImportError::Input(_) | ImportError::Unreadable(_) | ImportError::Store(_) => {
                tracing::error!(upload = %self.id, %error, "work at a file of clients broke off");
                End::BrokeOff(String::new())
            }
        }
    }

    /// Leaves word; whether the file is still this task's, and its owner still somebody who may write.
    async fn beat(&self, so_far: Progress) -> Result<bool, sqlx::Error> {
        let done = sqlx::query!(
            "update uploads set progress = $3, beat_at = $4
              where id = $1 and job = $2
                and not exists (select from doors d where d.user_id = uploads.owner_id and d.blocked)",
            self.id,
            self.name,
            Json(so_far) as _,
            self.services.now(),
        )
        .execute(self.services.pool())
        .await?;
        Ok(done.rows_affected() > 0)
    }

    /// Leaves word of the end. Of a file that was imported only the report stays: nobody needs the addresses twice.
    async fn end(&self, end: End, so_far: Progress) -> Result<(), sqlx::Error> {
        let (stays_import, look, report, said) = match end {
            End::Looked(look) => (false, Some(look), None, None),
            End::Imported(report) => (true, None, Some(Summary::from(report)), None),
            End::Refused(said) => (false, None, None, Some(said)),
            End::BrokeOff(said) => (true, None, None, Some(said).filter(|said| !said.is_empty())),
        };
        sqlx::query!(
            "with done as (
                 update uploads set job = null, progress = $3, is_import = is_import and $4, look = coalesce($5, look),
                        report = $6, said = $7
                  where id = $1 and job = $2 returning id, report
             )
             delete from upload_pieces p using done where p.upload_id = done.id and done.report is not null",
            self.id,
            self.name,
            Json(so_far) as _,
            stays_import,
            look.map(Json) as _,
            report.map(Json) as _,
            said,
        )
        .execute(self.services.pool())
        .await?;
        Ok(())
    }
}
