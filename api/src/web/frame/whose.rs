//! Whose page a form was on.
//!
//! People share browsers, and sessions end while somebody types. So every form of a page says whose page it is: what was typed is
//! then neither sent in another account's name nor offered to somebody else who logs in. It is written into pages on their way
//! out, so that no screen can forget it.

use domain::UserId;

/// The field that says it: the id of an account, which is no secret of its holder.
pub(crate) const PAGE_OF: &str = "page-of";

/// How a form begins.
const FORM: &str = "<form ";

/// What a form says that changes something.
const CHANGES: &str = "method=\"post\"";

/// The page with the field in each of its forms that changes something. What people wrote stands in pages as text, in which no form
/// begins and no tag ends.
pub(super) fn signed(html: &str, account: UserId) -> String {
    let mut forms = html.split(FORM);
    let mut signed = String::with_capacity(html.len() + 1024);
    signed.push_str(forms.next().unwrap_or_default());
    for form in forms {
        let (attributes, rest) = form.split_once('>').unwrap_or((form, ""));
        for piece in [FORM, attributes, ">"] {
            signed.push_str(piece);
        }
        if attributes.contains(CHANGES) {
            for piece in ["<input type=\"hidden\" name=\"", PAGE_OF, "\" value=\"", &account.to_string(), "\">"] {
                signed.push_str(piece);
            }
        }
        signed.push_str(rest);
    }
    signed
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn every_form_that_changes_something_says_whose_page_it_is() {
        let account = UserId(Uuid::from_u128(7));
        let field = format!("<input type=\"hidden\" name=\"page-of\" value=\"{account}\">");
        let html = "<p>1 &#62; 0</p><form method=\"post\" action=\"/a\" data-x=\"&#62;\"><b>x</b></form>\
                    <form method=\"get\"><i></i></form><form id=\"b\" class=\"c\" method=\"post\">y</form>";
        let expected = html.replacen("&#62;\"><b>", &format!("&#62;\">{field}<b>"), 1);
        let expected = expected.replacen(">y<", &format!(">{field}y<"), 1);
        assert_eq!(signed(html, account), expected);
        assert_eq!(signed("<p>no form</p>", account), "<p>no form</p>");
    }
}
