//! Somebody else's verifier, to which the public keys are handed over: nothing asks DNS.

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

    /// What becomes of each signature of a letter, in their order: whether it is right.
    pub(super) fn verify(&self, letter: &[u8]) -> Vec<bool> {
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("there is a runtime");
        runtime.block_on(async {
            let nobody = ResolverConfig::from_parts(None, Vec::new(), Vec::new());
            let verifier =
                MessageAuthenticator::new(nobody, ResolverOpts::default()).expect("a resolver that asks nobody");
            let letter = AuthenticatedMessage::parse(letter).expect("it is a letter");
            let results = verifier.verify_dkim(Parameters::new(&letter).with_txt_cache(self)).await;
            results.iter().map(|result| matches!(result.result(), DkimResult::Pass)).collect()
        })
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
