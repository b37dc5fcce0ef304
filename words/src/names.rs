//! How that is called which conditions name.

use std::collections::HashMap;
use uuid::Uuid;

/// How that is called which conditions name. What is in none of these is gone, or not the reader's to know.
#[derive(Clone, Debug, Default)]
pub struct Names {
    /// The names of groups, by their ids.
    pub groups: HashMap<Uuid, String>,
    /// The names of mailings, by their ids.
    pub mailings: HashMap<Uuid, String>,
    /// What people see as the names of custom fields, by their keys.
    pub fields: HashMap<String, String>,
}

impl Names {
    pub(crate) fn group(&self, id: Uuid) -> Option<&str> {
        self.groups.get(&id).map(String::as_str)
    }

    pub(crate) fn mailing(&self, id: Uuid) -> Option<&str> {
        self.mailings.get(&id).map(String::as_str)
    }

    /// What a field is called; its key if nobody calls it anything.
    pub(crate) fn field<'a>(&'a self, key: &'a str) -> &'a str {
        self.fields.get(key).map_or(key, String::as_str)
    }
}
