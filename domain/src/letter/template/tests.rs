use super::*;
use crate::{Code, Refusal as _};
use proptest::prelude::*;

const ANNA: MergeFields<'_> = MergeFields {
    full_name: "Anna Maria Petrova",
    first_name: "",
    last_name: "",
    email: "anna@example.com",
    comment: "since 2019",
    unsubscribe_url: "https://news.example.org/u/abc",
    custom: &[],
};

fn template(text: &str) -> Template {
    Template::parse(Part::Text, text).expect("a template")
}

fn html(text: &str) -> Template {
    Template::parse(Part::Html, text).expect("a template")
}

#[test]
fn every_field_is_filled_in() {
    for (text, rendered) in [
        ("Dear {{full_name}},", "Dear Anna Maria Petrova,"),
        ("Dear {{first_name}},", "Dear Anna,"),
        ("{{email}}", "anna@example.com"),
        ("{{email}}{{email}}", "anna@example.comanna@example.com"),
        ("({{comment}})", "(since 2019)"),
        ("Leave: {{unsubscribe_url}}", "Leave: https://news.example.org/u/abc"),
        ("{{  full_name\n}}", "Anna Maria Petrova"),
        ("{{full_name|friend}}", "Anna Maria Petrova"),
        ("no fields", "no fields"),
        ("", ""),
    ] {
        assert_eq!(template(text).render(&ANNA).as_deref(), Ok(rendered), "{text}");
    }
}

#[test]
fn a_template_tells_its_fields() {
    let template = template("{{email}} \\{{comment}} {{first_name|friend}} {{email|}}");
    let fields: Vec<_> = template.fields().collect();
    assert_eq!(fields, [("email", ""), ("first_name", "friend"), ("email", "")]);
    let values: Vec<_> = ANNA.values().collect();
    assert_eq!(values[1..4], [("first_name", "Anna"), ("last_name", ""), ("email", "anna@example.com")]);
}

#[test]
fn a_first_and_a_last_name_of_their_own_are_what_a_letter_says() {
    for (full_name, first_name, last_name, rendered) in [
        ("Петрова Анна Сергеевна", "Анна", "Петрова", "Анна/Петрова"),
        ("Nguyễn Thị Lan", "Lan", "Nguyễn", "Lan/Nguyễn"),
        ("Dr. Karin Beck", "Karin", "Beck", "Karin/Beck"),
        ("Anna Maria Petrova", " Anna Maria ", "", "Anna Maria/friend"),
        ("Anna Petrova", "", "Petrova", "Anna/Petrova"),
        ("", "", "Beck", "friend/Beck"),
    ] {
        let fields = MergeFields { full_name, first_name, last_name, ..MergeFields::default() };
        let rendered_text = template("{{first_name|friend}}/{{last_name|friend}}").render(&fields);
        assert_eq!(rendered_text.as_deref(), Ok(rendered), "{full_name}");
    }
}

#[test]
fn a_fallback_stands_in_for_an_empty_value() {
    let nobody = MergeFields { full_name: " \n", ..MergeFields::default() };
    for (text, rendered) in [
        ("Dear {{full_name|friend}}!", "Dear friend!"),
        ("Dear {{ first_name | dear friend }}!", "Dear dear friend!"),
        ("Dear {{first_name}}!", "Dear !"),
        ("{{comment|a|b}}", "a|b"),
        ("{{comment|}}", ""),
    ] {
        assert_eq!(template(text).render(&nobody).as_deref(), Ok(rendered), "{text}");
    }
}

#[test]
fn braces_that_are_no_fields_stay() {
    for text in ["@media print { p { color: red }}", "{ {email} }", "}}", "{", "a\\b", "\\{"] {
        assert_eq!(template(text).render(&ANNA).as_deref(), Ok(text));
    }
    assert_eq!(
        template("write \\{{email}} for {{email}}").render(&ANNA).as_deref(),
        Ok("write {{email}} for anna@example.com")
    );
}

