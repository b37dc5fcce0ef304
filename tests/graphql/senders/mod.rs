//! Who letters are from: senders of owners, and domains whose letters are signed.

mod domains;
mod mailings;
mod own;

use crate::support::http::{Api, Person, text};
use dkim::MasterKey;
use serde_json::{Value, json};

/// A service that seals keys.
async fn sealing() -> Api {
    let master = MasterKey::generate().expect("randomness");
    Api::serving_as(|services| services.master_key = Some(master)).await
}

/// A sender of whoever asks.
async fn sender(person: &Person, address: &str) -> String {
    let input = json!({ "name": "Newsdesk", "address": address });
    text(&person.does("senderCreate", input, "sender { id }").await["sender"]["id"])
}

async fn one(person: &Person, id: &str) -> Value {
    let query = "query($id: ID!) { sender(id: $id) {
        id name address replyTo usable verifiedAt domainGranted revision version deletedAt owner { email } } }";
    person.ask(query, json!({ "id": id })).await["sender"].take()
}

fn told(code: &str, field: &str) -> Vec<(String, String)> {
    vec![(code.to_owned(), field.to_owned())]
}
