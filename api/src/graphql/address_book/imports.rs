//! Imports as a whole, and taking them back.

use crate::failure::Failure;
use crate::graphql::address_book::import::ImportMode;
use crate::graphql::kit::connection::{List, Page, Total};
use crate::graphql::kit::context::{Ask, Scope};
use crate::graphql::kit::scalars::{DateTime, Long, int};
use crate::graphql::kit::tables::UserKey;
use crate::graphql::kit::user_error::{UserError, refusal};
use crate::graphql::who::viewer::User;
use acts::address_book::imports as acts_of;
use async_graphql::{Context, Description, ID, InputObject, Object, SimpleObject};
use domain::ImportId;
use domain::client::Source;
use projections::{Access, imports};

/// An import of a table of clients into an address book. All that it did can be taken back as a whole (`importUndo`). An import that
/// changed nothing is none.
#[derive(Description)]
pub(crate) struct Import(pub(crate) imports::Import);

#[Object(use_type_description)]
impl Import {
    /// The id of the import.
    pub(crate) async fn id(&self) -> ID {
        self.0.id.into()
    }

    /// The user whose address book it is. Null only if the user could not be read; then the top-level `errors` say why.
    async fn owner(&self, context: &Context<'_>) -> Result<Option<User>, Failure> {
        Ok(context.tables().load_one(UserKey(self.0.owner_id)).await?.transpose()?.map(User))
    }

    /// The name of the file; empty if nobody told it.
    async fn file(&self) -> &str {
        &self.0.file
    }

    /// Which rows were taken.
    async fn mode(&self) -> ImportMode {
        self.0.mode.into()
    }

    /// The moment when the first client was written.
    async fn begun_at(&self) -> DateTime {
        self.0.begun_at.into()
    }

    /// The moment when the table was read to its end; null if the import goes on, or if it broke off. What it did until then stays.
    async fn finished_at(&self) -> Option<DateTime> {
        self.0.finished_at.map(DateTime::from)
    }

    /// How many rows the table had; null as long as it was not read to its end.
    async fn rows(&self) -> Option<i32> {
        self.0.rows.map(int)
    }

    /// How many clients were added; null as long as the table was not read to its end.
    async fn added(&self) -> Option<i32> {
        self.0.added.map(int)
    }

    /// How many clients were changed; null as long as the table was not read to its end.
    async fn updated(&self) -> Option<i32> {
        self.0.updated.map(int)
    }

    /// How many rows changed nothing; null as long as the table was not read to its end.
    async fn unchanged(&self) -> Option<i32> {
        self.0.unchanged.map(int)
    }

    /// How many rows could not be taken; null as long as the table was not read to its end.
    async fn bad(&self) -> Option<i32> {
        self.0.bad.map(int)
    }

    /// The moment when somebody began to take the import back; null if nobody has.
    async fn undo_begun_at(&self) -> Option<DateTime> {
        self.0.undo_begun_at.map(DateTime::from)
    }

    /// The moment when the import was taken back; null if it was not, or if that is going on.
    async fn undone_at(&self) -> Option<DateTime> {
        self.0.undone_at.map(DateTime::from)
    }

    /// How many of the clients that the import added were removed when it was taken back; null if it was not.
    async fn removed(&self) -> Option<i32> {
        self.0.removed.map(int)
    }

    /// How many of the clients that the import changed are as they were since it was taken back; null if it was not.
    async fn restored(&self) -> Option<i32> {
        self.0.restored.map(int)
    }

    /// How many clients stayed as they were, as a whole or in part, when the import was taken back, because others had changed them
    /// since; null if it was not taken back.
    async fn left_alone(&self) -> Option<i32> {
        self.0.left_alone.map(int)
    }

    /// The version of the import, counted from 1.
    async fn version(&self) -> i32 {
        int(self.0.version)
    }
}

#[derive(Default)]
pub(crate) struct ImportsQuery;

#[Object]
impl ImportsQuery {
    /// The import of this id; null if there is none that the viewer may see.
    async fn import(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The id of the import.")] id: ID,
    ) -> Result<Option<Import>, Failure> {
        let access = context.viewer()?.reads();
        read(context, access, &id).await
    }

