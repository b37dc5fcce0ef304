//! `export`: what `import` takes.

use crate::support::TestDatabase;
use crate::support::process::{Program, skymailing};
use crate::support::visitor::{ANN, create_ann};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

fn export(database: &TestDatabase, file: &Path, more: &[&str]) -> Program {
    let file = file.to_str().expect("text");
    skymailing(&[&["export", file, "--owner", ANN], more].concat()).set("DATABASE_URL", &database.url)
}

async fn import(database: &TestDatabase, file: &Path) -> String {
    let file = file.to_str().expect("text");
    skymailing(&["import", file, "--owner", ANN]).set("DATABASE_URL", &database.url).succeeds().await
}

#[tokio::test]
async fn what_is_exported_is_imported_elsewhere_as_it_was() {
    let (here, there) = (crate::support::database().await, crate::support::database().await);
    create_ann(&here.url).await;
    create_ann(&there.url).await;
    let dir = tempfile::tempdir().expect("a directory");
    let (shipped, first, second) = (
        Path::new(env!("CARGO_MANIFEST_DIR")).join("demo/clients.csv"),
        dir.path().join("1.csv"),
        dir.path().join("2.csv"),
    );
    import(&here, &shipped).await;

    let told = export(&here, &first, &[]).succeeds().await;
    assert_eq!(told, format!("1000 clients were exported to {}.\n", first.display()));
    let mode = std::fs::metadata(&first).expect("it is there").permissions().mode();
    assert_eq!(mode & 0o777, 0o600, "addresses are nobody else's");
    assert!(import(&there, &first).await.starts_with("1000 rows: 1000 imported"));
    export(&there, &second, &[]).succeeds().await;
    let read = |path: &Path| std::fs::read_to_string(path).expect("text");
    assert_eq!(read(&first), read(&second));

    // As a workbook, into an address book that has nobody.
    let elsewhere = crate::support::database().await;
    create_ann(&elsewhere.url).await;
    let book = dir.path().join("1.xlsx");
    let told = export(&here, &book, &[]).succeeds().await;
    assert_eq!(told, format!("1000 clients were exported to {}.\n", book.display()));
    assert!(std::fs::read(&book).expect("it is there").starts_with(b"PK"));
    assert!(import(&elsewhere, &book).await.starts_with("1000 rows: 1000 imported"));
    export(&elsewhere, &second.with_extension("again.csv"), &["--format", "csv"]).succeeds().await;
    let read = |path: &Path| std::fs::read_to_string(path).expect("text");
    assert_eq!(read(&first), read(&second.with_extension("again.csv")));

    // To standard output, with semicolons, and only some.
    let group = sqlx::query_scalar::<_, String>("select id::text from groups order by name limit 1");
    let group = group.fetch_one(&here.pool).await.expect("a group");
    let some = export(&here, Path::new("-"), &["--semicolons", "--group", &group]).succeeds().await;
    assert!(some.starts_with("\u{feff}\"email\";\"full_name\"") && some.lines().count() < 1_000, "{some:.300}");
    let nobody = export(&here, Path::new("-"), &["--search", "nobody is called so"]).succeeds().await;
    assert_eq!(nobody.lines().count(), 1);
}

#[tokio::test]
async fn what_prevents_an_export_is_said_and_no_file_is_overwritten() {
    let database = crate::support::database().await;
    let dir = tempfile::tempdir().expect("a directory");
    let there = dir.path().join("there.csv");
    std::fs::write(&there, "mine").expect("a file");
    let fresh = dir.path().join("fresh.csv");
    let ended = export(&database, &fresh, &[]).run().await;
    assert!(ended.code == Some(1) && ended.err.contains("error: there is no user ann@example.com"), "{ended:?}");
    create_ann(&database.url).await;
    for (file, error) in
        [(&there, "cannot be written: File exists"), (&dir.path().join("no/x.csv"), "cannot be written")]
    {
        let ended = export(&database, file, &[]).run().await;
        assert!(ended.code == Some(1) && ended.err.contains(error), "{ended:?}");
    }
    assert_eq!(std::fs::read_to_string(&there).expect("text"), "mine");
    assert!(!fresh.exists());
}
