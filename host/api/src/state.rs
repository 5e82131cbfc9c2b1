//! What every handler reaches.

use std::sync::Arc;

use sluice_catalog::Code;
use sluice_runs::Host;
use sluice_store::Store;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::{
    error::ApiError,
    limits::{EVENTS_STREAMS_MAX, QUESTION_WAIT_MAX, QUESTIONS_AT_ONCE, QUESTIONS_WAITING_MAX},
};

/// The API's hold on the rooms below. Cheap to clone.
#[derive(Clone)]
pub struct Api {
    host: Host,
    questions: Arc<Semaphore>,
    waiting: Arc<Semaphore>,
    streams: Arc<Semaphore>,
    public_url: Arc<str>,
}

/// A place that someone has among those at once; given back when dropped.
pub(crate) struct Place {
    _permit: OwnedSemaphorePermit,
}

fn busy() -> ApiError {
    ApiError::new(Code::ApiBusy, "The places for requests of this kind are taken.")
}

impl Api {
    /// Over a host.
    pub fn new(host: Host) -> Self {
        Self {
            host,
            questions: Arc::new(Semaphore::new(QUESTIONS_AT_ONCE)),
            waiting: Arc::new(Semaphore::new(QUESTIONS_AT_ONCE + QUESTIONS_WAITING_MAX)),
            streams: Arc::new(Semaphore::new(EVENTS_STREAMS_MAX)),
            public_url: "http://127.0.0.1:7700".into(),
        }
    }

    /// Where browsers reach this API: scheme, host, perhaps a port and a path before `/v1`, without a slash at the end.
    pub fn with_public_url(self, url: &str) -> Self {
        Self { public_url: url.trim_end_matches('/').into(), ..self }
    }

    /// Where browsers reach this API.
    pub(crate) fn public_url(&self) -> &str {
        &self.public_url
    }

    /// The path of the cookies of connect pages, as a browser sees it.
    pub(crate) fn cookie_path(&self) -> String {
        let origin_end = self.public_url.find("://").map_or(0, |at| at + 3);
        let path = self.public_url[origin_end..].find('/').map_or("", |at| &self.public_url[origin_end + at..]);
        format!("{path}/v1/oauth/")
    }

    /// The host: questions, runs, installation.
    pub(crate) fn host(&self) -> &Host {
        &self.host
    }

    /// The store: declared objects, runs, audit, keys.
    pub(crate) fn store(&self) -> &Store {
        self.host.store()
    }

    /// A place for a question to a source or a platform; waits its turn for a while.
    pub(crate) async fn question(&self) -> Result<(Place, Place), ApiError> {
        let waiting = self.waiting.clone().try_acquire_owned().map_err(|_| busy())?;
        let turn = tokio::time::timeout(QUESTION_WAIT_MAX, self.questions.clone().acquire_owned()).await;
        let turn = turn.map_err(|_| busy())?.map_err(|_| busy())?;
        Ok((Place { _permit: turn }, Place { _permit: waiting }))
    }

    /// A place for an events stream.
    pub(crate) fn stream(&self) -> Result<Place, ApiError> {
        Ok(Place { _permit: self.streams.clone().try_acquire_owned().map_err(|_| busy())? })
    }
}
