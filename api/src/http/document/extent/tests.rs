//! Which documents go too far, and that the measure is right.

use super::*;
use async_graphql::parser::parse_query;
use proptest::prelude::*;
use serde_json::json;

const PARTS: Result<(), Unread> = Err(Unread::TooMuch(TooMuch::Parts));
const NESTING: Result<(), Unread> = Err(Unread::TooMuch(TooMuch::Nesting));

fn checked(text: &str) -> Result<(), Unread> {
    check(&parse_query(text).expect("a document"), &Variables::default(), limits::DEPTH)
}

/// Fragments, each of which spreads the next one so many times.
fn chain(fragments: usize, times: usize, last: &str) -> String {
    let fragment = |at: usize| format!("fragment f{at} on Query {{ {} }} ", format!("...f{} ", at + 1).repeat(times));
    let chain: String = (0..fragments).map(fragment).collect();
    format!("{chain} fragment f{fragments} on Query {{ {last} }} ")
}

#[test]
fn fragments_that_double_each_other_are_measured_once_each() {
    for (fragments, expected) in [(3, Ok(())), (9, Ok(())), (13, PARTS), (25, PARTS)] {
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
        assert!(matches!(checked(text), Err(Unread::Cycle(_))), "{text}");
    }
}

#[test]
fn everything_counts_wherever_a_fragment_is_spread() {
    let operations =
        |count: usize| (0..count).map(|at| format!("query q{at} {{ ...f }} ")).collect::<Vec<_>>().concat();
    let arguments = |count: usize| (0..count).map(|at| format!("a{at}: $a{at} ")).collect::<Vec<_>>().concat();
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
    let large = json!({ "a": "x".repeat(limits::INPUT / 16), "b": [1, { "c": "d" }] });
    let variables = Variables::from_json(large);
    for (name, uses, expected) in
        [("a", 2, Ok(())), ("a", 20, Err(Unread::TooMuch(TooMuch::Input))), ("b", 20, Ok(())), ("c", 20, Ok(()))]
    {
        let document = parse_query(format!("{{ {} }}", format!("a(b: {{ c: ${name} }}) ").repeat(uses))).unwrap();
        assert_eq!(check(&document, &variables, limits::DEPTH), expected, "{name} {uses}");
    }
}

#[test]
fn fields_stand_below_each_other_fifteen_levels_deep() {
    let deep = |levels: usize| format!("{{ {}a{} }}", "a { ".repeat(levels - 1), " }".repeat(levels - 1));
    assert_eq!(checked(&deep(limits::DEPTH)), Ok(()));
    assert_eq!(checked(&deep(limits::DEPTH + 1)), Err(Unread::TooMuch(TooMuch::Depth(limits::DEPTH))));
    let spread = |fragment: usize| {
        format!("{} fragment f on A {}", deep(10).replace(" a }", " ... on A { ...f } }"), deep(fragment))
    };
    assert_eq!(checked(&spread(limits::DEPTH - 9)), Ok(()));
    assert_eq!(checked(&spread(limits::DEPTH - 8)), Err(Unread::TooMuch(TooMuch::Depth(limits::DEPTH))));
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
        let refused = matches!(checked(&format!("{{ {selection} }}")), Err(Unread::TypeName(_)));
        assert_eq!(!refused, right, "{selection}");
    }
}

/// The same, walked as validation does.
fn parts_of(document: &ExecutableDocument, set: &SelectionSet) -> usize {
    let part = |selection: &Positioned<Selection>| match &selection.node {
        Selection::Field(field) => 1 + field.node.arguments.len() + parts_of(document, &field.node.selection_set.node),
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
        if check(&document, &Variables::default(), limits::DEPTH).is_ok() {
            let parts: usize = sets.map(|set| parts_of(&document, set)).sum();
            prop_assert!(parts <= limits::PARTS);
        }
    }
}
