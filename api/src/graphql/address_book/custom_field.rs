//! Custom fields: the fields of an owner's own that clients have.

use crate::failure::Failure;
use crate::graphql::kit::context::Ask;
use crate::graphql::kit::room::LongText;
use crate::graphql::kit::scalars::{DateTime, Long, int};
use crate::graphql::kit::tables::UserKey;
use crate::graphql::kit::user_error::{done, payload};
use crate::graphql::who::viewer::User;
use acts::address_book::custom_fields::New;
use async_graphql::{Context, Description, Enum, ID, InputObject, Object};
use domain::custom_field::{self, Value};
use domain::{CustomFieldId, UserId};
use projections::{Access, custom_fields};
use std::sync::Arc;
use uuid::Uuid;

/// Of which kind the values of a custom field are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "custom_field::Kind")]
enum CustomFieldKind {
    /// The values are texts of at most 1,000 characters.
    Text,
    /// The values are decimal numbers of at most 18 digits.
    Number,
    /// The values are days, without a time.
    Date,
    /// The values are yes or no.
    YesNo,
}

/// A custom field: a field of an owner's own that their clients have beside name and address, such as a city.
#[derive(Description)]
pub(crate) struct CustomField(pub(crate) Arc<custom_fields::CustomField>);

impl CustomField {
    fn of(row: custom_fields::CustomField) -> Self {
        Self(Arc::new(row))
    }
}

#[Object(use_type_description)]
impl CustomField {
    /// The id of the field. A field that is removed and defined again with the same key has the same id.
    pub(crate) async fn id(&self) -> ID {
        self.0.id.into()
    }

    /// The user whose clients have the field. Null only if the user could not be read; then the top-level `errors` say why.
    async fn owner(&self, context: &Context<'_>) -> Result<Option<User>, Failure> {
        Ok(context.tables().load_one(UserKey(self.0.owner_id)).await?.transpose()?.map(User))
    }

    /// What letters, files and programs call the field, such as `city`: letters say `{{city}}`. It never changes, and no two fields
    /// of the same owner have the same.
    async fn key(&self) -> &str {
        &self.0.key
    }

    /// What people see as the name of the field.
    async fn label(&self) -> &str {
        &self.0.label
    }

    /// Of which kind the values are. It never changes while the field is there.
    async fn kind(&self) -> CustomFieldKind {
        self.0.kind.into()
    }

    /// The moment when the field was defined, last if it had been removed.
    async fn defined_at(&self) -> DateTime {
        self.0.defined_at.into()
    }

    /// The version of the field, counted from 1. It grows by one whenever the field is renamed, removed or defined again. Pass it as
    /// `expectedVersion` to `customFieldRename`.
    async fn version(&self) -> i32 {
        int(self.0.version)
    }
}

/// What a client has in one of the fields of the owner's own.
#[derive(Description)]
pub(crate) struct ClientField {
    pub(crate) field: CustomField,
    pub(crate) value: Value,
}

#[Object(use_type_description)]
impl ClientField {
    /// The field that the value is for.
    async fn definition(&self) -> &CustomField {
        &self.field
    }

    /// The value as a text, whatever the kind of the field: the text itself, a number such as `12.5`, a day such as `2026-05-01`, or
    /// `true` or `false`.
    async fn value(&self) -> LongText<String> {
        LongText(self.value.plain())
    }

    /// The value of a field of the kind `NUMBER`; null for any other. A number of more than 15 digits may be rounded here, and `value`
    /// has all of them.
    async fn number(&self) -> Option<f64> {
        match &self.value {
            Value::Number(number) => number.as_str().parse().ok(),
            Value::Text(_) | Value::Date(_) | Value::YesNo(_) => None,
        }
    }

    /// The value of a field of the kind `DATE`, as ISO 8601 writes days: `2026-05-01`; null for any other.
    async fn date(&self) -> Option<String> {
        match &self.value {
            Value::Date(day) => Some(day.to_string()),
            Value::Text(_) | Value::Number(_) | Value::YesNo(_) => None,
        }
    }

    /// The value of a field of the kind `YES_NO`; null for any other.
    async fn yes_no(&self) -> Option<bool> {
        match &self.value {
            Value::YesNo(yes) => Some(*yes),
            Value::Text(_) | Value::Number(_) | Value::Date(_) => None,
        }
    }
}