#[test]
fn an_unknown_field_is_refused_where_it_is() {
    for (text, name) in
        [("Hi\n{{ fullname }}", "fullname"), ("\n{{Email}}", "Email"), ("\n{{}}", ""), ("\n{{a b|c}}", "a b")]
    {
        let error = Template::parse(Part::Text, text).expect_err("unknown");
        assert_eq!(error.code(), Code::MergeFieldUnknown);
        assert_eq!(error, TemplateError::UnknownField { name: name.to_owned(), line: 2, own: vec![] });
    }
}

fn key(text: &str) -> Key {
    Key::parse(text).expect("a key")
}

#[test]
fn a_field_of_the_owners_own_is_filled_in_where_it_stands_as_others_are() {
    let keys = [key("city"), key("город")].into();
    let custom = [(key("age"), "18".to_owned()), (key("city"), " Sør & <Oslo> ".to_owned())];
    let fields = MergeFields { custom: &custom, ..ANNA };
    for (part, text, rendered) in [
        (Part::Text, "From {{city}}, {{ город | там }}", "From Sør & <Oslo>, там"),
        (Part::Text, "{{город}}!", "!"),
        (Part::Text, "https://example.org/?c={{city}}", "https://example.org/?c=S%C3%B8r%20%26%20%3COslo%3E"),
        (Part::Text, "{{city|url}}", "S%C3%B8r%20%26%20%3COslo%3E"),
        (Part::Html, "<p title='{{city}}'>", "<p title='Sør &amp; &lt;Oslo&gt;'>"),
        (Part::Html, "<a href='/?c={{city}}'>", "<a href='/?c=S%C3%B8r%20%26%20%3COslo%3E'>"),
        (Part::Html, "<a href='/?c={{город|Ås}}'>", "<a href='/?c=%C3%85s'>"),
        (Part::Subject, "News\n{{city|your town}}", "News Sør & <Oslo>"),
        (Part::Subject, "{{город|default: 'your town'}}", "your town"),
    ] {
        let template = Template::parse_with(part, text, Known::These(&keys)).expect(text);
        assert_eq!(template.render(&fields).as_deref(), Ok(rendered), "{text}");
        assert_eq!(Template::stored(part, text).map(|stored| stored.segments), Ok(template.segments), "{text}");
    }
    let template = Template::stored(Part::Text, "{{city}} {{email}} {{age|x}} {{city}}").expect("it was taken");
    assert_eq!(template.custom_fields().map(Key::as_str).collect::<Vec<_>>(), ["city", "age", "city"]);
    assert_eq!(template.fields().nth(2), Some(("age", "x")));
    assert_eq!(fields.values().last(), Some(("city", "Sør & <Oslo>")));
}

#[test]
fn a_text_names_the_fields_of_its_owner_and_no_others() {
    let keys = [key("city"), key("age")].into();
    let own = vec!["age".to_owned(), "city".to_owned()];
    for (text, name) in [("{{town}}", "town"), ("{{City}}", "City"), ("{{my city|x}}", "my city"), ("{{}}", "")] {
        let error = Template::parse_with(Part::Text, text, Known::These(&keys)).expect_err("unknown");
        assert_eq!(error, TemplateError::UnknownField { name: name.to_owned(), line: 1, own: own.clone() });
        assert_eq!(Template::stored(Part::Text, text).is_ok(), name == "town", "{text}");
    }
    assert!(Template::parse(Part::Text, "{{city}}").is_err());
    let error = Template::parse_with(Part::Html, "<p onclick='{{city}}'>", Known::These(&keys));
    assert_eq!(error, Err(TemplateError::InProgram { name: "city".to_owned(), line: 1 }));
}

#[test]
fn a_field_of_the_owners_own_without_a_fallback_is_bare() {
    let bare = Template::bare_fields(Part::Text, "{{city|there}} {{age}} {{email}}");
    assert_eq!(bare, [("age".to_owned(), 15), ("email".to_owned(), 23)]);
}

