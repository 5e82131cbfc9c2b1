//! The twin held against the vendor's own description, where it lies beside the project: names of parameters and fields, and words of
//! enumerations. The description is never copied into the project; where it is absent one line says so.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::Write,
    path::{Path, PathBuf},
};

use reqwest::RequestBuilder;
use serde_json::{Value, json};
use sluice_twins::meta_ads::DATASET;

use crate::client::{AUDIENCE, Bench, account, batch, data, dataset_events, event, ids, replacing, send, users};

struct Description {
    /// The nodes and edges, by file.
    files: BTreeMap<&'static str, Value>,
    enums: BTreeMap<String, Vec<String>>,
}

const FILES: [&str; 6] = [
    "AdAccount-customaudience-edges.json",
    "AdsPixel.json",
    "CustomAudience.json",
    "CustomAudienceSession.json",
    "CustomAudienceStatus.json",
    "CustomAudiencesTOS.json",
];

impl Description {
    /// The description, or a line that says where it was looked for.
    fn read() -> Option<Self> {
        let shared = std::env::var_os("SLUICE_SHARED")
            .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared"), PathBuf::from);
        let folder = shared.join("specs/meta-ads");
        if !folder.is_dir() {
            // Past the capture of a test's output.
            let _ = writeln!(
                std::io::stderr(),
                "SKIPPED: there is no {}; set SLUICE_SHARED to the folder above specs/",
                folder.display()
            );
            return None;
        }
        let read = |name: &str| -> Value { std::fs::read_to_string(folder.join(name)).unwrap().parse().unwrap() };
        let enums = read("enum_types-customaudience.json");
        let enums = enums.as_array().unwrap().iter().map(|one| {
            let words = one["values"].as_array().unwrap().iter().map(|word| word.as_str().unwrap().to_owned());
            (one["name"].as_str().unwrap().to_owned(), words.collect())
        });
        Some(Self { files: FILES.map(|name| (name, read(name))).into(), enums: enums.collect() })
    }

    /// An edge's parameters, and which must be there.
    fn edge(&self, file: &str, method: &str, edge: &str) -> BTreeMap<&str, bool> {
        let apis = self.files[file]["apis"].as_array().unwrap();
        let api = apis.iter().find(|api| api["method"] == method && (api["endpoint"] == edge || api["name"] == edge));
        let api = api.unwrap_or_else(|| panic!("{method} {edge} is described"));
        api["params"].as_array().unwrap().iter().map(|p| (p["name"].as_str().unwrap(), p["required"] == true)).collect()
    }

    /// A node's fields and their types.
    fn fields(&self, file: &str) -> BTreeMap<&str, &str> {
        let fields = self.files[file]["fields"].as_array().unwrap();
        fields.iter().map(|field| (field["name"].as_str().unwrap(), field["type"].as_str().unwrap())).collect()
    }

    /// A node that was shown has no other fields than the described ones, of the described kinds.
    fn hold(&self, file: &str, shown: &Value) {
        let fields = self.fields(file);
        for (name, value) in shown.as_object().unwrap() {
            let ty = fields.get(name.as_str()).unwrap_or_else(|| panic!("{file} has {name}"));
            let fits = match *ty {
                "string" => value.is_string(),
                "bool" => value.is_boolean(),
                "int" => value.is_i64(),
                "unsigned int" => value.is_u64(),
                _ => value.is_object() || value.is_array(),
            };
            assert!(fits, "{file} {name} is a {ty}: {value}");
        }
    }
}

/// Parameters that a call sent at its top.
fn sent(bench: &Bench) -> BTreeSet<String> {
    let entry = bench.twin.log().entries().pop().unwrap();
    entry.json().and_then(|body| body.as_object().map(|body| body.keys().cloned().collect())).unwrap_or_default()
}

