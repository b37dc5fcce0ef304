//! Where a file of clients comes in. What would become of it is shown by [`super::preview`].

use super::preview::{self, Words};
use crate::limits;
use crate::web::frame::answer::mend;
use crate::web::frame::mark::{Mark, Shape, Tone};
use crate::web::frame::trouble::problems;
use crate::web::frame::when::When;
use crate::web::frame::{Answer, Fields, Layout, Mistakes, Place, Trouble, Visit, page, redirect};
use acts::address_book::uploads::{self, Keeping, Stage, Upload, Wishes};
use acts::refusal::Refused;
use askama::Template;
use axum::extract::{FromRequest, Multipart, Request};
use axum::http::header;
use domain::Code;
use url::form_urlencoded;
use uuid::Uuid;

/// The first line with which the table begins that is to be typed.
const TYPED: &str = "email,full_name\n";

/// A file that came before.
struct Kept {
    id: String,
    name: String,
    state: Mark,
    created: When,
}

#[derive(Template)]
#[template(path = "address_book/import.html")]
struct Start {
    page: Layout,
    w: &'static Words,
    mistakes: Mistakes,
    /// What was typed into the form.
    typed: String,
    is_typed: bool,
    /// Where the form goes: the address, with the group that all are to join.
    action: String,
    kept: Vec<Kept>,
}

impl Start {
    async fn of(visit: &Visit, typed: String, mistakes: Mistakes) -> Result<Self, Trouble> {
        let w = Words::of(visit.language());
        let all = uploads::all(visit.services(), visit.owner()?).await?;
        let group =
            visit.query().some("group").map(|group| form_urlencoded::byte_serialize(group.as_bytes()).collect());
        Ok(Self {
            page: visit.layout(w.title, Place::Clients),
            w,
            is_typed: is_typed(&typed) || mistakes.is_at("csv"),
            mistakes,
            typed: if typed.is_empty() { TYPED.to_owned() } else { typed },
            action: group
                .map_or("/clients/import".to_owned(), |group: String| format!("/clients/import?group={group}")),
            kept: all.into_iter().map(|upload| kept(visit, w, upload)).collect(),
        })
    }
}

fn kept(visit: &Visit, w: &'static Words, upload: Upload) -> Kept {
    let state = match upload.stage {
        Stage::Looking => Mark::new(Shape::Turning, Tone::Busy, w.looking),
        Stage::Looked(_) | Stage::LookBrokeOff => Mark::new(Shape::Clock, Tone::Warn, w.looked),
        Stage::Importing => Mark::new(Shape::Turning, Tone::Busy, w.importing),
        Stage::BrokeOff => Mark::new(Shape::Stop, Tone::Bad, w.broke_off),
        Stage::Imported(_) => Mark::new(Shape::Tick, Tone::Good, w.imported),
    };
    Kept { id: upload.id.to_string(), name: upload.name, state, created: visit.when(upload.created_at) }
}

/// `GET /clients/import`.
pub(crate) async fn start(visit: Visit) -> Answer {
    visit.owner()?;
    page(&Start::of(&visit, String::new(), Mistakes::default()).await?)
}

/// `POST /clients/import`: keeps a file, or a table that was typed, and has it looked at.
pub(crate) async fn keep(visit: Visit, fields: Fields, request: Request) -> Answer {
    let owner = visit.owner()?;
    let metadata = visit.metadata()?;
    let mut typed = fields.text("csv").to_owned();
    let kept = match come(&visit, &mut typed, request).await {
        Ok(kept) => kept,
        Err(Come::Trouble(trouble)) => return Err(trouble),
        Err(Come::Refused(refused)) => match problems::<()>(Err(refused))? {
            Ok(()) => None,
            Err(problems) => {
                return mend(&Start::of(&visit, typed, Mistakes::of(&problems, visit.language())).await?);
            }
        },
    };
    let Some(id) = kept else {
        let mistakes = Mistakes::at_field("file", Words::of(visit.language()).nothing_sent);
        return mend(&Start::of(&visit, typed, mistakes).await?);
    };
    let wishes = Wishes { group: visit.query().some("group").map(str::to_owned), ..Wishes::default() };
    uploads::look(visit.services(), owner, id, wishes, metadata, visit.language()).await?;
    preview::wait(&visit, id).await?;
    Ok(redirect(&format!("/clients/import/{id}")))
}

