use super::Russian;
use crate::accounts::Problem;
use std::fmt;

impl Russian for Problem {
    fn russian(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Credentials => write!(f, "адрес электронной почты или пароль не подходит"),
            Self::Blocked => write!(f, "учётная запись заблокирована: обратитесь к тем, кто отвечает за этот сервис"),
            Self::NotVerified => write!(
                f,
                "адрес ещё не подтверждён: перейдите по ссылке из письма, которое на него пришло, или \
                 запросите письмо снова",
            ),
            Self::OwnAddressNotVerified => write!(f, "адрес этой учётной записи не подтверждён"),
            Self::PasswordWrong => write!(f, "это не текущий пароль"),
            Self::LinkInvalid => {
                write!(f, "ссылка не работает: она неполная, уже использована или просрочена; запросите новое письмо")
            }
        }
    }
}
