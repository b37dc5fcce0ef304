//! What documents cost, and which cost too much.

use super::*;
use crate::http::document::shape::SHAPE;
use async_graphql::parser::parse_query;
use serde_json::{Value, json};

const FINE: Result<(), TooMuch> = Ok(());
const FIELDS: Result<(), TooMuch> = Err(TooMuch::Fields(limits::FIELDS));
const WORK: Result<(), TooMuch> = Err(TooMuch::Work);

fn cost(text: &str, operation: Option<&str>, variables: Value) -> Result<Cost, Unread> {
    let document = parse_query(text).unwrap_or_else(|error| panic!("{error}: {text}"));
    of(&SHAPE, &document, operation, &Variables::from_json(variables), &RequestLimits::default())
}

fn checked(text: &str) -> Result<(), TooMuch> {
    match cost(text, None, json!({})) {
        Ok(cost) => check(cost, &RequestLimits::default()),
        Err(Unread::TooMuch(much)) => Err(much),
        Err(other) => panic!("{other:?}: {text}"),
    }
}

#[test]
fn a_request_costs_what_it_can_come_to() {
    for (text, fields, work) in [
        ("{ __typename }", 1, 0),
        ("{ a: __typename viewer { id __typename } }", 4, 0),
        ("{ client(id: \"x\") { id email } }", 3, 10),
        ("{ clients { nodes { id } } }", 1 + 1 + 20, 10 + 20),
        ("{ clients(first: 3) { pageInfo { endCursor } edges { cursor node { id } } } }", 1 + 3 + 3 * 3, 10 + 3),
        ("{ clients(first: 1) { totalCount } }", 2, 10 + 1 + 300),
        ("{ clients(first: 1) { a: totalCount b: totalCount } }", 3, 10 + 1 + 600),
        ("{ clients(first: 1, filter: { search: \"x\" }) { totalCount } }", 2, 1_000 + 1 + 1_000),
        ("{ clients(first: 1, filter: {}) { nodes { id } } }", 3, 11),
        ("{ clients(first: 1, filter: { search: null }) { nodes { id } } }", 3, 11),
        ("{ clients(first: 1, orderBy: { by: CREATED_AT }) { nodes { id } } }", 3, 11),
        ("{ clients(first: 1, orderBy: { by: EMAIL }) { nodes { id } } }", 3, 1_001),
        ("{ clients(first: 2) { nodes { groups { id } } } }", 2 + 2 * (1 + 5), 12 + 2 * 5),
        ("{ group(id: \"x\") { clients(first: 1, search: \"x\") { nodes { id } } } }", 4, 10 + 1_001),
        ("{ ...a ...a } fragment a on Query { client(id: \"x\") { id } }", 4, 20),
        // The library takes the fields of such a fragment for those of the interface.
        ("{ node(id: \"x\") { ...a } } fragment a on Group { clients(first: 9) { nodes { id } } }", 12, 20 + 10 + 9),
        (
            "{ ...a } fragment a on Query { clients(first: 4) { ...b } } fragment b on ClientConnection { nodes { id } }",
            6,
            14,
        ),
        ("query a { client(id: \"x\") { id } }", 2, 10),
        ("mutation { groupCreate(input: { name: \"x\" }) { userErrors { code } } }", 2 + 5, 200),
    ] {
        assert_eq!(cost(text, None, json!({})).expect(text), Cost { fields, work, alone: 0 }, "{text}");
    }
}

#[test]
fn variables_and_their_defaults_count_like_values() {
    let text = "query($n: Int = 7, $f: ClientFilter, $o: ClientOrderKey = CREATED_AT) {
                  clients(first: $n, filter: $f, orderBy: { by: $o }) { nodes { id } } }";
    for (variables, fields, work) in [
        (json!({}), 2 + 7, 17),
        (json!({ "n": 2 }), 2 + 2, 12),
        (json!({ "n": "many" }), 2 + 100, 110),
        (json!({ "n": 1, "f": { "search": "x" } }), 3, 1_001),
        (json!({ "n": 1, "f": null }), 3, 11),
        (json!({ "n": 1, "o": "CREATED_AT" }), 3, 11),
        (json!({ "n": 1, "o": "EMAIL" }), 3, 1_001),
    ] {
        assert_eq!(cost(text, None, variables.clone()).expect(text), Cost { fields, work, alone: 0 }, "{variables}");
    }
}

