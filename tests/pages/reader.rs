//! Somebody who reads pages and sends forms, over HTTP alone.

use crate::support::http::{Api, Person};
use reqwest::header::COOKIE;
use reqwest::redirect::Policy;
use reqwest::{Client, Response, StatusCode};

/// Somebody with a browser that shows neither scripts nor pictures.
pub(super) struct Reader {
    pub(super) http: Client,
    pub(super) base: String,
    pub(super) cookie: String,
}

impl Reader {
    pub(super) fn of(api: &Api, person: &Person) -> Self {
        let http = Client::builder().redirect(Policy::none()).build().expect("a client");
        let cookie = person.token.as_ref().map(|token| format!("skymailing_session={token}")).unwrap_or_default();
        Self { http, base: api.url(""), cookie }
    }

    pub(super) async fn get(&self, path: &str) -> (StatusCode, String) {
        let response = self.http.get(format!("{}{path}", self.base)).header(COOKIE, &self.cookie).send().await;
        let response = response.expect("the server answers");
        (response.status(), response.text().await.expect("the page arrives"))
    }

    pub(super) async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Response {
        let request = self.http.post(format!("{}{path}", self.base)).header(COOKIE, &self.cookie).form(fields);
        request.send().await.expect("the server answers")
    }
}
