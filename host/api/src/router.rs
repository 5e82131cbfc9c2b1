//! Every operation under its address, and the description made from them.

use axum::{Router, middleware};
use sluice_catalog::{
    Code,
    condition::Node,
    ids::{ActivationId, ApiKeyId, RunId, WorkspaceId},
};
use tower_http::catch_panic::CatchPanicLayer;
use utoipa::{
    OpenApi,
    openapi::{
        self, Content, Ref, RefOr, Response,
        security::{HttpAuthScheme, HttpBuilder, SecurityScheme},
    },
};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{error::ApiError, error::Problem, pages, request, resources::*, state::Api};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Sluice",
        description = "The operators' interface: declare sources, models, segments, destinations and activations; run them; see what \
                       became of every row. Keys: `Authorization: Bearer slk_…`. Refusals: `application/problem+json`.",
        license(name = "Apache-2.0 OR MIT")
    ),
    // Beside what the operations name: what is only referred to by paths, and the node of a condition, which refers to itself.
    components(schemas(Problem, WorkspaceId, ActivationId, RunId, ApiKeyId, Node))
)]
struct Description;

fn operations() -> OpenApiRouter<Api> {
    OpenApiRouter::with_openapi(Description::openapi())
        .routes(routes!(health::health))
        .routes(routes!(health::description))
        .routes(routes!(workspaces::list, workspaces::create))
        .routes(routes!(workspaces::get, workspaces::replace))
        .routes(routes!(sources::list, sources::create))
        .routes(routes!(sources::get, sources::replace, sources::delete))
        .routes(routes!(sources::tables))
        .routes(routes!(sources::test))
        .routes(routes!(models::list, models::create))
        .routes(routes!(models::preview_unsaved))
        .routes(routes!(models::get, models::replace, models::delete))
        .routes(routes!(models::preview))
        .routes(routes!(models::last_duplicate_check, models::duplicate_check))
        .routes(routes!(schema::get, schema::check))
        .routes(routes!(schema::preview))
        .routes(routes!(schema::repair))
        .routes(routes!(schema::values, schema::count_values))
        .routes(routes!(schema::check_semantic))
        .routes(routes!(schema::health))
        .routes(routes!(relationships::create))
        .routes(routes!(relationships::delete))
        .routes(routes!(relationships::check))
        .routes(routes!(segments::list, segments::create))
        .routes(routes!(segments::preview_unsaved))
        .routes(routes!(analysis::sentence))
        .routes(routes!(analysis::funnel))
        .routes(routes!(analysis::why))
        .routes(routes!(analysis::breakdown))
        .routes(routes!(analysis::overlap))
        .routes(routes!(segments::get, segments::replace, segments::delete))
        .routes(routes!(segments::sentence))
        .routes(routes!(segments::preview))
        .routes(routes!(segments::statistics, segments::compute_statistics))
        .routes(routes!(remote_segments::get, remote_segments::refresh))
        .routes(routes!(connectors::list, connectors::install))
        .routes(routes!(connectors::get))
        .routes(routes!(destinations::list, destinations::create))
        .routes(routes!(destinations::get, destinations::replace, destinations::delete))
        .routes(routes!(sources::put_credential, sources::delete_credential))
        .routes(routes!(destinations::put_credential, destinations::delete_credential))
        .routes(routes!(connect::connect))
        .routes(routes!(connect::put_refresh_token))
        .routes(routes!(connect::disconnect))
        .routes(routes!(destinations::test))
        .routes(routes!(activations::list, activations::create))
        .routes(routes!(activations::get, activations::replace, activations::delete))
        .routes(routes!(activations::start_run))
        .routes(routes!(activations::dry_run))
        .routes(routes!(activations::resync))
        .routes(routes!(activations::retry_rejected))
        .routes(routes!(pauses::list))
        .routes(routes!(pauses::get))
        .routes(routes!(pauses::check))
        .routes(routes!(runs::list))
        .routes(routes!(runs::get))
        .routes(routes!(runs::confirm))
        .routes(routes!(runs::discard))
        .routes(routes!(runs::cancel))
        .routes(routes!(records::list))
        .routes(routes!(egress::of_run))
        .routes(routes!(egress::list))
        .routes(routes!(run_events::events))
        .routes(routes!(audit::list))
        .routes(routes!(api_keys::list, api_keys::create))
        .routes(routes!(api_keys::get, api_keys::revoke))
        .routes(routes!(api_keys::list_of_installation))
        .routes(routes!(api_keys::revoke_of_installation))
        .routes(routes!(apply::apply))
}

/// The server's router: every operation, with one shape for every refusal.
pub fn router(api: Api) -> Router {
    let (router, _) = operations().split_for_parts();
    router
        // For browsers, not for programs: not in the description.
        .merge(pages::router())
        .fallback(|| async { ApiError::not_found() })
        .method_not_allowed_fallback(|| async { ApiError::new(Code::ApiMethodNotAllowed, "See the description.") })
        .layer(CatchPanicLayer::new())
        .layer(middleware::from_fn_with_state(api.clone(), request::layer))
        .with_state(api)
}

/// The description of the interface, as it is checked in.
pub fn openapi() -> openapi::OpenApi {
    let (_, mut description) = operations().split_for_parts();
    let refusal = Response::builder()
        .description("Refused; see `code`.")
        .content("application/problem+json", Content::new(Some(RefOr::Ref(Ref::from_schema_name("Problem")))))
        .build();
    for item in description.paths.paths.values_mut() {
        let operations = [&mut item.get, &mut item.put, &mut item.post, &mut item.delete, &mut item.patch]
            .into_iter()
            .filter_map(Option::as_mut);
        for operation in operations {
            operation.responses.responses.insert("default".into(), RefOr::T(refusal.clone()));
        }
    }
    let scheme = SecurityScheme::Http(HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build());
    description.components.get_or_insert_default().add_security_scheme("api_key", scheme);
    description
}
