//! The enumerations of the schema that have codes. Each has those that are told in one place, as the domain lists them.

use async_graphql::registry::{Deprecation, MetaEnumValue, MetaType, MetaTypeId, Registry};
use async_graphql::{Name, OutputType, Value};
use domain::{Code, Place};

/// Tells the schema of the enumeration that has the codes of a place.
pub(crate) fn register<T: OutputType>(registry: &mut Registry, description: &str, place: Place) -> String {
    registry.create_output_type::<T, _>(MetaTypeId::Enum, |_| MetaType::Enum {
        name: T::type_name().into_owned(),
        description: Some(description.to_owned()),
        enum_values: Code::told_in(place).map(|code| (code.to_string(), value(code, place))).collect(),
        visible: None,
        inaccessible: false,
        tags: Vec::new(),
        rust_typename: Some(std::any::type_name::<T>()),
        directive_invocations: Vec::new(),
        requires_scopes: Vec::new(),
    })
}

fn value(code: Code, place: Place) -> MetaEnumValue {
    MetaEnumValue {
        name: code.to_string(),
        description: Some(code.meaning_in(place).to_owned()),
        deprecation: Deprecation::NoDeprecated,
        visible: None,
        inaccessible: false,
        tags: Vec::new(),
        directive_invocations: Vec::new(),
    }
}

/// The code as the schema writes it.
pub(crate) fn written(code: Code) -> Value {
    Value::Enum(Name::new(code.as_str()))
}

/// An enumeration of the schema: the codes that are told in a place.
macro_rules! codes_of {
    ($(#[doc = $description:literal])+ $visibility:vis $name:ident in $place:ident) => {
        $(#[doc = $description])+
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        $visibility struct $name(domain::Code);

        impl From<domain::Code> for $name {
            fn from(code: domain::Code) -> Self {
                Self(code.told_as(domain::Place::$place))
            }
        }

        impl async_graphql::OutputType for $name {
            fn type_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn create_type_info(registry: &mut async_graphql::registry::Registry) -> String {
                let description = concat!($($description),+).trim_ascii();
                crate::graphql::kit::codes::register::<Self>(registry, description, domain::Place::$place)
            }

            async fn resolve(
                &self,
                _: &async_graphql::ContextSelectionSet<'_>,
                _: &async_graphql::Positioned<async_graphql::parser::types::Field>,
            ) -> async_graphql::ServerResult<async_graphql::Value> {
                Ok(crate::graphql::kit::codes::written(self.0))
            }
        }
    };
}

pub(crate) use codes_of;