#[test]
fn an_unclosed_field_is_refused_where_it_opens() {
    for text in
        ["Dear {{full_name", "Dear {{full_name}", "Dear {{full_name and {{email}}", "Dear {{full_name|{{email}}}}"]
    {
        let error = Template::parse(Part::Text, text).expect_err("unclosed");
        assert_eq!(error.code(), Code::MergeFieldUnclosed);
        let TemplateError::Unclosed { text, line: 1 } = error else { panic!("{error}") };
        assert!(text.starts_with("full_name"), "{text}");
    }
}

#[test]
fn a_refusal_stays_short() {
    let error = Template::parse(Part::Text, &format!("{{{{{}", "x".repeat(100_000))).expect_err("unclosed");
    let TemplateError::Unclosed { text, .. } = error else { panic!("{error}") };
    assert!(text.chars().count() < 50, "{text}");
}

#[test]
fn values_are_escaped_in_html_and_the_authors_own_html_is_not() {
    let fields = MergeFields { full_name: "<b>\"Tom\" & 'Jerry'</b>", ..MergeFields::default() };
    assert_eq!(
        html("<p title=\"{{full_name}}\">{{comment|<i>none</i>}}</p>").render(&fields).as_deref(),
        Ok("<p title=\"&lt;b&gt;&quot;Tom&quot; &amp; &#39;Jerry&#39;&lt;/b&gt;\"><i>none</i></p>")
    );
}

const ODD: MergeFields<'_> = MergeFields {
    full_name: "Ann & Co #1",
    first_name: "",
    last_name: "",
    email: "ann+tag@example.org",
    comment: "\" onmouseover=alert(1) javascript:alert(1)",
    unsubscribe_url: "https://example.org/u/a-b?c=d&e=f",
    custom: &[],
};

#[test]
fn values_in_addresses_of_html_are_percent_encoded() {
    for (text, rendered) in [
        (
            "<a href=\"https://example.org/?email={{email}}&amp;name={{full_name}}\">{{full_name}}</a>",
            "<a href=\"https://example.org/?email=ann%2Btag%40example.org&amp;name=Ann%20%26%20Co%20%231\">\
             Ann &amp; Co #1</a>",
        ),
        ("<a href='/clients/{{full_name}}/'>", "<a href='/clients/Ann%20%26%20Co%20%231/'>"),
        ("<a href=/?n={{full_name}} x>", "<a href=/?n=Ann%20%26%20Co%20%231 x>"),
        (
            "<a href='mailto:{{email}}?subject={{full_name}}'>",
            "<a href='mailto:ann%2Btag@example.org?subject=Ann%20%26%20Co%20%231'>",
        ),
        (
            "<img src='https://example.org/{{email|raw}}.png'>",
            "<img src='https://example.org/ann+tag@example.org.png'>",
        ),
        ("<p title='{{email|url}}'>{{email|url}}", "<p title='ann%2Btag%40example.org'>ann%2Btag%40example.org"),
        ("<p title={{full_name}}>", "<p title=Ann&#32;&#38;&#32;Co&#32;&#35;1>"),
        // Whatever the filter, HTML is not written by clients.
        ("<a href='/?a={{comment|raw}}'>", "<a href='/?a=&quot; onmouseover=alert(1) javascript:alert(1)'>"),
        ("<p>{{full_name|raw}}</p>", "<p>Ann &amp; Co #1</p>"),
    ] {
        assert_eq!(html(text).render(&ODD).as_deref(), Ok(rendered), "{text}");
    }
}