/// Whether the twin passed over a parameter of the last call in silence.
fn unknown(bench: &Bench) -> BTreeSet<String> {
    let last = bench.twin.log().total();
    let warnings =
        bench.twin.warnings().into_iter().filter(|warning| warning.request == last && warning.code == "unknown-parameter");
    warnings.map(|warning| warning.detail).collect()
}

/// A call with everything that the twin knows of it: names are described, and what is described as required is required.
async fn edge(bench: &Bench, described: BTreeMap<&str, bool>, full: Value, call: impl Fn(&Value) -> RequestBuilder) -> Value {
    let answer = bench.done(call(&full)).await;
    assert_eq!(unknown(bench), BTreeSet::new(), "the twin knows {full}");
    for name in sent(bench) {
        assert!(described.contains_key(name.as_str()), "{name} is described");
    }
    for name in described.iter().filter(|(_, required)| **required).map(|(name, _)| *name) {
        let mut less = full.clone();
        assert!(less.as_object_mut().unwrap().remove(name).is_some(), "{name} is sent");
        assert_eq!(bench.refused(call(&less)).await.1, 100, "without {name}");
    }
    answer
}

#[tokio::test]
async fn parameters_are_as_the_vendor_describes_them() {
    let Some(description) = Description::read() else { return };
    let bench = Bench::start().await;
    let (of_account, of_audience, of_dataset) = ("AdAccount-customaudience-edges.json", "CustomAudience.json", "AdsPixel.json");
    let vip = json!({
        "name": "VIP", "subtype": "CUSTOM", "description": "d", "customer_file_source": "USER_PROVIDED_ONLY", "retention_days": 30,
        "is_value_based": false,
    });
    let made = edge(&bench, description.edge(of_account, "POST", "customaudiences"), vip, |body| {
        bench.post(&account("/customaudiences"), body)
    })
    .await;
    let terms = json!({ "tos_id": "114747225350103", "business_id": "1" });
    edge(&bench, description.edge(of_account, "POST", "customaudiencestos"), terms, |body| {
        bench.post(&account("/customaudiencestos"), body)
    })
    .await;
    let moving = batch(&["a"], 1, 1, false);
    edge(&bench, description.edge(of_audience, "POST", "users"), moving, |body| bench.post(&users(AUDIENCE), body)).await;
    let moving = batch(&["a"], 2, 1, false);
    edge(&bench, description.edge(of_audience, "DELETE", "users"), moving, |body| bench.delete(&users(AUDIENCE), body)).await;
    let moving = batch(&["a"], 3, 1, false);
    edge(&bench, description.edge(of_account, "DELETE", "usersofanyaudience"), moving, |body| {
        bench.delete(&account("/usersofanyaudience"), body)
    })
    .await;
    let moving = batch(&["a"], 4, 1, false);
    edge(&bench, description.edge(of_audience, "POST", "usersreplace"), moving, |body| bench.post(&replacing(AUDIENCE), body))
        .await;
    let events = json!({
        "data": [event("a")], "namespace_id": "1", "partner_agent": "sluice", "platforms": [], "progress": {}, "test_event_code": "T",
        "trace": 1, "upload_id": "1", "upload_source": "s", "upload_tag": "t",
    });
    let described = description.edge(of_dataset, "POST", "events");
    assert_eq!(
        described.keys().map(|name| (*name).to_owned()).collect::<BTreeSet<_>>(),
        events.as_object().unwrap().keys().cloned().collect()
    );
    edge(&bench, described, events, |body| bench.post(&dataset_events(), body)).await;
    assert!(description.edge(of_audience, "GET", "sessions").contains_key("session_id"));
    bench.done(bench.get(&format!("{AUDIENCE}/sessions?session_id=1"))).await;
    assert_eq!(unknown(&bench), BTreeSet::new());
    for (method, edge) in [("DELETE", "#delete"), ("GET", "#get")] {
        description.edge(of_audience, method, edge);
    }
    bench.done(bench.delete(made["id"].as_str().unwrap(), &json!({}))).await;
}

