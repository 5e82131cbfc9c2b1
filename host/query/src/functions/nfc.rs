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
