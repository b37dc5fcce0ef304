use super::Russian;
use crate::checks::Finding;
use std::fmt;

impl Russian for Finding {
    fn russian(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Database { version } => write!(f, "база данных отвечает: PostgreSQL {version}"),
            Self::DatabaseAway { reason } => {
                write!(f, "сервис не может работать: {reason}; проверьте DATABASE_URL и запущен ли PostgreSQL")
            }
            Self::Clock => write!(f, "время известно"),
            Self::ClockDoubted { why } => write!(f, "этот процесс не уверен, который час: {why}"),
            Self::Program => write!(f, "рядом не работает версия новее этой"),
            Self::ProgramOlder { why } => write!(f, "этот процесс старее других: {why}"),
            Self::ReadModels { count } => write!(f, "все {count} соответствуют журналу"),
            Self::ReadModelsStopped { names } => write!(
                f,
                "остановились: {names}; возьмите новейшую версию программы, она при запуске попробует снова, или перестройте их",
            ),
            Self::ReadModelsLate { seconds } => {
                write!(f, "отстают от журнала уже {seconds} с; если так и останется, загляните в журнал сервиса")
            }
            Self::Administrators { count } => write!(f, "могут войти: {count}"),
            Self::NoAdministrator => write!(f, "назначать роли некому; есть команда createadmin"),
            Self::TimeZones { version } => write!(f, "версия правил: {version}"),
            Self::TimeZonesOld { version } => {
                write!(f, "их правила устарели: версия {version}; обновите системный пакет tzdata или эту программу")
            }
            Self::Mailings => write!(f, "часовые пояса, по которым они идут, известны"),
            Self::MailingsWithoutZone { mailings, zones } => write!(
                f,
                "столько рассылок не начинаются сами: {mailings}; для их часовых поясов нет правил: {zones}; обновите \
                 системный пакет tzdata, или пусть владельцы выберут другой пояс",
            ),
            Self::Search => write!(f, "клиенты находятся быстро"),
            Self::SearchWaits => {
                write!(f, "клиентов стало много: создаются индексы, которые находят их быстро, это занимает минуты")
            }
            Self::SearchSlow => write!(
                f,
                "поиск просматривает всех клиентов и может быть прерван; пусть администратор базы данных выполнит в ней \
                 `create extension pg_trgm`"
            ),
            Self::MailServers { count } => write!(f, "письма идут; почтовых серверов: {count}"),
            Self::MailServersWait { names } => {
                write!(f, "письма ждут сервера {names}; когда он снова ответит, всё продолжится само")
            }
            Self::NoWorker => {
                write!(
                    f,
                    "ни один процесс, отправляющий письма, не работает; запустите сервис или рабочий процесс (worker)"
                )
            }
        }
    }
}
