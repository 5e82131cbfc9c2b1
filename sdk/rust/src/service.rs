//! The services of a destination as a table: which function answers which call. The manifest's names stand here once, and a call for
//! another one is told so (`service-unknown`).

use std::fmt;

use crate::call::Call;
use crate::contract::{Halt, Written};
use crate::rows::Rows;

type Lists = fn(&Call<'_>, &str, Option<&str>) -> Result<String, Halt>;
type Opens = fn(&Call<'_>) -> Result<Vec<u8>, Halt>;
type Writes = fn(&Call<'_>, &Rows<'_>) -> Result<Written, Halt>;
type Polls = fn(&Call<'_>, &Rows<'_>, &[u8]) -> Result<Written, Halt>;

/// One service, for [`crate::Destination::SERVICES`]. What it does not name has nothing to do, to choose from or to ask for.
#[derive(Clone, Copy)]
pub struct Service {
    pub(crate) name: &'static str,
    pub(crate) discover: Lists,
    pub(crate) setup: Opens,
    pub(crate) prepare: Opens,
    pub(crate) write: Writes,
    pub(crate) poll: Polls,
}

impl Service {
    /// The service of this name in the manifest, and what sends its batches.
    pub const fn new(name: &'static str, write: Writes) -> Self {
        Self { name, discover: no_choices, setup: nothing, prepare: nothing, write, poll: unasked }
    }

    /// What lists the choices for its options.
    #[must_use]
    pub const fn discover(mut self, discover: Lists) -> Self {
        self.discover = discover;
        self
    }

    /// What finds or makes its object, once for each activation.
    #[must_use]
    pub const fn setup(mut self, setup: Opens) -> Self {
        self.setup = setup;
        self
    }

    /// What opens a run.
    #[must_use]
    pub const fn prepare(mut self, prepare: Opens) -> Self {
        self.prepare = prepare;
        self
    }

    /// What asks for the fate of a batch that a job has.
    #[must_use]
    pub const fn poll(mut self, poll: Polls) -> Self {
        self.poll = poll;
        self
    }

    /// The service of a call among those of a destination. A destination without a table has one that nothing is said of: it writes its
    /// calls out.
    pub(crate) fn of(services: &'static [Self], call: &Call<'_>) -> Result<&'static Self, Halt> {
        const WRITTEN_OUT: &Service = &Service::new("", |call, _| Err(call.unknown_service()));
        if services.is_empty() {
            return Ok(WRITTEN_OUT);
        }
        services.iter().find(|service| service.name == call.service()).ok_or_else(|| call.unknown_service())
    }
}

impl fmt::Debug for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "service {}", self.name)
    }
}

fn no_choices(call: &Call<'_>, kind: &str, _cursor: Option<&str>) -> Result<String, Halt> {
    Err(Halt::config(&format!("`{}` has nothing of the kind `{kind}` to choose from", call.service())))
}

fn nothing(_call: &Call<'_>) -> Result<Vec<u8>, Halt> {
    Ok(Vec::new())
}

fn unasked(call: &Call<'_>, _rows: &Rows<'_>, _token: &[u8]) -> Result<Written, Halt> {
    Err(Halt::contract(&format!("`{}` never leaves a batch to a job", call.service())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connector::Destination;
    use crate::contract::{Operation, PhysicalType};
    use crate::receipt::Receipts;
    use crate::testing::{self, Script};
    use crate::{code, contract};

    struct Acme;

    impl Destination for Acme {
        const SERVICES: &'static [Service] = &[
            Service::new("events", |_, _| Ok(Receipts::accepted().written())),
            Service::new("lists", |_, _| Err(Halt::missing("the list is gone")))
                .discover(|_, kind, _| Ok(kind.to_owned()))
                .setup(|_| Ok(b"7".to_vec()))
                .prepare(|_| Ok(b"open".to_vec()))
                .poll(|_, _, token| Ok(Receipts::accepted().attr("asked", &String::from_utf8_lossy(token)).written())),
        ];

        fn check(_call: &Call<'_>) -> Result<String, Halt> {
            Ok(String::new())
        }
    }

    fn of<T>(service: &str, what: impl FnOnce(&Call<'_>, &Rows<'_>) -> T) -> T {
        let rows = testing::Rows::new().column("id", PhysicalType::Utf8, ["a".into()]);
        Script::new().service(service).rows(Operation::Add, &rows, what)
    }

    #[test]
    fn a_call_goes_to_the_function_of_its_service() {
        assert_eq!(of("events", |call, _| Acme::setup(call)), Ok(vec![]));
        assert_eq!(of("events", |call, _| Acme::prepare(call)), Ok(vec![]));
        assert!(of("events", Acme::write).is_ok());
        assert!(matches!(of("events", |call, rows| Acme::poll(call, rows, b"")), Err(Halt::Contract(_))));
        assert!(matches!(of("events", |call, _| Acme::discover(call, "tags", None)), Err(Halt::Config(_))));
        assert_eq!(of("lists", |call, _| Acme::discover(call, "tags", None)), Ok("tags".to_owned()));
        assert_eq!(of("lists", |call, _| Acme::setup(call)), Ok(b"7".to_vec()));
        assert_eq!(of("lists", |call, _| Acme::prepare(call)), Ok(b"open".to_vec()));
        assert!(matches!(of("lists", Acme::write), Err(Halt::Missing(_))));
        let asked = of("lists", |call, rows| Acme::poll(call, rows, b"J1")).expect("asked");
        assert_eq!(asked.receipt.attrs, [("asked".to_owned(), "J1".to_owned())]);
    }

    struct WrittenOut;

    impl Destination for WrittenOut {
        fn check(_call: &Call<'_>) -> Result<String, Halt> {
            Ok(String::new())
        }
    }

    #[test]
    fn a_destination_without_a_table_writes_out_what_it_does() {
        assert_eq!(of("any", |call, _| WrittenOut::setup(call)), Ok(vec![]));
        assert_eq!(of("any", |call, _| WrittenOut::prepare(call)), Ok(vec![]));
        assert!(matches!(of("any", WrittenOut::write), Err(Halt::Config(reason)) if reason.code == code::SERVICE_UNKNOWN));
        assert!(matches!(of("any", |call, rows| WrittenOut::poll(call, rows, b"")), Err(Halt::Contract(_))));
    }

    #[test]
    fn a_service_that_is_not_there_is_told_in_every_call() {
        let told = |halt: Option<contract::Halt>| {
            assert!(matches!(&halt, Some(Halt::Config(reason)) if reason.code == code::SERVICE_UNKNOWN), "{halt:?}");
        };
        told(of("other", |call, _| Acme::discover(call, "tags", None)).err());
        told(of("other", |call, _| Acme::setup(call)).err());
        told(of("other", |call, _| Acme::prepare(call)).err());
        told(of("other", Acme::write).err());
        told(of("other", |call, rows| Acme::poll(call, rows, b"")).err());
    }
}
