//! The service itself: whether it is well, what waits in it, and with which settings it runs.

use crate::failure::Failure;
use crate::graphql::kit::context::Ask;
use crate::graphql::kit::scalars::Long;
use crate::options;
use acts::system;
use async_graphql::{Context, Description, Enum, Object, SimpleObject};
use std::sync::Arc;
use words::Sentence;

/// What a check of the service looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "system::Subject")]
enum ServiceSubject {
    /// The check looks at the database, and whether it can be written to.
    Database,
    /// The check looks at whether the process knows the time.
    Clock,
    /// The check looks at whether the program is the newest of those at work.
    Program,
    /// The check looks at whether the read models show what the log holds.
    ReadModels,
    /// The check looks at whether somebody can grant roles.
    Administrators,
    /// The check looks at which rules of time zones are used.
    TimeZones,
    /// The check looks at whether all mailings can start by themselves.
    Mailings,
    /// The check looks at whether clients are found quickly among many.
    Search,
    /// The check looks at whether letters go out.
    MailServers,
}

/// What one check of the service found.
#[derive(SimpleObject)]
struct ServiceCheck {
    /// What the check looked at.
    subject: ServiceSubject,
    /// Whether nobody has to do anything about it.
    well: bool,
    /// A sentence that says what was found, and what to do if it is not well, in the viewer's language.
    message: String,
}

/// Where the value of a setting came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "options::SettingSource")]
enum SettingSource {
    /// Nobody set it, so the usual value counts.
    Default,
    /// It was set in the environment, or in the file `.env`.
    Environment,
    /// It was set by a flag of the command line.
    Flag,
}

/// A setting of the process that answers, as it is in effect.
#[derive(SimpleObject)]
struct Setting {
    /// The name of the environment variable.
    name: String,
    /// The value in effect, in which passwords are masked; empty if there is none.
    value: String,
    /// Where the value came from.
    source: SettingSource,
}

/// What waits in the service, of all owners together.
#[derive(SimpleObject)]
struct ServiceQueues {
    /// How many letters of the service itself have no outcome yet: letters with links, notices to the holders of
    /// accounts, and test letters.
    notices: Long,
    /// How many runs have the status `PLANNING` or `SENDING` (`RunStatus`). Those whose letters do not go out at the
    /// moment, because the mailing is paused or disabled, its owner is blocked, or no mail server takes them, are
    /// counted, too.
    runs: Long,
    /// How many parts of runs have letters without an outcome. A run is sent in such parts (batches), of at most 500
    /// recipients each.
    batches: Long,
    /// How many letters of mailings are in doubt, with the outcome `UNKNOWN`: nobody knows whether they arrived. Those
    /// about which somebody has decided are counted, too.
    unknown: Long,
}

/// The service itself, as the process that answers sees it.
#[derive(Description)]
struct Service {
    queues: system::Queues,
}

#[Object(use_type_description)]
impl Service {
    /// What the process finds out by itself. The command `skymailing doctor` looks at more.
    async fn checks(&self, context: &Context<'_>) -> Result<Option<Vec<ServiceCheck>>, Failure> {
        let (by, language) = (context.administrator()?, context.language());
        let checks = system::look(context.services(), by).await?.into_iter();
        let check = |check: system::Check| ServiceCheck {
            subject: check.subject.into(),
            well: check.finding.is_well(),
            message: check.finding.told(language),
        };
        Ok(Some(checks.map(check).collect()))
    }

    /// What waits right now.
    async fn queues(&self) -> ServiceQueues {
        let system::Queues { notices, runs, batches, unknown } = self.queues;
        let [notices, runs, batches, unknown] = [notices, runs, batches, unknown].map(Long);
        ServiceQueues { notices, runs, batches, unknown }
    }

    /// The settings of the process that answers, in the order in which they are documented.
    async fn settings(&self, context: &Context<'_>) -> Vec<Setting> {
        let settings: &Arc<[options::Setting]> = context.data_unchecked();
        let setting = |setting: &options::Setting| Setting {
            name: setting.name.clone(),
            value: setting.value.clone(),
            source: setting.source.into(),
        };
        settings.iter().map(setting).collect()
    }
}

#[derive(Default)]
pub(crate) struct ServiceQuery;

#[Object]
impl ServiceQuery {
    /// The service itself: whether it is well, what waits in it, and with which settings it runs. This is for
    /// administrators.
    async fn service(&self, context: &Context<'_>) -> Result<Option<Service>, Failure> {
        let queues = system::queues(context.services(), context.administrator()?).await?;
        Ok(Some(Service { queues }))
    }
}
