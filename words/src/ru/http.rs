use super::Russian;
use crate::http::Problem;
use std::fmt;

impl Russian for Problem {
    fn russian(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotJson => write!(f, "тип содержимого запроса — application/json в UTF-8"),
            Self::NotCsv => write!(f, "тип содержимого файла — text/csv или тип книги XLSX"),
            Self::NotAcceptable => write!(
                f,
                "ответы бывают application/graphql-response+json или application/json: примите один из этих видов",
            ),
            Self::Method => write!(f, "запросы приходят по POST или по GET"),
            Self::TooManyFields { most } => {
                write!(f, "в форме может быть не больше {most} полей: выберите за раз меньше")
            }
            Self::FormNotUtf8 => write!(f, "форма должна быть текстом в UTF-8, как и страницы: из неё ничего не взято"),
            Self::FormBroken => write!(
                f,
                "форма пришла не целиком или написана не так, как их пишут браузеры: ничего из неё не сделано; отправьте её ещё раз",
            ),
            Self::CrossSite => {
                write!(f, "запрос пришёл со страницы другого сайта, а она не может действовать от вашего имени")
            }
            Self::BodyBroken { error } => write!(f, "тело запроса оборвалось: {error}"),
            Self::BodySlow { seconds } => write!(
                f,
                "тело запроса не пришло за {seconds} с: отправляйте меньше за раз или по более быстрому каналу",
            ),
            Self::BodyTooLarge { most } => {
                write!(f, "в запросе не больше {most} МиБ в том виде, как он записан в JSON: отправляйте меньше за раз")
            }
            Self::BodyTooLargeForStrangers { most } => {
                write!(f, "пока вход не выполнен, в запросе не больше {most} КиБ: сначала войдите")
            }
            Self::FileTooLarge { most } => {
                write!(f, "в файле не больше {most} МиБ: разделите его; всё, что до этого места, импортировано")
            }
            Self::ImportOptions => write!(
                f,
                "у импорта могут быть mode=add, mode=update или mode=add_and_update, dryRun=true, group=ID, file=ИМЯ, \
                 consent=ТЕКСТ с consentTopic=ID и consentAt=ВРЕМЯ и map=ПОЛЕ=СТОЛБЕЦ для каждого столбца, \
                 чьё название не говорит, что это; с only=true столбцы, которые не названы, ничего не значат",
            ),
            Self::SuppressionOptions => {
                write!(f, "у списка могут быть list=own или list=installation и file=ИМЯ")
            }
            Self::ParameterNotJson { name, error } => write!(f, "параметр {name} — не объект JSON: {error}"),
            Self::BodyNotJson { error } => write!(
                f,
                "тело запроса — не объект JSON с query, operationName, variables и extensions: {error}; \
                 запросы приходят по одному",
            ),
            Self::AnswerTooLong { most } => write!(
                f,
                "ответ был бы длиннее {most} МиБ; запросите страницы короче (first) или меньше текстов за раз",
            ),
            Self::NoAnswer { seconds } => {
                write!(f, "ответа нет уже {seconds} с; изменения могли состояться, проверьте, прежде чем повторять")
            }
            Self::TooManyRequests { seconds } => {
                write!(f, "слишком много ваших запросов выполняется одновременно: попробуйте снова через {seconds} с")
            }
            Self::TooManyLargeRequests { seconds } => {
                write!(f, "сейчас выполняется много больших запросов: попробуйте снова через {seconds} с")
            }
            Self::Unauthenticated => {
                write!(f, "сначала войдите: через sessionCreate, а дальше по cookie или с Authorization: Bearer TOKEN")
            }
            Self::ReadOnly => write!(f, "у этого токена API область READ: менять он ничего не может"),
            Self::InItsOwnWay => write!(f, "запрошенное слишком долго ждёт само себя: запросите меньше за раз"),
            Self::DatabaseSlow => {
                write!(
                    f,
                    "на это базе данных нужно больше времени, чем отводится запросу: запросите меньше за раз или ищите более длинный текст"
                )
            }
            Self::DatabaseAway => {
                write!(f, "база данных не отвечает; ничего не потеряно, попробуйте ещё раз через минуту")
            }
            Self::RowUnreadable { table, column, id, value } => write!(
                f,
                "показать это нельзя: {column} строки {id} в {table} — {value:?}, а такого там быть не может; `skymailing doctor` подскажет тем, кто следит за сервисом, что делать, например перестроить эту часть",
            ),
            Self::RowLeftOut { table, column, id, value } => write!(
                f,
                "одна строка здесь пропущена: {column} строки {id} в {table} — {value:?}, а такого там быть не может; `skymailing doctor` подскажет тем, кто следит за сервисом, что делать, например перестроить эту часть",
            ),
            Self::Internal { request_id } => {
                write!(f, "здесь что-то пошло не так; подробности в журнале сервиса под номером {request_id}")
            }
        }
    }
}
