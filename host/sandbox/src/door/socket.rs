//! A door whose two sides are in different places: [`SocketDoor`] where the guests run, [`serve_door`] where the host is.
//!
//! Several guests share one stream; questions are numbered, answers come in any order. When the stream is lost, every guest that
//! waits is ended, and on the host's side every question under way is stopped.

use std::{
    collections::HashMap,
    io,
    net::Shutdown,
    os::unix::net::UnixStream,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Mutex, MutexGuard,
        atomic::{AtomicUsize, Ordering},
        mpsc::{self, RecvTimeoutError},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use sluice_catalog::Code;
use tokio_util::sync::CancellationToken;

use super::{
    Answer, Ask, Door, Until,
    frame::{self, Down, Up},
};
use crate::limits::{DOOR_ASKS_MAX, DOOR_GRACE, TICK};

/// The guests' side of a door across a stream.
pub struct SocketDoor {
    writer: Mutex<UnixStream>,
    waiting: Arc<Mutex<Waiting>>,
    reader: Option<JoinHandle<()>>,
}

/// Who waits for which answer; `None` once the stream is lost.
type Senders = HashMap<u64, mpsc::Sender<Answer>>;

#[derive(Default)]
struct Waiting {
    next: u64,
    by_number: Option<Senders>,
}

impl SocketDoor {
    /// Takes the stream over and starts a thread that reads the answers; it ends with the door.
    pub fn connect(stream: UnixStream) -> io::Result<Self> {
        let waiting = Arc::new(Mutex::new(Waiting { next: 0, by_number: Some(HashMap::new()) }));
        let (mut from, to) = (stream.try_clone()?, waiting.clone());
        let reader = thread::Builder::new().name("sluice-door".to_owned()).spawn(move || {
            while let Ok(Some(Down { number, answer })) = frame::read(&mut from) {
                let waits = locked(&to).by_number.as_mut().and_then(|senders| senders.remove(&number));
                if let Some(waits) = waits {
                    let _ = waits.send(answer); // whoever asked has given up: the answer is not wanted any more
                }
            }
            locked(&to).by_number = None; // drops the senders, which wakes everybody who waits
        })?;
        Ok(Self { writer: Mutex::new(stream), waiting, reader: Some(reader) })
    }

    fn ask_across(&self, ask: Ask, until: &Until) -> Option<Answer> {
        let (sender, answers) = mpsc::channel();
        let number = {
            let mut waiting = locked(&self.waiting);
            let number = waiting.next;
            waiting.next += 1;
            waiting.by_number.as_mut()?.insert(number, sender);
            number
        };
        // Rounded up, so that the other side's deadline is never before the guest's own.
        let patience_us = u64::try_from(until.left().as_micros()).unwrap_or(u64::MAX).saturating_add(1);
        if frame::write(&mut *locked(&self.writer), &Up::Ask { number, patience_us, ask }).is_err() {
            locked(&self.waiting).by_number.as_mut()?.remove(&number);
            return None;
        }
        let mut give_up = None;
        loop {
            match answers.recv_timeout(TICK.min(until.left().max(Duration::from_millis(1)))) {
                Ok(answer) => return Some(answer),
                Err(RecvTimeoutError::Disconnected) => return None,
                Err(RecvTimeoutError::Timeout) => {}
            }
            match give_up {
                None if until.left().is_zero() => {
                    frame::write(&mut *locked(&self.writer), &Up::Cancel { number }).ok()?;
                    give_up = Some(Instant::now() + DOOR_GRACE);
                }
                Some(at) if Instant::now() >= at => {
                    locked(&self.waiting).by_number.as_mut()?.remove(&number);
                    return None;
                }
                _ => {}
            }
        }
    }
}

impl Door for SocketDoor {
    fn ask(&self, ask: Ask, until: &Until) -> Answer {
        self.ask_across(ask, until).unwrap_or_else(|| Answer::Refused {
            code: Code::Internal,
            cause: "the question could not be asked across the socket, or its answer is lost".to_owned(),
        })
    }
}

impl Drop for SocketDoor {
    fn drop(&mut self) {
        let _ = locked(&self.writer).shutdown(Shutdown::Both); // already closed by the other side is as good
        if let Some(reader) = self.reader.take() {
            let _ = reader.join();
        }
    }
}

/// Answers what comes through `stream` with `inner`, until the other side closes it; then returns when the last question under way
/// has been answered or has given up. Blocks: give it a thread of its own.
///
/// At most [`DOOR_ASKS_MAX`] questions at a time. Errors: a stream that breaks, or a frame that is too long or not a message.
pub fn serve_door(stream: UnixStream, inner: &dyn Door) -> io::Result<()> {
    let writer = Mutex::new(stream.try_clone()?);
    let asks = Mutex::new(HashMap::<u64, CancellationToken>::new());
    let under_way = AtomicUsize::new(0);
    let mut from = stream;
    thread::scope(|scope| {
        let result = loop {
            let (number, patience_us, ask) = match frame::read(&mut from) {
                Ok(Some(Up::Ask { number, patience_us, ask })) => (number, patience_us, ask),
                Ok(Some(Up::Cancel { number })) => {
                    if let Some(stop) = locked(&asks).get(&number) {
                        stop.cancel();
                    }
                    continue;
                }
                Ok(None) => break Ok(()),
                Err(error) => break Err(error),
            };
            if under_way.fetch_add(1, Ordering::AcqRel) >= DOOR_ASKS_MAX {
                under_way.fetch_sub(1, Ordering::AcqRel);
                let answer = Answer::Refused { code: Code::ConnectorHostCallLimit, cause: "too many questions at once".to_owned() };
                let _ = frame::write(&mut *locked(&writer), &Down { number, answer });
                continue;
            }
            let stop = CancellationToken::new();
            locked(&asks).insert(number, stop.clone());
            // A patience beyond what the clock can hold is no deadline at all; a year is as good and can be added.
            let patience = Duration::from_micros(patience_us.min(365 * 24 * 3_600_000_000));
            let until = Until::new(Instant::now() + patience, stop);
            let (writer, asks, under_way) = (&writer, &asks, &under_way);
            scope.spawn(move || {
                // A panic behind the door is told to the guest that asked, and to no other.
                let answer = catch_unwind(AssertUnwindSafe(|| inner.ask(ask, &until)));
                let defect = |_| Answer::Refused { code: Code::Internal, cause: "a defect behind the door".to_owned() };
                let answer = answer.unwrap_or_else(defect);
                locked(asks).remove(&number);
                let mut writer = locked(writer);
                if let Err(error) = frame::write(&mut *writer, &Down { number, answer }) {
                    // Too long for a frame, and nothing of it was written: say so. Any other error means the guests are gone.
                    let answer = Answer::Refused { code: Code::EgressAnswerTooLarge, cause: error.to_string() };
                    let _ = frame::write(&mut *writer, &Down { number, answer });
                }
                drop(writer);
                under_way.fetch_sub(1, Ordering::AcqRel);
            });
        };
        locked(&asks).values().for_each(CancellationToken::cancel);
        result
    })
}

/// The lock, whatever happened to its last holder: every state under these locks is whole between two statements.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}
