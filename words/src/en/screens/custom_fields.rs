use super::counted;
use crate::screens::custom_fields::CustomFields;
use crate::screens::{Counted, Filled};

/// The words in English.
pub(crate) const WORDS: CustomFields = CustomFields {
    title: "Fields",
    lead: "What your clients have beside name and address. Letters fill it in, and files bring it along.",
    empty: "Your clients have no fields of your own yet. Add one for what you want to know of them, such as a city or a birthday.",
    add: "Add field",
    label: "Name",
    label_help: "You see it in the forms of clients.",
    key: "Key",
    key_help: "Letters and files call the field by it: a letter, then letters, digits and underscores, such as city. It stays as it is.",
    kind: "Kind",
    kind_help: "What its values are. It stays as it is.",
    choose_kind: "Choose one of the kinds.",
    text: "Text",
    number: "Number",
    date: "Date",
    yes_no: "Yes or no",
    in_letters: "In letters",
    new_title: "New field",
    rename_title: "Rename the field",
    remove: "Remove field",
    remove_said: "The forms of clients show it no more, and letters that you write from now on cannot name it. Letters that name it already say what clients had in it.",
    remove_comes_back: "What clients have in it is kept: add a field with the same key and kind, and they have it again.",
    removed: "The field is removed.",
    count: Counted(|number| counted(number, "field", "fields")),
    remove_asks: Filled(|name| format!("Remove the field “{name}”?")),
    added: Filled(|name| format!("The field “{name}” is added.")),
    saved: Filled(|name| format!("The field is called “{name}” now.")),
};
