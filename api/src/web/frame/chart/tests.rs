use super::drawing::{SMALL, WIDE, scale};
use super::*;
use askama::Template as _;
use domain::Language;

fn bars(values: [&[u64]; 2]) -> Bars {
    let columns =
        (0..values[0].len()).map(|day| Column { short: format!("{day}"), whole: format!("day {day}") }).collect();
    let [accepted, rejected] = values.map(<[u64]>::to_vec);
    Bars {
        language: Language::En,
        title: "Letters <by day>".to_owned(),
        over: "Day",
        columns,
        series: vec![
            Series { label: "accepted".to_owned(), class: "part-accepted", values: accepted },
            Series { label: "rejected & gone".to_owned(), class: "part-rejected", values: rejected },
        ],
    }
}

#[test]
fn lines_have_round_numbers_and_begin_at_zero() {
    for (most, scaled) in [
        (0, (1, 1)),
        (1, (1, 1)),
        (5, (5, 1)),
        (6, (6, 2)),
        (10, (10, 2)),
        (11, (15, 5)),
        (26, (30, 10)),
        (99, (100, 20)),
        (1_001, (1_500, 500)),
        (1_234_567, (1_500_000, 500_000)),
    ] {
        assert_eq!(scale(most, 5), scaled, "{most}");
    }
    let (top, step) = scale(u64::MAX / 2, 5);
    assert!(top >= u64::MAX / 2 && top / step <= 5);
}

#[test]
fn bars_are_stacked_on_the_axis() {
    let drawing = bars([&[10, 0], &[10, 20]]).on(&WIDE);
    // From zero to the half, from the half to the top, and a bar that stands on the axis itself.
    let parts: Vec<&str> = drawing.paths.iter().map(|(_, path)| path.as_str()).collect();
    assert_eq!(parts, ["M214 129H262V246H214z", "M214 12H262V129H214zM562 12H610V246H562z"]);
    assert_eq!(drawing.lines[0].number, "0");
    assert_eq!(drawing.lines.last().map(|line| line.number.as_str()), Some("20"));
}

#[test]
fn words_beside_the_bars_stand_apart_and_on_the_sheet() {
    let mut bars = bars([&[1], &[0]]);
    let one = |label: &str| Series { label: label.to_owned(), class: "part-unknown", values: vec![1_000_000, 0] };
    bars.series.extend(["a", "b", "c"].map(one));
    bars.columns.push(Column { short: "1".to_owned(), whole: "day 1".to_owned() });
    bars.series[0].values = vec![1, 1];
    let drawing = bars.on(&WIDE);
    let levels: Vec<f64> = drawing.beside.iter().map(|word| word.y.parse().expect("a number")).collect();
    assert_eq!(levels.len(), 4, "what counts nothing is not told");
    assert!(levels.windows(2).all(|pair| pair[0] - pair[1] >= 19.0), "{levels:?}");
    assert!(levels.iter().all(|level| (12.0..=280.0).contains(level)), "{levels:?}");
}

#[test]
fn a_chart_has_its_table_and_shows_what_is_typed_as_text() {
    let html = bars([&[1_200, 3], &[0, 1]]).draw().render().expect("a chart renders");
    for part in
        ["Letters &#60;by day&#62;", "rejected &#38; gone", "<th scope=\"row\"", "1,200", "1,203", "role=\"img\""]
    {
        assert!(html.contains(part), "{part} is not in {html}");
    }
    assert!(!html.contains("<by day>") && !html.contains("style="));
}

#[test]
fn nothing_is_drawn_without_breaking() {
    let empty = bars([&[], &[]]);
    assert!(empty.is_empty());
    assert!(empty.draw().render().is_ok());
    assert!(bars([&[0, 0], &[0]]).is_empty());
    // A column without a number has none.
    assert_eq!(bars([&[1, 2], &[3]]).on(&SMALL).paths.len(), 2);
}

#[test]
fn words_under_the_axis_do_not_meet() {
    let values = vec![1; 400];
    let drawing = bars([&values, &values]).on(&WIDE);
    assert!(drawing.below.len() <= 8);
    assert!(drawing.pointed.is_empty());
}
