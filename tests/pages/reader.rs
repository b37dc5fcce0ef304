//! Somebody who reads pages and sends forms, over HTTP alone.

use crate::support::http::{Api, Person};
use reqwest::header::{COOKIE, LOCATION};
use reqwest::redirect::Policy;
use reqwest::{Client, Response, StatusCode};

/// Somebody with a browser that shows neither scripts nor pictures.
pub(crate) struct Reader {
    pub(crate) http: Client,
    pub(crate) base: String,
    pub(crate) cookie: String,
}

impl Reader {
    pub(crate) fn of(api: &Api, person: &Person) -> Self {
        let http = Client::builder().redirect(Policy::none()).build().expect("a client");
        let cookie = person.token.as_ref().map(|token| format!("skymailing_session={token}")).unwrap_or_default();
        Self { http, base: api.url(""), cookie }
    }

    pub(crate) async fn get(&self, path: &str) -> (StatusCode, String) {
        let response = self.http.get(format!("{}{path}", self.base)).header(COOKIE, &self.cookie).send().await;
        let response = response.expect("the server answers");
        (response.status(), response.text().await.expect("the page arrives"))
    }

    pub(crate) async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Response {
        let request = self.http.post(format!("{}{path}", self.base)).header(COOKIE, &self.cookie).form(fields);
        request.send().await.expect("the server answers")
    }
}

/// Where an answer leads.
pub(crate) fn location(answer: &Response) -> &str {
    answer.headers().get(LOCATION).map_or("", |to| to.to_str().expect("an address is text"))
}

/// The value of a hidden field.
pub(crate) fn hidden(page: &str, name: &str) -> String {
    let from = page.split(&format!("name=\"{name}\" value=\"")).nth(1).unwrap_or_else(|| panic!("{name} in {page}"));
    from.split('"').next().expect("a value").to_owned()
}
