//! How far a document goes when each fragment stands where it is spread.
//!
//! A few fragments that each spread the next one twice make a document that takes longer than anybody lives to walk, and so
//! does a fragment that spreads itself. Here every fragment is measured once; whoever walks the document afterwards (the
//! library's validation does, several times) has a bounded way.

use super::TooMuch;
use crate::limits;
use async_graphql::parser::types::{
    Directive, ExecutableDocument, Field, FragmentDefinition, OperationDefinition, Selection, SelectionSet,
};
use async_graphql::{Name, Positioned, Variables};
use async_graphql_value::{ConstValue, Value};
use std::collections::HashMap;

/// Why a document is not validated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Refused {
    /// It asks for more than a document may.
    TooMuch(TooMuch),
    /// A fragment spreads itself, perhaps through others.
    Cycle(String),
    /// `__typename` has what it does not take. The library's validation does not look at that field.
    TypeName(&'static str),
}

/// How far a part of a document goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Extent {
    /// Selections, directives and values.
    parts: usize,
    /// Bytes of texts, with variables filled in.
    bytes: usize,
    /// How many fields stand below each other.
    fields: usize,
    /// How many selection sets stand below each other.
    sets: usize,
}

impl Extent {
    /// Both, one beside the other.
    fn beside(self, other: Self) -> Self {
        Self {
            parts: self.parts.saturating_add(other.parts),
            bytes: self.bytes.saturating_add(other.bytes),
            fields: self.fields.max(other.fields),
            sets: self.sets.max(other.sets),
        }
    }
}

/// Whether a document may be validated: every operation and every fragment of it, also those that are not used.
pub(super) fn check(document: &ExecutableDocument, variables: &Variables) -> Result<(), Refused> {
    let mut walk = Walk { fragments: &document.fragments, variables, known: HashMap::new() };
    let mut all = Extent::default();
    for (name, fragment) in &document.fragments {
        all = all.beside(walk.fragment(name, fragment, 0)?);
    }
    for (_, operation) in document.operations.iter() {
        all = all.beside(walk.operation(&operation.node)?);
    }
    within(all)
}

fn within(extent: Extent) -> Result<(), Refused> {
    let much = if extent.fields > limits::DEPTH {
        TooMuch::Depth
    } else if extent.sets > limits::NESTING {
        TooMuch::Nesting
    } else if extent.parts > limits::PARTS {
        TooMuch::Parts
    } else if extent.bytes > limits::INPUT {
        TooMuch::Input
    } else {
        return Ok(());
    };
    Err(Refused::TooMuch(much))
}

struct Walk<'a> {
    fragments: &'a HashMap<Name, Positioned<FragmentDefinition>>,
    variables: &'a Variables,
    /// What each fragment came to; none while it is being measured.
    known: HashMap<&'a str, Option<Extent>>,
}

impl<'a> Walk<'a> {
    fn operation(&mut self, operation: &'a OperationDefinition) -> Result<Extent, Refused> {
        let mut extent = self.directives(&operation.directives).beside(self.set(&operation.selection_set.node, 1)?);
        for definition in &operation.variable_definitions {
            let value = definition.node.default_value.as_ref().map(|value| constant(&value.node));
            let directives = self.directives(&definition.node.directives);
            extent = extent.beside(value.unwrap_or_default()).beside(directives).beside(one());
        }
        Ok(extent)
    }

    fn fragment(
        &mut self,
        name: &'a str,
        fragment: &'a Positioned<FragmentDefinition>,
        above: usize,
    ) -> Result<Extent, Refused> {
        match self.known.get(name) {
            Some(Some(extent)) => return Ok(*extent),
            Some(None) => return Err(Refused::Cycle(name.to_owned())),
            None => {}
        }
        self.known.insert(name, None);
        let directives = self.directives(&fragment.node.directives);
        let extent = self.set(&fragment.node.selection_set.node, above + 1)?.beside(directives);
        self.known.insert(name, Some(extent));
        Ok(extent)
    }

