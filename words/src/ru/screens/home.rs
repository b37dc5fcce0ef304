use crate::ru::plural;
use crate::screens::Counted;
use crate::screens::home::Home;

/// The words in Russian.
pub(crate) const WORDS: Home = Home {
    page: "Рассылки с отчётом о каждом письме",
    title: "Рассылки, в которых известна судьба каждого письма",
    what: "SkyMailing вовремя отправляет письма вашим клиентам — каждому ровно одно, что бы ни случилось в пути. Сервис хранит ответ почтового сервера на каждое письмо, поэтому вы всегда покажете, кто, что и когда получил.",
    register: "Создать учётную запись",
    numbers: "Сервис в цифрах",
    from_the_blog: "Из блога",
    all_articles: "Все статьи",
    mailings: Counted(|number| plural(number, "рассылка", "рассылки", "рассылок").to_owned()),
    running: Counted(|number| {
        plural(number, "рассылка идёт сейчас", "рассылки идут сейчас", "рассылок идут сейчас").to_owned()
    }),
    recipients: Counted(|number| plural(number, "получатель", "получателя", "получателей").to_owned()),
};
