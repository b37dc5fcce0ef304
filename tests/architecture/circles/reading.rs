//! Reads the modules of a crate from its sources.

use super::modules::{Import, Known, Module, Path};
use proc_macro2::{TokenStream, TokenTree};
use std::collections::{BTreeMap, BTreeSet};
use syn::visit::Visit;
use syn::{Attribute, Item, Meta, UseTree, Visibility};

/// What arguments of attributes are called whose texts are paths (`serde`, `async_graphql`).
const NAMING: [&str; 9] = [
    "default",
    "deserialize_with",
    "from",
    "into",
    "remote",
    "serialize_with",
    "skip_serializing_if",
    "try_from",
    "with",
];

/// The modules of the crate whose root is this one of its files; the root comes first. What is there only when tests are compiled is
/// left out.
pub(super) fn modules(sources: &BTreeMap<String, String>, root: &str) -> Vec<Module> {
    let folder = root.rsplit_once('/').map_or("", |(folder, _)| folder);
    let first = Module { file: root.to_owned(), folder: folder.to_owned(), ..Module::default() };
    let mut reader = Reader { sources, modules: vec![first], at: 0, bound: BTreeSet::new() };
    reader.read(root);
    reader.modules
}

/// Goes through the sources, in one of the modules at a time.
struct Reader<'a> {
    sources: &'a BTreeMap<String, String>,
    modules: Vec<Module>,
    at: usize,
    /// What the function that is being read calls by a name of its own, whatever else is called like that.
    bound: BTreeSet<String>,
}

impl Reader<'_> {
    fn module(&mut self) -> &mut Module {
        &mut self.modules[self.at]
    }

    fn read(&mut self, file: &str) {
        let parsed = syn::parse_file(&self.sources[file]).unwrap_or_else(|error| panic!("{file} is Rust: {error}"));
        self.visit_file(&parsed);
    }

    /// Begins a module of the one that is being read, and says which one that was.
    fn begin(&mut self, name: &str, file: String) -> usize {
        let (parent, begun) = (self.at, self.modules.len());
        let folder = format!("{}/{name}", self.module().folder);
        self.module().children.insert(name.to_owned(), begun);
        self.modules.push(Module { file, folder, parent: Some(parent), ..Module::default() });
        self.at = begun;
        parent
    }

    /// The file of a module that the one that is being read declares.
    fn file_of(&mut self, name: &str) -> String {
        let folder = self.module().folder.clone();
        let places = [format!("{folder}/{name}.rs"), format!("{folder}/{name}/mod.rs")];
        let place = places.into_iter().find(|place| self.sources.contains_key(place));
        place.unwrap_or_else(|| panic!("there is no file of the module {name} in {folder}"))
    }

    /// Takes in a `use` line, or one of its groups, that begins with this path.
    fn import(&mut self, tree: &UseTree, mut path: Path, handed_on: bool) {
        let (name, known) = match tree {
            UseTree::Path(step) => {
                path.push(plain(&step.ident));
                return self.import(&step.tree, path, handed_on);
            }
            UseTree::Group(group) => {
                return group.items.iter().for_each(|tree| self.import(tree, path.clone(), handed_on));
            }
            UseTree::Glob(_) => (None, Known::All),
            UseTree::Name(name) if name.ident == "self" => (None, Known::As(path.last().cloned().unwrap_or_default())),
            UseTree::Name(name) => (Some(plain(&name.ident)), Known::As(plain(&name.ident))),
            UseTree::Rename(renamed) if renamed.rename == "_" => (Some(plain(&renamed.ident)), Known::Nameless),
            UseTree::Rename(renamed) => (Some(plain(&renamed.ident)), Known::As(plain(&renamed.rename))),
        };
        // `use path::{self}` is the same as `use path`.
        path.extend(name.filter(|name| name != "self"));
        self.module().imports.push(Import { path, known, handed_on });
    }

    /// Takes in a path that the code names, unless it is a name of the function's own.
    fn name(&mut self, path: Path) {
        if !matches!(&path[..], [name] if self.bound.contains(name)) {
            self.module().named.insert(path);
        }
    }

    /// Reads a function, in which names may stand for what is bound in it.
    fn within(&mut self, bound: &Bound, read: impl FnOnce(&mut Self)) {
        let before = std::mem::take(&mut self.bound);
        self.bound = before.union(&bound.0).cloned().collect();
        read(self);
        self.bound = before;
    }

    /// Takes in the paths that the arguments of an attribute name in texts, as in `with = "seconds"`.
    fn read_texts(&mut self, tokens: &[TokenTree]) {
        for window in tokens.windows(3) {
            if let [TokenTree::Ident(key), TokenTree::Punct(_), TokenTree::Literal(text)] = window
                && NAMING.iter().any(|naming| key == naming)
                && let syn::Lit::Str(text) = syn::Lit::new(text.clone())
                && let Ok(path) = text.parse::<syn::Path>()
            {
                self.visit_path(&path);
            }
        }
    }

    /// Takes in the paths among the tokens of a macro, where nobody knows what they become.
    fn read_tokens(&mut self, tokens: TokenStream) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let is =
            |at: usize, sign: char| matches!(tokens.get(at), Some(TokenTree::Punct(punct)) if punct.as_char() == sign);
        let mut at = 0;
        while let Some(token) = tokens.get(at) {
            let begin = at;
            at += 1;
            let first = match token {
                TokenTree::Group(group) => {
                    self.read_tokens(group.stream());
                    continue;
                }
                TokenTree::Ident(first) => first,
                TokenTree::Punct(_) | TokenTree::Literal(_) => continue,
            };
            let mut path = vec![plain(first)];
            while let (true, true, Some(TokenTree::Ident(next))) = (is(at, ':'), is(at + 1, ':'), tokens.get(at + 2)) {
                path.push(plain(next));
                at += 3;
            }
            // A field, a fragment or a lifetime is no path, nor is what hangs on one.
            let before = |sign: char| begin > 0 && is(begin - 1, sign);
            let field = before('.') && !(begin > 1 && is(begin - 2, '.'));
            let fragment = before('$') && first != "crate";
            let hangs = before(':') && begin > 1 && is(begin - 2, ':');
            if field || fragment || hangs || before('\'') {
                continue;
            }
            if path.len() == 1 && is(at, '!') {
                self.module().called.extend(path);
            } else {
                self.name(path);
            }
        }
    }
}

