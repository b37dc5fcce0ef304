//! Adding a picture while an article is written: it is kept at once, and put into the form, of which nothing is saved yet.

use super::editor::{Form, body, written};
use crate::http::body as large;
use crate::http::error_answer::ErrorAnswer;
use crate::limits::{self, MIB};
use crate::web::frame::answer::mend;
use crate::web::frame::parts::{self, Files, Parts, Stop};
use crate::web::frame::trouble::problems;
use crate::web::frame::{Answer, Fields, Mistakes, Trouble, Visit, page};
use acts::blog::pictures;
use axum::body::Bytes;
use axum::extract::{Path, Request};
use domain::article::{MAX_BODY, MAX_PICTURE};
use domain::{Code, UserId};
use words::http::Problem as Words;
use words::screens::articles::Articles;

/// The most that is kept of what a form sends: a text, whose line breaks take two bytes each, and what else there is.
const TEXTS: usize = 2 * MAX_BODY + 64 * 1024;

/// The largest form. A photograph is larger than a picture may be, and what was typed beside it must not be lost for that; so
/// it is read to its end, and not kept.
pub(super) const SENT: usize = 64 * 1024 * 1024;

/// The picture in a form. One byte more than a picture may have stands for all that are too many.
#[derive(Default)]
struct Picture(Vec<u8>);

impl Files for Picture {
    async fn take(&mut self, field: &str, _: &str, bytes: Bytes) -> bool {
        if field == "picture" {
            let room = (MAX_PICTURE + 1).saturating_sub(self.0.len());
            self.0.extend_from_slice(&bytes[..bytes.len().min(room)]);
        }
        true
    }
}

/// `POST /articles/ID/picture?to=image`, or `?to=body`.
pub(crate) async fn add(visit: Visit, Path(id): Path<String>, kept: Fields, request: Request) -> Answer {
    let by = visit.article_writer()?;
    let article = written(&visit, &id).await?;
    let _room = large::room(visit.app(), by.id(), MAX_PICTURE + TEXTS).await?;
    let (fields, picture) = read(&visit, by.id(), kept, request).await?;
    if picture.is_empty() {
        let said = Articles::of(visit.language()).no_file;
        let mistakes = Mistakes::general(said).moved("", "picture");
        return mend(&Form::new(&visit, article.as_ref(), fields, mistakes).fresh());
    }
    match problems(pictures::add(visit.services(), by, &picture).await)? {
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

/// Reads the form, which has several parts if it has a picture; what was kept for somebody who had to log in first has none.
async fn read(visit: &Visit, sender: UserId, kept: Fields, request: Request) -> Result<(Fields, Vec<u8>), Trouble> {
    if !parts::are_in(visit.headers()) {
        return Ok((kept, Vec::new()));
    }
    let (mut fields, mut picture) = (Vec::new(), Picture::default());
    let form = Parts { request, sender: Some(sender), most: TEXTS };
    let whole = tokio::time::timeout(limits::BODY_TIME, form.read(&mut fields, &mut picture)).await;
    match whole.map_err(|_| large::too_slow())? {
        Ok(()) | Err(Stop::Enough) => Ok((Fields::of(fields), picture.0)),
        Err(Stop::Trouble(trouble)) => Err(trouble),
        Err(Stop::TooLong) => {
            Err(ErrorAnswer::new(Code::PayloadTooLarge, Words::BodyTooLarge { most: TEXTS / MIB }).into())
        }
    }
}

/// The same fields with another value of one of them.
fn with(fields: &Fields, name: &str, value: String) -> Fields {
    let others = fields.pairs().iter().filter(|(other, _)| other != name).cloned();
    Fields::of(others.chain([(name.to_owned(), value)]).collect())
}