    /// The viewer's imports, or everybody's if the scope says so, the latest first.
    async fn imports(
        &self,
        context: &Context<'_>,
        #[graphql(
            desc = "How many items the page has at most: 1 to 100, by default 20. Any other number gets the error `BAD_REQUEST`."
        )]
        first: Option<i32>,
        #[graphql(
            desc = "The cursor after which the page begins, an `endCursor` of this list; null for the first page. A text that can be none gets the error `BAD_REQUEST`."
        )]
        after: Option<String>,
        #[graphql(
            desc = "Whose objects the list shows; if it is null or left out, the viewer's own, and everybody's for managers."
        )]
        scope: Option<Scope>,
    ) -> Result<Option<List<Import>>, Failure> {
        let access = context.scope(scope)?;
        let page = Page::new(first, after.as_deref())?;
        let pool = context.pool().clone();
        let rows = imports::page(&pool, access, page.after, page.limit()).await?;
        let total = Total::new(move || {
            let pool = pool.clone();
            async move { imports::count(&pool, access).await }
        });
        Ok(Some(page.of_read(context, rows, Import, total)))
    }
}

pub(crate) async fn read(context: &Context<'_>, access: Access, id: &ID) -> Result<Option<Import>, Failure> {
    let Ok(id) = id.parse::<ImportId>() else { return Ok(None) };
    Ok(imports::get(context.pool(), access, id).await?.map(Import))
}

/// The import that `importUndo` takes back.
#[derive(InputObject)]
struct ImportUndoInput {
    /// The id of the import.
    id: ID,
}

/// Something about a client that stays as it is, because others have changed it since the import.
#[derive(SimpleObject)]
struct ImportLeft {
    /// The id of the client.
    client_id: ID,
    /// What stays: `client` for a client as a whole, whom the import has added, or `full_name`, `first_name`, `last_name`, `comment`,
    /// `field:KEY` for one of your own fields, `group:ID` for whether the client belongs to a group, `consent` for the consent to all
    /// that you send, `consent:ID` for the one to a topic.
    parts: Vec<String>,
}

/// The import that was taken back, or why it was not.
#[derive(SimpleObject)]
pub(crate) struct ImportUndoPayload {
    /// The import as it is now; null if there are user errors, or if `behind` is true.
    import: Option<Import>,
    /// The first hundred clients of whom something stays as it is, because others have changed it since; `leftAlone` of the import counts
    /// all. Empty if there are user errors.
    left: Vec<ImportLeft>,
    /// Why the request was refused; empty if it was not. A refused request writes nothing.
    user_errors: Vec<UserError>,
    /// The position in the log of the last event that this request wrote. Administrators can compare it with the `position` of a read
    /// model in `projections`; everybody else needs only `behind`. Null if there are user errors.
    position: Option<Long>,
    /// True if the import was taken back, but the tables that answers are read from (the read models) did not show it within 5 seconds.
    /// Lists show it after about a second more. False if there are user errors.
    behind: bool,
}

#[derive(Default)]
pub(crate) struct ImportsMutation;

#[Object]
impl ImportsMutation {
    /// Takes an import back: the clients that it added are removed, also if a mailing has written to them since, and names, comments,
    /// fields, groups and consents that it set are what they were before. What others have changed since stays as it is, and is told in
    /// `left`. Groups that the import made are deleted if nobody belongs to them any more and nobody else has touched them. Letters that
    /// have gone out stay in the reports.
    ///
    /// A large import takes a while, and a request may end before that with `TIMEOUT`: it is taken back all the same, and `undoneAt` of the
    /// import tells when that is done. If the service was stopped meanwhile, send the request again, which does the rest. If the import
    /// is still going on, it ends. The user errors are `IMPORT_NOT_FOUND`, `IMPORT_TAKEN_BACK` and, as long as another import of yours
    /// is being taken back, or the same by another request, `RATE_LIMITED`.
    async fn import_undo(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The import that is to be taken back.")] input: ImportUndoInput,
    ) -> Result<Option<ImportUndoPayload>, Failure> {
        let owner = context.owner()?;
        let (services, metadata) = (context.services(), context.metadata()?);
        let undone = acts_of::undo_whole(services, owner, &input.id, Source::Program, &metadata).await;
        let (id, undone, receipt) = match undone {
            Ok(undone) => undone,
            Err(refused) => {
                let user_errors = refusal::<Import>(refused)?.user_errors;
                return Ok(Some(ImportUndoPayload {
                    import: None,
                    left: Vec::new(),
                    user_errors,
                    position: None,
                    behind: false,
                }));
            }
        };
        let behind = !services.shown(receipt.position).await;
        let import =
            if behind { None } else { imports::get(context.pool(), Access::Owner(owner.id()), id).await?.map(Import) };
        let left = |left: acts_of::Left| ImportLeft { client_id: left.client.into(), parts: left.parts };
        Ok(Some(ImportUndoPayload {
            import,
            left: undone.left.into_iter().map(left).collect(),
            user_errors: Vec::new(),
            position: Some(Long(receipt.position)),
            behind,
        }))
    }
}
