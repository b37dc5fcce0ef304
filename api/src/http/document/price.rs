//! What a document costs, before anything is done for it.
//!
//! The library's own sum is not used: it looks neither at `__typename` nor at introspection, does not know the type on which a
//! named fragment stands, and adds up all operations of a document although one is executed.

use super::prices::{self, Rows};
use super::shape::Shape;
use super::{TooMuch, Unread};
use crate::limits;
use async_graphql::parser::types::{
    ExecutableDocument, Field, FragmentDefinition, OperationDefinition, OperationType, Selection, SelectionSet,
};
use async_graphql::{Name, Positioned, Variables};
use async_graphql_value::ConstValue;
use std::collections::HashMap;

/// What a part of a document costs: see [`prices`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Cost {
    /// Fields of the answer.
    pub(super) fields: u64,
    /// Work of PostgreSQL.
    pub(super) work: u64,
}

impl Cost {
    fn plus(self, other: Self) -> Self {
        Self { fields: self.fields.saturating_add(other.fields), work: self.work.saturating_add(other.work) }
    }

    fn times(self, rows: u64) -> Self {
        Self { fields: self.fields.saturating_mul(rows), work: self.work.saturating_mul(rows) }
    }
}

/// What a selection set costs. In a connection it depends on what that is asked for.
#[derive(Clone, Copy, Debug, Default)]
struct Sum {
    once: Cost,
    /// Of each item of the connection.
    item: Cost,
    /// How often all items are counted.
    counts: u64,
}

impl Sum {
    fn plus(self, other: Self) -> Self {
        Self {
            once: self.once.plus(other.once),
            item: self.item.plus(other.item),
            counts: self.counts.saturating_add(other.counts),
        }
    }
}

/// What the operation costs that is to be executed. Nothing, if the document does not have it: then nothing is executed.
pub(super) fn of(
    shape: &Shape,
    document: &ExecutableDocument,
    operation: Option<&str>,
    variables: &Variables,
) -> Result<Cost, Unread> {
    let mut operations = document.operations.iter();
    let chosen = match operation {
        Some(name) => operations.find(|(named, _)| named.is_some_and(|named| named == name)),
        None => operations.next().filter(|_| operations.next().is_none()),
    };
    let Some((_, chosen)) = chosen else { return Ok(Cost::default()) };
    let root = match chosen.node.ty {
        OperationType::Query => "Query",
        OperationType::Mutation => "Mutation",
        OperationType::Subscription => "Subscription",
    };
    let fragments = &document.fragments;
    let left = usize::try_from(limits::FIELDS).unwrap_or(usize::MAX);
    let mut sums = Sums {
        shape,
        fragments,
        variables,
        operation: &chosen.node,
        known: HashMap::new(),
        introspection: left,
        unknown: 0,
    };
    let mut cost = sums.set(&chosen.node.selection_set.node, root)?.once;
    let introspected = left - sums.introspection;
    cost.fields = cost.fields.saturating_add(u64::try_from(introspected).unwrap_or(u64::MAX));
    Ok(cost)
}

/// Whether a request may cost as much.
pub(super) fn check(cost: Cost) -> Result<(), TooMuch> {
    if cost.fields > limits::FIELDS {
        Err(TooMuch::Fields)
    } else if cost.work > limits::WORK {
        Err(TooMuch::Work)
    } else {
        Ok(())
    }
}

struct Sums<'a> {
    shape: &'a Shape,
    fragments: &'a HashMap<Name, Positioned<FragmentDefinition>>,
    variables: &'a Variables,
    operation: &'a OperationDefinition,
    /// What each fragment costs, which does not depend on where it is spread.
    known: HashMap<&'a str, Sum>,
    /// How many fields introspection may still have.
    introspection: usize,
    /// How many fields there are not.
    unknown: usize,
}

impl<'a> Sums<'a> {
    fn set(&mut self, set: &'a SelectionSet, object: &str) -> Result<Sum, Unread> {
        let mut sum = Sum::default();
        for selection in &set.items {
            sum = sum.plus(match &selection.node {
                Selection::Field(field) => self.field(&field.node, object)?,
                Selection::InlineFragment(inline) => {
                    let on = inline.node.type_condition.as_ref().map(|condition| condition.node.on.node.as_str());
                    self.set(&inline.node.selection_set.node, on.unwrap_or(object))?
                }
                Selection::FragmentSpread(spread) => self.fragment(&spread.node.fragment_name.node)?,
            });
        }
        Ok(sum)
    }

    fn fragment(&mut self, name: &Name) -> Result<Sum, Unread> {
        let Some((name, fragment)) = self.fragments.get_key_value(name) else { return Ok(Sum::default()) };
        if let Some(sum) = self.known.get(name.as_str()) {
            return Ok(*sum);
        }
        let on = fragment.node.type_condition.node.on.node.as_str();
        let sum = self.set(&fragment.node.selection_set.node, on)?;
        self.known.insert(name, sum);
        Ok(sum)
    }

