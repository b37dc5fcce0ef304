//! Words that mail servers say of everybody, so that they tell nothing of whom a letter went to.

/// English, as nearly all of them speak; short words, what mail is about, and names of codes and programs.
const WORDS: &str = "
    a able about above abuse accept accepted access account accounts action active actual add added address addresses admin
    administrator after again against all allow allowed allows also although always an and another any anymore are as ask at
    attempt attempts authenticated authentication available away back bad banned be because become been before being believe
    below between black blacklist blacklisted block blocked blocklist body both bounce bounced bounces box bulk busy but by can
    cannot change check checks client close closed closing code com command complaint complaints complete config configuration
    configured connect connected connection contact contain contains content continue correct could data day days deactivated dead
    deferred delay delayed delete deleted deliver delivered delivery denied dev did directory disabled discarded disk dkim dmarc dns do
    does doesn doing domain domains don down dsn due during each early ehlo email emails empty enable enabled encountered end enough
    envelope error errors even ever exceed exceeded exceeds exist existing exists expired external fail failed failure fatal few file
    filter final find first follow following for forbidden format found frequently from full further get go gone good got greylist
    greylisted had has have he header headers held hello helo help helpdesk here high higher host hosts hour hours how however http
    https i id if imap in inactive inbox incoming incorrect info information inside instead internal invalid ip ips is issue issues
    it its item job just keep known large last later ldap left less let letter letters like likely limit limited limits line link
    list listed lists local log login long lookup lost low mail mailbox mailboxes mailer mails main maintenance many match
    maximum may mda me message messages minute minutes missing more most move moved mta much must mx my name names need net
    network never new next no nobody non none noreply not nothing now number of off office offline ok old on once one only open
    option or org other our out over own page part password pending per perhaps period permanent permanently permission permitted
    ping please policy poor port possible postmaster problem problems process processing prohibited protocol ptr queue queued quota
    rate rcpt reach reached read reason receive received receiver recipient recipients record refused regards reject rejected
    rejecting relay relayed relaying remote remove removed replied reply report reported reputation request requested required
    resend resources respond response restricted retry return returned right root route router rule rules same say says score
    second seconds section security see seems send sender senders sending sends sent server servers service services session set she
    should sign signature since site size slow smtp so soft some soon sorry source space spam specified spf ssl standard start
    state status still storage stored subject such support suspended suspicious syntax system systems table temp temporarily
    temporary test text than that the their them then there these they this those three through time timed timeout times tls to
    token too transaction transport try trying two type unable unavailable undeliverable unknown unless unreachable unsolicited until
    unusual up upon url us use used user username users uses using valid verification verified verify very via virus visit void
    wait warning was way we web webmaster website were what when where whether which while who whom why will with within without
    word words work working would write written wrong www yes yet you your
    адрес в и на не нет о об от переполнен по почтовый с такой у это ящик
";

/// Whether everybody says this word, in whichever case.
pub(super) fn is_everyday(word: &str) -> bool {
    let word = word.to_lowercase();
    WORDS.split_whitespace().any(|one| one == word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_mail_servers_say_of_everybody_is_everyday_and_names_are_not() {
        for word in ["user", "Mailbox", "UNKNOWN", "a", "is", "info", "не", "Нет", "ЯЩИК"] {
            assert!(is_everyday(word), "{word}");
        }
        for word in ["anna", "petrova", "kim", "bob", "", " ", "user name"] {
            assert!(!is_everyday(word), "{word}");
        }
    }
}
