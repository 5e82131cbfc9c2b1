//! The situations, and the order in which they are tried.

mod again;
mod attempt;
mod doubt;
mod members;
mod refusals;
mod rows;
mod scene;

use std::path::Path;

use crate::{
    error::Unfit,
    line::Line as Relay,
    plan::{Case, Plan},
    report::{Line, Report, Verdict},
    standing::Standing,
    subject::Subject,
};
use scene::Scene;

/// Something that happens to every connector sooner or later.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Situation {
    /// Kebab-case.
    pub name: &'static str,
    /// What a connector promises in it, in one sentence.
    pub promise: &'static str,
    tried: Tried,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tried {
    EveryRow,
    LargestBatch,
    Repeat,
    BadRow,
    SharedIdentifier,
    IdentifierChanged,
    EmptyCells,
    ClearedCells,
    RowNumbers,
    Removal,
    SetUpTwice,
    JobOfAnotherProcess,
    Refused,
    Revoked,
    Forbidden,
    Gone,
    Oversize,
    Throttled,
    ThrottledWithoutWait,
    Failing,
    CutAfterWrite,
    CutBeforeWrite,
    NothingThere,
    Hang,
    Portal,
    AnotherShape,
    FewerAnswers,
    HalfAnAnswer,
}

impl Situation {
    /// Every situation of a write, in order.
    pub const ALL: &'static [Situation] = &[
        of("every-row", "Each row of a good batch is accepted, once, in order.", Tried::EveryRow),
        of("largest-batch", "A batch of as many rows as the manifest says is taken.", Tried::LargestBatch),
        of(
            "repeat",
            "A batch that is sent twice leaves what it left the first time, unless the manifest says `appends`.",
            Tried::Repeat,
        ),
        of("bad-row", "Of good rows around a bad one, only the bad one is refused, with a code and a cause.", Tried::BadRow),
        of(
            "shared-identifier",
            "Two rows with one identifier each have an outcome, and one of them is accepted.",
            Tried::SharedIdentifier,
        ),
        of("identifier-changed", "A row that comes with another identifier than before is taken.", Tried::IdentifierChanged),
        of("empty-cells", "A cell that is cleared and a cell that is not mentioned are no reason to fail.", Tried::EmptyCells),
        of("cleared-cells", "A cell that is cleared takes the value away that was there.", Tried::ClearedCells),
        of("row-numbers", "A row that is not sent does not move what is said of the others.", Tried::RowNumbers),
        of("removal", "A removal takes away what an addition gave, and another addition gives it back.", Tried::Removal),
        of("setup-twice", "Setting up again finds what is there, and makes nothing.", Tried::SetUpTwice),
        of(
            "job-of-another-process",
            "A job is asked after by its token alone, by a component that knows nothing else.",
            Tried::JobOfAnotherProcess,
        ),
        of("refused", "A batch that is refused whole is not accepted, and nothing of it is in doubt.", Tried::Refused),
        of("revoked", "401 halts with `auth`.", Tried::Revoked),
        of("forbidden", "403 halts with `auth` or `config`.", Tried::Forbidden),
        of("gone", "404 is not taken for success, and nothing is in doubt.", Tried::Gone),
        of("oversize", "413 asks for a smaller batch, or refuses a row as too large.", Tried::Oversize),
        of("throttled", "429 halts with `throttled` and the wait that was asked for.", Tried::Throttled),
        of("throttled-without-wait", "429 without a wait halts with `throttled`.", Tried::ThrottledWithoutWait),
        of("failing", "500, 502, 503 and 504 accept and refuse no row; what may have been applied is in doubt.", Tried::Failing),
        of(
            "cut-after-write",
            "A connection that ends after the write leaves the rows in doubt, and a repeat mends it.",
            Tried::CutAfterWrite,
        ),
        of("cut-before-write", "A request that was lost looks the same as an answer that was lost.", Tried::CutBeforeWrite),
        of("nothing-there", "A platform that cannot be reached got nothing, and is told to be unavailable.", Tried::NothingThere),
        of("hang", "A request that is never answered ends with the deadline and leaves the rows in doubt.", Tried::Hang),
        of("portal", "A stranger's page with status 200 accepts and refuses no row.", Tried::Portal),
        of("another-shape", "An answer of another shape accepts and refuses no row.", Tried::AnotherShape),
        of("fewer-answers", "An answer for fewer rows than were sent leaves rows undecided.", Tried::FewerAnswers),
        of("half-an-answer", "Half of an answer accepts and refuses no row.", Tried::HalfAnAnswer),
    ];
}

