//! Passwords: hashed with argon2id, off the threads that answer requests, a few at a time.

use crate::refused::Problem;
use argon2::password_hash::rand_core::OsRng;
use argon2::password_hash::{self, PasswordHash, SaltString};
use argon2::{Argon2, PasswordHasher, PasswordVerifier};
use domain::UserId;
use eventstore::StoreError;
use secrecy::{ExposeSecret, SecretString};
use sqlx::PgPool;
use std::sync::LazyLock;
use tokio::sync::Semaphore;

/// The shortest password, in characters.
pub const MIN_LENGTH: usize = 10;

/// The longest password, in bytes: hashing reads all of it.
pub const MAX_LENGTH: usize = 1_024;

/// Each hash takes 19 MiB and a core for tens of milliseconds.
static HASHING: Semaphore = Semaphore::const_new(2);

/// Nobody's password. Verifying against it takes as long as against somebody's.
static NOBODYS: LazyLock<Option<String>> = LazyLock::new(|| hash_now(&SecretString::from("nobody's")).ok());

/// Whether it may become somebody's password.
pub fn check(password: &SecretString) -> Result<(), Problem> {
    let password = password.expose_secret();
    if password.chars().count() < MIN_LENGTH {
        let message = format!("a password has at least {MIN_LENGTH} characters");
        Err(Problem::new("PASSWORD_TOO_SHORT", &["password"], message))
    } else if password.len() > MAX_LENGTH {
        let message = format!("a password has at most {MAX_LENGTH} bytes");
        Err(Problem::new("PASSWORD_TOO_LONG", &["password"], message))
    } else {
        Ok(())
    }
}

/// Stores the user's password, or a new one.
pub async fn store(pool: &PgPool, user: UserId, password: SecretString) -> Result<(), StoreError> {
    let hash = on_a_blocking_thread(move || hash_now(&password)).await?.map_err(|error| {
        // Cannot happen with the default parameters; sqlx's error type has a place for what is no fault of PostgreSQL's.
        StoreError::Database(sqlx::Error::Encode(error.to_string().into()))
    })?;
    sqlx::query!(
        "insert into credentials (user_id, password_hash, changed_at) values ($1, $2, now())
         on conflict (user_id) do update set password_hash = excluded.password_hash, changed_at = excluded.changed_at",
        user.0,
        hash,
    )
    .execute(pool)
    .await?;
    Ok(())
}

/// Forgets the user's password.
pub(crate) async fn forget(pool: &PgPool, user: UserId) -> Result<(), StoreError> {
    sqlx::query!("delete from credentials where user_id = $1", user.0).execute(pool).await?;
    Ok(())
}

/// Whether it is the user's password. `None`, somebody who is not there, takes as long and is never right.
pub(crate) async fn verify(pool: &PgPool, user: Option<UserId>, password: SecretString) -> Result<bool, StoreError> {
    let stored = sqlx::query_scalar!(
        "select password_hash from credentials where user_id = $1",
        user.map_or_else(Default::default, |user| user.0),
    )
    .fetch_optional(pool)
    .await?;
    on_a_blocking_thread(move || {
        // Not longer than one that could be stored: hashing reads all of it.
        let fits = password.expose_secret().len() <= MAX_LENGTH;
        let hash = stored.as_ref().filter(|_| fits).or(NOBODYS.as_ref());
        let right = hash.is_some_and(|hash| is_right(hash, &password));
        right && stored.is_some() && fits
    })
    .await
}

async fn on_a_blocking_thread<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, StoreError> {
    // The semaphore is never closed.
    let _permit = HASHING.acquire().await;
    Ok(tokio::task::spawn_blocking(work).await?)
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
            ("x".repeat(MAX_LENGTH), None),
            ("x".repeat(MAX_LENGTH + 1), Some("PASSWORD_TOO_LONG")),
        ] {
            let problem = check(&SecretString::from(password.clone())).err();
            assert_eq!(problem.map(|problem| problem.code), code, "{password}");
        }
    }
}
