//! What the documents name is there: where links lead, headings, and source files.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// What is made, and not written.
const MADE: [&str; 4] = [".git", "target", "data", "node_modules"];

/// What a document names as a file is called like this.
const SOURCES: [&str; 3] = [".rs", ".sql", ".graphql"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// All files of the repository, from its root on.
fn files() -> BTreeSet<String> {
    let (mut files, mut folders) = (BTreeSet::new(), vec![root().to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("the folder can be read") {
            let path = entry.expect("an entry").path();
            let made = path.file_name().is_some_and(|name| MADE.iter().any(|made| *made == name));
            if path.is_dir() && !made {
                folders.push(path);
            } else if let Some(name) = path.strip_prefix(root()).ok().and_then(Path::to_str).filter(|_| !made) {
                files.insert(name.to_owned());
            }
        }
    }
    files
}

/// The documents among them.
fn documents(files: &BTreeSet<String>) -> impl Iterator<Item = &String> {
    files.iter().filter(|file| Path::new(file).extension().is_some_and(|end| end == "md"))
}

/// The lines of a document that are no code.
fn prose(document: &str) -> impl Iterator<Item = &str> {
    let mut code = false;
    document.lines().filter(move |line| {
        let fence = line.starts_with("```");
        code ^= fence;
        !code && !fence
    })
}

/// The names under which links lead to the headings of a document.
fn anchors(document: &str) -> BTreeSet<String> {
    let headings = prose(document).filter_map(|line| line.strip_prefix('#'));
    let kept = |heading: &str| {
        let words = heading.trim_start_matches('#').trim().to_lowercase().replace(' ', "-");
        words.chars().filter(|c| c.is_alphanumeric() || "-_".contains(*c)).collect()
    };
    headings.map(kept).collect()
}

/// Where the links of a document lead, except out of the repository.
fn links(document: &str) -> Vec<String> {
    let targets = document.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    targets.filter(|target| !target.contains("://")).map(str::to_owned).collect()
}

/// The path without what leads up and down again.
fn plain(path: &Path) -> PathBuf {
    path.components().fold(PathBuf::new(), |mut plain, part| {
        if part.as_os_str() == ".." {
            plain.pop();
        } else {
            plain.push(part);
        }
        plain
    })
}

#[test]
fn every_link_of_a_document_leads_somewhere() {
    let files = files();
    let (mut checked, mut broken) = (0, Vec::new());
    for document in documents(&files) {
        let text = fs::read_to_string(root().join(document)).expect("a document");
        for link in links(&text) {
            checked += 1;
            let (file, anchor) = link.split_once('#').unwrap_or((&link, ""));
            let target = plain(&Path::new(document).parent().expect("it is in a folder").join(file));
            let target = if file.is_empty() { PathBuf::from(document) } else { target };
            let there = root().join(&target).exists();
            let heading = || fs::read_to_string(root().join(&target)).is_ok_and(|text| anchors(&text).contains(anchor));
            if !there || !anchor.is_empty() && !heading() {
                broken.push(format!("{document}: {link}"));
            }
        }
    }
    assert!(checked > 50, "{checked} links");
    assert!(broken.is_empty(), "{broken:#?}");
}

#[test]
fn every_source_file_that_a_document_names_is_there() {
    let files = files();
    let (mut checked, mut missing) = (0, Vec::new());
    // What changed tells of files that have gone since.
    for document in documents(&files).filter(|document| *document != "CHANGELOG.md") {
        let text = fs::read_to_string(root().join(document)).expect("a document");
        let spans = prose(&text).flat_map(|line| line.split('`').skip(1).step_by(2));
        let named = spans.filter(|span| SOURCES.iter().any(|end| span.ends_with(end)));
        // Not what stands for any of them.
        let any = |name: &str| name.contains([' ', '<', '*']) || name.starts_with('.') || name.contains("NNNN");
        for name in named.filter(|name| !any(name)) {
            checked += 1;
            let tail = format!("/{}", name.trim_start_matches("../"));
            if !files.iter().any(|file| format!("/{file}").ends_with(&tail)) {
                missing.push(format!("{document}: {name}"));
            }
        }
    }
    assert!(checked > 50, "{checked} files");
    assert!(missing.is_empty(), "{missing:#?}");
}
