//! Which file imports which, and where that leads back to the file that it came from.

use super::finding::{Found, find, find_macro};
use super::modules::Module;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// An arrow leads from a file to one of which it names something, and has an example of what it names.
#[derive(Clone, Debug, Default)]
pub(super) struct Arrows(BTreeMap<String, BTreeMap<String, String>>);

impl Arrows {
    /// The arrows between the files of a crate. Whoever declares a module does not import it, and whoever hands on what is
    /// defined beneath it does not either.
    pub(super) fn of(modules: &[Module]) -> Self {
        let mut arrows = Self::default();
        for (at, module) in modules.iter().enumerate() {
            let mut draw = |found: BTreeSet<Found>, named: &[String], handed_on: bool| {
                for found in found {
                    match found {
                        Found::Item(to) if !(handed_on && is_beneath(modules, to, at)) => {
                            arrows.draw(&module.file, &modules[to].file, &named.join("::"));
                        }
                        Found::Item(_) | Found::Module(_) | Found::Elsewhere => {}
                    }
                }
            };
            for import in &module.imports {
                draw(find(modules, at, &import.path), &import.path, import.handed_on);
            }
            for path in &module.named {
                draw(find(modules, at, path), path, false);
            }
            for name in &module.called {
                draw(find_macro(modules, at, name), &[format!("{name}!")], false);
            }
        }
        arrows
    }

    fn draw(&mut self, from: &str, to: &str, named: &str) {
        if from != to {
            let to = self.0.entry(from.to_owned()).or_default().entry(to.to_owned());
            to.or_insert_with(|| named.to_owned());
        }
    }

    /// Takes the arrows of another crate in, too.
    pub(super) fn extend(&mut self, others: Self) {
        self.0.extend(others.0);
    }

    /// How many arrows there are.
    pub(super) fn count(&self) -> usize {
        self.0.values().map(BTreeMap::len).sum()
    }

    /// Takes an arrow out. Says whether it was there.
    pub(super) fn take(&mut self, from: &str, to: &str) -> bool {
        self.0.get_mut(from).is_some_and(|arrows| arrows.remove(to).is_some())
    }

    /// Whether an arrow would close a circle.
    pub(super) fn would_close(&self, from: &str, to: &str) -> bool {
        self.way(to, from).is_some()
    }

    /// The circles, each once and with what every file of it names of the next one. Of those that an arrow is in, it is the
    /// shortest.
    pub(super) fn circles(&self) -> BTreeSet<String> {
        let turning = self.turning();
        let arrows = turning.0.iter().flat_map(|(from, arrows)| arrows.keys().map(move |to| (from, to)));
        let mut circles = BTreeSet::new();
        for (from, to) in arrows {
            if let Some(mut circle) = turning.way(to, from) {
                let first = (0..circle.len()).min_by_key(|at| circle[*at]).unwrap_or_default();
                circle.rotate_left(first);
                circles.insert(circle);
            }
        }
        circles.into_iter().map(|circle| self.told(&circle)).collect()
    }

    /// The arrows without those that lead to where nothing leads on, which are in no circle. There are many, and few that are left.
    fn turning(&self) -> Self {
        let mut arrows = self.clone();
        loop {
            let (before, leads_on) = (arrows.count(), arrows.0.keys().cloned().collect::<BTreeSet<_>>());
            arrows.0.values_mut().for_each(|to| to.retain(|to, _| leads_on.contains(to)));
            arrows.0.retain(|_, to| !to.is_empty());
            if arrows.count() == before {
                return arrows;
            }
        }
    }

    fn told(&self, circle: &[&str]) -> String {
        let nexts = circle.iter().cycle().skip(1);
        let steps = circle.iter().zip(nexts).map(|(from, to)| format!("{from} names {}", self.0[*from][*to]));
        steps.collect::<Vec<_>>().join(", ")
    }

    /// The shortest way from one file to another one: all files on it, with both.
    fn way(&self, from: &str, to: &str) -> Option<Vec<&str>> {
        let (from, _) = self.0.get_key_value(from)?;
        let (mut before, mut next) = (BTreeMap::new(), VecDeque::from([from.as_str()]));
        while let Some(file) = next.pop_front() {
            if file == to {
                let mut way = vec![file];
                while let Some(before) = before.get(way[way.len() - 1]) {
                    way.push(*before);
                }
                way.reverse();
                return Some(way);
            }
            for arrow in self.0.get(file).into_iter().flat_map(BTreeMap::keys) {
                if arrow != from && !before.contains_key(arrow.as_str()) {
                    before.insert(arrow.as_str(), file);
                    next.push_back(arrow);
                }
            }
        }
        None
    }
}

/// Whether the first module is the second one, or one that it declares, or one of those that these declare.
fn is_beneath(modules: &[Module], module: usize, of: usize) -> bool {
    module == of || modules[module].parent.is_some_and(|parent| is_beneath(modules, parent, of))
}