/// What a client is to have in one of your fields.
#[derive(InputObject)]
pub(crate) struct ClientFieldInput {
    /// The key of the field, in upper or lower case. If you have no such field, the whole request is refused
    /// (`CUSTOM_FIELD_NOT_FOUND`), and so it is if a field is named twice (`CUSTOM_FIELD_TWICE`).
    key: String,
    /// The value as a text: of at most 1,000 characters (`CUSTOM_FIELD_TEXT_TOO_LONG`) for a field of the kind `TEXT`; a number with
    /// a point or a comma; a day as in `2026-05-01` or `1.5.2026`; yes or no as `true` or `false`, `yes` or `no`, `1` or `0`. What is
    /// none of these is refused (`CUSTOM_FIELD_VALUE_INVALID`). Null, left out or blank if the client is to have no value.
    value: Option<String>,
}

/// Values as the rules take them.
pub(crate) fn given(fields: Option<Vec<ClientFieldInput>>) -> Vec<(String, Option<String>)> {
    fields.unwrap_or_default().into_iter().map(|field| (field.key, field.value)).collect()
}

#[derive(Default)]
pub(crate) struct CustomFieldQuery;

#[Object]
impl CustomFieldQuery {
    /// The custom field of this id; null if there is none that the viewer may see, or if it was removed.
    async fn custom_field(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The id of the field.")] id: ID,
    ) -> Result<Option<CustomField>, Failure> {
        let access = context.viewer()?.reads();
        read(context, access, &id).await
    }

    /// The viewer's custom fields, or those of the user whom `ownerId` names, in the order in which they were defined, the oldest first.
    /// There are at most 50 of one user.
    async fn custom_fields(
        &self,
        context: &Context<'_>,
        #[graphql(
            desc = "The id of the user whose fields they are; null or left out for the viewer's own. Managers and administrators see everybody's, \
                    and for others the list is empty if the user is not themselves."
        )]
        owner_id: Option<ID>,
    ) -> Result<Option<Vec<CustomField>>, Failure> {
        let viewer = context.viewer()?;
        let access = match owner_id {
            None => viewer.own(),
            // What is no id is nobody's.
            Some(id) => viewer.reads().of_owner(Some(id.parse().unwrap_or(UserId(Uuid::nil())))),
        };
        let rows = custom_fields::all(context.pool(), access).await?;
        if !context.has_room_for(rows.len()) {
            return Ok(None);
        }
        Ok(Some(rows.into_iter().map(CustomField::of).collect()))
    }
}

/// The field of this id, as an id is written.
pub(crate) async fn read(context: &Context<'_>, access: Access, id: &str) -> Result<Option<CustomField>, Failure> {
    let Ok(id) = id.parse::<CustomFieldId>() else { return Ok(None) };
    Ok(custom_fields::by_ids(context.pool(), access, &[id.0]).await?.pop().map(CustomField::of))
}

/// The field that `customFieldDefine` gives the viewer's clients.
#[derive(InputObject)]
struct CustomFieldDefineInput {
    /// What letters, files and programs call the field: a letter followed by letters, digits and `_`, at most 40 characters
    /// (`CUSTOM_FIELD_KEY_INVALID`). Upper case becomes lower case, and blanks and hyphens between words become `_`. It may be neither
    /// what letters or files call something else, such as `email` (`CUSTOM_FIELD_KEY_RESERVED`), nor the key of another field of yours
    /// (`CUSTOM_FIELD_KEY_TAKEN`). It cannot be changed later.
    key: String,
    /// What people see as the name of the field: one line of 1 to 100 characters (`NAME_EMPTY`, `NAME_TOO_LONG`, `NAME_NOT_A_LINE`).
    label: String,
    /// Of which kind the values are. It cannot be changed later.
    kind: CustomFieldKind,
}

/// What `customFieldRename` changes of a field.
#[derive(InputObject)]
struct CustomFieldRenameInput {
    /// The id of the field to rename.
    id: ID,
    /// What people see from now on: one line of 1 to 100 characters (`NAME_EMPTY`, `NAME_TOO_LONG`, `NAME_NOT_A_LINE`).
    label: String,
    /// The `version` of the field that you have seen. If the present version is a different number, higher or lower, nothing is
    /// changed and the user error has the code `STALE_VERSION`. Null or left out: the field is renamed whatever its version is. A
    /// variable for this field must be declared as `Long`, not `Int`.
    expected_version: Option<Long>,
}

