use super::counted;
use crate::screens::Counted;
use crate::screens::blog::Blog;

/// The words in Russian.
pub(crate) const WORDS: Blog = Blog {
    title: "Блог",
    write: "Написать статью",
    feed: "Лента RSS",
    feed_title: "SkyMailing: блог",
    feed_description: "Новости о рассылках и о сервисе, который их отправляет.",
    empty: "Здесь сервис рассказывает новости. Пока ничего не опубликовано.",
    not_public: "Эту статью видят только авторы: она не опубликована.",
    views: Counted(|number| counted(number, ["просмотр", "просмотра", "просмотров"])),
};
