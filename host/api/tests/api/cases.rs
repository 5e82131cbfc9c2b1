//! One well-formed request per operation, for the matrix. An operation without a case here makes the enumeration fail.

use serde_json::{Value, json};

use crate::world::{World, activation, destination, model, segment, source};

/// A request of an operation, as someone who may would send it.
pub(crate) struct Case {
    pub(crate) body: Option<Value>,
    pub(crate) if_match: bool,
    /// Path parameters that differ from the world's.
    pub(crate) params: Vec<(&'static str, &'static str)>,
    /// What it answers to one who may.
    pub(crate) ok: u16,
}

fn plain(ok: u16) -> Case {
    Case { body: None, if_match: false, params: Vec::new(), ok }
}

fn with(ok: u16, body: Value) -> Case {
    Case { body: Some(body), ..plain(ok) }
}

impl Case {
    fn if_match(self) -> Self {
        Self { if_match: true, ..self }
    }

    /// With another object of the world in the place of a path parameter.
    fn on(self, param: &'static str, instead: &'static str) -> Self {
        Self { params: vec![(param, instead)], ..self }
    }
}

fn named(mut value: Value, name: &str) -> Value {
    value["name"] = json!(name);
    value
}

/// The case of an operation, by its name in the description.
pub(crate) fn case(world: &World, operation: &str) -> Option<Case> {
    let own = &world.own;
    let data = world.dir.path().join("data");
    let data = data.to_str().unwrap();
    let new_activation = || named(activation(&own["seg"], &own["dst"]), "another");
    Some(match operation {
        "getHealth" | "getDescription" | "listWorkspaces" | "getWorkspace" => plain(200),
        "createWorkspace" => with(201, json!({ "name": "third" })),
        "replaceWorkspace" => with(200, json!({ "name": "renamed", "time_zone": "Europe/Paris" })).if_match(),

        "listSources" | "getSource" | "listSourceTables" | "testSource" => plain(200),
        "createSource" => with(201, named(source(data), "another")),
        "replaceSource" => with(200, source(data)).if_match(),
        // The world's source is a folder, which has no secrets to set; the end-to-end tests have one behind a connector.
        "putSourceCredential" => with(404, json!({ "secret": "hush" })),
        "deleteSourceCredential" => plain(204),
        "deleteSource" => plain(204).if_match().on("src", "unused"),

        "listModels" | "getModel" | "previewModel" | "checkModelKeys" => plain(200),
        "createModel" => with(201, named(model(&own["src"]), "another")),
        "previewUnsavedModel" => with(200, model(&own["src"])),
        "replaceModel" => with(200, model(&own["src"])).if_match(),
        "deleteModel" => plain(409).if_match(), // the segment depends on it
        "getModelKeys" => plain(404),           // nobody has counted them yet
        "getWorkspaceHealth" | "getModelSchema" | "checkModelSchema" | "listFieldValues" | "countFieldValues" => plain(200),
        "checkFieldSemantic" => plain(422), // no field of the world's model has a semantic type; models.rs has some
        "previewModelRepair" => with(200, json!({ "repairs": [{ "field": "email", "drop": true }] })),
        "repairModel" => with(200, json!({ "repairs": [{ "field": "email", "relink": "email" }] })).if_match(),
        "createRelationship" => {
            let on = json!([{ "field": "country", "other": "country" }]);
            let body =
                json!({ "name": "compatriots", "kind": "has-many", "model": own["mdl"], "on": on, "inverse": "compatriot_of" });
            with(201, body).if_match()
        }
        "checkRelationship" => plain(422), // the world's model has none; models.rs has some
        "deleteRelationship" => plain(422).if_match(),

        "listSegments" | "getSegment" | "getSegmentSentence" | "previewSegment" | "listSegmentStatistics" => plain(200),
        "computeSegmentStatistics" => plain(200),
        "getRemoteSegment" => plain(422), // the world's segment is made of conditions; remote.rs has another
        "refreshRemoteSegment" => with(422, json!({})),
        "createSegment" => with(201, named(segment(&own["mdl"]), "another")),
        "previewUnsavedSegment" => with(200, segment(&own["mdl"])),
        "readSegment" => with(200, segment(&own["mdl"])),
        "segmentFunnel" => with(200, json!({ "of": { "saved": own["seg"] } })),
        "segmentWhy" => with(200, json!({ "of": { "written": segment(&own["mdl"]) }, "key": { "customer_id": 1 } })),
        "segmentBreakdown" => with(200, json!({ "of": { "saved": own["seg"] }, "fields": ["country"], "compare": true })),
        "segmentOverlap" => {
            with(200, json!({ "segments": [{ "saved": own["seg"] }, { "written": named(segment(&own["mdl"]), "draft") }] }))
        }
        "replaceSegment" => with(200, segment(&own["mdl"])).if_match(),
        "deleteSegment" => plain(409).if_match(),

        "listConnectors" | "getConnector" => plain(200),
        "installConnector" => with(415, json!({})), // a component is not JSON

        "listDestinations" | "getDestination" => plain(200),
        "createDestination" => with(201, named(destination(), "another")),
        "replaceDestination" => with(200, destination()).if_match(),
        "deleteDestination" => plain(409).if_match(),
        "putCredential" => with(204, json!({ "secret": "hush" })),
        "deleteCredential" | "deleteConnection" => plain(204),
        // The world's credential is entered and not connected; the end-to-end tests have one that a person consents to.
        "connectCredential" => plain(422),
        "putRefreshToken" => with(422, json!({ "refresh_token": "hush" })),
        "testDestination" => plain(200), // its component is no component: the answer says so

        "listActivations" | "getActivation" => plain(200),
        "createActivation" => with(201, new_activation()),
        "replaceActivation" => with(200, activation(&own["seg"], &own["dst"])).if_match(),
        "deleteActivation" => plain(204).if_match().on("act", "free"),
        // Its component is no component: what can be said before is said, and then why there is no more.
        "dryRun" => plain(422).on("act", "free"),
        "startRun" => with(202, json!({})).on("act", "free"),
        "resyncActivation" => with(202, json!({ "kind": "full" })).on("act", "free"),
        "retryRejected" => plain(202).on("act", "free"),
        "listActivationStates" | "getActivationState" | "checkActivationState" => plain(200),

        "listRecords" | "listRuns" | "getRun" | "listRunEgress" | "listEgress" | "cancelRun" => plain(200),
        "confirmRun" | "discardRun" => with(200, json!({ "diff": "d1" })),

        "listAudit" | "listApiKeys" | "getApiKey" => plain(200),
        "createApiKey" => with(201, json!({ "name": "ci", "role": "viewer" })),
        "revokeApiKey" => plain(204),
        "listInstallationApiKeys" => plain(200),
        "revokeInstallationApiKey" => plain(404), // the world's key is of a workspace; keys.rs has one of the installation

        "applyBundle" => with(200, json!({ "sources": [source(data)] })),
        _ => return None,
    })
}

/// Operations whose case is elsewhere; this list may only shrink.
pub(crate) const ELSEWHERE: &[&str] = &[
    "streamRunEvents", // never ends for a run that is held: runs.rs
];
