//! What is served where.

use super::admission::{Admission, Lanes};
use super::app::App;
use super::bodies::Bodies;
use super::{access_log, graphiql, graphql, identify, pictures, upload, webhooks};
use crate::cache::Cache;
use crate::graphql::schema_over;
use crate::web;
use crate::{Options, health, limits};
use acts::AtOnce;
use axum::Router;
use axum::middleware::from_fn;
use axum::routing::{any, get, post};
use std::sync::Arc;

/// Everything that is served: `/graphql`, `/graphiql`, `/import/clients`, `/import/suppressions`, `/pictures`, `/webhooks`, the pages for
/// people, `/healthz`, `/readyz`.
///
/// Requests are answered over the lanes; services that are given for them are one. Each request makes a line in the log,
/// with the target `access`.
///
/// To know where requests come from, serve it with `into_make_service_with_connect_info::<SocketAddr>()`.
pub fn router(lanes: impl Into<Lanes>, options: Options) -> Router {
    routes(lanes.into(), options)
}

/// Not generic, so that all that follows is compiled once and here.
fn routes(lanes: Lanes, options: Options) -> Router {
    let services = lanes.first().clone();
    let (probes, ways) = (health::probes(services.health.clone()), services.ways.clone());
    let live = web::Live::new(services.clone(), &options);
    let cache = Cache::new(options.cache);
    let (schema, admission) = (schema_over(services, &options, cache.clone()), Admission::new(lanes, &options));
    let bodies = Bodies::new(&options.limits);
    let exports = AtOnce::new(limits::EXPORTS.0, limits::EXPORTS.1, limits::EXPORT_PATIENCE);
    let (certificates, doubts) = (webhooks::Certificates::default(), webhooks::Doubts::default());
    webhooks::open(&ways, &options.webhooks);
    let app = Arc::new(App { admission, options, cache, live, schema, bodies, exports, certificates, doubts, ways });
    Router::new()
        .route("/graphql", any(graphql::answered))
        .route("/graphiql", get(graphiql::page))
        .route("/graphiql/{file}", get(graphiql::asset))
        .route("/import/clients", post(upload::clients))
        .route("/import/suppressions", post(upload::suppressions))
        .route("/pictures", post(pictures::add))
        .route("/pictures/{name}", get(pictures::shown))
        .merge(webhooks::routes())
        .merge(web::routes(&app))
        .with_state(app)
        .merge(probes)
        .layer(from_fn(access_log::tell))
        .layer(from_fn(identify::identify))
}
