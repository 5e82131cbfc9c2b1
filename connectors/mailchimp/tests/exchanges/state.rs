//! What the twin's audience holds, and how it is filled before a test begins: all that these tests know of the twin's inside.

use serde_json::{Value, json};
use sluice_twins::mailchimp::Running;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::rig::{API_KEY, LIST};

/// Puts the audience in place, of nobody.
pub(crate) fn have_audience(twin: &Running) {
    let field = |tag: &str| json!({ "tag": tag, "name": tag, "type": "text" });
    let merge_fields = [field("FNAME"), field("LNAME")];
    twin.seed("audiences", json!([{ "id": LIST, "name": "Customers", "merge_fields": merge_fields }])).unwrap();
}

/// Puts contacts in place, each as in `members[]` of a batch.
pub(crate) fn have_members(twin: &Running, mut members: Value) {
    for member in members.as_array_mut().unwrap() {
        member["list_id"] = LIST.into();
    }
    twin.seed("members", members).unwrap();
}

/// Puts a static segment in place, with members by address.
pub(crate) fn have_segment(twin: &Running, id: i64, name: &str, members: &[&str]) {
    twin.seed("segments", json!([{ "list_id": LIST, "id": id, "name": name, "type": "static", "members": members }])).unwrap();
}

/// Puts a merge field in place.
pub(crate) fn have_merge_field(twin: &Running, tag: &str, ty: &str) {
    twin.seed("merge-fields", json!([{ "list_id": LIST, "tag": tag, "name": tag, "type": ty }])).unwrap();
}

/// Puts a merge field of text in place that the audience requires.
pub(crate) fn have_required_merge_field(twin: &Running, tag: &str) {
    let field = json!({ "list_id": LIST, "tag": tag, "name": tag, "type": "text", "required": true });
    twin.seed("merge-fields", json!([field])).unwrap();
}

/// Addresses of the audience's contacts, in order.
pub(crate) async fn emails(twin: &Running) -> Vec<String> {
    let mut all: Vec<String> = contacts(twin).await.iter().map(|c| c["email_address"].as_str().unwrap().to_owned()).collect();
    all.sort();
    all
}

/// A field of each of these contacts; null for who is none.
pub(crate) async fn of_contacts<const N: usize>(twin: &Running, field: &str, emails: [&str; N]) -> [Value; N] {
    let all = contacts(twin).await;
    emails.map(|email| all.iter().find(|c| c["email_address"] == email).map_or(Value::Null, |c| c[field].clone()))
}

/// Names of the static segments, as Mailchimp's own question has them.
pub(crate) async fn segments(twin: &Running) -> Vec<String> {
    let path = format!("/3.0/lists/{LIST}/segments?type=static&count=1000&fields=segments.id,segments.name");
    let told = get(twin, &path).await;
    told["segments"].as_array().unwrap().iter().map(|segment| segment["name"].as_str().unwrap().to_owned()).collect()
}

/// Whatever has an address and a status in the state that the twin shows to anybody.
async fn contacts(twin: &Running) -> Vec<Value> {
    fn walk(value: Value, found: &mut Vec<Value>) {
        match value {
            Value::Object(object) if object.contains_key("email_address") && object.contains_key("status") => {
                found.push(Value::Object(object));
            }
            Value::Object(object) => object.into_iter().for_each(|(_, value)| walk(value, found)),
            Value::Array(values) => values.into_iter().for_each(|value| walk(value, found)),
            _ => {}
        }
    }
    let mut found = Vec::new();
    walk(get(twin, "/__twin/state").await, &mut found);
    found
}

async fn get(twin: &Running, path: &str) -> Value {
    let mut stream = TcpStream::connect(twin.address()).await.unwrap();
    let ask = format!("GET {path} HTTP/1.0\r\nhost: {}\r\nauthorization: Bearer {API_KEY}\r\n\r\n", twin.address());
    stream.write_all(ask.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer.split_once("\r\n\r\n").unwrap().1.parse().unwrap()
}
