//! The owner's own fields, as columns can be them.

use crate::Services;
use crate::who::rights::Owner;
use domain::custom_field::{Key, Kind, Label};
use projections::{Access, ReadError, custom_fields};

/// One of the owner's own fields, as columns can be it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnField {
    /// What files call it.
    pub key: Key,
    /// What people see as its name.
    pub label: String,
    /// Of which kind its values are.
    pub kind: Kind,
}

/// The fields that columns can be for an owner, with those that an import would make.
pub async fn own_fields(services: &Services, owner: Owner, new: &[(Key, Label)]) -> Result<Vec<OwnField>, ReadError> {
    let there = custom_fields::all(services.pool(), Access::Owner(owner.id())).await?;
    // What is stored is a key; if a newer program has another mind of keys, the column is not read.
    let there = there
        .into_iter()
        .filter_map(|field| Some(OwnField { key: Key::parse(&field.key).ok()?, label: field.label, kind: field.kind }));
    let mut all: Vec<OwnField> = there.collect();
    for (key, label) in new {
        if all.iter().all(|field| field.key != *key) {
            all.push(OwnField { key: key.clone(), label: label.as_str().to_owned(), kind: Kind::Text });
        }
    }
    Ok(all)
}
