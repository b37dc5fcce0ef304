use super::{Ru, Russian, counted};
use crate::import::{
    Bound, Broken, BrokenOff, FieldsTooMany, FileError, Found, Kind, LeftOut, Notable, RowError, TooLarge,
};
use std::fmt;

impl Russian for FileError {
    fn russian(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => {
                write!(f, "файл пуст; его первая строка называет столбцы, например: email,full_name,comment,groups")
            }
            Self::Unsupported { kind } => {
                write!(f, "файл — {}; сохраните его как XLSX или как CSV в UTF-8", Ru(kind))
            }
            Self::Protected => {
                write!(f, "книга защищена паролем; откройте её, снимите пароль и сохраните ещё раз")
            }
            Self::WorkbookBroken => write!(
                f,
                "книга повреждена, и прочесть её не удалось; откройте её в табличном редакторе и сохраните ещё раз \
                 как XLSX или как CSV в UTF-8",
            ),
            Self::WorkbookTooLarge { bound } => {
                write!(f, "в книге больше, чем {}; разделите её или сохраните как CSV в UTF-8", Ru(bound))
            }
            Self::NotUtf8 { found } => write!(f, "файл {}; сохраните его как CSV в UTF-8", Ru(found)),
            Self::HeaderBroken { reason } => {
                write!(f, "первую строку, которая называет столбцы, не удалось прочесть: {}", Ru(reason))
            }
            Self::EmailColumnMissing { found } => {
                write!(
                    f,
                    "первая строка должна называть столбцы, и среди них \"email\"; в ней: {found}; или \
                     укажите, какой это столбец, например map=email=Contact",
                )
            }
            Self::ColumnUnknown { name, found } => write!(f, "столбца {name:?} в первой строке нет; в ней: {found}"),
            Self::MappingInvalid { text } => write!(
                f,
                "{text:?} не говорит, какой столбец что значит; напишите, для каждого один раз, одно из email, \
                 full_name, first_name, middle_name, last_name, comment, groups, consent_at или field: и ключ вашего \
                 поля, затем = и название столбца, например first_name=Vorname",
            ),
            Self::FieldMappedTwice { field, first, second } => {
                write!(f, "для {field} указаны два столбца: {first:?} и {second:?}; назовите один из них")
            }
            Self::ColumnMappedTwice { column, first, second } => {
                write!(f, "столбец {column:?} указан и как {first}, и как {second}; столбец бывает чем-то одним")
            }
            Self::ColumnTwice { first, second, meaning } => {
                write!(
                    f,
                    "столбцы {first:?} и {second:?} значат одно и то же, {meaning}; переименуйте или удалите один",
                )
            }
            Self::FieldUnknown { key, found } if found.is_empty() => {
                write!(f, "у ваших клиентов нет поля {key:?} и нет других; сначала создайте его")
            }
            Self::FieldUnknown { key, found } => {
                write!(
                    f,
                    "у ваших клиентов нет поля {key:?}; есть: {found}; сначала создайте его или назовите одно из них"
                )
            }
        }
    }
}

impl Russian for RowError {
    fn russian(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DuplicateInFile { first, email } => write!(f, "адрес {email} уже есть в строке {first}"),
            Self::TooManyFields { has, columns } => {
                let has = counted(*has as u64, ["поле", "поля", "полей"]);
                let columns = counted(*columns as u64, ["столбец", "столбца", "столбцов"]);
                write!(f, "в строке {has}, а в первой строке файла {columns}; возьмите текст с разделителем в кавычки")
            }
            Self::Group { name, error } => write!(f, "группа {name:?}: {}", Ru(error)),
            Self::Unchanged { email } => {
                write!(f, "{email} уже есть в адресной книге со всем, что сказано в строке; ничего не изменено")
            }
            Self::NotThere { email } => {
                write!(f, "адреса {email} нет в адресной книге, а добавлять никого не нужно было")
            }
            Self::MomentInvalid { value } => write!(
                f,
                "{value:?} не может быть временем согласия: напишите наступивший день, например 2026-05-01, со временем или \
                 без него",
            ),
            Self::QuotesBroken => {
                write!(f, "поле начинается с кавычки и не кончается ею; внутри поля пишите две кавычки вместо одной")
            }
            Self::TooLong { most } => write!(f, "в строке больше {most} КиБ"),
            Self::NotUtf8 => write!(f, "строка не в UTF-8; сохраните файл как CSV в UTF-8"),
            Self::Nul => write!(f, "в строке есть нулевой символ, которого в тексте не бывает"),
        }
    }
}

