//! Reading a file that is kept, piece by piece.

use sqlx::PgPool;
use std::io::{self, ErrorKind};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, ReadBuf};
use uuid::Uuid;

type Fetch = Pin<Box<dyn Future<Output = Result<Option<Vec<u8>>, sqlx::Error>> + Send>>;

/// A file that is kept, as far as it has been read.
pub(super) struct File {
    pool: PgPool,
    id: Uuid,
    /// How many bytes are still to come.
    left: u64,
    /// Which piece comes next.
    place: i32,
    piece: Vec<u8>,
    /// How much of the piece has been read.
    at: usize,
    fetch: Option<Fetch>,
}

impl File {
    /// The file of this id, which has this many bytes.
    pub(super) fn new(pool: PgPool, id: Uuid, size: u64) -> Self {
        Self { pool, id, left: size, place: 0, piece: Vec::new(), at: 0, fetch: None }
    }
}

async fn piece(pool: PgPool, id: Uuid, place: i32) -> Result<Option<Vec<u8>>, sqlx::Error> {
    sqlx::query_scalar!("select bytes from upload_pieces where upload_id = $1 and place = $2", id, place)
        .fetch_optional(&pool)
        .await
}

impl AsyncRead for File {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let file = &mut *self;
        while file.at == file.piece.len() && file.left > 0 {
            let fetch = file.fetch.get_or_insert_with(|| Box::pin(piece(file.pool.clone(), file.id, file.place)));
            let fetched = ready!(fetch.as_mut().poll(context));
            file.fetch = None;
            // What is missing at the end was thrown away meanwhile; half a file must not look like a whole one.
            let missing = || io::Error::new(ErrorKind::UnexpectedEof, "the file is not there any more");
            file.piece = fetched.map_err(io::Error::other)?.ok_or_else(missing)?;
            file.left = file.left.saturating_sub(file.piece.len() as u64);
            file.place += 1;
            file.at = 0;
        }
        let rest = &file.piece[file.at..];
        let taken = rest.len().min(buffer.remaining());
        buffer.put_slice(&rest[..taken]);
        file.at += taken;
        Poll::Ready(Ok(()))
    }
}
