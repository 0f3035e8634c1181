//! `GET|PUT /faults`.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::Model;
use crate::Sandbox;

pub(crate) async fn get(State(sandbox): State<Arc<Sandbox>>) -> Json<Model> {
    Json(sandbox.faults.model(sandbox.clock.speed()))
}

pub(crate) async fn put(State(sandbox): State<Arc<Sandbox>>, body: Bytes) -> Response {
    let model: Model = match serde_json::from_slice(&body) {
        Ok(model) => model,
        Err(error) => {
            let message = format!("these are no faults: {error}");
            return (StatusCode::BAD_REQUEST, Json(json!({"code": "invalid_faults", "message": message})))
                .into_response();
        }
    };
    if let Some(speed) = model.clock_speed {
        sandbox.clock.set_speed(speed);
    }
    if let Err(error) = sandbox.faults.put(model) {
        tracing::error!(%error, "the faults could not be written down");
        let message = error.to_string();
        return (StatusCode::INTERNAL_SERVER_ERROR, Json(json!({"code": "not_kept", "message": message})))
            .into_response();
    }
    // Notices of a channel that is up again were waiting for this.
    sandbox.courier.notify_one();
    get(State(sandbox)).await.into_response()
}
