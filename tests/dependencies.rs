//! What may be in the program, as `deny.toml` has it: licences, where dependencies come from, and what is banned. The same is
//! looked at by `cargo deny`, and what has become known against a dependency only by it (`make audit`); this is for everybody
//! who has it not.

use cargo_metadata::{Metadata, MetadataCommand, Package};
use serde::Deserialize;
use spdx::{Expression, Licensee, ParseMode};
use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

#[derive(Deserialize)]
struct Deny {
    licenses: Licenses,
    bans: Bans,
}

#[derive(Deserialize)]
struct Licenses {
    allow: Vec<String>,
    exceptions: Vec<Exception>,
}

#[derive(Deserialize)]
struct Exception {
    #[serde(rename = "crate")]
    name: String,
    allow: Vec<String>,
}

#[derive(Deserialize)]
struct Bans {
    deny: Vec<Banned>,
}

#[derive(Deserialize)]
struct Banned {
    #[serde(rename = "crate")]
    name: String,
}

fn deny() -> Deny {
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("deny.toml")).expect("it is there");
    toml::from_str(&text).expect("deny.toml can be read")
}

/// All that is built here, without what only other systems need.
fn dependencies() -> Metadata {
    let told = Command::new("rustc").arg("-vV").output().expect("there is a compiler").stdout;
    let told = String::from_utf8_lossy(&told).into_owned();
    let host = told.lines().find_map(|line| line.strip_prefix("host: ")).expect("it says for what it compiles");
    let mut command = MetadataCommand::new();
    command.other_options(["--locked".to_owned(), "--filter-platform".to_owned(), host.to_owned()]);
    command.exec().expect("cargo describes what is built")
}

fn licensees(names: &[String]) -> Vec<Licensee> {
    names.iter().map(|name| Licensee::parse(name).unwrap_or_else(|error| panic!("{name}: {error}"))).collect()
}

/// Whether a package's licences let it be in the program; the reason why not.
fn refused(package: &Package, deny: &Deny) -> Option<String> {
    let written = package.license.as_deref()?;
    let expression = match Expression::parse_mode(written, ParseMode::LAX) {
        Ok(expression) => expression,
        Err(error) => return Some(format!("{}: {written:?} does not read: {error}", package.name)),
    };
    let mut allowed = licensees(&deny.licenses.allow);
    for exception in deny.licenses.exceptions.iter().filter(|exception| exception.name == package.name.as_str()) {
        allowed.extend(licensees(&exception.allow));
    }
    let fits = expression.evaluate(|needed| allowed.iter().any(|licensee| licensee.satisfies(needed)));
    (!fits).then(|| format!("{}: {written} is not allowed in deny.toml", package.name))
}

#[test]
fn every_dependency_has_a_licence_that_is_allowed() {
    let (deny, metadata) = (deny(), dependencies());
    let refused: Vec<String> = metadata.packages.iter().filter_map(|package| refused(package, &deny)).collect();
    assert_eq!(refused, Vec::<String>::new());
    let silent = metadata.packages.iter().filter(|package| package.license.is_none() && package.license_file.is_none());
    assert_eq!(
        silent.map(|package| package.name.as_str()).collect::<Vec<_>>(),
        Vec::<&str>::new(),
        "no licence at all"
    );
    assert!(metadata.packages.len() > 200, "{} packages", metadata.packages.len());
    let named: BTreeSet<&str> = metadata.packages.iter().map(|package| package.name.as_str()).collect();
    for exception in &deny.licenses.exceptions {
        assert!(
            named.contains(exception.name.as_str()),
            "{} is an exception that nobody needs any more",
            exception.name
        );
    }
}

#[test]
fn a_licence_that_is_not_on_the_list_is_found() {
    let (mut deny, metadata) = (deny(), dependencies());
    let mozilla = metadata.packages.iter().find(|package| package.license.as_deref() == Some("MPL-2.0"));
    let mozilla = mozilla.expect("an exception of deny.toml");
    assert_eq!(refused(mozilla, &deny), None);
    deny.licenses.exceptions.clear();
    assert!(refused(mozilla, &deny).is_some_and(|why| why.contains("MPL-2.0")));
}

#[test]
fn every_dependency_comes_from_the_registry_and_none_is_banned() {
    let (deny, metadata) = (deny(), dependencies());
    for package in &metadata.packages {
        let registry = package.source.as_ref().is_none_or(|source| source.repr.starts_with("registry+"));
        assert!(registry, "{} comes from {:?}", package.name, package.source);
        let banned = deny.bans.deny.iter().any(|banned| banned.name == package.name.as_str());
        assert!(!banned, "{} is banned in deny.toml", package.name);
    }
    assert!(!deny.bans.deny.is_empty());
}
