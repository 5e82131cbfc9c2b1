//! A run's events as they come (server-sent events), until it ends or waits for a person. A stream that breaks is opened again.

use std::time::Duration;

use reqwest::Method;
use sluice_catalog::Code;

use super::{Run, Workspace, answer};
use crate::{
    failure::Failure,
    limits::{CONNECT_WAIT_MAX, EVENT_BYTES_MAX, EVENTS_QUIET_MAX, EVENTS_TRIES_MAX},
};

/// How long to wait before a broken stream is opened again.
const AGAIN_AFTER: Duration = Duration::from_secs(1);

impl Workspace {
    /// Follows a run; `seen` is told each state. Returns the last one.
    pub(crate) async fn follow(&self, id: &str, mut seen: impl FnMut(&Run)) -> Result<Run, Failure> {
        let mut tries = 0;
        loop {
            let mut last = None;
            match self.stream(id, &mut last, &mut seen).await {
                Ok(()) => tries = 0,
                // Only what may be better the next time is tried again.
                Err(failure) if failure.code != Code::ApiUnreachable => return Err(failure),
                Err(failure) => {
                    tries = if last.is_some() { 0 } else { tries + 1 };
                    if tries >= EVENTS_TRIES_MAX {
                        return Err(failure);
                    }
                    tokio::time::sleep(AGAIN_AFTER).await;
                }
            }
            if let Some(run) = last.take_if(|run: &mut Run| run.finished || run.is_held()) {
                return Ok(run);
            }
        }
    }

    /// One stream, to its end.
    async fn stream(&self, id: &str, last: &mut Option<Run>, seen: &mut impl FnMut(&Run)) -> Result<(), Failure> {
        let request = self.client.request(Method::GET, &self.path(&["runs", id, "events"]), &[]);
        let opened = tokio::time::timeout(CONNECT_WAIT_MAX * 2, request.send()).await;
        let broken = |cause: &str| Failure::new(Code::ApiUnreachable, format!("The run's events {cause}."));
        let mut stream = opened.map_err(|_| broken("do not begin"))?.map_err(|error| self.client.unreachable(&error))?;
        if !stream.status().is_success() {
            return Err(answer::read(stream).await.err().unwrap_or_else(|| broken("are not there")));
        }
        let mut events = Events::default();
        loop {
            let chunk = tokio::time::timeout(EVENTS_QUIET_MAX, stream.chunk()).await;
            let chunk = chunk.map_err(|_| broken("fell silent"))?.map_err(|error| self.client.unreachable(&error))?;
            let Some(chunk) = chunk else { return Ok(()) };
            for data in events.take(&chunk).map_err(|()| broken("are larger than a server's"))? {
                let run = Run::read(serde_json::from_str(&data).map_err(|_| broken("are not JSON"))?)?;
                seen(&run);
                let over = run.finished || run.is_held();
                *last = Some(run);
                if over {
                    return Ok(());
                }
            }
        }
    }
}

/// Cuts a stream of bytes into the data of its `run` events (WHATWG HTML, 9.2 Server-sent events, read 2026-11-26). Lines of other
/// fields, comments and other events are passed over.
#[derive(Default)]
struct Events {
    line: Vec<u8>,
    name: String,
    data: String,
}

impl Events {
    /// The events that are complete with this chunk; an error when one grows too large.
    fn take(&mut self, chunk: &[u8]) -> Result<Vec<String>, ()> {
        let mut whole = Vec::new();
        for byte in chunk {
            if *byte != b'\n' {
                self.line.push(*byte);
                if self.line.len() + self.data.len() > EVENT_BYTES_MAX {
                    return Err(());
                }
                continue;
            }
            let line = String::from_utf8_lossy(&std::mem::take(&mut self.line)).trim_end_matches('\r').to_owned();
            whole.extend(self.line(&line));
        }
        Ok(whole)
    }

    fn line(&mut self, line: &str) -> Option<String> {
        if line.is_empty() {
            let (name, data) = (std::mem::take(&mut self.name), std::mem::take(&mut self.data));
            return (name == "run" && !data.is_empty()).then_some(data);
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => self.name = value.to_owned(),
            "data" => {
                if !self.data.is_empty() {
                    self.data.push('\n');
                }
                self.data.push_str(value);
            }
            _ => {}
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_found_however_the_bytes_are_cut() {
        let text = ": alive\n\nevent: run\ndata: {\"a\":\ndata: 1}\n\nevent: other\ndata: x\n\nevent: run\r\ndata:{\"b\":2}\r\n\r\nevent: run\ndata: cut";
        for step in 1..=text.len() {
            let mut events = Events::default();
            let found: Vec<String> = text.as_bytes().chunks(step).flat_map(|chunk| events.take(chunk).unwrap()).collect();
            assert_eq!(found, ["{\"a\":\n1}", "{\"b\":2}"], "cut every {step}");
        }
    }

    #[test]
    fn an_event_without_end_is_not_kept_for_ever() {
        let mut events = Events::default();
        let half = vec![b'x'; EVENT_BYTES_MAX / 2];
        assert!(events.take(&half).is_ok() && events.take(&half).is_ok());
        assert!(events.take(b"x").is_err());
    }
}
