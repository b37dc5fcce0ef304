use super::counted;
use crate::screens::groups::Groups;
use crate::screens::{Counted, Filled};

/// The words in Russian.
pub(crate) const WORDS: Groups = Groups {
    title: "Группы",
    new_title: "Новая группа",
    add: "Добавить группу",
    add_first: "Добавить первую группу",
    empty: "Группа — это клиенты, которые получают одни и те же письма, например читатели вашей рассылки новостей. Рассылку можно отправить любым группам.",
    empty_of_others: "Групп пока ни у кого нет.",
    search: "Искать в названиях",
    name: "Название",
    name_help: "Его видите только вы. Двух групп с одним названием у вас быть не может.",
    size: "Клиенты",
    created: "Создана",
    owner: "Владелец",
    rename: "Переименовать группу",
    delete: "Удалить группу",
    delete_said: "Её клиенты останутся в адресной книге, прошлые отчёты не изменятся.",
    delete_of_mailings: "Кто должен был получить рассылку только через эту группу, её не получит.",
    members: "Клиенты группы",
    add_clients: "Добавить клиентов",
    import: "Загрузить файл в группу",
    empty_group: "В этой группе пока никого нет. Добавьте клиентов из адресной книги или загрузите их из файла.",
    empty_group_of_others: "В этой группе никого нет.",
    choose_all: "Выбрать всех на этой странице",
    take_out: "Убрать из группы",
    search_clients: "Искать в адресах, именах и комментариях",
    add_chosen: "Добавить отмеченных",
    nobody_left: "Все ваши клиенты уже в этой группе.",
    no_clients: "В адресной книге пока никого нет. Загрузите клиентов из файла или введите первого.",
    add_client: "Добавить клиента",
    nothing_chosen: "Сначала отметьте в списке хотя бы одного клиента.",
    email: "Адрес электронной почты",
    full_name: "Полное имя",
    comment: "Комментарий",
    pick_help: "Здесь клиенты, которых в группе ещё нет.",
    count: Counted(|number| counted(number, ["группа", "группы", "групп"])),
    members_count: Counted(|number| counted(number, ["клиент", "клиента", "клиентов"])),
    add_all: Counted(|number| {
        format!("Добавить всех найденных: {}", counted(number, ["клиент", "клиента", "клиентов"]))
    }),
    taken_out: Counted(|number| format!("Из группы убрано: {}.", counted(number, ["клиент", "клиента", "клиентов"]))),
    joined: Counted(|number| format!("В группу добавлено: {}.", counted(number, ["клиент", "клиента", "клиентов"]))),
    remaining: Counted(|number| {
        format!("Ещё не добавлено: {}. Добавьте и остальных.", counted(number, ["клиент", "клиента", "клиентов"]))
    }),
    delete_asks: Filled(|name| format!("Удалить группу {name}?")),
    add_title: Filled(|name| format!("Добавить клиентов в группу {name}")),
};