    /// A selection set that has as many around it, itself counted.
    fn set(&mut self, set: &'a SelectionSet, around: usize) -> Result<Extent, Refused> {
        if around > limits::NESTING {
            return Err(Refused::TooMuch(TooMuch::Nesting));
        }
        let mut extent = Extent { sets: usize::from(!set.items.is_empty()), ..Extent::default() };
        for selection in &set.items {
            let (directives, below) = match &selection.node {
                Selection::Field(field) => {
                    let below = self.field(&field.node, around)?;
                    (&field.node.directives, below)
                }
                Selection::FragmentSpread(spread) => {
                    let name = spread.node.fragment_name.node.as_str();
                    let below = match self.fragments.get_key_value(name) {
                        Some((name, fragment)) => self.fragment(name, fragment, around)?,
                        // Validation refuses it.
                        None => Extent::default(),
                    };
                    (&spread.node.directives, below)
                }
                Selection::InlineFragment(inline) => {
                    (&inline.node.directives, self.set(&inline.node.selection_set.node, around + 1)?)
                }
            };
            let below = Extent { sets: below.sets + 1, ..below };
            extent = extent.beside(below).beside(self.directives(directives)).beside(one());
            // What is too long already is not walked to its end.
            within(extent)?;
        }
        Ok(extent)
    }

    fn field(&mut self, field: &'a Field, around: usize) -> Result<Extent, Refused> {
        let below = self.set(&field.selection_set.node, around + 1)?;
        if field.name.node == "__typename" {
            type_name(field)?;
            return Ok(below);
        }
        let below = Extent { fields: below.fields + 1, ..below };
        Ok(self.arguments(&field.arguments).fold(below, Extent::beside))
    }

    fn arguments(&self, arguments: &[(Positioned<Name>, Positioned<Value>)]) -> impl Iterator<Item = Extent> {
        arguments.iter().map(|(_, value)| self.value(&value.node))
    }

    fn directives(&self, directives: &[Positioned<Directive>]) -> Extent {
        directives.iter().fold(Extent::default(), |extent, directive| {
            self.arguments(&directive.node.arguments).fold(extent, Extent::beside).beside(one())
        })
    }

    /// The brackets around values were counted before.
    fn value(&self, value: &Value) -> Extent {
        match value {
            // Each use of a variable is a copy of it.
            Value::Variable(name) => {
                let bytes = self.variables.get(name).map_or(0, |value| constant(value).bytes);
                Extent { bytes, ..one() }
            }
            Value::List(values) => values.iter().map(|value| self.value(value)).fold(one(), Extent::beside),
            Value::Object(fields) => fields.values().map(|value| self.value(value)).fold(one(), Extent::beside),
            Value::String(text) => text_of(text),
            Value::Null | Value::Number(_) | Value::Boolean(_) | Value::Enum(_) | Value::Binary(_) => one(),
        }
    }
}

fn one() -> Extent {
    Extent { parts: 1, bytes: VALUE, ..Extent::default() }
}

/// What a value takes beside its text.
const VALUE: usize = 64;

fn text_of(text: &str) -> Extent {
    Extent { bytes: VALUE + text.len(), ..one() }
}

fn constant(value: &ConstValue) -> Extent {
    match value {
        ConstValue::List(values) => values.iter().map(constant).fold(one(), Extent::beside),
        ConstValue::Object(fields) => fields.values().map(constant).fold(one(), Extent::beside),
        ConstValue::String(text) => text_of(text),
        ConstValue::Null
        | ConstValue::Number(_)
        | ConstValue::Boolean(_)
        | ConstValue::Enum(_)
        | ConstValue::Binary(_) => one(),
    }
}

