use super::Russian;
use crate::rights::Lacking;
use std::fmt;

impl Russian for Lacking {
    fn russian(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Owner => write!(f, "у менеджеров и контент-менеджеров нет своих клиентов, писем и рассылок"),
            Self::Watcher => write!(f, "это доступно менеджерам и администраторам"),
            Self::ArticleWriter => write!(f, "это доступно контент-менеджерам и администраторам"),
            Self::Administrator => write!(f, "это доступно администраторам"),
            Self::Session => write!(f, "этот сеанс только что завершён: войдите снова"),
            Self::Person => write!(f, "для этого нужен сеанс: войдите; токенам API это недоступно"),
        }
    }
}
