//! The arrows between the crates are as drawn.

use cargo_metadata::{DependencyKind, MetadataCommand};
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

/// What must never reach the domain: it is pure.
const IMPURE: [&str; 6] = ["sqlx", "axum", "lettre", "rand", "tracing", "postgres-es"];

#[test]
fn crates_depend_on_each_other_only_as_drawn() {
    let metadata = MetadataCommand::new().no_deps().exec().expect("cargo describes the workspace");
    let members: BTreeMap<&str, BTreeSet<&str>> = metadata
        .workspace_packages()
        .into_iter()
        .map(|package| {
            let normal = package.dependencies.iter().filter(|dependency| dependency.kind == DependencyKind::Normal);
            (package.name.as_str(), normal.map(|dependency| dependency.name.as_str()).collect())
        })
        .collect();
    let drawn: BTreeSet<&str> = ARROWS.iter().map(|(name, _)| *name).collect();
    assert_eq!(members.keys().copied().collect::<BTreeSet<_>>(), drawn, "a crate is missing from the drawing");
    for (name, allowed) in ARROWS {
        let seen: BTreeSet<&str> = members[name].intersection(&drawn).copied().collect();
        let allowed: BTreeSet<&str> = allowed.iter().copied().collect();
        assert!(seen.is_subset(&allowed), "{name} sees {seen:?}, but may see only {allowed:?}");
    }
}

#[test]
fn the_domain_stays_pure() {
    let metadata = MetadataCommand::new().no_deps().exec().expect("cargo describes the workspace");
    let packages = metadata.workspace_packages();
    let domain = packages.iter().find(|package| package.name.as_str() == "domain").expect("there is a domain");
    for dependency in &domain.dependencies {
        assert!(
            dependency.kind != DependencyKind::Normal || !IMPURE.contains(&dependency.name.as_str()),
            "the domain must not see {}",
            dependency.name
        );
    }
}
