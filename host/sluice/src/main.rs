//! The binary. Everything is in the library beside it, so that tests reach it.

fn main() -> std::process::ExitCode {
    sluice::main()
}
