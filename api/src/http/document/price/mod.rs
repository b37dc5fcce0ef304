//! What a document costs, before anything is done for it.
//!
//! The library's own sum is not used: it looks neither at `__typename` nor at introspection, does not know the type on which a
//! named fragment stands, and adds up all operations of a document although one is executed.

use super::introspection::Left;
use super::prices::{self, Rows};
use super::shape::Shape;
use super::too_much::TooMuch;
use super::unread::Unread;
use crate::limits::{self, RequestLimits};
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
    /// How many of those things there are of which a request has one.
    pub(super) alone: u64,
}

impl Cost {
    fn plus(self, other: Self) -> Self {
        Self {
            fields: self.fields.saturating_add(other.fields),
            work: self.work.saturating_add(other.work),
            alone: self.alone.saturating_add(other.alone),
        }
    }

    fn times(self, rows: u64) -> Self {
        Self {
            fields: self.fields.saturating_mul(rows),
            work: self.work.saturating_mul(rows),
            alone: self.alone.saturating_mul(rows),
        }
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
    limits: &RequestLimits,
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
    let mut sums = Sums {
        shape,
        fragments,
        variables,
        operation: &chosen.node,
        known: HashMap::new(),
        introspection: Left::new(limits.fields),
        unknown: 0,
    };
    Ok(sums.set(&chosen.node.selection_set.node, root)?.once)
}

/// Whether a request may cost as much.
pub(super) fn check(cost: Cost, limits: &RequestLimits) -> Result<(), TooMuch> {
    if cost.fields > limits.fields {
        Err(TooMuch::Fields(limits.fields))
    } else if cost.alone > 1 {
        Err(TooMuch::Alone)
    } else if cost.work > limits.work {
        Err(TooMuch::Work)
    } else {
        Ok(())
    }
}

/// What looking for a type among all of them costs, in fields.
const TYPES: u64 = 100;

struct Sums<'a> {
    shape: &'a Shape,
    fragments: &'a HashMap<Name, Positioned<FragmentDefinition>>,
    variables: &'a Variables,
    operation: &'a OperationDefinition,
    /// What each fragment costs, which does not depend on where it is spread.
    known: HashMap<&'a str, Sum>,
    introspection: Left,
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
        let leaf = Sum { once: Cost { fields: 1, ..Cost::default() }, ..Sum::default() };
        let set = &field.selection_set.node;
        match (object, name) {
            (_, "__typename") => return Ok(leaf),
            ("Query", "__schema" | "__type") => return self.introspected(field, name),
            _ => {}
        }
        let Some(declared) = self.shape.field(object, name) else {
            self.unknown += 1;
            // Validation would suggest names for each of them.
            return if self.unknown > limits::UNKNOWN { Err(Unread::Unknown(name.to_owned())) } else { Ok(leaf) };
        };
        let of = declared.of.clone();
        let price = prices::of(object, name);
        let below = self.set(set, &of)?;
        let own = Cost { fields: 1, work: price.work, alone: u64::from(price.alone) };
        Ok(match price.rows {
            Rows::One if name == "totalCount" => Sum { counts: 1, ..leaf },
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
                let once = Cost { fields: 1, work, ..Cost::default() }.plus(below.once).plus(below.item.times(rows));
                Sum { once, ..Sum::default() }
            }
        })
    }

    /// What introspection costs, which is answered anew wherever its fragment is spread.
    fn introspected(&mut self, field: &'a Field, name: &str) -> Result<Sum, Unread> {
        let (set, before) = (&field.selection_set.node, self.introspection.taken());
        let mut fields = 1;
        if name == "__schema" {
            self.shape.described.schema(set, self.fragments, &mut self.introspection)?;
        } else if let Some(ConstValue::String(name)) = self.argument(field, "name") {
            // The library looks for it among all types.
            fields += TYPES;
            self.shape.described.ty(set, &name, self.fragments, &mut self.introspection)?;
        }
        let fields = self.introspection.taken().saturating_sub(before).saturating_add(fields);
        Ok(Sum { once: Cost { fields, ..Cost::default() }, ..Sum::default() })
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
        // Whoever asks from the end asks for as much.
        match self.argument(field, "first").or_else(|| self.argument(field, "last")) {
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
mod tests;
