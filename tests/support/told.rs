//! Whether the schema tells what the API answers. Every story that is refused something holds it.

use serde_json::Value;

const SCHEMA: &str = include_str!("../../api/schema.graphql");

/// Codes that any mutation can get, so that descriptions do not repeat them.
const OF_ALL: [&str; 2] = ["CONFLICT", "TEXT_INVALID"];

/// Panics if the description of the mutation does not name the code of one of these user errors.
pub(crate) fn in_the_schema(mutation: &str, errors: &Value) {
    let codes = errors.as_array().into_iter().flatten().filter_map(|error| error["code"].as_str());
    for code in codes.filter(|code| !OF_ALL.contains(code)) {
        let said = description(mutation);
        assert!(said.contains(&format!("`{code}`")), "the schema does not tell that {mutation} gets {code}: {said}");
    }
}

fn description(mutation: &str) -> &'static str {
    let (_, mutations) = SCHEMA.split_once("\ntype Mutation {").expect("there are mutations");
    let (before, _) = mutations.split_once(&format!("\n\t{mutation}(")).expect("it is in the schema");
    before.rsplit("\"\"\"").nth(1).expect("it is described")
}
