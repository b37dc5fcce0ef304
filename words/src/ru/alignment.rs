use super::Russian;
use domain::alignment::dmarc::Action;
use domain::alignment::spf::MOST_LOOKUPS;
use domain::alignment::{Error, MAX_SELECTORS, NotAligned, What};
use std::fmt;

impl Russian for Error {
    fn russian(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DomainInvalid { domain } => {
                write!(f, "\"{}\" — не домен; напишите его так, как он стоит в адресе после @", domain.escape_debug())
            }
            Self::DomainNotPublic { domain } => {
                write!(f, "\"{}\" — не общедоступный домен: его почтовые записи не найти", domain.escape_debug())
            }
            Self::SelectorInvalid { selector } => write!(
                f,
                "\"{}\" не может быть именем ключа DKIM; в нём буквы, цифры, - и _, через точки",
                selector.escape_debug()
            ),
            Self::SelectorsTooMany { named } => {
                write!(
                    f,
                    "{named} селекторов DKIM — слишком много для одной проверки; назовите не больше {MAX_SELECTORS}"
                )
            }
        }
    }
}

impl Russian for NotAligned {
    fn russian(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "многие почтовые серверы не примут письма с домена {} или сочтут их спамом", self.domain)?;
        for (place, what) in self.found.iter().enumerate() {
            write!(f, "{} {}", if place == 0 { ":" } else { ";" }, what.subject().name())?;
            if let Some(domain) = self.asked_of(what) {
                write!(f, " ({domain})")?;
            }
            f.write_str(": ")?;
            what.russian(f)?;
        }
        Ok(())
    }
}

