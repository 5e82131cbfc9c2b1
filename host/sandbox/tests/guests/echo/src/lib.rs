//! A connector that shows what crosses: what it is given comes back in its answers, and what the door answers comes back too.
//!
//! `task.mode` chooses what `write` does; see the arms.

wit_bindgen::generate!({ path: "../../../../../wit/v0", world: "destination-connector" });

use exports::sluice::connector::destination::*;
use sluice::connector::{
    http, log, spool,
    types::{Outcome, Reason, Receipt, Split, Ticket},
};

struct Echo;
export!(Echo);

fn reason(text: &str, attrs: &Attrs) -> Reason {
    Reason {
        code: text.into(),
        vendor_code: Some(format!("vendor {text}")),
        message: format!("message {text}"),
        field: Some(format!("field {text}")),
        after_ms: Some(u64::MAX),
        at_ms: None,
        attrs: attrs.clone(),
    }
}

fn accepted() -> Receipt {
    Receipt { all: Outcome::Accepted, except: vec![], notes: vec![], unnamed: 0, remote_ids: None, attrs: vec![] }
}

fn written(receipt: Receipt) -> Written {
    Written { receipt, later: None, stop: None }
}

impl Guest for Echo {
    fn check(task: Task, resume: Option<Vec<u8>>) -> Result<String, Halt> {
        Ok(format!(
            "{} {} {} {} {} {:?} {:?} {resume:?}",
            task.service, task.mode, task.settings, task.options, task.now_ms, task.keep, task.attrs
        ))
    }

    fn discover(task: Task, kind: String, cursor: Option<String>, _: Option<Vec<u8>>) -> Result<String, Halt> {
        let r = reason(&kind, &task.attrs);
        Err(match cursor.as_deref() {
            Some("auth") => Halt::Auth(r),
            Some("config") => Halt::Config(r),
            Some("missing") => Halt::Missing(r),
            Some("throttled") => Halt::Throttled(r),
            Some("quota") => Halt::Quota(r),
            Some("unavailable") => Halt::Unavailable(r),
            Some("split") => Halt::SplitBatch(Split { reason: r, rows_fit: Some(9) }),
            Some("later") => Halt::Later(Ticket { token: kind.into_bytes(), poll_after_ms: 5, give_up_after_ms: 6 }),
            _ => Halt::Contract(r),
        })
    }

    fn setup(task: Task, resume: Option<Vec<u8>>) -> Result<Vec<u8>, Halt> {
        Ok(resume.unwrap_or(task.keep))
    }

    fn prepare(task: Task, operation: Operation, schema: Vec<Field>, _: Option<Vec<u8>>) -> Result<Vec<u8>, Halt> {
        Ok(format!("{} {operation:?} {schema:?}", task.service).into_bytes())
    }

    fn write(
        task: Task,
        state: Vec<u8>,
        operation: Operation,
        part: Part,
        schema: Vec<Field>,
        mut batch: Batch,
    ) -> Result<Written, Halt> {
        match task.mode.as_str() {
            // Everything at once, in every place that it fits.
            "echo" => {
                log::log(log::Level::Warn, &format!("{operation:?} {part:?} {schema:?}"));
                let id = spool::create();
                let appended = spool::append(id, &state);
                let read = spool::read(id, 1, 2);
                let answer = http::send(&http::Request {
                    method: "PUT".into(),
                    url: part.key.clone(),
                    headers: task.attrs.clone(),
                    body: http::Body::Spooled(id),
                    credentials: vec!["one".into(), "two".into()],
                    effect: http::Effect::Once,
                    pace: vec!["requests".into()],
                    answer: http::Answer::Spool,
                    answer_bytes_max: u32::MAX,
                    attrs: vec![("size".into(), spool::size(id).to_string())],
                });
                let r = |text: &str| reason(text, &task.attrs);
                Ok(Written {
                    receipt: Receipt {
                        all: Outcome::Pending,
                        except: vec![
                            (4, Outcome::Accepted),
                            (0, Outcome::Rejected(r("rejected"))),
                            (1, Outcome::Retry(r("retry"))),
                            (2, Outcome::Unknown(r("unknown"))),
                            (3, Outcome::Skipped(r("skipped"))),
                        ],
                        notes: vec![(4, r("note"))],
                        unnamed: 0,
                        remote_ids: Some(batch.columns.swap_remove(0)),
                        attrs: vec![("answer".into(), format!("{answer:?}")), ("spool".into(), format!("{appended:?} {read:?}"))],
                    },
                    later: Some(Ticket {
                        token: state,
                        poll_after_ms: part.number,
                        give_up_after_ms: part.rows_total.unwrap_or(0),
                    }),
                    stop: Some(Halt::Quota(r("stop"))),
                })
            }
            // ST2: an outcome for the row behind the last, after the request has left.
            "miscount" => {
                let _ = http::send(&request(vec![]));
                let except = vec![(batch.rows, Outcome::Accepted)];
                Ok(written(Receipt { except, ..accepted() }))
            }
            // What a real one does: one body made of the rows, one request.
            "send" => {
                let mut body = Vec::with_capacity(2 * batch.columns.iter().map(|c| c.data.len()).sum::<usize>());
                for column in batch.columns.iter().filter(|column| !column.offsets.is_empty()) {
                    for row in 0..batch.rows as usize {
                        let at = |row: usize| i32::from_le_bytes(column.offsets[row * 4..row * 4 + 4].try_into().unwrap()) as usize;
                        body.push(b'"');
                        body.extend_from_slice(&column.data[at(row)..at(row + 1)]);
                        body.extend_from_slice(b"\",");
                    }
                }
                match http::send(&request(body)) {
                    Ok(_) => Ok(written(accepted())),
                    Err(failure) => Err(Halt::Unavailable(reason(&failure.message, &vec![]))),
                }
            }
            // A panic of Rust code.
            "panic" => panic!("on purpose"),
            // Nothing but the crossing itself.
            _ => Ok(written(accepted())),
        }
    }

    fn poll(
        task: Task,
        state: Vec<u8>,
        operation: Operation,
        part: Part,
        schema: Vec<Field>,
        batch: Batch,
        token: Vec<u8>,
    ) -> Result<Written, Halt> {
        Err(Halt::Later(Ticket {
            token,
            poll_after_ms: part.attempt,
            give_up_after_ms: (task.now_ms + state.len() as u64 + schema.len() as u64 + u64::from(batch.rows)) * 10
                + operation as u64,
        }))
    }

    fn finish(task: Task, state: Vec<u8>, operation: Operation, resume: Option<Vec<u8>>) -> Result<Attrs, Halt> {
        let mut attrs = task.attrs;
        attrs.push((format!("{operation:?}"), format!("{state:?} {resume:?}")));
        Ok(attrs)
    }
}

fn request(body: Vec<u8>) -> http::Request {
    http::Request {
        method: "POST".into(),
        url: "https://api.example/users".into(),
        headers: vec![("content-type".into(), "application/json".into())],
        body: http::Body::Bytes(body),
        credentials: vec![],
        effect: http::Effect::Repeatable,
        pace: vec![],
        answer: http::Answer::Bytes,
        answer_bytes_max: 1 << 20,
        attrs: vec![],
    }
}
