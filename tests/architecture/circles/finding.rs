//! Finds where what a path names is defined.

use super::modules::{Known, Module};
use std::collections::BTreeSet;

/// What a path can lead to. A name may lead to two of them at once: a function and a module are often called alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Found {
    /// A module of the crate.
    Module(usize),
    /// Something that is defined in that module of the crate, or hangs on what is.
    Item(usize),
    /// Something that is not of this crate, or known only where it stands.
    Elsewhere,
}

/// The names that were looked for on the way, with the modules: imports may lead back to where they came from.
type Asked = BTreeSet<(usize, String)>;

/// Where a path leads that stands in this module.
pub(super) fn find(modules: &[Module], from: usize, path: &[String]) -> BTreeSet<Found> {
    follow(modules, from, path, &mut Asked::new())
}

/// Where a macro is defined that is called in this module without a path: there, or in one of those above it.
pub(super) fn find_macro(modules: &[Module], from: usize, name: &str) -> BTreeSet<Found> {
    let found = look_up(modules, from, name, &mut Asked::new());
    match modules[from].parent {
        Some(parent) if found.is_empty() => find_macro(modules, parent, name),
        _ => found,
    }
}

fn follow(modules: &[Module], from: usize, path: &[String], asked: &mut Asked) -> BTreeSet<Found> {
    let Some((first, rest)) = path.split_first() else {
        return BTreeSet::from([Found::Module(from)]);
    };
    let mut found = match first.as_str() {
        "crate" => BTreeSet::from([Found::Module(0)]),
        "self" => BTreeSet::from([Found::Module(from)]),
        "super" => modules[from].parent.map(Found::Module).into_iter().collect(),
        name => look_up(modules, from, name, asked),
    };
    if found.is_empty() {
        found.insert(Found::Elsewhere);
    }
    for name in rest {
        found = step(modules, &found, name, asked);
    }
    found
}

/// Where the next name of a path leads from what the names before it lead to.
fn step(modules: &[Module], found: &BTreeSet<Found>, name: &str, asked: &mut Asked) -> BTreeSet<Found> {
    let (mut next, mut unseen) = (BTreeSet::new(), BTreeSet::new());
    for found in found {
        if let Found::Module(module) = *found {
            if name == "super" {
                next.extend(modules[module].parent.map(Found::Module));
                continue;
            }
            let seen = look_up(modules, module, name, asked);
            if seen.is_empty() {
                unseen.insert(Found::Item(module));
            }
            next.extend(seen);
        }
    }
    if !next.is_empty() {
        return next;
    }
    // What hangs on a type is where the type is. What is of a module and is not seen there was made by a macro.
    let types: BTreeSet<Found> = found.iter().copied().filter(|found| !matches!(found, Found::Module(_))).collect();
    if types.is_empty() { unseen } else { types }
}

/// What a name stands for in a module.
fn look_up(modules: &[Module], module: usize, name: &str, asked: &mut Asked) -> BTreeSet<Found> {
    if !asked.insert((module, name.to_owned())) {
        return BTreeSet::new();
    }
    let here = &modules[module];
    let mut found: BTreeSet<Found> = here.children.get(name).copied().map(Found::Module).into_iter().collect();
    if here.items.contains(name) {
        found.insert(Found::Item(module));
    }
    for import in &here.imports {
        if matches!(&import.known, Known::As(known) if known == name) {
            found.extend(follow(modules, module, &import.path, asked));
        }
    }
    if found.is_empty() {
        for import in here.imports.iter().filter(|import| matches!(import.known, Known::All)) {
            for all in follow(modules, module, &import.path, asked) {
                if let Found::Module(all) = all {
                    found.extend(look_up(modules, all, name, asked));
                }
            }
        }
    }
    found
}