impl<'ast> Visit<'ast> for Reader<'_> {
    fn visit_item(&mut self, item: &'ast Item) {
        let (attributes, name) = described(item);
        if attributes.iter().any(only_for_tests) {
            return;
        }
        self.module().items.extend(name.map(plain));
        syn::visit::visit_item(self, item);
    }

    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        let name = plain(&item.ident);
        let parent = if let Some((_, items)) = &item.content {
            let file = self.module().file.clone();
            let parent = self.begin(&name, file);
            for item in items {
                self.visit_item(item);
            }
            parent
        } else {
            let file = self.file_of(&name);
            let parent = self.begin(&name, file.clone());
            self.read(&file);
            parent
        };
        self.at = parent;
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        if item.leading_colon.is_none() {
            self.import(&item.tree, Path::new(), !matches!(item.vis, Visibility::Inherited));
        }
    }

    fn visit_item_fn(&mut self, function: &'ast syn::ItemFn) {
        let mut bound = Bound::default();
        bound.visit_item_fn(function);
        self.within(&bound, |reader| syn::visit::visit_item_fn(reader, function));
    }

    fn visit_impl_item_fn(&mut self, method: &'ast syn::ImplItemFn) {
        if !method.attrs.iter().any(only_for_tests) {
            let mut bound = Bound::default();
            bound.visit_impl_item_fn(method);
            self.within(&bound, |reader| syn::visit::visit_impl_item_fn(reader, method));
        }
    }

    fn visit_trait_item_fn(&mut self, method: &'ast syn::TraitItemFn) {
        let mut bound = Bound::default();
        bound.visit_trait_item_fn(method);
        self.within(&bound, |reader| syn::visit::visit_trait_item_fn(reader, method));
    }

    // A constant stands in a pattern like a name that is bound there.
    fn visit_pat_ident(&mut self, pattern: &'ast syn::PatIdent) {
        self.name(vec![plain(&pattern.ident)]);
        syn::visit::visit_pat_ident(self, pattern);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        if path.leading_colon.is_none() {
            self.name(path.segments.iter().map(|segment| plain(&segment.ident)).collect());
        }
        syn::visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, called: &'ast syn::Macro) {
        if let Some(name) = called.path.get_ident() {
            self.module().called.insert(plain(name));
        } else {
            self.visit_path(&called.path);
        }
        self.read_tokens(called.tokens.clone());
    }

    // What documentation links to is not imported.
    fn visit_attribute(&mut self, attribute: &'ast Attribute) {
        match &attribute.meta {
            Meta::List(list) => {
                self.read_texts(&list.tokens.clone().into_iter().collect::<Vec<_>>());
                self.read_tokens(list.tokens.clone());
            }
            Meta::NameValue(pair) if !pair.path.is_ident("doc") => self.visit_expr(&pair.value),
            Meta::NameValue(_) | Meta::Path(_) => {}
        }
    }
}

/// The names that are bound in a function: all but those that are written like constants.
#[derive(Default)]
struct Bound(BTreeSet<String>);

impl<'ast> Visit<'ast> for Bound {
    fn visit_pat_ident(&mut self, pattern: &'ast syn::PatIdent) {
        let name = plain(&pattern.ident);
        if !name.starts_with(char::is_uppercase) {
            self.0.insert(name);
        }
        syn::visit::visit_pat_ident(self, pattern);
    }
}

/// The name as it is looked up: `r#type` is `type`.
fn plain(name: &proc_macro2::Ident) -> String {
    name.to_string().trim_start_matches("r#").to_owned()
}

/// Whether what has this attribute is there only when tests are compiled.
fn only_for_tests(attribute: &Attribute) -> bool {
    attribute.path().is_ident("cfg") && attribute.parse_args::<syn::Path>().is_ok_and(|path| path.is_ident("test"))
}

/// The attributes of what is defined, and its name if it has one of its own. Modules are looked up apart.
fn described(item: &Item) -> (&[Attribute], Option<&proc_macro2::Ident>) {
    match item {
        Item::Const(item) => (&item.attrs, Some(&item.ident)),
        Item::Enum(item) => (&item.attrs, Some(&item.ident)),
        Item::Fn(item) => (&item.attrs, Some(&item.sig.ident)),
        Item::Impl(item) => (&item.attrs, None),
        Item::Macro(item) => (&item.attrs, item.ident.as_ref()),
        Item::Mod(item) => (&item.attrs, None),
        Item::Static(item) => (&item.attrs, Some(&item.ident)),
        Item::Struct(item) => (&item.attrs, Some(&item.ident)),
        Item::Trait(item) => (&item.attrs, Some(&item.ident)),
        Item::Type(item) => (&item.attrs, Some(&item.ident)),
        Item::Union(item) => (&item.attrs, Some(&item.ident)),
        Item::Use(item) => (&item.attrs, None),
        _ => (&[], None),
    }
}
