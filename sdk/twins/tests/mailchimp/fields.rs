//! Merge fields and interests (*Attributes*, *Quirks*, *Setup objects*); which value each type takes is a table beside the twin's `merge`.

use serde_json::{Value, json};
use sluice_twins::mailchimp::{MergeType, NewAudience, NewMergeField, Options};

use crate::client::{BATCH, Bench, LIST, audience, field, options, send, told};

const VALIDATED: &str = "/3.0/lists/a1b2c3d4e5";

fn lea(merge_fields: Value) -> Value {
    json!({ "email_address": "lea@example.org", "status": "subscribed", "merge_fields": merge_fields })
}

/// *Attributes*: a wrong value is its member's; others of the batch pass.
#[tokio::test]
async fn a_wrong_value_is_an_error_row_that_names_the_field() {
    let bench = Bench::start().await;
    for (tag, value, message) in [
        ("LTV", json!("AAAAA"), "Please enter a number"),
        ("LTV", json!(true), "Schema describes string, boolean found instead"),
        ("FNAME", json!(null), "Schema describes string, NULL found instead"),
        ("BDAY", json!("1990-03-27"), "Please enter a month (01-12) and a day (01-31)"),
        ("ADDR", json!({ "addr1": "1 rue A" }), "Please enter a complete address"),
    ] {
        let members = json!([lea(json!({ tag: value })), { "email_address": "b@example.org", "status": "subscribed" }]);
        let answer = bench.upsert(members).await;
        let row = json!({
            "email_address": "lea@example.org", "error": "Your merge fields were invalid.", "error_code": "ERROR_GENERIC",
            "field": tag, "field_message": message,
        });
        assert_eq!(answer["errors"], json!([row]), "{tag}");
        assert_eq!(told(&answer).0 + told(&answer).1, 1);
    }
    assert_eq!(bench.count(), 1);
    // In a single call: 400, and the field's place in the body (*Global rate limits*: `merge_fields.BDAY`).
    let path = format!("{VALIDATED}/members");
    let (status, answer) = send(bench.post(&path, &lea(json!({ "BDAY": "03-27" })))).await;
    assert_eq!((status, &answer["detail"]), (400, &json!("Your merge fields were invalid.")));
    assert_eq!(answer["errors"][0]["field"], "merge_fields.BDAY");
}

/// "empty string clears a value whatever its type"; what is not named stays.
#[tokio::test]
async fn an_empty_text_clears_and_what_is_not_named_stays() {
    let bench = Bench::start().await;
    let home = json!({ "addr1": "1 rue A", "city": "Paris", "state": "IDF", "zip": "75001" });
    bench.upsert(json!([lea(json!({ "FNAME": "Léa", "LTV": "412.5", "BDAY": "03/27", "ADDR": home }))])).await;
    bench.upsert(json!([lea(json!({ "LTV": "", "BDAY": "", "ADDR": "" }))])).await;
    assert_eq!(Value::from(bench.member("lea@example.org").merge_fields), json!({ "FNAME": "Léa" }));
}

/// *Attributes*: "unknown tags are ignored or give 400 depending on validation (inferred)".
#[tokio::test]
async fn an_unknown_tag_is_refused_or_ignored_with_validation_skipped() {
    let bench = Bench::start().await;
    let body = json!({ "members": [lea(json!({ "FNAME": "Léa", "NEW": 1 }))] });
    let refused = bench.ok("POST", VALIDATED, body.clone()).await;
    assert_eq!((told(&refused).0, &refused["errors"][0]["field"]), (0, &json!("NEW")));
    assert_eq!(told(&bench.ok("POST", BATCH, body).await).0, 1);
    assert_eq!(Value::from(bench.member("lea@example.org").merge_fields), json!({ "FNAME": "Léa" }));
    assert_eq!(bench.warnings(), [("unknown-merge-tag", "NEW".to_owned())]);
}

