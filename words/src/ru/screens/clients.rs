use super::counted;
use crate::screens::clients::Clients;
use crate::screens::{Counted, Filled};

/// The words in Russian.
pub(crate) const WORDS: Clients = Clients {
    title: "Клиенты",
    new_title: "Новый клиент",
    add: "Добавить клиента",
    add_first: "Добавить первого клиента",
    import: "Загрузить файл",
    export: "Выгрузить",
    empty: "Клиенты — это люди, которым вы пишете. Загрузите их из файла или введите первого.",
    empty_of_others: "Клиентов пока ни у кого нет.",
    search: "Искать в адресах, именах и комментариях",
    in_group: "Группа",
    any_group: "Все группы",
    order: "Порядок",
    by_created: "Как добавлены",
    by_email: "По адресу",
    by_name: "По имени",
    email: "Адрес электронной почты",
    email_help: "Сюда приходят письма.",
    full_name: "Полное имя",
    full_name_help: "По нему обращаются в письмах: {{full_name}}.",
    first_name: "Имя",
    last_name: "Фамилия",
    names_help: "Нужны, только если по полному имени не понять, где что.",
    comment: "Комментарий",
    comment_help: "Только для вас: клиент его не видит.",
    groups: "Группы",
    no_groups: "У вас пока нет групп.",
    added: "Добавлен",
    owner: "Владелец",
    delete: "Удалить клиента",
    delete_said: "Отправленные письма останутся в отчётах. В запланированных рассылках этого клиента больше не будет.",
    count: Counted(|number| counted(number, ["клиент", "клиента", "клиентов"])),
    delete_asks: Filled(|name| format!("Удалить клиента {name}?")),
};
