//! What the exit code of the process says, for scripts. The numbers are stable.

use std::process::ExitCode;

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// 0: done.
    Done,
    /// 1: refused or failed; standard error has the code, the cause and the next step.
    Failed,
    /// 3: the server cannot be reached. (2 is clap's: the command line cannot be read.)
    Unreachable,
    /// 4: the run ended, and some of its rows did not arrive.
    RowsOpen,
    /// 5: the run waits for a person.
    Held,
}

impl Exit {
    /// The number.
    pub fn number(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed => 1,
            Self::Unreachable => 3,
            Self::RowsOpen => 4,
            Self::Held => 5,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.number())
    }
}
