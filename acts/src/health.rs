//! Whether the service can do its work.

use eventstore::StoreError;
use projections::Reached;
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, PgConnection};
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, timeout};

/// How long PostgreSQL may take to answer.
const PATIENCE: Duration = Duration::from_secs(4);

/// How long a supervisor waits.
const ANSWER: Duration = Duration::from_secs(6);

/// How long what was found counts, so that many who ask cost no more than one.
const FRESH: Duration = Duration::from_secs(1);

/// How long the connection is kept for the next question.
const KEEP: Duration = Duration::from_secs(30);

/// What is said of a database of which nothing is heard.
const SILENT: &str = "the database does not answer";

/// What keeps the service from its work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// The sentence that a supervisor reads.
    pub reason: &'static str,
}

/// The read models that have stopped, or why the service cannot do its work.
type Found = Result<Vec<String>, Trouble>;

/// Whether the service can do its work. It is found out on a connection of its own, so that nobody who keeps all others
/// busy makes the service look broken. Clones ask the same [task](Health::watch).
#[derive(Clone, Debug)]
pub struct Health {
    questions: mpsc::Sender<oneshot::Sender<Found>>,
    reached: Reached,
}

impl Health {
    /// The health of the service to be asked for, and the task that finds out, when it is asked.
    pub fn watch(options: PgConnectOptions, reached: Reached) -> (Self, impl Future<Output = ()> + Send + 'static) {
        let (ask, questions) = mpsc::channel(16);
        let watcher = Watcher { options, connection: None, found: None, known: Ok(()) };
        (Self { questions: ask, reached }, watcher.run(questions))
    }

    /// Why this process must not lead, if it is older than others; it is told, and does not make it unready.
    #[must_use]
    pub fn older(&self) -> Option<String> {
        self.reached.older()
    }

    /// Whether nothing keeps the service from its work.
    pub async fn is_well(&self) -> bool {
        self.ask().await.is_ok()
    }

    /// The names of the read models that have stopped, or why the service cannot do its work.
    pub async fn ask(&self) -> Result<Vec<String>, Trouble> {
        let asked = async {
            let (tell, told) = oneshot::channel();
            self.questions.send(tell).await.ok()?;
            told.await.ok()
        };
        let hangs = || Err(Trouble { reason: "the process does not find out in time how it is" });
        timeout(ANSWER, asked).await.ok().flatten().unwrap_or_else(hangs)
    }
}

struct Watcher {
    options: PgConnectOptions,
    connection: Option<PgConnection>,
    /// What was found last, and when.
    found: Option<(Instant, Found)>,
    /// What the log was told last.
    known: Result<(), Trouble>,
}

impl Watcher {
    async fn run(mut self, mut questions: mpsc::Receiver<oneshot::Sender<Found>>) {
        loop {
            let asked = if self.connection.is_some() {
                timeout(KEEP, questions.recv()).await
            } else {
                Ok(questions.recv().await)
            };
            match asked {
                Ok(Some(tell)) => {
                    let found = self.find_out().await;
                    // Whoever asked may be gone.
                    let _ = tell.send(found);
                }
                Ok(None) => return,
                Err(_) => self.connection = None,
            }
        }
    }

    async fn find_out(&mut self) -> Found {
        if let Some((at, found)) = &self.found
            && at.elapsed() < FRESH
        {
            return found.clone();
        }
        let looked = timeout(PATIENCE, self.look()).await.unwrap_or_else(|_| Err(StoreError::Silent(PATIENCE)));
        let found = match looked {
            Ok(stopped) => Ok(stopped),
            Err(error) => {
                // It may be lost, or in the middle of something.
                self.connection = None;
                let trouble = Trouble { reason: reason(&error) };
                if self.known != Err(trouble) {
                    tracing::warn!(reason = trouble.reason, %error, "the service is not ready");
                }
                Err(trouble)
            }
        };
        if found.is_ok() && self.known.is_err() {
            tracing::info!("the service is ready again");
        }
        self.known = found.as_ref().map(|_| ()).map_err(|trouble| *trouble);
        self.found = Some((Instant::now(), found.clone()));
        found
    }

    /// Writes, and returns which read models have stopped.
    async fn look(&mut self) -> Result<Vec<String>, StoreError> {
        let connection = match &mut self.connection {
            Some(connection) => connection,
            none => none.insert(self.options.connect().await?),
        };
        write(connection).await?;
        let statuses = projections::statuses(&mut *connection).await?;
        Ok(statuses.into_iter().filter(|status| status.error.is_some()).map(|status| status.name).collect())
    }
}

/// Does what every write needs, and leaves nothing behind.
///
/// A row in a temporary table takes a new page of the data's disk each time, as the table is emptied by each commit; a row
/// that is updated again and again would go on in the page that it has, also when the disk is full. The message goes into
/// the write-ahead log only, and its commit waits for the disk of that. A server that is a standby, or was told to only
/// read, refuses the table, or says so.
async fn write(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    // In one statement, which is a transaction: on a machine that is busy each round trip takes its time.
    let write = "do $$ begin
             if current_setting('transaction_read_only')::boolean then
                 raise exception 'it may only be read' using errcode = 'read_only_sql_transaction';
             end if;
             create temporary table if not exists skymailing_health (mark text) on commit delete rows;
             insert into pg_temp.skymailing_health values ('x');
             perform pg_logical_emit_message(true, 'skymailing', 'health');
         end $$";
    sqlx::query(write).execute(connection).await?;
    Ok(())
}

/// What an operator looks for. PostgreSQL's own words go to the log.
fn reason(error: &StoreError) -> &'static str {
    let StoreError::Database(error) = error else { return SILENT };
    let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code);
    match code.as_deref() {
        Some("53100") => "the database's disk is full",
        Some("53200") => "the database has no memory left",
        Some("53300") => "the database takes no more connections",
        Some("25006") => "the database may only be read",
        Some("57P03" | "57P01" | "57P02") => "the database starts or stops",
        Some("3D000") => "the database does not exist",
        Some(code) if code.starts_with("28") => "the database refuses the name or the password",
        Some(_) => "the database refuses",
        None => match error {
            sqlx::Error::Io(error) if error.kind() == std::io::ErrorKind::ConnectionRefused => {
                "the database does not answer: nobody listens there"
            }
            _ => SILENT,
        },
    }
}
