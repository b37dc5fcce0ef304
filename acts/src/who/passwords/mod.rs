//! Passwords: judged by how hard they are to guess, and hashed with argon2id, off the threads that answer requests, a few
//! at a time.

use crate::refusal::{Fault, Problem, Refused};
use argon2::password_hash::rand_core::OsRng;
use argon2::password_hash::{self, PasswordHash, SaltString};
use argon2::{Argon2, PasswordHasher, PasswordVerifier};
use domain::{Code, UserId};
use eventstore::StoreError;
use secrecy::{ExposeSecret, SecretString};
use sqlx::{PgExecutor, PgPool};
use std::sync::LazyLock;
use zxcvbn::feedback::Feedback;
use zxcvbn::{Score, zxcvbn};

mod hashing;
mod normal;

pub use hashing::Hashing;
pub(crate) use hashing::Turn;

/// The shortest password, in characters of its normal form.
pub const MIN_LENGTH: usize = 10;

/// The longest password, in bytes of its normal form: hashing reads all of it.
pub const MAX_LENGTH: usize = 1_024;

/// The longest form of one, in bytes: with letters apart from their marks it has a few times as many.
const LONGEST_FORM: usize = 4 * MAX_LENGTH;

/// Nobody's password. Verifying against it takes as long as against somebody's.
static NOBODYS: LazyLock<Option<String>> = LazyLock::new(|| hash_now(&SecretString::from("nobody's")).ok());

/// What is wrong with it as a password of somebody of whom this is known: their address and name. The first thing that
/// others try is what they know.
pub(crate) async fn problem(
    turn: Turn,
    password: &SecretString,
    known: &[&str],
) -> Result<(Turn, Option<Problem>), Fault> {
    let password = normal::normal(password);
    if let Err(problem) = fits(&password) {
        return Ok((turn, Some(problem)));
    }
    let known: Vec<String> = known.iter().flat_map(|text| guesses(&normal::normal_text(text))).collect();
    turn.work(move || weakness(&password, &known)).await
}

/// A text and the words that it is made of.
fn guesses(text: &str) -> Vec<String> {
    let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| word.chars().count() > 2);
    words.chain([text]).map(str::to_owned).collect()
}

fn weakness(password: &SecretString, known: &[String]) -> Option<Problem> {
    let known: Vec<&str> = known.iter().map(String::as_str).chain(["skymailing"]).collect();
    let judged = zxcvbn(password.expose_secret(), &known);
    if judged.score() >= Score::Three {
        return None;
    }
    let feedback = judged.feedback();
    let warning = feedback.and_then(Feedback::warning);
    let suggestions = feedback.map(Feedback::suggestions).unwrap_or_default().to_vec();
    Some(Problem::new(Code::PasswordWeak, &["password"], words::passwords::Weak { warning, suggestions }))
}

fn fits(password: &SecretString) -> Result<(), Problem> {
    let password = password.expose_secret();
    if password.chars().count() < MIN_LENGTH {
        Err(Problem::new(
            Code::PasswordTooShort,
            &["password"],
            words::passwords::Problem::TooShort { least: MIN_LENGTH },
        ))
    } else if password.len() > MAX_LENGTH {
        Err(Problem::new(Code::PasswordTooLong, &["password"], words::passwords::Problem::TooLong { most: MAX_LENGTH }))
    } else if password.chars().any(normal::is_no_part_of_a_password) {
        Err(Problem::new(Code::PasswordControlCharacter, &["password"], words::passwords::Problem::ControlCharacter))
    } else {
        Ok(())
    }
}

/// What is kept of a password.
pub(crate) struct Hash(String);

/// Hashes a password that nothing is wrong with.
pub(crate) async fn hash(turn: Turn, password: SecretString) -> Result<Hash, Fault> {
    let (_, hash) = turn.work(move || hash_now(&normal::normal(&password))).await?;
    Ok(Hash(hash?))
}

/// Stores the user's password, or a new one.
pub(crate) async fn store(executor: impl PgExecutor<'_>, user: UserId, hash: Hash) -> Result<(), StoreError> {
    sqlx::query!(
        "insert into credentials (user_id, password_hash, changed_at) values ($1, $2, now())
         on conflict (user_id) do update set password_hash = excluded.password_hash, changed_at = excluded.changed_at",
        user.0,
        hash.0,
    )
    .execute(executor)
    .await?;
    Ok(())
}

/// Forgets the user's password.
pub(crate) async fn forget(pool: &PgPool, user: UserId) -> Result<(), StoreError> {
    sqlx::query!("delete from credentials where user_id = $1", user.0).execute(pool).await?;
    Ok(())
}

/// That somebody has shown the password that an account had when they were asked for it.
pub(crate) struct Shown(Hash);

impl Shown {
    /// The stored password that was shown, to see whether it is still the account's.
    pub(crate) fn hash(&self) -> &str {
        &self.0.0
    }
}

