//! What every aggregate is, and the shim that lets cqrs-es drive it.

use crate::Claim;
use cqrs_es::Aggregate;
use serde_json::Value;

/// An aggregate as this house writes it: deciding and evolving are pure and synchronous.
///
/// cqrs-es asks for an async `handle` that writes into a sink; the macro `aggregate!` supplies it on top
/// of [`Decide::decide`], so its test framework and stock stores work with these aggregates too.
pub trait Decide: Aggregate {
    /// Whether its stream is one course of action that goes on by itself, such as a run. All that happens in it has the
    /// correlation with which the stream began. What happens to a thing that people change now and then, such as a client, has
    /// the correlation of the request that changed it.
    const COURSE: bool = false;

    /// How an event is read that is stored under this name and in this version. To be overridden by an aggregate that has
    /// events in forms of before.
    #[must_use]
    fn form(_event_type: &str, version: &str) -> Form {
        Form::of(version)
    }

    /// What happens when `command` meets this state. Nothing at all (`Ok(vec![])`) is a fine answer to
    /// asking for what is already so.
    fn decide(&self, command: Self::Command) -> Result<Vec<Self::Event>, Self::Error>;

    /// What happens when one command after the other meets this state: all of it, or the first refusal.
    fn decide_all(&self, commands: Vec<Self::Command>) -> Result<Vec<Self::Event>, Self::Error>
    where
        Self: Clone,
    {
        let mut state = self.clone();
        let mut events = Vec::new();
        for command in commands {
            for event in state.decide(command)? {
                events.push(event.clone());
                state.evolve(event);
            }
        }
        Ok(events)
    }

    /// The state after `event`. Never fails and never panics: what happened, happened.
    fn evolve(&mut self, event: Self::Event);

    /// Whether a stream that holds these events was begun by this command, so that a repeated request gets the first
    /// answer. To be overridden where deciding depends on the time.
    fn was_begun_by(events: &[Self::Event], command: &Self::Command) -> bool
    where
        Self::Command: Clone,
    {
        Self::default().decide(command.clone()).is_ok_and(|again| events.starts_with(&again))
    }

    /// The values that this aggregate, in its present state, holds against all others. The event store keeps them
    /// in a table of their own, so that a second holder is refused.
    fn claims(&self) -> Vec<Claim> {
        Vec::new()
    }

    /// The error that tells a person that one of [`Decide::claims`] is taken. Aggregates without claims have none.
    #[must_use]
    fn claimed(_claim: &Claim) -> Option<Self::Error> {
        None
    }

    /// The error that tells a person that nobody would be left who holds a claim like this one (of its kind and scope).
    /// Only kinds of which there must always be one have it: the event store lets go of all of them but the last.
    #[must_use]
    fn needed(_claim: &Claim) -> Option<Self::Error> {
        None
    }
}

/// How an event that is stored is read.
#[derive(Clone, Copy, Debug)]
pub enum Form {
    /// The event is stored as it is written today.
    Today,
    /// The event is stored in a form of before, which is lifted to today's. What is stored stays as it is.
    Old(Lift),
    /// The event was written by a newer program.
    Unknown,
}

/// Makes today's form of an event's payload out of one of before. What does not fit is left as it is: reading it fails then.
pub type Lift = fn(Value) -> Value;

impl Form {
    /// The form of an event of which there was never another one.
    #[must_use]
    pub fn of(version: &str) -> Self {
        if version == EVENT_VERSION { Self::Today } else { Self::Unknown }
    }
}

/// The version of every event as it is written today. An event of another one was written by a newer program, and must not be
/// read as if it were of this one, even where its fields happen to fit.
pub const EVENT_VERSION: &str = "1";

/// Implements cqrs-es's traits for an aggregate: its type's name in the log and the names of its events.
macro_rules! aggregate {
    ($state:ty, $type:literal, $command:ty, $error:ty, $event:ident { $($variant:ident),+ $(,)? }) => {
        impl cqrs_es::DomainEvent for $event {
            fn event_type(&self) -> String {
                match self { $(Self::$variant { .. } => stringify!($variant),)+ }.to_owned()
            }

            fn event_version(&self) -> String {
                $crate::EVENT_VERSION.to_owned()
            }
        }

        impl cqrs_es::Aggregate for $state {
            const TYPE: &'static str = $type;
            type Command = $command;
            type Event = $event;
            type Error = $error;
            type Services = ();

            async fn handle(
                &mut self,
                command: Self::Command,
                (): &Self::Services,
                sink: &cqrs_es::event_sink::EventSink<Self>,
            ) -> Result<(), Self::Error> {
                for event in $crate::Decide::decide(self, command)? {
                    sink.write(event, self).await;
                }
                Ok(())
            }

            fn apply(&mut self, event: Self::Event) {
                $crate::Decide::evolve(self, event);
            }
        }
    };
}

pub(crate) use aggregate;
