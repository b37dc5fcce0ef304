//! Letters: the list, and what can be done with one of them.

use super::screen;

screen! {
    /// The words of the list of letters, and of the questions about one.
    Messages in messages {
        texts {
            title, write, write_first, empty, empty_of_others, search, whose, all, own, shared_ones,
            subject, author, you, somebody, written_as, in_markdown, in_text, in_html, revision, changed, size,
            edit, preview, preview_and_test, revisions, plan, share, unshare, delete,
            share_said, unshare_said, delete_said, delete_used, delete_shared, happened,
        }
        counted { count, more_mailings }
        filled { share_asks, unshare_asks, delete_asks }
    }
}
