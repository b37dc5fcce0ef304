//! A due mailing whose letters many mail servers would refuse does not start, where whoever runs the service wants it so.
//!
//! Nobody waits for the name service here. While it is asked about a domain, the mailings that are from it are left alone, and all
//! others start.

use crate::context::Context;
use crate::error::EngineError;
use domain::Language;
use domain::alignment::{self, Domain, NotAligned, Returns};
use projections::mailings::Mailing;
use projections::senders::{Sender, domains};
use std::collections::{BTreeSet, HashMap};
use uuid::Uuid;
use words::Sentence as _;

/// What is not well with the domain that a mailing's letters are from.
pub(super) enum Aligned {
    /// Nobody knows yet.
    Asked,
    /// This is bad.
    Bad(NotAligned),
}

impl Context {
    /// What is not well with the domains that letters of these mailings are from, by the mailings' ids. Whoever is not among them may
    /// start.
    pub(super) async fn not_aligned(
        &self,
        due: &[Mailing],
        senders: &HashMap<Uuid, Sender>,
    ) -> Result<HashMap<Uuid, Aligned>, EngineError> {
        let Some(records) = &self.settings.records else { return Ok(HashMap::new()) };
        let returns = self.settings.returns.as_ref().map(|paths| Returns::to(&paths.domain, None));
        let own = Domain::parse(&self.settings.sender.domain()).ok();
        let from = |mailing: &Mailing| match mailing.sender_id {
            // Of one that nobody else may know there is nothing to be told.
            Some(id) => senders.get(&id).and_then(|sender| Domain::parse(&sender.domain).ok()),
            None => own.clone(),
        };
        let from: Vec<(Uuid, Domain)> = due.iter().filter_map(|mailing| Some((mailing.id, from(mailing)?))).collect();
        let names: BTreeSet<String> = from.iter().map(|(_, domain)| domain.to_string()).collect();
        let names: Vec<String> = names.into_iter().collect();
        if names.is_empty() {
            return Ok(HashMap::new());
        }
        let mut selectors: HashMap<String, Vec<String>> = HashMap::new();
        for (domain, selector) in domains::signing(self.pool(), &names).await? {
            selectors.entry(domain).or_default().push(selector);
        }
        let aligned = |domain: Domain| {
            let keys = selectors.get(domain.as_str()).map(Vec::as_slice).unwrap_or_default();
            let sender = alignment::Sender::signed(domain, keys).returning(returns.as_ref());
            match records.of(&sender) {
                None => Some(Aligned::Asked),
                Some(findings) => NotAligned::of(&sender, &findings).map(Aligned::Bad),
            }
        };
        Ok(from.into_iter().filter_map(|(mailing, domain)| Some((mailing, aligned(domain)?))).collect())
    }
}

/// Why a mailing is stopped, and what its owner can do.
pub(super) fn reason(found: &NotAligned) -> String {
    format!("{}; have this corrected, or name another sender, and resume the mailing", found.told(Language::En))
}
