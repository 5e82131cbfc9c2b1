//! The real command line, built with the tests so that they can start it as a process and kill it.

fn main() -> std::process::ExitCode {
    sluice::main()
}