#[test]
fn the_address_to_leave_by_stands_as_it_is_wherever_it_stands() {
    let url = "https://example.org/u/a-b?c=d&amp;e=f";
    for (text, rendered) in [
        ("<a href=\"{{unsubscribe_url}}\">", format!("<a href=\"{url}\">")),
        ("<a href='{{ unsubscribe_url | raw }}'>", format!("<a href='{url}'>")),
        ("<a href='{{unsubscribe_url|url}}'>", format!("<a href='{url}'>")),
        ("<a href='/?to={{unsubscribe_url}}'>", format!("<a href='/?to={url}'>")),
        ("<p>{{unsubscribe_url}}</p>", format!("<p>{url}</p>")),
        (
            "<a href={{unsubscribe_url}}>",
            "<a href=https&#58;&#47;&#47;example&#46;org&#47;u&#47;a&#45;b&#63;c&#61;d&#38;e&#61;f>".to_owned(),
        ),
    ] {
        assert_eq!(html(text).render(&ODD), Ok(rendered), "{text}");
    }
    for text in ["{{unsubscribe_url}}", "{{unsubscribe_url|url}}", "{{ unsubscribe_url | raw }}"] {
        assert_eq!(template(text).render(&ODD).as_deref(), Ok("https://example.org/u/a-b?c=d&e=f"), "{text}");
    }
    let linked = template("https://example.net/?to={{unsubscribe_url}}").render(&ODD);
    assert_eq!(linked.as_deref(), Ok("https://example.net/?to=https://example.org/u/a-b?c=d&e=f"));
    let nobody = template("{{unsubscribe_url|https://example.org/leave}}").render(&MergeFields::default());
    assert_eq!(nobody.as_deref(), Ok("https://example.org/leave"));
}

#[test]
fn the_address_to_leave_by_tells_nobody_where_nobody_sees_it() {
    for (text, tells) in [
        ("<a href='{{unsubscribe_url}}'>", true),
        ("<p>{{unsubscribe_url}}</p>", true),
        ("<!-- x --><p>{{unsubscribe_url}}</p>", true),
        ("<!--[if mso]><a href='{{unsubscribe_url}}'><![endif]-->", true),
        ("<!-- {{unsubscribe_url}} --><p>Hi</p>", false),
        ("<style>/* {{unsubscribe_url}} */</style>", false),
        ("<title>{{unsubscribe_url}}</title>", false),
        ("<p>{{full_name}}</p>", false),
    ] {
        assert_eq!(html(text).asks_to_leave(), tells, "{text}");
    }
    assert!(template("<!-- {{unsubscribe_url}}").asks_to_leave());
}

#[test]
fn no_new_subject_has_a_link_that_nobody_can_press() {
    let error = Template::parse(Part::Subject, "News\n{{ unsubscribe_url }}").expect_err("a link");
    assert_eq!(error.code(), Code::MergeFieldInSubject);
    assert_eq!(error, TemplateError::InSubject { name: "unsubscribe_url", line: 2 });
    assert!(Template::parse(Part::Subject, "\\{{unsubscribe_url}}").is_ok());
}

#[test]
fn an_address_that_is_all_in_a_field_leads_to_a_page_and_runs_nothing() {
    for (comment, text, rendered) in [
        ("https://example.org/?a=b&c=d", "<a href=\"{{comment}}\">", "<a href=\"https://example.org/?a=b&amp;c=d\">"),
        ("https://example.org/?a=b&c=d", "<a href={{comment}}>", "<a href=https://example.org/?a=b&amp;c=d>"),
        ("javascript:alert(1)", "<a href='{{comment}}'>", "<a href='javascript%3Aalert%281%29'>"),
        ("javascript:alert(1)", "<a href='{{comment|raw}}'>", "<a href='javascript%3Aalert%281%29'>"),
        ("script:alert(1)", "<a href='java{{comment|raw}}'>", "<a href='javascript%3Aalert%281%29'>"),
        (
            "');alert('",
            "<a href=\"javascript:f('{{comment|raw}}')\">",
            "<a href=\"javascript:f('%2527%2529%253Balert%2528%2527')\">",
        ),
        ("", "<a href='{{comment|https://example.org/}}'>", "<a href='https://example.org/'>"),
        ("", "<a href='{{comment|/page?a=b&amp;c=d}}'>", "<a href='/page?a=b&amp;c=d'>"),
        (
            "https://example.org/a.png');color:red",
            "<p style=\"background: url('{{comment}}')\">",
            "<p style=\"background: url('https://example.org/a.png%27%29;color:red')\">",
        ),
        (
            "javascript:alert(1)",
            "<meta http-equiv=refresh content='0; url={{comment}}'>",
            "<meta http-equiv=refresh content='0; url=javascript%3Aalert%281%29'>",
        ),
    ] {
        let fields = MergeFields { comment, ..ODD };
        assert_eq!(html(text).render(&fields).as_deref(), Ok(rendered), "{comment} {text}");
    }
}

