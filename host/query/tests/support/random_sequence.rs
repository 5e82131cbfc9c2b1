//! Random sequences, over [`super::random`].

use serde_json::{Value, json};
use sluice_catalog::{
    ids::{ModelId, SegmentId},
    model::{Field, Model},
    types::DataType,
};

use super::random::Random;

impl Random {
    /// Steps that happen at times of one type; `None` where no model that is near has one.
    pub(crate) fn sequence(
        &mut self,
        models: &[(ModelId, Model)],
        at: usize,
        members: &[(SegmentId, usize)],
        depth: usize,
    ) -> Option<Value> {
        let ty = self.of(&[DataType::Timestamp, DataType::Timestamp, DataType::Date]);
        let units: &[&str] = if ty == DataType::Date { &["days", "weeks"] } else { &["minutes", "hours", "days", "weeks"] };
        let count = self.of(&[2, 2, 2, 3, 3, 4, 5]);
        let (mut steps, mut before): (Vec<Value>, Vec<(usize, bool)>) = (Vec::new(), Vec::new());
        for index in 0..count {
            let (path, last, time) = (0..20).find_map(|_| {
                let hops = self.of(&[1, 1, 1, 2]);
                let (path, last) = self.path(models, at, hops);
                let times: Vec<&Field> = models[last].1.fields.iter().filter(|field| field.ty == ty).collect();
                if times.is_empty() { None } else { Some((path, last, self.of(&times).id.clone())) }
            })?;
            let model = &models[last].1;
            let did = index == 0 || self.percent(65);
            let mut step = json!({ "path": path, "did": if did { "yes" } else { "no" } });
            if model.time_field.as_ref() != Some(&time) || self.percent(20) {
                step["time"] = time.into();
            }
            if self.percent(30) {
                step["where"] = self.group(models, last, Some(at), members, depth.min(2));
            }
            if index > 0 && self.percent(50) {
                step["within"] = json!({ "amount": self.within(1, 3), "unit": self.of(units) });
            }
            let done: Vec<(usize, usize)> =
                before.iter().enumerate().filter(|(_, (_, did))| *did).map(|(at, (of, _))| (at, *of)).collect();
            if !done.is_empty() && self.percent(40) {
                let (number, of) = self.of(&done);
                let field = self.of(&model.fields);
                let others: Vec<&Field> = models[of].1.fields.iter().filter(|other| other.ty == field.ty).collect();
                if field.ty != DataType::Float && !others.is_empty() {
                    let other = self.of(&others).id.clone();
                    step["same"] = json!([{ "field": field.id, "step": number + 1, "other": other }]);
                }
            }
            steps.push(step);
            before.push((last, did));
        }
        Some(json!({ "steps": steps }))
    }
}
