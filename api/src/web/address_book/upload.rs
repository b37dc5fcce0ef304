//! Where a file of clients comes in. What would become of it is shown by [`super::preview`].

use super::preview::{self, Words};
use crate::limits;
use crate::web::frame::answer::mend;
use crate::web::frame::mark::{Mark, Shape, Tone};
use crate::web::frame::parts::{self, Files, Parts, Stop};
use crate::web::frame::trouble::problems;
use crate::web::frame::when::When;
use crate::web::frame::{Answer, Fields, Layout, Mistakes, Place, Trouble, Visit, page, redirect};
use acts::Services;
use acts::address_book::import::Target;
use acts::address_book::uploads::{self, Keeping, Stage, Upload, Wishes};
use acts::refusal::Refused;
use acts::who::rights::Owner;
use askama::Template;
use axum::body::Bytes;
use axum::extract::Request;
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
pub(crate) async fn keep(visit: Visit, kept: Fields, request: Request) -> Answer {
    let owner = visit.owner()?;
    let metadata = visit.metadata()?;
    let (services, language) = (visit.services(), visit.language());
    let mut file = File { services, owner, keeping: None, refused: None };
    let mut fields = kept.pairs().to_vec();
    let read = if parts::are_in(visit.headers()) {
        let form = Parts { request, sender: Some(owner.id()), most: limits::CSV };
        form.read(&mut fields, &mut file).await
    } else {
        Ok(())
    };
    let typed = Fields::of(fields).text("csv").to_owned();
    let come = match (read, file.refused) {
        (Err(Stop::Trouble(trouble)), _) => return Err(trouble),
        (Err(Stop::TooLong), _) => Err(too_long(services.quotas.bounds().file).into()),
        (_, Some(refused)) => Err(refused),
        _ => whole(&visit, owner, file.keeping, &typed).await,
    };
    let id = match problems(come)? {
        Ok(Some(id)) => id,
        Ok(None) => {
            let mistakes = Mistakes::at_field("file", Words::of(language).nothing_sent);
            return mend(&Start::of(&visit, typed, mistakes).await?);
        }
        Err(problems) => {
            return mend(&Start::of(&visit, typed, Mistakes::of(&problems, language)).await?);
        }
    };
    let wishes = Wishes { group: visit.query().some("group").map(str::to_owned), ..Wishes::default() };
    uploads::look(&Target { services, owner, metadata: &metadata, language }, id, wishes).await?;
    preview::wait(&visit, id).await?;
    Ok(redirect(&format!("/clients/import/{id}")))
}

/// The file in the form, which is kept as it comes.
struct File<'a> {
    services: &'a Services,
    owner: Owner,
    keeping: Option<Keeping<'a>>,
    /// Why it is not kept to its end.
    refused: Option<Refused>,
}

impl Files for File<'_> {
    async fn take(&mut self, field: &str, name: &str, bytes: Bytes) -> bool {
        if field != "file" {
            return true;
        }
        let kept = async {
            let keeping = match &mut self.keeping {
                Some(keeping) => keeping,
                None => self.keeping.insert(Keeping::begin(self.services, self.owner, name).await?),
            };
            keeping.add(&bytes).await
        };
        self.refused = kept.await.err();
        self.refused.is_none()
    }
}

/// What has come as a whole: the file, or else the table that was typed. `None` if neither has anything in it.
async fn whole(visit: &Visit, owner: Owner, file: Option<Keeping<'_>>, typed: &str) -> Result<Option<Uuid>, Refused> {
    if let Some(file) = file {
        return file.finish().await.map(Some);
    }
    if !is_typed(typed) {
        return Ok(None);
    }
    let mut table = Keeping::begin(visit.services(), owner, Words::of(visit.language()).typed_name).await?;
    table.add(typed.as_bytes()).await?;
    table.finish().await.map(Some)
}

/// Whether there is more than what the form begins with.
fn is_typed(typed: &str) -> bool {
    !typed.trim().is_empty() && typed.trim() != TYPED.trim()
}

/// What is too long to be typed comes as a file.
fn too_long(most: usize) -> acts::Problem {
    acts::Problem::new(
        Code::FileTooLarge,
        &["csv"],
        words::import::TooLarge { most: most.min(limits::CSV) / limits::MIB },
    )
}