/// The field that `customFieldRemove` takes away.
#[derive(InputObject)]
struct CustomFieldRemoveInput {
    /// The id of the field to remove.
    id: ID,
}

payload! {
    /// The field that was defined, or what is wrong with the input.
    CustomFieldDefinePayload {
        /// The field as it is now; null if there are user errors, or if `behind` is true.
        custom_field: CustomField
    }
}
payload! {
    /// The field after the change, or what is wrong with the input.
    CustomFieldRenamePayload {
        /// The field as it is now; null if there are user errors, or if `behind` is true.
        custom_field: CustomField
    }
}
payload! {
    /// The id of the field that was removed, or what is wrong with the input.
    deleted CustomFieldRemovePayload {
        /// The id of the field that is removed now; null if there are user errors, or if `behind` is true.
        removed_id: ID
    }
}

#[derive(Default)]
pub(crate) struct CustomFieldMutation;

#[Object]
impl CustomFieldMutation {
    /// Gives the viewer's clients a field of the viewer's own. One that was removed comes back with the same id; if it is of the same
    /// kind as before, clients have in it what they had.
    ///
    /// The user errors are `CUSTOM_FIELD_KEY_INVALID`, `CUSTOM_FIELD_KEY_RESERVED`, `CUSTOM_FIELD_KEY_TAKEN`, `NAME_EMPTY`,
    /// `NAME_TOO_LONG`, `NAME_NOT_A_LINE` and `CUSTOM_FIELDS_TOO_MANY`.
    async fn custom_field_define(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The field to define.")] input: CustomFieldDefineInput,
    ) -> Result<Option<CustomFieldDefinePayload>, Failure> {
        let owner = context.owner()?;
        let new = New { key: input.key, label: input.label, kind: input.kind.into() };
        let metadata = context.metadata()?;
        let outcome = acts::address_book::custom_fields::define(context.services(), owner, new, &metadata).await;
        let done = done(context, outcome, async |id| shown(context, id).await).await?;
        Ok(done.map(Into::into))
    }

    /// Changes what people see as the name of one of the viewer's fields. Its key stays, so letters and files are read as before.
    ///
    /// The user errors are `CUSTOM_FIELD_NOT_FOUND`, `NAME_EMPTY`, `NAME_TOO_LONG`, `NAME_NOT_A_LINE` and `STALE_VERSION`.
    async fn custom_field_rename(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The field and its new name.")] input: CustomFieldRenameInput,
    ) -> Result<Option<CustomFieldRenamePayload>, Failure> {
        let by = context.owner()?;
        let CustomFieldRenameInput { id, label, expected_version } = input;
        let expected = expected_version.map(|version| version.0);
        let metadata = context.metadata()?;
        let outcome =
            acts::address_book::custom_fields::rename(context.services(), by, &id, expected, &label, &metadata).await;
        let done = done(context, outcome, async |id| shown(context, id).await).await?;
        Ok(done.map(Into::into))
    }

    /// Takes one of the viewer's fields away. What clients have in it is shown no more, and letters that are written from now on cannot
    /// name it. It is safe to repeat. The only user error is `CUSTOM_FIELD_NOT_FOUND`.
    async fn custom_field_remove(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The field to remove.")] input: CustomFieldRemoveInput,
    ) -> Result<Option<CustomFieldRemovePayload>, Failure> {
        let by = context.owner()?;
        let metadata = context.metadata()?;
        let outcome = acts::address_book::custom_fields::remove(context.services(), by, &input.id, &metadata).await;
        let done = done(context, outcome, async |id: CustomFieldId| Ok(Some(ID::from(id.0)))).await?;
        Ok(done.map(Into::into))
    }
}

/// One's own field.
async fn shown(context: &Context<'_>, id: CustomFieldId) -> Result<Option<CustomField>, Failure> {
    let access = context.viewer()?.own();
    Ok(custom_fields::by_ids(context.pool(), access, &[id.0]).await?.pop().map(CustomField::of))
}