/// Why nothing was kept.
enum Come {
    Refused(Refused),
    Trouble(Trouble),
}

impl From<Refused> for Come {
    fn from(refused: Refused) -> Self {
        Self::Refused(refused)
    }
}

/// Keeps what comes as it comes: the file, or else the table that was typed. `None` if neither has anything in it.
async fn come(visit: &Visit, typed: &mut String, request: Request) -> Result<Option<Uuid>, Come> {
    let (services, owner) = (visit.services(), visit.owner().map_err(Come::Trouble)?);
    let mut keeping: Option<Keeping> = None;
    if is_multipart(&request) {
        let broken = |()| {
            Come::Trouble(Trouble::from(crate::http::error_answer::ErrorAnswer::new(
                Code::BadRequest,
                words::http::Problem::BodyBroken { error: "multipart/form-data".to_owned() },
            )))
        };
        let parts = Multipart::from_request(request, &()).await;
        let mut parts = parts.map_err(|_| broken(()))?;
        while let Some(mut part) = parts.next_field().await.map_err(|_| broken(()))? {
            let is_file = part.name() == Some("file");
            if !is_file && part.name() != Some("csv") {
                continue;
            }
            let name = part.file_name().unwrap_or_default().to_owned();
            let mut text = Vec::new();
            if is_file && name.is_empty() {
                // What browsers send for a field in which no file was chosen.
                continue;
            }
            while let Some(bytes) = part.chunk().await.map_err(|_| broken(()))? {
                if !is_file {
                    if typed.len() + text.len() + bytes.len() <= limits::CSV {
                        // A letter may come in two chunks.
                        text.extend_from_slice(&bytes);
                        continue;
                    }
                    if let Some(one) = keeping {
                        one.give_up().await?;
                    }
                    return Err(Come::Refused(too_long(services.quotas.bounds().file).into()));
                }
                let one = match &mut keeping {
                    Some(one) => one,
                    None => keeping.insert(Keeping::begin(services, owner, &name).await?),
                };
                if let Err(refused) = one.add(&bytes).await {
                    if let Some(one) = keeping {
                        one.give_up().await?;
                    }
                    discard(parts).await;
                    return Err(refused.into());
                }
            }
            typed.push_str(&String::from_utf8_lossy(&text));
        }
    }
    if keeping.is_none() && is_typed(typed) {
        let name = Words::of(visit.language()).typed_name;
        let mut one = Keeping::begin(services, owner, name).await?;
        one.add(typed.as_bytes()).await?;
        keeping = Some(one);
    }
    Ok(match keeping {
        Some(one) => Some(one.finish().await?),
        None => None,
    })
}

/// Whether there is more than what the form begins with.
fn is_typed(typed: &str) -> bool {
    !typed.trim().is_empty() && typed.trim() != TYPED.trim()
}

fn is_multipart(request: &Request) -> bool {
    let media = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    media.split(';').next().is_some_and(|media| media.trim().eq_ignore_ascii_case("multipart/form-data"))
}

/// What is too long to be typed comes as a file.
fn too_long(most: usize) -> acts::Problem {
    acts::Problem::new(
        Code::FileTooLarge,
        &["csv"],
        words::import::TooLarge { most: most.min(limits::CSV) / limits::MIB },
    )
}

/// Reads on for a little while, so that the answer reaches a browser that is still sending.
async fn discard(mut parts: Multipart) {
    let mut length = 0;
    while let Ok(Some(mut part)) = parts.next_field().await {
        while let Ok(Some(bytes)) = part.chunk().await {
            length += bytes.len();
            if length > limits::DISCARD {
                return;
            }
        }
    }
}
