//! The help of every command, as people read it. A change of it is seen in review.

use clap::Command;

/// Every command with its whole name, in the order of the help.
fn all(command: &Command, name: &str, out: &mut Vec<(String, Command)>) {
    out.push((name.to_owned(), command.clone()));
    for sub in command.get_subcommands().filter(|sub| sub.get_name() != "help") {
        all(sub, &format!("{name} {}", sub.get_name()), out);
    }
}

fn commands() -> Vec<(String, Command)> {
    let mut root = sluice::command().term_width(100);
    root.build();
    let mut out = Vec::new();
    all(&root, "sluice", &mut out);
    out
}

#[test]
fn every_command_has_a_help_that_can_be_read() {
    for (name, mut command) in commands() {
        let help = command.render_long_help().to_string();
        let help: Vec<_> = help.lines().map(str::trim_end).collect();
        insta::assert_snapshot!(name.replace(' ', "-"), help.join("\n"));
    }
}

#[test]
fn every_command_has_examples_that_name_it_and_takes_json() {
    for (name, command) in commands() {
        let examples = command.get_after_help().map(ToString::to_string).unwrap_or_default();
        assert!(examples.contains("Examples:") && examples.contains(&name), "{name} has no example of itself");
        assert!(command.get_arguments().any(|arg| arg.get_id() == "json"), "{name} does not take --json");
    }
}

#[test]
fn every_option_of_a_server_is_an_environment_variable_too() {
    let takes = |command: &Command, option: &str| command.get_arguments().any(|arg| arg.get_id() == option);
    let speaks_to_a_server = |command: &Command| takes(command, "url");
    for (name, command) in commands().into_iter().filter(|(_, command)| speaks_to_a_server(command)) {
        for (option, variable) in [("url", "SLUICE_URL"), ("api_key", "SLUICE_API_KEY"), ("workspace", "SLUICE_WORKSPACE")] {
            if let Some(arg) = command.get_arguments().find(|arg| arg.get_id() == option) {
                assert_eq!(arg.get_env().and_then(|v| v.to_str()), Some(variable), "{name} --{option}");
            }
        }
    }
    let speaking = commands().iter().filter(|(_, command)| speaks_to_a_server(command)).count();
    assert!(speaking >= 11, "{speaking}");
}
