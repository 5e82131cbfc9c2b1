//! The stand-in: begins anew before each situation, and shows its state where it can.

use std::net::SocketAddr;

use bytes::Bytes;
use http::{Method, Request, header};
use http_body_util::{BodyExt, Full};
use hyper_util::rt::TokioIo;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use tokio::net::TcpStream;

use crate::{error::Unfit, plan::Plan};

/// Times that are no farther apart are both "now".
const SAME_MOMENT: SignedDuration = SignedDuration::from_mins(10);

/// A server on loopback that speaks plain HTTP.
pub(crate) struct Standing {
    pub(crate) address: SocketAddr,
    url: String,
}

impl Standing {
    /// Where it stands: `http://127.0.0.1:4711`.
    pub(crate) fn at(url: &str) -> Result<Self, Unfit> {
        let wrong = |problem: &str| Unfit::StandIn { url: url.to_owned(), problem: problem.to_owned() };
        let rest = url.trim_end_matches('/').strip_prefix("http://").ok_or_else(|| wrong("it must be http://<address>:<port>"))?;
        let rest = rest.replace("localhost:", "127.0.0.1:");
        let address = rest.parse().map_err(|_| wrong("it must be http://<address>:<port>, with an address in numbers"))?;
        Ok(Self { address, url: url.to_owned() })
    }

    /// All as at the start, with the plan's seeds in place. Whether it can do that: a stranger's stand-in may not.
    pub(crate) async fn begin(&self, plan: &Plan) -> Result<bool, Unfit> {
        let (status, _) = self.ask(Method::POST, "/__twin/reset", None).await?;
        if status >= 300 && plan.seeds.is_empty() {
            return Ok(false);
        }
        for seed in &plan.seeds {
            let (status, words) = self.ask(Method::PUT, &format!("/__twin/{}", seed.kind), Some(&seed.body())).await?;
            if status >= 300 {
                let words = String::from_utf8_lossy(&words).into_owned();
                return Err(Unfit::Seed { kind: seed.kind.clone(), status, words });
            }
        }
        Ok(true)
    }

    /// What it holds, without what the plan ignores; none where it does not show it.
    pub(crate) async fn state(&self, plan: &Plan) -> Result<Option<Value>, Unfit> {
        let (status, body) = self.ask(Method::GET, "/__twin/state", None).await?;
        if status != 200 {
            return Ok(None);
        }
        Ok(serde_json::from_slice(&body).ok().map(|state| without(state, &plan.state_ignores)))
    }

    async fn ask(&self, method: Method, path: &str, body: Option<&Value>) -> Result<(u16, Bytes), Unfit> {
        let failed = |problem: &dyn std::fmt::Display| Unfit::StandIn { url: self.url.clone(), problem: problem.to_string() };
        let stream = TcpStream::connect(self.address).await.map_err(|error| failed(&error))?;
        let (mut sender, connection) =
            hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(|error| failed(&error))?;
        tokio::spawn(connection);
        let body = body.map(Value::to_string).unwrap_or_default();
        let request = Request::builder().method(method).uri(path).header(header::HOST, self.address.to_string());
        let request = request.header(header::CONTENT_TYPE, "application/json").body(Full::new(Bytes::from(body)));
        let request = request.map_err(|error| failed(&error))?;
        let (head, body) = sender.send_request(request).await.map_err(|error| failed(&error))?.into_parts();
        Ok((head.status.as_u16(), body.collect().await.map_err(|error| failed(&error))?.to_bytes()))
    }
}

fn without(state: Value, ignored: &[String]) -> Value {
    match state {
        Value::Object(object) => {
            let kept = object.into_iter().filter(|(key, _)| !ignored.contains(key));
            Value::Object(kept.map(|(key, value)| (key, without(value, ignored))).collect())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(|item| without(item, ignored)).collect()),
        other => other,
    }
}

/// Two times of about now: two situations of one test are not at the same moment.
fn of_one_moment(one: &Value, other: &Value) -> bool {
    let time = |value: &Value| value.as_str().and_then(|text| text.parse::<Timestamp>().ok());
    match (time(one), time(other)) {
        (Some(one), Some(other)) => one.duration_until(other).abs() < SAME_MOMENT,
        _ => false,
    }
}

/// The first place where two states differ, as a JSON pointer with both values; none where they do not. Two times of about now are equal.
pub(crate) fn difference(one: &Value, other: &Value) -> Option<String> {
    let short = |value: Option<&Value>| {
        let text = value.map_or_else(|| "nothing".to_owned(), Value::to_string);
        if text.chars().count() > 120 { format!("{}…", text.chars().take(120).collect::<String>()) } else { text }
    };
    fn walk(at: &mut String, one: &Value, other: &Value, short: &dyn Fn(Option<&Value>) -> String) -> Option<String> {
        let deeper = |at: &mut String, key: &str, one: Option<&Value>, other: Option<&Value>| {
            let length = at.len();
            at.push('/');
            at.push_str(&key.replace('~', "~0").replace('/', "~1"));
            let found = match (one, other) {
                (Some(one), Some(other)) => walk(at, one, other, short),
                _ => Some(format!("{at}: {} and {}", short(one), short(other))),
            };
            at.truncate(length);
            found
        };
        match (one, other) {
            (Value::Object(a), Value::Object(b)) => {
                let keys: std::collections::BTreeSet<_> = a.keys().chain(b.keys()).collect();
                keys.into_iter().find_map(|key| deeper(at, key, a.get(key), b.get(key)))
            }
            (Value::Array(a), Value::Array(b)) => {
                (0..a.len().max(b.len())).find_map(|index| deeper(at, &index.to_string(), a.get(index), b.get(index)))
            }
            (one, other) if one == other || of_one_moment(one, other) => None,
            (one, other) => Some(format!("{at}: {} and {}", short(Some(one)), short(Some(other)))),
        }
    }
    walk(&mut String::new(), one, other, &short)
}