#[test]
fn only_the_operation_that_is_executed_costs_anything() {
    let text = "query a { client(id: \"x\") { id } } query b { clients { nodes { id } } }";
    let work = |name| cost(text, name, json!({})).expect("a cost").work;
    assert_eq!([work(Some("a")), work(Some("b")), work(Some("c")), work(None)], [10, 30, 0, 0]);
}

fn aliased(times: usize, selection: &str) -> String {
    format!("{{ {} }}", (0..times).map(|at| format!("a{at}: {selection} ")).collect::<Vec<_>>().concat())
}

#[test]
fn what_costs_too_much_is_refused() {
    let search = "clients(first: 1, filter: { search: \"x\" }) { nodes { id } }";
    let again = (0..30).map(|at| format!("a{at}: fields {{ type {{ name }} }} ")).collect::<Vec<_>>().concat();
    let types = format!("__schema {{ types {{ {again} }} }}");
    let names = "a: __typename ".repeat(700);
    for (text, expected) in [
        (aliased(15, search), FINE),
        (aliased(900, search), WORK),
        (aliased(60, "clients(first: 1) { totalCount }"), FINE),
        (aliased(900, "clients(first: 1) { totalCount }"), WORK),
        (aliased(900, "groups(filter: { search: \"x\" }) { totalCount }"), WORK),
        (aliased(900, "clients(first: 1, orderBy: { by: FULL_NAME }) { nodes { id } }"), WORK),
        (aliased(900, "homeStats { mailings }"), WORK),
        (aliased(900, "messagePreview(input: { text: \"x\" }) { text }"), WORK),
        (aliased(900, "node(id: \"x\") { id }"), FINE),
        (aliased(3, "mailing(id: \"x\") { history(first: 100) { nodes { data } } }"), WORK),
        (aliased(2_000, "node(id: \"x\") { id }"), WORK),
        (aliased(9_000, "__typename"), FINE),
        (format!("{{ clients(first: 100) {{ nodes {{ {names} }} }} }}"), FIELDS),
        (format!("{{ __schema {{ types {{ {names} }} }} }}"), FIELDS),
        (format!("{{ {types} }}"), FIELDS),
        (aliased(900, "__schema { types { name } }"), FIELDS),
        (aliased(900, "__type(name: \"Mutation\") { fields { name } }"), FIELDS),
        (
            format!(
                "{{ __schema {{ types {{ {} name kind {} }} }} }}",
                "possibleTypes { interfaces { ".repeat(4),
                "} } ".repeat(4)
            ),
            FIELDS,
        ),
        ("{ mailings { nodes { runs { nodes { deliveries { totalCount } } } } } }".to_owned(), WORK),
        ("mutation { a: sessionCreate(input: {}) { viewer { id } } }".to_owned(), FINE),
        (
            "mutation { a: sessionCreate(input: {}) { viewer { id } } b: sessionCreate(input: {}) { viewer { id } } }"
                .to_owned(),
            Err(TooMuch::Alone),
        ),
    ] {
        assert_eq!(checked(&text), expected, "{}", &text[..text.len().min(90)]);
    }
}

#[test]
fn introspection_costs_wherever_its_fragment_is_spread() {
    let types = "__schema { types { fields { type { fields { name } } } } }";
    let named = "__type(name: \"Mutation\") { fields { args { name } } }";
    for (what, times, expected) in [(types, 1, FINE), (types, 400, FIELDS), (named, 1, FINE), (named, 400, FIELDS)] {
        let text = format!("{{ {} }} fragment f on Query {{ {what} }}", "...f ".repeat(times));
        assert_eq!(checked(&text), expected, "{times} {what}");
        let inside =
            format!("{{ {} }} fragment g on Query {{ ...f }} fragment f on Query {{ {what} }}", "...g ".repeat(times));
        assert_eq!(checked(&inside), expected, "{times} {what}");
    }
}

#[test]
fn what_a_request_may_cost_is_a_setting_and_of_some_things_it_has_one_whatever_that_says() {
    let cost = |text: &str| cost(text, None, json!({})).expect(text);
    let (scans, search) = ("clients(first: 1, filter: { search: \"x\" }) { nodes { id } }", 1_001);
    let limits = |fields, work| RequestLimits { fields, work, ..RequestLimits::default() };
    assert_eq!(check(cost(&aliased(4, scans)), &limits(100, 4 * search)), FINE);
    assert_eq!(check(cost(&aliased(4, scans)), &limits(100, 4 * search - 1)), WORK);
    assert_eq!(check(cost("{ __typename a: __typename }"), &limits(1, 1)), Err(TooMuch::Fields(1)));
    let log_ins = |times| aliased(times, "sessionCreate(input: {}) { viewer { id } }").replacen('{', "mutation {", 1);
    let much = limits(1_000_000, 1_000_000);
    assert_eq!((check(cost(&log_ins(1)), &much), check(cost(&log_ins(2)), &much)), (FINE, Err(TooMuch::Alone)));
}

