//! Markdown to HTML that is safe in everybody's browser: writers are trusted with words, not with scripts.

use pulldown_cmark::{Options, Parser, html};

/// The HTML of a text in Markdown (`CommonMark` with tables and strikethrough). HTML in the text stays as far as it is
/// harmless; scripts, styles, forms, event handlers and addresses that are none of the web's go.
pub(crate) fn html(markdown: &str) -> String {
    let parser = Parser::new_ext(markdown, Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH);
    let mut rendered = String::with_capacity(markdown.len() * 3 / 2);
    html::push_html(&mut rendered, parser);
    ammonia::clean(&rendered)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markdown_becomes_html() {
        for (markdown, expected) in [
            ("# News\n\nWe *are* **here**.\n", "<h1>News</h1>\n<p>We <em>are</em> <strong>here</strong>.</p>\n"),
            ("1 < 2 & \"so\"", "<p>1 &lt; 2 &amp; \"so\"</p>\n"),
            ("~~old~~ `<b>`", "<p><del>old</del> <code>&lt;b&gt;</code></p>\n"),
            (
                "[us](https://example.org/?a=1&b=2)",
                "<p><a href=\"https://example.org/?a=1&amp;b=2\" rel=\"noopener noreferrer\">us</a></p>\n",
            ),
            (
                "![a cat](https://example.org/cat.jpg)",
                "<p><img src=\"https://example.org/cat.jpg\" alt=\"a cat\"></p>\n",
            ),
        ] {
            assert_eq!(html(markdown), expected);
        }
        assert!(html("|a|b|\n|-|-|\n|1|2|\n").contains("<td>1</td>"));
    }

    #[test]
    fn nothing_in_an_article_runs_in_a_readers_browser() {
        for dangerous in [
            "<script>alert(1)</script>",
            "<img src=x onerror=alert(1)>",
            "[click](javascript:alert(1))",
            "[click](JaVaScRiPt&colon;alert(1))",
            "![x](data:text/html;base64,PHNjcmlwdD4=)",
            "<iframe src=\"https://evil.example\"></iframe>",
            "<form action=\"https://evil.example\"><input name=password></form>",
            "<style>body { background: url(javascript:alert(1)) }</style>",
            "<a href=\"vbscript:x\" style=\"position:fixed\" onclick=\"alert(1)\">x</a>",
            "<svg><script>alert(1)</script></svg>",
            "<math><mtext><style><img src=x onerror=alert(1)></style></mtext></math>",
        ] {
            let html = html(dangerous).to_lowercase();
            for part in [
                "<script",
                "onerror=",
                "onclick=",
                "javascript:",
                "vbscript:",
                "data:",
                "<iframe",
                "<form",
                "<input",
                "<style",
                "style=",
                "<svg",
            ] {
                assert!(!html.contains(part), "{dangerous} gives {html}");
            }
        }
    }
}
