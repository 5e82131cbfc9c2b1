//! `nfc(text)`: Unicode normal form C, so that texts typed in two ways compare as equal (features 5.3, rule 2).

use std::sync::Arc;

use arrow::{
    array::{Array, ArrayRef, AsArray, StringArray},
    datatypes::DataType,
};
use datafusion::{
    common::{Result, ScalarValue},
    logical_expr::{ColumnarValue, Expr, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility},
};
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

#[derive(Debug, PartialEq, Eq, Hash)]
struct Nfc {
    signature: Signature,
}

/// `text` in normal form C.
pub(crate) fn nfc(text: Expr) -> Expr {
    let signature = Signature::exact(vec![DataType::Utf8], Volatility::Immutable);
    ScalarUDF::new_from_impl(Nfc { signature }).call(vec![text])
}

impl ScalarUDFImpl for Nfc {
    fn name(&self) -> &str {
        "nfc"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Utf8)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        match &args.args[0] {
            ColumnarValue::Array(array) => Ok(ColumnarValue::Array(normal(array))),
            ColumnarValue::Scalar(scalar) => {
                let array = normal(&scalar.to_array()?);
                Ok(ColumnarValue::Scalar(ScalarValue::try_from_array(&array, 0)?))
            }
        }
    }
}

/// The same array where nothing is to do, which a look at the bytes tells for almost all data.
fn normal(array: &ArrayRef) -> ArrayRef {
    let texts = array.as_string::<i32>();
    let bytes = &texts.value_data()[texts.value_offsets()[0] as usize..texts.value_offsets()[texts.len()] as usize];
    if bytes.is_ascii() || texts.iter().flatten().all(|text| is_nfc_quick(text.chars()) == IsNormalized::Yes) {
        return Arc::clone(array);
    }
    Arc::new(texts.iter().map(|text| text.map(|text| text.nfc().collect::<String>())).collect::<StringArray>())
}

/// ASCII characters that are the normal form of another character, and that one (Unicode 15, `UnicodeData.txt`: the canonical
/// decompositions to one ASCII character).
const NORMAL_FORMS: [(char, char); 3] = [('K', '\u{212a}'), (';', '\u{37e}'), ('`', '\u{1fef}')];
/// Texts that one constant stands for, at most: of six such characters.
const ORIGINS_MAX: usize = 64;

/// The texts whose normal form an ASCII text is; none where they are too many or the text is another.
pub(crate) fn origins(text: &str) -> Option<Vec<String>> {
    let mut origins = vec![String::new()];
    for character in text.chars() {
        let other = NORMAL_FORMS.iter().find(|(normal, _)| *normal == character);
        let others: Vec<String> =
            other.map_or_else(Vec::new, |(_, other)| origins.iter().map(|start| format!("{start}{other}")).collect());
        origins.iter_mut().for_each(|start| start.push(character));
        origins.extend(others);
        if origins.len() > ORIGINS_MAX || !character.is_ascii() {
            return None;
        }
    }
    Some(origins)
}

#[cfg(test)]
mod tests {
    use unicode_normalization::UnicodeNormalization;

    use super::origins;

    #[test]
    fn every_text_that_becomes_an_ascii_text_is_known() {
        let to_ascii: Vec<(char, char)> = ('\u{80}'..=char::MAX)
            .filter_map(|other| {
                let normal: Vec<char> = std::iter::once(other).nfc().collect();
                (normal.len() == 1 && normal[0].is_ascii()).then_some((normal[0], other))
            })
            .collect();
        let mut known = super::NORMAL_FORMS.to_vec();
        known.sort_by_key(|(_, other)| *other);
        assert_eq!(to_ascii, known);
        assert_eq!(origins("a;").unwrap(), ["a;", "a\u{37e}"]);
        assert_eq!(origins("K;").unwrap().len(), 4);
        assert!(origins("K;K;K;").is_some_and(|all| all.len() == 64) && origins("K;K;K;K").is_none());
        assert!(origins("\u{eb}").is_none());
        for origin in origins("K;`x").unwrap() {
            assert_eq!(origin.nfc().collect::<String>(), "K;`x");
        }
    }
}
