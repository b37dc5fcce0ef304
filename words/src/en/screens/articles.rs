use super::counted;
use crate::screens::articles::Articles;
use crate::screens::{Counted, Filled};

/// The words in English.
pub(crate) const WORDS: Articles = Articles {
    title: "Articles",
    new_title: "New article",
    write: "Write article",
    write_first: "Write the first article",
    empty: "Articles are what the blog shows to everybody, also to visitors. Write the first one; it stays a draft until you publish it.",
    name: "Title",
    name_help: "The address of the article is made of it, and stays once it was published.",
    status: "Status",
    author: "Author",
    date: "Date",
    views: "Views",
    body: "Text",
    body_help: "In Markdown: # heading, *emphasis*, **strong**, - list, [link](https://example.org), ![picture](address).",
    picture: "Picture",
    picture_now: "The picture of the article",
    image_url: "Address of the picture",
    image_url_help: "It stands above the article and in lists. Give an address that begins with https, or upload a file of your own below. Leave it empty for no picture.",
    file: "Upload a picture",
    file_help: "PNG, JPEG, GIF or WebP, up to 2 MB. What you have typed stays in the form.",
    upload_image: "Upload as the picture of the article",
    upload_body: "Upload and put into the text",
    alt: "what the picture shows",
    no_file: "Choose a file first.",
    save_draft: "Save draft",
    preview: "Preview",
    preview_title: "Preview of the text, which is not saved yet",
    see: "See it as readers do",
    drafted: "Drafted",
    changed: "Last changed",
    publish: "Publish article",
    publish_said: "Everybody can read it then, on the home page, in the blog and in its feed. What is typed and not saved is not part of it.",
    withdraw: "Withdraw article",
    withdraw_said: "Only those who write articles see it then. Its address stays, and you can publish it again.",
    delete: "Delete article",
    delete_said: "It disappears from the blog, and its title is free for another article.",
    count: Counted(|number| counted(number, "article", "articles")),
    publish_asks: Filled(|title| format!("Publish the article “{title}”?")),
    withdraw_asks: Filled(|title| format!("Withdraw the article “{title}”?")),
    delete_asks: Filled(|title| format!("Delete the article “{title}”?")),
    picture_not_shown: Filled(|address| {
        format!("Readers will not see this picture, because its address does not begin with https: {address}")
    }),
};
