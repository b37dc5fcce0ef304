//! How recipients leave: what letters tell them and their mail programs, and what comes of it. And where letters come back to.

mod choices;
mod headers;
mod returning;
mod under_way;

use crate::support::service::metadata;
use acts::Services;
use domain::group::{self, Group};
use domain::{GroupId, UserId};

/// Tells a group something, and waits until the read models show it.
pub(crate) async fn tell_group(services: &Services, id: GroupId, command: group::Command) {
    let told = services.store.execute::<Group>(id.0, command, &metadata()).await.expect("it may be");
    assert!(services.shown(told.position).await, "the read models follow");
}

/// From now on a group is a topic, called so in public.
pub(crate) async fn publish(services: &Services, by: UserId, id: GroupId, title: &str, description: &str) {
    let title = group::Name::parse(title).expect("a title");
    let description = group::Description::parse(description).expect("it is short enough");
    tell_group(services, id, group::Command::Publish { by, topic: group::Topic { title, description } }).await;
}
