//! The forms of the profile: name, language and time zone; the password; the address to log in with.

use super::in_person::in_person;
use super::{again, profile};
use crate::web::frame::answer::mend;
use crate::web::frame::trouble::problems;
use crate::web::frame::{Answer, Deed, Fields, Visit, go, redirect};
use acts::who::accounts::{self, Profile};

/// `POST /profile`.
pub(crate) async fn update(visit: Visit, fields: Fields) -> Answer {
    let viewer = visit.viewer()?;
    let text = |name: &str| fields.get(name).map(str::to_owned);
    let change = Profile {
        full_name: text("fullName"),
        time_zone: text("timeZone"),
        language: fields.text("language").parse().ok(),
        postal_address: text("postalAddress"),
    };
    let (by, metadata) = (viewer.signed_in(), visit.metadata()?);
    match problems(accounts::update_profile(visit.services(), by, fields.version(), change, &metadata).await)? {
        Ok((_, receipt)) => go(&visit, receipt, Deed::ProfileSaved, "/profile").await,
        Err(problems) => {
            let (fields, mistakes) = visit.overtaken(fields, &problems, viewer.user().version);
            mend(&profile(&visit, &fields, mistakes).await?)
        }
    }
}

/// `POST /profile/password`.
pub(crate) async fn password(visit: Visit, fields: Fields) -> Answer {
    let by = in_person(&visit)?;
    let (old, new) = (fields.text("oldPassword").into(), fields.text("newPassword").into());
    match problems(accounts::change_password(visit.services(), visit.caller(), &by, old, new).await)? {
        Ok(receipt) => go(&visit, receipt, Deed::PasswordChanged, "/profile").await,
        Err(problems) => again(&visit, &fields, &problems).await,
    }
}

/// `POST /profile/email`. What it says is the same whether the address is somebody else's or not.
pub(crate) async fn email(visit: Visit, fields: Fields) -> Answer {
    let by = in_person(&visit)?;
    let (email, password) = (fields.text("newEmail"), fields.text("password").into());
    match problems(accounts::change_email(visit.services(), visit.caller(), &by, email, password).await)? {
        Ok(()) => Ok(redirect("/profile?letter=sent#email")),
        Err(problems) => again(&visit, &fields, &problems).await,
    }
}
