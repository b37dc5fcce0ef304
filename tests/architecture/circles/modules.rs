//! What a crate is made of, as far as it matters to who imports whom.

use std::collections::{BTreeMap, BTreeSet};

/// A path as it is written, name by name, without what stands in angle brackets.
pub(super) type Path = Vec<String>;

/// A module: what it defines, what it imports, and what its code names.
#[derive(Debug, Default)]
pub(super) struct Module {
    /// The file that it stands in, as do modules that are written out within another one.
    pub(super) file: String,
    /// The folder in which the files of its own modules are.
    pub(super) folder: String,
    /// The module that declares it; the root has none.
    pub(super) parent: Option<usize>,
    /// The modules that it declares.
    pub(super) children: BTreeMap<String, usize>,
    /// The names of what it defines, macros among them.
    pub(super) items: BTreeSet<String>,
    /// What its `use` lines bring in.
    pub(super) imports: Vec<Import>,
    /// The paths that its code names.
    pub(super) named: BTreeSet<Path>,
    /// The macros that its code calls without a path: a macro is known to the modules that are declared after it, too.
    pub(super) called: BTreeSet<String>,
}

/// One name, or all of a module's, that a `use` line brings in.
#[derive(Debug)]
pub(super) struct Import {
    pub(super) path: Path,
    pub(super) known: Known,
    /// Whether others see it there, too, as with `pub use`.
    pub(super) handed_on: bool,
}

/// Under which name something that is imported is known.
#[derive(Debug)]
pub(super) enum Known {
    /// It is known under this one.
    As(String),
    /// It is known under none: `as _`.
    Nameless,
    /// All that is there is known under its own: `*`.
    All,
}
