//! Somebody else's verifier, to which the records of keys are handed over: nothing asks DNS.

use mail_auth::common::parse::TxtRecordParser as _;
use mail_auth::common::verify::DomainKey;
use mail_auth::hickory_resolver::config::{ResolverConfig, ResolverOpts};
use mail_auth::{AuthenticatedMessage, DkimResult, MessageAuthenticator, Parameters, ResolverCache, Txt};
use std::borrow::Borrow;
use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Arc;
use std::time::Instant;

/// Names of records, each with a dot at its end, and their keys.
#[derive(Default)]
pub(super) struct Published(HashMap<Box<str>, Txt>);

impl Published {
    pub(super) fn add(&mut self, name: &str, record: &str) {
        let key = DomainKey::parse(record.as_bytes()).expect("the record can be read");
        self.0.insert(format!("{name}.").into(), Txt::DomainKey(Arc::new(key)));
    }

    /// The signatures of a letter, in their order: domain and selector of each that is right, and nothing for one that is not.
    pub(super) async fn verify(&self, letter: &[u8]) -> Vec<Option<(String, String)>> {
        let nobody = ResolverConfig::from_parts(None, Vec::new(), Vec::new());
        let verifier = MessageAuthenticator::new(nobody, ResolverOpts::default()).expect("a resolver that asks nobody");
        let letter = AuthenticatedMessage::parse(letter).expect("it is a letter");
        let results = verifier.verify_dkim(Parameters::new(&letter).with_txt_cache(self)).await;
        let of = |result: &mail_auth::DkimOutput<'_>| {
            let signature = result.signature().filter(|_| matches!(result.result(), DkimResult::Pass))?;
            Some((signature.d.clone(), signature.s.clone()))
        };
        results.iter().map(of).collect()
    }
}

impl ResolverCache<Box<str>, Txt> for Published {
    fn get<Q>(&self, name: &Q) -> Option<Txt>
    where
        Box<str>: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        self.0.get(name).cloned()
    }

    fn remove<Q>(&self, _: &Q) -> Option<Txt>
    where
        Box<str>: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        None
    }

    fn insert(&self, _: Box<str>, _: Txt, _: Instant) {}
}
