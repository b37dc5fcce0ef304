//! Articles as those see them who write.

use super::screen;

screen! {
    /// The words of the list of all articles and of the editor.
    Articles in articles {
        texts {
            title, new_title, write, write_first, empty, name, name_help, status, author, date, views, body,
            body_help, picture, picture_now, image_url, image_url_help, file, file_help, upload_image,
            upload_body, alt, no_file, save_draft, preview, preview_title, see, drafted, changed, publish,
            publish_said, withdraw, withdraw_said, delete, delete_said,
        }
        counted { count }
        filled { publish_asks, withdraw_asks, delete_asks, picture_not_shown }
    }
}
