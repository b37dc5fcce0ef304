use crate::shapes::{Page, Purpose};

/// The label of the field for a new password.
pub(crate) const NEW_PASSWORD: &str = "Новый пароль";

/// What a page says.
pub(crate) fn page(purpose: Purpose) -> Page {
    match purpose {
        Purpose::Verify => Page {
            title: "Подтверждение адреса",
            question: "Нажмите кнопку, чтобы подтвердить, что этот адрес ваш.",
            button: "Подтвердить",
            done: "Спасибо, адрес подтверждён. Теперь можно войти.",
        },
        Purpose::Recover => Page {
            title: "Новый пароль",
            question: "Придумайте новый пароль. Все, кто сейчас вошёл в вашу учётную запись, выйдут из неё.",
            button: "Сменить пароль",
            done: "Пароль изменён. Теперь можно войти с новым паролем.",
        },
        Purpose::Email => Page {
            title: "Новый адрес",
            question: "Нажмите кнопку, чтобы с этого момента входить с этим адресом.",
            button: "Подтвердить",
            done: "Теперь у вашей учётной записи этот адрес.",
        },
        Purpose::Sender => Page {
            title: "Подтверждение отправителя",
            question: "Нажмите кнопку, если рассылки могут идти с этого адреса. Если вы об этом не просили, закройте страницу.",
            button: "Подтвердить",
            done: "Адрес подтверждён. Теперь рассылки могут идти с него.",
        },
    }
}
