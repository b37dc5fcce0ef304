//! Forms that anybody may send from anywhere, without being let in first: read before anybody is looked up, and no more of them than a
//! form of that kind can have.

use super::Fields;
use super::parts::{self, Files, Parts as Form};
use crate::limits;
use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::request::Parts;
use futures::StreamExt;
use std::time::Duration;

/// How long such a form may take to arrive.
const TIME: Duration = Duration::from_secs(10);

/// Why nobody can tell what was sent.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Unread {
    /// It is more than may be.
    TooLong,
    /// It does not arrive.
    TooSlow {
        /// What has arrived of it.
        begun: Vec<u8>,
    },
}

/// The fields of a form of at most so many bytes, in either of the encodings that forms have.
pub(crate) async fn read(head: &Parts, body: Body, most: usize) -> Result<Fields, Unread> {
    let mut bytes = Vec::new();
    let arrived = tokio::time::timeout(TIME, whole(body, most, &mut bytes)).await;
    match arrived {
        Ok(arrived) => arrived?,
        // What was half said is not done: the end may have said something else.
        Err(_) => return Err(Unread::TooSlow { begun: bytes }),
    }
    if !parts::are_in(&head.headers) {
        // Whatever it is called: some programs do not say what they send.
        return Ok(Fields::parse(&bytes));
    }
    let mut fields = Vec::new();
    let request = Request::from_parts(head.clone(), Body::from(bytes));
    // However it ends: what came until then is what there is.
    let _ = Form { request, sender: None, most }.read(&mut fields, &mut NoFiles).await;
    Ok(Fields::of(fields))
}

/// The body, of which no more is kept than may be. A little more is read, so that its sender gets to read the answer.
async fn whole(body: Body, most: usize, bytes: &mut Vec<u8>) -> Result<(), Unread> {
    let (mut chunks, mut length) = (body.into_data_stream(), 0);
    while let Some(Ok(chunk)) = chunks.next().await {
        length += chunk.len();
        if length <= most {
            bytes.extend_from_slice(&chunk);
        } else if length > limits::DISCARD {
            break;
        }
    }
    if length > most { Err(Unread::TooLong) } else { Ok(()) }
}

/// No form here has a file.
struct NoFiles;

impl Files for NoFiles {
    async fn take(&mut self, _: &str, _: &str, _: Bytes) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn sent(media: &str, body: impl Into<Body>) -> Result<Vec<(String, String)>, Unread> {
        let request = axum::http::Request::builder().method("POST").uri("/x").header("content-type", media);
        let (head, body) = request.body(body.into()).unwrap().into_parts();
        Ok(read(&head, body, 100).await?.pairs().to_vec())
    }

    #[tokio::test]
    async fn a_form_is_read_in_either_encoding_and_not_beyond_what_it_may_have() {
        let pairs = vec![("email".to_owned(), "a@b".to_owned())];
        let parts = "--x\r\nContent-Disposition: form-data; name=\"email\"\r\n\r\na@b\r\n--x--\r\n";
        assert_eq!(sent("application/x-www-form-urlencoded", "email=a%40b").await.unwrap(), pairs);
        assert_eq!(sent("text/plain", "email=a@b").await.unwrap(), pairs);
        assert_eq!(sent("multipart/form-data; boundary=x", parts).await.unwrap(), pairs);
        assert_eq!(sent("text/plain", "a".repeat(101)).await, Err(Unread::TooLong));
    }

    #[tokio::test(start_paused = true)]
    async fn what_does_not_arrive_is_not_read() {
        let begun = futures::stream::iter([Ok::<_, std::io::Error>("email=a")]);
        let body = Body::from_stream(begun.chain(futures::stream::pending()));
        assert_eq!(sent("text/plain", body).await, Err(Unread::TooSlow { begun: b"email=a".to_vec() }));
    }
}
