use super::*;

/// What a reader finds: each record's line with its fields, or with why it cannot be read.
type Found = Vec<(u64, Result<Vec<String>, Malformed>)>;

async fn read(text: &[u8], delimiter: u8) -> Found {
    let mut reader = Reader::new(text).await.expect("memory can be read");
    reader.set_delimiter(delimiter);
    let mut found = Found::new();
    loop {
        let line = reader.line();
        match reader.next().await.expect("memory can be read") {
            None => break,
            Some(record) => found.push((line, record.map(|record| record.fields().map(str::to_owned).collect()))),
        }
    }
    assert_eq!(reader.bytes(), text.len() as u64, "all of it was read");
    found
}

async fn fields(text: &str) -> Vec<Vec<String>> {
    let records = read(text.as_bytes(), b',').await;
    records.into_iter().map(|(_, record)| record.expect("a record")).collect()
}

#[tokio::test]
async fn fields_are_what_a_person_sees_in_the_cells() {
    for (text, expected) in [
        ("a,b", vec![vec!["a", "b"]]),
        ("a,b\n", vec![vec!["a", "b"]]),
        ("a,\n", vec![vec!["a", ""]]),
        (",", vec![vec!["", ""]]),
        ("\"a,b\",c", vec![vec!["a,b", "c"]]),
        ("\"a\"\"b\"\"\"", vec![vec!["a\"b\""]]),
        ("\"\",x", vec![vec!["", "x"]]),
        ("  a b  ,\t\" c \" \n", vec![vec!["a b", "c"]]),
        ("\"a\r\nb\rc\nd\",e", vec![vec!["a\nb\nc\nd", "e"]]),
        ("5\" disk,x", vec![vec!["5\" disk", "x"]]),
        ("a\nb\r\nc\rd", vec![vec!["a"], vec!["b"], vec!["c"], vec!["d"]]),
        ("a\n\nb", vec![vec!["a"], vec![""], vec!["b"]]),
        ("ж,\"ü\"", vec![vec!["ж", "ü"]]),
    ] {
        assert_eq!(fields(text).await, expected, "{text:?}");
    }
}

#[tokio::test]
async fn lines_are_counted_as_an_editor_counts_them() {
    for line_break in ["\n", "\r\n", "\r"] {
        let text = ["a", "\"b", "c", "d\"", "", "e"].join(line_break);
        let lines: Vec<u64> = read(text.as_bytes(), b',').await.into_iter().map(|(line, _)| line).collect();
        assert_eq!(lines, [1, 2, 5, 6], "{text:?}");
    }
}

#[tokio::test]
async fn a_broken_record_costs_its_line_and_not_those_behind_it() {
    for (line, reason) in [
        (b"\"open,b".as_slice(), Malformed::Quotes),
        (b"\"a\" b,c", Malformed::Quotes),
        (b"a,\xff", Malformed::NotUtf8),
        (b"a,\0", Malformed::Nul),
        // The halves of one character.
        (b"\xc3,\xa9", Malformed::NotUtf8),
    ] {
        let text = [b"before\n".as_slice(), line, b"\r\nnext,\"x, y\"\nlast"].concat();
        let expected: Found = vec![
            (1, Ok(vec!["before".into()])),
            (2, Err(reason)),
            (3, Ok(vec!["next".into(), "x, y".into()])),
            (4, Ok(vec!["last".into()])),
        ];
        assert_eq!(read(&text, b',').await, expected, "{line:?}");
    }
}

#[tokio::test]
async fn a_record_without_end_costs_no_more_than_the_limit() {
    let garbage = "x".repeat(1024 * 1024);
    for begin in ["", "\"", "a,\"", "\"\"\"\","] {
        let text = format!("before\n{begin}{garbage}\nnext\n");
        let found = read(text.as_bytes(), b',').await;
        assert_eq!(found[1], (2, Err(Malformed::TooLong)), "{begin:?}");
        assert_eq!(found[2], (3, Ok(vec!["next".into()])), "{begin:?}");
        assert_eq!(found.len(), 3, "{begin:?}");
    }
}

#[tokio::test]
async fn a_record_of_just_the_limit_is_read() {
    for (length, fits) in [(MAX_RECORD - 1, true), (MAX_RECORD, false)] {
        let text = format!("{}\nnext", "x".repeat(length));
        let found = read(text.as_bytes(), b',').await;
        assert_eq!(found[0].1.is_ok(), fits, "{length}");
        assert_eq!(found.last().expect("two").1, Ok(vec!["next".into()]), "{length}");
    }
}

#[tokio::test]
async fn it_does_not_matter_where_blocks_end() {
    let tail = "\r\n\"q\"\"r\r\ns\" ,ж\r\r\n\"t\" u\nlast";
    for padding in BLOCK - tail.len() - 3..BLOCK + 3 {
        let found = read(format!("{}{tail}", "x".repeat(padding)).as_bytes(), b',').await;
        let expected: Found = vec![
            (2, Ok(vec!["q\"r\ns".into(), "ж".into()])),
            (4, Ok(vec![String::new()])),
            (5, Err(Malformed::Quotes)),
            (6, Ok(vec!["last".into()])),
        ];
        assert_eq!(found[1..], expected, "{padding}");
    }
}

/// The law behind [`it_does_not_matter_where_blocks_end`], for every text of up to six of the bytes that matter.
#[test]
fn what_follows_never_changes_what_is_known_of_a_record() {
    let mut texts: Vec<Vec<u8>> = vec![vec![]];
    for length in 1..=6 {
        let longer = |text: &Vec<u8>| b"a\",\r\n ".map(|byte| [text.as_slice(), &[byte]].concat());
        let known = texts.iter().filter(|text| text.len() == length - 1).flat_map(longer).collect::<Vec<_>>();
        texts.extend(known);
    }
    let parse = |text: &[u8], at_end| {
        let mut record = Record::default();
        record.parse(text, b',', at_end).map(|parsed| (parsed, record.text, record.ends))
    };
    for text in texts {
        let (parsed, ..) = parse(&text, true).expect("at the end everything is known");
        if let Ok(extent) = parsed {
            assert!(extent.bytes <= text.len() && (extent.bytes > 0 || text.is_empty()), "{text:?}");
        }
        for cut in 0..text.len() {
            if let Some((early, fields, ends)) = parse(&text[..cut], false) {
                let (late, late_fields, late_ends) = parse(&text, true).expect("known");
                assert_eq!(early, late, "{text:?} at {cut}");
                assert!(early.is_err() || (fields, ends) == (late_fields, late_ends), "{text:?} at {cut}");
            }
        }
    }
}