    fn field(&mut self, field: &'a Field, object: &str) -> Result<Sum, Unread> {
        let name = field.name.node.as_str();
        let one = Sum { once: Cost { fields: 1, work: 0 }, ..Sum::default() };
        let set = &field.selection_set.node;
        match (object, name) {
            (_, "__typename") => return Ok(one),
            ("Query", "__schema") => {
                self.shape.described.schema(set, self.fragments, &mut self.introspection)?;
                return Ok(one);
            }
            ("Query", "__type") => {
                if let Some(ConstValue::String(name)) = self.argument(field, "name") {
                    self.shape.described.ty(set, &name, self.fragments, &mut self.introspection)?;
                }
                return Ok(one);
            }
            _ => {}
        }
        let Some(declared) = self.shape.field(object, name) else {
            self.unknown += 1;
            // Validation would suggest names for each of them.
            return if self.unknown > limits::UNKNOWN { Err(Unread::Unknown(name.to_owned())) } else { Ok(one) };
        };
        let of = declared.of.clone();
        let price = prices::of(object, name);
        let below = self.set(set, &of)?;
        let own = Cost { fields: 1, work: price.work };
        Ok(match price.rows {
            Rows::One if name == "totalCount" => Sum { counts: 1, ..one },
            Rows::One => Sum { once: own.plus(below.once), ..Sum::default() },
            Rows::UpTo(rows) => Sum { once: own.plus(below.once.times(rows)), ..Sum::default() },
            Rows::OfPage => Sum { once: own, item: below.once, counts: 0 },
            Rows::Page => {
                let rows = self.rows(field);
                let find = if self.searches(field) {
                    price.searched
                } else if self.filters(field) {
                    price.filtered
                } else {
                    price.work
                };
                let count = if find > price.work { price.counted.max(find) } else { price.counted };
                let work = find.saturating_add(rows.saturating_mul(price.each));
                let work = work.saturating_add(count.saturating_mul(below.counts));
                let once = Cost { fields: 1, work }.plus(below.once).plus(below.item.times(rows));
                Sum { once, ..Sum::default() }
            }
        })
    }

    /// The value of an argument, with variables filled in; none if it is left out or null.
    fn argument(&self, field: &Field, name: &str) -> Option<ConstValue> {
        let value = field.get_argument(name)?.node.clone();
        let value = value.into_const_with(|name| {
            let given = self.variables.get(&name).cloned();
            let default = || {
                let definitions = &self.operation.variable_definitions;
                let definition = definitions.iter().find(|definition| definition.node.name.node == name);
                definition.and_then(|definition| definition.node.default_value.as_ref()).map(|value| value.node.clone())
            };
            Ok::<_, std::convert::Infallible>(given.or_else(default).unwrap_or(ConstValue::Null))
        });
        value.ok().filter(|value| *value != ConstValue::Null)
    }

    /// How long a page is asked for. What is no length is refused later.
    fn rows(&self, field: &Field) -> u64 {
        let most = u64::try_from(limits::PAGE).unwrap_or(100);
        match self.argument(field, "first") {
            None => u64::try_from(limits::DEFAULT_PAGE).unwrap_or(most),
            Some(ConstValue::Number(first)) => first.as_u64().unwrap_or(most).min(most),
            Some(_) => most,
        }
    }

    fn searches(&self, field: &Field) -> bool {
        self.argument(field, "search").is_some()
            || matches!(self.argument(field, "filter"), Some(ConstValue::Object(filter))
                if filter.get("search").is_some_and(|text| *text != ConstValue::Null))
    }

    fn filters(&self, field: &Field) -> bool {
        let filters = matches!(self.argument(field, "filter"), Some(ConstValue::Object(filter))
            if filter.values().any(|value| *value != ConstValue::Null));
        let orders = matches!(self.argument(field, "orderBy"), Some(ConstValue::Object(order))
            if !order.get("by").is_some_and(is_created_at));
        filters || orders
    }
}

