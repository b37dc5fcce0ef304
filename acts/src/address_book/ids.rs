//! The ids that an input names, of whatever kind.

use super::MAX_IDS;
use crate::refusal::Problem;
use domain::Code;
use std::collections::HashSet;
use uuid::Uuid;

/// A problem if a list of ids is longer than an input may have; nothing is looked up then.
pub(crate) fn too_many(ids: &[String], code: Code, field: &[&str]) -> Option<Problem> {
    let (named, most) = (ids.len(), MAX_IDS);
    (named > most).then(|| Problem::new(code, field, words::address_book::Problem::TooManyIds { named, most }))
}

/// A problem for each id that is not among those found.
pub(crate) fn missing(ids: &[Option<Uuid>], found: &HashSet<Uuid>, field: &[&str], problem: &Problem) -> Vec<Problem> {
    let is_missing = |id: &Option<Uuid>| id.is_none_or(|id| !found.contains(&id));
    let places = ids.iter().enumerate().filter(|(_, id)| is_missing(id)).map(|(place, _)| place.to_string());
    places.map(|place| problem.clone().at(&[field, &[place.as_str()]].concat())).collect()
}