#[test]
fn values_in_addresses_of_a_text_are_percent_encoded_and_beside_them_they_are_not() {
    for (text, rendered) in [
        (
            "Dear {{full_name}}, see https://example.org/?email={{email}}&name={{full_name}}!",
            "Dear Ann & Co #1, see https://example.org/?email=ann%2Btag%40example.org&name=Ann%20%26%20Co%20%231!",
        ),
        ("https://example.org/ {{email}}", "https://example.org/ ann+tag@example.org"),
        ("https://example.org/?e={{email|raw}}", "https://example.org/?e=ann+tag@example.org"),
        ("mailto:{{email}}", "mailto:ann%2Btag@example.org"),
        ("{{email}} {{email|url}}", "ann+tag@example.org ann%2Btag%40example.org"),
    ] {
        assert_eq!(template(text).render(&ODD).as_deref(), Ok(rendered), "{text}");
    }
    let subject = Template::parse(Part::Subject, "https://example.org/?e={{email}}").expect("a template");
    assert_eq!(subject.render(&ODD).as_deref(), Ok("https://example.org/?e=ann+tag@example.org"));
}

#[test]
fn addresses_in_styles_and_of_the_next_page_are_addresses() {
    for (text, rendered) in [
        (
            "<p style=\"background: url('/?e={{email}}')\">",
            "<p style=\"background: url('/?e=ann%2Btag%40example.org')\">",
        ),
        (
            "<style>p { background: url(/?e={{email}}) }</style>{{email}}",
            "<style>p { background: url(/?e=ann%2Btag%40example.org) }</style>ann+tag@example.org",
        ),
        (
            "<meta http-equiv='refresh' content='5; url=/?n={{full_name}}'><p>{{full_name}}",
            "<meta http-equiv='refresh' content='5; url=/?n=Ann%20%26%20Co%20%231'><p>Ann &amp; Co #1",
        ),
    ] {
        assert_eq!(html(text).render(&ODD).as_deref(), Ok(rendered), "{text}");
    }
}

#[test]
fn no_new_letter_has_a_field_in_a_program_and_an_old_one_goes_on_as_before() {
    for text in [
        "<p>\n<a onclick=\"f('{{first_name}}')\">",
        "<p>\n<script>f('{{first_name}}')</script>",
        "<p>\n<iframe srcdoc='{{first_name|raw}}'></iframe>",
    ] {
        let error = Template::parse(Part::Html, text).expect_err("a program");
        assert_eq!(error.code(), Code::MergeFieldInProgram);
        assert_eq!(error, TemplateError::InProgram { name: "first_name".to_owned(), line: 2 });
        let old = Template::stored(Part::Html, text).expect("it was written").render(&ODD).expect("a letter");
        assert!(old.contains("Ann") && !old.contains("{{"), "{old}");
        assert!(Template::parse(Part::Text, text).is_ok(), "a text runs nothing");
    }
    assert!(
        Template::parse(Part::Html, "<script type=\"application/ld+json\">{\"a\": \"{{email}}\"}</script>").is_ok()
    );
}