/// What validation says about any other field.
fn type_name(field: &Field) -> Result<(), Refused> {
    if !field.arguments.is_empty() {
        return Err(Refused::TypeName("takes no arguments"));
    }
    if !field.selection_set.node.items.is_empty() {
        return Err(Refused::TypeName("is a text: nothing can be selected in it"));
    }
    let mut seen = Vec::new();
    for directive in &field.directives {
        let name = directive.node.name.node.as_str();
        let condition = match directive.node.arguments.as_slice() {
            [(argument, value)] if argument.node == "if" => {
                matches!(value.node, Value::Boolean(_) | Value::Variable(_))
            }
            _ => false,
        };
        if !matches!(name, "skip" | "include") || !condition || seen.contains(&name) {
            return Err(Refused::TypeName("takes no directives but @skip(if: ...) and @include(if: ...), each once"));
        }
        seen.push(name);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use async_graphql::parser::parse_query;
    use proptest::prelude::*;
    use serde_json::json;

    const PARTS: Result<(), Refused> = Err(Refused::TooMuch(TooMuch::Parts));
    const NESTING: Result<(), Refused> = Err(Refused::TooMuch(TooMuch::Nesting));

    fn checked(text: &str) -> Result<(), Refused> {
        check(&parse_query(text).expect("a document"), &Variables::default())
    }

    /// Fragments, each of which spreads the next one so many times.
    fn chain(fragments: usize, times: usize, last: &str) -> String {
        let fragment =
            |at: usize| format!("fragment f{at} on Query {{ {} }} ", format!("...f{} ", at + 1).repeat(times));
        let chain: String = (0..fragments).map(fragment).collect();
        format!("{chain} fragment f{fragments} on Query {{ {last} }} ")
    }

    #[test]
    fn fragments_that_double_each_other_are_measured_once_each() {
        for (fragments, expected) in [(3, Ok(())), (9, Ok(())), (13, PARTS), (30, PARTS)] {
            let text = format!("{{ ...f0 }} {}", chain(fragments, 2, "viewer { id }"));
            assert_eq!(checked(&text), expected, "{fragments}");
        }
    }

    #[test]
    fn a_chain_of_fragments_has_an_end_also_where_nothing_uses_it() {
        for (fragments, expected) in [(20, Ok(())), (40, NESTING), (2_000, NESTING)] {
            let chain = chain(fragments, 1, "viewer { id }");
            assert_eq!(checked(&format!("{{ ...f0 }} {chain}")), expected, "{fragments}");
            assert_eq!(checked(&format!("{{ viewer {{ id }} }} {chain}")), expected, "{fragments}");
        }
    }

    #[test]
    fn a_fragment_that_spreads_itself_is_refused_also_where_nothing_uses_it() {
        for text in [
            "{ ...a } fragment a on Query { ...a }",
            "{ viewer { id } } fragment a on Query { viewer { ...a } }",
            "{ ...a } fragment a on Query { ...b } fragment b on Query { ...c ...a } fragment c on Query { viewer { id } }",
            "{ ...a } fragment a on Query { ... on Query { ...b } } fragment b on Query { viewer { id } ...a }",
        ] {
            assert!(matches!(checked(text), Err(Refused::Cycle(_))), "{text}");
        }
    }

    #[test]
    fn everything_counts_wherever_a_fragment_is_spread() {
        let operations = |count: usize| (0..count).map(|at| format!("query q{at} {{ ...f }} ")).collect::<String>();
        let arguments = |count: usize| (0..count).map(|at| format!("a{at}: $a{at} ")).collect::<String>();
        let spreads = |count: usize| "...f ".repeat(count);
        let directives = |count: usize| "@skip(if: false) ".repeat(count);
        for (text, expected) in [
            // Each operation would be told about each variable that it does not have.
            (format!("{} fragment f on Query {{ b({}) }}", operations(100), arguments(90)), Ok(())),
            (format!("{} fragment f on Query {{ b({}) }}", operations(200), arguments(90)), PARTS),
            (format!("{{ {} }} fragment f on Query {{ {} }}", spreads(90), "a ".repeat(90)), Ok(())),
            (format!("{{ {} }} fragment f on Query {{ {} }}", spreads(110), "a ".repeat(110)), PARTS),
            (format!("{{ {} }} fragment f on Query {{ a {} }}", spreads(110), directives(110)), PARTS),
            (format!("{{ {} }} fragment f on Query {{ a(b: [{}]) }}", spreads(110), "1 ".repeat(110)), PARTS),
        ] {
            assert_eq!(checked(&text), expected, "{}", &text[..60]);
        }
    }

    #[test]
    fn a_variable_counts_as_often_as_it_is_used() {
        let large = json!({ "a": "x".repeat(limits::BODY - 200), "b": [1, { "c": "d" }] });
        let variables = Variables::from_json(large);
        for (name, uses, expected) in
            [("a", 2, Ok(())), ("a", 20, Err(Refused::TooMuch(TooMuch::Input))), ("b", 20, Ok(())), ("c", 20, Ok(()))]
        {
            let document = parse_query(format!("{{ {} }}", format!("a(b: {{ c: ${name} }}) ").repeat(uses))).unwrap();
            assert_eq!(check(&document, &variables), expected, "{name} {uses}");
        }
    }

    #[test]
    fn fields_stand_below_each_other_fifteen_levels_deep() {
        let deep = |levels: usize| format!("{{ {}a{} }}", "a { ".repeat(levels - 1), " }".repeat(levels - 1));
        assert_eq!(checked(&deep(limits::DEPTH)), Ok(()));
        assert_eq!(checked(&deep(limits::DEPTH + 1)), Err(Refused::TooMuch(TooMuch::Depth)));
        let spread = |fragment: usize| {
            format!("{} fragment f on A {}", deep(10).replace(" a }", " ... on A { ...f } }"), deep(fragment))
        };
        assert_eq!(checked(&spread(limits::DEPTH - 9)), Ok(()));
        assert_eq!(checked(&spread(limits::DEPTH - 8)), Err(Refused::TooMuch(TooMuch::Depth)));
    }

    #[test]
    fn type_names_take_what_validation_would_let_them_have() {
        for (selection, right) in [
            ("__typename", true),
            ("a: __typename @skip(if: true) @include(if: $a)", true),
            ("__typename @nothing", false),
            ("__typename @skip", false),
            ("__typename @skip(if: [[1]])", false),
            ("__typename @skip(if: true) @skip(if: true)", false),
            ("__typename(a: 1)", false),
            ("__typename { a }", false),
            ("viewer { ...f } } fragment f on User { __typename @nothing", false),
        ] {
            let refused = matches!(checked(&format!("{{ {selection} }}")), Err(Refused::TypeName(_)));
            assert_eq!(!refused, right, "{selection}");
        }
    }

    /// The same, walked as validation does.
    fn parts_of(document: &ExecutableDocument, set: &SelectionSet) -> usize {
        let part = |selection: &Positioned<Selection>| match &selection.node {
            Selection::Field(field) => {
                1 + field.node.arguments.len() + parts_of(document, &field.node.selection_set.node)
            }
            Selection::InlineFragment(inline) => 1 + parts_of(document, &inline.node.selection_set.node),
            Selection::FragmentSpread(spread) => {
                let fragment = document.fragments.get(&spread.node.fragment_name.node);
                1 + fragment.map_or(0, |fragment| parts_of(document, &fragment.node.selection_set.node))
            }
        };
        set.items.iter().map(part).sum()
    }

    proptest! {
        /// Fragments that spread later ones at random.
        #[test]
        fn what_passes_is_as_long_as_it_was_measured(
            fragments in prop::collection::vec(prop::collection::vec((0_usize..4, 0_usize..12), 1..5), 1..12),
        ) {
            let selection = |at: usize, (kind, other): (usize, usize)| match kind {
                0 => "a ".to_owned(),
                1 => "a(b: 1) { c } ".to_owned(),
                2 => format!("... on A {{ ...f{} }} ", at + 1 + other),
                _ => format!("...f{} ", at + 1 + other),
            };
            let text = fragments.iter().enumerate().fold("{ ...f0 } ".to_owned(), |text, (at, selections)| {
                let selections: String = selections.iter().map(|one| selection(at, *one)).collect();
                format!("{text}fragment f{at} on A {{ {selections} }} ")
            });
            let document = parse_query(&text).expect("a document");
            let sets = document.operations.iter().map(|(_, operation)| &operation.node.selection_set.node);
            let sets = sets.chain(document.fragments.values().map(|fragment| &fragment.node.selection_set.node));
            if check(&document, &Variables::default()).is_ok() {
                let parts: usize = sets.map(|set| parts_of(&document, set)).sum();
                prop_assert!(parts <= limits::PARTS);
            }
        }
    }
}