/// Whether it is the user's password. Of somebody who is not there none is right, which takes as long to find out.
///
/// A password that was hashed as it was typed, before there was a normal form, is right in that form too, and is hashed anew.
/// All of that is done in one turn.
pub(crate) async fn verify(
    pool: &PgPool,
    turn: Turn,
    user: UserId,
    password: SecretString,
) -> Result<Option<Shown>, Refused> {
    let stored = sqlx::query_scalar!("select password_hash from credentials where user_id = $1", user.0)
        .fetch_optional(pool)
        .await?;
    let work = move || {
        // Not longer than one that could be stored: hashing reads all of it.
        let forms = normal::forms(&password);
        let fits = forms.iter().all(|form| form.expose_secret().len() <= LONGEST_FORM)
            && forms.first().is_some_and(|normal| normal.expose_secret().len() <= MAX_LENGTH);
        let hash = stored.as_ref().filter(|_| fits).or(NOBODYS.as_ref());
        let right = hash.and_then(|hash| forms.iter().position(|form| is_right(hash, form)));
        let anew = right.filter(|form| *form > 0 && fits).and_then(|_| hash_now(forms.first()?).ok());
        let shown = stored.filter(|_| right.is_some() && fits);
        (shown, anew)
    };
    let (shown, anew) = turn.work(work).await?.1;
    let Some(hash) = shown else { return Ok(None) };
    let hash = match anew {
        Some(anew) => replace(pool, user, hash, anew).await?,
        None => hash,
    };
    Ok(Some(Shown(Hash(hash))))
}

/// The hash that is stored by now: the new one, unless the password was changed meanwhile.
async fn replace(pool: &PgPool, user: UserId, old: String, new: String) -> Result<String, StoreError> {
    let done = sqlx::query!(
        "update credentials set password_hash = $3 where user_id = $1 and password_hash = $2",
        user.0,
        old,
        new,
    )
    .execute(pool)
    .await?;
    Ok(if done.rows_affected() == 1 { new } else { old })
}

fn hash_now(password: &SecretString) -> Result<String, password_hash::Error> {
    let salt = SaltString::generate(&mut OsRng);
    Ok(Argon2::default().hash_password(password.expose_secret().as_bytes(), &salt)?.to_string())
}

fn is_right(hash: &str, password: &SecretString) -> bool {
    PasswordHash::new(hash)
        .and_then(|hash| Argon2::default().verify_password(password.expose_secret().as_bytes(), &hash))
        .is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_right_only_for_its_own_hash() {
        let password = SecretString::from("correct horse");
        let hash = hash_now(&password).unwrap();

        assert!(hash.starts_with("$argon2id$"));
        assert!(is_right(&hash, &password));
        assert!(!is_right(&hash, &SecretString::from("correct horsf")));
        assert!(!is_right("no hash at all", &password));
    }

    #[test]
    fn a_password_is_neither_short_nor_endless() {
        for (password, code) in [
            ("123456789".to_owned(), Some("PASSWORD_TOO_SHORT")),
            ("1234567890".to_owned(), None),
            ("пароль из слов".to_owned(), None),
            // Ten characters for whoever typed them are five by now.
            ("и\u{306}".repeat(5), Some("PASSWORD_TOO_SHORT")),
            ("и\u{306}".repeat(512), None),
            ("и\u{306}".repeat(513), Some("PASSWORD_TOO_LONG")),
            ("x".repeat(MAX_LENGTH), None),
            ("x".repeat(MAX_LENGTH + 1), Some("PASSWORD_TOO_LONG")),
            ("correct\thorse".to_owned(), Some("PASSWORD_CONTROL_CHARACTER")),
            ("correct horse\n".to_owned(), Some("PASSWORD_CONTROL_CHARACTER")),
            ("correct\0horse".to_owned(), Some("PASSWORD_CONTROL_CHARACTER")),
            ("correct\u{7f}horse".to_owned(), Some("PASSWORD_CONTROL_CHARACTER")),
            ("correct\u{85}horse".to_owned(), Some("PASSWORD_CONTROL_CHARACTER")),
            ("correct\u{2028}horse".to_owned(), Some("PASSWORD_CONTROL_CHARACTER")),
            ("correct\u{a0}horse 👩\u{200d}🔬".to_owned(), None),
        ] {
            let problem = fits(&normal::normal(&SecretString::from(password.clone()))).err();
            assert_eq!(problem.map(|problem| problem.code.as_str()), code, "{password}");
        }
    }

    /// What is wrong with it, for somebody of whom this is known.
    async fn judged(password: SecretString, known: &[&str]) -> Option<Problem> {
        let hashing = Hashing::default();
        let turn = hashing.turn(hashing.asker(None).unwrap()).await.unwrap();
        problem(turn, &password, known).await.unwrap().1
    }

    #[tokio::test]
    async fn what_is_easy_to_guess_is_refused_with_advice() {
        for (password, advice) in [
            ("1234567890", Some("This is a top-100 common password.")),
            ("aaaaaaaaaaaa", Some("Repeats like \"aaa\" are easy to guess.")),
            ("qwertyuiop", Some("common password")),
            ("petrova2001", Some("Add another word or two.")),
            ("petrova@example.org", Some("Add another word or two.")),
            ("correct horse battery", None),
            ("пароль из слов", None),
        ] {
            let known = ["petrova@example.org", "Anna Petrova"];
            let problem = judged(SecretString::from(password), &known).await;
            match (problem, advice) {
                (Some(problem), Some(advice)) => {
                    assert_eq!(problem.code, Code::PasswordWeak);
                    assert!(problem.to_string().contains(advice), "{password}: {problem}");
                }
                (problem, advice) => assert_eq!((problem, advice), (None, None)),
            }
        }
        // Fine for others, and not for those who are called so.
        let password = SecretString::from("Zwetelina Grigorowa");
        assert_eq!(judged(password.clone(), &["a@example.org"]).await, None);
        assert!(judged(password, &["a@example.org", "Zwetelina Grigorowa"]).await.is_some());
    }
}