/// *Quirks*: "audience with required merge fields rejects members unless `skip_merge_validation=true`".
#[tokio::test]
async fn a_required_field_is_required_unless_validation_is_skipped() {
    let required = NewMergeField { required: true, ..field("FNAME", MergeType::Text) };
    let audiences = vec![NewAudience { merge_fields: vec![required], ..audience() }];
    let bench = Bench::with(Options { audiences, ..options() }).await;
    let body = |fields| json!({ "members": [lea(fields)], "update_existing": true });
    for fields in [json!({}), json!({ "FNAME": "" })] {
        let refused = bench.ok("POST", VALIDATED, body(fields)).await;
        assert_eq!(refused["errors"][0]["field_message"], "Please enter a value");
    }
    assert_eq!(told(&bench.ok("POST", BATCH, body(json!({}))).await).0, 1);
    assert_eq!(told(&bench.ok("POST", VALIDATED, body(json!({ "FNAME": "Léa" }))).await).1, 1);
    assert_eq!(told(&bench.ok("POST", VALIDATED, body(json!({}))).await).1, 1, "it has a value by now");
    let path = format!("{VALIDATED}/members/b@example.org");
    let put = json!({ "email_address": "b@example.org", "status_if_new": "transactional" });
    assert_eq!(bench.refused("PUT", &path, put.clone()).await.0, 400);
    bench.ok("PUT", &format!("{path}?skip_merge_validation=true"), put).await;
}

/// *Setup objects*: a merge field is made before values are sent; *Step 1*: tags of at most 10 characters; *Attributes*: 30 of them.
#[tokio::test]
async fn merge_fields_are_made_and_listed() {
    let bench = Bench::with(Options { merge_fields_max: 6, ..options() }).await;
    let path = format!("{VALIDATED}/merge-fields");
    let made = bench.ok("POST", &path, json!({ "name": "Rank", "type": "number", "tag": "rank" })).await;
    assert_eq!((&made["merge_id"], &made["tag"], &made["type"]), (&json!(5), &json!("RANK"), &json!("number")));
    bench.upsert(json!([lea(json!({ "Rank": 3 }))])).await;
    assert_eq!(bench.member("lea@example.org").merge_fields["RANK"], 3);
    for body in [
        json!({ "name": "Rank", "type": "number", "tag": "Rank" }),
        json!({ "name": "Address", "type": "text", "tag": "EMAIL" }),
        json!({ "name": "Flag", "type": "boolean", "tag": "FLAG" }),
        json!({ "name": "Long", "type": "text", "tag": "ELEVENCHARS" }),
        json!({ "name": "None", "type": "text", "tag": "" }),
        json!({ "type": "text", "tag": "A" }),
        json!({ "name": "A", "tag": "A" }),
    ] {
        assert_eq!(bench.refused("POST", &path, body.clone()).await.0, 400, "{body}");
    }
    let colour = json!({ "name": "Colour", "type": "radio", "options": { "choices": ["red"] } });
    assert_eq!(bench.ok("POST", &path, colour).await["tag"], "MMERGE6");
    assert_eq!(told(&bench.upsert(json!([lea(json!({ "MMERGE6": "blue" }))])).await).2.len(), 1);
    assert_eq!(bench.refused("POST", &path, json!({ "name": "A", "type": "text", "tag": "TENCHARSXX" })).await.0, 400, "a seventh");
    let listed = bench.ok("GET", &format!("{path}?count=2&offset=4&fields=merge_fields.tag,total_items"), Value::Null).await;
    assert_eq!(listed, json!({ "merge_fields": [{ "tag": "RANK" }, { "tag": "MMERGE6" }], "total_items": 6 }));
}

/// *Step 1*: `.interests`, "object id -> bool"; one that is not there is refused (inferred).
#[tokio::test]
async fn an_interest_that_is_not_there_is_refused() {
    let bench = Bench::start().await;
    let member = |id: &str| json!([{ "email_address": "lea@example.org", "status": "subscribed", "interests": { id: true } }]);
    let refused = bench.upsert(member("i2")).await;
    assert_eq!((told(&refused).2[0].2.as_str(), &refused["errors"][0]["field"]), ("Invalid interest ID", &json!("i2")));
    assert_eq!(told(&bench.upsert(member("i1")).await).0, 1);
    assert_eq!(LIST, bench.ok("GET", VALIDATED, Value::Null).await["id"]);
}
