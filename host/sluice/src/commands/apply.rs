//! `sluice apply`: a workspace as YAML files, planned and brought about.

use std::path::PathBuf;

use clap::Args;
use serde_json::Value;
use sluice_catalog::Code;

use crate::{
    bundle::Bundle,
    cli,
    client::Workspace,
    exit::Exit,
    failure::{Failure, Place},
    output,
};

/// Bring a workspace into the state that YAML files describe
///
/// The files hold lists named `sources`, `models`, `segments`, `destinations` and `activations`; objects refer to each other by
/// name. The plan is shown first. Everything is applied in one step or nothing is; what the files do not mention stays as it is, and
/// the same files again change nothing. Each problem is told with its file and line.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  sluice apply shop/                     every .yaml, .yml and .json file below the folder
  sluice apply shop/ --dry-run           the plan, and every problem; nothing changes
  sluice apply models.yaml segments.yaml
  BRAZE_KEY=… sluice apply shop/         fills ${BRAZE_KEY}; a secret is only ever written so

A file:
  sources:
    - name: shop
      kind: { files: { path: /srv/shop } }
  models:
    - name: customers
      source: shop
      definition: { table: customers }
      kind: users
      fields:
        - { id: customer_id, type: string }
        - { id: email, type: string, semantic: email, pii: true }
      primary_key: [customer_id]")]
pub(crate) struct Apply {
    /// Files and folders
    #[arg(required = true, value_name = "FILE|FOLDER")]
    paths: Vec<PathBuf>,
    /// Show what would happen, and change nothing
    #[arg(long)]
    dry_run: bool,
    /// Apply although objects that the files do not mention would be broken; they are shown as broken, and activations rest
    #[arg(long)]
    break_dependants: bool,
    #[command(flatten)]
    place: cli::Place,
}

impl Apply {
    /// Reads, plans, applies.
    pub(crate) async fn run(self) -> Result<Exit, Failure> {
        let bundle = Bundle::read(&self.paths, &|name| std::env::var(name).ok())?;
        let workspace = self.place.open().await?;
        let answer = apply(&workspace, &bundle, self.dry_run, self.break_dependants).await?;
        output::json(&answer);
        output::line(ending(&answer));
        Ok(Exit::Done)
    }
}

/// Shows the plan, then applies it unless only the plan is wanted. A plan with problems is a failure that names them all.
pub(crate) async fn apply(workspace: &Workspace, bundle: &Bundle, dry_run: bool, may_break: bool) -> Result<Value, Failure> {
    let plan = workspace.apply(bundle.value(), true, may_break).await.map_err(|failure| bundle.placed(failure))?;
    output::line(steps(&plan));
    let problems = problems(&plan);
    if !problems.is_empty() {
        let cause = match problems.as_slice() {
            [one] => one.cause.clone(),
            many => format!("{} places must change; nothing was applied.", many.len()),
        };
        return Err(bundle.placed(Failure { places: problems, ..Failure::new(Code::ApiInvalid, cause) }));
    }
    // Nothing to change is not asked for; a secret is set each time, since nobody can compare it.
    if dry_run || changes(&plan) == 0 {
        return Ok(plan);
    }
    workspace.apply(bundle.value(), false, may_break).await.map_err(|failure| bundle.placed(failure))
}

fn problems(plan: &Value) -> Vec<Place> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let place = |problem: &Value| Place {
        file: None,
        pointer: text(&problem["pointer"]),
        code: text(&problem["code"]).parse().unwrap_or(Code::ApiInvalid),
        cause: text(&problem["detail"]),
    };
    plan["problems"].as_array().into_iter().flatten().map(place).collect()
}

fn changes(plan: &Value) -> usize {
    let steps = plan["steps"].as_array().into_iter().flatten();
    steps.filter(|step| matches!(step["action"].as_str(), Some("create" | "change"))).count()
}

/// The plan as people read it: one line per object.
pub(crate) fn steps(plan: &Value) -> String {
    let mut text = String::new();
    let list = |value: &Value| value.as_array().into_iter().flatten().filter_map(Value::as_str).collect::<Vec<_>>().join(", ");
    for step in plan["steps"].as_array().into_iter().flatten() {
        let (mark, word) = match step["action"].as_str().unwrap_or_default() {
            "create" => ("+", "create"),
            "change" => ("~", "change"),
            "unchanged" => ("=", "unchanged"),
            "not-in-bundle" => (" ", "not in the files, stays"),
            other => ("?", other),
        };
        let (kind, name) = (step["kind"].as_str().unwrap_or_default(), step["name"].as_str().unwrap_or_default());
        text.push_str(&format!("{mark} {kind:<11}  {name:<28}  {word}"));
        let (fields, secrets) = (list(&step["fields"]), list(&step["credentials"]));
        if !fields.is_empty() {
            text.push_str(&format!(": {fields}"));
        }
        if !secrets.is_empty() {
            text.push_str(&format!("; sets the secret {secrets}"));
        }
        text.push('\n');
    }
    text.trim_end().to_owned()
}

fn ending(answer: &Value) -> String {
    let changes = changes(answer);
    match (answer["applied"].as_bool().unwrap_or_default(), changes) {
        (true, 1) => "\nApplied: 1 change.".into(),
        (true, n) => format!("\nApplied: {n} changes."),
        (false, 0) => "\nNothing to change.".into(),
        (false, 1) => "\nA plan, not applied: 1 change.".into(),
        (false, n) => format!("\nA plan, not applied: {n} changes."),
    }
}