const fn of(name: &'static str, promise: &'static str, tried: Tried) -> Situation {
    Situation { name, promise, tried }
}

/// Tries everything that the folder's plan speaks of, against the stand-in at `http://<address>:<port>`. `told` hears of each line as it
/// is found. Some twenty situations for each case, a few seconds each at most.
pub async fn conform(folder: &Path, subject: &Subject, stand_in: &str, mut told: impl FnMut(&Line)) -> Result<Report, Unfit> {
    let plan = Plan::read(folder, subject)?;
    let standing = Standing::at(stand_in)?;
    let relay = Relay::start(standing.address).await?;
    let manifest = subject.manifest();
    let mut lines = Vec::new();
    let mut found = |line: Line| {
        told(&line);
        lines.push(line);
    };
    let scene = Scene { subject, plan: &plan, standing: &standing, relay: &relay };
    members::check(&scene, &mut found).await?;
    for case in &plan.cases {
        for situation in Situation::ALL {
            relay.forget();
            // What cannot even be set up is this case's own matter: the others are tried all the same.
            let verdict = match try_one(&scene, case, situation.tried).await {
                Err(Unfit::SetUp(told)) => Verdict::Broken(told),
                tried => tried?,
            };
            found(Line::of(case.name(), (situation.name, situation.promise), verdict, relay.last()));
        }
    }
    for segment in &plan.segments {
        members::read_back(&scene, segment, &mut found).await?;
    }
    let untried = plan.missing(subject);
    Ok(Report { id: manifest.id.clone(), version: manifest.version.clone(), bytes: subject.bytes(), lines, untried })
}

async fn try_one(scene: &Scene<'_>, case: &Case, tried: Tried) -> Result<Verdict, Unfit> {
    let case = scene.of(case)?;
    match tried {
        Tried::EveryRow => rows::every_row(&case).await,
        Tried::LargestBatch => rows::largest_batch(&case).await,
        Tried::Repeat => rows::repeat(&case).await,
        Tried::BadRow => rows::bad_row(&case).await,
        Tried::SharedIdentifier => rows::shared_identifier(&case).await,
        Tried::IdentifierChanged => rows::identifier_changed(&case).await,
        Tried::EmptyCells => rows::empty_cells(&case).await,
        Tried::ClearedCells => rows::cleared_cells(&case).await,
        Tried::RowNumbers => rows::row_numbers(&case).await,
        Tried::Removal => again::removal(&case).await,
        Tried::SetUpTwice => again::set_up_twice(&case).await,
        Tried::JobOfAnotherProcess => rows::job_of_another_process(&case).await,
        Tried::Refused => refusals::refused(&case).await,
        Tried::Revoked => refusals::revoked(&case).await,
        Tried::Forbidden => refusals::forbidden(&case).await,
        Tried::Gone => refusals::gone(&case).await,
        Tried::Oversize => refusals::oversize(&case).await,
        Tried::Throttled => refusals::throttled(&case, Some(7)).await,
        Tried::ThrottledWithoutWait => refusals::throttled(&case, None).await,
        Tried::Failing => doubt::failing(&case).await,
        Tried::CutAfterWrite => doubt::cut(&case, true).await,
        Tried::CutBeforeWrite => doubt::cut(&case, false).await,
        Tried::NothingThere => doubt::nothing_there(&case).await,
        Tried::Hang => doubt::hang(&case).await,
        Tried::Portal => doubt::portal(&case).await,
        Tried::AnotherShape => doubt::another_shape(&case).await,
        Tried::FewerAnswers => doubt::fewer_answers(&case).await,
        Tried::HalfAnAnswer => doubt::half_an_answer(&case).await,
    }
}

/// For a connector's own test: builds the folder, tries everything, and panics with the report where a promise is broken.
///
/// # Panics
/// Also where the suite cannot begin, with the reason.
pub async fn hold(folder: &str, stand_in: &str) -> Report {
    let folder = Path::new(folder);
    let subject = Subject::build(folder).unwrap_or_else(|unfit| panic!("{unfit}"));
    let report = conform(folder, &subject, stand_in, |_| ()).await.unwrap_or_else(|unfit| panic!("{unfit}"));
    assert!(report.conforms(), "{report}");
    report
}
