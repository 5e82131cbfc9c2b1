//! Why the suite could not begin: the folder, the plan, or the stand-in. What it finds wrong with a connector is in the report instead.

use sluice_build::BuildError;

/// Why nothing was tried.
#[derive(Debug, thiserror::Error)]
pub enum Unfit {
    /// The folder could not be made into a component.
    #[error(transparent)]
    Build(BuildError),
    /// The bytes are no component that may run.
    #[error("not a component that may run: {0}")]
    Component(String),
    /// `conformance.toml` is missing or wrong.
    #[error("{path}: {problem}")]
    Plan {
        /// The file.
        path: String,
        /// What is wrong with it, and where.
        problem: String,
    },
    /// Settings, credentials or hosts of the plan do not fit the manifest.
    #[error("the plan does not fit the manifest: {0}")]
    Mismatch(String),
    /// An activation could not be set up although nothing was wrong.
    #[error("{0}")]
    SetUp(String),
    /// The stand-in does not take a seed of the plan.
    #[error("the stand-in answers PUT /__twin/{kind} with {status}, so the seed `{kind}` is not in place: {words}")]
    Seed {
        /// The seed.
        kind: String,
        /// The stand-in's status.
        status: u16,
        /// What it says.
        words: String,
    },
    /// The stand-in does not answer.
    #[error("the stand-in at {url} does not answer: {problem}")]
    StandIn {
        /// Where it should be.
        url: String,
        /// What the attempt met.
        problem: String,
    },
    /// A port, a folder or a client could not be had.
    #[error("{what}: {problem}")]
    Machine {
        /// What was wanted.
        what: &'static str,
        /// What the system says.
        problem: String,
    },
}

impl Unfit {
    pub(crate) fn machine(what: &'static str) -> impl Fn(&dyn std::fmt::Display) -> Self {
        move |problem| Self::Machine { what, problem: problem.to_string() }
    }
}