impl Russian for What {
    #[expect(clippy::too_many_lines, reason = "a sentence for each thing that may be found")]
    fn russian(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoAnswer { name, .. } => {
                write!(f, "служба имён (DNS) не ответила на вопрос о {name}; попробуйте позже")
            }

            Self::SpfElsewhere { domain } => write!(
                f,
                "возвраты идут на {domain}, поэтому почтовые серверы смотрят запись этого домена, а не домена отправителя"
            ),
            Self::SpfGood { lookups } => {
                write!(f, "запись говорит, с каких серверов можно отправлять; запросов: {lookups} из {MOST_LOOKUPS}")
            }
            Self::SpfMissing => write!(
                f,
                "нет записи о том, с каких серверов можно отправлять от имени домена; внесите её и назовите те, с которых уходят письма"
            ),
            Self::SpfSeveral { count } => {
                write!(f, "записей SPF: {count}, а может быть только одна; сделайте из них одну")
            }
            Self::SpfSyntax { domain, term } => write!(
                f,
                "\"{}\" в записи домена {domain} не имеет смысла, поэтому вся запись не действует; исправьте её",
                term.escape_debug()
            ),
            Self::SpfLookups { lookups } => write!(
                f,
                "запись делает слишком много запросов, {lookups} или больше, а можно {MOST_LOOKUPS}, поэтому она не действует; \
                 назовите адреса (ip4, ip6) вместо include, a и mx"
            ),
            Self::SpfLoop { domain } => {
                write!(f, "запись ведёт обратно к {domain}, поэтому она не действует; уберите этот include")
            }
            Self::SpfIncludeMissing { domain } => write!(
                f,
                "запись включает запись домена {domain}, а её там нет, поэтому она не действует; уберите или исправьте это"
            ),
            Self::SpfOpen => write!(
                f,
                "запись позволяет отправлять от имени домена любому серверу в мире; пусть она кончается на ~all или -all"
            ),
            Self::SpfNeutral => write!(
                f,
                "запись не говорит, что делать с письмами с других серверов; пусть она кончается на ~all или -all"
            ),
            Self::SpfNobody => write!(
                f,
                "запись говорит, что от имени домена не отправляет ни один сервер; назовите те, с которых уходят письма"
            ),
            Self::SpfPtr => write!(
                f,
                "в записи есть ptr, это медленно, и некоторые почтовые серверы его пропускают; назовите серверы иначе"
            ),
            Self::SpfPasses { address } => write!(f, "письма уходят с {address}, и запись это разрешает"),
            Self::SpfFails { address } => write!(
                f,
                "письма уходят с {address}, а запись называет их поддельными; укажите этот адрес в ней (ip4, ip6, a, mx или include)"
            ),
            Self::SpfSoftFails { address } => write!(
                f,
                "письма уходят с {address}, а запись говорит, что они могут быть поддельными; укажите этот адрес в ней (ip4, ip6, a, mx или \
                 include)"
            ),
            Self::SpfSaysNothing { address } => write!(
                f,
                "письма уходят с {address}, о котором запись ничего не говорит; укажите этот адрес в ней (ip4, ip6, a, mx или include)"
            ),
            Self::SpfBroken { address } => write!(
                f,
                "для писем с {address} запись считается ошибкой: в ней слишком много того, чего нет, или слишком много почтовых серверов; \
                 назовите вместо этого адреса (ip4, ip6)"
            ),
            Self::SpfUntold { address } => write!(
                f,
                "разрешает ли запись письма с {address}, покажет только само письмо: она зависит от макросов или имён"
            ),

            Self::DkimNotNamed => write!(
                f,
                "никто не сказал, под каким именем (селектором) опубликован ключ DKIM, поэтому его не искали; назовите селектор"
            ),
            Self::DkimGood { selector, algorithm, bits } => {
                write!(f, "ключ {selector} на месте: {algorithm}, бит: {bits}")
            }
            Self::DkimMissing { selector } => {
                write!(f, "ключа {selector} нет; внесите запись, которую даёт тот, кто подписывает письма")
            }
            Self::DkimSeveral { selector, count } => {
                write!(f, "у ключа {selector} слишком много записей: {count}; оставьте одну")
            }
            Self::DkimSyntax { selector, tag } => write!(
                f,
                "в записи ключа {selector} непонятно место \"{}\"; внесите запись такой, какой её дал тот, кто подписывает письма",
                tag.escape_debug()
            ),
            Self::DkimRevoked { selector } => {
                write!(f, "ключ {selector} отозван: в его записи нет ключа; подписывайте другим")
            }
            Self::DkimShort { selector, bits } => write!(
                f,
                "ключ {selector} слишком короткий, подписи им не засчитываются, бит: {bits}; сделайте ключ в 2048 бит"
            ),
            Self::DkimWeak { selector, bits } => {
                write!(f, "ключ {selector} короче, чем следует, бит: {bits}; сделайте ключ в 2048 бит")
            }
            Self::DkimTesting { selector } => write!(
                f,
                "запись ключа {selector} говорит, что DKIM только пробуют (t=y); уберите это, когда всё заработает"
            ),
            Self::DkimHash { selector } => {
                write!(f, "запись ключа {selector} не разрешает sha256 (h=), которым подписываются письма")
            }
            Self::DkimNotMail { selector } => {
                write!(f, "запись ключа {selector} говорит, что он не для почты (s=); внесите подходящую")
            }
            Self::DkimAlgorithm { selector, algorithm } => write!(
                f,
                "ключ {selector} вида \"{}\", которого почтовые серверы не знают; возьмите rsa",
                algorithm.escape_debug()
            ),

            Self::DmarcGood { action: Action::None, domain } => write!(
                f,
                "запись домена {domain} просит ничего не делать с письмами, не прошедшими проверку (p=none), для начала этого достаточно"
            ),
            Self::DmarcGood { action: Action::Quarantine, domain } => {
                write!(f, "запись домена {domain} просит складывать в спам письма, не прошедшие проверку (quarantine)")
            }
            Self::DmarcGood { action: Action::Reject, domain } => {
                write!(f, "запись домена {domain} просит не принимать письма, не прошедшие проверку (reject)")
            }
            Self::DmarcMissing => write!(
                f,
                "нет записи о том, что делать с письмами, не прошедшими проверку; крупные почтовые службы требуют её от тех, кто рассылает"
            ),
            Self::DmarcSeveral { count } => {
                write!(f, "записей DMARC: {count}, поэтому ни одна не действует; оставьте одну")
            }
            Self::DmarcSyntax { tag } => {
                write!(f, "в записи нет верного значения \"{tag}\", поэтому она не действует; исправьте её")
            }

            Self::MxGood { hosts } => write!(f, "почта доходит; почтовых серверов с адресом: {hosts}"),
            Self::DomainUnknown => {
                write!(f, "такого домена нет; проверьте, верно ли он написан и зарегистрирован ли")
            }
            Self::MxMissing => write!(
                f,
                "записи MX нет, и почта идёт на адрес самого домена; внесите её, если почтовый сервер в другом месте"
            ),
            Self::MxNothing => {
                write!(f, "нет ни записи MX, ни адреса: ответы не дойдут, и письма от такого домена часто не принимают")
            }
            Self::MxNull => write!(
                f,
                "домен говорит, что не принимает почту (пустая запись MX), и письма от него часто не принимают; внесите почтовый сервер"
            ),
            Self::MxHostUnknown { host } => {
                write!(f, "у почтового сервера {host} не найти адреса; исправьте имя или уберите его")
            }
            Self::MxHostsUnknown { hosts } => {
                write!(f, "ни у одного из почтовых серверов не найти адреса, почтовых серверов: {hosts}; исправьте их")
            }

            Self::ReturnPathFits { domain } => {
                write!(f, "возвраты идут на {domain}, и он соответствует домену отправителя")
            }
            Self::ReturnPathElsewhere { domain } => write!(
                f,
                "возвраты идут на {domain}, а он не соответствует домену отправителя, поэтому SPF не учитывается в DMARC; \
                 подписывайте письма (DKIM) или направьте возвраты на тот же домен"
            ),
            Self::ReturnPathArrives { domain, host } if domain == host => write!(
                f,
                "почта для {domain} идёт на адрес самого этого домена; проследите, чтобы оттуда она попадала в этот сервис"
            ),
            Self::ReturnPathArrives { domain, host } => write!(
                f,
                "почта для {domain} идёт на почтовый сервер {host}; проследите, чтобы оттуда она попадала в этот сервис"
            ),
            Self::ReturnPathDeaf { domain } => {
                write!(f, "возвраты идут на {domain}, где почту не принимают; внесите там запись MX")
            }
        }
    }
}
