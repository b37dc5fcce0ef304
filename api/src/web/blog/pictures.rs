//! Adding a picture while an article is written: it is kept at once, and put into the form, of which nothing is saved yet.

use super::editor::{Form, body, written};
use crate::http::body as large;
use crate::http::error_answer::ErrorAnswer;
use crate::limits::{self, MIB};
use crate::web::frame::answer::mend;
use crate::web::frame::trouble::problems;
use crate::web::frame::{Answer, Fields, Mistakes, Trouble, Visit, page};
use acts::blog::pictures;
use axum::extract::{FromRequest, Multipart, Path, Request};
use domain::Code;
use domain::article::{MAX_BODY, MAX_PICTURE};
use words::http::Problem as Words;
use words::screens::articles::Articles;

/// The most that is kept of what a form sends: a text, whose line breaks take two bytes each, and what else there is.
const TEXTS: usize = 2 * MAX_BODY + 64 * 1024;

/// The largest form. A photograph is larger than a picture may be, and what was typed beside it must not be lost for that; so
/// it is read to its end, and not kept.
pub(super) const SENT: usize = 64 * 1024 * 1024;

/// What the form sent.
#[derive(Default)]
struct Sent {
    fields: Vec<(String, String)>,
    /// One byte more than a picture may have stands for all that are too many.
    picture: Vec<u8>,
}

/// `POST /articles/ID/picture?to=image`, or `?to=body`.
pub(crate) async fn add(visit: Visit, Path(id): Path<String>, request: Request) -> Answer {
    let by = visit.article_writer()?;
    let article = written(&visit, &id).await?;
    let _room = large::room(visit.app(), by.id(), MAX_PICTURE + TEXTS).await?;
    let sent = tokio::time::timeout(limits::BODY_TIME, read(request)).await.map_err(|_| large::too_slow())??;
    let fields = Fields::of(sent.fields);
    if sent.picture.is_empty() {
        let said = Articles::of(visit.language()).no_file;
        let mistakes = Mistakes::general(said).moved("", "picture");
        return mend(&Form::new(&visit, article.as_ref(), fields, mistakes).fresh());
    }
    match problems(pictures::add(visit.services(), by, &sent.picture).await)? {
        Ok(name) => {
            let fields = if visit.query().text("to") == "body" {
                let alt = Articles::of(visit.language()).alt;
                let text = body(&fields);
                let text = format!("{}\n\n![{alt}]({})\n", text.trim_end(), name.address());
                with(&fields, "body", text.trim_start().to_owned())
            } else {
                with(&fields, "imageUrl", name.address())
            };
            page(&Form::new(&visit, article.as_ref(), fields, Mistakes::default()).fresh())
        }
        Err(problems) => {
            let mistakes = Mistakes::of(&problems, visit.language());
            mend(&Form::new(&visit, article.as_ref(), fields, mistakes).fresh())
        }
    }
}

/// Reads a form of several parts as it comes.
async fn read(request: Request) -> Result<Sent, Trouble> {
    let broken = |error: String| Trouble::from(ErrorAnswer::new(Code::BadRequest, Words::BodyBroken { error }));
    let form = Multipart::from_request(request, &()).await;
    let mut form = form.map_err(|error| broken(error.body_text()))?;
    let (mut sent, mut texts) = (Sent::default(), 0);
    while let Some(mut field) = form.next_field().await.map_err(|error| broken(error.body_text()))? {
        let name = field.name().unwrap_or_default().to_owned();
        let is_picture = name == "picture";
        let mut bytes = Vec::new();
        while let Some(chunk) = field.chunk().await.map_err(|error| broken(error.body_text()))? {
            if is_picture {
                let room = (MAX_PICTURE + 1).saturating_sub(bytes.len());
                bytes.extend_from_slice(&chunk[..chunk.len().min(room)]);
                continue;
            }
            texts += chunk.len();
            if texts > TEXTS {
                return Err(ErrorAnswer::new(Code::PayloadTooLarge, Words::BodyTooLarge { most: TEXTS / MIB }).into());
            }
            bytes.extend_from_slice(&chunk);
        }
        if is_picture {
            sent.picture = bytes;
        } else {
            sent.fields.push((name, String::from_utf8_lossy(&bytes).into_owned()));
        }
    }
    Ok(sent)
}

/// The same fields with another value of one of them.
fn with(fields: &Fields, name: &str, value: String) -> Fields {
    let others = fields.pairs().iter().filter(|(other, _)| other != name).cloned();
    Fields::of(others.chain([(name.to_owned(), value)]).collect())
}