#[test]
fn many_fields_that_there_are_not_are_not_looked_at_one_by_one() {
    let unknown = |count: usize| cost(&format!("{{ {} }}", "nothing ".repeat(count)), None, json!({}));
    assert!(unknown(limits::UNKNOWN).is_ok());
    assert!(matches!(unknown(limits::UNKNOWN + 1), Err(Unread::Unknown(name)) if name == "nothing"));
}

#[test]
fn what_honest_people_ask_fits() {
    let introspection = include_str!("../../../../../tests/graphql/introspection.graphql");
    let introspected = cost(introspection, None, json!({})).expect("introspection has a cost");
    // It leaves room for the schema to grow.
    assert!(introspected.fields * 3 < limits::FIELDS * 2, "{introspected:?}");

    let pages = [include_str!("../../../../../README.md"), include_str!("../../../../../docs/api.md")];
    let fenced = pages.into_iter().flat_map(|page| page.split("```graphql").skip(1));
    let pages = fenced.flat_map(|rest| rest.split("```").take(1)).flat_map(|block| block.split("\n\n"));
    let walk = include_str!("../../../../../docs/first-mailing.sh").split('\'');
    let walk = walk.filter(|text| text.starts_with("query(") || text.starts_with("mutation("));
    let playground = include_str!("../../../../assets/graphiql/index.html").split('`').skip(1).step_by(2);
    let documents: Vec<&str> = pages.chain(walk).chain(playground).collect();
    assert!(documents.len() > 15, "{documents:?}");
    for text in documents {
        let document = parse_query(text).unwrap_or_else(|error| panic!("{error}: {text}"));
        for (name, _) in document.operations.iter() {
            let cost = cost(text, name.map(Name::as_str), json!({})).expect(text);
            assert_eq!(check(cost, &RequestLimits::default()), FINE, "{cost:?} {text}");
        }
    }
}

#[test]
fn every_list_has_a_length_and_every_price_is_of_a_field() {
    for (object, name, field) in SHAPE.fields().filter(|(object, ..)| !object.starts_with("__")) {
        let price = prices::of(object, name);
        let connection = field.of.ends_with("Connection");
        match price.rows {
            Rows::Page => assert!(connection, "{object}.{name} is no connection"),
            Rows::One => assert!(!connection, "{object}.{name} has no price as a connection"),
            Rows::UpTo(_) | Rows::OfPage => assert!(field.list, "{object}.{name} is no list"),
        }
        if field.list && SHAPE.is_object(&field.of) {
            assert!(price.rows != Rows::One, "{object}.{name} is a list that costs as much as one");
        }
    }
    // Names in the table that are in the schema no longer would cost nothing to anybody.
    for (object, field) in prices::NAMED {
        assert!(SHAPE.field(object, field).is_some(), "{object}.{field} is not in the schema");
    }
}

/// Whoever writes a program has nothing but the schema to learn it from.
#[test]
fn what_a_request_has_one_of_says_so() {
    let sdl = crate::graphql::sdl();
    let (_, mutations) = sdl.split_once("\ntype Mutation {").expect("there are mutations");
    let alone = |(object, field): &&(&str, &str)| *object == "Mutation" && prices::of(object, field).alone;
    let alone: Vec<&str> = prices::NAMED.iter().filter(alone).map(|(_, field)| *field).collect();
    assert!(alone.len() > 5, "{alone:?}");
    for field in &alone {
        let (before, _) = mutations.split_once(&format!("\n\t{field}(")).expect("it is in the schema");
        let said = before.rsplit("\"\"\"").nth(1).expect("it is described");
        assert!(said.contains("`TOO_COMPLEX`") && said.contains("`sessionCreate`"), "{field}: {said}");
        if *field == "sessionCreate" {
            assert!(alone.iter().all(|other| said.contains(&format!("`{other}`"))), "{said}");
        }
    }
}