#[test]
fn a_fallback_in_an_address_stands_for_a_value() {
    let nobody = MergeFields::default();
    for (text, rendered) in [
        ("<a href='/?n={{first_name|dear friend}}'>", "<a href='/?n=dear%20friend'>"),
        ("<a href='/?n={{first_name|Ann &amp; Co}}'>", "<a href='/?n=Ann%20%26%20Co'>"),
        ("<a href='/?n={{first_name|dear friend|raw}}'>", "<a href='/?n=dear friend'>"),
        ("<p>{{first_name | default: '<i>friend</i>'}}", "<p><i>friend</i>"),
    ] {
        assert_eq!(html(text).render(&nobody).as_deref(), Ok(rendered), "{text}");
    }
    assert_eq!(
        template("{{first_name | default: 'friend'}} https://example.org/{{first_name|dear friend}}")
            .render(&nobody)
            .as_deref(),
        Ok("friend https://example.org/dear%20friend")
    );
}

#[test]
fn a_filter_of_another_language_is_refused_in_a_new_letter_and_is_a_fallback_in_an_old_one() {
    let error = Template::parse(Part::Text, "Dear\n{{ first_name | capitalize }},").expect_err("no such filter");
    assert_eq!(error.code(), Code::MergeFilterUnknown);
    let (name, filter) = ("first_name".to_owned(), "capitalize".to_owned());
    assert_eq!(error, TemplateError::UnknownFilter { name, filter, line: 2 });
    let error = Template::parse(Part::Text, "{{first_name|default}}").expect_err("no default");
    assert_eq!(error, TemplateError::DefaultMissing { name: "first_name".to_owned(), line: 1 });
    let old = Template::stored(Part::Text, "Dear {{ first_name | capitalize }},").expect("it was written");
    assert_eq!(old.render(&MergeFields::default()).as_deref(), Ok("Dear capitalize,"));
    let old = Template::stored(Part::Text, "Dear {{ first_name | default: 'friend' }},").expect("it was written");
    assert_eq!(old.render(&MergeFields::default()).as_deref(), Ok("Dear friend,"));
}

#[test]
fn a_value_is_not_expanded_again() {
    let fields =
        MergeFields { full_name: "{{email}}", email: "{{full_name}}", comment: "\\{{", ..MergeFields::default() };
    assert_eq!(
        template("{{full_name}} {{email}} {{comment}}").render(&fields).as_deref(),
        Ok("{{email}} {{full_name}} \\{{")
    );
}

#[test]
fn a_value_cannot_break_out_of_a_line() {
    let fields = MergeFields { comment: "a\r\nBcc: all@example.com\u{2028}b\0", ..MergeFields::default() };
    assert_eq!(
        Template::parse(Part::Subject, "News\n{{comment}}!").expect("a template").render(&fields).as_deref(),
        Ok("News a Bcc: all@example.com b !")
    );
}

proptest! {
    #[test]
    fn no_text_makes_parsing_panic(text in "([{}|\\\\\n ]|email|\\PC){0,40}") {
        for part in Part::ALL {
            let _ = Template::parse(part, &text).map(|template| template.render(&ANNA));
            let _ = Template::stored(part, &text).map(|template| template.render(&ANNA));
        }
    }

    #[test]
    fn text_without_opening_braces_is_rendered_as_it_is(text in "[^{]*") {
        prop_assert_eq!(template(&text).render(&ANNA), Ok(text));
    }

    #[test]
    fn escaping_the_opening_braces_makes_any_text_literal(text in "([{}|\\\\]|email|\\PC){0,40}") {
        let escaped = text.replace("{{", "\\{{");
        // Three braces in a row leave an opening behind that was not there before.
        prop_assume!(!text.contains("{{{") && !text.contains("\\{{"));
        prop_assert_eq!(template(&escaped).render(&ANNA), Ok(text));
    }
}