#[tokio::test]
async fn nodes_show_fields_that_the_vendor_describes() {
    let Some(description) = Description::read() else { return };
    let bench = Bench::start().await;
    bench.add(ids(&["a"])).await;
    bench.done(bench.post(&replacing(AUDIENCE), &batch(&["b"], 5, 1, true))).await;
    bench.done(bench.post(&dataset_events(), &data(&[event("a")]))).await;
    let mut asked = BTreeSet::new();
    for field in description.fields("CustomAudience.json").keys() {
        let (status, answer) = send(bench.get(&format!("{AUDIENCE}?fields={field}"))).await;
        if status == 200 {
            asked.insert((*field).to_owned());
            description.hold("CustomAudience.json", &answer);
        } else {
            assert_eq!(answer["error"]["code"], 100, "{field}");
        }
    }
    let noted = ["id", "name", "subtype", "operation_status", "delivery_status", "approximate_count_lower_bound"];
    assert!(noted.iter().all(|field| asked.contains(*field)), "{asked:?}");
    let all: Vec<String> = asked.into_iter().collect();
    let whole = bench.done(bench.get(&format!("{AUDIENCE}?fields={}", all.join(",")))).await;
    description.hold("CustomAudience.json", &whole);
    for status in ["operation_status", "delivery_status"] {
        description.hold("CustomAudienceStatus.json", &whole[status]);
    }
    let sessions = bench.done(bench.get(&format!("{AUDIENCE}/sessions"))).await;
    let sessions = sessions["data"].as_array().unwrap();
    assert_eq!(sessions.len(), 2);
    sessions.iter().for_each(|session| description.hold("CustomAudienceSession.json", session));
    assert_eq!(description.fields("CustomAudienceSession.json").len(), sessions[0].as_object().unwrap().len(), "all of them");
    let terms = bench.done(bench.get(&account("/customaudiencestos"))).await;
    description.hold("CustomAudiencesTOS.json", &terms["data"][0]);
    let dataset = bench.done(bench.get(&format!("{DATASET}?fields=id,name,is_consolidated_container"))).await;
    description.hold("AdsPixel.json", &dataset);
}

/// Each word is taken, and no other.
#[tokio::test]
async fn enumerations_are_the_vendors() {
    let Some(description) = Description::read() else { return };
    let bench = Bench::start().await;
    for (field, name) in [("type", "CustomAudienceDataSource_type"), ("sub_type", "CustomAudienceDataSource_sub_type")] {
        let with = |word: &str| {
            let mut payload = ids(&["a"]);
            payload["data_source"] = json!({ field: word });
            bench.post(&users(AUDIENCE), &json!({ "payload": payload }))
        };
        for word in &description.enums[name] {
            bench.done(with(word)).await;
            assert_eq!(bench.refused(with(&word.to_lowercase())).await, (400, 100, 0), "{word}");
        }
        let (_, answer) = send(with("OTHER")).await;
        assert!(answer["error"]["message"].as_str().unwrap().ends_with(&format!("{{{}}}", description.enums[name].join(", "))));
    }
    let made = |field: &str, word: &str| {
        let mut body = json!({ "name": "n", "subtype": "CUSTOM", "customer_file_source": "USER_PROVIDED_ONLY" });
        body[field] = word.into();
        bench.post(&account("/customaudiences"), &body)
    };
    for word in &description.enums["adaccountcustomaudiences_customer_file_source_enum_param"] {
        bench.done(made("customer_file_source", word)).await;
    }
    for (field, name) in [
        ("customer_file_source", "adaccountcustomaudiences_customer_file_source_enum_param"),
        ("subtype", "adaccountcustomaudiences_subtype_enum_param"),
    ] {
        let (status, answer) = send(made(field, "OTHER")).await;
        let message = answer["error"]["message"].as_str().unwrap();
        assert!(status == 400 && message.ends_with(&format!("{{{}}}", description.enums[name].join(", "))), "{message}");
    }
}
