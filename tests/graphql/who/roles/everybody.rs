//! One of each role, and what becomes of what they ask for.

use crate::support::http::{Answer, Api, Person, text};
use domain::Role;
use serde_json::{Value, json};

/// What the table calls "yes".
pub(crate) const YES: &str = "yes";
/// Nobody is signed in.
pub(crate) const STRANGER: &str = "UNAUTHENTICATED";
/// The wrong role.
pub(crate) const WRONG: &str = "FORBIDDEN";
/// Not there, for a mutation.
pub(crate) const ABSENT: &str = "NOT_FOUND";
/// Not there, for a query.
pub(crate) const NULL: &str = "null";

/// One of each column, and somebody whose things they are not.
pub(crate) struct Everybody {
    pub(crate) api: Api,
    /// In the order of the table: anonymous, owner, manager, content manager, administrator.
    pub(crate) columns: [Person; 5],
    pub(crate) ann: Person,
}

impl Everybody {
    pub(crate) async fn start() -> Self {
        let api = Api::start().await;
        let columns = [
            api.anonymous(),
            api.owner("Olga").await,
            api.person("Max", &[Role::Manager]).await,
            api.person("Carl", &[Role::ContentManager]).await,
            api.person("Root", &[Role::Administrator]).await,
        ];
        let ann = api.owner("Ann").await;
        Self { api, columns, ann }
    }

    /// What becomes of one request, by column; whoever is refused changes nothing.
    pub(crate) async fn expect(&self, query: &str, variables: &Value, expected: [&str; 5]) {
        for (person, expected) in self.columns.iter().zip(expected) {
            self.expect_of(person, query, variables.clone(), expected).await;
        }
    }

    pub(crate) async fn expect_of(&self, person: &Person, query: &str, variables: Value, expected: &str) {
        let before = self.api.events().await;
        let answer = person.post(query, variables).await;
        assert_eq!(outcome(&answer), expected, "{} {query}: {:?}", person.id, answer.body);
        if expected != YES {
            assert_eq!(self.api.events().await, before, "{query}");
        }
    }
}

/// An answer in one word.
pub(crate) fn outcome(answer: &Answer) -> String {
    if !answer.code().is_empty() {
        assert!(answer.body.get("data").is_none_or(Value::is_null), "nothing is told: {:?}", answer.body);
        return answer.code().to_owned();
    }
    let fields = answer.body["data"].as_object().expect("data");
    let field = fields.values().next().expect("a field");
    match field.pointer("/userErrors/0/code") {
        Some(code) => text(code),
        None if field.is_null() => NULL.to_owned(),
        None => YES.to_owned(),
    }
}

/// The mutation of that name, whose input is the variable.
pub(crate) fn mutation(name: &str) -> String {
    let kind = format!("{}{}", name[..1].to_uppercase(), &name[1..]);
    format!("mutation($input: {kind}Input!) {{ {name}(input: $input) {{ userErrors {{ code }} }} }}")
}

pub(crate) fn input(input: &Value) -> Value {
    json!({ "input": input })
}
