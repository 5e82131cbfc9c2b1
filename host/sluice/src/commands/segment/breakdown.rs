//! `sluice segment breakdown`: how a segment falls into the values of fields.

use clap::Args;
use serde_json::{Value, json};

use super::{ask, cell, find, percent, rows, saved};
use crate::{cli, exit::Exit, failure::Failure, output};

/// Count a segment by the values of categorical fields
///
/// The 20 most frequent values are shown, the rest is one line. An index of 100 means as frequent as in the whole model.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  sluice segment breakdown \"good customers\" country
  sluice segment breakdown \"good customers\" country tier --compare
  sluice segment breakdown \"good customers\" country --csv > countries.csv")]
pub(crate) struct Breakdown {
    /// Name or id of the segment
    name: String,
    /// Ids of the fields
    #[arg(required = true)]
    fields: Vec<String>,
    /// Show the whole model beside it
    #[arg(long)]
    compare: bool,
    /// Write comma-separated values
    #[arg(long)]
    csv: bool,
    #[command(flatten)]
    place: cli::Place,
}

const HEADINGS: [&str; 6] = ["field", "value", "rows", "share", "model rows", "index"];

impl Breakdown {
    pub(super) async fn run(self) -> Result<Exit, Failure> {
        let workspace = self.place.open().await?;
        let segment = find(&workspace, &self.name).await?;
        let body = json!({ "of": saved(&segment), "fields": self.fields, "compare": self.compare });
        let answer = ask(&workspace, "breakdown", &self.name, &body).await?;
        for breakdown in answer["breakdowns"].as_array().into_iter().flatten() {
            let lines = lines(breakdown);
            if self.csv {
                output::line(csv(&lines));
                continue;
            }
            let shown = if self.compare { 6 } else { 4 };
            let numbers: Vec<usize> = (1..shown - 1).collect();
            let heading = breakdown["field"].as_str().unwrap_or_default();
            let headings: Vec<&str> = std::iter::once(heading).chain(HEADINGS[2..shown].iter().copied()).collect();
            let rows = lines.into_iter().map(|line| line[1..shown].iter().map(Said::people).collect());
            output::line(output::table(&headings, &numbers, rows));
        }
        output::json(&answer);
        Ok(Exit::Done)
    }
}

/// A cell, for people and for programs.
enum Said {
    Text(String),
    Count(Value),
    Share(Value),
    Index(Value),
}

impl Said {
    fn people(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Count(Value::Null) => String::new(),
            Self::Count(count) => rows(count),
            Self::Share(share) => percent(share),
            Self::Index(index) => index.as_f64().map(|index| format!("{index:.0}")).unwrap_or_default(),
        }
    }

    fn program(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Count(value) | Self::Share(value) | Self::Index(value) => cell(value),
        }
    }
}

fn lines(breakdown: &Value) -> Vec<Vec<Said>> {
    let line = |name: String, share: &Value| {
        vec![
            Said::Text(cell(&breakdown["field"])),
            Said::Text(name),
            Said::Count(share["rows"].clone()),
            Said::Share(share["share"].clone()),
            Said::Count(share["model_rows"].clone()),
            Said::Index(share["index"].clone()),
        ]
    };
    let values = breakdown["values"].as_array().into_iter().flatten();
    let mut lines: Vec<_> = values.map(|share| line(cell(&share["value"]), share)).collect();
    for (part, name) in [("other", "(other values)"), ("no_value", "(no value)")] {
        if !breakdown[part].is_null() {
            lines.push(line(name.into(), &breakdown[part]));
        }
    }
    lines
}

/// RFC 4180. A cell that a spreadsheet would run as a formula begins with an apostrophe.
fn csv(lines: &[Vec<Said>]) -> String {
    let quoted = |text: &str| {
        let text = if text.starts_with(['=', '+', '-', '@', '\t', '\r']) && text.parse::<f64>().is_err() {
            format!("'{text}")
        } else {
            text.to_owned()
        };
        if text.contains(['"', ',', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
    };
    let heading = HEADINGS.map(|heading| heading.replace(' ', "_")).join(",");
    let line = |line: &Vec<Said>| line.iter().map(|said| quoted(&said.program())).collect::<Vec<_>>().join(",");
    std::iter::once(heading).chain(lines.iter().map(line)).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn csv_quotes_what_it_must_and_starts_no_formula() {
        let share = |value: &str| json!({ "value": value, "rows": 2, "share": 0.5 });
        let breakdown = json!({ "field": "country", "values": [share("a,\"b\""), share("=1+1"), share("-3")], "other": null,
            "no_value": { "value": null, "rows": 1, "share": 0.25, "model_rows": 4, "index": 50.0 } });
        let want = "field,value,rows,share,model_rows,index\ncountry,\"a,\"\"b\"\"\",2,0.5,,\ncountry,'=1+1,2,0.5,,\n\
                    country,-3,2,0.5,,\ncountry,(no value),1,0.25,4,50.0";
        assert_eq!(csv(&lines(&breakdown)), want);
    }
}