/// The order that lists have anyway; an enum's value in a variable is a text.
fn is_created_at(by: &ConstValue) -> bool {
    match by {
        ConstValue::Enum(name) => name == "CREATED_AT",
        ConstValue::String(name) => name == "CREATED_AT",
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::super::shape::SHAPE;
    use super::*;
    use async_graphql::parser::parse_query;
    use serde_json::{Value, json};

    const FINE: Result<(), TooMuch> = Ok(());
    const FIELDS: Result<(), TooMuch> = Err(TooMuch::Fields);
    const WORK: Result<(), TooMuch> = Err(TooMuch::Work);

    fn cost(text: &str, operation: Option<&str>, variables: Value) -> Result<Cost, Unread> {
        let document = parse_query(text).unwrap_or_else(|error| panic!("{error}: {text}"));
        of(&SHAPE, &document, operation, &Variables::from_json(variables))
    }

    fn checked(text: &str) -> Result<(), TooMuch> {
        match cost(text, None, json!({})) {
            Ok(cost) => check(cost),
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
            (
                "{ node(id: \"x\") { ...a } } fragment a on Group { clients(first: 9) { nodes { id } } }",
                12,
                20 + 10 + 9,
            ),
            (
                "{ ...a } fragment a on Query { clients(first: 4) { ...b } } fragment b on ClientConnection { nodes { id } }",
                6,
                14,
            ),
            ("query a { client(id: \"x\") { id } }", 2, 10),
            ("mutation { groupCreate(input: { name: \"x\" }) { userErrors { code } } }", 2 + 5, 200),
        ] {
            assert_eq!(cost(text, None, json!({})).expect(text), Cost { fields, work }, "{text}");
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
            assert_eq!(cost(text, None, variables.clone()).expect(text), Cost { fields, work }, "{variables}");
        }
    }

    #[test]
    fn only_the_operation_that_is_executed_costs_anything() {
        let text = "query a { client(id: \"x\") { id } } query b { clients { nodes { id } } }";
        let work = |name| cost(text, name, json!({})).expect("a cost").work;
        assert_eq!([work(Some("a")), work(Some("b")), work(Some("c")), work(None)], [10, 30, 0, 0]);
    }

    fn aliased(times: usize, selection: &str) -> String {
        format!("{{ {} }}", (0..times).map(|at| format!("a{at}: {selection} ")).collect::<String>())
    }

    #[test]
    fn what_costs_too_much_is_refused() {
        let search = "clients(first: 1, filter: { search: \"x\" }) { nodes { id } }";
        let again: String = (0..30).map(|at| format!("a{at}: fields {{ type {{ name }} }} ")).collect();
        let types = format!("__schema {{ types {{ {again} }} }}");
        let names = "a: __typename ".repeat(500);
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
            (format!("{{ __schema {{ types {{ {} name {} }} }} }}", "possibleTypes { interfaces { ".repeat(4), "} } ".repeat(4)),
             FIELDS),
            ("{ mailings { nodes { runs { nodes { deliveries { totalCount } } } } } }".to_owned(), WORK),
            ("mutation { a: sessionCreate(input: {}) { viewer { id } } }".to_owned(), FINE),
            ("mutation { a: sessionCreate(input: {}) { viewer { id } } b: sessionCreate(input: {}) { viewer { id } } }"
                .to_owned(), WORK),
        ] {
            assert_eq!(checked(&text), expected, "{}", &text[..text.len().min(90)]);
        }
    }

    #[test]
    fn many_fields_that_there_are_not_are_not_looked_at_one_by_one() {
        let unknown = |count: usize| cost(&format!("{{ {} }}", "nothing ".repeat(count)), None, json!({}));
        assert!(unknown(limits::UNKNOWN).is_ok());
        assert!(matches!(unknown(limits::UNKNOWN + 1), Err(Unread::Unknown(name)) if name == "nothing"));
    }

    #[test]
    fn what_honest_people_ask_fits() {
        let introspection = include_str!("../../../../tests/graphql/introspection.graphql");
        let introspected = cost(introspection, None, json!({})).expect("introspection has a cost");
        // It leaves room for the schema to grow.
        assert!(introspected.fields * 2 < limits::FIELDS, "{introspected:?}");

        let fenced = include_str!("../../../../README.md").split("```graphql").skip(1);
        let readme = fenced.flat_map(|rest| rest.split("```").take(1)).flat_map(|block| block.split("\n\n"));
        let walk = include_str!("../../../../docs/first-mailing.sh").split('\'');
        let walk = walk.filter(|text| text.starts_with("query(") || text.starts_with("mutation("));
        let playground = include_str!("../../../assets/graphiql/index.html").split('`').skip(1).step_by(2);
        let documents: Vec<&str> = readme.chain(walk).chain(playground).collect();
        assert!(documents.len() > 15, "{documents:?}");
        for text in documents {
            let document = parse_query(text).unwrap_or_else(|error| panic!("{error}: {text}"));
            for (name, _) in document.operations.iter() {
                let cost = cost(text, name.map(Name::as_str), json!({})).expect(text);
                assert_eq!(check(cost), FINE, "{cost:?} {text}");
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
        let table = include_str!("prices.rs");
        let table = table.split("pub(super) fn of").nth(1).and_then(|rest| rest.split("fn change").next()).expect("it");
        for arm in table.split("(\"").skip(1) {
            let names: Vec<&str> = arm.split(')').next().unwrap_or_default().split('"').step_by(2).collect();
            let (object, fields) = names.split_first().expect("an arm names an object");
            for field in fields.iter().filter(|field| field.chars().all(char::is_alphanumeric) && !field.is_empty()) {
                assert!(SHAPE.field(object, field).is_some(), "{object}.{field} is not in the schema");
            }
        }
        let changes = include_str!("prices.rs").split("fn change").nth(1).expect("the mutations");
        for name in changes.split('"').skip(1).step_by(2) {
            assert!(SHAPE.field("Mutation", name).is_some(), "{name} is no mutation");
        }
    }
}
