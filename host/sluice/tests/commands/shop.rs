//! A few made-up people in a CSV file, and the files of a workspace that send them to a twin.

use std::fmt::Write;

use sluice_twins::braze::{Options, Running, Twin};

use crate::rig::{Rig, component};

/// The key that the twin knows.
pub(crate) const KEY: &str = "a-twin-key";

const DATA: &str = r#"
sources:
  - name: shop
    kind: { files: { path: "${SHOP}" } }

models:
  - name: people
    source: shop
    definition: { table: people }
    kind: users
    primary_key: [id]
    fields:
      - { id: id, type: string }
      - { id: name, type: string, pii: true }
      - { id: country, type: string }

segments:
  - name: french people
    model: people
    condition:
      version: 1
      root: { op: and, children: [{ field: country, operator: is, value: FR }] }
"#;

const BRAZE: &str = r#"
destinations:
  - name: braze
    connector: braze
    settings: { rest_host: rest.fra-01 }
    grant: { stand_ins: [{ host: rest.fra-01.braze.eu, origin: "${TWIN}" }] }
    credentials: { rest_api_key: "${KEY}" }

activations:
  - name: people to braze
    from: { model: people }
    destination: braze
    service: attributes
    mode: upsert
    mapping:
      fields:
        - { target: external_id, role: identifier, value: { field: id } }
        - { target: full_name, value: { field: name } }
        - { target: country, value: { field: country } }

  - name: french list
    from: { segment: french people }
    destination: braze
    service: lists
    mode: boolean-attribute
    options: { attribute: is_french }
    mapping:
      fields:
        - { target: external_id, role: identifier, value: { field: id } }
"#;

/// A server with the connector installed, a twin, and the files of a workspace that are not applied yet.
pub(crate) struct Shop {
    pub(crate) rig: Rig,
    pub(crate) twin: Running,
}

impl Shop {
    pub(crate) async fn new() -> Self {
        let (rig, twin) = (Rig::new(), Twin::start(Options::with_key(KEY)).await.unwrap());
        for folder in ["data", "workspace"] {
            std::fs::create_dir(rig.path(folder)).unwrap();
        }
        std::fs::write(rig.path("workspace/data.yaml"), DATA).unwrap();
        std::fs::write(rig.path("workspace/braze.yaml"), BRAZE).unwrap();
        let shop = Self { rig, twin };
        shop.people(1..=40, |at| if at % 2 == 0 { "FR" } else { "DE" });
        shop.sluice(&["connector", "install", component().to_str().unwrap()]).ended(0);
        shop
    }

    /// The same with the workspace applied.
    pub(crate) async fn applied() -> Self {
        let shop = Self::new().await;
        shop.sluice(&["apply", "workspace"]).ended(0);
        shop
    }

    /// `people.csv`: these people, and one whose id is the work of a broken script.
    pub(crate) fn people(&self, ids: impl IntoIterator<Item = u32>, country: impl Fn(u32) -> &'static str) {
        let mut text = String::from("id,name,country\nundefined,Nobody,GB\n");
        for id in ids {
            writeln!(text, "P{id:03},Person {id},{}", country(id)).unwrap();
        }
        let part = self.rig.path("data/people.part");
        std::fs::write(&part, text).unwrap();
        std::fs::rename(part, self.rig.path("data/people.csv")).unwrap();
    }

    /// Types a command with the variables of the files set.
    pub(crate) fn sluice(&self, args: &[&str]) -> crate::rig::Done {
        let mut command = self.rig.command();
        command.env("SHOP", self.rig.path("data")).env("TWIN", self.twin.url()).env("KEY", KEY);
        crate::rig::Done::of(&command.args(args).output().unwrap())
    }

    /// All that the command says on a terminal, its escapes too; nothing where `script` (util-linux), which makes one, is absent.
    pub(crate) fn on_a_terminal(&self, args: &[&str]) -> Option<String> {
        let mut line = format!("'{}'", env!("CARGO_BIN_EXE_sluice"));
        args.iter().for_each(|arg| write!(line, " '{arg}'").unwrap());
        let like = self.rig.command();
        let mut script = std::process::Command::new("script");
        script.args(["--quiet", "--return", "--command", &line, "/dev/null"]).env("TERM", "xterm");
        script.envs(like.get_envs().filter_map(|(name, value)| Some((name, value?)))).stdin(std::process::Stdio::null());
        match script.output() {
            Ok(output) => {
                let said = String::from_utf8(output.stdout).unwrap();
                assert!(output.status.success() || output.status.code() == Some(4), "{said}");
                Some(said)
            }
            Err(error) => {
                // Past the capture of a test's output.
                let _ =
                    std::io::Write::write_fmt(&mut std::io::stderr(), format_args!("SKIPPED: `script` does not run: {error}\n"));
                None
            }
        }
    }
}
