//! Who may write from all addresses of a domain.

use super::domain::{existing, path, question};
use super::one::One;
use crate::web::frame::answer::mend;
use crate::web::frame::trouble::problems;
use crate::web::frame::{Answer, Deed, Fields, Mistakes, Trouble, Visit, go, owners, redirect};
use acts::senders::domains;
use axum::extract::Path;
use domain::{EmailAddress, UserId};
use projections::users;
use words::screens::domains::Domains as Words;

/// The domain and the id of an owner, as the address has them.
type Of = Path<(String, String)>;

/// `GET /system/domains/DOMAIN/grants`: where the form was.
pub(super) async fn back(visit: Visit, Path(name): Path<String>) -> Answer {
    Ok(redirect(&path(&existing(&visit, &name).await?.domain)))
}

/// `POST /system/domains/DOMAIN/grants`: to the owner who logs in with the address that was typed.
pub(super) async fn grant(visit: Visit, Path(name): Path<String>, fields: Fields) -> Answer {
    let (row, by, metadata) = (existing(&visit, &name).await?, visit.administrator()?, visit.metadata()?);
    let user = match EmailAddress::parse(fields.text("owner")) {
        Ok(email) => users::by_email(visit.pool(), &email).await?,
        Err(_) => None,
    };
    let Some(user) = user else {
        let mistakes = Mistakes::at_field("owner", Words::of(visit.language()).no_such_owner);
        return mend(&One::of(&visit, &row, fields, mistakes).await?);
    };
    match problems(domains::grant(visit.services(), by, &row.domain, UserId(user.id), &metadata).await)? {
        Ok((_, receipt)) => go(&visit, receipt, Deed::DomainGranted.to(&user.email), &path(&row.domain)).await,
        Err(problems) => {
            let mistakes = Mistakes::of(&problems, visit.language()).about_the_whole_but("owner");
            mend(&One::of(&visit, &row, fields, mistakes).await?)
        }
    }
}

/// The owner whom an address names, and what they are called.
async fn owner(visit: &Visit, id: &str) -> Result<(UserId, String), Trouble> {
    let id: UserId = id.parse().map_err(|_| Trouble::Absent)?;
    Ok((id, owners::one(visit, id.0).await?.unwrap_or_else(|| id.to_string())))
}

/// `GET /system/domains/DOMAIN/grants/OWNER/withdraw`.
pub(super) async fn ask(visit: Visit, Path((name, id)): Of) -> Answer {
    let (row, w) = (existing(&visit, &name).await?, Words::of(visit.language()));
    let asks = w.withdraw_asks.with(owner(&visit, &id).await?.1);
    question(&visit, asks, &[w.withdraw_said], w.withdraw, &row.domain)
}

/// `POST /system/domains/DOMAIN/grants/OWNER/withdraw`.
pub(super) async fn withdraw(visit: Visit, Path((name, id)): Of) -> Answer {
    let (row, by, metadata) = (existing(&visit, &name).await?, visit.administrator()?, visit.metadata()?);
    let (owner, email) = owner(&visit, &id).await?;
    let (_, receipt) = domains::withdraw(visit.services(), by, &row.domain, owner, &metadata).await?;
    go(&visit, receipt, Deed::DomainWithdrawn.to(email), &path(&row.domain)).await
}
