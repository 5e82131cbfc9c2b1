//! One whole run in a process of its own, which may die or find no room at any step: the test binary starts itself again.

use std::{
    env,
    path::Path,
    process::{Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use sluice_ledger::{Intake, Judgement, LedgerError, Random, diff, settle};

use crate::world::*;

const DIR: &str = "LEDGER_CHILD_DIR";
const ROWS: &str = "LEDGER_CHILD_ROWS";
const DRAWS: &str = "LEDGER_CHILD_DRAWS";

/// What the system does with a write beyond the room given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Beyond {
    /// It fails.
    Fails,
    /// The process dies in it.
    Kills,
}

/// How a run in another process ended.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct End {
    /// The last of intake, diff, settle that was begun.
    pub(crate) stage: String,
    /// The error's code; none when the process died or nothing went wrong.
    pub(crate) code: Option<String>,
    /// The next generation; none when it was not reached.
    pub(crate) pointer: Option<String>,
}

/// Where the source's rows come from; both processes make the same.
pub(crate) fn source(name: &str) -> Vec<SourceRow> {
    let changed = |row: SourceRow| if row.0 < 700 { (row.0, row.1, Some("changed"), row.3) } else { row };
    let before: Vec<SourceRow> = (0..4000).map(|i| (i, Some("a@x.example"), Some("n"), Some(i))).collect();
    match name {
        "before" => before,
        "after" => before.into_iter().map(changed).collect(),
        "wide" => {
            let wide: &str = "w".repeat(200_000).leak();
            (0..200).map(|i| (i, Some("a@x.example"), Some(wide), None)).collect()
        }
        _ => unreachable!("{name}"),
    }
}

pub(crate) struct Child<'a> {
    /// The test that starts it, as the test binary names it, which calls [`Child::play`] first.
    pub(crate) test: &'a str,
    pub(crate) rows: &'a str,
    /// Room of each file, in units of 512 bytes.
    pub(crate) room: u64,
    pub(crate) beyond: Beyond,
    /// The process dies when it wants to draw one more random number, which it does before each file; none when it does not die.
    pub(crate) draws: Option<u64>,
}

impl Child<'_> {
    /// The run folder that the other process uses.
    pub(crate) fn scratch(dir: &Path) -> std::path::PathBuf {
        dir.join("child-run")
    }

    pub(crate) fn run(&self, world: &World) -> End {
        let _ = std::fs::remove_dir_all(Self::scratch(&world.dir));
        let trap = if self.beyond == Beyond::Fails { "trap '' XFSZ;" } else { "" };
        let script = format!("{trap} ulimit -c 0; ulimit -f {}; exec \"$@\"", self.room);
        let mut command = Command::new("sh");
        command.args(["-c", &script, "sh"]).arg(env::current_exe().unwrap()).args(["--exact", self.test, "--nocapture"]);
        command.env(DIR, &world.dir).env(ROWS, self.rows).env("POINTER", serde_json::to_string(&world.generation).unwrap());
        command.env(DRAWS, self.draws.unwrap_or(u64::MAX).to_string());
        let output = command.stderr(Stdio::null()).output().unwrap();
        let said = String::from_utf8(output.stdout).unwrap();
        let last = |mark: &str| said.rsplit_once(mark).map(|(_, rest)| rest.lines().next().unwrap_or_default().to_owned());
        let stage = last("@stage ").expect("it began");
        End { stage, code: last("@code "), pointer: last("@pointer ") }
    }

    /// Whether this process is the other one; then the run is over when this returns.
    pub(crate) fn play() -> bool {
        let Ok(dir) = env::var(DIR) else { return false };
        let draws = AtomicU64::new(env::var(DRAWS).unwrap().parse().unwrap());
        let numbers = random(7);
        let random: Random = Arc::new(move || {
            if draws.fetch_sub(1, Ordering::SeqCst) == 0 {
                std::process::abort();
            }
            numbers()
        });
        let mut world = World::at(Path::new(&dir), layout(false, true), random);
        world.generation = serde_json::from_str(&env::var("POINTER").unwrap()).unwrap();
        match made(&world, &Self::scratch(Path::new(&dir)), &source(&env::var(ROWS).unwrap())) {
            Ok(pointer) => println!("\n@pointer {pointer}"),
            Err(error) => println!("\n@code {}", error.code().as_str()),
        }
        true
    }
}

fn made(world: &World, scratch: &Path, rows: &[SourceRow]) -> Result<String, LedgerError> {
    println!("\n@stage intake");
    let mut intake = Intake::create(&world.space, scratch, &world.layout, None)?;
    intake.push(&batch(rows), &[])?;
    let intake = intake.finish()?;
    println!("\n@stage diff");
    let set = diff(&world.generation, intake, &mirror(START))?;
    println!("\n@stage settle");
    let next = settle(&world.generation, &set, &mut |_, _| Judgement::ACCEPTED)?;
    Ok(serde_json::to_string(&next.expect("something has changed")).unwrap())
}
