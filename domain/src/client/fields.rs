//! What a client has in the owner's own fields.

use crate::custom_field::{Key, Value};
use std::collections::BTreeMap;

/// What a client has in the owner's own fields, by their keys; a field that is not there is empty.
pub type Fields = BTreeMap<Key, Value>;
