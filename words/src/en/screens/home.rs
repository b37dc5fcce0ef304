use crate::screens::Counted;
use crate::screens::home::Home;

/// The words in English.
pub(crate) const WORDS: Home = Home {
    page: "Mailings with proof",
    title: "Mailings that you can prove",
    what: "SkyMailing sends your letters to your clients on time, one to each of them, whatever happens on the way. It keeps what the mail server answered to every single letter, so that you can show afterwards who got what, and when.",
    register: "Create an account",
    numbers: "The service in numbers",
    from_the_blog: "From the blog",
    all_articles: "All articles",
    mailings: Counted(|number| if number == 1 { "mailing".to_owned() } else { "mailings".to_owned() }),
    running: Counted(|number| {
        if number == 1 { "mailing is running now".to_owned() } else { "mailings are running now".to_owned() }
    }),
    recipients: Counted(|number| if number == 1 { "recipient".to_owned() } else { "recipients".to_owned() }),
};