impl Russian for Notable {
    fn russian(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TakenForEmpty { column, word, cells, line } => {
                let cells = counted(*cells, ["ячейка", "ячейки", "ячеек"]);
                write!(
                    f,
                    "{word:?} в столбце {column} считается пустым значением, начиная со строки {line}, всего {cells}",
                )
            }
            Self::SeveralAddresses { cells, left_out: addresses } => {
                let cells = counted(*cells, ["ячейка", "ячейки", "ячеек"]);
                let left_out = left_out(addresses);
                write!(
                    f,
                    "в столбце email по нескольку адресов в одной ячейке ({cells}), взят первый; пропущены: \
                     {left_out}; чтобы импортировать все, дайте каждому свою строку",
                )
            }
            Self::ColumnIgnored { column } => write!(
                f,
                "столбец {column:?} похож на имя или адрес и не импортируется; если он нужен, укажите, какой \
                 столбец что значит",
            ),
            Self::SheetsIgnored { sheet, others } => write!(
                f,
                "из книги читается лист {sheet:?}; других листов, на которых что-то есть: {others}; чтобы загрузить \
                 и их, сохраните каждый отдельным файлом",
            ),
        }
    }
}

impl Russian for Kind {
    fn russian(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::OldExcel => "книга старого Excel (.xls)",
            Self::BinaryExcel => "двоичная книга Excel (.xlsb)",
            Self::OpenDocument => "таблица OpenDocument (.ods)",
            Self::Numbers => "документ Apple Numbers (.numbers)",
            Self::Archive => "архив, а не книга",
        })
    }
}

impl Russian for Bound {
    fn russian(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { most } => write!(f, "{most} МиБ"),
            Self::Unpacked { most } => write!(f, "{most} МиБ в распакованном виде"),
            Self::Texts { most } => {
                write!(f, "{}", counted(*most, ["разный текст", "разных текста", "разных текстов"]))
            }
            Self::Table { most } => write!(f, "{most} МиБ текста"),
            Self::Cells { most } => write!(f, "{}", counted(*most, ["ячейка", "ячейки", "ячеек"])),
            Self::Rows { most } => write!(f, "{}", counted(*most, ["строка", "строки", "строк"])),
        }
    }
}

impl Russian for Found {
    fn russian(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Utf16 => "в UTF-16",
            Self::Utf16OrNoText => "в UTF-16 или вообще не текст",
            Self::OtherEncoding => "в другой кодировке",
            Self::NoText => "— не текст",
        })
    }
}

impl Russian for Broken {
    fn russian(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Quotes => "название начинается с кавычки и не кончается ею",
            Self::Endless => "она не кончается",
        })
    }
}

fn left_out(LeftOut { addresses, unnamed }: &LeftOut) -> String {
    let named = addresses.iter().map(|(line, address)| format!("{address} (строка {line})"));
    let more = (*unnamed > 0).then(|| format!("и ещё: {unnamed}"));
    named.chain(more).collect::<Vec<_>>().join(", ")
}

impl Russian for TooLarge {
    fn russian(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { most } = self;
        write!(f, "в файле не больше {most} МиБ: разделите его; ничего из него не импортировано")
    }
}

impl Russian for FieldsTooMany {
    fn russian(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { most } = self;
        write!(f, "полей у клиентов может быть не больше {most}: создайте меньше новых или удалите какое-нибудь поле")
    }
}

impl Russian for domain::import::Error {
    fn russian(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotFound => "среди ваших загрузок такой нет",
            Self::AlreadyExists => "эта загрузка уже начата",
            Self::TakenBack => "эта загрузка отменена; загрузите файл заново, чтобы вернуть её клиентов",
        })
    }
}

impl Russian for BrokenOff {
    fn russian(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { error } = self;
        write!(
            f,
            "файл не удалось прочесть до конца: {error}; импортируйте его ещё раз, те клиенты, что уже есть, \
             не помешают",
        )
    }
}
