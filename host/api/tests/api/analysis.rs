//! Questions about segments: what they answer, and where each refusal points.

use serde_json::{Value, json};

use crate::world::{World, model, segment};

fn named(mut value: Value, name: &str) -> Value {
    value["name"] = json!(name);
    value
}

#[tokio::test]
async fn each_question_is_answered_for_a_saved_segment_and_for_one_that_is_written() {
    let world = World::new().await;
    let saved = json!({ "saved": world.own["seg"] });
    let written = json!({ "written": segment(&world.own["mdl"]) });
    for of in [&saved, &written] {
        let funnel = world.post("/segments/funnel", &json!({ "of": of })).await.json;
        assert_eq!((&funnel["total"], &funnel["stages"][0]["remaining"]), (&json!(3), &json!(2)), "{funnel}");
        assert_eq!(funnel["stages"][0]["pointer"], "/condition/root/children/0");
        let why = world.post("/segments/why", &json!({ "of": of, "key": { "customer_id": 2 } })).await.json;
        assert_eq!((&why["rows"], &why["inside"], &why["reasons"][1]["holds"]), (&json!(1), &json!(false), &json!(false)));
        let body = json!({ "of": of, "fields": ["country"], "compare": true });
        let found = world.post("/segments/breakdown", &body).await.json;
        let france = &found["breakdowns"][0]["values"][0];
        assert_eq!((&france["value"], &france["rows"], &france["index"]), (&json!("France"), &json!(2), &json!(150.0)));
    }
    let sentence = world.post("/segments/sentence", &segment(&world.own["mdl"])).await.json;
    assert_eq!(sentence["sentence"], "country is any of \"France\"");
}

#[tokio::test]
async fn a_part_of_an_overlap_becomes_a_segment_with_its_rows() {
    let world = World::new().await;
    let mut german = named(segment(&world.own["mdl"]), "first two");
    german["condition"]["root"]["children"][0] = json!({ "field": "customer_id", "operator": "at-most", "value": 2 });
    let second = world.post("/segments", &german).await.json["id"].clone();
    let question = json!({ "segments": [{ "saved": world.own["seg"] }, { "saved": second }] });
    let overlap = world.post("/segments/overlap", &question).await.json;
    let rows: Vec<_> = overlap["segments"].as_array().unwrap().iter().map(|segment| segment["rows"].clone()).collect();
    assert_eq!(rows, [2, 2]);
    assert_eq!(overlap["parts"].as_array().unwrap().len(), 3, "{overlap}");
    for part in overlap["parts"].as_array().unwrap() {
        let made = world.post("/segments", &part["segment"]).await;
        assert_eq!(made.status.as_u16(), 201, "{}", made.text);
        let preview = world.get(&format!("/segments/{}/preview", made.json["id"].as_str().unwrap())).await.json;
        assert_eq!(preview["count"], part["rows"], "{part}");
    }
    // A segment that nobody has saved has no id that a condition could name.
    let question = json!({ "segments": [{ "saved": world.own["seg"] }, { "written": named(german, "draft") }] });
    let overlap = world.post("/segments/overlap", &question).await.json;
    assert!(overlap["parts"].as_array().unwrap().iter().all(|part| part["segment"].is_null()), "{overlap}");
}

#[tokio::test]
async fn statistics_tell_who_came_and_who_went_since_the_computation_before() {
    let world = World::new().await;
    let path = format!("/segments/{}/statistics", world.own["seg"]);
    let compute = async || world.post(&path, &json!({})).await.json;
    let first = compute().await;
    assert_eq!([&first["size"], &first["total"], &first["members"]], [2, 3, 2].map(|n| json!(n)).each_ref(), "{first}");
    assert_eq!((&first["entered"], &first["turnover"]), (&Value::Null, &Value::Null));
    // Customer 1 moves away, 4 and 5 arrive.
    let rows = "customer_id,country,email\n1,Spain,a@example.com\n3,France,c@example.com\n4,France,d\n5,France,e\n";
    std::fs::write(world.dir.path().join("data/customers.csv"), rows).unwrap();
    let second = compute().await;
    assert_eq!([&second["size"], &second["entered"], &second["left"]], [3, 2, 1].map(|n| json!(n)).each_ref(), "{second}");
    assert_eq!(second["turnover"], json!(0.75), "three of four people");
    let trend = world.get(&path).await.json;
    assert_eq!(trend["items"], json!([second, first]));
    // One list of members is kept, and it names nobody.
    let lists: Vec<_> = std::fs::read_dir(world.dir.path().join("state/members").join(&world.own["ws"])).unwrap().collect();
    assert_eq!(lists.len(), 1, "{lists:?}");
}

