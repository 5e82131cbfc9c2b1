//! Requests that were really sent, held against the vendor's own description (`api_specs` of facebook/facebook-business-sdk-codegen), where
//! it lies beside the project. It names parameters and not what is in them. The description is never copied into the project; where it is
//! absent one line says so.

use serde_json::Value;
use sluice_catalog::contract::Operation;
use sluice_conformance::described;

use crate::rig::{Rig, VIP, people};

fn description(file: &str) -> Option<Value> {
    Some(described(&format!("meta-ads/{file}.json"))?.parse().unwrap())
}

/// Names and needs of an edge's parameters.
fn parameters(description: &Value, method: &str, edge: &str) -> Vec<(String, bool)> {
    let apis = description["apis"].as_array().unwrap();
    let api = apis.iter().find(|api| api["method"] == method && api["endpoint"] == edge);
    let parameters = api.unwrap_or_else(|| panic!("{method} {edge} is described"))["params"].as_array().unwrap();
    parameters.iter().map(|p| (p["name"].as_str().unwrap().to_owned(), p["required"] == true)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_have_the_parameters_that_the_vendor_describes() {
    let (Some(account), Some(audience), Some(dataset)) =
        (description("AdAccount-customaudience-edges"), description("CustomAudience"), description("AdsPixel"))
    else {
        return;
    };
    let rig = Rig::new().await;
    let keep = rig.setup(VIP).await.unwrap();
    rig.members(&keep, Operation::Add, people(["C-1"])).await;
    rig.members(&keep, Operation::Remove, people(["C-1"])).await;
    rig.replace(&keep, people(["C-1"])).await;
    rig.events(rig.purchases(&[("o-1", 1.0)])).await.unwrap();
    let mut seen = 0;
    for sent in rig.twin.log().entries().into_iter().filter(|sent| sent.method != "GET") {
        let edge = sent.path.rsplit('/').next().unwrap();
        let description = match edge {
            "customaudiences" => &account,
            "events" => &dataset,
            _ => &audience,
        };
        let known = parameters(description, &sent.method, edge);
        let body = sent.json().unwrap();
        for name in body.as_object().unwrap().keys() {
            assert!(known.iter().any(|(known, _)| known == name), "{} {edge} has no parameter {name}", sent.method);
        }
        for (name, _) in known.iter().filter(|(_, required)| *required) {
            assert!(body.get(name).is_some(), "{} {edge} needs {name}", sent.method);
        }
        seen += 1;
    }
    assert_eq!(seen, 5);
}