#[tokio::test]
async fn a_segment_that_tracks_its_members_tells_when_each_came_and_went() {
    let world = World::new().await;
    let mut tracked = named(segment(&world.own["mdl"]), "tracked");
    tracked["tracks_members"] = json!(true);
    let made = world.post("/segments", &tracked).await.json;
    assert_eq!(made["tracks_members"], true, "{made}");
    let path = format!("/segments/{}/statistics", made["id"].as_str().unwrap());
    let compute = async || world.post(&path, &json!({})).await.json["at"].as_str().unwrap().to_owned();
    let stay = async |customer: i64| {
        let question = json!({ "of": { "saved": made["id"] }, "key": { "customer_id": customer } });
        world.post("/segments/why", &question).await.json["stay"].clone()
    };
    assert_eq!(stay(1).await, Value::Null, "nothing was computed yet");
    compute().await;
    assert_eq!(stay(1).await, json!({ "entered_at": null, "left_at": null }));
    assert_eq!(stay(2).await, Value::Null, "never in it");
    // Customer 1 leaves the table, 3 moves away, 4 arrives.
    let rows =
        |rows: &str| std::fs::write(world.dir.path().join("data/customers.csv"), format!("customer_id,country,email\n{rows}"));
    rows("2,Spain,b@example.com\n3,Spain,c@example.com\n4,France,d\n").unwrap();
    let second = compute().await;
    assert_eq!(stay(1).await, json!({ "entered_at": null, "left_at": second }), "the record itself is gone");
    assert_eq!(stay(3).await, json!({ "entered_at": null, "left_at": second }));
    assert_eq!(stay(4).await, json!({ "entered_at": second, "left_at": null }));
    rows("3,France,c@example.com\n4,France,d\n").unwrap();
    let third = compute().await;
    assert_eq!(stay(3).await, json!({ "entered_at": third, "left_at": second }), "came back");
    let written = json!({ "of": { "written": tracked }, "key": { "customer_id": 3 } });
    assert_eq!(world.post("/segments/why", &written).await.json["stay"], Value::Null);
}

#[tokio::test]
async fn every_refusal_points_at_its_culprit() {
    let world = World::new().await;
    let own = &world.own;
    let saved = json!({ "saved": own["seg"] });
    let nowhere = json!({ "saved": world.other["seg"] });
    let second_model =
        world.post("/models", &named(model(&own["src"]), "more customers")).await.json["id"].as_str().unwrap().to_owned();
    let foreign = json!({ "written": named(segment(&second_model), "foreign") });
    let mut broken = segment(&own["mdl"]);
    broken["condition"]["root"]["children"][0]["field"] = json!("land");
    let one_step = json!({ "steps": [{ "path": ["orders"] }] });
    let mut sequence = segment(&own["mdl"]);
    sequence["condition"]["root"]["children"][0] = one_step;
    for (question, body, pointers, code) in [
        ("funnel", json!({ "of": nowhere }), vec!["/of/saved"], "member-invalid"),
        ("funnel", json!({ "of": { "written": broken } }), vec!["/of/written/condition/root/children/0/field"], "field-unknown"),
        (
            "funnel",
            json!({ "of": { "written": sequence } }),
            vec!["/of/written/condition/root/children/0/steps"],
            "sequence-invalid",
        ),
        ("why", json!({ "of": saved, "key": {} }), vec!["/key"], "value-invalid"),
        ("why", json!({ "of": saved, "key": { "customer_id": "x" } }), vec!["/key/customer_id"], "value-invalid"),
        ("why", json!({ "of": saved, "key": { "customer_id": 1, "a/b": 1 } }), vec!["/key/a~1b"], "value-invalid"),
        ("breakdown", json!({ "of": saved, "fields": [] }), vec!["/fields"], "not-categorical"),
        (
            "breakdown",
            json!({ "of": saved, "fields": ["country", "email", "customer_id", "land", "country"] }),
            vec!["/fields/1", "/fields/2", "/fields/3", "/fields/4"],
            "not-categorical",
        ),
        ("overlap", json!({ "segments": [saved] }), vec!["/segments"], "member-invalid"),
        ("overlap", json!({ "segments": vec![&saved; 6] }), vec!["/segments"], "member-invalid"),
        ("overlap", json!({ "segments": [saved, saved] }), vec!["/segments/1"], "member-invalid"),
        ("overlap", json!({ "segments": [saved, nowhere] }), vec!["/segments/1/saved"], "member-invalid"),
        ("overlap", json!({ "segments": [saved, foreign] }), vec!["/segments/1"], "member-invalid"),
    ] {
        let answer = world.post(&format!("/segments/{question}"), &body).await;
        assert_eq!((answer.status.as_u16(), answer.pointers()), (422, pointers), "{question} {body}: {}", answer.text);
        assert_eq!(answer.json["errors"][0]["code"], code, "{question} {body}");
        assert!(answer.json["next"].as_str().is_some_and(|next| !next.is_empty()));
    }
}
